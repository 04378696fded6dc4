// Eight threads on one allocator throw stale, foreign and made-up handles at their own pools and lists.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { built } from '../support/built-package';
import { soak } from '../support/soak';

const THREADS = 8;
/** The handles that each thread shows the others. */
const SHOWN = 512;

interface Counts {
  readonly thrown: number;
  readonly taken: number;
  readonly lost: number;
}

/** Resolves to what a thread has counted, once it is gone. */
function run(workerData: object): Promise<Counts | undefined> {
  const worker = new Worker(join(__dirname, 'handles-worker.cjs'), { workerData });
  return new Promise((resolve, reject) => {
    let counts: Counts | undefined;
    worker.on('message', (message: Counts) => (counts = message));
    worker.on('error', reject);
    worker.on('exit', () => {
      resolve(counts);
    });
  });
}

test(
  'takes no wrong handle, whoever made it up, and nobody loses memory',
  async () => {
    const buddy = new built.GpuBuddy({ size: built.SZ_1G });
    const shown = new SharedArrayBuffer(8 * THREADS * SHOWN);
    const count = (400_000 * soak) / THREADS;
    const shared = { token: buddy.share(), shown, perThread: SHOWN, threads: THREADS, count };
    const threads = Array.from({ length: THREADS }, (_, index) => run({ ...shared, index, seed: 1 + index }));
    for (const counts of await Promise.all(threads))
      expect(counts).toEqual({ thrown: expect.any(Number), taken: 0, lost: 0 });
    expect(buddy.avail).toBe(buddy.size);
    expect(buddy.stats().kernelWarnings).toBe(0);
  },
  120_000 * soak,
);
