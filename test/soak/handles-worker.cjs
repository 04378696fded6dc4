// A thread of handles.test.ts: allocates in pools and as lists, throws wrong handles at them, and looks after what it owns.
const { parentPort, workerData } = require('node:worker_threads');
const { GpuBuddy } = require('../../dist/index.js');
const { randomNumbers } = require('../support/random.cjs');

const { index: thread, threads, perThread, count, token, seed } = workerData;
const random = randomNumbers(seed);
const shown = new Float64Array(workerData.shown);

const POOLS = 4;
const MOST_ALLOCATIONS = 200;
const MOST_LISTS = 100;
const THROWS_A_LOOK = 50_000;
/** A handle is a generation above an index. */
const GENERATION = 2 ** 26;

// Errors are wanted, by the million.
Error.stackTraceLimit = 0;

const buddy = GpuBuddy.from(token);
const pools = Array.from({ length: POOLS }, () => buddy.pool());
/** The offset, the size and the tag of each live handle, by pool. @type {Map<number, number[]>[]} */
const live = pools.map(() => new Map());
/** @type {number[]} */
const stale = [];
/** @type {{ list: any, tag: number, offset: number, size: number }[]} */
const lists = [];
/** @type {any[]} */
const freedLists = [];
const counts = { thrown: 0, taken: 0, lost: 0 };
let allocations = 0;

/** @template T @param {readonly T[]} values */
const pick = (values) => values[random() % Math.max(values.length, 1)];

/** @template T @param {T[]} values @param {number} most @param {T} value */
function keep(values, most, value) {
  values[values.length < most ? values.length : random() % most] = value;
}

/** A size and a tag that no other allocation has. */
function request() {
  return { tag: ++allocations * threads + thread, size: 4096 * (1 + (random() % 6)) };
}

function allocate() {
  const place = random() % POOLS;
  const pool = pools[place];
  const { tag, size } = request();
  const handle = pool.alloc(size, { tag });
  live[place].set(handle, [pool.offset(handle), size, tag]);
  shown[thread * perThread + (random() % perThread)] = handle;
  if (live[place].size > MOST_ALLOCATIONS) freeOne(place);
}

/** @param {number} place */
function freeOne(place) {
  const [handle] = [...live[place].keys()].slice(random() % 50);
  if (random() % 16) pools[place].free(handle);
  else pools[place].blocks(handle).free();
  live[place].delete(handle);
  keep(stale, 2000, handle);
}

function allocateList() {
  const { tag, size } = request();
  const list = buddy.allocBlocks(size, { tag });
  lists.push({ list, tag, offset: list.at(0).offset, size: list.at(0).size });
  if (lists.length <= MOST_LISTS) return;
  const [{ list: freed }] = lists.splice(random() % MOST_LISTS, 1);
  freed.free();
  keep(freedLists, 100, freed);
}

const makers = [
  () => pick(stale),
  // A handle of another pool of this thread.
  () => [...live[random() % POOLS].keys()][random() % MOST_ALLOCATIONS],
  // A handle of a pool of another thread.
  () => shown[((thread + 1 + (random() % (threads - 1))) % threads) * perThread + (random() % perThread)],
  // Near one that was good.
  () => pick(stale) + (random() % 7) - 3,
  () => pick(stale) + ((random() % 7) - 3) * GENERATION,
  () => pick(stale) + 2 ** (random() % 57),
  () => (random() % 2 ** 27) * GENERATION + (random() % 256),
  () => random() * 2 ** (random() % 60),
  () => pick([0, -1, NaN, Infinity, -Infinity, 0.5, 2 ** 53, -GENERATION, 1e308]),
];

const uses = [
  (pool, handle) => pool.offset(handle),
  (pool, handle) => pool.size(handle),
  (pool, handle) => pool.free(handle),
  (pool, handle) => pool.blocks(handle),
];

/** Counts a use that is not refused. @param {string} code of the refusal @param {() => void} use */
function expectRefused(code, use) {
  try {
    use();
    counts.taken++;
  } catch (error) {
    if (error.code !== code) throw error;
  }
}

/** Throws a handle that is none of the pool's. */
function throwHandle() {
  const place = random() % POOLS;
  const handle = pick(makers)();
  if (handle === undefined || live[place].has(handle)) return;
  counts.thrown++;
  if (pools[place].has(handle)) counts.taken++;
  if (random() % 8 === 0) expectRefused('EINVAL', () => pick(uses)(pools[place], handle));
}

function useFreedList() {
  const list = pick(freedLists);
  if (list === undefined) return;
  counts.thrown++;
  list.free();
  if (!list.freed) counts.taken++;
  if (random() % 8 === 0)
    expectRefused('ERR_GPU_BUDDY_FREED', () => (random() % 2 ? list.freeBlock(0) : list.trim(4096)));
}

/** Looks whether all that this thread owns is its own still. */
function look() {
  const isThere = (/** @type {number} */ offset, /** @type {number} */ tag) =>
    buddy.blockAt(offset)?.tag === tag;
  for (const [place, pool] of pools.entries()) {
    if (pool.length !== live[place].size) counts.lost++;
    for (const [handle, [offset, size, tag]] of live[place]) {
      const isOwn = pool.has(handle) && pool.offset(handle) === offset && pool.size(handle) === size;
      if (!isOwn || !isThere(offset, tag)) counts.lost++;
    }
  }
  for (const { list, tag, offset, size } of lists)
    if (list.freed || list.at(0).offset !== offset || list.at(0).size !== size || !isThere(offset, tag))
      counts.lost++;
}

for (let round = 0; counts.thrown < count; round++) {
  if (round % 16 === 0) allocate();
  if (round % 32 === 0) allocateList();
  if (random() % 4) throwHandle();
  else useFreedList();
  if (round % THROWS_A_LOOK === 0) look();
}
look();
for (const pool of pools) pool.dispose();
for (const { list } of lists) list.free();
parentPort.postMessage(counts);
