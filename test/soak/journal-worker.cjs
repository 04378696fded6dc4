// A thread of journal.test.ts: does everything that a journal writes down, at a pace that its reader keeps up with, and ends with lists in
// every state. Some lists and pools are dropped, for the collector.
const { parentPort, workerData } = require('node:worker_threads');
const { AllocatedBlocks, GpuBuddy } = require('../../dist/index.js');
const { randomNumbers } = require('../support/random.cjs');

const CHUNK = 4096;
const random = randomNumbers(workerData.seed + 1);
const below = (end) => random() % end;
const buddy = GpuBuddy.from(workerData.token);
const account = buddy.openAccount(workerData.account);
const pool = buddy.pool();
/** @type {import('gpu-buddy').AllocatedBlocks[]} */
const lists = [];
/** @type {import('gpu-buddy').PoolHandle[]} */
const handles = [];

function options() {
  return {
    minBlockSize: CHUNK << below(3),
    mode: ['simple', 'top-down', { range: { start: 0, end: CHUNK << (4 + below(6)) } }][below(3)],
    contiguous: below(4) === 0,
    clear: below(3) === 0,
    trimDisable: below(5) === 0,
    tag: below(100),
    account: below(3) === 0 ? account : undefined,
  };
}

function any() {
  return lists[below(Math.max(lists.length, 1))];
}

function take() {
  return lists.splice(below(Math.max(lists.length, 1)), 1)[0];
}

function run() {
  const batch = buddy.batch();
  const made = Array.from({ length: 1 + below(5) }, () => batch.alloc(CHUNK << below(6), options()));
  if (below(2) === 0) batch.free(made[0], { cleared: below(2) === 0 });
  const result = batch.run({ atomic: below(2) === 0 });
  if (below(2) === 0) result.free();
}

const acts = [
  () => lists.push(buddy.allocBlocks(CHUNK * (1 + below(40)), options())),
  () => lists.push(buddy.allocBlocks(CHUNK << below(5))),
  () => lists.push(...buddy.allocMany(1 + below(8), CHUNK << below(6))),
  () => take()?.free({ cleared: below(2) === 0 }),
  () => take()?.free(),
  // Dropped, for the collector.
  () => take(),
  () => any()?.trim(CHUNK * (1 + below(4))),
  () => any()?.freeBlock(0, { cleared: below(2) === 0 }),
  () => any()?.tryExtend(CHUNK * (1 + below(4))),
  () => any()?.append(take()),
  () =>
    lists.push(buddy.claim([{ offset: CHUNK * 8 * below(100), order: below(3) }], { clear: below(2) === 0 })),
  () => handles.push(pool.alloc(CHUNK << below(4))),
  () => pool.free(handles.splice(below(Math.max(handles.length, 1)), 1)[0]),
  () => lists.push(AllocatedBlocks.adopt(pool.blocks(handles.pop()).transfer())),
  () => buddy.pool().alloc(CHUNK),
  run,
  () => account.update({ limit: CHUNK * (64 + below(512)), reserved: CHUNK * below(64) }),
  () => below(50) === 0 && buddy.resetClear(below(2) === 0),
  () => below(50) === 0 && buddy.freeAll(),
];

/** Errors that arguments at random bring. */
const EXPECTED = new Set(['EINVAL', 'ENOSPC', 'ERR_GPU_BUDDY_FREED', 'ERR_INVALID_ARG_TYPE']);

function step() {
  try {
    acts[below(acts.length)]();
  } catch (error) {
    if (!EXPECTED.has(error.code)) throw error;
  }
  while (lists.length > 40) take().free();
}

const clock = new Int32Array(new SharedArrayBuffer(4));
let left = workerData.steps;

function turn() {
  for (let i = 0; i < 100; i++) step();
  left -= 100;
  if (left <= 0) return parentPort.postMessage('done');
  // The reader has one thread, and these are four.
  Atomics.wait(clock, 0, 0, 10);
  if (below(20) === 0) globalThis.gc?.();
  setImmediate(turn);
}

turn();
