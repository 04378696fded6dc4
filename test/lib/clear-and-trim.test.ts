// Tests the C API that the Rust bindings leave out, first half: clear and dirty memory, trimming, single blocks.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_16K, SZ_1M, SZ_4K, SZ_64K, SZ_8K } from 'gpu-buddy';
import {
  chunksOf,
  expectSound,
  firstOf,
  freeChunksOf,
  span,
  stateOf,
  SZ_12K,
  SZ_20K,
  SZ_24K,
  takeAll,
  withHoles,
} from '../support/allocator-state';
import { Random } from '../support/random';

describe('free({ cleared })', () => {
  test.each([
    ['without options', undefined, 'dirty'],
    ['with no options', {}, 'dirty'],
    ['with undefined', { cleared: undefined }, 'dirty'],
    ['with false', { cleared: false }, 'dirty'],
    ['with true', { cleared: true }, 'clear'],
  ])('%s leaves %s memory, whatever it was before', (_, options, expected) => {
    for (const before of [true, false]) {
      const buddy = new GpuBuddy({ size: SZ_64K });
      buddy.resetClear(before);
      buddy.allocBlocks(SZ_64K).free(options);
      expect(freeChunksOf(buddy)).toEqual([[0, 16, expected]]);
      expect(buddy.clearAvail).toBe(expected === 'clear' ? buddy.size : 0);
      expect(buddy.avail).toBe(buddy.size);
    }
  });

  test('counts in clearAvail until the memory is allocated again', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    buddy.allocBlocks(SZ_16K).free({ cleared: true });
    expect([buddy.clearAvail, buddy.avail]).toEqual([SZ_16K, SZ_64K]);
    using blocks = buddy.allocBlocks(SZ_4K, { clear: true });
    expect(firstOf(blocks).isClear).toBe(true);
    expect([buddy.clearAvail, buddy.avail]).toEqual([SZ_12K, SZ_64K - SZ_4K]);
  });

  test('keeps clear and dirty neighbours apart until a larger block is wanted', () => {
    const buddy = withHoles(4, { dirty: [0, 2], clear: [1, 3] });
    expect(freeChunksOf(buddy)).toEqual([
      [0, 1, 'dirty'],
      [1, 1, 'clear'],
      [2, 1, 'dirty'],
      [3, 1, 'clear'],
    ]);
    using blocks = buddy.allocBlocks(SZ_16K, { minBlockSize: SZ_16K });
    expect(chunksOf(blocks)).toEqual([[0, 4]]);
    expect(firstOf(blocks).isClear).toBe(false);
    expectSound(buddy);
  });
});

describe('resetClear', () => {
  test.each([
    [true, 'clear'],
    [false, 'dirty'],
  ])('%s makes all free memory %s and merges it', (isClear, expected) => {
    const buddy = withHoles(16, { dirty: span(0, 7), clear: [...span(8, 11), 14] });
    buddy.resetClear(isClear);
    expect(freeChunksOf(buddy)).toEqual([
      [0, 8, expected],
      [8, 4, expected],
      [14, 1, expected],
    ]);
    expect(buddy.clearAvail).toBe(isClear ? buddy.avail : 0);
    expectSound(buddy);
  });

  test('goes back and forth, and a second time changes nothing', () => {
    const buddy = withHoles(16, { dirty: [0, 3, 8, 9], clear: [1, 5, 10] });
    for (const isClear of [true, true, false, false, true]) {
      buddy.resetClear(isClear);
      expect([buddy.avail, buddy.clearAvail]).toEqual([7 * SZ_4K, isClear ? 7 * SZ_4K : 0]);
    }
    expectSound(buddy);
  });

  test('leaves what is allocated as it is', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    using blocks = buddy.allocBlocks(SZ_16K);
    buddy.resetClear(true);
    expect(firstOf(blocks).isClear).toBe(false);
    expect(buddy.blockAt(firstOf(blocks).offset)).toMatchObject({ isClear: false });
    expect(buddy.clearAvail).toBe(buddy.avail);
  });

  test('reaches every block of a space with several roots', () => {
    // Roots of 16, 8 and 4 chunks, and memory of both kinds in each.
    const buddy = withHoles(28, { dirty: [0, 2, 5, 16, 18, 19, 24], clear: [1, 3, 8, 17, 21, 25, 27] });
    buddy.resetClear(true);
    expect(buddy.clearAvail).toBe(buddy.avail);
    buddy.resetClear(false);
    expect(buddy.clearAvail).toBe(0);
    expectSound(buddy);
  });

  test('does nothing where nothing is free', () => {
    const buddy = withHoles(4, {});
    const before = stateOf(buddy);
    buddy.resetClear(true);
    expect(stateOf(buddy)).toEqual(before);
  });

  test.each([1, 2, 3])('reaches all memory that was freed in the random order %d', (seed) => {
    const chunks = 8192;
    const buddy = new GpuBuddy({ size: chunks * SZ_4K });
    const random = new Random(seed);
    // Every other chunk stays allocated, so that nothing merges and the trees are as large as they can be.
    const lists = takeAll(buddy).filter((_, i) => i % 2 === 0);
    for (const list of random.shuffled(lists)) list.free({ cleared: random.chance(0.5) });
    expect(buddy.clearAvail).toBeGreaterThan(0);
    expect(buddy.clearAvail).toBeLessThan(buddy.avail);

    buddy.resetClear(true);
    expect(buddy.clearAvail).toBe(buddy.avail);
    expect(buddy.avail).toBe((chunks / 2) * SZ_4K);
    buddy.resetClear(false);
    expect(buddy.clearAvail).toBe(0);
    expectSound(buddy);
  });
});

describe('trim', () => {
  test.each([
    ['to half of it', SZ_16K, undefined, [[8, 4]]],
    [
      'to several blocks',
      SZ_20K,
      undefined,
      [
        [8, 4],
        [12, 1],
      ],
    ],
    ['to one chunk', SZ_4K, undefined, [[8, 1]]],
    ['to all of it', 8 * SZ_4K, undefined, [[8, 8]]],
    ['from a start on', SZ_4K, 9 * SZ_4K, [[9, 1]]],
    [
      'from a start to the end',
      SZ_12K,
      13 * SZ_4K,
      [
        [13, 1],
        [14, 2],
      ],
    ],
    [
      'from an unaligned start to several blocks in ascending order',
      SZ_24K,
      9 * SZ_4K,
      [
        [9, 1],
        [10, 2],
        [12, 2],
        [14, 1],
      ],
    ],
    ['from its own start', SZ_8K, 8 * SZ_4K, [[8, 2]]],
    ['to all of it from its own start', 8 * SZ_4K, 8 * SZ_4K, [[8, 8]]],
    ['from a start given as bigint', 8192n, 40960n, [[10, 2]]],
  ])('keeps a block %s', (_, newSize, start, expected) => {
    // Chunks 8 to 15 of 16.
    const buddy = new GpuBuddy({ size: SZ_64K });
    const blocks = buddy.allocBlocks(8 * SZ_4K, { tag: 3 });
    expect(chunksOf(blocks)).toEqual([[8, 8]]);
    blocks.trim(newSize, { start });
    expect(chunksOf(blocks)).toEqual(expected);
    expect([blocks.size, blocks.length]).toEqual([Number(newSize), expected.length]);
    expect(buddy.avail).toBe(SZ_64K - Number(newSize));
    expectSound(buddy);
    blocks.free();
    expect(freeChunksOf(buddy)).toEqual([[0, 16, 'dirty']]);
  });

  test('can be repeated as long as one block is left', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    const blocks = buddy.allocBlocks(SZ_16K);
    blocks.trim(SZ_8K, { start: 14 * SZ_4K });
    blocks.trim(SZ_4K, { start: 15 * SZ_4K });
    expect(chunksOf(blocks)).toEqual([[15, 1]]);
    expect(buddy.avail).toBe(SZ_64K - SZ_4K);
  });

  test('gives the freed part to whoever asks next', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    using kept = buddy.allocBlocks(SZ_64K);
    kept.trim(SZ_4K, { start: SZ_4K });
    using next = buddy.allocBlocks(SZ_4K, { mode: { range: { start: 0, end: SZ_4K } } });
    expect([chunksOf(kept), chunksOf(next)]).toEqual([[[1, 1]], [[0, 1]]]);
  });

  test('gives back clear memory from a clear block, and keeps the rest clear', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    buddy.resetClear(true);
    using blocks = buddy.allocBlocks(SZ_16K);
    blocks.trim(SZ_4K);
    expect(firstOf(blocks).isClear).toBe(true);
    expect(buddy.clearAvail).toBe(SZ_64K - SZ_4K);
  });

  test('keeps the tag, in the list, in its blocks and in the allocator', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    using blocks = buddy.allocBlocks(SZ_16K, { tag: 9 });
    blocks.trim(SZ_12K);
    expect(blocks.tag).toBe(9);
    expect(Array.from(blocks, ({ tag, offset }) => [tag, buddy.blockAt(offset)?.tag])).toEqual([
      [9, 9],
      [9, 9],
    ]);
    expect([...buddy.snapshot().tags].filter(Boolean)).toEqual([9, 9]);
  });
});

describe('freeBlock', () => {
  /** Chunks [24, 4], [22, 2] and [21, 1] of 28 free ones before 4 that are not. */
  const three = () => {
    const buddy = new GpuBuddy({ size: 32 * SZ_4K });
    buddy.allocBlocks(SZ_16K);
    return { buddy, blocks: buddy.allocBlocks(7 * SZ_4K, { tag: 1 }) };
  };

  test.each([
    [
      0,
      [
        [22, 2],
        [21, 1],
      ],
    ],
    [
      1,
      [
        [24, 4],
        [21, 1],
      ],
    ],
    [
      2,
      [
        [24, 4],
        [22, 2],
      ],
    ],
  ])('%d frees that block and keeps the others', (index, expected) => {
    const { buddy, blocks } = three();
    const before = buddy.avail;
    const address = blocks.at(index)?.offset ?? 0;
    const size = blocks.at(index)?.size ?? 0;
    blocks.freeBlock(index);
    expect(chunksOf(blocks)).toEqual(expected);
    expect(blocks.length).toBe(2);
    expect(buddy.avail).toBe(before + size);
    expect(buddy.blockAt(address)).toBeNull();
    expectSound(buddy);
    blocks.free();
    expect(buddy.avail).toBe(28 * SZ_4K);
  });

  test.each([
    ['without options', undefined, 0],
    ['with false', { cleared: false }, 0],
    ['with true', { cleared: true }, SZ_16K],
  ])('%s leaves memory dirty unless it is told otherwise', (_, options, expected) => {
    for (const before of [true, false]) {
      const buddy = new GpuBuddy({ size: SZ_64K });
      buddy.resetClear(before);
      using rest = buddy.allocBlocks(SZ_24K * 2, { mode: { range: { start: SZ_16K, end: SZ_64K } } });
      const blocks = buddy.allocBlocks(SZ_16K);
      expect(firstOf(blocks).isClear).toBe(before);
      blocks.freeBlock(0, options);
      expect([buddy.clearAvail, buddy.avail, rest.freed]).toEqual([expected, SZ_16K, false]);
    }
  });

  test('makes a list that can be trimmed of one that could not', () => {
    const { blocks } = three();
    blocks.freeBlock(2);
    blocks.freeBlock(0);
    blocks.trim(SZ_4K);
    expect(chunksOf(blocks)).toEqual([[22, 1]]);
  });
});

describe('blocks of a list of many', () => {
  test('can be freed one by one in any order, and the rest stays as it was', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const random = new Random(7);
    takeAll(buddy).forEach((list, i) => {
      if (i % 2) list.free();
    });
    const blocks = buddy.allocBlocks(128 * SZ_4K);
    let expected = chunksOf(blocks);
    expect(expected).toHaveLength(128);
    while (!blocks.isEmpty) {
      const index = random.below(blocks.length);
      blocks.freeBlock(index);
      expected = expected.filter((_, i) => i !== index);
      expect(chunksOf(blocks)).toEqual(expected);
    }
    expect(buddy.avail).toBe(128 * SZ_4K);
    expectSound(buddy);
  });
});
