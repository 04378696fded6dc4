// The kinds of traces, by weights: which spaces, which requests, which other operations.

/** @typedef {import('./requests.mjs').requestKinds} RequestKinds */
/**
 * @typedef {object} Profile
 * @property {string} about
 * @property {Partial<Record<SpaceKind, number>>} spaces
 * @property {Partial<Record<keyof RequestKinds, number>>} requests
 * @property {Partial<Record<Action, number>>} actions
 * @property {[number, number]} fill how full the space is kept: a goal between these is aimed at, and changed now and then
 * @property {{ clear: number, trimDisable: number, topDown: number }} flags how likely each flag is added
 * @property {number} cleared how likely a free says that the memory was cleared
 * @property {[number, number]} rounds the shortest and longest life of an allocator, in operations
 */
/** @typedef {'power' | 'uneven' | 'roots' | 'tiny' | 'huge'} SpaceKind */
/** @typedef {'turnover' | 'trim' | 'lookup' | 'print' | 'resetClear' | 'freeBlock'} Action `turnover` allocates or frees */

/** @type {Omit<Profile, 'about'>} */
const usual = {
  spaces: { power: 2, uneven: 2, tiny: 0.2 },
  requests: { simple: 10, invalid: 0.3 },
  actions: { turnover: 90, trim: 3, lookup: 4, print: 0.3, resetClear: 0.1, freeBlock: 0.5 },
  fill: [0.05, 0.95],
  flags: { clear: 0.05, trimDisable: 0.05, topDown: 0.02 },
  cleared: 0.1,
  rounds: [300, 3000],
};

/** @param {string} about @param {Partial<Profile>} changes @returns {Profile} */
function profile(about, changes) {
  return { ...usual, ...changes, about };
}

const clearing = { clear: 0.5, trimDisable: 0.05, topDown: 0.1 };

/** @type {Record<string, Profile>} */
export const profiles = {
  simple: profile('sizes of every kind, anywhere', {}),
  'top-down': profile('from the highest address down', { requests: { topDown: 10, simple: 2 } }),
  range: profile('within a range', { requests: { range: 10, simple: 2, contiguousRange: 1, invalid: 0.3 } }),
  'exact-range': profile('just this range', { requests: { exactRange: 10, simple: 3, invalid: 0.2 } }),
  contiguous: profile('in one piece', {
    requests: { contiguous: 8, contiguousRange: 3, simple: 3 },
    flags: { ...usual.flags, clear: 0.2, topDown: 0.1 },
  }),
  'try-harder': profile('in one piece, where no free block is large enough', {
    requests: { tryHarder: 8, contiguous: 2, simple: 4 },
    flags: clearing,
    cleared: 0.4,
    fill: [0.3, 0.9],
  }),
  'clear-and-dirty': profile('memory that is cleared and memory that is not', {
    requests: { simple: 8, range: 2, contiguous: 2, topDown: 1, greedy: 0.5 },
    actions: { ...usual.actions, resetClear: 1.5 },
    flags: clearing,
    cleared: 0.5,
  }),
  merges: profile('neighbours freed in different states, then asked for as one block', {
    spaces: { power: 1, uneven: 1, tiny: 2 },
    requests: { simple: 8, greedy: 3, contiguous: 2 },
    flags: clearing,
    cleared: 0.5,
    fill: [0, 0.6],
  }),
  'offset-aligned': profile('small blocks on large boundaries', {
    requests: { offsetAligned: 10, simple: 2, topDown: 1 },
    flags: { clear: 0.3, trimDisable: 0.05, topDown: 0.2 },
    cleared: 0.3,
  }),
  trims: profile('blocks trimmed after the fact', {
    requests: { simple: 8, contiguous: 3, range: 1 },
    actions: { ...usual.actions, turnover: 50, trim: 40, lookup: 5 },
    flags: { clear: 0.3, trimDisable: 0.4, topDown: 0.1 },
    cleared: 0.3,
  }),
  'near-full': profile('hardly anything left', {
    requests: { simple: 6, greedy: 3, range: 2, contiguous: 1, tryHarder: 1 },
    flags: { clear: 0.2, trimDisable: 0.1, topDown: 0.1 },
    cleared: 0.3,
    fill: [0.9, 1],
  }),
  'invalid-arguments': profile('what the kernel refuses', {
    spaces: { power: 1, uneven: 1, tiny: 1 },
    requests: { invalid: 8, simple: 3, range: 1 },
    actions: { ...usual.actions, turnover: 70, trim: 15, lookup: 10 },
  }),
  'several-roots': profile('spaces of many roots', {
    spaces: { roots: 1 },
    requests: { simple: 5, range: 3, exactRange: 2, tryHarder: 2, contiguous: 2, topDown: 1, greedy: 0.5 },
    flags: { clear: 0.25, trimDisable: 0.05, topDown: 0.1 },
    actions: { ...usual.actions, resetClear: 0.5 },
    cleared: 0.4,
  }),
  tiny: profile('spaces of a few chunks', {
    spaces: { tiny: 1 },
    requests: { simple: 4, topDown: 1, range: 3, exactRange: 2, contiguous: 2, tryHarder: 2, greedy: 1 },
    flags: { clear: 0.3, trimDisable: 0.1, topDown: 0.1 },
    cleared: 0.4,
    rounds: [50, 1500],
  }),
  huge: profile('spaces of up to 2^62 bytes', {
    spaces: { huge: 1 },
    requests: { simple: 5, topDown: 1, range: 3, exactRange: 1, contiguous: 2, tryHarder: 1, invalid: 0.5 },
    flags: { clear: 0.2, trimDisable: 0.1, topDown: 0.1 },
    cleared: 0.3,
  }),
  'life-cycles': profile('many allocators, one after another', {
    spaces: { power: 1, uneven: 1, roots: 1, tiny: 2, huge: 1 },
    requests: { simple: 6, range: 2, exactRange: 1, contiguous: 1, greedy: 0.5, invalid: 0.3 },
    flags: { clear: 0.2, trimDisable: 0.05, topDown: 0.1 },
    cleared: 0.3,
    rounds: [3, 120],
  }),
  mixed: profile('everything', {
    spaces: { power: 3, uneven: 3, roots: 2, tiny: 1, huge: 1 },
    requests: {
      ...{ simple: 5, topDown: 2, range: 3, exactRange: 2, contiguous: 2, contiguousRange: 1 },
      ...{ tryHarder: 1, offsetAligned: 1, greedy: 0.5, invalid: 0.5 },
    },
    actions: { ...usual.actions, trim: 8, resetClear: 0.5, freeBlock: 2 },
    flags: { clear: 0.3, trimDisable: 0.1, topDown: 0.15 },
    cleared: 0.4,
  }),
};
