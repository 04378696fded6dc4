/** Runs a sweep on this machine. */
import { hostname } from 'node:os';
import { jobAt, keyOf, type Job } from './plan/job.js';
import type { PlannedSweep } from './plan/make-sweep.js';
import { TRIES, type ReplayPool } from './replay/replay-pool.js';
import type { Served } from './replay/serve-job.js';
import type { Results } from './results/results.js';
import { reasonOf, SweepError } from './sweep-error.js';

/** How a sweep is run. */
export interface RunOptions {
  readonly pool: ReplayPool;
  readonly results: Results;
  readonly signal: AbortSignal;
  /** Called after each job, with jobs that need no further try. */
  readonly onProgress: (done: number) => void;
}

/**
 * Serves all jobs that have no result yet, as many at a time as the pool has threads.
 *
 * @throws the signal's `reason`; what was finished stands in the results
 */
export async function runSweep(
  { sweep, files }: PlannedSweep,
  { pool, results, signal, onProgress }: RunOptions,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const jobs = pendingJobs();
  const lanes = Array.from({ length: pool.threads }, () => serveAll());
  // An error of one, such as a full disk, ends the others too.
  await Promise.all(
    lanes.map((lane) =>
      lane.catch((error: unknown) => {
        stop.abort(error);
      }),
    ),
  );
  either.throwIfAborted();

  async function serveAll(): Promise<void> {
    for (const { job, key } of jobs) {
      const start = performance.now();
      try {
        const { row, seconds } = await serveInTries(job);
        results.add(row, { host: hostname(), seconds, elapsed: (performance.now() - start) / 1000 });
      } catch (error) {
        either.throwIfAborted();
        if (!(error instanceof SweepError)) throw error;
        results.addFailed(key, reasonOf(error));
      }
      onProgress(results.done + results.failed);
    }
  }

  function* pendingJobs(): Generator<{ job: Job; key: string }> {
    for (let number = 0; number < results.whole; number++) {
      if (either.aborted || (sweep.failedJobs > 0 && results.failed >= sweep.failedJobs)) return;
      const job = jobAt(sweep, number);
      const key = keyOf(job);
      if (!results.has(key)) yield { job, key };
    }
  }

  async function serveInTries(job: Job): Promise<Served> {
    const file = files.get(job.trace.hash);
    if (file === undefined) throw new SweepError('ERR_SWEEP_TRACE', `${job.trace.name}: is not here`);
    for (let left = TRIES - 1; ; left--) {
      try {
        return await pool.serve({ job, file }, sweep.seconds, either);
      } catch (error) {
        if (left === 0 || either.aborted) throw error;
      }
    }
  }
}
