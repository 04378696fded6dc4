// Allocates lists, half of them freed, half dropped for the collector, and tells by how much the process has grown.
const { GpuBuddy, SZ_1T } = require(process.argv[2]);
const { randomNumbers } = require('../support/random.cjs');

const count = Number(process.argv[3]);
const LISTS_A_TURN = 1000;
const LISTS_A_COLLECTION = 20_000;
const MOST_TURNS = 200;

const buddy = new GpuBuddy({ size: SZ_1T });
const random = randomNumbers(1);

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** @param {number} lists */
async function use(lists) {
  for (let i = 1; i <= lists; i++) {
    const blocks = buddy.allocBlocks(4096 * (1 + (random() % 16)));
    if (random() % 2) blocks.free();
    if (i % LISTS_A_COLLECTION === 0) globalThis.gc();
    if (i % LISTS_A_TURN === 0) await turn();
  }
}

/** Gives the resident bytes once all that was dropped is back. */
async function measure() {
  for (let i = 0; i < MOST_TURNS && buddy.avail < buddy.size; i++) {
    globalThis.gc();
    await turn();
  }
  globalThis.gc();
  await turn();
  return process.memoryUsage.rss();
}

async function main() {
  await use(count / 10);
  const before = await measure();
  await use(count - count / 10);
  const growth = (await measure()) - before;
  process.send({ growth, missing: buddy.size - buddy.avail });
  process.disconnect();
}

void main();
