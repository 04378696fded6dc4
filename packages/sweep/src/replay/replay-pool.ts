/** Threads that serve jobs, one each at a time; the main thread stays free for what has to happen in time. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { reasonOf, SweepError } from '../sweep-error.js';
import type { Served } from './serve-job.js';
import type { Answer, Task } from './thread.js';

/** How often a job is tried before it is set aside. */
export const TRIES = 3;

export class ReplayPool implements AsyncDisposable {
  readonly threads: number;
  readonly #piscina: Piscina<Task, Answer>;

  /** @param threads default: one a processor */
  constructor(threads: number = availableParallelism()) {
    this.threads = threads;
    this.#piscina = new Piscina({
      filename: fileURLToPath(new URL('thread.js', import.meta.url)),
      name: 'serve',
      minThreads: threads,
      maxThreads: threads,
      // Threads outlive pauses: each has read its traces.
      idleTimeout: 60_000,
    });
  }

  /**
   * Serves a job in a thread, once.
   *
   * @param seconds ends the thread where the job takes longer; 0 for no limit
   * @throws SweepError where the job has failed
   * @throws the signal's `reason`
   */
  async serve(task: Task, seconds: number, signal: AbortSignal): Promise<Served> {
    signal.throwIfAborted();
    const limit = seconds === 0 ? undefined : AbortSignal.timeout(1000 * seconds);
    let answer: Answer;
    try {
      answer = await this.#piscina.run(task, { signal: limit ? AbortSignal.any([signal, limit]) : signal });
    } catch (error) {
      signal.throwIfAborted();
      const reason = limit?.aborted ? `takes longer than ${seconds} s` : reasonOf(error);
      throw new SweepError('ERR_SWEEP_JOB', `${task.job.trace.name}: ${reason}`, error);
    }
    if ('failed' in answer) throw new SweepError(answer.failed.code, answer.failed.message);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#piscina.destroy();
  }
}
