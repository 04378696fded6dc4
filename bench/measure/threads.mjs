import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { interleave } from '../interleave.mjs';
import { library } from '../library.mjs';
import { row } from '../rows.mjs';

const MILLISECONDS = 300;

/** @param {unknown} [token] of an allocator to share; without one, it makes one for itself */
async function startWorker(token) {
  const worker = new Worker(new URL('thread.mjs', import.meta.url), { workerData: { token } });
  await once(worker, 'message');
  return worker;
}

/** @param {Worker[]} workers @returns {Promise<number[]>} million pairs a second of each */
async function run(workers) {
  const rates = Promise.all(workers.map((worker) => once(worker, 'message')));
  const until = Date.now() + MILLISECONDS;
  for (const worker of workers) worker.postMessage(until);
  return (await rates).map(([rate]) => rate / 1e6);
}

/** @param {number[]} rates */
const sum = (rates) => rates.reduce((a, b) => a + b, 0);

/** Measures one thread, two with an allocator each, and two that share one. @param {number} rounds */
export async function measure(rounds) {
  const shared = new library.GpuBuddy({ size: 2 ** 40 });
  const token = shared.share();
  const pair = [await startWorker(), await startWorker()];
  const sharing = [await startWorker(token), await startWorker(token)];
  const measurements = {
    one: () => run(pair.slice(0, 1)),
    apart: () => run(pair),
    shared: () => run(sharing),
  };
  await interleave(measurements, 2);
  const rates = await interleave(measurements, rounds);
  for (const worker of [...pair, ...sharing]) await worker.terminate();

  const total = (name) => rates[name].map(sum);
  const smaller = rates.shared.map((both) => Math.min(...both) / sum(both));
  const unit = 'million pairs/s';
  return [
    row('threads.apart', 'two threads, two allocators / one thread', unit, total('apart'), total('one')),
    row('threads.shared', 'two threads, one allocator / one thread', unit, total('shared'), total('one')),
    row('threads.share', 'one allocator: share of the slower thread', '', smaller),
  ];
}
