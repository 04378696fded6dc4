/** The states of an allocator in which it is measured, and what is done in each. */

const SPACE = 2 ** 40;
const SZ_4K = 4096;
const SZ_2M = 2 ** 21;

/**
 * A request, in the words of the API.
 * @typedef {object} Request
 * @property {number} size
 * @property {'simple' | 'top-down' | { range: { start: number, end: number } }} mode
 * @property {boolean} contiguous
 * @property {boolean} clear and freed as cleared
 */

/**
 * @typedef {object} State
 * @property {string} id
 * @property {string} name
 * @property {import('./options.mjs').Part} part that measures it
 * @property {readonly WayName[]} ways in which it is measured
 * @property {typeof space} space
 * @property {'empty' | 'packed' | 'checkerboard' | 'random' | 'full'} layout
 *   packed: one block beside the other; checkerboard: every second place is free; random: half of the places are free, at
 *   random; full: nothing is free
 * @property {number} live blocks
 * @property {number} blockSize of the live blocks
 * @property {Request} request
 * @property {Operation} operation
 * @property {number} count operations in a round
 * @property {{ operation: Operation, count: number }} [settling] is done before anything is measured
 */

/**
 * pairs: allocate one, free it; churn: free a random live one, allocate another; failures: ask for what there is not;
 * job: the common job; copyBlocks: take a snapshot
 *
 * @typedef {'pairs' | 'churn' | 'failures' | 'job' | 'copyBlocks'} Operation
 * @typedef {'api' | 'pool' | 'batch' | 'replay'} WayName
 */

/** The space of an allocator that is measured, unless its state says otherwise. */
export const space = { size: SPACE, chunkSize: SZ_4K };

/** @type {Request} */
const SIMPLE = { size: SZ_4K, mode: 'simple', contiguous: false, clear: false };

/** @param {number} number */
function grouped(number) {
  return number.toLocaleString('en');
}

/** @type {readonly WayName[]} */
const ALL_WAYS = ['api', 'pool', 'batch', 'replay'];

/** @param {Partial<State> & Pick<State, 'id' | 'name' | 'layout' | 'live' | 'operation' | 'count'>} state @returns {State} */
function state(state) {
  return { part: 'states', ways: ALL_WAYS, space, blockSize: SZ_4K, request: SIMPLE, ...state };
}

/** @param {string} id @param {string} name @param {State['layout']} layout */
function pairsIn(id, name, layout) {
  /** @param {number} live @param {number} count @param {Partial<State>} [more] */
  return (live, count, more) => {
    const named = { id: `${id}-${live}`, name: `${grouped(live)} live, ${name}` };
    return state({ ...named, layout, live, operation: 'pairs', count, ...more });
  };
}

const samePlace = pairsIn('same-place', 'checkerboard, same place', 'checkerboard');
const packed = pairsIn('packed', 'packed', 'packed');

/** @param {number} live @param {number} count @param {Partial<State>} [more] */
function churn(live, count, more) {
  // Churns long enough that the order in memory no longer follows that of the addresses.
  const settling = {
    operation: /** @type {const} */ ('churn'),
    count: Math.min(Math.max(live, 10_000), 2_000_000),
  };
  return pairsIn('churn', 'random churn', 'random')(live, count, { operation: 'churn', settling, ...more });
}

/** @type {Record<string, Partial<Request>>} */
const MODES = {
  simple: {},
  'top-down': { mode: 'top-down' },
  range: { mode: { range: { start: SPACE - 2 ** 30, end: SPACE } } },
  contiguous: { contiguous: true },
  clear: { clear: true },
};

/** 1,000 blocks of a size, in a checkerboard; one more of the same size is asked for, three in one piece if contiguous. */
function modes() {
  return [SZ_4K, SZ_2M].flatMap((size) =>
    Object.entries(MODES).map(([mode, options]) => {
      const blocks = mode === 'contiguous' ? 3 : 1;
      return state({
        id: `${mode}-${size}`,
        name: `${size === SZ_4K ? '4 KiB' : '2 MiB'}, ${mode}`,
        layout: 'checkerboard',
        live: 1000,
        blockSize: size,
        operation: 'pairs',
        count: 50_000,
        request: { ...SIMPLE, ...options, size: blocks * size },
      });
    }),
  );
}

/** The number of holes that questions are asked about, each of one chunk. */
export const HOLES = 32_768;

const core = /** @type {const} */ ({ part: 'core' });

/** @type {readonly State[]} */
export const states = [
  state({ id: 'empty', name: 'empty', layout: 'empty', live: 0, operation: 'pairs', count: 50_000, ...core }),
  samePlace(1000, 400_000, core),
  samePlace(100_000, 300_000, core),
  samePlace(1_000_000, 200_000),
  packed(1000, 200_000),
  packed(100_000, 100_000),
  packed(1_000_000, 100_000),
  churn(1000, 300_000),
  churn(100_000, 200_000, core),
  churn(1_000_000, 200_000, core),
  state({
    id: 'failing',
    name: 'full, fails',
    layout: 'full',
    live: 1,
    blockSize: SPACE,
    operation: 'failures',
    count: 300_000,
    ...core,
  }),
  ...modes(),
  // The job that allocators from npm do, too: see peers/job.mjs. About 14,000 allocations are live.
  state({
    id: 'common',
    name: 'common job, 14,000 live',
    part: 'peers',
    ways: ['api', 'pool', 'batch'],
    space: { size: 2 ** 30, chunkSize: SZ_4K },
    layout: 'empty',
    live: 0,
    operation: 'job',
    count: 300_000,
    settling: { operation: 'job', count: 300_000 },
  }),
  // A million blocks, free and allocated.
  churn(720_000, 1, {
    id: 'snapshot',
    name: 'snapshot() of 1,000,000 blocks',
    part: 'snapshot',
    ways: ['api'],
    operation: 'copyBlocks',
  }),
  // Numbers given out are compared with bigints, not with C.
  samePlace(1000, 300_000, {
    id: 'numbers',
    name: '1,000 live, numbers / bigints',
    part: 'numbers',
    ways: ['api', 'batch'],
  }),
];

/** @param {string} id @returns {State} */
export function findState(id) {
  const found = states.find((state) => state.id === id);
  if (!found) throw new Error(`There is no state ${id}: ${states.map((state) => state.id).join(', ')}`);
  return found;
}
