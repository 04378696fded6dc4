// Pairs a second of one thread, of two with an allocator each, and of two that share one: ROUNDS.
import { Worker } from 'node:worker_threads';
import { interleave } from '../interleave.mjs';
import { GpuBuddy } from '../library.mjs';
import { report } from './report.mjs';

const MILLISECONDS = 300;

/** @param {unknown} token of an allocator to share; without one, it makes one for itself */
async function startWorker(token) {
  const worker = new Worker(new URL('../threads/worker.mjs', import.meta.url), { workerData: { token } });
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  return { worker };
}

const shared = new GpuBuddy({ size: 2 ** 40 });
const token = shared.share();
const [first, second] = [await startWorker(undefined), await startWorker(undefined)];
const sharing = [await startWorker(token), await startWorker(token)];

/**
 * @param {{ worker: Worker }[]} workers
 * @param {boolean} [countsOnly] instead of allocating
 * @returns {Promise<number[]>} pairs a second of each, or steps
 */
async function run(workers, countsOnly = false) {
  const rates = workers.map(
    ({ worker }) =>
      /** @type {Promise<number>} */ (new Promise((resolve) => worker.once('message', resolve))),
  );
  const until = Date.now() + MILLISECONDS;
  for (const { worker } of workers) worker.postMessage({ until, countsOnly });
  return Promise.all(rates);
}

const measurements = {
  one: () => run([first]),
  apart: () => run([first, second]),
  shared: () => run(sharing),
  oneCounting: () => run([first], true),
  twoCounting: () => run([first, second], true),
};
await interleave(measurements, 2);
const rates = await interleave(measurements, Number(process.argv[2]));
for (const { worker } of [first, second, ...sharing]) await worker.terminate();
report(rates);
