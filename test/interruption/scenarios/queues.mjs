/** Scenarios: every public method of AllocQueue. The drain is called by the event loop, where nothing can stop it. */
import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { turn } from '../collector.mjs';
import { KIB } from '../world.mjs';

/** @typedef {import('./helpers.mjs').World} World */
/** @typedef {import('./helpers.mjs').Scenario} Scenario */

const SIZE = 16 * KIB;
/** Turns of the event loop in which every wait must end. */
const MOST_TURNS = 20;

/** Makes `my.queue`, and `my.account`, which holds as much as it may. @param {World} world */
function openQueue(world) {
  const { my, small, library } = world;
  my.asks = [];
  my.ended = 0;
  my.queue = new library.AllocQueue(small);
  my.account = small.account({ limit: SIZE });
  my.held = world.hold(small.allocBlocks(SIZE, { account: my.account }), small);
  // As an AbortSignal, whose own would throw by the event loop what interrupts a listener.
  my.listeners = new Set();
  my.signal = {
    aborted: false,
    reason: 'on purpose',
    throwIfAborted: () => undefined,
    addEventListener: (/** @type {string} */ _, /** @type {() => void} */ abort) => my.listeners.add(abort),
    removeEventListener: (/** @type {string} */ _, /** @type {() => void} */ abort) =>
      my.listeners.delete(abort),
  };
}

/** Asks, and notes the end of the wait; what is granted goes back at once. @param {World} world @param {any} [options] @param {number} [size] */
function ask({ my }, options, size = SIZE) {
  const wait = my.queue.alloc(size, options);
  my.asks.push(wait);
  wait.then(
    (/** @type {any} */ list) => {
      my.ended++;
      list.free();
    },
    () => my.ended++,
  );
}

/** Asks for what the account may not have now. @param {World} world */
function askInVain(world) {
  ask(world, { account: world.my.account, signal: world.my.signal, priority: 1, mode: 'top-down' });
}

/** Frees what all wait for: every wait must end, whatever was interrupted. @param {World} world */
async function endWaits({ my }) {
  my.account.update({ limit: null });
  my.held.free();
  for (let turns = 0; turns < MOST_TURNS && my.ended < my.asks.length; turns++) await turn();
  assert.equal(my.ended, my.asks.length, 'every wait ends');
  const { waiting } = my.queue.stats();
  assert.equal(waiting, 0, 'nobody waits');
  assert.equal(my.listeners.size, 0, 'nobody listens');
}

/** @param {World} world */
function close({ my }) {
  my.queue?.close();
  my.account?.dispose();
}

/** @param {World} world */
function openWithWaits(world) {
  openQueue(world);
  for (let i = 0; i < 3; i++) askInVain(world);
}

/** @param {(world: World) => unknown} act @returns {Pick<Scenario, 'act' | 'again'>} */
function thenEnds(act) {
  return {
    act,
    again: async (w) => {
      act(w);
      await endWaits(w);
    },
  };
}

/** @type {Scenario[]} */
export const queueScenarios = [
  {
    name: 'AllocQueue.constructor',
    act: ({ my, small, library }) => {
      my.queue = new library.AllocQueue(small, { maxPassed: 1, maxBarrier: 10 });
    },
    cleanup: close,
  },
  {
    name: 'AllocQueue.alloc at once',
    arrange: openQueue,
    ...thenEnds((w) => ask(w)),
    cleanup: close,
  },
  {
    name: 'AllocQueue.alloc that waits',
    makesAllocators: true,
    arrange: openQueue,
    ...thenEnds(askInVain),
    cleanup: close,
  },
  {
    name: 'AllocQueue.alloc behind others',
    arrange: openWithWaits,
    ...thenEnds(askInVain),
    cleanup: close,
  },
  {
    name: 'AllocQueue.alloc with a timeout',
    arrange: openQueue,
    ...thenEnds((w) =>
      ask(w, { account: w.my.account, timeout: 20, mode: { range: { start: 0, end: 512 * KIB } } }),
    ),
    cleanup: close,
  },
  {
    name: 'AllocQueue.alloc of what never fits',
    arrange: openQueue,
    ...thenEnds((w) => ask(w, { account: w.my.account }, 2 * SIZE)),
    cleanup: close,
  },
  {
    name: 'AllocQueue with a signal that is aborted',
    arrange: openWithWaits,
    ...thenEnds(({ my }) => {
      my.signal.aborted = true;
      for (const abort of my.listeners) abort();
    }),
    cleanup: close,
  },
  {
    name: 'AllocQueue getters',
    arrange: openWithWaits,
    ...thenEnds(({ my: { queue } }) => {
      assert.equal(queue.closed, false);
      assert.equal(queue.stats().lines.length, 1);
      assert.equal(queue.toJSON().waiting, 3);
      assert.match(inspect(queue), /waiting: 3/);
    }),
    cleanup: close,
  },
  ...['close', Symbol.dispose].map((key) => ({
    name: `AllocQueue.${String(key)}`,
    makesAllocators: true,
    arrange: openWithWaits,
    ...thenEnds(({ my }) => my.queue[key]()),
    verify: (/** @type {World} */ { my }) => assert.equal(my.queue.closed, true),
    cleanup: close,
  })),
];
