/** The queue of a sweep, by BullMQ: a job is its number in the sweep, its id the job's key. */
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { loadPackage } from '../optional-package.js';
import { jobAt, jobCount, keyOf } from '../plan/job.js';
import type { Sweep } from '../plan/sweep.js';
import { TRIES } from '../replay/replay-pool.js';
import { QUEUE_PREFIX } from './keys.js';

/** A job as a queue holds it. */
export interface QueuedJob {
  readonly number: number;
}

/** How many jobs are where. */
export interface QueueCounts {
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  /** Failed three times. */
  readonly setAside: number;
}

/** Jobs that are added at a time. */
const BATCH = 500;

export class SweepQueue implements AsyncDisposable {
  readonly #queue: Queue<QueuedJob>;

  static async open(redis: Redis, id: string): Promise<SweepQueue> {
    const { Queue } = await loadPackage('bullmq', () => import('bullmq'));
    return new SweepQueue(new Queue<QueuedJob>(id, { connection: redis, prefix: QUEUE_PREFIX }));
  }

  private constructor(queue: Queue<QueuedJob>) {
    this.#queue = queue;
    // The connection tells of its own troubles; who waits for a call gets its error.
    queue.on('error', () => undefined);
  }

  /** Adds all jobs of a sweep that are neither here nor done. Those that were set aside get three more tries. */
  async add(sweep: Sweep, onProgress: (done: number) => void): Promise<void> {
    for (const job of await this.#queue.getFailed()) await job.remove();
    const count = jobCount(sweep);
    for (let first = 0; first < count; first += BATCH) {
      const numbers = Array.from({ length: Math.min(BATCH, count - first) }, (_, index) => first + index);
      await this.#queue.addBulk(
        numbers.map((number) => ({
          name: 'replay',
          data: { number },
          opts: { jobId: keyOf(jobAt(sweep, number)), attempts: TRIES },
        })),
      );
      onProgress(first + numbers.length);
    }
    await this.#queue.resume();
  }

  async counts(): Promise<QueueCounts> {
    const counts = await this.#queue.getJobCounts();
    const of = (...names: string[]) => names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
    return {
      waiting: of('waiting', 'delayed', 'prioritized', 'paused', 'waiting-children'),
      running: of('active'),
      done: of('completed'),
      setAside: of('failed'),
    };
  }

  async isPaused(): Promise<boolean> {
    return this.#queue.isPaused();
  }

  async pause(): Promise<void> {
    await this.#queue.pause();
  }

  /** Processes that take jobs. */
  async workers(): Promise<number> {
    return this.#queue.getWorkersCount();
  }

  /** Gives what the workers have answered, of all jobs that are done. */
  async *answers(): AsyncGenerator<unknown, undefined> {
    for (let first = 0; ; first += BATCH) {
      const jobs = await this.#queue.getJobs('completed', first, first + BATCH - 1, true);
      if (jobs.length === 0) return undefined;
      for (const { returnvalue } of jobs) yield returnvalue;
    }
  }

  /** Gives the jobs that were set aside, and why. */
  async failures(): Promise<{ key: string; message: string }[]> {
    const jobs = await this.#queue.getFailed();
    return jobs.map(({ id = '', failedReason }) => ({ key: id, message: failedReason }));
  }

  /** Removes the jobs that wait; those that run are finished. */
  async cancel(): Promise<void> {
    await this.#queue.drain(true);
  }

  /** Removes all jobs, and what the workers have answered. */
  async remove(): Promise<void> {
    await this.#queue.obliterate({ force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close();
  }
}
