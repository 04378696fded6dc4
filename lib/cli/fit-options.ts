/** The command line of `gpu-buddy fit`. */
import type { Placement } from '../trace';
import { HELP, parseCommand, type CommandSpec } from './command-spec';
import { toCount } from './count-option';
import { KERNEL_OPTION, toKernels } from './kernel-option';
import type { WorkloadOptions } from './open-workload';
import { POLICY_OPTIONS, SIZES_TEXT, WORKLOAD_OPTIONS } from './policy-specs';
import { toPlacements } from './placement-option';
import { toSize, toSizes } from './size-option';
import { UsageError } from './usage-error';

export const FIT = {
  name: 'fit',
  operands: 'TRACE...',
  summary: 'look for a small space that all of what was recorded fits in',
  about: `Looks for a small space that all that a recorded program has asked for fits in. TRACE is what replay
takes; the recorded addresses, ranges and flags are left out, sizes and alignments kept.

Nothing below the peak fits: what is in use at a time, with sizes rounded up to chunks. In pieces, with
blocks down to a chunk, the peak is enough. Otherwise larger spaces are tried until one fits, and then
sizes between. That a size fits says nothing about others: a smaller one may fit too, and a larger one
may not.`,
  options: {
    ...POLICY_OPTIONS,
    exhaustive: {
      type: 'boolean',
      default: false,
      help: 'try all sizes from the peak on, one step apart, up to the first one\nthat fits',
    },
    step: {
      type: 'string',
      value: 'SIZE',
      help: 'between two sizes that are tried. Default: a 256th of the peak',
    },
    threads: {
      type: 'string',
      value: 'NUMBER',
      help: 'that try at the same time, with --exhaustive. Default: one a\nprocessor',
    },
    ...WORKLOAD_OPTIONS,
    ...KERNEL_OPTION,
    json: { type: 'boolean', default: false, help: 'write JSON' },
    help: HELP,
  },
  notes: `${SIZES_TEXT}

Examples:
  gpu-buddy fit run.trace
  gpu-buddy fit --mode contiguous --min-block-size 64K,2M --exhaustive run.trace

Exit status: 0, or 2 where a trace, a file or an option is wrong.
`,
} as const satisfies CommandSpec;

export interface FitCommandOptions extends WorkloadOptions {
  readonly traces: readonly string[];
  readonly modes: readonly Placement[];
  /** `undefined` is as recorded. */
  readonly minBlockSizes: readonly (number | undefined)[];
  readonly chunkSize: number | undefined;
  readonly exhaustive: boolean;
  readonly step: number | undefined;
  readonly threads: number | undefined;
  /** Series of the kernels that are asked; empty: the one that is built in. */
  readonly kernels: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws UsageError */
export function parseFitOptions(args: readonly string[]): FitCommandOptions {
  const { values, positionals: traces } = parseCommand(FIT, args);
  const { exhaustive, lenient, json, help } = values;
  if (!help && traces.length === 0) throw new UsageError('no TRACE is given');
  if (values.threads !== undefined && !exhaustive) throw new UsageError('--threads needs --exhaustive');
  const read = <T>(name: keyof typeof values, to: (option: string, text: string) => T) => {
    const text = values[name];
    return typeof text === 'string' ? to(`--${name}`, text) : undefined;
  };
  return {
    traces,
    modes: toPlacements(values.mode),
    minBlockSizes: read('min-block-size', toSizes) ?? [undefined],
    chunkSize: read('chunk-size', toSize),
    exhaustive,
    step: read('step', toSize),
    threads: read('threads', (option, text) => toCount(option, text, 1)),
    kernels: toKernels(values.kernel, traces),
    on: read('on', toCount),
    lenient,
    json,
    help,
  };
}
