/** Reads the workload of a trace that a command was given. */
import { readWorkloads, type Workload } from '../trace';
import { CommandError } from './command-error';
import { pluralText } from '../trace/number-text';
import { openInput, type InputOptions } from './open-input';
import { ProgressBar } from './progress-bar';
import { SkippedLines } from './skipped-lines';
import type { Terminal } from './terminal';
import { traceName } from './trace-name';

/** How to read the workload. */
export interface WorkloadOptions extends Pick<InputOptions, 'frames' | 'stripPrefix'> {
  /** Which allocator of the trace is wanted; `undefined`: the only one. */
  readonly on: number | undefined;
  /** Leave out lines with small mistakes, and count them. */
  readonly lenient: boolean;
}

/**
 * Reads a trace; `-` is standard input.
 *
 * @throws TraceError
 * @throws CommandError if there is no such allocator, or more than one
 */
export async function openWorkload(
  path: string,
  { on, lenient, frames, stripPrefix }: WorkloadOptions,
  terminal: Terminal,
): Promise<Workload> {
  using bar = await ProgressBar.open(terminal.stderr, `Reading ${traceName(path)}`);
  let reserved: number | undefined;
  using trace = await openInput(path, terminal, bar, {
    frames,
    stripPrefix,
    onReport: (report) => {
      ({ reserved } = report);
    },
  });
  const skipped = lenient ? new SkippedLines() : undefined;
  const workloads = await readWorkloads(trace, { onSkipped: skipped?.add });
  for (const line of skipped?.lines ?? []) terminal.stderr.write(`gpu-buddy: ${line}\n`);
  const wanted = on === undefined ? workloads : workloads.filter(({ allocator }) => allocator === on);
  const [workload, another] = wanted;
  if (workload && !another) return { ...workload, recorded: { ...workload.recorded, reserved } };
  if (workloads.length === 0) throw new CommandError(`${path}: nothing is allocated`);
  const known = workloads
    .slice(0, SHOWN)
    .map(({ allocator, length }) => `${allocator} (${pluralText(length, 'request')})`);
  const more = workloads.length > SHOWN ? ', …' : '';
  const what = workload ? `has ${workloads.length} allocators` : `has no allocator ${String(on)}`;
  throw new CommandError(`${path} ${what}: choose one by --on: ${known.join(', ')}${more}`);
}

/** Allocators of a trace that a message names. */
const SHOWN = 10;
