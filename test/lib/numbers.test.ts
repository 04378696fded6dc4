// Numbers and bigints, small and large: sizes and addresses mean the same in both, up to the last of 64 bits.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_16K, SZ_1G, SZ_1M, SZ_1T, SZ_2M, SZ_4G, SZ_4K, SZ_64K, SZ_8K } from 'gpu-buddy';
import {
  chunksOf,
  describeBlock,
  expectSound,
  firstOf,
  rangesOf,
  stateOf,
  SZ_12K,
  SZ_20K,
  takeAll,
} from './helpers';

const KiB = 1n << 10n;
const GiB = 1n << 30n;
const TiB = 1n << 40n;
const PiB = 1n << 50n;

describe('number and bigint', () => {
  /** Every argument that is a byte count or an address, once. */
  const scenario = (bytes: (value: number) => number | bigint) => {
    const buddy = new GpuBuddy({
      size: bytes(16 * SZ_1G + 5),
      chunkSize: bytes(SZ_8K),
      baseOffset: bytes(2 ** 40),
    });
    const at = (value: number) => bytes(2 ** 40 + value);
    const lists = [
      buddy.allocBlocks(bytes(5 * SZ_1G)),
      buddy.allocBlocks(bytes(SZ_16K), { minBlockSize: bytes(SZ_64K), mode: 'top-down' }),
      buddy.allocBlocks(bytes(SZ_1M), {
        mode: { range: { start: at(SZ_1G), end: at(SZ_1G + SZ_1M) } },
        tag: 5,
      }),
      buddy.allocBlocks(bytes(SZ_64K), { contiguous: true }),
    ];
    lists[3]?.trim(bytes(SZ_8K), { start: firstOf(lists[3]).offset + 8192n });
    lists[1]?.trim(bytes(SZ_8K), {
      start: bytes(Number(firstOf(lists[1]).offset) + SZ_8K),
    });
    return {
      found: buddy.blockAt(at(SZ_1G + 99)),
      nothing: buddy.blockAt(at(0)),
      lists: lists.map((list) => Array.from(list, describeBlock)),
      state: stateOf(buddy),
    };
  };

  test('give the same answers', () => {
    const answers = scenario((value) => value);
    expect(answers.lists.map((list) => list.length)).toEqual([2, 1, 1, 1]);
    expect(scenario(BigInt)).toEqual(answers);
  });

  test('are all bigints when they come out', () => {
    const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_12K);
    const block = firstOf(blocks);
    const stats = buddy.stats();
    const values = [
      ...[buddy.size, buddy.chunkSize, buddy.baseOffset, buddy.avail, buddy.clearAvail],
      ...[blocks.size, block.offset, block.size],
      ...[buddy.blockAt(block.offset)?.offset, buddy.blockAt(block.offset)?.size],
      ...[stats.size, stats.chunkSize, stats.avail, stats.clearAvail],
      ...stats.orders.map(({ blockSize }) => blockSize),
      ...buddy.snapshot().offsets,
    ];
    expect(new Set(values.map((value) => typeof value))).toEqual(new Set(['bigint']));
  });

  test('are told apart at 2^53: the last safe number is taken, the next is a bigint’s business', () => {
    const size = Number.MAX_SAFE_INTEGER;
    expect(new GpuBuddy({ size }).size).toBe(2n ** 53n - 4096n);
    expect(() => new GpuBuddy({ size: size + 1 })).toThrow(RangeError);
    expect(new GpuBuddy({ size: BigInt(size) + 1n }).size).toBe(2n ** 53n);
  });

  test('zero is zero, with a sign or without', () => {
    const make = (zero: number | bigint) => new GpuBuddy({ size: SZ_64K, baseOffset: zero });
    for (const zero of [0, -0, 0n]) {
      const buddy = make(zero);
      expect(buddy.baseOffset).toBe(0n);
      expect(buddy.blockAt(zero)).toBeNull();
      expect(rangesOf(buddy.allocBlocks(SZ_4K, { mode: { range: { start: zero, end: SZ_8K } } }))).toEqual([
        [0n, 4096n],
      ]);
    }
  });
});

describe('a space above 2^53', () => {
  test('takes and gives exact addresses', () => {
    const buddy = new GpuBuddy({ size: 1n << 60n });
    const start = (1n << 59n) + 4096n;
    using low = buddy.allocBlocks(SZ_4K, { mode: { range: { start: start, end: start + 4096n } } });
    using high = buddy.allocBlocks(SZ_4K, { mode: 'top-down' });
    expect(rangesOf(low)).toEqual([[start, 4096n]]);
    expect(rangesOf(high)).toEqual([[(1n << 60n) - 4096n, 4096n]]);
    expect(buddy.avail).toBe((1n << 60n) - 8192n);
    expect(buddy.blockAt(start + 4095n)).toMatchObject({ offset: start });
    expect([buddy.blockAt(start - 1n), buddy.blockAt(start + 4096n)]).toEqual([null, null]);
    expectSound(buddy);
  });

  test('trims at exact addresses', () => {
    const buddy = new GpuBuddy({ size: 1n << 60n });
    const blocks = buddy.allocBlocks(1n << 59n);
    blocks.trim((1n << 58n) - 4096n, { start: (1n << 59n) + 4096n });
    expect([firstOf(blocks).offset, blocks.size]).toEqual([(1n << 59n) + 4096n, (1n << 58n) - 4096n]);
    expect(buddy.avail).toBe((1n << 60n) - (1n << 58n) + 4096n);
    expectSound(buddy);
  });

  test('has sizes that are exact too', () => {
    const buddy = new GpuBuddy({ size: (1n << 60n) + (1n << 53n) + 4096n });
    expect(buddy.size).toBe((1n << 60n) + (1n << 53n) + 4096n);
    expect(buddy.stats()).toMatchObject({ size: buddy.size, avail: buddy.size });
    using blocks = buddy.allocBlocks((1n << 54n) + 4096n);
    expect(blocks.size).toBe((1n << 54n) + 4096n);
    expect(buddy.avail).toBe(buddy.size - blocks.size);
  });
});

describe('a size above 4 GiB', () => {
  test.each([
    ['4 GiB', SZ_4G, [[12n * GiB, 4n * GiB]]],
    ['a power of two', 8 * SZ_1G, [[8n * GiB, 8n * GiB]]],
    [
      'a sum of two',
      6 * SZ_1G,
      [
        [12n * GiB, 4n * GiB],
        [10n * GiB, 2n * GiB],
      ],
    ],
    [
      'one with a small rest',
      SZ_4G + SZ_4K,
      [
        [12n * GiB, 4n * GiB],
        [12n * GiB - 4n * KiB, 4n * KiB],
      ],
    ],
    ['all of it', 16 * SZ_1G, [[0n, 16n * GiB]]],
  ])('is allocated: %s', (_, size, expected) => {
    const buddy = new GpuBuddy({ size: 16 * SZ_1G });
    const blocks = buddy.allocBlocks(size);
    expect(rangesOf(blocks)).toEqual(expected);
    expect(buddy.avail).toBe(16n * GiB - BigInt(size));
    blocks.free();
    expect(buddy.avail).toBe(16n * GiB);
  });
});

describe('a space that is no power of two', () => {
  test('is made of powers of two, the largest first', () => {
    const buddy = new GpuBuddy({ size: SZ_1M + SZ_64K + SZ_4K });
    const { offsets, orders } = buddy.snapshot();
    expect([...offsets]).toEqual([0n, BigInt(SZ_1M), BigInt(SZ_1M + SZ_64K)]);
    expect([...orders]).toEqual([8, 4, 0]);
    expect(buddy.maxOrder).toBe(8);
    expectSound(buddy);
  });

  test('is allocated as a whole, in one list of its roots', () => {
    const buddy = new GpuBuddy({ size: SZ_1M + SZ_64K + SZ_4K });
    const blocks = buddy.allocBlocks(SZ_1M + SZ_64K + SZ_4K);
    expect(rangesOf(blocks)).toEqual([
      [0n, BigInt(SZ_1M)],
      [BigInt(SZ_1M), BigInt(SZ_64K)],
      [BigInt(SZ_1M + SZ_64K), 4096n],
    ]);
    expect(buddy.avail).toBe(0n);
    expect(buddy.tryAllocBlocks(SZ_4K)).toBeNull();
    blocks.free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test.each([3, 5, 6, 7, 11, 100, 255, 257])('of %d chunks hands out every one of them', (chunks) => {
    const buddy = new GpuBuddy({ size: chunks * SZ_4K });
    const lists = Array.from({ length: chunks }, () => buddy.allocBlocks(SZ_4K));
    const starts = lists.map((list) => Number(firstOf(list).offset) / SZ_4K).sort((a, b) => a - b);
    expect(starts).toEqual(Array.from({ length: chunks }, (_, i) => i));
    expect([buddy.avail, buddy.tryAllocBlocks(SZ_4K)]).toEqual([0n, null]);
    for (const list of lists) list.free();
    expect([...buddy.snapshot().orders].map((order) => 2 ** order).reduce((a, b) => a + b)).toBe(chunks);
    expectSound(buddy);
  });
});

describe('a space of 1 PiB', () => {
  test.each([1024 * SZ_1T, PiB])('is as good as any other, given as %p', (size) => {
    const buddy = new GpuBuddy({ size });
    expect([buddy.size, buddy.maxOrder]).toEqual([PiB, 38]);
    using half = buddy.allocBlocks(PiB / 2n);
    using small = buddy.allocBlocks(SZ_4K);
    expect(rangesOf(half)).toEqual([[PiB / 2n, PiB / 2n]]);
    expect(rangesOf(small)).toEqual([[PiB / 2n - 4096n, 4096n]]);
    expect(buddy.avail).toBe(PiB / 2n - 4096n);
    expect(buddy.blockAt(PiB - 1n)).toMatchObject({ size: PiB / 2n });
    expectSound(buddy);
  });

  test('less one chunk can be had in one call', () => {
    const buddy = new GpuBuddy({ size: PiB });
    using blocks = buddy.allocBlocks(PiB - 4096n);
    expect([blocks.length, blocks.size, buddy.avail]).toEqual([38, PiB - 4096n, 4096n]);
    expectSound(buddy);
  });
});

describe('the largest space', () => {
  const LARGEST = (1n << 64n) - 4096n;

  test.each([LARGEST, LARGEST + 1n, LARGEST + 4095n])('has 52 roots, for a size of %d', (size) => {
    const buddy = new GpuBuddy({ size });
    expect([buddy.size, buddy.avail, buddy.maxOrder]).toEqual([LARGEST, LARGEST, 51]);
    expect([...buddy.snapshot().orders]).toEqual(Array.from({ length: 52 }, (_, i) => 51 - i));
    expect(buddy.stats().orders).toHaveLength(52);
    expectSound(buddy);
  });

  test('is allocated as a whole and comes back', () => {
    const buddy = new GpuBuddy({ size: LARGEST });
    const blocks = buddy.allocBlocks(LARGEST);
    expect([blocks.length, blocks.size, buddy.avail]).toEqual([52, LARGEST, 0n]);
    blocks.free({ cleared: true });
    expect([buddy.avail, buddy.clearAvail]).toEqual([LARGEST, LARGEST]);
    expectSound(buddy);
  });

  test('has a first and a last chunk like any other', () => {
    const buddy = new GpuBuddy({ size: LARGEST });
    using last = buddy.allocBlocks(SZ_4K, { mode: { range: { start: LARGEST - 4096n, end: LARGEST } } });
    using first = buddy.allocBlocks(SZ_4K, { mode: { range: { start: 0, end: LARGEST } } });
    expect([rangesOf(first), rangesOf(last)]).toEqual([[[0n, 4096n]], [[LARGEST - 4096n, 4096n]]]);
    expect(buddy.blockAt(LARGEST - 1n)).toMatchObject({ offset: LARGEST - 4096n });
    expect(() => buddy.blockAt(LARGEST)).toThrow(expect.objectContaining({ code: 'ENXIO' }));
    expect(() => buddy.blockAt((1n << 64n) - 1n)).toThrow(expect.objectContaining({ code: 'ENXIO' }));
    expectSound(buddy);
  });

  test('of one huge chunk', () => {
    const buddy = new GpuBuddy({ size: (1n << 64n) - 1n, chunkSize: 1n << 63n });
    expect([buddy.size, buddy.chunkSize, buddy.maxOrder]).toEqual([1n << 63n, 1n << 63n, 0]);
    using blocks = buddy.allocBlocks(1n << 63n);
    expect(rangesOf(blocks)).toEqual([[0n, 1n << 63n]]);
    expect(buddy.print()).toContain('used_blocks: 1');
  });
});

describe('a larger chunk size', () => {
  test.each([
    ['8 KiB', SZ_8K],
    ['64 KiB', SZ_64K],
    ['2 MiB', SZ_2M],
    ['1 GiB', SZ_1G],
    ['1 TiB', SZ_1T],
    ['2^53', 1n << 53n],
    ['2^59', 1n << 59n],
  ])('of %s gives the same blocks, that many times larger', (_, chunkSize) => {
    const chunk = BigInt(chunkSize);
    const layout = (buddy: GpuBuddy) => {
      const size = buddy.chunkSize;
      const lists = [
        buddy.allocBlocks(5n * size),
        buddy.allocBlocks(size, { mode: { range: { start: 3n * size, end: 6n * size } } }),
        buddy.allocBlocks(3n * size, { contiguous: true }),
        buddy.allocBlocks(size, { minBlockSize: 2n * size }),
      ];
      return { lists: lists.map(chunksOf), stats: buddy.stats().orders.map(({ usedBlocks }) => usedBlocks) };
    };
    const buddy = new GpuBuddy({ size: 16n * chunk + chunk - 1n, chunkSize });
    expect(buddy.size).toBe(16n * chunk);
    expect(layout(buddy)).toEqual(layout(new GpuBuddy({ size: SZ_64K })));
    expect(takeAll(new GpuBuddy({ size: 5n * chunk, chunkSize }))).toHaveLength(5);
    expectSound(buddy);
  });

  test('is the least that is allocated', () => {
    const buddy = new GpuBuddy({ size: SZ_1M, chunkSize: SZ_64K });
    for (const size of [SZ_4K, SZ_64K - SZ_4K, SZ_64K + SZ_4K])
      expect(() => buddy.allocBlocks(size)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(buddy.allocBlocks(SZ_64K).size).toBe(65536n);
  });
});

describe('more than 2^32 chunks in one allocation', () => {
  // The kernel's own function to find the order counts in 32 bits: it would hand out 2^32 + 1 blocks of one chunk.
  test.each([
    ['exactly 2^32', 1n << 44n, [[48n * TiB, 16n * TiB]]],
    [
      'one more',
      (1n << 44n) + 4096n,
      [
        [48n * TiB, 16n * TiB],
        [48n * TiB - 4096n, 4096n],
      ],
    ],
    [
      'three times as many',
      3n << 44n,
      [
        [32n * TiB, 32n * TiB],
        [16n * TiB, 16n * TiB],
      ],
    ],
  ])('are as few blocks as possible: %s', (_, size, expected) => {
    const buddy = new GpuBuddy({ size: 1n << 46n });
    expect(rangesOf(buddy.allocBlocks(size, { minBlockSize: SZ_4K }))).toEqual(expected);
    expectSound(buddy);
  });

  test('go with range, contiguous and an offset aligned to more than the size', () => {
    const make = () => new GpuBuddy({ size: 1n << 46n });
    const range = { start: 0, end: 1n << 46n };
    expect(rangesOf(make().allocBlocks(1n << 44n, { mode: { range } }))).toEqual([[0n, 16n * TiB]]);
    expect(rangesOf(make().allocBlocks(1n << 44n, { minBlockSize: 1n << 45n }))).toEqual([
      [32n * TiB, 16n * TiB],
    ]);
    expect(rangesOf(make().allocBlocks((1n << 44n) + 4096n, { contiguous: true }))).toEqual([
      [32n * TiB, 16n * TiB],
      [48n * TiB, 4096n],
    ]);
  });
});

test('the sum of a list of sizes is what was asked for, whatever the size', () => {
  const buddy = new GpuBuddy({ size: SZ_1G });
  for (const size of [SZ_4K, SZ_12K, SZ_20K, 77 * SZ_4K, SZ_1M - SZ_4K, SZ_1M + SZ_4K, 1000 * SZ_64K]) {
    using blocks = buddy.allocBlocks(size);
    expect(blocks.size).toBe(BigInt(size));
    expect(Array.from(blocks, (block) => block.size).reduce((a, b) => a + b)).toBe(BigInt(size));
    expect(blocks.length).toBe((size / SZ_4K).toString(2).replaceAll('0', '').length);
  }
});
