// A space that does not begin at 0: every address in and out is absolute, and all else is as if it began there.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_16K, SZ_1M, SZ_4K, SZ_64K, SZ_8K, type Bytes } from 'gpu-buddy';
import {
  expectSound,
  firstOf,
  rangesOf,
  refusalOf,
  SZ_12K,
  SZ_20K,
  takeAll,
} from '../support/allocator-state';

const small: [string, bigint][] = [
  ['0', 0n],
  ['one byte', 1n],
  ['one chunk', 4096n],
  ['something not aligned', 0x1_2345_6789n],
  ['4 GiB', 1n << 32n],
  ['the highest that needs no bigints', (1n << 53n) - 1n - (1n << 20n)],
];
const large: [string, bigint][] = [
  ['the lowest that needs bigints', (1n << 53n) - (1n << 20n)],
  ['just below 2^53', (1n << 53n) - 8192n],
  ['above 2^53, odd', (1n << 53n) + 1n],
  ['2^63', 1n << 63n],
  ['the highest that the space can have', (1n << 64n) - 1n - (1n << 20n)],
];

describe.each([
  ...small.map(([name, base]) => [name, 'number', base] as const),
  ...[...small, ...large].map(([name, base]) => [name, 'bigint', base] as const),
])('a base offset of %s, given out as %s,', (_, type, base) => {
  /** Bytes as they are given out. */
  const bytes = (value: number | bigint): Bytes => (type === 'bigint' ? BigInt(value) : Number(value));
  const baseOffset = bytes(base);
  const make = () => new GpuBuddy<Bytes>({ size: SZ_1M, baseOffset, bigint: type === 'bigint' });
  const at = (relative: number) => bytes(base + BigInt(relative));

  test('is added to the addresses of blocks', () => {
    const buddy = make();
    expect(buddy.baseOffset).toBe(baseOffset);
    const blocks = buddy.allocBlocks(SZ_20K);
    expect(rangesOf(blocks)).toEqual([
      [at(SZ_1M - SZ_16K), bytes(SZ_16K)],
      [at(SZ_1M - SZ_20K), bytes(SZ_4K)],
    ]);
    expectSound(buddy);
  });

  test('counts in ranges', () => {
    const buddy = make();
    const range = { start: at(SZ_64K), end: at(SZ_64K + SZ_12K) };
    expect(rangesOf(buddy.allocBlocks(SZ_8K, { mode: { range } }))).toEqual([[at(SZ_64K), bytes(SZ_8K)]]);
    expect(rangesOf(buddy.allocBlocks(SZ_4K, { mode: { range } }))).toEqual([
      [at(SZ_64K + SZ_8K), bytes(SZ_4K)],
    ]);
    const all = make().allocBlocks(SZ_1M, { mode: { range: { start: at(0), end: at(SZ_1M) } } });
    expect(rangesOf(all)).toEqual([[at(0), bytes(SZ_1M)]]);
  });

  test('ends with the space', () => {
    const buddy = make();
    const end = base + BigInt(SZ_1M) + 1n;
    const beyond = () => buddy.allocBlocks(SZ_4K, { mode: { range: { start: at(0), end } } });
    // At the upper edge this address is no u64.
    const isU64 = end < 1n << 64n;
    expect(refusalOf(buddy, beyond)).toMatchObject({ code: isU64 ? 'EINVAL' : 'ERR_OUT_OF_RANGE' });
    expect(refusalOf(buddy, () => buddy.blockAt(at(SZ_1M)))).toMatchObject({ code: 'ENXIO' });
    using top = buddy.allocBlocks(SZ_4K);
    expect(buddy.blockAt(at(SZ_1M - 1))).toMatchObject({ offset: firstOf(top).offset });
  });

  test('counts in lookups', () => {
    const buddy = make();
    using blocks = buddy.allocBlocks(SZ_16K, {
      mode: { range: { start: at(SZ_64K), end: at(SZ_64K + SZ_16K) } },
      tag: 8,
    });
    expect(blocks.length).toBe(1);
    const found = { offset: at(SZ_64K), order: 2, size: bytes(SZ_16K), isClear: false, tag: 8 };
    expect(buddy.blockAt(at(SZ_64K))).toEqual(found);
    expect(buddy.blockAt(at(SZ_64K + SZ_16K - 1))).toEqual(found);
    expect(buddy.blockAt(at(SZ_64K + SZ_16K))).toBeNull();
    expect(buddy.blockAt(at(SZ_64K - 1))).toBeNull();
  });

  test('counts in the start of what trim() keeps', () => {
    const buddy = make();
    const blocks = buddy.allocBlocks(SZ_16K);
    expect(firstOf(blocks).offset).toBe(at(SZ_1M - SZ_16K));
    blocks.trim(SZ_8K, { start: at(SZ_1M - SZ_12K) });
    expect(rangesOf(blocks)).toEqual([
      [at(SZ_1M - SZ_12K), bytes(SZ_4K)],
      [at(SZ_1M - SZ_8K), bytes(SZ_4K)],
    ]);
  });

  test('is added to the snapshot', () => {
    const buddy = make();
    using blocks = buddy.allocBlocks(SZ_4K);
    const { offsets } = buddy.snapshot();
    expect([offsets[0], offsets.at(-1)]).toEqual([at(0), firstOf(blocks).offset]);
    expect(firstOf(blocks).offset).toBe(at(SZ_1M - SZ_4K));
  });

  test('takes no part in alignment, which counts from the start of the space', () => {
    const buddy = make();
    using blocks = buddy.allocBlocks(SZ_4K, { minBlockSize: SZ_64K });
    expect(rangesOf(blocks)).toEqual([[at(SZ_1M - SZ_64K), bytes(SZ_4K)]]);
  });

  test('changes no size', () => {
    const buddy = make();
    const lists = takeAll(buddy);
    expect(lists).toHaveLength(256);
    expect([buddy.size, buddy.avail]).toEqual([bytes(SZ_1M), bytes(0)]);
    for (const list of lists) list.free();
    expect(buddy.stats()).toMatchObject({ size: bytes(SZ_1M), avail: bytes(SZ_1M) });
  });
});

describe('an address below the base offset', () => {
  const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: SZ_1M });

  test.each([0, SZ_64K, SZ_1M - 1, BigInt(SZ_1M - 1)])('%s lies outside the space', (address) => {
    expect(refusalOf(buddy, () => buddy.blockAt(address))).toMatchObject({
      code: 'ENXIO',
      message: `ENXIO: address (${address}) lies outside the space, gpu_buddy_allocated_addr_to_block`,
    });
  });

  test.each([
    [0, 2 * SZ_1M],
    [SZ_1M - SZ_4K, SZ_1M + SZ_4K],
    [0, SZ_1M],
    [BigInt(SZ_1M - 1), BigInt(2 * SZ_1M)],
  ])('%s starts no range', (start, end) => {
    expect(
      refusalOf(buddy, () => buddy.allocBlocks(SZ_4K, { mode: { range: { start, end } } })),
    ).toMatchObject({
      code: 'EINVAL',
      message: `EINVAL: range (${start} to ${end}) must lie within the space, gpu_buddy_alloc_blocks`,
    });
  });

  test('starts nothing that trim() could keep', () => {
    using blocks = buddy.allocBlocks(SZ_16K);
    const start = SZ_1M - SZ_4K;
    expect(
      refusalOf(buddy, () => {
        blocks.trim(SZ_4K, { start });
      }),
    ).toMatchObject({
      code: 'EINVAL',
      message: expect.stringContaining(
        `start (${start}) and the new size after it must lie within the block`,
      ),
    });
  });
});

describe('the upper edge of 64 bits', () => {
  test.each([
    ['a number', SZ_1M, 2n ** 64n - 1n - BigInt(SZ_1M)],
    ['a bigint', 1n << 63n, (1n << 63n) - 1n],
    ['a size that will be rounded down', SZ_4K + 1, 2n ** 64n - 2n - BigInt(SZ_4K)],
  ])('may be touched, with %s as size', (_, size, baseOffset) => {
    expect(new GpuBuddy({ size, baseOffset, bigint: true }).baseOffset).toBe(baseOffset);
    expect(() => new GpuBuddy({ size, baseOffset: baseOffset + 1n, bigint: true })).toThrow(
      expect.objectContaining({
        code: 'EINVAL',
        errno: -22,
        syscall: 'gpu_buddy_init',
        message: `EINVAL: baseOffset (${baseOffset + 1n}) plus size must be below 2^64, gpu_buddy_init`,
      }),
    );
  });
});
