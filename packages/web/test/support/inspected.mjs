// An allocator in a process of its own, inspected, that four workers share. Prints the link; works once it is told to; then prints its blocks.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const require = createRequire(import.meta.url);
/** @type {typeof import('gpu-buddy')} */
const { GpuBuddy } = require(path.join(root, 'dist/index.js'));

const THREADS = 4;
const OPERATIONS = 250;

/** Allocates and frees; what is left is parked, so that it lives on. @param {import('gpu-buddy').GpuBuddy} buddy @param {number} seed */
function work(buddy, seed) {
  let state = seed;
  const random = (/** @type {number} */ below) => (state = (state * 48_271) % 2_147_483_647) % below;
  const lists = [];
  for (let operation = 0; operation < OPERATIONS; operation++) {
    if (lists.length > 20 && random(2) === 0) lists.splice(random(lists.length), 1)[0].free();
    else lists.push(buddy.allocBlocks(4096 * (1 + random(64)), { tag: seed }));
  }
  for (const list of lists) list.park();
}

/** The allocated blocks: `OFFSET:ORDER`, in the order of addresses. @param {import('gpu-buddy').GpuBuddy} buddy */
function blocksOf(buddy) {
  const { offsets, orders, states } = buddy.snapshot();
  return Array.from(offsets, (offset, row) => `${offset}:${orders[row]}`).filter((_, row) => states[row] & 1);
}

if (isMainThread) {
  /** @type {typeof import('gpu-buddy/inspect')} */
  const { inspect } = require(path.join(root, 'dist/inspect/index.js'));
  const buddy = new GpuBuddy({ size: 2 ** 30, name: 'shared' });
  const held = buddy.allocBlocks(2 ** 20, { tag: 99 });
  const inspection = await inspect(buddy);
  console.log(inspection.url);
  const lines = createInterface({ input: process.stdin });
  await once(lines, 'line');
  const workers = Array.from(
    { length: THREADS },
    (_, index) =>
      new Worker(new URL(import.meta.url), { workerData: { token: buddy.share(), seed: index + 1 } }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  console.log(JSON.stringify(blocksOf(buddy)));
  await once(lines, 'line');
  lines.close();
  held.free();
  await inspection.close();
} else {
  work(GpuBuddy.from(workerData.token), workerData.seed);
}
