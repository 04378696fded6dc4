/** The states of an allocator in which it is measured, and what is done in each. */

const SPACE = 2 ** 40;
const SZ_4K = 4096;
const SZ_2M = 2 ** 21;

/**
 * What is asked for, in the words of the API.
 * @typedef {object} Request
 * @property {number} size
 * @property {'simple' | 'top-down' | { range: { start: number, end: number } }} mode
 * @property {boolean} contiguous
 * @property {boolean} clear and freed as cleared
 * @property {number} [minBlockSize] a chunk unless given
 */

/**
 * @typedef {object} State
 * @property {string} id
 * @property {string} name
 * @property {typeof space} space
 * @property {'empty' | 'packed' | 'checkerboard' | 'random' | 'full'} layout
 *   packed: one block beside the other; checkerboard: every second place is free; random: half of the places are free, at
 *   random; full: nothing is free
 * @property {number} live blocks
 * @property {number} blockSize of the live blocks
 * @property {Request} request
 * @property {'pairs' | 'churn' | 'failures' | 'errors' | 'job'} operation
 *   pairs: allocate one, free it; churn: free a random live one, allocate another; failures: ask for what there is not;
 *   errors: the same, and take the error; job: the common job
 * @property {number} count operations in a round
 * @property {boolean} isCore whether the figures that are checked come from it
 */

/** The space of an allocator that is measured, unless its state says otherwise. */
export const space = { size: SPACE, chunkSize: SZ_4K };

/** @type {Request} */
const SIMPLE = { size: SZ_4K, mode: 'simple', contiguous: false, clear: false };

/** @param {number} number */
function grouped(number) {
  return number.toLocaleString('en');
}

/** @param {Partial<State> & Pick<State, 'id' | 'name' | 'layout' | 'live' | 'operation' | 'count'>} state @returns {State} */
function state(state) {
  return { space, blockSize: SZ_4K, request: SIMPLE, isCore: false, ...state };
}

/** @param {number} live @param {number} count @param {boolean} [isCore] */
function samePlace(live, count, isCore) {
  const name = `${grouped(live)} live, checkerboard, same place`;
  return state({
    id: `same-place-${live}`,
    name,
    layout: 'checkerboard',
    live,
    operation: 'pairs',
    count,
    isCore,
  });
}

/** @param {number} live @param {number} count */
function packed(live, count) {
  return state({
    id: `packed-${live}`,
    name: `${grouped(live)} live, packed`,
    layout: 'packed',
    live,
    operation: 'pairs',
    count,
  });
}

/** @param {number} live @param {number} count @param {boolean} [isCore] */
export function churn(live, count, isCore) {
  const name = `${grouped(live)} live, random churn`;
  return state({ id: `churn-${live}`, name, layout: 'random', live, operation: 'churn', count, isCore });
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

/** @type {readonly State[]} */
export const states = [
  state({
    id: 'empty',
    name: 'empty',
    layout: 'empty',
    live: 0,
    operation: 'pairs',
    count: 50_000,
    isCore: true,
  }),
  samePlace(1000, 400_000, true),
  samePlace(100_000, 300_000, true),
  samePlace(1_000_000, 200_000),
  packed(1000, 200_000),
  packed(100_000, 100_000),
  packed(1_000_000, 100_000),
  churn(1000, 300_000),
  churn(100_000, 200_000, true),
  churn(1_000_000, 200_000, true),
  state({
    id: 'failing',
    name: 'full, fails',
    layout: 'full',
    live: 1,
    blockSize: SPACE,
    operation: 'failures',
    count: 300_000,
    isCore: true,
  }),
  ...modes(),
];

/** The number of holes that questions are asked about, each of one chunk. */
export const HOLES = 32_768;

/** Errors are the API's alone: two checkouts are compared in these states, and no ways. @type {readonly State[]} */
export const errorStates = [
  state({
    id: 'error-full',
    name: 'full, throws ENOSPC',
    layout: 'full',
    live: 1,
    blockSize: SPACE,
    operation: 'errors',
    count: 100_000,
  }),
  state({
    id: 'error-fragmented',
    name: `${grouped(HOLES)} holes, throws ENOSPC`,
    layout: 'checkerboard',
    live: HOLES,
    space: { size: 2 * HOLES * SZ_4K, chunkSize: SZ_4K },
    request: { ...SIMPLE, size: 2 * SZ_4K, minBlockSize: 2 * SZ_4K },
    operation: 'errors',
    count: 100_000,
  }),
];

/** The job that allocators from npm do, too: see peers/job.mjs. About 14,000 allocations are live. */
export const jobState = state({
  id: 'common',
  name: 'common job',
  space: { size: 2 ** 30, chunkSize: SZ_4K },
  layout: 'empty',
  live: 0,
  operation: 'job',
  count: 300_000,
});

/** Blocks that lie one beside the other, until churn has come: for any number of them. @param {number} live */
export function scaleState(live) {
  return { ...churn(live, 200_000), id: `scale-${live}`, layout: /** @type {const} */ ('packed') };
}

/** One of these, or `scale-` and a number of live blocks. @param {string} id */
export function findState(id) {
  const found = [...states, ...errorStates, jobState].find((state) => state.id === id);
  if (found) return found;
  const live = Number(id.match(/^scale-(\d+)$/)?.[1]);
  if (!live) throw new Error(`There is no state ${id}: ${states.map((state) => state.id).join(', ')}`);
  return scaleState(live);
}

/** A million blocks, free and allocated. */
export const snapshotState = churn(720_000, 0);
