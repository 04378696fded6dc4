/** Scenarios: journals, which no interruption may take an entry from. */
import { strict as assert } from 'node:assert';
import { KIB } from '../world.mjs';
import { INVALID } from './helpers.mjs';

const DISPOSED = 'ERR_GPU_BUDDY_DISPOSED';

/** @typedef {import('./helpers.mjs').World} World */
/** @typedef {import('./helpers.mjs').Scenario} Scenario */

const BUSY = 'EBUSY';

/** Makes `my.buddy`, an allocator that nobody knows. @param {World} world @param {object} [options] */
function plainAllocator(world, options) {
  world.my.buddy = world.holdBuddy(new world.library.GpuBuddy({ size: 64 * KIB, ...options }));
  world.my.reads = [];
}

/** The same with a journal of an allocation and a free. @param {World} world */
function journaledAllocator(world) {
  plainAllocator(world, { journal: { capacity: 4 * KIB } });
  world.my.buddy.allocBlocks(4 * KIB).free();
  world.my.buddy.stats();
}

/** Has `my.reader` give its next entry, unless the loop that made it was interrupted. @param {World} world */
function read({ my }) {
  if (!my.reader) return;
  const next = my.reader.next();
  my.reads.push(next);
  next.catch(() => undefined);
}

/** Makes `my.reader`, which has read all that there is, and the next time waits. @param {World} world */
async function waitingReader(world) {
  journaledAllocator(world);
  const { my } = world;
  my.signal = {
    aborted: false,
    reason: 'on purpose',
    throwIfAborted: () => undefined,
    addEventListener: (/** @type {string} */ _, /** @type {() => void} */ abort) => {
      my.abort = abort;
    },
    removeEventListener: () => undefined,
  };
  my.reader = my.buddy.journal({ signal: my.signal, ref: false });
  // Some parts of this harness do not wait for it, and end the allocator.
  for (let entries = 0; entries < 3; entries++) await my.reader.next().catch(() => undefined);
}

/** Ends the journal: whoever reads next finds all that no reader has asked to go on behind. @param {World} world */
async function readOn({ my }) {
  if (!my.buddy || my.buddy.disposed) return;
  try {
    my.buddy.stopJournal();
  } catch (error) {
    if (/** @type {any} */ (error).code !== INVALID) throw error;
  }
  await Promise.allSettled(my.reads);
  await my.reader?.return();
  my.sequences = [];
  try {
    for await (const entry of my.buddy.journal())
      if (entry.kind !== 'start') my.sequences.push(entry.sequence);
  } catch (error) {
    const { code } = /** @type {any} */ (error);
    if (code !== INVALID && code !== DISPOSED) throw error;
  }
}

/** The entries are all there, since the reader was given the start at most. @param {World} world */
async function allIsThere(world) {
  const { my } = world;
  await readOn(world);
  // Some parts of this harness do not wait for it, and end the allocator.
  if (my.buddy && !my.buddy.disposed) assert.deepEqual(my.sequences, [1, 2], 'no entry is lost');
}

/** @type {Scenario[]} */
export const journalScenarios = [
  {
    name: 'GpuBuddy.startJournal',
    arrange: plainAllocator,
    act: ({ my }) => void my.buddy.startJournal({ capacity: 4 * KIB }),
    refused: [BUSY],
    cleanup: readOn,
  },
  {
    name: 'GpuBuddy.stopJournal',
    arrange: journaledAllocator,
    act: ({ my }) => void my.buddy.stopJournal(),
    refused: [INVALID],
    cleanup: allIsThere,
  },
  {
    name: 'GpuBuddy.journal',
    arrange: journaledAllocator,
    act: (w) => {
      w.my.reader = w.my.buddy.journal({ ref: false });
      read(w);
    },
    cleanup: allIsThere,
  },
  {
    name: 'GpuBuddy.journal aborted',
    isAsync: true,
    arrange: async (w) => {
      await waitingReader(w);
      read(w);
    },
    act: ({ my }) => void my.abort?.(),
    cleanup: readOn,
  },
  {
    name: 'GpuBuddy.dispose with a reader',
    isAsync: true,
    makesAllocators: true,
    arrange: async (w) => {
      await waitingReader(w);
      read(w);
    },
    act: ({ my }) => void my.buddy.dispose(),
    verify: ({ my }) => void assert.ok(my.buddy.disposed),
    cleanup: readOn,
  },
];
