/** The command `run`: runs a sweep on this machine. */
import { ReplayPool } from '../replay/replay-pool.js';
import { filesBeside, Results } from '../results/results.js';
import { SweepError } from '../sweep-error.js';
import { runSweep } from '../run-sweep.js';
import { parseCommand, toCount, type Command } from './command.js';
import { planOf } from './plan.js';
import { say } from './say.js';
import { interruption, Interrupted, JobsBar } from './terminal.js';

/** Names the file that `run` and `collect` write to. */
export const OUTPUT = {
  type: 'string',
  short: 'o',
  value: 'FILE',
  default: 'results.jsonl',
  help: 'file of the results; what it holds already is kept. Default: results.jsonl',
} as const;

export const THREADS = {
  type: 'string',
  value: 'NUMBER',
  help: 'jobs at a time. Default: one a processor',
} as const;

const RUN = {
  name: 'run',
  operands: ['SPEC'],
  summary: 'Runs a sweep on this machine. Interrupted, the same command goes on where it was.',
  options: { output: OUTPUT, threads: THREADS },
} as const;

export const run: Command = {
  spec: RUN,
  async run(args) {
    const { values, positionals } = parseCommand(RUN, args);
    const threads = values.threads === undefined ? undefined : toCount('threads', values.threads);
    const planned = await planOf(positionals[0] ?? '');
    const controller = interruption();
    const { signal } = controller;
    await using results = await openResults(values.output, planned.sweep, controller);
    {
      using bar = new JobsBar(results.done, results.whole);
      await using pool = new ReplayPool(threads);
      const onProgress = (done: number) => {
        bar.update(done);
      };
      await runSweep(planned, { pool, results, signal, onProgress }).catch((error: unknown) => {
        if (!(error instanceof Interrupted)) throw error;
      });
    }
    return report(results, values.output, signal);
  },
};

/** Opens results for a command that writes to them. */
export function openResults(
  file: string,
  sweep: Parameters<typeof Results.open>[1],
  controller: AbortController,
): Promise<Results> {
  return Results.open(file, sweep, {
    onWait: () => {
      say(`${file}: is locked; waiting whether the process that locked it is alive`);
    },
    onLost: (error) => {
      controller.abort(
        new SweepError('ERR_SWEEP_LOCKED', `${file}: the lock was lost: ${error.message}`, error),
      );
    },
  });
}

/**
 * Sorts the results, unless there are more to come, and tells what has come of the sweep; gives the exit status.
 *
 * @throws SweepError `ERR_SWEEP_LOCKED` where the lock was lost
 */
export function report(results: Results, file: string, signal: AbortSignal): number {
  const { done, failed, whole } = results;
  const isInterrupted = signal.reason instanceof Interrupted;
  if (!isInterrupted) {
    signal.throwIfAborted();
    results.sort();
  }
  say(
    `${done} of ${whole} jobs done${failed > 0 ? `, ${failed} set aside: ${filesBeside(file).failed} says why` : ''}`,
  );
  if (isInterrupted) return 130;
  return done === whole ? 0 : 1;
}
