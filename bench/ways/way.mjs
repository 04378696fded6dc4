/**
 * A way to use the allocator: the same operations in the same order for all of them. Every way keeps the blocks that are
 * live, one to a list, in the order in which they came.
 *
 * @typedef {import('../states.mjs').Request} Request
 * @typedef {object} Way
 * @property {(request: Request, count: number) => void} fill allocates so many more
 * @property {(request: Request) => void} keepEverySecond frees the others
 * @property {(request: Request) => void} keepRandomHalf frees the other half
 * @property {(request: Request, count: number) => void} pairs allocates one and frees it
 * @property {(request: Request, count: number) => void} churn frees a random live one and allocates another
 * @property {(request: Request, count: number) => void} failures asks in vain
 * @property {(request: Request, count: number) => void} [errors] asks in vain, and takes the error
 * @property {(request: Request, count: number) => void} [job] does so many operations of ../peers/job.mjs
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
 */

/** @param {Way} way @param {import('../states.mjs').State} state */
export function build(way, { layout, live, blockSize, request, operation }) {
  /** @type {Request} */
  const one = { ...request, size: blockSize, minBlockSize: undefined, contiguous: false, mode: 'simple' };
  if (layout === 'packed' || layout === 'full') way.fill(one, live);
  if (layout === 'checkerboard' || layout === 'random') way.fill(one, 2 * live);
  if (layout === 'checkerboard') way.keepEverySecond(one);
  if (layout === 'random') way.keepRandomHalf(one);
  // So many that the order in memory has nothing to do with that of the addresses any more.
  if (operation === 'churn') way.churn(request, settlingSteps(live));
  if (operation === 'job') way.job(request, JOB_SETTLING);
}

/** Operations of the common job after which the number of live allocations hardly changes. */
export const JOB_SETTLING = 300_000;

/** As many as there are live blocks, or as many as one has the time for. @param {number} live */
export function settlingSteps(live) {
  return Math.min(Math.max(live, 10_000), 2_000_000);
}

/**
 * Whoever has done something else has not been measured.
 *
 * @param {string} state
 * @param {[string, Way][]} ways
 */
export function assertAgreement(state, [[, first], ...others]) {
  for (const [name, way] of others)
    if (!agree(first, way)) throw new Error(`${state}: ${name} has come to other blocks`);
}

/** Whether two ways have led to the same state. @param {Pick<Way, 'blocks'>} a @param {Pick<Way, 'blocks'>} b */
export function agree(a, b) {
  const [some, others] = [a.blocks(), b.blocks()];
  return (
    equal(toNumbers(some.offsets), toNumbers(others.offsets)) &&
    equal(some.orders, others.orders) &&
    equal(some.states, others.states)
  );
}

/** C, older builds and bigint mode give bigints. All spaces end below 2^53. @param {Blocks['offsets']} offsets */
function toNumbers(offsets) {
  return offsets instanceof BigUint64Array ? Float64Array.from(offsets, Number) : offsets;
}

/** @param {ArrayBufferView} a @param {ArrayBufferView} b */
function equal(a, b) {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );
}
