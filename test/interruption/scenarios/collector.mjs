/** Scenarios: what happens in callbacks from the event loop, where dropped objects are freed and waiting frees go down. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { collect, turn } from '../collector.mjs';
import { KIB } from '../world.mjs';
import { tracedAllocator } from './helpers.mjs';

/** @typedef {import('./helpers.mjs').World} World */
/** @typedef {import('./helpers.mjs').Scenario} Scenario */

const CHANNEL = 'gpu-buddy:reclaimed';
const WAITING_FREES = 'frees that wait for the event loop';

/** @param {import('../world.mjs').GpuBuddy} buddy */
function dropLists(buddy) {
  for (let i = 0; i < 3; i++) buddy.allocBlocks(4 * KIB * (1 + i));
}

/** @param {import('../world.mjs').GpuBuddy} buddy */
function dropResult(buddy) {
  const batch = buddy.batch();
  batch.alloc(4 * KIB);
  const asked = batch.alloc(8 * KIB);
  batch.alloc(12 * KIB);
  const result = batch.run();
  result.blocks(asked);
}

/** Drops a result in the middle of its iteration. @param {import('../world.mjs').GpuBuddy} buddy */
function dropIterator(buddy) {
  const batch = buddy.batch();
  for (let i = 0; i < 3; i++) batch.alloc(4 * KIB);
  batch.run()[Symbol.iterator]().next();
}

/** @param {import('../world.mjs').GpuBuddy} buddy */
function dropPool(buddy) {
  const pool = buddy.pool();
  for (let i = 0; i < 3; i++) pool.alloc(4 * KIB * (1 + i));
}

async function collectAndWait() {
  collect();
  await turn();
  await turn();
  await turn();
}

/** Subscribes until the scenario is over. @param {World} world @param {(message: any) => void} listener */
function listen({ my }, listener) {
  my.listener = listener;
  subscribe(CHANNEL, listener);
}

/** @param {World} world */
function stopListening({ my }) {
  unsubscribe(CHANNEL, my.listener);
}

/** @type {Omit<Scenario, 'act' | 'isAsync' | 'isCollecting' | 'again'>[]} */
const scenarios = [
  { name: 'collected lists', arrange: (w) => dropLists(w.small) },
  { name: 'a collected result', arrange: (w) => dropResult(w.small) },
  { name: 'a result that is collected with its iterator', arrange: (w) => dropIterator(w.small) },
  { name: 'a collected pool', arrange: (w) => dropPool(w.small) },
  {
    name: 'a collected pool with captured stacks and a subscriber',
    arrange: (w) => {
      listen(w, () => undefined);
      tracedAllocator(w);
      dropPool(w.my.traced);
    },
    cleanup: stopListening,
  },
  {
    name: 'collected lists with captured stacks',
    arrange: (w) => {
      tracedAllocator(w);
      dropLists(w.my.traced);
    },
  },
  {
    name: 'collected lists with a subscriber',
    arrange: (w) => {
      listen(w, () => undefined);
      dropLists(w.small);
      dropResult(w.small);
    },
    cleanup: stopListening,
  },
  {
    name: 'collected lists with a subscriber that allocates',
    arrange: (w) => {
      listen(w, () => void w.hold(w.small.tryAllocBlocks(8 * KIB), w.small));
      dropLists(w.small);
    },
    cleanup: stopListening,
  },
  {
    name: WAITING_FREES,
    arrange: (w) => {
      for (let i = 0; i < 3; i++) w.small.allocBlocks(4 * KIB).free();
    },
  },
];

/** @type {Scenario[]} */
export const collectorScenarios = scenarios.map((scenario) => ({
  ...scenario,
  // The target of a WeakRef that was read lives until the end of the turn.
  arrange: async (w) => {
    scenario.arrange?.(w);
    if (scenario.name !== WAITING_FREES) await turn();
  },
  isAsync: true,
  isCollecting: true,
  act: collectAndWait,
  again: collectAndWait,
}));
