/**
 * A way to use the allocator: the same operations in the same order for all of them. Every way keeps the blocks that are
 * live, one to a list, in the order in which they came.
 *
 * @typedef {import('../states.mjs').Request} Request
 *
 * @typedef {import('../states.mjs').Operation | 'fill' | 'keepEverySecond' | 'keepRandomHalf'} Operation
 *   beside those of a state, allocate so many more blocks, and free every second one or half of them at random
 *
 * @typedef {object} Way
 * @property {(operation: Operation, request: Request, count?: number) => void} run
 * @property {() => void} end does what may have been put off
 * @property {() => Blocks} blocks all there are, free and allocated, in the order of their addresses
 * @property {() => void} dispose
 *
 * @typedef {object} Params of the space
 * @property {number} size
 * @property {number} chunkSize
 * @property {boolean} [bigint] only for the API and batches
 *
 * @typedef {{ offsets: Float64Array | BigUint64Array, orders: Uint8Array, states: Uint8Array }} Blocks
 *
 * @typedef {object} Contender
 * @property {import('../states.mjs').WayName | 'c'} way
 * @property {string} [folder] of another checkout
 * @property {boolean} [bigint]
 */
import { isDeepStrictEqual } from 'node:util';
import { loadLibrary } from '../library.mjs';

/** Opens a way in an empty space. @param {Contender} contender @param {Params} space @param {string} label of its own @returns {Promise<Way>} */
export async function openWay({ way, folder, ...params }, space, label) {
  if (way === 'c') {
    const { C } = await import('./c.mjs');
    return new C(space);
  }
  // A module of its own for each, or the engine would optimize the loops for all of them together.
  const { JavaScript } = await import(`./javascript.mjs?${label}`);
  return JavaScript.open(
    way,
    { ...space, ...params },
    folder === undefined ? undefined : loadLibrary(folder),
  );
}

/** @param {Way} way @param {import('../states.mjs').State} state */
export function build(way, { layout, live, blockSize, request, settling }) {
  /** @type {Request} */
  const one = { ...request, size: blockSize, contiguous: false, mode: 'simple' };
  if (layout === 'packed' || layout === 'full') way.run('fill', one, live);
  if (layout === 'checkerboard' || layout === 'random') way.run('fill', one, 2 * live);
  if (layout === 'checkerboard') way.run('keepEverySecond', one);
  if (layout === 'random') way.run('keepRandomHalf', one);
  if (settling) way.run(settling.operation, request, settling.count);
}

/**
 * Compares the blocks of all, since whoever has done something else has not been measured.
 *
 * @param {string} state
 * @param {Record<string, Way>} ways
 */
export function assertAgreement(state, ways) {
  const [[, first], ...others] = Object.entries(ways);
  for (const [name, way] of others)
    if (!agree(first, way)) throw new Error(`${state}: ${name} has come to other blocks`);
}

/** Tells whether two ways have led to the same blocks. @param {Pick<Way, 'blocks'>} a @param {Pick<Way, 'blocks'>} b */
export function agree(a, b) {
  return isDeepStrictEqual(columnsOf(a), columnsOf(b));
}

/** Gives numbers, where C and bigint mode give bigints. All spaces end below 2^53. @param {Pick<Way, 'blocks'>} way */
function columnsOf(way) {
  const { offsets, orders, states } = way.blocks();
  return [offsets instanceof BigUint64Array ? Float64Array.from(offsets, Number) : offsets, orders, states];
}
