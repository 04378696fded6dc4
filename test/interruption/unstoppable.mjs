/**
 * Names the places of lib/ where nothing can stop JavaScript. V8 looks for a full stack, the timeout of a `vm` and Ctrl-C where
 * a function is entered and where a loop begins anew: so not between the last call of a function and its end.
 */

/**
 * Functions that the event loop calls, and those that only they call: their stack is empty, and neither the timeout of a `vm` nor
 * Ctrl-C in a REPL reaches them. The end of their thread does, and frees all that it owns.
 */
const CALLED_BY_EVENT_LOOP = [
  'forget',
  'forgetAllocator',
  'abandonSlot',
  'abandonGroup',
  'abandonPool',
  'noteAbandoned',
  'Numbers.push',
  'scheduleSlice',
  'reclaimSlice',
  'publish',
  'flush',
];

/** The call by which a function gives something away for good: what follows it calls nothing. */
const LAST_CALLS = new Map([
  ['park', 'park'],
  ['AllocatedBlocks.#leave', 'park'],
  ['AllocatedBlocks.transfer', 'leave'],
  ['AllocatedBlocks.park', 'leave'],
]);

/** @type {import('./instrument.mjs').Limits} */
export const unstoppable = { functions: new Set(CALLED_BY_EVENT_LOOP), lastCalls: LAST_CALLS };
