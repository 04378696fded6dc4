// The library deliberately gives other answers here than the raw call of the kernel would. Chunks of 4 KiB.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_128K, SZ_16K, SZ_1M, SZ_32K, SZ_4K, SZ_64K, SZ_8K, type AllocOptions } from 'gpu-buddy';
import {
  chunksOf,
  expectSound,
  freeChunksOf,
  rangesOf,
  refusalOf,
  span,
  SZ_12K,
  SZ_24K,
  toRange,
  withHoles,
} from '../support/allocator-state';

describe('the whole space without a range is searched as any other size', () => {
  test('so it is merged to blocks of at least min block size, of clear and dirty memory', () => {
    // Every other chunk is clear: an exact range would be 16 blocks of one chunk.
    const make = () =>
      withHoles(16, {
        dirty: span(0, 7).map((i) => 2 * i),
        clear: span(0, 7).map((i) => 2 * i + 1),
      });
    const exact = make().allocBlocks(SZ_64K, {
      mode: { range: { start: 0, end: SZ_64K } },
      minBlockSize: SZ_64K,
    });
    expect(exact.length).toBe(16);
    for (const minBlockSize of [SZ_8K, SZ_16K, SZ_32K, SZ_64K])
      for (const mode of ['simple', 'top-down'] as const) {
        const blocks = make().allocBlocks(SZ_64K, { mode, minBlockSize });
        expect(blocks.size).toBe(SZ_64K);
        for (const { size } of blocks) expect(size).toBeGreaterThanOrEqual(minBlockSize);
      }
  });

  test('in any state of its free memory', () => {
    // Tries each pattern of clear and dirty chunks in roots of 4, 2 and 1 chunks.
    for (let pattern = 0; pattern < 128; pattern++) {
      const clear = span(0, 6).filter((i) => pattern & (1 << i));
      const buddy = withHoles(7, { clear, dirty: span(0, 6).filter((i) => !clear.includes(i)) });
      const blocks = buddy.allocBlocks(7 * SZ_4K);
      expect([blocks.size, buddy.avail]).toEqual([7 * SZ_4K, 0]);
      blocks.free();
      expect(freeChunksOf(buddy).map(([first]) => first)).toEqual([0, 4, 6]);
    }
  });

  test('so flags count', () => {
    const buddy = new GpuBuddy({ size: SZ_24K });
    // 24 KiB of roots of 16 and 8 KiB cannot be had in blocks of 16 KiB, even though they begin at 0.
    expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_24K, { minBlockSize: SZ_16K }))).toMatchObject({
      code: 'EINVAL',
    });
    expect(chunksOf(buddy.allocBlocks(SZ_24K, { minBlockSize: SZ_8K }))).toEqual([
      [0, 4],
      [4, 2],
    ]);
  });
});

describe('simple and top-down look at the whole space, as the drivers do', () => {
  test.each(['simple', 'top-down'] as const)('so %s merges clear with dirty memory where it must', (mode) => {
    const buddy = withHoles(16, { dirty: [8, 10, 12, 14], clear: [9, 11, 13, 15] });
    const blocks = buddy.allocBlocks(SZ_32K, { mode, minBlockSize: SZ_32K });
    expect(chunksOf(blocks)).toEqual([[8, 8]]);
  });
});

describe('a size below min block size in a range keeps the alignment', () => {
  const aligned = (options: object, chunks = 64) =>
    chunksOf(new GpuBuddy({ size: chunks * SZ_4K }).allocBlocks(SZ_4K, { minBlockSize: SZ_64K, ...options }));

  test.each([
    ['the kernel’s own answer would be the second chunk', [SZ_4K, 64 * SZ_4K], [[16, 1]]],
    ['a range that begins aligned', [SZ_64K, 64 * SZ_4K], [[16, 1]]],
    ['two candidates', [SZ_64K + SZ_4K, 64 * SZ_4K], [[32, 1]]],
    ['one candidate, at the start of the range', [SZ_128K, SZ_128K + SZ_64K], [[32, 1]]],
    ['one candidate, within the range', [SZ_64K + SZ_4K, SZ_128K + SZ_64K + SZ_4K], [[32, 1]]],
    ['one candidate, of which only the size lies in the range', [SZ_4K, SZ_64K + SZ_4K], [[16, 1]]],
    ['one candidate, at the end of the space', [48 * SZ_4K, 64 * SZ_4K], [[48, 1]]],
  ] as const)('%s', (_, range, expected) => {
    expect(aligned({ mode: { range: toRange(range) } })).toEqual(expected);
    expect(aligned({ mode: { range: toRange(range) }, contiguous: true })).toEqual(expected);
    expect(aligned({ mode: { range: toRange(range) }, clear: true })).toEqual(expected);
  });

  test.each([
    ['many candidates', [SZ_4K, 64 * SZ_4K]],
    ['one candidate', [SZ_64K, SZ_128K]],
  ] as const)('with trimDisable too, where the range has %s', (_, range) => {
    expect(aligned({ mode: { range: toRange(range) }, trimDisable: true })).toEqual([[16, 1]]);
  });

  test.each([
    ['shorter than min block size', [SZ_4K, SZ_32K]],
    ['ended by the first aligned address', [SZ_4K, SZ_64K]],
    ['between two aligned addresses', [SZ_64K + SZ_4K, SZ_128K]],
  ] as const)('or fails with ENOSPC in a range that is %s', (_, range) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const call = () => buddy.allocBlocks(SZ_4K, { minBlockSize: SZ_64K, mode: { range: toRange(range) } });
    expect(refusalOf(buddy, call)).toMatchObject({ code: 'ENOSPC' });
  });

  test('or fails with ENOSPC where the aligned places are taken', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    using one = buddy.allocBlocks(SZ_4K, { mode: { range: { start: SZ_64K, end: SZ_64K + SZ_4K } } });
    using two = buddy.allocBlocks(SZ_4K, { mode: { range: { start: SZ_128K, end: SZ_128K + SZ_4K } } });
    const within = (range: { start: number; end: number }) => () =>
      buddy.allocBlocks(SZ_4K, { minBlockSize: SZ_64K, mode: { range } });
    expect(refusalOf(buddy, within({ start: SZ_4K, end: SZ_128K + SZ_64K }))).toMatchObject({
      code: 'ENOSPC',
    });
    expect(refusalOf(buddy, within({ start: SZ_4K, end: SZ_128K }))).toMatchObject({ code: 'ENOSPC' });
    expect([one.length, two.length]).toEqual([1, 1]);
    // At the end of the range the size is enough.
    expect(chunksOf(within({ start: SZ_4K, end: SZ_128K + SZ_64K + SZ_4K })())).toEqual([[48, 1]]);
    expect(chunksOf(within({ start: SZ_4K, end: SZ_1M })())).toEqual([[64, 1]]);
  });

  test('and the rest of the aligned block stays free', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    using blocks = buddy.allocBlocks(SZ_8K, {
      minBlockSize: SZ_64K,
      mode: { range: { start: SZ_4K, end: SZ_1M } },
    });
    expect(chunksOf(blocks)).toEqual([[16, 2]]);
    expect(buddy.avail).toBe(SZ_1M - SZ_8K);
    expectSound(buddy);
  });

  test('in every range of a space, for every size and alignment', () => {
    const chunks = 16;
    for (let size = 1; size < chunks; size *= 2)
      for (let min = size; min <= chunks; min *= 2)
        for (let start = 0; start < chunks; start++)
          for (let end = start + 1; end <= chunks; end++) {
            if (end - start <= size) continue;
            const buddy = new GpuBuddy({ size: chunks * SZ_4K });
            const place = Math.ceil(start / min) * min;
            const blocks = buddy.tryAllocBlocks(size * SZ_4K, {
              minBlockSize: min * SZ_4K,
              mode: { range: { start: start * SZ_4K, end: end * SZ_4K } },
            });
            expect({ size, min, start, end, blocks: blocks && chunksOf(blocks) }).toEqual({
              size,
              min,
              start,
              end,
              blocks: place + size <= end ? [[place, size]] : null,
            });
          }
  });
});

describe('a contiguous size below min block size keeps the alignment', () => {
  const IN_RANGE = { mode: { range: { start: SZ_4K, end: SZ_1M / 2 } } };

  test.each<[string, number, number, [number, number][], AllocOptions?]>([
    ['the kernel’s own answer would be the last chunk', SZ_4K, SZ_128K, [[224, 1]]],
    ['top-down', SZ_4K, SZ_128K, [[224, 1]], { mode: 'top-down' }],
    ['in a range', SZ_4K, SZ_128K, [[32, 1]], IN_RANGE],
    [
      'a size that is no power of two in a range',
      SZ_12K,
      SZ_128K,
      [
        [32, 2],
        [34, 1],
      ],
      IN_RANGE,
    ],
    [
      'a size that is no power of two',
      SZ_12K,
      SZ_128K,
      [
        [224, 2],
        [226, 1],
      ],
    ],
    [
      'a size that rounds up to min block size',
      SZ_24K,
      SZ_32K,
      [
        [248, 4],
        [252, 2],
      ],
    ],
    ['min block size itself', SZ_32K, SZ_32K, [[248, 8]]],
  ])('%s', (_, size, minBlockSize, expected, options = {}) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    expect(chunksOf(buddy.allocBlocks(size, { ...options, contiguous: true, minBlockSize }))).toEqual(
      expected,
    );
    expectSound(buddy);
  });

  test('or fails with ENOSPC', () => {
    const buddy = withHoles(32, { dirty: [...span(1, 15), ...span(17, 31)] });
    for (const size of [SZ_4K, SZ_12K, SZ_32K])
      expect(
        refusalOf(buddy, () => buddy.allocBlocks(size, { contiguous: true, minBlockSize: SZ_64K })),
      ).toMatchObject({ code: 'ENOSPC' });
  });
});

describe('contiguous above 2^63, which no power of two of 64 bits can hold,', () => {
  const LARGEST = (1n << 64n) - 4096n;

  test.each([(1n << 63n) + 4096n, 3n << 62n, LARGEST])('is contiguous or refused: %d bytes', (size) => {
    for (const minBlockSize of [SZ_4K, 1n << 62n, 1n << 63n]) {
      const buddy = new GpuBuddy({ size: LARGEST, bigint: true });
      let end: bigint | undefined;
      let ranges: [bigint, bigint][] = [];
      try {
        ranges = rangesOf(buddy.allocBlocks(size, { contiguous: true, minBlockSize }));
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(EINVAL|ENOSPC)$/) });
        expect(buddy.avail).toBe(LARGEST);
      }
      for (const [offset, bytes] of ranges) {
        expect(offset).toBe(end ?? offset);
        end = offset + bytes;
      }
      expectSound(buddy);
    }
  });

  test('is put together, or refused in a range', () => {
    const buddy = new GpuBuddy({ size: LARGEST, bigint: true });
    const size = 2n ** 63n + 4096n;
    const range = { start: 0, end: LARGEST };
    const error = refusalOf(buddy, () => buddy.allocBlocks(size, { contiguous: true, mode: { range } }));
    expect(error).toMatchObject({ code: 'EINVAL' });
    expect(error.message).toContain(`size (${size}) rounded up to a power of two`);

    expect(rangesOf(buddy.allocBlocks(size, { contiguous: true }))).toEqual([
      [0n, 2n ** 63n],
      [2n ** 63n, 4096n],
    ]);
  });
});

describe('a request that the numbers of free blocks rule out is refused at once', () => {
  const GIVEN = { dirty: [1, 3, 5], clear: [0, 2, 8] };
  const refused: readonly [request: string, size: number, options: AllocOptions][] = [
    ['more than is free', 7 * SZ_4K, {}],
    ['more than is free, from the top', 7 * SZ_4K, { mode: 'top-down' }],
    ['more than is free, in one piece', 7 * SZ_4K, { contiguous: true }],
    ['more than is free, rounded up', 5 * SZ_4K, { minBlockSize: 8 * SZ_4K }],
    ['more than is free, in a range', 7 * SZ_4K, { mode: { range: { start: 0, end: 16 * SZ_4K } } }],
    ['more than a range is long', 3 * SZ_4K, { mode: { range: { start: 0, end: 2 * SZ_4K } } }],
  ];

  test.each(refused)('%s, without making clear memory dirty', (_, size, options) => {
    const buddy = withHoles(16, GIVEN);
    const error = refusalOf(buddy, () => buddy.allocBlocks(size, options));
    expect(error).toMatchObject({ code: 'ENOSPC', avail: 6 * SZ_4K, requested: size });
    expect(buddy.clearAvail).toBe(3 * SZ_4K);
  });

  test('in a batch, too', () => {
    const buddy = withHoles(16, GIVEN);
    const batch = buddy.batch();
    const handles = refused.map(([, size, options]) => batch.alloc(size, options));
    const result = batch.run();
    for (const handle of handles) expect(result.error(handle)?.code).toBe('ENOSPC');
    expect(buddy.clearAvail).toBe(3 * SZ_4K);
  });

  test.each([
    ['of dirty memory', { dirty: [0, 2, 4, 6] }],
    ['of clear memory', { clear: [0, 2, 4, 6] }],
  ])('and so are blocks that are too small, %s', (_, holes) => {
    const buddy = withHoles(16, holes);
    for (const options of [{ contiguous: true }, { minBlockSize: SZ_8K }, { minBlockSize: SZ_16K }])
      expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_8K, options))).toMatchObject({ code: 'ENOSPC' });
    expect(rangesOf(buddy.allocBlocks(SZ_16K))).toHaveLength(4);
  });
});

test('a range with very many holes gives all of them, which take few steps each', () => {
  const HOLES = 32_768;
  const buddy = withHoles(2 * HOLES, { dirty: span(0, HOLES - 1).map((i) => 2 * i) });
  const mode = { range: { start: 0, end: 2 * HOLES * SZ_4K } };
  const blocks = buddy.allocBlocks(HOLES * SZ_4K, { mode });
  const { offsets } = blocks.toArrays();
  expect(offsets.every((offset, i) => offset === 2 * i * SZ_4K)).toBe(true);
  expect([offsets.length, buddy.avail]).toEqual([HOLES, 0]);
  blocks.free();
  expect(buddy.avail).toBe(HOLES * SZ_4K);
});
