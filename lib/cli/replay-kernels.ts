/** `gpu-buddy replay --kernel`: the same calls to the allocators of other kernels. */
import { kernelPackage, type KernelPackage } from '../trace';
import { withoutKernels } from './kernel-option';
import { startCommand, statusOf } from './kernel-process';
import type { ReplayOptions } from './replay-options';
import type { Terminal } from './terminal';
import { STDIN } from './trace-name';

/**
 * Replays on one kernel as this one would. On several, each compares its answers with recorded ones (`--check`), or all but the first
 * with those of the first.
 *
 * @returns the exit status: 0, or 1 where an answer differs
 * @throws CommandError; Error of the code ERR_GPU_BUDDY_NO_BINARY
 */
export async function replayKernels(
  options: ReplayOptions,
  args: readonly string[],
  { stdout }: Terminal,
): Promise<number> {
  const [first, ...others] = options.kernels.map(kernelPackage);
  if (!first) return 0;
  const words = ['replay', ...withoutKernels(args)];
  if (others.length === 0) return statusOf(startCommand(first, words, 'inherit'));
  let status = 0;
  if (options.check !== undefined)
    for (const one of [first, ...others]) {
      stdout.write(`Linux ${one.linux}:\n`);
      const child = startCommand(one, words, ['ignore', 'pipe', 'inherit']);
      child.stdout?.pipe(stdout, { end: false });
      status = Math.max(status, await statusOf(child));
    }
  else
    for (const trace of options.traces)
      for (const other of others) {
        stdout.write(`Linux ${other.linux}, compared with Linux ${first.linux}:\n`);
        status = Math.max(status, await replayAgainst(first, other, [...readingOf(options), trace], stdout));
      }
  return status;
}

/** Sends the answers of one kernel to another one, which compares them with its own. */
async function replayAgainst(
  first: KernelPackage,
  other: KernelPackage,
  words: readonly string[],
  stdout: Terminal['stdout'],
): Promise<number> {
  const answering = startCommand(first, ['replay', ...words], ['ignore', 'pipe', 'inherit']);
  const comparing = startCommand(other, ['replay', '--check', STDIN, ...words], ['pipe', 'pipe', 'inherit']);
  if (comparing.stdin) {
    // A comparison may stop before the end, and says why.
    comparing.stdin.on('error', () => undefined);
    answering.stdout?.pipe(comparing.stdin);
  }
  comparing.stdout?.pipe(stdout, { end: false });
  const statuses = await Promise.all([answering, comparing].map(statusOf));
  return Math.max(...statuses);
}

/** Words for how a trace is read. */
function readingOf({ lenient, size }: ReplayOptions): string[] {
  return [...(lenient ? ['--lenient'] : []), ...(size === undefined ? [] : ['--size', String(size)])];
}
