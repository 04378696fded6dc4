// A thread of handles.mjs: allocates in pools and as lists, throws wrong handles at them, and looks after what it owns.
const { parentPort, workerData } = require('node:worker_threads');
const { GpuBuddy } = require('../../dist/index.js');
const { allocatorOf } = require('../../dist/gpu-buddy.js');
const native = require('../../dist/native.js');
const { randomNumbers } = require('./random.cjs');

const { index: thread, threads, perThread, count } = workerData;
const random = randomNumbers(workerData.seed);
const shown = new Float64Array(workerData.shown);
const first = thread * perThread;

const POOLS = 4;
const MOST_ALLOCATIONS = 200;
const MOST_LISTS = 100;
const THROWS_A_LOOK = 50_000;
const SCALE = 2 ** native.POOL_INDEX_BITS;
/** Where the names of lists begin in what a thread shows. */
const NAMES = perThread / 2;

// Errors are wanted, by the million.
Error.stackTraceLimit = 0;

const buddy = GpuBuddy.from(workerData.token);
const { slot: handleSlot } = allocatorOf(buddy).handle;
const pools = Array.from({ length: POOLS }, () => buddy.pool());
/** Of each pool, the offset, the size and the tag of each live handle. @type {Map<number, number[]>[]} */
const live = pools.map(() => new Map());
/** @type {number[]} */
const stale = [];
/** @type {{ list: any, tag: number, offset: number, size: number }[]} */
let lists = [];
/** @type {any[]} */
const freedLists = [];
/** Generations that a pool of this thread, of whatever slot, has in use: what is made up must be none of them. */
const generations = new Set();

const counts = { thrown: 0, taken: 0, lost: 0, allocations: 0 };

/** @template T @param {readonly T[]} values */
function pick(values) {
  return values[random() % Math.max(values.length, 1)];
}

function nextTag() {
  return ++counts.allocations * threads + thread;
}

function allocate() {
  const place = random() % POOLS;
  const pool = pools[place];
  const tag = nextTag();
  const size = 4096 * (1 + (random() % 6));
  const handle = pool.alloc(size, { tag });
  live[place].set(handle, [pool.offset(handle), size, tag]);
  generations.add(Math.floor(handle / SCALE));
  shown[first + (random() % NAMES)] = handle;
  if (live[place].size > MOST_ALLOCATIONS) freeOne(place);
}

/** @param {number} place */
function freeOne(place) {
  const [handle] = [...live[place].keys()].slice(random() % 50);
  if (handle === undefined) return;
  if (random() % 16) pools[place].free(handle);
  else pools[place].blocks(handle).free();
  live[place].delete(handle);
  if (stale.length < 2000) stale.push(handle);
  else stale[random() % 2000] = handle;
}

function allocateList() {
  const tag = nextTag();
  const size = 4096 * (1 + (random() % 6));
  const list = buddy.allocBlocks(size, { tag });
  const { node, generation, shape } = native.report;
  // Another thread may see half of it: any name is a wrong one there.
  const at = first + NAMES + 3 * (random() % Math.floor(NAMES / 3));
  shown[at] = node;
  shown[at + 1] = generation;
  shown[at + 2] = shape;
  lists.push({ list, tag, offset: list.at(0).offset, size: list.at(0).size });
  if (lists.length <= MOST_LISTS) return;
  const [{ list: freed }] = lists.splice(random() % MOST_LISTS, 1);
  freed.free();
  if (freedLists.length < 100) freedLists.push(freed);
  else freedLists[random() % 100] = freed;
}

/** A place in what other threads show. @param {number} begin @param {number} step @param {number} length */
function otherPlace(begin, step, length) {
  const other = (thread + 1 + (random() % (threads - 1))) % threads;
  return other * perThread + begin + step * (random() % Math.floor(length / step));
}

const makers = [
  () => pick(stale),
  () => pick(stale),
  // Of another pool of this thread.
  () => [...live[random() % POOLS].keys()][random() % MOST_ALLOCATIONS],
  // Of a pool of another thread.
  () => shown[otherPlace(0, 1, NAMES)],
  () => shown[otherPlace(0, 1, NAMES)],
  // Near one that is good.
  () => pick(stale) + (random() % 7) - 3,
  () => pick(stale) + ((random() % 7) - 3) * SCALE,
  () => pick(stale) + 2 ** 56,
  () => (random() % 2 ** 27) * SCALE + (random() % 256),
  () => random() * 2 ** (random() % 60),
  () => pick([0, -1, NaN, Infinity, -Infinity, 0.5, 2 ** 53, -SCALE, 1e308]),
];

const uses = [
  (pool, handle) => pool.offset(handle),
  (pool, handle) => pool.size(handle),
  (pool, handle) => pool.free(handle),
  (pool, handle) => pool.blocks(handle),
];

/** Throws a handle that is none of the pool's. */
function throwHandle() {
  const place = random() % POOLS;
  const handle = makers[random() % makers.length]();
  if (handle === undefined || live[place].has(handle)) return;
  counts.thrown++;
  if (pools[place].has(handle)) counts.taken++;
  if (random() % 8) return;
  try {
    uses[random() % uses.length](pools[place], handle);
    counts.taken++;
  } catch (error) {
    if (error.code !== 'EINVAL') throw error;
  }
}

/** The same, below the checks of lib/: whatever slot, index and generation. */
function throwAtNative() {
  const generation = random() % 2 ** (random() % 32);
  if (generations.has(generation % 2 ** 30)) return;
  counts.thrown++;
  const [slot, index] = [random() % 8, random() % 300];
  const act = random() % 4;
  if (act === 0) native.freeInPoolSoon(slot, index, generation | 0, random() % 2 === 0);
  else if (act === 1 && native.describeInPool(slot, index, generation) === native.OK) counts.taken++;
  else if (act === 2 && native.freeInPool(slot, index, generation, false) === native.OK) counts.taken++;
  else if (act === 3 && native.lengthOfPool(POOLS + (random() % 2 ** 20)) >= 0) counts.taken++;
}

/** Throws the name of a list of another thread, or of none, at the queue of what is to be freed. */
function throwName() {
  counts.thrown++;
  const at = otherPlace(NAMES, 3, NAMES - 3);
  const [node, generation, shape] = [shown[at], shown[at + 1], shown[at + 2]];
  const what = random() % 4;
  if (what === 0) native.freeSoon(handleSlot, node, generation, shape, false);
  // Nodes of all threads, and of pools, are numbers from 0 on.
  else if (what === 1) native.freeSoon(handleSlot, random() % 8192, generation, shape, true);
  else if (what === 2) native.freeSoon(random() % 64, node, random() % 2 ** 30, random() | 0, false);
  else if (native.free(2 ** 20 + (random() % 2 ** 20), generation, false) === native.OK) counts.taken++;
}

/** Uses a list that is freed. */
function useFreedList() {
  const list = pick(freedLists);
  if (list === undefined) return;
  counts.thrown++;
  list.free();
  if (!list.freed) counts.taken++;
  if (random() % 8) return;
  try {
    if (random() % 2) list.freeBlock(0);
    else list.trim(4096);
    counts.taken++;
  } catch (error) {
    if (error.code !== 'ERR_GPU_BUDDY_FREED') throw error;
  }
}

/** Whether a block of this thread is there still. @param {number} offset @param {number} tag */
function isThere(offset, tag) {
  return buddy.blockAt(offset)?.tag === tag;
}

/** Looks whether all that this thread owns is its own still. */
function look() {
  for (const [place, pool] of pools.entries()) {
    if (pool.length !== live[place].size) counts.lost++;
    for (const [handle, [offset, size, tag]] of live[place])
      if (
        !pool.has(handle) ||
        pool.offset(handle) !== offset ||
        pool.size(handle) !== size ||
        !isThere(offset, tag)
      )
        counts.lost++;
  }
  for (const { list, tag, offset, size } of lists)
    if (list.freed || list.at(0).offset !== offset || list.at(0).size !== size || !isThere(offset, tag))
      counts.lost++;
}

const acts = [throwHandle, throwHandle, throwHandle, throwAtNative, throwAtNative, throwName, useFreedList];

for (let round = 0; counts.thrown < count; round++) {
  if (round % 16 === 0) allocate();
  if (round % 32 === 0) allocateList();
  acts[random() % acts.length]();
  if (round % THROWS_A_LOOK === 0) look();
}
look();
for (const pool of pools) pool.dispose();
for (const { list } of lists) list.free();
lists = [];
parentPort.postMessage(counts);
