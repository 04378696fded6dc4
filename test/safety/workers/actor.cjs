// A thread that does what the test tells it, one message an act, and answers each. See Actor in ../actor.ts.
const path = require('node:path');
const { parentPort, workerData } = require('node:worker_threads');
const { GpuBuddy, AllocatedBlocks } = require(workerData.package);

/** @type {import('gpu-buddy').GpuBuddy[]} */
const buddies = [];
/** @type {import('gpu-buddy').AllocatedBlocks[]} */
const lists = [];

/** @type {import('gpu-buddy').Account[]} */
const accounts = [];

/** @type {import('gpu-buddy').Pool[]} */
const pools = [];

const ranges = (list) => Array.from(list, ({ offset, size }) => [offset, size]);

const actions = {
  create: (options) => buddies.push(new GpuBuddy(options)) - 1,
  from: (token, options) => buddies.push(GpuBuddy.from(token, options)) - 1,
  share: (buddy = 0) => buddies[buddy].share(),
  avail: (buddy = 0) => buddies[buddy].avail,
  describe: (buddy = 0) => {
    const { size, chunkSize, baseOffset, maxOrder } = buddies[buddy];
    return { size, chunkSize, baseOffset, maxOrder };
  },
  dispose: (buddy = 0) => buddies[buddy].dispose(),
  alloc: (size, options, buddy = 0) => lists.push(buddies[buddy].allocBlocks(size, options)) - 1,
  free: (list) => lists[list].free(),
  ranges: (list) => ranges(lists[list]),
  tag: (list) => lists[list].tag,
  transfer: (list) => lists[list].transfer(),
  park: (list) => lists[list].park(),
  parked: (buddy = 0) => buddies[buddy].parked(),
  adopt: (token, options) => lists.push(AllocatedBlocks.adopt(token, options)) - 1,
  sameBuddy: (one, other) => lists[one].buddy === lists[other].buddy,
  isBuddyOf: (buddy, list) => lists[list].buddy === buddies[buddy],
  openAccount: (token, buddy = 0) => accounts.push(buddies[buddy].openAccount(token)) - 1,
  used: (account) => accounts[account].used,
  updateAccount: (account, quota) => accounts[account].update(quota),
  allocFor: (account, size, buddy = 0) =>
    lists.push(buddies[buddy].allocBlocks(size, { account: accounts[account] })) - 1,
  pool: (buddy = 0) => pools.push(buddies[buddy].pool()) - 1,
  allocInPool: (pool, size, options) => pools[pool].alloc(size, options),
  freeInPool: (pool, handle) => pools[pool].free(handle),
  hasInPool: (pool, handle) => pools[pool].has(handle),
  rangesOfPool: (pool) =>
    Array.from(pools[pool], (handle) => [pools[pool].offset(handle), pools[pool].size(handle)]),
  giveFromPool: (pool, handle) => pools[pool].blocks(handle).transfer(),
  freeAll: (buddy = 0) => buddies[buddy].freeAll(),
  isFreed: (list) => lists[list].freed,
  forget: () => {
    lists.length = 0;
    pools.length = 0;
    accounts.length = 0;
    buddies.length = 0;
  },

  /** Works in builds with faults only. */
  inject: (fault, buddy = 0) => {
    const folder = path.dirname(workerData.package);
    const { allocatorOf } = require(path.join(folder, 'gpu-buddy.js'));
    return require(path.join(folder, 'native.js')).inject(allocatorOf(buddies[buddy]).handle, fault);
  },

  /** Runs until it is terminated. */
  waitAgainAndAgain: async (buddy = 0) => {
    for (;;) {
      await Promise.race([buddies[buddy].waitForFree(), buddies[buddy].waitForFree({ ref: false })]);
      buddies[buddy].allocBlocks(4096).free();
    }
  },

  throwLater: () => {
    setImmediate(() => {
      throw new Error('on purpose');
    });
  },
  exit: () => process.exit(0),
  close: () => parentPort.close(),

  /** Never comes back: allocates, trims, frees and transfers until the thread is terminated. Counts its rounds. */
  workForEver: (rounds) => {
    const counter = new Int32Array(rounds);
    for (let i = 0; ; i++) {
      const list = buddies[0].tryAllocBlocks(4096 * (1 + (i % 9)), { tag: i });
      if (list) {
        if (list.length === 1 && list.size > 4096) list.trim(4096);
        if (i % 5 === 0) list.transfer();
        else if (i % 5 === 1) lists.push(list);
        else list.free();
      }
      if (lists.length > 50) for (const kept of lists.splice(0)) kept.free();
      Atomics.add(counter, 0, 1);
      Atomics.notify(counter, 0);
    }
  },

  /** Never comes back: allocates in pools, frees, clears, ends and drops them until the thread is terminated. Counts its rounds. */
  workInPoolsForEver: (rounds) => {
    const counter = new Int32Array(rounds);
    let handles = [];
    let pool = buddies[0].pool();
    for (let i = 0; ; i++) {
      const handle = pool.tryAlloc(4096 * (1 + (i % 9)), { tag: i });
      if (handle !== null) handles.push(handle);
      if (handle === null || handles.length > 200) pool.free(handles.splice((i * 7) % handles.length, 1)[0]);
      if (i % 100 === 99) lists.push(pool.blocks(handles.pop()));
      if (lists.length > 20) for (const kept of lists.splice(0)) kept.free();
      if (i % 1000 === 999) {
        if (i % 3 === 0) pool.clear();
        else if (i % 3 === 1) pool.dispose();
        else buddies[0].freeAll();
        if (pool.disposed) pool = buddies[0].pool();
        handles = [];
      }
      Atomics.add(counter, 0, 1);
      Atomics.notify(counter, 0);
    }
  },

  /** One allocation that takes as long as the work limit lets it. */
  workLong: (size, rounds) => {
    const counter = new Int32Array(rounds);
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
    lists.push(buddies[0].allocBlocks(size, { mode: { range: { start: 0, end: buddies[0].size } } }));
  },
};

parentPort.on('message', ({ id, action, values }) => {
  try {
    parentPort.postMessage({ id, value: actions[action](...values) });
  } catch (error) {
    parentPort.postMessage({ id, error: { name: error.name, code: error.code, message: error.message } });
  }
});
