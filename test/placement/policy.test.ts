// Tests the kernel's policy, point by point: which block is chosen, and how a list is ordered. Chunks of 4 KiB.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_16K, SZ_1M, SZ_32K, SZ_4K, SZ_64K, SZ_8K } from 'gpu-buddy';
import {
  chunksOf,
  expectSound,
  firstOf,
  freeChunksOf,
  refusalOf,
  span,
  stateOf,
  SZ_12K,
  SZ_20K,
  SZ_24K,
  thrownBy,
  withHoles,
} from '../support/allocator-state';

describe('simple', () => {
  test('takes an empty power-of-two space from the top', () => {
    const buddy = new GpuBuddy({ size: 16 * SZ_4K });
    const taken = Array.from({ length: 16 }, () => chunksOf(buddy.allocBlocks(SZ_4K))[0]?.[0]);
    expect(taken).toEqual(span(0, 15).reverse());
  });

  test('takes the smallest block that is large enough, then the highest one of that size, split to the right', () => {
    // Holes of one chunk at 1 and 6, of two at 8, of four at 12.
    const buddy = withHoles(16, { dirty: [1, 6, 8, 9, ...span(12, 15)] });
    const taken = span(1, 8).map(() => chunksOf(buddy.allocBlocks(SZ_4K))[0]?.[0]);
    expect(taken).toEqual([6, 1, 9, 8, 15, 14, 13, 12]);
  });

  test('looks at size first and at the address second for larger blocks too', () => {
    const buddy = withHoles(32, { dirty: [2, 3, 10, 11, ...span(16, 23), ...span(28, 31)] });
    expect(chunksOf(buddy.allocBlocks(SZ_8K))).toEqual([[10, 2]]);
    expect(chunksOf(buddy.allocBlocks(SZ_16K))).toEqual([[28, 4]]);
    expect(chunksOf(buddy.allocBlocks(SZ_16K))).toEqual([[20, 4]]);
  });
});

describe('top-down', () => {
  test('takes the highest address among the blocks that are large enough', () => {
    const buddy = withHoles(16, { dirty: [1, 6, 8, 9, ...span(12, 15)] });
    const taken = span(1, 8).map(() => chunksOf(buddy.allocBlocks(SZ_4K, { mode: 'top-down' }))[0]?.[0]);
    expect(taken).toEqual([15, 14, 13, 12, 9, 8, 6, 1]);
  });

  test('looks among the memory of the preferred kind', () => {
    const make = () => withHoles(16, { dirty: [3, 12], clear: [0, 8, 9] });
    expect(chunksOf(make().allocBlocks(SZ_4K, { mode: 'top-down' }))).toEqual([[12, 1]]);
    expect(chunksOf(make().allocBlocks(SZ_4K, { mode: 'top-down', clear: true }))).toEqual([[9, 1]]);
  });

  test('takes the best fit, not the highest, where it must fall back to the other kind', () => {
    const clear = withHoles(16, { clear: [0, 8, 9] });
    expect(chunksOf(clear.allocBlocks(SZ_4K, { mode: 'top-down' }))).toEqual([[0, 1]]);
    const dirty = withHoles(16, { dirty: [0, 8, 9] });
    expect(chunksOf(dirty.allocBlocks(SZ_4K, { mode: 'top-down', clear: true }))).toEqual([[0, 1]]);
  });
});

describe('range', () => {
  test('takes the lowest address first, whatever the sizes of the holes', () => {
    const buddy = withHoles(16, { dirty: [1, 6, 8, 9, ...span(12, 15)] });
    const mode = { range: { start: 0, end: SZ_64K } } as const;
    const taken = span(1, 8).map(() => chunksOf(buddy.allocBlocks(SZ_4K, { mode }))[0]?.[0]);
    expect(taken).toEqual([1, 6, 8, 9, 12, 13, 14, 15]);
  });

  test('takes several blocks, the largest first and each as low as possible', () => {
    const buddy = withHoles(16, { dirty: [1, 6, 8, 9, ...span(12, 15)] });
    const mode = { range: { start: SZ_4K, end: SZ_64K } } as const;
    expect(chunksOf(buddy.allocBlocks(7 * SZ_4K, { mode }))).toEqual([
      [12, 4],
      [8, 2],
      [1, 1],
    ]);
  });

  test('prefers dirty or clear memory as asked, and takes the other kind where there is nothing else', () => {
    const mode = { range: { start: 0, end: SZ_64K } } as const;
    const make = () => withHoles(16, { dirty: [6], clear: [1] });
    expect(chunksOf(make().allocBlocks(SZ_4K, { mode, clear: true }))).toEqual([[1, 1]]);
    expect(chunksOf(make().allocBlocks(SZ_4K, { mode }))).toEqual([[6, 1]]);
    expect(chunksOf(withHoles(16, { dirty: [6] }).allocBlocks(SZ_4K, { mode, clear: true }))).toEqual([
      [6, 1],
    ]);
    expect(chunksOf(withHoles(16, { clear: [6] }).allocBlocks(SZ_4K, { mode }))).toEqual([[6, 1]]);
  });
});

describe('an exact range', () => {
  /** Chunks 4 to 7 as clear, dirty, and two clear ones; the rest free and dirty. */
  const make = () => withHoles(16, { dirty: [...span(0, 3), 5, ...span(8, 15)], clear: [4, 6, 7] });
  const exact = { range: { start: 4 * SZ_4K, end: 8 * SZ_4K } } as const;
  const pieces = [
    [4, 1],
    [5, 1],
    [6, 2],
  ];

  test.each([
    ['no flags', {}],
    ['clear', { clear: true }],
    ['contiguous', { contiguous: true }],
    ['trimDisable', { trimDisable: true }],
    ['all of them', { clear: true, contiguous: true, trimDisable: true }],
  ])('is the same with %s: all that is there, in ascending order', (_, flags) => {
    const buddy = make();
    const blocks = buddy.allocBlocks(SZ_16K, { mode: exact, ...flags });
    expect(chunksOf(blocks)).toEqual(pieces);
    expect(Array.from(blocks, (block) => block.isClear)).toEqual([true, false, true]);
    expectSound(buddy);
  });

  test('has blocks smaller than min block size, which only aligns its start and end', () => {
    const buddy = make();
    expect(chunksOf(buddy.allocBlocks(SZ_16K, { mode: exact, minBlockSize: SZ_16K }))).toEqual(pieces);
    const odd = { range: { start: SZ_8K, end: SZ_8K + SZ_4K } } as const;
    expect(
      refusalOf(buddy, () => buddy.allocBlocks(SZ_4K, { mode: odd, minBlockSize: SZ_8K })),
    ).toMatchObject({ code: 'EINVAL' });
  });

  test('need not be a power of two, nor lie within one root', () => {
    // Roots of 4 and 2 chunks.
    const buddy = new GpuBuddy({ size: SZ_24K });
    expect(chunksOf(buddy.allocBlocks(SZ_20K, { mode: { range: { start: SZ_4K, end: SZ_24K } } }))).toEqual([
      [1, 1],
      [2, 2],
      [4, 2],
    ]);
  });

  test('is had wholly or not at all', () => {
    const buddy = withHoles(16, { dirty: [4, 5, 7] });
    expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_16K, { mode: exact }))).toMatchObject({
      code: 'ENOSPC',
    });
  });
});

describe('contiguous', () => {
  const contiguous = true;

  test('is a power-of-two block, trimmed in place to adjacent ascending blocks', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    expect(chunksOf(buddy.allocBlocks(7 * SZ_4K, { contiguous }))).toEqual([
      [248, 4],
      [252, 2],
      [254, 1],
    ]);
    expect(chunksOf(buddy.allocBlocks(SZ_16K, { contiguous }))).toEqual([[244, 4]]);
  });

  test('falls back to a free block of half the size and what is adjacent to it, on its right', () => {
    const buddy = withHoles(16, { dirty: span(4, 9) });
    expect(chunksOf(buddy.allocBlocks(SZ_24K, { contiguous }))).toEqual([
      [4, 4],
      [8, 2],
    ]);
  });

  test('falls back to what is adjacent on the left', () => {
    const buddy = withHoles(16, { dirty: span(2, 7) });
    expect(chunksOf(buddy.allocBlocks(SZ_24K, { contiguous }))).toEqual([
      [2, 2],
      [4, 4],
    ]);
  });

  test('needs one free block of the largest power of two in its size, however much is adjacent', () => {
    // Four adjacent free chunks, but no block of four.
    const buddy = withHoles(16, { dirty: span(2, 5) });
    expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_16K, { contiguous }))).toMatchObject({
      code: 'ENOSPC',
    });
    expect(chunksOf(buddy.allocBlocks(SZ_12K, { contiguous })).map(([first]) => first)).toEqual([3, 4]);
  });

  test('crosses roots in the fallback, up to the whole space', () => {
    // Roots of 4, 2 and 1 chunks.
    const whole = new GpuBuddy({ size: 7 * SZ_4K });
    expect(chunksOf(whole.allocBlocks(7 * SZ_4K, { contiguous }))).toEqual([
      [0, 4],
      [4, 2],
      [6, 1],
    ]);
    const part = new GpuBuddy({ size: 7 * SZ_4K });
    expect(chunksOf(part.allocBlocks(SZ_20K, { contiguous }))).toEqual([
      [0, 4],
      [4, 1],
    ]);
  });

  test('prefers clear memory in the fallback, asked for or not', () => {
    const make = () => withHoles(16, { clear: span(2, 4), dirty: span(10, 12) });
    for (const clear of [true, false])
      expect(chunksOf(make().allocBlocks(SZ_12K, { contiguous, clear }))).toEqual([
        [2, 2],
        [4, 1],
      ]);
  });

  test('gives no more than was asked for in the fallback, with trimDisable or without', () => {
    const make = () => withHoles(16, { dirty: span(4, 9) });
    for (const trimDisable of [true, false])
      expect(make().allocBlocks(SZ_20K, { contiguous, trimDisable }).size).toBe(SZ_20K);
  });

  test('in a range is an aligned power-of-two block inside it, or nothing', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    // Eight chunks, of which no aligned eight lie inside.
    const narrow = { range: { start: SZ_4K, end: SZ_4K + SZ_32K } } as const;
    expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_20K, { contiguous, mode: narrow }))).toMatchObject({
      code: 'ENOSPC',
    });
    expect(chunksOf(buddy.allocBlocks(SZ_12K, { contiguous, mode: narrow }))).toEqual([
      [4, 2],
      [6, 1],
    ]);
    // Exactly a range has no such need.
    const exact = { range: { start: 8 * SZ_4K, end: 15 * SZ_4K } } as const;
    expect(buddy.allocBlocks(7 * SZ_4K, { contiguous, mode: exact }).size).toBe(7 * SZ_4K);
  });
});

describe('clear', () => {
  const clear = true;

  test('is a preference: one dirty block beats several smaller clear ones', () => {
    const buddy = withHoles(16, { clear: [1, 6], dirty: [8, 9] });
    const blocks = buddy.allocBlocks(SZ_8K, { clear });
    expect(chunksOf(blocks)).toEqual([[8, 2]]);
    expect(firstOf(blocks).isClear).toBe(false);
  });

  test('may be met in part', () => {
    const blocks = withHoles(16, { clear: [1], dirty: [8, 9] }).allocBlocks(SZ_12K, { clear });
    expect(Array.from(blocks, (block) => block.isClear)).toEqual([false, true]);
  });

  test('may be had without asking for it', () => {
    const blocks = withHoles(16, { clear: [1] }).allocBlocks(SZ_4K);
    expect(firstOf(blocks).isClear).toBe(true);
  });

  test('memory is left alone as long as there is dirty memory of that size', () => {
    const buddy = withHoles(16, { clear: [1, 3, 5], dirty: [8, 12] });
    const lists = [buddy.allocBlocks(SZ_4K), buddy.allocBlocks(SZ_4K), buddy.allocBlocks(SZ_4K)];
    expect(lists.map((list) => firstOf(list).isClear)).toEqual([false, false, true]);
  });
});

describe('a min block size above the size', () => {
  test.each([
    ['simple', {}, [[240, 1]]],
    ['top-down', { mode: 'top-down' }, [[240, 1]]],
    ['contiguous', { contiguous: true }, [[240, 1]]],
    ['clear', { clear: true }, [[240, 1]]],
    ['trimDisable', { trimDisable: true }, [[240, 1]]],
    ['range', { mode: { range: { start: SZ_4K, end: SZ_1M } } }, [[16, 1]]],
  ] as const)('aligns a block of exactly a power-of-two size: %s', (_, options, expected) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    expect(chunksOf(buddy.allocBlocks(SZ_4K, { minBlockSize: SZ_64K, ...options }))).toEqual(expected);
    expectSound(buddy);
  });

  test.each([
    [
      'simple',
      {},
      [
        [240, 2],
        [242, 1],
      ],
    ],
    [
      'contiguous',
      { contiguous: true },
      [
        [240, 2],
        [242, 1],
      ],
    ],
    [
      'range',
      { mode: { range: { start: SZ_4K, end: SZ_1M } } },
      [
        [16, 2],
        [18, 1],
      ],
    ],
    ['trimDisable', { trimDisable: true }, [[240, 16]]],
  ] as const)('is taken whole and trimmed for any other size: %s', (_, options, expected) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    expect(chunksOf(buddy.allocBlocks(SZ_12K, { minBlockSize: SZ_64K, ...options }))).toEqual(expected);
    expectSound(buddy);
  });

  test('may be larger than the space, whose start is aligned to anything', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    expect(chunksOf(buddy.allocBlocks(SZ_4K, { minBlockSize: 1n << 63n }))).toEqual([[0, 1]]);
    expect(buddy.tryAllocBlocks(SZ_4K, { minBlockSize: 1n << 63n })).toBeNull();
  });
});

describe('the order of a list', () => {
  test.each([
    [
      'is by size, not by address, where blocks are searched',
      {},
      [
        [254, 2],
        [253, 1],
      ],
    ],
    [
      'ascends after trimming',
      { contiguous: true },
      [
        [252, 2],
        [254, 1],
      ],
    ],
    [
      'ascends in an exact range',
      { mode: { range: { start: SZ_4K, end: SZ_16K } } },
      [
        [1, 1],
        [2, 2],
      ],
    ],
  ] as const)('%s', (_, options, expected) => {
    expect(chunksOf(new GpuBuddy({ size: SZ_1M }).allocBlocks(SZ_12K, options))).toEqual(expected);
  });

  test('ascends in the fallback of contiguous', () => {
    const blocks = withHoles(16, { dirty: span(3, 5) }).allocBlocks(SZ_12K, { contiguous: true });
    expect(chunksOf(blocks)).toEqual([
      [3, 1],
      [4, 2],
    ]);
  });
});

describe('trimDisable', () => {
  test.each([
    ['a multiple of min block size', SZ_20K, { minBlockSize: SZ_16K }, SZ_32K],
    ['min block size', SZ_12K, { minBlockSize: SZ_64K }, SZ_64K],
    ['a power of two for contiguous', SZ_20K, { contiguous: true }, SZ_32K],
    [
      'a power of two for contiguous in a range',
      SZ_20K,
      { contiguous: true, mode: { range: { start: 0, end: SZ_64K } } },
      SZ_32K,
    ],
    ['nothing where nothing is rounded', SZ_20K, {}, SZ_20K],
  ] as const)('keeps the size rounded up to %s', (_, size, options, expected) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    expect(buddy.allocBlocks(size, { ...options, trimDisable: true }).size).toBe(expected);
    expect(buddy.allocBlocks(size, options).size).toBe(size);
    expect(buddy.avail).toBe(SZ_1M - expected - size);
  });
});

describe('freed memory', () => {
  test('is dirty unless it is said to be clear, whatever it was', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    buddy.resetClear(true);
    buddy.allocBlocks(SZ_64K, { clear: true }).free();
    expect(freeChunksOf(buddy)).toEqual([[0, 16, 'dirty']]);
    buddy.allocBlocks(SZ_64K).free({ cleared: true });
    expect(freeChunksOf(buddy)).toEqual([[0, 16, 'clear']]);
  });

  test('merges with its buddy where both are of one kind', () => {
    const buddy = withHoles(8, { dirty: [0, 1, 2, 3], clear: [4, 5, 7] });
    expect(freeChunksOf(buddy)).toEqual([
      [0, 4, 'dirty'],
      [4, 2, 'clear'],
      [7, 1, 'clear'],
    ]);
  });
});

describe('a failed allocation', () => {
  test('may have turned clear memory dirty, where merging both kinds was not enough', () => {
    // One pair that can be merged; the caller wants four times as much in one block.
    const buddy = withHoles(16, { clear: [0, 9], dirty: [1, 12] });
    expect([buddy.avail, buddy.clearAvail]).toEqual([SZ_16K, SZ_8K]);
    expect(thrownBy(() => buddy.allocBlocks(SZ_16K, { minBlockSize: SZ_8K }))).toMatchObject({
      code: 'ENOSPC',
    });
    expect(freeChunksOf(buddy)).toEqual([
      [0, 2, 'dirty'],
      [9, 1, 'clear'],
      [12, 1, 'dirty'],
    ]);
    expect([buddy.avail, buddy.clearAvail]).toEqual([SZ_16K, SZ_4K]);
    expectSound(buddy);
  });

  test('gives back what it had found already', () => {
    const buddy = withHoles(16, { dirty: [1, 4, 5] });
    const before = stateOf(buddy);
    expect(buddy.tryAllocBlocks(SZ_16K)).toBeNull();
    expect(stateOf(buddy)).toEqual(before);
  });
});

describe('roots', () => {
  test.each([1, 2, 3, 6, 7, 0b1011_0110, 2 ** 20 - 1])(
    'are descending powers of two: a space of %d chunks',
    (chunks) => {
      const buddy = new GpuBuddy({ size: chunks * SZ_4K + 4095 });
      const { offsets, orders } = buddy.snapshot();
      const expected = Array.from(chunks.toString(2)).flatMap((bit, i, bits) =>
        bit === '1' ? [bits.length - 1 - i] : [],
      );
      expect([...orders]).toEqual(expected);
      expect(offsets[0]).toBe(0);
      expectSound(buddy);
    },
  );

  test('never merge with each other', () => {
    const buddy = new GpuBuddy({ size: SZ_24K });
    buddy.allocBlocks(SZ_24K).free();
    expect(freeChunksOf(buddy)).toEqual([
      [0, 4, 'dirty'],
      [4, 2, 'dirty'],
    ]);
  });
});
