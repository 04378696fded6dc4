// Wrong handles at pools and lists: `node --expose-gc scripts/soak/handles.mjs [count] [seed]`. Eight threads on one allocator throw
// `count` stale, foreign and made-up handles, 10 million by default, at their own pools and lists, by the public methods and by
// the calls below them. Exits with 1 where one of them was taken, where anybody has lost memory, or where memory is not whole
// at the end. Runs on the built package. The long run: 100000000.
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

const { GpuBuddy, SZ_1G } = createRequire(import.meta.url)('../../dist/index.js');

const THREADS = 8;
/** Numbers that each thread shows the others: handles of its pools, and names of its lists. */
const SHOWN = 1024;

const count = Number(process.argv[2] ?? 10_000_000);
const seed = Number(process.argv[3] ?? 1);

const buddy = new GpuBuddy({ size: SZ_1G });
const token = buddy.share();
const shown = new SharedArrayBuffer(8 * THREADS * SHOWN);
const begin = performance.now();

/** Resolves to what a thread has counted, once it is gone. @param {number} index @returns {Promise<Record<string, number>>} */
function run(index) {
  const share = Math.ceil(count / THREADS);
  const workerData = {
    token,
    shown,
    perThread: SHOWN,
    threads: THREADS,
    index,
    count: share,
    seed: seed + index,
  };
  const worker = new Worker(new URL('handles-worker.cjs', import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    let counts;
    worker.on('message', (message) => (counts = message));
    worker.on('error', reject);
    worker.on('exit', () => (counts ? resolve(counts) : reject(new Error(`Thread ${index} has no answer.`))));
  });
}

/** @type {Record<string, number>} */
const sums = {};
for (const counts of await Promise.all(Array.from({ length: THREADS }, (_, index) => run(index))))
  for (const [name, number] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + number;

const { kernelWarnings } = buddy.stats();
const isWhole = buddy.avail === buddy.size && kernelWarnings === 0;
const seconds = (performance.now() - begin) / 1000;
console.log(
  `${Object.entries(sums)
    .map(([name, number]) => `${number} ${name}`)
    .join(', ')}; ${seconds.toFixed(1)} s`,
);
console.log(isWhole ? 'avail is whole' : `avail is ${buddy.size - buddy.avail} bytes short`);
if (!isWhole || sums.taken !== 0 || sums.lost !== 0) process.exitCode = 1;
if (process.connected) process.disconnect();
