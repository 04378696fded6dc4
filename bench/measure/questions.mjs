import { timed } from '../clock.mjs';
import { interleave } from '../interleave.mjs';
import { library } from '../library.mjs';
import { row } from '../rows.mjs';
import { HOLES } from '../states.mjs';

const { GpuBuddy } = library;
const SZ_4K = 4096;
/** Larger than every hole. */
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
 * Questions, each with a check of its answer, so that none is optimized away.
 *
 * @type {[id: string, name: string, count: number, ask: () => boolean | void][]}
 */
const questions = [
  ['largestFree', 'largestFree', 100_000, () => buddy.largestFree === SZ_4K],
  ['fragmentation', 'fragmentation', 100_000, () => buddy.fragmentation > 0.9],
  ['isEmpty', 'isEmpty', 100_000, () => !buddy.isEmpty],
  ['availIn', 'availIn(), 1 MiB', 1000, () => buddy.availIn(FIRST_MIB) === 2 ** 19],
  ['find', 'findFree(), the first hole', 2000, () => buddy.findFree(SZ_4K) === holes[0].offset],
  ['findNone', 'findFree(), no hole fits', 10, () => buddy.findFree(TWO_CHUNKS) === null],
  ['segments', 'freeSegments()', 10, () => buddy.freeSegments().length === HOLES],
  [
    'small',
    'tryAllocBlocks() of what no hole has room for',
    100_000,
    () => buddy.tryAllocBlocks(TWO_CHUNKS, { minBlockSize: TWO_CHUNKS }) === null,
  ],
  [
    'full',
    'tryAllocBlocks() of more than is free',
    100_000,
    () => buddy.tryAllocBlocks((HOLES + 1) * SZ_4K) === null,
  ],
  [
    'window',
    'tryAllocBlocks() in a full window of 256 MiB',
    20_000,
    () => withWindow.tryAllocBlocks(SZ_4K, { mode: WINDOW }) === null,
  ],
  [
    'lowest',
    'the lowest chunk, beside 10,000 live ones, and back',
    20_000,
    () => filled.allocBlocks(SZ_4K, { mode: LOWEST }).free(),
  ],
  [
    'holes',
    'all of them, 128 MiB, in one list of a range, and back',
    1,
    () => buddy.allocBlocks(HOLES * SZ_4K, { mode: ALL }).free(),
  ],
  [
    'fragmented',
    'ENOSPC, fragmented',
    20_000,
    () => expectError(TWO_CHUNKS, { minBlockSize: TWO_CHUNKS }, 'fragmented'),
  ],
  ['range', 'ENOSPC, range', 1000, () => expectError(TWO_CHUNKS, { mode: { at: 0 } }, 'range')],
];

/** Measures questions, ranges and refusals in a space with many holes. @param {number} rounds */
export async function measure(rounds) {
  const measurements = Object.fromEntries(
    questions.map(([id, name, count, ask]) => [
      id,
      () =>
        timed(() => {
          for (let i = 0; i < count; i++) if (ask() === false) throw new Error(`${name}: another answer`);
        }, count),
    ]),
  );
  await interleave(measurements, 2);
  const times = await interleave(measurements, rounds);
  if ([...live, ...window, ...chunks].some((blocks) => blocks.freed))
    throw new Error('Some blocks have gone.');
  const where = `${HOLES.toLocaleString('en')} holes`;
  return questions.map(([id, name]) => row(`questions.${id}`, `${where}: ${name}`, 'ns', times[id]));
}
