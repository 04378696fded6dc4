/** Tries many sizes at once: a thread takes the next one as soon as it is done with one. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { mayStartWorkers } from '../addon/permissions';
import { makeDeferred } from '../deferred';
import type { WaitSignal } from '../wait-signal';
import type { Policy } from './policy/policy';
import { trySizes, type SizesToTry, type TriedSize } from './policy/try-size';
import type { Workload } from './workload/workload';

/** The program of a thread. It is not there where this package was put into another file by a bundler, nor in tests from sources. */
const PROGRAM = join(__dirname, '..', 'trace', 'fit-worker.js');

export interface ThreadOptions {
  readonly threads: number | undefined;
  readonly signal: WaitSignal | undefined;
  readonly onTried: (tried: TriedSize) => void;
}

/**
 * Gives the first of some sizes in which a workload fits; those behind it need not be tried. Without threads, this one does it.
 *
 * @param sizes in ascending order
 */
export async function firstThatFits(
  workload: Workload,
  policy: Policy,
  sizes: readonly number[],
  { threads = availableParallelism(), signal, onTried }: ThreadOptions,
): Promise<number | undefined> {
  const counters = new Int32Array(new SharedArrayBuffer(8));
  const work: SizesToTry = { workload, policy, sizes, counters };
  counters[1] = sizes.length;
  const count = Math.min(threads, sizes.length);
  if (count > 1 && mayStartWorkers() && existsSync(PROGRAM)) await inThreads(count, work, signal, onTried);
  else await here(work, signal, onTried);
  return sizes[Atomics.load(counters, 1)];
}

async function here(
  work: SizesToTry,
  signal: WaitSignal | undefined,
  onTried: (tried: TriedSize) => void,
): Promise<void> {
  for (const tried of trySizes(work)) {
    onTried(tried);
    await setImmediate();
    signal?.throwIfAborted();
  }
}

async function inThreads(
  count: number,
  work: SizesToTry,
  signal: WaitSignal | undefined,
  onTried: (tried: TriedSize) => void,
): Promise<void> {
  const workers = Array.from({ length: count }, () => new Worker(PROGRAM, { workerData: work }));
  try {
    await Promise.all(workers.map((worker) => ended(worker, signal, onTried)));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function ended(
  worker: Worker,
  signal: WaitSignal | undefined,
  onTried: (tried: TriedSize) => void,
): Promise<void> {
  const { promise, resolve, reject } = makeDeferred<undefined>();
  const abort = () => {
    reject(signal?.reason);
  };
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  worker
    .on('message', onTried)
    .on('error', reject)
    .on('exit', () => {
      signal?.removeEventListener('abort', abort);
      resolve(undefined);
    });
  return promise;
}
