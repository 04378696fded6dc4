/** The option `--kernel` of the commands that can do their work on the allocators of other kernels. */
import type { OptionSpecs } from './command-spec';
import { isReadOnce } from './trace-name';
import { UsageError } from './usage-error';

export const KERNEL_OPTION = {
  kernel: {
    type: 'string',
    value: 'LIST',
    help: `kernels whose allocators are used, such as 6.12,7.3, each in a
process of its own. \`gpu-buddy build --kernel 6.12\` builds one`,
  },
} as const satisfies OptionSpecs;

/**
 * Reads a list of series; without one there is none.
 *
 * @throws UsageError where it is none, or a trace can be read only once
 */
export function toKernels(text: string | undefined, traces: readonly string[]): readonly string[] {
  if (text === undefined) return [];
  const kernels = text.split(',');
  const wrong = kernels.find((series, i) => !/^\d+\.\d+$/.test(series) || kernels.indexOf(series) < i);
  if (wrong !== undefined)
    throw new UsageError(`--kernel takes series such as 6.12,7.3, each once, not "${wrong}"`);
  const once = kernels.length > 1 ? traces.find(isReadOnce) : undefined;
  if (once !== undefined)
    throw new UsageError(`several kernels need a file, and ${once} can be read only once`);
  return kernels;
}

/** Leaves the option out of the words of a command line. */
export function withoutKernels(args: readonly string[]): string[] {
  return args.filter(
    (word, i) => word !== '--kernel' && args[i - 1] !== '--kernel' && !word.startsWith('--kernel='),
  );
}
