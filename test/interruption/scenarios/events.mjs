/** Scenarios: calls of which subscribers of the diagnostics channels are told. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { KIB } from '../world.mjs';
import { FREED, NO_SPACE, ownList } from './helpers.mjs';

/** @typedef {import('./helpers.mjs').World} World */
/** @typedef {import('./helpers.mjs').Scenario} Scenario */

const CHANNELS = ['gpu-buddy:alloc', 'gpu-buddy:free', 'gpu-buddy:failed'];

/** Reads the message, and the allocator. @param {any} message */
function listener({ buddy, count, size }) {
  void [buddy.avail, count, size];
}

function listen() {
  for (const channel of CHANNELS) subscribe(channel, listener);
}

function stopListening() {
  for (const channel of CHANNELS) unsubscribe(channel, listener);
}

/** @type {Scenario[]} */
const calls = [
  {
    name: 'allocBlocks() and tryAllocBlocks()',
    act: (w) => {
      w.hold(w.small.allocBlocks(20 * KIB), w.small);
      w.hold(w.small.tryAllocBlocks(4 * KIB), w.small);
    },
  },
  {
    name: 'allocBlocks() that fails',
    throws: NO_SPACE,
    act: ({ small }) => small.allocBlocks(small.size),
  },
  {
    name: 'free()',
    arrange: ownList,
    act: ({ my: { list } }) => list.free(),
  },
  {
    name: 'trim() and freeBlock()',
    arrange: ownList,
    refused: [FREED, 'EINVAL'],
    act: ({ my: { list } }) => {
      list.freeBlock(1);
      list.trim(4 * KIB);
    },
  },
  {
    name: 'a pool',
    act: (w) => {
      const pool = w.holdPool(w.small.pool(), w.small);
      pool.free(pool.alloc(4 * KIB));
      pool.alloc(8 * KIB);
      pool.clear();
    },
  },
  {
    name: 'a batch',
    act: (w) => {
      const batch = w.small.batch();
      batch.free(w.small.allocBlocks(4 * KIB));
      batch.free(batch.alloc(8 * KIB));
      batch.alloc(4 * KIB);
      w.holdResult(batch.run()).free();
    },
  },
  {
    name: 'allocMany()',
    act: (w) => {
      for (const list of w.small.allocMany(3, 4 * KIB)) w.hold(list, w.small);
    },
  },
];

/** @type {Scenario[]} */
export const eventScenarios = calls.map(({ name, arrange, ...scenario }) => ({
  ...scenario,
  name: `with subscribers: ${name}`,
  arrange: (world) => {
    listen();
    return arrange?.(world);
  },
  cleanup: stopListening,
}));
