// Threads come and go at random moments while they, and the main thread, use one allocator.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { built } from '../support/built-package';
import { collectUntil } from '../support/collector';
import { randomNumbers } from '../support/random.cjs';
import { soak } from '../support/soak';
import { useAllocator } from './work.cjs';

const MOST_AT_ONCE = 6;
const MOST_MILLISECONDS = 600;

test(
  'workers that end, throw or are terminated leave nothing behind',
  async () => {
    const buddy = new built.GpuBuddy({ size: built.SZ_1G });
    const random = randomNumbers(1);
    const work = useAllocator(buddy, randomNumbers(2));
    const workers = new Set<Worker>();
    const failures: unknown[] = [];

    /** Starts a worker that works until it is terminated, or until it ends or throws by itself. */
    const start = (seed: number) => {
      const workerData = { token: buddy.share(), seed };
      const worker = new Worker(join(__dirname, 'worker.cjs'), { workerData });
      workers.add(worker);
      worker.on('message', (token) => {
        work.receive(token);
      });
      worker.on('error', (error: Error) => {
        if (error.message !== 'on purpose') failures.push(error);
      });
      worker.on('exit', () => workers.delete(worker));
      // Some before they have loaded anything, some in the middle of it, most at work.
      setTimeout(() => void worker.terminate(), random() % MOST_MILLISECONDS);
    };

    let started = 0;
    while (started < 12 * soak || workers.size > 0) {
      while (started < 12 * soak && workers.size < MOST_AT_ONCE) start(3 + started++);
      for (let i = 0; i < 200; i++) work.step();
      const [to] = [...workers].slice(random() % MOST_AT_ONCE);
      const token: unknown = work.give();
      if (token) to?.postMessage(token);
      await new Promise((resolve) => setImmediate(resolve));
    }
    work.end();
    expect(failures).toEqual([]);
    await collectUntil('all memory is back', () => buddy.avail === buddy.size);
    // Merges clear and dirty neighbours: one block is left, if no other is lost.
    buddy.resetClear(false);
    const { orders, kernelWarnings } = buddy.stats();
    expect(orders.at(-1)?.freeBlocks).toBe(1);
    expect(kernelWarnings).toBe(0);
  },
  60_000 * soak,
);
