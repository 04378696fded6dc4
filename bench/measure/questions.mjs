// Measures questions, ranges and refusals in a space with many holes: ROUNDS.
import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { GpuBuddy } from '../library.mjs';
import { HOLES } from '../states.mjs';
import { report } from './report.mjs';

const SZ_4K = 4096;
/** No hole is so large. */
const TWO_CHUNKS = 2 * SZ_4K;
const FIRST_MIB = { start: 0, end: 2 ** 20 };

const buddy = new GpuBuddy({ size: 2 * HOLES * SZ_4K });
const live = buddy.allocMany(2 * HOLES, SZ_4K).filter((blocks, i) => {
  if (i % 2 === 0) blocks.free();
  return i % 2;
});
const holes = buddy.freeSegments();
if (holes.length !== HOLES || buddy.largestFree !== SZ_4K) throw new Error('There are not as many holes.');

/** A space whose lowest 256 MiB are full, and one with 10,000 live chunks at its start. */
const WINDOW = { range: { start: 0, end: 2 ** 28 } };
const withWindow = new GpuBuddy({ size: 2 ** 34 });
const window = withWindow.allocMany(2 ** 16, SZ_4K, { mode: WINDOW });
const filled = new GpuBuddy({ size: 2 ** 34 });
const LOWEST = { range: { start: 0, end: 2 ** 34 } };
const chunks = filled.allocMany(10_000, SZ_4K, { mode: LOWEST });
const ALL = { range: { start: 0, end: 2 * HOLES * SZ_4K } };

/** @param {number} size @param {import('gpu-buddy').AllocOptions} options @param {string} reason */
function expectError(size, options, reason) {
  try {
    buddy.allocBlocks(size, options);
  } catch (error) {
    if (error.reason === reason) return;
    throw error;
  }
  throw new Error('There should be no room.');
}

/**
 * Each says what must be so, so that none is optimized away.
 *
 * @type {Record<string, [count: number, ask: () => boolean | void]>}
 */
const questions = {
  largestFree: [100_000, () => buddy.largestFree === SZ_4K],
  fragmentation: [100_000, () => buddy.fragmentation > 0.9],
  isEmpty: [100_000, () => !buddy.isEmpty],
  'availIn(), 1 MiB': [1000, () => buddy.availIn(FIRST_MIB) === 2 ** 19],
  'findFree(), the first hole': [2000, () => buddy.findFree(SZ_4K) === holes[0].offset],
  'findFree(), no hole fits': [10, () => buddy.findFree(TWO_CHUNKS) === null],
  'freeSegments()': [10, () => buddy.freeSegments().length === HOLES],
  'tryAllocBlocks() that gives null': [
    100_000,
    () => buddy.tryAllocBlocks(TWO_CHUNKS, { minBlockSize: TWO_CHUNKS }) === null,
  ],
  'tryAllocBlocks() of more than is free': [
    100_000,
    () => buddy.tryAllocBlocks((HOLES + 1) * SZ_4K) === null,
  ],
  'tryAllocBlocks() in a full window of 256 MiB': [
    20_000,
    () => withWindow.tryAllocBlocks(SZ_4K, { mode: WINDOW }) === null,
  ],
  'the lowest chunk, beside 10,000 live ones, and back': [
    20_000,
    () => filled.allocBlocks(SZ_4K, { mode: LOWEST }).free(),
  ],
  'all holes, in one list of a range, and back': [
    1,
    () => buddy.allocBlocks(HOLES * SZ_4K, { mode: ALL }).free(),
  ],
  'ENOSPC, fragmented': [20_000, () => expectError(TWO_CHUNKS, { minBlockSize: TWO_CHUNKS }, 'fragmented')],
  'ENOSPC, range': [1000, () => expectError(TWO_CHUNKS, { mode: { at: 0 } }, 'range')],
};

const measurements = Object.fromEntries(
  Object.entries(questions).map(([name, [count, ask]]) => [
    name,
    () =>
      timed(() => {
        for (let i = 0; i < count; i++) if (ask() === false) throw new Error(`${name}: another answer`);
      }, count),
  ]),
);
await interleave(measurements, 2);
const times = await interleave(measurements, Number(process.argv[2]));
if ([...live, ...window, ...chunks].some((blocks) => blocks.freed)) throw new Error('Some blocks have gone.');
report(times);
