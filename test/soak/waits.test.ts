// Four threads share an allocator that is too small for them, and wait for each other's memory.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { built } from '../support/built-package';
import { soak } from '../support/soak';

const THREADS = 4;
const CHUNKS = 16;

test(
  'no wake-up is lost among four threads, and each wait ends when the epoch has risen',
  async () => {
    const buddy = new built.GpuBuddy({ size: CHUNKS * built.SZ_4K });
    const counts = new Int32Array(new SharedArrayBuffer(12));
    const steps = 50_000 * soak;
    let before = -1;
    // A thread that holds memory that others wait for never waits: so if no step is done, all wait in vain.
    const watchdog = setInterval(() => {
      if (counts[0] === before) throw new Error(`A wake-up is lost after ${String(before)} steps.`);
      before = counts[0] ?? 0;
    }, 30_000);
    const threads = Array.from({ length: THREADS }, (_, index) => {
      const workerData = { token: buddy.share(), counts, steps: steps / THREADS, seed: 1 + index };
      const worker = new Worker(join(__dirname, 'waits-worker.cjs'), { workerData });
      return new Promise((resolve, reject) => worker.on('error', reject).on('exit', resolve));
    });
    expect(await Promise.all(threads)).toEqual([0, 0, 0, 0]);
    clearInterval(watchdog);
    const [done, waits = 0, slept = 0] = counts;
    expect(done).toBe(steps);
    expect(slept).toBeGreaterThan(0);
    expect(waits).toBeGreaterThanOrEqual(slept);
    expect(buddy.avail).toBe(buddy.size);
  },
  120_000 * soak,
);
