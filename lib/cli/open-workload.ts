/** Reads the workload of a trace that a command was given. */
import { readWorkloads, type Workload } from '../trace';
import { CommandError } from './command-error';
import { pluralText } from './number-text';
import { openInput } from './open-input';
import { ProgressBar } from './progress-bar';
import type { Terminal } from './terminal';
import { traceName } from './trace-name';

/**
 * Reads a trace; `-` is standard input.
 *
 * @param on which allocator of the trace is wanted; `undefined`: the only one
 * @throws TraceError
 * @throws CommandError where there is no such allocator, or more than one
 */
export async function openWorkload(
  path: string,
  on: number | undefined,
  terminal: Terminal,
): Promise<Workload> {
  using bar = await ProgressBar.open(terminal.stderr, `Reading ${traceName(path)}`);
  using trace = await openInput(path, terminal, bar);
  const workloads = await readWorkloads(trace);
  const wanted = on === undefined ? workloads : workloads.filter(({ allocator }) => allocator === on);
  const [workload, another] = wanted;
  if (workload && !another) return workload;
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
