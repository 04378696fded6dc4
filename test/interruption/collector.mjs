/** Waits for the collector, and tells what it did not bring back. */

/** @typedef {import('./world.mjs').World} World */

const MOST_ROUNDS = 12;
/** Rounds that bring nothing, after which no more is expected. */
const MOST_VAIN_ROUNDS = 4;

/** A turn of the event loop. @returns {Promise<void>} */
export function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

export function collect() {
  if (!globalThis.gc) throw new Error('Start it with node --expose-gc.');
  globalThis.gc();
}

/**
 * Collects until all of the allocators is free. Gives what is wrong if that does not come.
 *
 * @param {World} world with nothing but its allocators
 * @returns {Promise<string | undefined>}
 */
export async function settle(world) {
  let lost = losses(world);
  for (let round = 0, vain = 0; lost && round < MOST_ROUNDS && vain < MOST_VAIN_ROUNDS; round++) {
    const before = lost;
    // The target of a WeakRef that was read lives until the end of the turn.
    await turn();
    collect();
    await turn();
    await turn();
    lost = losses(world);
    vain = lost === before ? vain + 1 : 0;
  }
  world.mortals = [];
  return lost || wholeness(world);
}

/** Tells whether lists that wait for the collector take so much of the space that scenarios may lack memory. @param {World} world */
export function isCrowded({ allocators }) {
  return allocators.some(({ size, avail }) => BigInt(avail) < (BigInt(size) * 3n) / 4n);
}

/** @param {World} world */
function losses({ allocators, mortals, library }) {
  const missing = allocators.map(({ size, avail }) => BigInt(size) - BigInt(avail));
  const alive = mortals.filter((token) => isAlive(library, token)).length;
  return [
    missing.some((bytes) => bytes !== 0n) && `leaked ${missing.join(', ')} bytes`,
    alive > 0 && `leaked ${alive} allocators`,
  ]
    .filter(Boolean)
    .join('; ');
}

/** @param {World['library']} library @param {import('gpu-buddy').GpuBuddyToken} token */
function isAlive({ GpuBuddy }, token) {
  try {
    GpuBuddy.from(token, { bigint: true }).dispose();
    return true;
  } catch (error) {
    return /** @type {any} */ (error).code !== 'ERR_GPU_BUDDY_TOKEN';
  }
}

/** Says where free space lies in pieces although nothing is allocated. @param {World} world */
function wholeness({ allocators }) {
  const pieces = allocators.map((buddy) => {
    // Merges clear and dirty neighbours.
    buddy.resetClear(false);
    return buddy.snapshot().offsets.length;
  });
  return pieces.every((count) => count === 1) ? undefined : `free space in ${pieces.join(', ')} pieces`;
}
