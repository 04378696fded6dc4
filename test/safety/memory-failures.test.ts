// One test a row of the kernel notes' table of hazards: what the raw kernel makes of such arguments nobody meant, so
// GpuBuddy gives another answer, and is as it was where that answer is an error. Where the types leave no way to write
// a hazard down, a `@ts-expect-error` proves it, and the call is made nevertheless.

import { failMemory, healMemory } from '../support/faults';
import { describe, expect, test } from '@jest/globals';
import {
  AllocatedBlocks,
  GpuBuddy,
  SZ_128K,
  SZ_16K,
  SZ_1M,
  SZ_256K,
  SZ_2M,
  SZ_32K,
  SZ_4K,
  SZ_512K,
  SZ_64K,
  SZ_8K,
  SZ_8M,
  SZ_1G,
  type AllocOptions,
} from 'gpu-buddy';
import {
  expectSound,
  firstOf,
  freeChunksOf,
  randomNumbers,
  rangesOf,
  refusalOf,
  shuffled,
  span,
  stateOf,
  SZ_12K,
  SZ_20K,
  SZ_24K,
  takeAll,
  thrownBy,
  toRange,
  withHoles,
} from '../support/allocator-state';

const EINVAL = { name: 'GpuBuddyError', code: 'EINVAL', errno: -22, syscall: 'gpu_buddy_alloc_blocks' };
const ENOMEM = { name: 'GpuBuddyError', code: 'ENOMEM', errno: -12 };
const FREED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_FREED' };
const TOKEN = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_TOKEN' };
const WORK_LIMIT = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_WORK_LIMIT', errno: undefined };

const megabyte = () => new GpuBuddy({ size: SZ_1M });

describe('H1: sizes of 2^32 chunks and more', () => {
  test('2^32 chunks and one are two blocks, and not 2^32 of them', () => {
    const buddy = new GpuBuddy({ size: 2 ** 46 });
    const before = stateOf(buddy);
    const blocks = buddy.allocBlocks(2 ** 44 + SZ_4K);
    expect(rangesOf(blocks)).toEqual([
      [2 ** 46 - 2 ** 44, 2 ** 44],
      [2 ** 46 - 2 ** 44 - SZ_4K, SZ_4K],
    ]);
    blocks.free();
    expect(stateOf(buddy)).toEqual(before);
  });

  test.each<[string, AllocOptions]>([
    ['simple', {}],
    ['top-down', { mode: 'top-down' }],
    ['contiguous', { contiguous: true }],
    ['in a range', { mode: { range: { start: 0, end: 2 ** 46 } } }],
  ])('exactly 2^32 chunks are one block: %s', (_, options) => {
    const buddy = new GpuBuddy({ size: 2 ** 46 });
    using blocks = buddy.allocBlocks(2 ** 44, options);
    expect(Array.from(blocks, ({ order }) => order)).toEqual([32]);
    expectSound(buddy);
  });
});

test('H2: a contiguous size above 2^63 is put together, or refused in a range', () => {
  const buddy = new GpuBuddy({ size: 2n ** 64n - 1n, bigint: true });
  const size = 2n ** 63n + 4096n;
  const range = { start: 0, end: 2n ** 64n - 4096n };
  const error = refusalOf(buddy, () => buddy.allocBlocks(size, { contiguous: true, mode: { range } }));
  expect(error).toMatchObject(EINVAL);
  expect(error.message).toContain(`size (${size}) rounded up to a power of two`);

  using blocks = buddy.allocBlocks(size, { contiguous: true });
  expect(rangesOf(blocks)).toEqual([
    [0n, 2n ** 63n],
    [2n ** 63n, 4096n],
  ]);
});

describe.each([
  ['H3: a range that ends at 0', [SZ_64K, 0]],
  ['H3: a range from 0 to 0', [0, 0]],
  ['H4: a range that starts behind its end', [SZ_64K, SZ_32K]],
  ['H4: a range of nothing', [SZ_64K, SZ_64K]],
] as const)('%s', (_, range) => {
  test.each<[string, AllocOptions]>([
    ['by itself', {}],
    ['with contiguous', { contiguous: true }],
    ['with an alignment', { minBlockSize: SZ_128K }],
  ])('is refused, %s', (_, options) => {
    const buddy = megabyte();
    const error = refusalOf(buddy, () =>
      buddy.allocBlocks(SZ_4K, { ...options, mode: { range: toRange(range) } }),
    );
    expect(error).toMatchObject(EINVAL);
    expect(error.message).toContain('must start below its end');
  });
});

describe('H5: start and end without a range', () => {
  test("can't be written, and are refused", () => {
    const buddy = new GpuBuddy({ size: SZ_8M });
    // @ts-expect-error -- there are no such options
    const call = () => buddy.allocBlocks(SZ_1M, { start: SZ_1M, end: SZ_2M });
    expect(refusalOf(buddy, call)).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  });

  test('do not arise where all of the space is asked for: the flags are heeded', () => {
    const buddy = new GpuBuddy({ size: SZ_1M + SZ_4K });
    const before = stateOf(buddy);
    expect(refusalOf(buddy, () => buddy.allocBlocks(buddy.size, { minBlockSize: SZ_8K }))).toMatchObject(
      EINVAL,
    );
    const blocks = buddy.allocBlocks(buddy.size);
    // Largest block first, as in any allocation that is no exact range.
    expect(rangesOf(blocks)).toEqual([
      [0, SZ_1M],
      [SZ_1M, 4096],
    ]);
    blocks.free();
    expect(stateOf(buddy)).toEqual(before);
  });
});

describe('H6: a start without a range', () => {
  test("can't be written, and is refused", () => {
    const buddy = megabyte();
    // @ts-expect-error -- there are no such options
    const call = () => buddy.allocBlocks(SZ_8K, { start: SZ_1M - SZ_4K, end: SZ_1M });
    expect(refusalOf(buddy, call)).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  });

  test("can't be told apart from a mode: a range is one", () => {
    const buddy = megabyte();
    // @ts-expect-error -- a mode is one of four
    const mixed: AllocOptions = { mode: ['top-down', { range: { start: 0, end: SZ_4K } }] };
    expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_4K, mixed))).toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });
});

test.each([
  ['a power of two', SZ_4K, [SZ_4K, SZ_512K], [[SZ_64K, SZ_4K]]],
  [
    'another size',
    SZ_12K,
    [SZ_4K, SZ_512K],
    [
      [SZ_64K, SZ_8K],
      [SZ_64K + SZ_8K, SZ_4K],
    ],
  ],
  ['where one aligned block lies in the range', SZ_4K, [SZ_4K, SZ_128K + SZ_4K], [[SZ_64K, SZ_4K]]],
] as const)(
  'H7: a size below minBlockSize keeps its alignment in a range: %s',
  (_, size, range, expected) => {
    const buddy = megabyte();
    const before = stateOf(buddy);
    const blocks = buddy.allocBlocks(size, { minBlockSize: SZ_64K, mode: { range: toRange(range) } });
    expect(rangesOf(blocks)).toEqual(expected);
    expectSound(buddy);
    blocks.free();
    expect(stateOf(buddy)).toEqual(before);
  },
);

test.each([
  ['no aligned block lies in the range', [SZ_4K, SZ_64K]],
  ['the range lies within one', [SZ_64K + SZ_4K, SZ_128K - SZ_4K]],
] as const)('H7: there is no space where %s', (_, range) => {
  const buddy = megabyte();
  const call = () => buddy.allocBlocks(SZ_4K, { minBlockSize: SZ_64K, mode: { range: toRange(range) } });
  expect(refusalOf(buddy, call)).toMatchObject({ code: 'ENOSPC', errno: -28 });
});

test.each<[string, number, AllocOptions, number]>([
  ['a chunk', SZ_4K, {}, SZ_1M - SZ_128K],
  ['no power of two', SZ_12K, {}, SZ_1M - SZ_128K],
  ['half of it', SZ_64K, {}, SZ_1M - SZ_128K],
  ['top-down', SZ_4K, { mode: 'top-down' }, SZ_1M - SZ_128K],
  ['in a range', SZ_4K, { mode: { range: { start: SZ_4K, end: SZ_512K } } }, SZ_128K],
  ['no power of two in a range', SZ_12K, { mode: { range: { start: SZ_4K, end: SZ_512K } } }, SZ_128K],
])('H8: a contiguous size below minBlockSize keeps its alignment: %s', (_, size, options, offset) => {
  const buddy = megabyte();
  const before = stateOf(buddy);
  const blocks = buddy.allocBlocks(size, { ...options, contiguous: true, minBlockSize: SZ_128K });
  expect([firstOf(blocks).offset, blocks.size]).toEqual([offset, size]);
  expectSound(buddy);
  blocks.free();
  expect(stateOf(buddy)).toEqual(before);
});

test('H9: a contiguous allocation that fails leaves earlier lists alone, and can be given none of them', () => {
  const buddy = megabyte();
  using earlier = buddy.allocBlocks(SZ_20K);
  const ranges = rangesOf(earlier);
  const call = () => buddy.allocBlocks(SZ_1M, { contiguous: true });
  expect(refusalOf(buddy, call)).toMatchObject({ code: 'ENOSPC' });
  expect(rangesOf(earlier)).toEqual(ranges);
  // @ts-expect-error -- there is no such option
  const into = () => buddy.allocBlocks(SZ_4K, { into: earlier });
  expect(refusalOf(buddy, into)).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  expect(rangesOf(earlier)).toEqual(ranges);
});

test.each([1, 2, 3])(
  'H10: resetClear() reaches all that is free, in whatever order it came (seed %d)',
  (seed) => {
    const chunks = 4096;
    const buddy = new GpuBuddy({ size: chunks * SZ_4K });
    const lists = takeAll(buddy);
    const even = span(0, chunks / 2 - 1).map((i) => 2 * i);
    for (const i of shuffled(even, randomNumbers(seed))) lists[i]?.free({ cleared: true });
    expect(buddy.clearAvail).toBe(buddy.avail);

    buddy.resetClear(false);
    expect(buddy.clearAvail).toBe(0);
    expectSound(buddy);
    buddy.resetClear(true);
    expect([buddy.clearAvail, buddy.avail]).toEqual([buddy.size / 2, buddy.size / 2]);
    expectSound(buddy);
    for (const list of lists) list.free();
  },
);

test('H11: a single block that is freed dirty does not become clear', () => {
  const buddy = megabyte();
  buddy.resetClear(true);
  using blocks = buddy.allocBlocks(SZ_24K + SZ_4K, { clear: true });
  const clear = buddy.clearAvail;
  blocks.freeBlock(2);
  expect([buddy.clearAvail, buddy.avail]).toEqual([clear, clear + 4096]);
  blocks.freeBlock(1, { cleared: true });
  expect([buddy.clearAvail, buddy.avail]).toEqual([clear + 8192, clear + 12288]);
  expectSound(buddy);
});

test('H12: what is trimmed off a clear block counts as clear, as the documents say', () => {
  const buddy = megabyte();
  buddy.resetClear(true);
  using blocks = buddy.allocBlocks(SZ_64K, { clear: true });
  blocks.trim(SZ_4K);
  expect(buddy.clearAvail).toBe(SZ_1M - SZ_4K);
  blocks.free();
  expect(buddy.clearAvail).toBe(SZ_1M - SZ_4K);
});

describe('H13: a list or a block that is not there any more', () => {
  test('can be freed again, which does nothing, and not be used', () => {
    const buddy = megabyte();
    const stale = buddy.allocBlocks(SZ_20K);
    const block = firstOf(stale);
    stale.free();
    // Takes the same slot, and the same blocks.
    using fresh = buddy.allocBlocks(SZ_20K);
    const before = stateOf(buddy);
    stale.free();
    stale.free({ cleared: true });
    stale[Symbol.dispose]();
    expect(stateOf(buddy)).toEqual(before);
    for (const use of [
      () => {
        stale.trim(SZ_4K);
      },
      () => {
        stale.freeBlock(0);
      },
      () => stale.transfer(),
      () => stale.size,
      () => [...stale],
      () => block.offset,
      () => block.isClear,
    ])
      expect(refusalOf(buddy, use)).toMatchObject(FREED);
    expect(rangesOf(fresh)).toHaveLength(2);
  });

  test('is not there once its list is trimmed, or has lost a block, or was given away', () => {
    const buddy = megabyte();
    const trimmed = buddy.allocBlocks(SZ_64K);
    const reduced = buddy.allocBlocks(SZ_20K);
    const given = buddy.allocBlocks(SZ_4K);
    const blocks = [trimmed, reduced, given].map(firstOf);
    trimmed.trim(SZ_4K);
    reduced.freeBlock(1);
    const token = given.transfer();
    for (const block of blocks) expect(refusalOf(buddy, () => block.offset)).toMatchObject(FREED);
    expect(rangesOf(AllocatedBlocks.adopt(token))).toHaveLength(1);
  });
});

describe('H14: a block of another allocator', () => {
  test("can't be given to one: no call takes a block", () => {
    const [mine, other] = [megabyte(), megabyte()];
    using blocks = other.allocBlocks(SZ_4K);
    // @ts-expect-error -- blocks are freed by their lists
    expect(mine.freeBlock).toBeUndefined();
    const freeForeign = () => {
      // @ts-expect-error -- blocks go by their index
      mine.allocBlocks(SZ_4K).freeBlock(firstOf(blocks));
    };
    expect(thrownBy(freeForeign)).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(other.avail).toBe(SZ_1M - SZ_4K);
  });

  test('is not taken up by one, whatever the token says', () => {
    const [mine, other] = [megabyte(), megabyte()];
    const token = other.allocBlocks(SZ_4K).transfer();
    const forged = { ...token, buddy: mine.share() };
    expect(refusalOf(mine, () => AllocatedBlocks.adopt(forged))).toMatchObject(TOKEN);
    expect(refusalOf(other, () => AllocatedBlocks.adopt(forged))).toMatchObject(TOKEN);
    AllocatedBlocks.adopt(token).free();
    expect(other.avail).toBe(other.size);
  });
});

test('H15: an allocator that is disposed of with live lists ends with the last of them, without a warning', () => {
  const buddy = megabyte();
  const observer = GpuBuddy.from(buddy.share());
  const lists = [buddy.allocBlocks(SZ_20K), buddy.allocBlocks(SZ_64K)];
  buddy.dispose();
  expect(lists.map((list) => rangesOf(list).length)).toEqual([2, 1]);
  expect(observer.avail).toBe(SZ_1M - SZ_64K - SZ_20K);
  for (const list of lists) list.free();
  expect(observer.avail).toBe(observer.size);
  expect(observer.stats().kernelWarnings).toBe(0);
  observer.dispose();
  expect(thrownBy(() => observer.avail)).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
});

test('H16: an allocator that could not be made leaves nothing behind', () => {
  for (const maxNativeBytes of [1, 1_000, 10_000, 60_000])
    expect(
      thrownBy(() => new GpuBuddy({ size: 2n ** 63n - 4096n, bigint: true, maxNativeBytes })),
    ).toMatchObject({
      ...ENOMEM,
      syscall: 'gpu_buddy_init',
    });
  expect(thrownBy(() => new GpuBuddy({ size: SZ_4K - 1 }))).toMatchObject({ code: 'EINVAL' });
  expect(thrownBy(() => new GpuBuddy({ size: SZ_1M, chunkSize: 5000 }))).toMatchObject({ code: 'EINVAL' });
  const buddy = megabyte();
  buddy.allocBlocks(SZ_20K).free();
  expectSound(buddy);
});

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

/** How many pieces of memory an allocation takes: for so many n, it fails where none is to be had from the nth on. */
function piecesOf(buddy: GpuBuddy, size: number, options: AllocOptions): number {
  let pieces = 0;
  while (failsWithout(pieces + 1, 'from then on', buddy, size, options))
    if (++pieces > MOST_PIECES) throw new Error(`The call took more than ${MOST_PIECES} pieces of memory.`);
  return pieces;
}

/** From 1 GiB down to 4 KiB there are 18 splits, of which each takes two. */
const PIECES = 36;

describe.each<[string, number, AllocOptions]>([
  ['H17: trimming a contiguous allocation', SZ_12K, { contiguous: true }],
  ['H17: trimming one in a range', SZ_20K, { contiguous: true, mode: { range: { start: 0, end: SZ_1M } } }],
  ['H17: trimming what a large minBlockSize rounds up', SZ_20K, { minBlockSize: SZ_64K }],
  [
    'H17: trimming what is aligned in a range',
    SZ_4K,
    { minBlockSize: SZ_64K, mode: { range: { start: SZ_4K, end: SZ_1M } } },
  ],
  ['H18: splitting', SZ_4K, {}],
  ['H18: splitting top-down', SZ_4K, { mode: 'top-down' }],
  ['H18: splitting for several blocks', SZ_24K + SZ_4K, {}],
  ['H18: splitting in a range', SZ_4K, { mode: { range: { start: SZ_512K, end: SZ_1M } } }],
  ['H18: splitting for an exact range', SZ_12K, { mode: { range: { start: SZ_4K, end: SZ_16K } } }],
  ['H18: splitting for clear memory', SZ_4K, { clear: true }],
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
  'H18: a trim without memory, %s, leaves the list as it is',
  (times) => {
    const buddy = megabyte();
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

test('H19: a request for many fragments of a range ends at the work limit', () => {
  const holes = 3000;
  const buddy = new GpuBuddy({ size: 2 * holes * SZ_4K, maxSteps: 100_000 });
  const lists = takeAll(buddy);
  lists.forEach((list, i) => {
    if (i % 2) list.free();
  });
  const all = () => buddy.allocBlocks(holes * SZ_4K, { mode: { range: { start: 0, end: buddy.size } } });
  expect(refusalOf(buddy, all)).toMatchObject(WORK_LIMIT);
  buddy.allocBlocks(10 * SZ_4K, { mode: { range: { start: 0, end: buddy.size } } }).free();
  for (const list of lists) list.free();
  expect(buddy.avail).toBe(buddy.size);
});

test('H20: merging by force, block by block, ends at the work limit', () => {
  const chunks = 4096;
  const buddy = new GpuBuddy({ size: chunks * SZ_4K, maxSteps: 20_000 });
  const lists = takeAll(buddy);
  // The upper half: clear chunks that cannot merge. The lower half: pairs, one clear, one dirty, that can when forced.
  for (let i = chunks / 2; i < chunks; i += 2) lists[i]?.free({ cleared: true });
  for (let i = 0; i < chunks / 2; i += 4) {
    lists[i]?.free({ cleared: true });
    lists[i + 1]?.free();
  }
  const { avail } = buddy;
  const call = () => buddy.allocBlocks(200 * SZ_8K, { minBlockSize: SZ_8K });
  expect(thrownBy(call)).toMatchObject(WORK_LIMIT);
  // What was merged stays merged (H22); nothing is allocated.
  expect(buddy.avail).toBe(avail);
  expectSound(buddy);
  for (const list of lists) list.free();
  expect(buddy.avail).toBe(buddy.size);
});

test('H21: no allocation takes bookkeeping memory beyond the limit', () => {
  const maxNativeBytes = 300 * 1024;
  const buddy = new GpuBuddy({ size: SZ_1G, maxNativeBytes });
  const lists: AllocatedBlocks[] = [];
  const most = 10_000;
  const takeAllMemory = () => {
    for (let i = 0; i < most; i++) lists.push(buddy.allocBlocks(SZ_4K));
  };
  expect(thrownBy(takeAllMemory)).toMatchObject(ENOMEM);
  const range = { start: 0, end: SZ_1G - SZ_4K };
  // An exact range over clear and dirty memory by turns: thousands of blocks from one call.
  lists.forEach((list, i) => {
    list.free({ cleared: i % 2 === 0 });
  });
  using blocks = buddy.allocBlocks(SZ_1G - SZ_4K, { mode: { range } });
  expect(blocks.length).toBeGreaterThan(lists.length / 2);
  expect(blocks.size).toBe(SZ_1G - SZ_4K);
  const { nativeBytes } = buddy.stats();
  expect(nativeBytes - new GpuBuddy({ size: SZ_4K }).stats().nativeBytes).toBeLessThanOrEqual(maxNativeBytes);
  expectSound(buddy);
});

test('H22: an allocation that fails may make clear memory dirty, as the documents say, and does nothing else', () => {
  // As much is free as is asked for, but in several places.
  const free = [...span(16, 31), ...span(64, 79), ...span(96, 111)];
  const buddy = withHoles(256, { dirty: free, clear: span(0, 15) });
  expect(buddy.clearAvail).toBe(SZ_64K);
  const call = () => buddy.allocBlocks(SZ_256K, { minBlockSize: SZ_256K });
  expect(thrownBy(call)).toMatchObject({ code: 'ENOSPC' });
  expect(freeChunksOf(buddy)).toEqual([
    [0, 32, 'dirty'],
    [64, 16, 'dirty'],
    [96, 16, 'dirty'],
  ]);
  expect([buddy.avail, buddy.clearAvail]).toEqual([SZ_256K, 0]);
  expectSound(buddy);
});

describe('H23: flags that mean nothing', () => {
  test("can't be written, and are refused", () => {
    const buddy = megabyte();
    // @ts-expect-error -- flags have names
    const call = () => buddy.allocBlocks(SZ_64K, { flags: 1 << 6 });
    expect(refusalOf(buddy, call)).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  });

  test.each([
    ['a mode that there is not', { mode: 'bottom-up' }],
    ['a mode in bits', { mode: 3 }],
    ['bits in place of a flag', { contiguous: 64 }],
    ['a null in place of a flag', { clear: null }],
    ['bits in place of all options', 64],
  ])('are refused by their type: %s', (_, options) => {
    const buddy = megabyte();
    const call = () => buddy.allocBlocks(SZ_4K, options as AllocOptions);
    expect(refusalOf(buddy, call)).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
  });
});

test('H24: a start outside of the block is refused even if there is nothing to trim', () => {
  const buddy = megabyte();
  using blocks = buddy.allocBlocks(SZ_64K);
  const { offset } = firstOf(blocks);
  for (const start of [0, offset - SZ_4K, offset + SZ_4K, offset + SZ_64K, 2n ** 64n - 4096n]) {
    const error = refusalOf(buddy, () => {
      blocks.trim(SZ_64K, { start });
    });
    expect(error).toMatchObject({ code: 'EINVAL', syscall: 'gpu_buddy_block_trim' });
    expect(error.message).toContain(`start (${start})`);
  }
  blocks.trim(SZ_64K, { start: offset });
  expect(rangesOf(blocks)).toEqual([[offset, SZ_64K]]);
});
