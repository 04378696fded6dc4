// A thread that allocates one block among a thousand and frees it, until the time that it is told.
import { parentPort, workerData } from 'node:worker_threads';
import { library } from '../library.mjs';

const { GpuBuddy } = library;
const SZ_4K = 4096;
const PAIRS_BETWEEN_LOOKS = 500;

const buddy = workerData.token ? GpuBuddy.from(workerData.token) : new GpuBuddy({ size: 2 ** 40 });
const live = buddy.allocMany(2000, SZ_4K).filter((blocks, i) => {
  if (i % 2 === 0) blocks.free();
  return i % 2;
});

/** @param {number} until @returns {number} pairs a second */
function work(until) {
  const start = performance.now();
  let pairs = 0;
  for (; Date.now() < until; pairs += PAIRS_BETWEEN_LOOKS)
    for (let i = 0; i < PAIRS_BETWEEN_LOOKS; i++) {
      const blocks = buddy.allocBlocks(SZ_4K);
      blocks.free();
    }
  return (pairs * 1000) / (performance.now() - start);
}

parentPort?.on('message', (until) => parentPort?.postMessage(work(until)));
parentPort?.postMessage(live.length);
