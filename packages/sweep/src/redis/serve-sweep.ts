/** Serves the jobs of a submitted sweep, until none is left. The replay runs in threads, while the locks of its jobs are renewed in this one. */
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Job as BullJob } from 'bullmq';
import type { Redis } from 'ioredis';
import { loadPackage } from '../optional-package.js';
import { jobAt, jobText, keyOf } from '../plan/job.js';
import type { Sweep } from '../plan/sweep.js';
import { TRIES, type ReplayPool } from '../replay/replay-pool.js';
import type { Row } from '../replay/row.js';
import type { RunTimes } from '../results/results.js';
import { SweepError } from '../sweep-error.js';
import type { TraceCache } from '../traces/trace-cache.js';
import { QUEUE_PREFIX } from './keys.js';
import { SweepQueue, type QueuedJob } from './queue.js';

/** Answer of a worker. */
export interface JobAnswer {
  readonly row: Row;
  readonly times: RunTimes;
}

export interface ServeOptions {
  readonly redis: Redis;
  readonly id: string;
  readonly sweep: Sweep;
  readonly pool: ReplayPool;
  readonly cache: TraceCache;
  /** Milliseconds after which a job whose worker has died is given to another one. */
  readonly lockMs: number;
  readonly signal: AbortSignal;
  readonly onFailed: (message: string) => void;
}

const LOOK_MS = 500;

/** Serves jobs until no job waits or runs, in any worker, or the signal is aborted; jobs that run then are finished. */
export async function serveSweep(options: ServeOptions): Promise<void> {
  const { redis, id, sweep, pool, lockMs, signal, onFailed } = options;
  const { Worker } = await loadPackage('bullmq', () => import('bullmq'));
  await using queue = await SweepQueue.open(redis, id);
  const worker = new Worker<QueuedJob, JobAnswer>(id, (job) => serve(job, options), {
    connection: redis,
    prefix: QUEUE_PREFIX,
    concurrency: pool.threads,
    lockDuration: lockMs,
    stalledInterval: lockMs,
    // Each time that its worker dies counts as a try.
    maxStalledCount: TRIES - 1,
    drainDelay: 1,
  });
  // The connection tells of its own troubles; a job whose lock was lost is another worker's.
  worker.on('error', () => undefined);
  worker.on('failed', (job, error) => {
    // Otherwise it is tried again.
    if (job?.finishedOn === undefined) return;
    onFailed(`${jobText(jobAt(sweep, job.data.number))}: ${error.message}`);
    if (sweep.failedJobs > 0) void pauseAt(sweep.failedJobs, queue);
  });
  try {
    while (!signal.aborted && !(await isOver(queue)))
      await setTimeout(LOOK_MS, undefined, { signal }).catch(() => undefined);
  } finally {
    await worker.close();
  }
}

/** Whether no job is left that somebody might have to do. */
export async function isOver(queue: SweepQueue): Promise<boolean> {
  const { waiting, running } = await queue.counts();
  return running === 0 && (waiting === 0 || (await queue.isPaused()));
}

async function pauseAt(limit: number, queue: SweepQueue): Promise<void> {
  if ((await queue.counts()).setAside >= limit) await queue.pause();
}

async function serve(
  { id, data }: BullJob<QueuedJob>,
  { sweep, pool, cache }: ServeOptions,
): Promise<JobAnswer> {
  const job = jobAt(sweep, data.number);
  if (keyOf(job) !== id)
    throw new SweepError('ERR_SWEEP_JOB', `job ${String(id)} is not number ${data.number} of the sweep`);
  const start = performance.now();
  const file = await cache.file(job.trace);
  try {
    const { row, seconds } = await pool.serve({ job, file }, sweep.seconds, new AbortController().signal);
    return { row, times: { host: hostname(), seconds, elapsed: (performance.now() - start) / 1000 } };
  } catch (error) {
    if (error instanceof SweepError && error.code === 'ERR_SWEEP_TRACE') await cache.forget(job.trace);
    throw error;
  }
}
