// The contract of AllocatedBlocks and AllocatedBlock: who owns the memory, what can be read, and for how long.

import { describe, expect, test } from '@jest/globals';
import {
  AllocatedBlock,
  AllocatedBlocks,
  GpuBuddy,
  STATE_ALLOCATED,
  STATE_CLEAR,
  SZ_16K,
  SZ_1M,
  SZ_4K,
  SZ_8K,
} from 'gpu-buddy';
import {
  chunksOf,
  describeBlock,
  expectSound,
  firstOf,
  rangesOf,
  stateOf,
  SZ_12K,
  SZ_24K,
  thrownBy,
} from '../support/allocator-state';

/** Three blocks, of 16, 8 and 4 KiB. */
const SIZE_OF_THREE = SZ_16K + SZ_12K;

const FREED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_FREED', errno: undefined };

/** Calls that read or change a list, and fail once it is freed. */
const uses: [name: string, syscall: string, use: (blocks: AllocatedBlocks) => unknown][] = [
  ['length', 'gpu_buddy_block', (blocks) => blocks.length],
  ['isEmpty', 'gpu_buddy_block', (blocks) => blocks.isEmpty],
  ['size', 'gpu_buddy_block', (blocks) => blocks.size],
  ['at()', 'gpu_buddy_block', (blocks) => blocks.at(0)],
  ['iteration', 'gpu_buddy_block', (blocks) => [...blocks]],
  ['toArrays()', 'gpu_buddy_block', (blocks) => blocks.toArrays()],
  ['segments()', 'gpu_buddy_block', (blocks) => blocks.segments()],
  [
    'trim()',
    'gpu_buddy_block_trim',
    (blocks) => {
      blocks.trim(SZ_4K);
    },
  ],
  [
    'trim() with a start',
    'gpu_buddy_block_trim',
    (blocks) => {
      blocks.trim(SZ_4K, { start: 0 });
    },
  ],
  [
    'freeBlock()',
    'gpu_buddy_free_list',
    (blocks) => {
      blocks.freeBlock(0);
    },
  ],
];

/** Getters that read a block, and fail once its list is freed or changed. */
const getters = [
  ['offset', 'gpu_buddy_block_offset'],
  ['order', 'gpu_buddy_block_order'],
  ['size', 'gpu_buddy_block_size'],
  ['isClear', 'gpu_buddy_block_is_clear'],
  ['tag', 'gpu_buddy_block'],
] as const;

function expectInvalid(block: AllocatedBlock): void {
  for (const [getter, syscall] of getters)
    expect(thrownBy(() => block[getter])).toMatchObject({ ...FREED, syscall });
}

describe('the owner of a list', () => {
  const ways: [name: string, end: (blocks: AllocatedBlocks) => void][] = [
    [
      'free()',
      (blocks) => {
        blocks.free();
      },
    ],
    [
      'free() with options',
      (blocks) => {
        blocks.free({ cleared: false });
      },
    ],
    [
      'Symbol.dispose',
      (blocks) => {
        blocks[Symbol.dispose]();
      },
    ],
    [
      'the end of a using block',
      (blocks) => {
        using held = blocks;
        expect(held.freed).toBe(false);
      },
    ],
    [
      'an exception out of a using block',
      (blocks) => {
        expect(() => {
          using held = blocks;
          throw new Error(String(held.length));
        }).toThrow('3');
      },
    ],
  ];

  test.each(ways)('gives all of it back by %s', (_, end) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const before = stateOf(buddy);
    const blocks = buddy.allocBlocks(SIZE_OF_THREE);
    expect([blocks.freed, buddy.avail]).toEqual([false, SZ_1M - SIZE_OF_THREE]);
    end(blocks);
    expect(blocks.freed).toBe(true);
    expect(stateOf(buddy)).toEqual(before);
    expectSound(buddy);
  });

  test.each(ways)('may free it again: after %s nothing more happens', (_, end) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SIZE_OF_THREE);
    end(blocks);
    // The native slot of the first list is the second one's now.
    using next = buddy.allocBlocks(SIZE_OF_THREE);
    const before = stateOf(buddy);
    blocks.free();
    blocks.free({ cleared: true });
    blocks[Symbol.dispose]();
    expect(stateOf(buddy)).toEqual(before);
    expect(chunksOf(next)).toHaveLength(3);
  });

  test('still learns of wrong options when it is freed already', () => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(SZ_4K);
    blocks.free();
    expect(
      thrownBy(() => {
        blocks.free({ cleared: 1 as never });
      }),
    ).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  });
});

describe('a freed list', () => {
  test.each(uses)('throws on %s', (_, syscall, use) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SIZE_OF_THREE, { tag: 5 });
    blocks.free();
    // A list in the same native slot is none of its business.
    using next = buddy.allocBlocks(SZ_8K);
    const before = stateOf(buddy);
    expect(thrownBy(() => use(blocks))).toMatchObject({ ...FREED, syscall });
    expect(stateOf(buddy)).toEqual(before);
    expect(next.length).toBe(1);
  });

  test('still tells its allocator, its tag, and that it is freed', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_4K, { tag: 5 });
    blocks.free();
    expect([blocks.buddy, blocks.tag, blocks.freed]).toEqual([buddy, 5, true]);
  });

  test('ends an iteration that has begun', () => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(SIZE_OF_THREE);
    const iterator = blocks[Symbol.iterator]();
    expect(iterator.next().done).toBe(false);
    blocks.free();
    expect(thrownBy(() => iterator.next())).toMatchObject(FREED);
  });
});

describe('a list', () => {
  test.each([
    ['one block', SZ_4K, {}, 1, SZ_4K],
    ['several blocks', SIZE_OF_THREE, {}, 3, SIZE_OF_THREE],
    ['more than was asked for', SIZE_OF_THREE, { contiguous: true, trimDisable: true }, 1, 2 * SZ_16K],
  ])('tells its length and its size: %s', (_, size, options, length, bytes) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(size, options);
    expect(blocks).toBeInstanceOf(AllocatedBlocks);
    expect(blocks.buddy).toBe(buddy);
    expect([blocks.length, blocks.isEmpty, blocks.size, blocks.freed]).toEqual([length, false, bytes, false]);
  });

  test('carries the tag it was given, or 0', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const tags = [undefined, 0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER];
    expect(tags.map((tag) => buddy.allocBlocks(SZ_4K, { tag }).tag)).toEqual([0, 0, 1, 2 ** 32, 2 ** 53 - 1]);
  });

  test('is empty only when all of its blocks have been freed one by one', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SIZE_OF_THREE);
    const seen = [];
    for (let left = blocks.length; left > 0; left--) {
      blocks.freeBlock(0);
      seen.push([blocks.length, blocks.isEmpty, blocks.size, [...blocks].length]);
    }
    expect(seen).toEqual([
      [2, false, SZ_12K, 2],
      [1, false, SZ_4K, 1],
      [0, true, 0, 0],
    ]);
    expect([blocks.freed, blocks.at(0), blocks.at(-1)]).toEqual([false, undefined, undefined]);
    expect(buddy.avail).toBe(buddy.size);
    blocks.free();
    expect(blocks.freed).toBe(true);
  });

  test('iterates in list order, as often and in as many places as wanted', () => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(SIZE_OF_THREE);
    const expected = [
      [252, 4],
      [250, 2],
      [249, 1],
    ];
    expect(chunksOf(blocks)).toEqual(expected);
    expect(chunksOf(blocks)).toEqual(expected);
    const pairs = Array.from(blocks, (one) => Array.from(blocks, (other) => one.order * 10 + other.order));
    expect(pairs.flat()).toEqual([22, 21, 20, 12, 11, 10, 2, 1, 0]);
  });

  test('iterates over each of many blocks once', () => {
    const buddy = new GpuBuddy({ size: 4 * SZ_1M });
    const even = Array.from({ length: 512 }, (_, i) =>
      buddy.allocBlocks(SZ_4K, { mode: { range: { start: 2 * i * SZ_4K, end: (2 * i + 1) * SZ_4K } } }),
    );
    const blocks = buddy.allocBlocks(512 * SZ_4K);
    expect(even.every((list) => list.length === 1)).toBe(true);
    expect(blocks.length).toBe(512);
    expect(chunksOf(blocks).sort(([a], [b]) => a - b)).toEqual(
      Array.from({ length: 512 }, (_, i) => [2 * i + 1, 1]),
    );
    expect(blocks.size).toBe(512 * 4096);
    expectSound(buddy);
  });

  test.each([
    0,
    1,
    2,
    3,
    4,
    -1,
    -2,
    -3,
    -4,
    0.9,
    1.5,
    -0.5,
    -1.5,
    2.999,
    NaN,
    -0,
    Infinity,
    -Infinity,
    2 ** 53,
    1e300,
  ])('has at(%d) where an array has it', (index) => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(SIZE_OF_THREE);
    expect(blocks.at(index)?.order).toBe([2, 1, 0].at(index));
  });
});

describe('toArrays()', () => {
  test("has a row for each block in list order, which is the caller's", () => {
    const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: 1n << 40n });
    buddy.resetClear(true);
    const blocks = buddy.allocBlocks(SIZE_OF_THREE, { tag: 5, clear: true });
    const expected = {
      offsets: Float64Array.from(blocks, ({ offset }) => offset),
      orders: Uint8Array.of(2, 1, 0),
      states: new Uint8Array(3).fill(STATE_ALLOCATED | STATE_CLEAR),
      tags: Float64Array.of(5, 5, 5),
    };
    const arrays = blocks.toArrays();
    expect(arrays).toEqual(expected);
    arrays.offsets.fill(0);
    expect(blocks.toArrays()).toEqual(expected);
    blocks.free();
    expect(arrays.orders).toEqual(expected.orders);
  });

  test('is empty for a list that has lost all of its blocks', () => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(SZ_4K);
    blocks.freeBlock(0);
    expect([blocks.toArrays().offsets.length, blocks.segments()]).toEqual([0, []]);
  });
});

describe('freeBlock()', () => {
  test.each([-1, 1])('frees the last of two blocks, by index %d', (index) => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(5 * SZ_4K);
    const kept = blocks.at(0)?.offset;
    blocks.freeBlock(index);
    expect([blocks.length, blocks.at(0)?.offset]).toEqual([1, kept]);
  });

  test.each([-3, 2])('throws EINVAL for index %d', (index) => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(5 * SZ_4K);
    const error = thrownBy(() => {
      blocks.freeBlock(index);
    });
    expect(error).toMatchObject({ code: 'EINVAL' });
    expect(blocks.length).toBe(2);
  });
});

describe('segments()', () => {
  /** Blocks of 4 and 8 KiB, and of 16 and 8 KiB, side by side. */
  function make() {
    const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: 1n << 32n });
    const start = buddy.baseOffset + 33 * SZ_4K;
    const blocks = buddy.allocBlocks(32 * SZ_4K, {
      mode: { range: { start: start - SZ_4K, end: start + 31 * SZ_4K } },
    });
    blocks.trim(13 * SZ_4K, { start });
    blocks.freeBlock(2);
    expect(chunksOf(blocks)).toEqual([
      [33, 1],
      [34, 2],
      [40, 4],
      [44, 2],
    ]);
    const segments = (maxLength?: number | bigint) =>
      blocks
        .segments(maxLength)
        .map(({ offset, size }) => [(offset - buddy.baseOffset) / SZ_4K, size / SZ_4K]);
    return { segments, blocks };
  }

  test('are as few as can be', () => {
    const { segments } = make();
    const expected = [
      [33, 3],
      [40, 6],
    ];
    expect(segments()).toEqual(expected);
    expect(segments(undefined)).toEqual(expected);
    expect(segments(6n * 4096n)).toEqual(expected);
    expect(segments((1n << 64n) - 4096n)).toEqual(expected);
  });

  test('are as long as they may be at most', () => {
    const { segments } = make();
    expect(segments(4 * SZ_4K)).toEqual([
      [33, 3],
      [40, 4],
      [44, 2],
    ]);
    expect(segments(SZ_4K)).toEqual([33, 34, 35, 40, 41, 42, 43, 44, 45].map((chunk) => [chunk, 1]));
  });

  test('keep the order of the list, and join no block to one before it', () => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(SIZE_OF_THREE);
    expect(blocks.segments().map(({ offset }) => offset / SZ_4K)).toEqual([252, 250, 249]);
  });

  test.each([
    ['length', '4096', 'ERR_INVALID_ARG_TYPE'] as const,
    ['number', -4096, 'ERR_OUT_OF_RANGE'] as const,
  ])('refuse a maxLength that is no valid %s', (_, maxLength, code) => {
    const { blocks } = make();
    expect(thrownBy(() => blocks.segments(maxLength as never))).toMatchObject({ code });
  });
});

describe('a block', () => {
  test('tells where it is, how large, whether it was clear, and what it is tagged with', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SIZE_OF_THREE, { tag: 42 });
    const common = { isClear: false, tag: 42 };
    expect(Array.from(blocks, describeBlock)).toEqual([
      { offset: SZ_1M - SZ_16K, order: 2, size: SZ_16K, ...common },
      { offset: SZ_1M - SZ_24K, order: 1, size: SZ_8K, ...common },
      { offset: SZ_1M - SZ_24K - SZ_4K, order: 0, size: SZ_4K, ...common },
    ]);
    for (const block of blocks) {
      expect(block).toBeInstanceOf(AllocatedBlock);
      expect(block.blocks).toBe(blocks);
    }
  });

  test('is the same to all who look: by at(), by iteration and by its address', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    buddy.resetClear(true);
    const blocks = buddy.allocBlocks(SIZE_OF_THREE, { tag: 1 });
    for (const [i, block] of [...blocks].entries()) {
      const there = blocks.at(i);
      expect(there && describeBlock(there)).toEqual(describeBlock(block));
      expect(buddy.blockAt(block.offset)).toEqual(describeBlock(block));
    }
  });

  test.each([true, false])('remembers that its memory was clear: %s', (isClear) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    buddy.resetClear(isClear);
    const blocks = buddy.allocBlocks(SIZE_OF_THREE);
    expect(Array.from(blocks, (block) => block.isClear)).toEqual([isClear, isClear, isClear]);
    // The flag tells of the time of the allocation.
    buddy.resetClear(!isClear);
    expect(Array.from(blocks, (block) => block.isClear)).toEqual([isClear, isClear, isClear]);
  });

  const ends: [name: string, size: number, end: (blocks: AllocatedBlocks) => void][] = [
    [
      'free()',
      SIZE_OF_THREE,
      (blocks) => {
        blocks.free();
      },
    ],
    [
      'freeBlock() of itself',
      SIZE_OF_THREE,
      (blocks) => {
        blocks.freeBlock(0);
      },
    ],
    [
      'freeBlock() of another block',
      SIZE_OF_THREE,
      (blocks) => {
        blocks.freeBlock(2);
      },
    ],
    [
      'trim()',
      SZ_16K,
      (blocks) => {
        blocks.trim(SZ_12K);
      },
    ],
    [
      'trim() to what it is',
      SZ_16K,
      (blocks) => {
        blocks.trim(SZ_16K);
      },
    ],
  ];

  test.each(ends)('is of no use after %s', (_, size, end) => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(size);
    const block = firstOf(blocks);
    end(blocks);
    expectInvalid(block);
    expect(block.blocks).toBe(blocks);
  });

  test('stays of no use when another list takes the place of its own', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_16K);
    const block = firstOf(blocks);
    blocks.free();
    using next = buddy.allocBlocks(SZ_16K);
    expect(rangesOf(next)).toEqual([[SZ_1M - SZ_16K, SZ_16K]]);
    expectInvalid(block);
  });

  test('can be read again from a list that was trimmed', () => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(SZ_16K);
    blocks.trim(SZ_8K);
    expect(chunksOf(blocks)).toEqual([[252, 2]]);
  });

  const failures: [name: string, failure: (blocks: AllocatedBlocks) => void][] = [
    [
      'trim()',
      (blocks) => {
        blocks.trim(0);
      },
    ],
    [
      'trim() with a start',
      (blocks) => {
        blocks.trim(SZ_4K, { start: 0 });
      },
    ],
    [
      'freeBlock()',
      (blocks) => {
        blocks.freeBlock(3);
      },
    ],
    [
      'free()',
      (blocks) => {
        blocks.free({ cleared: 'yes' as never });
      },
    ],
  ];

  test.each(failures)('survives a %s that fails', (_, failure) => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(SZ_16K);
    const block = firstOf(blocks);
    const before = describeBlock(block);
    thrownBy(() => {
      failure(blocks);
    });
    expect(describeBlock(block)).toEqual(before);
    expect(blocks.freed).toBe(false);
  });
});

describe('the classes of lists and blocks', () => {
  test.each([
    ['AllocatedBlocks', AllocatedBlocks],
    ['AllocatedBlock', AllocatedBlock],
  ])('%s cannot be made by hand', (_, Class) => {
    const error = thrownBy(() => Reflect.construct(Class, []) as unknown);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: 'ERR_ILLEGAL_CONSTRUCTOR', message: 'Illegal constructor' });
    expect(
      thrownBy(() => Reflect.construct(Class, [Symbol('gpu-buddy.internal'), {}]) as unknown),
    ).toMatchObject({
      code: 'ERR_ILLEGAL_CONSTRUCTOR',
    });
  });
});
