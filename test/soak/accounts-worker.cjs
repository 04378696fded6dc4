// A thread of accounts.test.ts: takes, trims, frees and passes on bytes of shared accounts, and changes what these may hold. What it can
// know for sure it checks: nobody else's calls make its own lists larger or smaller.
const { parentPort, workerData } = require('node:worker_threads');
const { AllocatedBlocks, GpuBuddy } = require('../../dist/index.js');
const { randomNumbers } = require('../support/random.cjs');

const random = randomNumbers(workerData.seed + 1);
const below = (end) => random() % end;
const buddy = GpuBuddy.from(workerData.token);
const accounts = workerData.accounts.map((token) => buddy.openAccount(token));
/** @type {{ list: import('gpu-buddy').AllocatedBlocks, account: number }[]} */
const held = [];
let refusals = 0;

function alloc() {
  const account = below(accounts.length + 1);
  const list = buddy.tryAllocBlocks(4096 * (1 + below(16)), { account: accounts[account] });
  if (list) held.push({ list, account });
  else refusals++;
}

function take() {
  return held.splice(below(Math.max(held.length, 1)), 1)[0];
}

function free() {
  take()?.list.free();
}

function change() {
  const { list } = held[below(Math.max(held.length, 1))] ?? {};
  if (!list) return;
  if (list.length === 1 && list.size > 4096) list.trim(list.size / 2);
  else list.tryExtend(4096);
}

/** In a pool, and out of it as a list; or given away, and taken up again. */
function pass() {
  const account = below(accounts.length);
  const pool = buddy.pool();
  const handle = pool.tryAlloc(8192, { account: accounts[account] });
  if (handle !== null) held.push({ list: AllocatedBlocks.adopt(pool.blocks(handle).transfer()), account });
  pool.dispose();
}

function update() {
  const reserved = 4096 * below(64);
  try {
    accounts[below(accounts.length)].update({ limit: reserved + 4096 * below(128), reserved });
  } catch (error) {
    if (error.code !== 'ENOSPC' && error.code !== 'EINVAL') throw error;
  }
}

/** Checks that an account is charged at least what this thread holds for it. */
function check() {
  const account = below(accounts.length);
  const mine = held.reduce((sum, { list, account: of }) => sum + (of === account ? list.size : 0), 0);
  const { used } = accounts[account];
  if (used < mine || used > buddy.size) throw new Error(`used is ${used}, and ${mine} is ours alone`);
}

const acts = [alloc, alloc, alloc, free, free, change, pass, update, check];
for (let step = 0; step < workerData.steps; step++) {
  acts[below(acts.length)]();
  while (held.length > 24) free();
}
parentPort.once('message', () => {
  for (const { list } of held) list.free();
});
parentPort.postMessage(refusals);
