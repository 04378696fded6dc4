// Threads that come and go at random moments while they, and the main thread, use one allocator:
// `npm run soak:workers -- [workers] [seed]`. Exits with 1 where memory is not whole at the end. Runs on the built package.
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { randomNumbers } from './random.cjs';
import { useAllocator } from './work.cjs';

const require = createRequire(import.meta.url);
const { GpuBuddy, SZ_1G } = require('../../dist/index.js');

const count = Number(process.argv[2] ?? 200);
const seed = Number(process.argv[3] ?? 1);
const MOST_AT_ONCE = 6;
const MOST_MILLISECONDS = 600;
const MOST_TURNS = 1000;

const buddy = new GpuBuddy({ size: SZ_1G });
const random = randomNumbers(seed);
const work = useAllocator(buddy, randomNumbers(seed + 1));
const ends = { ended: 0, terminated: 0, threw: 0 };
/** @type {Set<Worker>} */
const workers = new Set();
let started = 0;

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A worker that works until it is terminated, or until it ends or throws by itself. */
function start() {
  const workerData = { token: buddy.share(), seed: seed + 2 + started++ };
  const worker = new Worker(new URL('worker.cjs', import.meta.url), { workerData });
  let failed = false;
  workers.add(worker);
  worker.on('message', (token) => work.receive(token));
  worker.on('error', (error) => {
    if (error.message !== 'on purpose') throw error;
    failed = true;
  });
  worker.on('exit', (code) => {
    workers.delete(worker);
    ends[failed ? 'threw' : code === 0 ? 'ended' : 'terminated']++;
  });
  // Some before they have loaded anything, some in the middle of it, most at work.
  setTimeout(() => void worker.terminate(), random() % MOST_MILLISECONDS);
}

async function run() {
  const begin = performance.now();
  while (started < count || workers.size > 0) {
    while (started < count && workers.size < MOST_AT_ONCE) start();
    for (let i = 0; i < 200; i++) work.step();
    const [to] = [...workers].slice(random() % MOST_AT_ONCE);
    const token = work.give();
    if (token) to?.postMessage(token);
    await turn();
  }

  const { steps, received, given } = work.end();
  for (let i = 0; i < MOST_TURNS && buddy.avail < buddy.size; i++) {
    globalThis.gc();
    await turn();
  }
  const missing = buddy.size - buddy.avail;
  // Merges clear and dirty neighbours: one block is left, if no other is lost.
  buddy.resetClear(false);
  const { orders, kernelWarnings } = buddy.stats();
  const isWhole = missing === 0 && orders.at(-1)?.freeBlocks === 1 && kernelWarnings === 0;
  const seconds = (performance.now() - begin) / 1000;
  console.log(
    `${count} workers, seed ${seed}: ${ends.terminated} terminated, ${ends.threw} threw, ${ends.ended} ended; ` +
      `main thread: ${steps} steps, ${given} lists given, ${received} received; ${seconds.toFixed(1)} s`,
  );
  console.log(isWhole ? 'avail is whole' : `avail is ${missing} bytes short`);
  return isWhole;
}

if (!globalThis.gc) throw new Error('Start it with node --expose-gc.');
if (!(await run())) process.exitCode = 1;
if (process.connected) process.disconnect();
