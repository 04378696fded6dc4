// Threads that hammer limits and reservations of the same accounts, one of which dies with all that it has.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { built } from '../support/built-package';
import { soak } from '../support/soak';

const { GpuBuddy, SZ_1M } = built;

test(
  'four threads hammer limits and reservations: nothing is overdrawn, and no byte adrift',
  async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const accounts = Array.from({ length: 3 }, () => buddy.account());
    const tokens = accounts.map((account) => account.share());
    const workers = Array.from(
      { length: 4 },
      (_, seed) =>
        new Worker(join(__dirname, 'accounts-worker.cjs'), {
          workerData: { token: buddy.share(), accounts: tokens, seed, steps: 50_000 * soak },
        }),
    );
    const ends = workers.map(
      (worker) =>
        new Promise<number>((resolve, reject) => {
          worker.on('message', (refusals: number) => {
            // The last one dies with all that it has.
            if (worker === workers[3]) void worker.terminate();
            else worker.postMessage('end');
            expect(refusals).toBeGreaterThan(0);
          });
          worker.on('error', reject);
          worker.on('exit', resolve);
        }),
    );
    await Promise.all(ends);
    expect(accounts.map(({ used }) => used)).toEqual([0, 0, 0]);
    expect(buddy.isEmpty).toBe(true);
    for (const account of accounts) account.update({ limit: null, reserved: 0 });
    expect(buddy.allocBlocks(SZ_1M).size).toBe(SZ_1M);
  },
  60_000 * soak,
);
