// Any piece of memory that an allocation takes may be the one that is missing: that is ENOMEM, and leaves no trace.

import { failMemory, healMemory } from '../support/faults';
import { describe, expect, test } from '@jest/globals';
import {
  GpuBuddy,
  SZ_16K,
  SZ_1G,
  SZ_1M,
  SZ_4K,
  SZ_512K,
  SZ_64K,
  type AllocatedBlocks,
  type AllocOptions,
} from 'gpu-buddy';
import { expectSound, firstOf, stateOf, SZ_12K, SZ_20K, SZ_24K, thrownBy } from '../support/allocator-state';

const ENOMEM = { name: 'GpuBuddyError', code: 'ENOMEM', errno: -12 };

/** Far more pieces of memory than any call below takes. */
const MOST_PIECES = 500;

/**
 * Lets the nth piece of memory fail while it allocates. True where that failed, which must be by ENOMEM and without a
 * trace; the kernel may also find another way, and then the answer must be right.
 */
function failsWithout(
  nth: number,
  times: 'once' | 'from then on',
  buddy: GpuBuddy,
  size: number,
  options: AllocOptions,
): boolean {
  const before = stateOf(buddy);
  let blocks: AllocatedBlocks | undefined;
  failMemory(buddy, nth, times);
  try {
    blocks = buddy.allocBlocks(size, options);
  } catch (error) {
    expect(error).toMatchObject(ENOMEM);
  }
  healMemory(buddy);
  expectSound(buddy);
  if (blocks) expect(blocks.size).toBe(size);
  blocks?.free();
  expect(stateOf(buddy)).toEqual(before);
  return !blocks;
}

/** Counts the pieces of memory that an allocation takes: the values of n for which it fails if none is had from the nth on. */
function piecesOf(buddy: GpuBuddy, size: number, options: AllocOptions): number {
  let pieces = 0;
  while (failsWithout(pieces + 1, 'from then on', buddy, size, options))
    if (++pieces > MOST_PIECES) throw new Error(`The call took more than ${MOST_PIECES} pieces of memory.`);
  return pieces;
}

/** From 1 GiB down to 4 KiB there are 18 splits, of which each takes two. */
const PIECES = 36;

describe.each<[string, number, AllocOptions]>([
  ['trimming a contiguous allocation', SZ_12K, { contiguous: true }],
  ['trimming one in a range', SZ_20K, { contiguous: true, mode: { range: { start: 0, end: SZ_1M } } }],
  ['trimming what a large minBlockSize rounds up', SZ_20K, { minBlockSize: SZ_64K }],
  [
    'trimming what is aligned in a range',
    SZ_4K,
    { minBlockSize: SZ_64K, mode: { range: { start: SZ_4K, end: SZ_1M } } },
  ],
  ['splitting', SZ_4K, {}],
  ['splitting top-down', SZ_4K, { mode: 'top-down' }],
  ['splitting for several blocks', SZ_24K + SZ_4K, {}],
  ['splitting in a range', SZ_4K, { mode: { range: { start: SZ_512K, end: SZ_1M } } }],
  ['splitting for an exact range', SZ_12K, { mode: { range: { start: SZ_4K, end: SZ_16K } } }],
  ['splitting for clear memory', SZ_4K, { clear: true }],
])('%s without memory', (_, size, options) => {
  test('is ENOMEM whatever the piece from which on there is none', () => {
    expect(piecesOf(new GpuBuddy({ size: SZ_1G }), size, options)).toBe(PIECES);
  });

  test('is ENOMEM, or finds another way, whatever the single piece that is missing', () => {
    const buddy = new GpuBuddy({ size: SZ_1G });
    for (let nth = 1; nth <= PIECES + 1; nth++) failsWithout(nth, 'once', buddy, size, options);
    expect(failsWithout(PIECES + 1, 'once', buddy, size, options)).toBe(false);
  });
});

test.each(['once', 'from then on'] as const)(
  'trim() without memory, %s, leaves the list as it is',
  (times) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    using blocks = buddy.allocBlocks(SZ_1M);
    const before = stateOf(buddy);
    const block = firstOf(blocks);
    const trim = () => {
      blocks.trim(SZ_12K, { start: SZ_4K });
    };
    // The kernel splits its way down to chunks: 8 splits to where the range begins, 6 of them shared with its end.
    for (let nth = 1; nth <= 16; nth++) {
      failMemory(buddy, nth, times);
      expect(thrownBy(trim)).toMatchObject({ ...ENOMEM, syscall: 'gpu_buddy_block_trim' });
      healMemory(buddy);
      expect(stateOf(buddy)).toEqual(before);
      expect([block.offset, block.size, blocks.length]).toEqual([0, SZ_1M, 1]);
    }
    trim();
    expect(blocks.size).toBe(SZ_12K);
    expectSound(buddy);
  },
);
