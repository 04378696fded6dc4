// A long run of lists of blocks, half of them freed, half dropped for the collector:
// `npm run soak:lists -- [--lazy] [count]`. Exits with 1 where memory is not whole at the end, or the process has grown.
// It asks for a collection now and then; with --lazy, V8 decides when to collect, and what waits for it piles up in between.
// Runs on the built package.
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const { GpuBuddy, SZ_1T } = createRequire(import.meta.url)('../../dist/index.js');

const { values, positionals } = parseArgs({ options: { lazy: { type: 'boolean' } }, allowPositionals: true });
const isLazy = values.lazy === true;
const count = Number(positionals[0] ?? 2_000_000);
const LISTS_A_TURN = 1000;
const LISTS_A_COLLECTION = 20_000;
/** Where the process is measured for the first time. */
const early = Math.min(200_000, count / 10);
const MOST_GROWTH = 50e6;
const MOST_TURNS = 200;

const buddy = new GpuBuddy({ size: SZ_1T });

/** Always the same numbers below 2^32 (xorshift). */
let state = 2463534242;
function random() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Turns of the event loop with a collection each, until all that was dropped is back. */
async function settle() {
  for (let i = 0; i < MOST_TURNS && buddy.avail < buddy.size; i++) {
    globalThis.gc();
    await turn();
  }
  globalThis.gc();
  await turn();
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1).padStart(8)} MB`;
}

/** Gives the resident bytes once all is collected. @param {number} lists */
async function measure(lists) {
  const pending = buddy.size - buddy.avail;
  const running = process.memoryUsage.rss();
  await settle();
  const { rss, external, heapUsed } = process.memoryUsage();
  const columns = { running, rss, heapUsed, external, native: buddy.stats().nativeBytes };
  const figures = Object.entries(columns).map(([name, bytes]) => `${name} ${megabytes(bytes)}`);
  console.log(`${String(lists).padStart(9)} lists  ${figures.join('  ')}  dropped ${megabytes(pending)}`);
  return rss;
}

async function run() {
  const start = performance.now();
  let rssEarly = 0;
  for (let i = 1; i <= count; i++) {
    const blocks = buddy.allocBlocks(4096 * (1 + (random() % 16)));
    if (random() % 2) blocks.free();
    if (!isLazy && i % LISTS_A_COLLECTION === 0) globalThis.gc();
    if (i % LISTS_A_TURN === 0) await turn();
    if (i === early) rssEarly = await measure(i);
    else if (i % 1_000_000 === 0 && i < count) await measure(i);
  }
  const growth = (await measure(count)) - rssEarly;
  const seconds = (performance.now() - start) / 1000;
  const isWhole = buddy.avail === buddy.size;
  console.log(`grown by ${megabytes(growth).trim()} since ${early} lists; ${seconds.toFixed(1)} s`);
  console.log(isWhole ? 'avail is whole' : `avail is ${buddy.size - buddy.avail} bytes short`);
  return isWhole && growth <= MOST_GROWTH;
}

if (!globalThis.gc) throw new Error('Start it with node --expose-gc.');
if (!(await run())) process.exitCode = 1;
if (process.connected) process.disconnect();
