// Bugs that the kernel's allocator once had: what each of its fixes promises, seen from outside. Chunks of 4 KiB.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_16K, SZ_1G, SZ_1M, SZ_2G, SZ_32K, SZ_4K, SZ_64K, SZ_8G, SZ_8K } from 'gpu-buddy';
import {
  chunksOf,
  expectSound,
  firstOf,
  freeChunksOf,
  rangesOf,
  refusalOf,
  span,
  stateOf,
  SZ_12K,
  SZ_24K,
  withHoles,
} from '../support/allocator-state';
import { Random } from '../support/random';

describe('a range (f41900e4a6ef)', () => {
  test('can be filled to its last chunk, whatever its bounds', () => {
    for (const [start, end] of [
      [0, 16],
      [1, 16],
      [3, 13],
      [7, 9],
      [5, 6],
      [0, 15],
    ] as const) {
      const buddy = new GpuBuddy({ size: SZ_64K });
      const mode = { range: { start: start * SZ_4K, end: end * SZ_4K } } as const;
      const taken = span(start, end - 1).map(() => chunksOf(buddy.allocBlocks(SZ_4K, { mode }))[0]?.[0]);
      expect(taken).toEqual(span(start, end - 1));
      expect(buddy.tryAllocBlocks(SZ_4K, { mode })).toBeNull();
      expect(buddy.avail).toBe((16 - end + start) * SZ_4K);
    }
  });
});

describe('an exact range (2986314aa811)', () => {
  test('is refused where min block size does not align its start and its end', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    for (const [start, end] of [
      [1, 3],
      [2, 5],
      [3, 8],
      [1, 5],
    ] as const) {
      const mode = { range: { start: start * SZ_4K, end: end * SZ_4K } } as const;
      const call = () => buddy.allocBlocks((end - start) * SZ_4K, { mode, minBlockSize: SZ_8K });
      expect(refusalOf(buddy, call)).toMatchObject({ code: 'EINVAL' });
    }
    const mode = { range: { start: SZ_8K, end: SZ_24K } } as const;
    expect(chunksOf(buddy.allocBlocks(SZ_16K, { mode, minBlockSize: SZ_8K }))).toEqual([
      [2, 2],
      [4, 2],
    ]);
  });
});

describe('clear in a range (431c590c3ab0)', () => {
  test('gives dirty blocks where there is no clear memory', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    const mode = { range: { start: SZ_4K, end: 15 * SZ_4K } } as const;
    const blocks = buddy.allocBlocks(SZ_24K, { mode, clear: true });
    expect(blocks.size).toBe(SZ_24K);
    expect(Array.from(blocks, (block) => block.isClear)).toEqual([false, false]);
  });

  test('gives clear blocks to who does not ask for them where there is no dirty memory', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    buddy.resetClear(true);
    const mode = { range: { start: SZ_4K, end: 15 * SZ_4K } } as const;
    expect(firstOf(buddy.allocBlocks(SZ_16K, { mode })).isClear).toBe(true);
  });
});

describe('clear and dirty memory in several roots (467dce3817bd)', () => {
  // Roots of 8, 4 and 2 chunks at 0, 8 and 12.
  const chunks = 14;
  const make = () =>
    withHoles(chunks, { dirty: span(0, 6).map((i) => 2 * i), clear: span(0, 6).map((i) => 2 * i + 1) });

  test('is merged in each of them', () => {
    const buddy = make();
    const lists = [SZ_32K, SZ_16K, SZ_8K].map((size) => buddy.allocBlocks(size, { minBlockSize: size }));
    expect(lists.flatMap((list) => chunksOf(list))).toEqual([
      [0, 8],
      [8, 4],
      [12, 2],
    ]);
    expect(buddy.avail).toBe(0);
  });

  test.each([
    [true, 'clear'],
    [false, 'dirty'],
  ])('is reset in each of them: %s', (isClear, expected) => {
    const buddy = make();
    buddy.resetClear(isClear);
    expect(freeChunksOf(buddy)).toEqual([
      [0, 8, expected],
      [8, 4, expected],
      [12, 2, expected],
    ]);
  });

  test('comes to an end with its allocator', () => {
    for (let chunks = 1; chunks < 64; chunks++) {
      const buddy = withHoles(chunks, {
        dirty: span(0, chunks - 1).filter((i) => i % 3 === 0),
        clear: span(0, chunks - 1).filter((i) => i % 3 === 1),
      });
      expectSound(buddy);
      buddy.dispose();
      expect(buddy.disposed).toBe(true);
    }
  });
});

describe('a size that rounds up above the space (2026-01)', () => {
  // 10 GiB: roots of 8 and 2 GiB.
  const make = () => new GpuBuddy({ size: SZ_8G + SZ_2G });
  const size = SZ_8G + SZ_1G;

  test('is contiguous across both roots, 9 GiB of 10', () => {
    const buddy = make();
    expect(rangesOf(buddy.allocBlocks(size, { contiguous: true }))).toEqual([
      [0, 8 * 2 ** 30],
      [8 * 2 ** 30, 2 ** 30],
    ]);
    expectSound(buddy);
  });

  test.each([
    ['min block size', { minBlockSize: SZ_8G }],
    ['min block size in a range', { minBlockSize: SZ_8G, mode: { range: { start: 0, end: SZ_8G + SZ_2G } } }],
    ['contiguous in a range', { contiguous: true, mode: { range: { start: 0, end: SZ_8G + SZ_2G } } }],
  ] as const)('is refused for %s', (_, options) => {
    const buddy = make();
    expect(refusalOf(buddy, () => buddy.allocBlocks(size, options))).toMatchObject({ code: 'EINVAL' });
  });
});

describe('an offset-aligned allocation (493740d790cc)', () => {
  /** The model: an aligned run of free chunks that lies in one free block. */
  const places = (buddy: GpuBuddy, size: number, min: number) =>
    freeChunksOf(buddy).flatMap(([first, count]) =>
      span(first, first + count - size).filter((at) => at % min === 0),
    );

  test('finds an aligned place wherever there is one, and nothing else', () => {
    const random = new Random(3);
    const answers = { found: 0, none: 0 };
    for (let run = 0; run < 200; run++) {
      const free = span(0, 31).filter(() => random.chance(1 / 2));
      const clear = free.filter(() => random.chance(1 / 3));
      const buddy = withHoles(32, { dirty: free.filter((i) => !clear.includes(i)), clear });
      for (const [size, min] of [
        [1, 2],
        [1, 8],
        [1, 32],
        [2, 4],
        [2, 16],
        [4, 8],
      ] as const) {
        const expected = places(buddy, size, min);
        const blocks = buddy.tryAllocBlocks(size * SZ_4K, { minBlockSize: min * SZ_4K });
        if (!blocks) {
          // Clear and dirty memory are merged before it gives up.
          expect(places(buddy, size, min)).toEqual([]);
          answers.none++;
          continue;
        }
        const [[place, length] = [-1, 0]] = chunksOf(blocks);
        expect([blocks.length, length, place % min]).toEqual([1, size, 0]);
        if (expected.length) expect(expected).toContain(place);
        answers.found++;
        blocks.free();
      }
      expectSound(buddy);
    }
    expect(answers.found).toBeGreaterThan(100);
    expect(answers.none).toBeGreaterThan(100);
  });
});

describe('native memory that ends in the middle of a split (0251963afd22)', () => {
  test.each([
    ['simple', {}],
    ['top-down', { mode: 'top-down' }],
    ['range', { mode: { range: { start: SZ_4K, end: 64 * SZ_1M } } }],
    ['contiguous', { contiguous: true }],
    ['clear', { clear: true }],
    ['an aligned offset', { minBlockSize: SZ_8K }],
    [
      'an aligned offset in a range',
      { minBlockSize: SZ_16K, mode: { range: { start: 0, end: 64 * SZ_1M } } },
    ],
  ] as const)('leaves everything as it was: %s', (_, options) => {
    const buddy = new GpuBuddy({ size: 64 * SZ_1M, maxNativeBytes: 2 * SZ_64K });
    const lists = [];
    let error: unknown;
    while (!error) {
      const before = stateOf(buddy);
      try {
        lists.push(buddy.allocBlocks(SZ_4K, options));
      } catch (thrown) {
        error = thrown;
        expect(stateOf(buddy)).toEqual(before);
      }
    }
    expect(error).toMatchObject({ code: 'ENOMEM' });
    expect(lists.length).toBeGreaterThan(100);
    expectSound(buddy);
    for (const list of lists) list.free();
    expect(freeChunksOf(buddy)).toEqual([[0, 16384, 'dirty']]);
  });
});

describe('contiguous in its fallback (56bc6384314f)', () => {
  test.each([
    ['an aligned run', span(4, 9), SZ_16K, [4, 5, 6, 7, 8, 9]],
    ['a run whose aligned part is long enough', span(3, 9), SZ_16K, [4, 5, 6, 7, 8, 9]],
    ['a run that begins unaligned', span(2, 7), SZ_16K, null],
    ['a run that begins aligned enough', span(2, 7), SZ_8K, [2, 3, 4, 5, 6, 7]],
    ['a run that reaches down to an aligned chunk', span(0, 5), SZ_16K, [0, 1, 2, 3, 4, 5]],
  ])('honours the alignment of min block size: %s', (_, dirty, minBlockSize, expected) => {
    const buddy = withHoles(16, { dirty });
    const blocks = buddy.tryAllocBlocks(SZ_24K, { contiguous: true, minBlockSize });
    expect(blocks && chunksOf(blocks).flatMap(([first, count]) => span(first, first + count - 1))).toEqual(
      expected,
    );
    if (blocks) expect(firstOf(blocks).offset % minBlockSize).toBe(0);
    expectSound(buddy);
  });

  test('gives adjacent, aligned and exactly sized memory or nothing, and nothing is lost', () => {
    const random = new Random(9);
    let found = 0;
    for (let run = 0; run < 300; run++) {
      const free = span(0, 23).filter(() => random.chance(3 / 4));
      const clear = free.filter(() => random.chance(1 / 4));
      const buddy = withHoles(24, { dirty: free.filter((i) => !clear.includes(i)), clear });
      const { avail } = buddy;
      for (const [size, min] of [
        [3, 1],
        [3, 2],
        [5, 4],
        [6, 2],
        [7, 1],
        [12, 8],
      ] as const) {
        const blocks = buddy.tryAllocBlocks(size * SZ_4K, { contiguous: true, minBlockSize: min * SZ_4K });
        if (blocks) {
          const taken = chunksOf(blocks).flatMap(([first, count]) => span(first, first + count - 1));
          const [first = -1] = taken;
          expect(taken).toEqual(span(first, first + size - 1));
          expect(first % min).toBe(0);
          expect(taken.every((i) => free.includes(i))).toBe(true);
          blocks.free();
          found++;
        }
        expect(buddy.avail).toBe(avail);
      }
      expectSound(buddy);
    }
    expect(found).toBeGreaterThan(300);
  });
});

test('bytes after the last whole chunk are not managed', () => {
  const buddy = new GpuBuddy({ size: SZ_12K + 4095 });
  expect(buddy.size).toBe(SZ_12K);
  expect(
    refusalOf(buddy, () => buddy.allocBlocks(SZ_4K, { mode: { range: { start: SZ_12K, end: SZ_16K } } })),
  ).toMatchObject({
    code: 'EINVAL',
  });
  expect(refusalOf(buddy, () => buddy.blockAt(SZ_12K))).toMatchObject({ code: 'ENXIO' });
});
