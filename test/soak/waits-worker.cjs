// A thread of waits.test.ts: takes and frees memory in all ways, and waits for more while it holds nothing.
const { workerData } = require('node:worker_threads');
const { GpuBuddy, SZ_4K } = require('../../dist/index.js');
const { randomNumbers } = require('../support/random.cjs');

/** Steps that are done, waits, and waits that nothing has ended before they began. */
const [STEPS, WAITS, SLEPT] = [0, 1, 2];

async function work({ token, counts, steps, seed }) {
  const buddy = GpuBuddy.from(token);
  const pool = buddy.pool();
  const random = randomNumbers(seed);
  /** @type {(() => void)[]} */
  const held = [];
  const ways = [
    (size) => {
      const list = buddy.tryAllocBlocks(size);
      if (list) held.push(() => list.free());
      return list;
    },
    (size) => {
      const list = buddy.tryAllocBlocks(size);
      if (list)
        held.push(() => {
          list.freeBlock(0);
          list.free();
        });
      return list;
    },
    (size) => {
      const list = buddy.tryAllocBlocks(size, { minBlockSize: size });
      if (list) held.push(() => list.free());
      list?.trim(SZ_4K);
      return list;
    },
    (size) => {
      const handle = pool.tryAlloc(size);
      if (handle !== null) held.push(() => pool.free(handle));
      return handle;
    },
    () => {
      const batch = buddy.batch();
      batch.alloc(SZ_4K);
      batch.alloc(2 * SZ_4K);
      const result = batch.run();
      const isDone = result.errnos.every((errno) => errno === 0);
      if (isDone) held.push(() => result.free());
      else result.free();
      return isDone;
    },
  ];
  const freeAll = () => {
    for (const free of held.splice(0)) free();
  };

  for (let step = 0; step < steps; step++) {
    Atomics.add(counts, STEPS, 1);
    const size = 2 ** (random() % 5) * SZ_4K;
    const take = ways[random() % ways.length];
    if (held.length > 4 || random() % 4 === 0) held.splice(random() % (held.length + 1), 1)[0]?.();
    if (take(size)) continue;
    // A thread that holds memory that others wait for never waits.
    freeAll();
    const since = buddy.epoch;
    if (take(size)) continue;
    freeAll();
    Atomics.add(counts, WAITS, 1);
    if (buddy.epoch === since) Atomics.add(counts, SLEPT, 1);
    const epoch = await buddy.waitForFree({ since });
    if (!(epoch > since)) throw new Error(`The wait since ${since} ended at ${epoch}.`);
  }
  freeAll();
  pool.dispose();
}

void work(workerData);
