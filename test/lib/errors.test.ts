// Tests every refusal: code, errno, function and message of each error. The call that failed changes nothing.

import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  GpuBuddy,
  GpuBuddyError,
  SZ_16K,
  SZ_1M,
  SZ_4K,
  SZ_64K,
  SZ_8K,
  type AddressRange,
  type AllocatedBlocks,
  type BatchHandle,
  type PoolHandle,
  type Bytes,
  type GpuBuddyErrorCode,
  type ShortageReason,
} from 'gpu-buddy';
import { gpuBuddyError } from '../../lib/errors';
import { statuses } from '../../lib/native';
import {
  chunksOf,
  expectSound,
  freeChunksOf,
  refusalOf,
  SZ_12K,
  SZ_20K,
  span,
  stateOf,
  takeAll,
  thrownBy,
  withHoles,
} from '../support/allocator-state';

const INIT = 'gpu_buddy_init';
const ALLOC = 'gpu_buddy_alloc_blocks';
const TRIM = 'gpu_buddy_block_trim';
const FREE = 'gpu_buddy_free_list';
const LOOK = 'gpu_buddy_block';
const ALLOCATOR = 'gpu_buddy';

/** 1 MiB, with clear and dirty memory, and the lists that the calls below are about. */
function make() {
  const buddy = new GpuBuddy({ size: SZ_1M });
  const one = buddy.allocBlocks(SZ_16K, { mode: { range: { start: SZ_64K, end: SZ_64K + SZ_16K } }, tag: 1 });
  const several = buddy.allocBlocks(SZ_12K, { tag: 2 });
  buddy.allocBlocks(SZ_4K).free({ cleared: true });
  return { buddy, one, several };
}

type Call = (made: ReturnType<typeof make>) => unknown;

const trim =
  (newSize: number | bigint, start?: number | bigint): Call =>
  ({ one }) => {
    one.trim(newSize, { start });
  };

const range =
  (start: number | bigint, end: number | bigint, size = SZ_4K, options = {}): Call =>
  ({ buddy }) =>
    buddy.allocBlocks(size, { mode: { range: { start: start, end: end } }, ...options });

describe('EINVAL', () => {
  const cases: [status: string, call: Call, syscall: string, sentence: string][] = [
    ...[0, 0n, 3, 2047, 2049n].map((chunkSize): (typeof cases)[number] => [
      'CHUNK_SIZE_NO_POWER_OF_2',
      () => new GpuBuddy({ size: SZ_1M, chunkSize }),
      INIT,
      `chunkSize (${chunkSize}) must be a power of two`,
    ]),
    [
      'CHUNK_SIZE_NO_POWER_OF_2',
      () => new GpuBuddy({ size: SZ_1M, chunkSize: SZ_12K }),
      INIT,
      'chunkSize (12288) must be a power of two',
    ],
    [
      'CHUNK_SIZE_NO_POWER_OF_2',
      () => new GpuBuddy({ size: SZ_1M, chunkSize: (1n << 64n) - 1n }),
      INIT,
      'chunkSize (18446744073709551615) must be a power of two',
    ],
    ['SIZE_BELOW_CHUNK', () => new GpuBuddy({ size: 0 }), INIT, 'size (0) must be at least one chunk'],
    ['SIZE_BELOW_CHUNK', () => new GpuBuddy({ size: 4095n }), INIT, 'size (4095) must be at least one chunk'],
    [
      'SIZE_BELOW_CHUNK',
      () => new GpuBuddy({ size: SZ_1M, chunkSize: 1n << 63n }),
      INIT,
      'size (1048576) must be at least one chunk',
    ],
    [
      'BASE_OFFSET_TOO_LARGE',
      () => new GpuBuddy({ size: SZ_4K, baseOffset: (1n << 64n) - 4096n, bigint: true }),
      INIT,
      'baseOffset (18446744073709547520) plus size must be below 2^64',
    ],
    ...(
      [
        [1, 2n ** 52n],
        [2, 2n ** 53n],
        [256, 2n ** 60n],
        [2048, 2n ** 63n],
      ] as const
    ).map(([chunkSize, size]): (typeof cases)[number] => [
      'SIZE_TOO_LARGE_SCALED',
      () => new GpuBuddy({ size, chunkSize, bigint: true }),
      INIT,
      `size (${size}) times 4096 / chunkSize, which the kernel is told, must be below 2^64`,
    ]),
    ...(
      [
        [2n ** 53n, 0],
        [SZ_1M, 2n ** 53n - 2n ** 20n],
        [SZ_1M, (1n << 64n) - 2n ** 21n],
        [(1n << 64n) - 1n, 0],
      ] as const
    ).map(([size, baseOffset]): (typeof cases)[number] => [
      'NEEDS_BIGINT',
      () => new GpuBuddy({ size, baseOffset }),
      INIT,
      `size (${size}) plus baseOffset is above 2^53 - 1: addresses there need { bigint: true }`,
    ]),
    ['SIZE_BELOW_CHUNK', ({ buddy }) => buddy.allocBlocks(0), ALLOC, 'size (0) must be at least one chunk'],
    [
      'SIZE_BELOW_CHUNK',
      ({ buddy }) => buddy.allocBlocks(4095),
      ALLOC,
      'size (4095) must be at least one chunk',
    ],
    [
      'SIZE_UNALIGNED',
      ({ buddy }) => buddy.allocBlocks(SZ_4K + 1),
      ALLOC,
      'size (4097) must be a multiple of the chunk size',
    ],
    [
      'SIZE_UNALIGNED',
      ({ buddy }) => buddy.allocBlocks((1n << 64n) - 1n),
      ALLOC,
      'size (18446744073709551615) must be a multiple of the chunk size',
    ],
    [
      'SIZE_ABOVE_SPACE',
      ({ buddy }) => buddy.allocBlocks(SZ_1M + SZ_4K),
      ALLOC,
      'size (1052672) is larger than the whole space',
    ],
    [
      'SIZE_ABOVE_SPACE',
      ({ buddy }) => buddy.allocBlocks((1n << 64n) - 4096n, { contiguous: true }),
      ALLOC,
      'size (18446744073709547520) is larger than the whole space',
    ],
    [
      'SIZE_ABOVE_SPACE_ROUNDED',
      () => new GpuBuddy({ size: SZ_20K }).allocBlocks(SZ_20K, { minBlockSize: SZ_16K }),
      ALLOC,
      'size (20480) rounded up to a multiple of the min block size is larger than the whole space',
    ],
    [
      'SIZE_ABOVE_SPACE_ROUNDED',
      ({ buddy }) => buddy.allocBlocks(SZ_12K, { minBlockSize: 1n << 63n }),
      ALLOC,
      'size (12288) rounded up to a multiple of the min block size is larger than the whole space',
    ],
    [
      'SIZE_ABOVE_SPACE_CONTIGUOUS',
      () =>
        new GpuBuddy({ size: SZ_20K + SZ_8K }).allocBlocks(SZ_20K, {
          contiguous: true,
          mode: { range: { start: 0, end: SZ_20K + SZ_8K } },
        }),
      ALLOC,
      'size (20480) rounded up to a power of two, as contiguous asks, is larger than the whole space',
    ],
    [
      'MIN_BLOCK_SIZE_BELOW_CHUNK',
      ({ buddy }) => buddy.allocBlocks(SZ_4K, { minBlockSize: 2048 }),
      ALLOC,
      'minBlockSize (2048) must be at least one chunk',
    ],
    [
      'MIN_BLOCK_SIZE_BELOW_CHUNK',
      ({ buddy }) => buddy.allocBlocks(SZ_4K, { minBlockSize: 0n }),
      ALLOC,
      'minBlockSize (0) must be at least one chunk',
    ],
    [
      'MIN_BLOCK_SIZE_NO_POWER_OF_2',
      ({ buddy }) => buddy.allocBlocks(SZ_4K, { minBlockSize: SZ_12K }),
      ALLOC,
      'minBlockSize (12288) must be a power of two',
    ],
    [
      'MIN_BLOCK_SIZE_NO_POWER_OF_2',
      ({ buddy }) => buddy.allocBlocks(SZ_4K, { minBlockSize: (1n << 64n) - 1n }),
      ALLOC,
      'minBlockSize (18446744073709551615) must be a power of two',
    ],
    ...(
      [
        [1, 2n ** 52n],
        [2, 2n ** 53n],
        [512, 2n ** 61n],
        [2048, 2n ** 63n],
      ] as const
    ).map(([chunkSize, minBlockSize]): (typeof cases)[number] => [
      'MIN_BLOCK_SIZE_TOO_LARGE_SCALED',
      () => new GpuBuddy({ size: SZ_1M, chunkSize }).allocBlocks(chunkSize, { minBlockSize }),
      ALLOC,
      `minBlockSize (${minBlockSize}) times 4096 / chunkSize, which the kernel is told, must be below 2^64`,
    ]),
    ['RANGE_EMPTY', range(SZ_8K, SZ_8K), ALLOC, 'range (8192 to 8192) must start below its end'],
    ['RANGE_EMPTY', range(SZ_8K, SZ_4K), ALLOC, 'range (8192 to 4096) must start below its end'],
    ['RANGE_EMPTY', range(0n, 0n), ALLOC, 'range (0 to 0) must start below its end'],
    ['RANGE_EMPTY', range(SZ_4K, 0), ALLOC, 'range (4096 to 0) must start below its end'],
    [
      'RANGE_UNALIGNED',
      range(1, SZ_8K),
      ALLOC,
      'range (1 to 8192) must start and end on a multiple of the chunk size',
    ],
    [
      'RANGE_UNALIGNED',
      range(0, 8191),
      ALLOC,
      'range (0 to 8191) must start and end on a multiple of the chunk size',
    ],
    ['RANGE_BEYOND_SPACE', range(0, SZ_1M + SZ_4K), ALLOC, 'range (0 to 1052672) must lie within the space'],
    [
      'RANGE_BEYOND_SPACE',
      range(SZ_4K, (1n << 64n) - 1n),
      ALLOC,
      'range (4096 to 18446744073709551615) must lie within the space',
    ],
    [
      'RANGE_TOO_LATE',
      range(SZ_1M / 2, SZ_1M, SZ_1M - SZ_64K),
      ALLOC,
      'range (524288 to 1048576) starts so late that size reaches beyond the space',
    ],
    [
      'RANGE_TOO_LATE',
      range(SZ_64K, SZ_1M - SZ_64K, SZ_1M - SZ_4K),
      ALLOC,
      'range (65536 to 983040) starts so late that size reaches beyond the space',
    ],
    [
      'RANGE_EXACT_UNALIGNED',
      range(SZ_4K, SZ_12K, SZ_8K, { minBlockSize: SZ_8K }),
      ALLOC,
      'range (4096 to 12288) is exactly as long as size, so it must start and end on a multiple of the min block size',
    ],
    [
      'RANGE_EXACT_UNALIGNED',
      range(0, SZ_12K, SZ_12K, { minBlockSize: SZ_8K }),
      ALLOC,
      'range (0 to 12288) is exactly as long as size, so it must start and end on a multiple of the min block size',
    ],
    [
      'ALIGNMENT_NO_POWER_OF_2',
      ({ buddy }) => buddy.findFree(SZ_4K, { alignment: SZ_12K }),
      ALLOCATOR,
      'alignment (12288) must be a power of two',
    ],
    [
      'ALIGNMENT_NO_POWER_OF_2',
      ({ buddy }) => buddy.findFree(SZ_4K, { alignment: 0n }),
      ALLOCATOR,
      'alignment (0) must be a power of two',
    ],
    ['SIZE_BELOW_CHUNK', ({ buddy }) => buddy.findFree(0), ALLOCATOR, 'size (0) must be at least one chunk'],
    [
      'SIZE_UNALIGNED',
      ({ buddy }) => buddy.findFree(SZ_4K + 1),
      ALLOCATOR,
      'size (4097) must be a multiple of the chunk size',
    ],
    [
      'SIZE_ABOVE_SPACE',
      ({ buddy }) => buddy.findFree(SZ_1M + SZ_4K),
      ALLOCATOR,
      'size (1052672) is larger than the whole space',
    ],
    ...(
      [
        [ALLOCATOR, ({ buddy }, range) => buddy.availIn(range)],
        [ALLOCATOR, ({ buddy }, range) => buddy.findFree(SZ_4K, { range })],
        [LOOK, ({ several }, range) => several.sizeIn(range)],
      ] as [string, (made: ReturnType<typeof make>, range: AddressRange) => unknown][]
    ).flatMap(([syscall, ask]): typeof cases => [
      [
        'RANGE_EMPTY',
        (made) => ask(made, { start: 5, end: 5n }),
        syscall,
        'range (5 to 5) must start below its end',
      ],
      [
        'RANGE_BEYOND_SPACE',
        (made) => ask(made, { start: 1, end: SZ_1M + 1 }),
        syscall,
        'range (1 to 1048577) must lie within the space',
      ],
    ]),
    [
      'TRIM_NOT_SINGULAR',
      ({ several }) => {
        several.trim(SZ_4K);
      },
      TRIM,
      'blocks must be a list of exactly one block to be trimmed',
    ],
    ['NEW_SIZE_ZERO', trim(0), TRIM, 'newSize (0) must not be 0'],
    ['NEW_SIZE_UNALIGNED', trim(SZ_4K + 1), TRIM, 'newSize (4097) must be a multiple of the chunk size'],
    ['NEW_SIZE_UNALIGNED', trim(1n), TRIM, 'newSize (1) must be a multiple of the chunk size'],
    ['NEW_SIZE_ABOVE_BLOCK', trim(SZ_20K), TRIM, 'newSize (20480) is larger than the block'],
    [
      'NEW_SIZE_ABOVE_BLOCK',
      trim((1n << 64n) - 4096n, 0),
      TRIM,
      'newSize (18446744073709547520) is larger than the block',
    ],
    ...(
      [
        ['before the block', SZ_4K, SZ_64K - SZ_4K],
        ['behind the block', SZ_4K, SZ_64K + SZ_16K],
        ['too near to the end of the block', SZ_8K, SZ_64K + SZ_12K],
        ['at the end of all addresses', SZ_4K, (1n << 64n) - 4096n],
        // The kernel says nothing here, since nothing is trimmed.
        ['before the block, when all of it is kept', SZ_16K, SZ_4K],
        ['within the block, when all of it is kept', SZ_16K, SZ_64K + SZ_4K],
      ] as const
    ).map(([, newSize, start]): (typeof cases)[number] => [
      'START_OUTSIDE_BLOCK',
      trim(newSize, start),
      TRIM,
      `start (${start}) and the new size after it must lie within the block`,
    ]),
    ['START_UNALIGNED', trim(SZ_4K, SZ_64K + 1), TRIM, 'start (65537) must be a multiple of the chunk size'],
    ['START_UNALIGNED', trim(SZ_16K, 1), TRIM, 'start (1) must be a multiple of the chunk size'],
    [
      'INDEX_OUTSIDE_LIST',
      ({ several }) => {
        several.freeBlock(2);
      },
      FREE,
      'index (2) must be that of a block of the list',
    ],
    [
      'INDEX_OUTSIDE_LIST',
      ({ one }) => {
        one.freeBlock(Number.MAX_SAFE_INTEGER, { cleared: true });
      },
      FREE,
      'index (9007199254740991) must be that of a block of the list',
    ],
    [
      'MAX_LENGTH_UNALIGNED',
      ({ one }) => one.segments(0),
      LOOK,
      'maxLength (0) must be a multiple of the chunk size, and not 0',
    ],
    [
      'MAX_LENGTH_UNALIGNED',
      ({ one }) => one.segments(6144n),
      LOOK,
      'maxLength (6144) must be a multiple of the chunk size, and not 0',
    ],
    [
      'HANDLE_UNKNOWN',
      ({ buddy }) => buddy.batch().free(0 as BatchHandle),
      FREE,
      'handle (0) must be that of an allocation of this batch whose blocks are not freed yet',
    ],
    ...(['offset', 'size', 'blocks', 'free'] as const).map((method): (typeof cases)[number] => [
      'POOL_HANDLE_UNKNOWN',
      ({ buddy }) => buddy.pool()[method](0 as PoolHandle),
      method === 'free' ? FREE : LOOK,
      'handle (0) must be that of an allocation of this pool that is not freed yet',
    ]),
    ...(['blocks', 'error', 'indexOf'] as const).map((method): (typeof cases)[number] => [
      'HANDLE_OUTSIDE_RUN',
      ({ buddy }) =>
        buddy
          .batch()
          .run()
          [method](0 as BatchHandle),
      ALLOC,
      'handle (0) must be that of an operation of this run of the batch',
    ]),
    [
      'BLOCKS_FOREIGN',
      ({ buddy }) => buddy.batch().free(make().one),
      FREE,
      'blocks must come from the allocator of the batch',
    ],
    [
      'LIST_ITSELF',
      ({ one }) => {
        one.append(one);
      },
      LOOK,
      'other must be another list',
    ],
    [
      'LIST_FOREIGN',
      ({ one }) => {
        one.append(make().one);
      },
      LOOK,
      'other must come from the same allocator',
    ],
    ['NO_BLOCKS', ({ buddy }) => buddy.claim([]), ALLOC, 'blocks must name at least one block'],
    [
      'BLOCK_OUTSIDE_SPACE',
      ({ buddy }) => buddy.claim([{ offset: SZ_1M, order: 0 }]),
      ALLOC,
      'blocks[0] (offset 1048576, order 0) must lie within the space',
    ],
    [
      'BLOCK_UNALIGNED',
      ({ buddy }) =>
        buddy.claim([
          { offset: 0, order: 0 },
          { offset: SZ_4K, order: 1 },
        ]),
      ALLOC,
      'blocks[1] (offset 4096, order 1) must begin on a multiple of its own size',
    ],
    [
      'BLOCK_OVERLAPS',
      ({ buddy }) =>
        buddy.claim([
          { offset: 0, order: 2 },
          { offset: SZ_4K, order: 0 },
        ]),
      ALLOC,
      'blocks[1] (offset 4096, order 0) must not overlap another block (blocks[0])',
    ],
    [
      'STATE_UNKNOWN',
      ({ buddy }) => GpuBuddy.restore({ ...buddy.save(), version: 2 as 1 }),
      INIT,
      'state.version (2) is unknown to this release',
    ],
    [
      'STATE_UNFIT',
      ({ buddy }) => GpuBuddy.restore({ ...buddy.save(), size: '1e9' }),
      INIT,
      'state.size (1e9) does not fit the rest of the state (it must be a byte count, or the decimal digits of one)',
    ],
    [
      'FREED_BEFORE_ALLOCATION',
      ({ buddy, one }) => {
        const batch = buddy.batch();
        batch.free(one);
        batch.alloc(SZ_4K);
        batch.run({ atomic: true });
      },
      ALLOC,
      'atomic cannot be had where blocks from before the batch are freed before its last allocation',
    ],
    [
      'ACCOUNT_FOREIGN',
      ({ buddy }) => buddy.allocBlocks(SZ_4K, { account: make().buddy.account({ name: 'a' }) }),
      ALLOC,
      'account (a) must be one of this allocator',
    ],
    [
      'LIST_OF_OTHER_ACCOUNT',
      ({ buddy, one }) => {
        const other = buddy.allocBlocks(SZ_4K, { account: buddy.account() });
        try {
          one.append(other);
        } finally {
          other.free();
        }
      },
      'gpu_buddy_block',
      'other must be charged to the same account',
    ],
    [
      'RESERVED_ABOVE_LIMIT',
      ({ buddy }) => buddy.account({ limit: 1, reserved: 2 }),
      'gpu_buddy',
      'reserved (2) must not be above the limit',
    ],
    [
      'RESERVED_ABOVE_SPACE',
      ({ buddy }) => buddy.account({ reserved: buddy.size + 1 }),
      'gpu_buddy',
      `reserved (${String(make().buddy.size + 1)}) and what other accounts reserve is more than the whole space`,
    ],
    [
      'NO_JOURNAL',
      ({ buddy }) => {
        buddy.stopJournal();
      },
      'gpu_buddy',
      'journal has not begun',
    ],
  ];

  test.each(cases)('%s: %#', (_, call, syscall, sentence) => {
    const made = make();
    const error = refusalOf(made.buddy, () => call(made));
    expect(error).toBeInstanceOf(GpuBuddyError);
    expect(error).toMatchObject({
      name: 'GpuBuddyError',
      code: 'EINVAL',
      errno: -22,
      syscall,
      message: `EINVAL: ${sentence}, ${syscall}`,
    });
    expect([chunksOf(made.one), chunksOf(made.several)]).toEqual([[[16, 4]], chunksOf(make().several)]);
  });

  test('has a test for each reason that the allocator has', () => {
    const reasons = statuses.filter(({ code }) => code === 'EINVAL').map(({ name }) => name);
    // Flags cannot be wrong in TypeScript; the others are for arguments that only the raw entries refuse, or let through.
    const unreachable = ['FLAGS_UNKNOWN', 'CHUNK_SIZE_TOO_SMALL', 'KERNEL_EINVAL'];
    const tested = new Set(cases.map(([status]) => status));
    expect([...tested, ...unreachable].sort()).toEqual(reasons.sort());
  });
});

describe('ENOSPC', () => {
  // Chunks 1, 3 and 5 of 16 are free.
  const fragmented = 'but no block larger than 4096';
  test.each<[string, number, Parameters<GpuBuddy['allocBlocks']>[1], ShortageReason, string]>([
    ['more than is free', SZ_64K, {}, 'full', '12288 free'],
    [
      'a larger block than is free',
      SZ_8K,
      { minBlockSize: SZ_8K },
      'fragmented',
      `12288 free, ${fragmented}`,
    ],
    [
      'more in one piece than is free in one',
      SZ_8K,
      { contiguous: true },
      'fragmented',
      `12288 free, ${fragmented}`,
    ],
    [
      'a range with nothing free',
      SZ_4K,
      { mode: { range: { start: 0, end: SZ_4K } } },
      'range',
      '0 free in the range 0 to 4096',
    ],
    [
      'a range with too little free',
      SZ_12K,
      { mode: { range: { start: 0, end: 5 * SZ_4K } } },
      'range',
      '8192 free in the range 0 to 20480',
    ],
    [
      'a range with as much free, but not in one piece',
      SZ_8K,
      { mode: { range: { start: 0, end: 5 * SZ_4K } }, contiguous: true },
      'range',
      '8192 free in the range 0 to 20480, but not in blocks that fit',
    ],
    [
      'exactly a range that is not free',
      SZ_8K,
      { mode: { range: { start: SZ_4K, end: SZ_12K } } },
      'range',
      '4096 free in the range 4096 to 12288',
    ],
    [
      'a range that is shorter than the size',
      SZ_12K,
      { mode: { range: { start: SZ_4K, end: SZ_12K } } },
      'range',
      '4096 free in the range 4096 to 12288',
    ],
    [
      'a range when more is asked than is free',
      SZ_16K,
      { mode: { range: { start: 0, end: SZ_12K } } },
      'full',
      '12288 free',
    ],
    [
      'an alignment that nothing free has',
      SZ_4K,
      { minBlockSize: SZ_16K },
      'fragmented',
      `12288 free, ${fragmented}`,
    ],
    ['more than is free, from the top', SZ_16K, { mode: 'top-down' }, 'full', '12288 free'],
    [
      'more than is free, without trimming',
      SZ_12K,
      { trimDisable: true, minBlockSize: SZ_8K },
      'fragmented',
      `12288 free, ${fragmented}`,
    ],
  ])('is the answer to %s', (_, size, options, reason, free) => {
    const buddy = withHoles(16, { dirty: [1, 3, 5] });
    const error = refusalOf(buddy, () => buddy.allocBlocks(size, options));
    expect(error).toBeInstanceOf(GpuBuddyError);
    expect(Object.assign({}, error)).toEqual({
      name: 'GpuBuddyError',
      code: 'ENOSPC',
      errno: -28,
      syscall: ALLOC,
      reason,
      requested: size,
      avail: 12288,
      largestFree: 4096,
    });
    expect(error.message).toBe(
      `ENOSPC: no free space fits the request (${size} bytes asked for, ${free}), gpu_buddy_alloc_blocks`,
    );
    expect(
      refusalOf(buddy, () => {
        expect(buddy.tryAllocBlocks(size, options)).toBeNull();
        throw new Error('null');
      }),
    ).toMatchObject({ message: 'null' });
  });

  test('tells what was free when the call failed, after calls that succeeded, and after those that do not tell', () => {
    const buddy = withHoles(16, { dirty: span(0, 7) });
    for (let free = 8; free > 0; free--) {
      expect(buddy.tryAllocBlocks(SZ_64K)).toBeNull();
      expect(thrownBy(() => buddy.allocBlocks(SZ_64K))).toMatchObject({
        reason: 'full',
        avail: free * SZ_4K,
        largestFree: 2 ** Math.floor(Math.log2(free)) * SZ_4K,
      });
      buddy.allocBlocks(SZ_4K);
    }
  });

  test('tells so of an allocator with a base offset, above 2^53, and where lists remember their stacks', () => {
    const baseOffset = (1n << 63n) + 1n;
    const buddy = new GpuBuddy({ size: SZ_64K, baseOffset, captureStacks: true, bigint: true });
    const blocks = buddy.allocBlocks(SZ_16K, {
      mode: { range: { start: baseOffset, end: baseOffset + 16384n } },
    });
    const range = { start: baseOffset + 4096n, end: baseOffset + 20480n };
    const error = thrownBy(() => buddy.allocBlocks(SZ_8K, { mode: { range } }));
    expect(error).toMatchObject({ reason: 'range' });
    expect(error.message).toContain(`4096 free in the range ${range.start} to ${range.end}`);
    blocks.free();

    const large = new GpuBuddy({ size: 1n << 63n, bigint: true });
    const half = large.allocBlocks(1n << 62n);
    expect(thrownBy(() => large.allocBlocks((1n << 62n) + 4096n))).toMatchObject({
      reason: 'full',
      requested: (1n << 62n) + 4096n,
      avail: 1n << 62n,
      largestFree: 1n << 62n,
    });
    half.free();
  });

  test('counts not all that is free in a range of very many blocks, and says so', () => {
    const buddy = withHoles(2048, { dirty: span(0, 1023).map((i) => 2 * i) });
    const error = thrownBy(() =>
      buddy.allocBlocks(SZ_8K, { mode: { range: { start: 0, end: 2047 * SZ_4K } }, contiguous: true }),
    );
    expect(error.message).toMatch(/asked for, at least \d+ free in the range 0 to 8384512, but not in/);
  });

  test('names the operation of a batch, and says nothing about free memory', () => {
    const buddy = withHoles(16, { dirty: [1, 3, 5] });
    const batch = buddy.batch();
    const handle = batch.alloc(SZ_8K, { contiguous: true });
    const error = batch.run().error(handle);
    expect(Object.assign({}, error)).toEqual({
      name: 'GpuBuddyError',
      code: 'ENOSPC',
      errno: -28,
      syscall: ALLOC,
    });
    expect(error?.reason).toBeUndefined();
    expect(error?.message).toContain('operation 0 of the batch');
  });

  test.each<[string, boolean, (bytes: number) => unknown]>([
    ['numbers', false, (bytes) => bytes],
    ['decimal strings where the allocator gives out bigints', true, String],
  ])('is JSON with %s', (_, bigint, written) => {
    const buddy = new GpuBuddy<Bytes>({ size: SZ_64K, bigint });
    for (const [i, list] of takeAll(buddy).entries()) if ([1, 3, 5].includes(i)) list.free();
    const error = thrownBy(() => buddy.allocBlocks(SZ_8K, { contiguous: true }));
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'GpuBuddyError',
      code: 'ENOSPC',
      errno: -28,
      syscall: ALLOC,
      reason: 'fragmented',
      requested: written(8192),
      avail: written(12288),
      largestFree: written(4096),
    });
  });
});

describe('ENXIO', () => {
  test.each([SZ_1M, BigInt(SZ_1M) + 1n, (1n << 64n) - 1n])('is the answer to the address %s', (address) => {
    const { buddy } = make();
    const error = refusalOf(buddy, () => buddy.blockAt(address));
    expect(error).toBeInstanceOf(GpuBuddyError);
    expect(error).toMatchObject({
      code: 'ENXIO',
      errno: -6,
      syscall: 'gpu_buddy_allocated_addr_to_block',
      message: `ENXIO: address (${address}) lies outside the space, gpu_buddy_allocated_addr_to_block`,
    });
  });
});

describe('ENOMEM', () => {
  const ENOMEM = { name: 'GpuBuddyError', code: 'ENOMEM', errno: -12 };
  const message = (syscall: string) =>
    `ENOMEM: the native memory for the bookkeeping of blocks is used up, ${syscall}`;

  const make = () => new GpuBuddy({ size: 64 * SZ_1M, maxNativeBytes: 3 * SZ_64K });

  /** Fragments the first 4 MiB until the native memory for one more split, which is two nodes, is not there. */
  function exhaust(buddy: GpuBuddy): AllocatedBlocks[] {
    const take = (start: number, size: number) =>
      buddy.allocBlocks(size, { mode: { range: { start: start, end: start + size } } });
    const lists = span(0, 511).map((i) => take(i * SZ_8K, SZ_8K));
    lists.forEach((list, i) => {
      if (i % 2 === 0) list.free();
    });
    const error = thrownBy(() => {
      for (let i = 0; i < 512; i += 2) lists.push(take(i * SZ_8K, SZ_4K));
    });
    expect(error).toMatchObject(ENOMEM);
    return lists;
  }

  test.each([1, 4096, SZ_64K - 1])(
    'is the answer to a limit of %d bytes from the start',
    (maxNativeBytes) => {
      expect(thrownBy(() => new GpuBuddy({ size: SZ_1M, maxNativeBytes }))).toMatchObject({
        ...ENOMEM,
        syscall: INIT,
        message: message(INIT),
      });
    },
  );

  test('leaves the allocator as it was, whatever the mode of the call that fails', () => {
    const buddy = make();
    const lists = exhaust(buddy);
    // Each of these would have to split a block.
    const requests: Parameters<GpuBuddy['allocBlocks']>[] = [
      [SZ_1M, { minBlockSize: SZ_1M }],
      [SZ_1M, { minBlockSize: SZ_1M, mode: 'top-down' }],
      [SZ_1M, { minBlockSize: SZ_1M, clear: true }],
      [SZ_1M, { mode: { range: { start: 5 * SZ_1M, end: 64 * SZ_1M } } }],
      [SZ_8K, { mode: { range: { start: 32 * SZ_1M, end: 32 * SZ_1M + SZ_8K } } }],
      [SZ_20K, { contiguous: true }],
      [SZ_20K, { contiguous: true, trimDisable: true }],
      [SZ_20K, { minBlockSize: SZ_16K }],
      [SZ_16K, { minBlockSize: SZ_64K }],
      [SZ_16K, { minBlockSize: SZ_64K, mode: { range: { start: 32 * SZ_1M, end: 64 * SZ_1M } } }],
      [SZ_16K, { minBlockSize: SZ_64K, mode: { range: { start: 32 * SZ_1M, end: 32 * SZ_1M + SZ_64K } } }],
    ];
    for (const [size, options] of requests) {
      expect(refusalOf(buddy, () => buddy.allocBlocks(size, options))).toMatchObject({
        ...ENOMEM,
        syscall: ALLOC,
        message: message(ALLOC),
      });
    }
    for (const list of lists) list.free();
    expect(buddy.avail).toBe(buddy.size);
    expect(buddy.allocBlocks(SZ_12K).size).toBe(SZ_12K);
    expectSound(buddy);
  });

  test('leaves room for what needs no more memory', () => {
    const buddy = make();
    const lists = exhaust(buddy);
    const blocks = buddy.allocBlocks(SZ_4K);
    expect(blocks.size).toBe(4096);
    blocks.free();
    lists[0]?.free();
    expectSound(buddy);
  });

  test('is the answer of trim(), and the list stays as it was', () => {
    const buddy = make();
    const blocks = buddy.allocBlocks(SZ_1M, { mode: { range: { start: 32 * SZ_1M, end: 33 * SZ_1M } } });
    exhaust(buddy);
    const error = refusalOf(buddy, () => {
      blocks.trim(SZ_4K, { start: 32 * SZ_1M + SZ_64K });
    });
    expect(error).toMatchObject({ ...ENOMEM, syscall: TRIM, message: message(TRIM) });
    expect(chunksOf(blocks)).toEqual([[8192, 256]]);
    expect(blocks.size).toBe(SZ_1M);
  });

  test('is the answer where only the last step, trimming, lacks memory: never more than was asked for', () => {
    const buddy = make();
    // A block of 16 KiB whose buddy is taken: it stays as it is when it is freed, and needs no split to be allocated.
    const [block, other] = [0, 1].map((i) =>
      buddy.allocBlocks(SZ_16K, {
        mode: { range: { start: 32 * SZ_1M + i * SZ_16K, end: 32 * SZ_1M + (i + 1) * SZ_16K } },
      }),
    );
    exhaust(buddy);
    block?.free();
    expect(buddy.stats().orders[2]?.freeBlocks).toBeGreaterThan(0);

    for (const options of [
      { contiguous: true },
      { minBlockSize: SZ_16K },
      { contiguous: true, clear: true },
    ]) {
      const error = refusalOf(buddy, () => buddy.allocBlocks(SZ_12K, options));
      expect(error).toMatchObject({ ...ENOMEM, syscall: ALLOC });
      // Without trimming there is enough.
      using whole = buddy.allocBlocks(SZ_12K, { ...options, trimDisable: true });
      expect(whole.size).toBe(SZ_16K);
    }
    expect(other?.length).toBe(1);
    expectSound(buddy);
  });
});

describe('ERR_GPU_BUDDY_WORK_LIMIT', () => {
  const WORK_LIMIT = {
    name: 'GpuBuddyError',
    code: 'ERR_GPU_BUDDY_WORK_LIMIT',
    errno: undefined,
    syscall: ALLOC,
    message: `ERR_GPU_BUDDY_WORK_LIMIT: the search took more steps than one call may take, ${ALLOC}`,
  };

  /** An allocator of which every other chunk is free. */
  const halfFree = (chunks: number, maxSteps: number | undefined) => {
    const buddy = new GpuBuddy({ size: chunks * SZ_4K, maxSteps });
    const lists = Array.from({ length: chunks }, () => buddy.allocBlocks(SZ_4K));
    lists.forEach((list, i) => {
      if (i % 2) list.free();
    });
    expect(buddy.avail).toBe((chunks / 2) * SZ_4K);
    return buddy;
  };

  test('ends a search in a range over many holes', () => {
    const request = { mode: { range: { start: 0, end: 2048 * SZ_4K } } } as const;
    const buddy = halfFree(2048, 2000);
    expect(refusalOf(buddy, () => buddy.allocBlocks(1024 * SZ_4K, request))).toMatchObject(WORK_LIMIT);
    expect(refusalOf(buddy, () => buddy.tryAllocBlocks(1024 * SZ_4K, request))).toMatchObject(WORK_LIMIT);
    // The limit does not count once memory is found.
    expect(buddy.allocBlocks(SZ_4K, request).size).toBe(4096);

    expect(halfFree(2048, undefined).allocBlocks(1024 * SZ_4K, request).length).toBe(1024);
  });

  test('ends the search for blocks that can be merged', () => {
    // 64 pairs that can, below 1000 clear chunks that can't and are looked at first for each of the pairs.
    const make = (maxSteps: number | undefined) => {
      const buddy = new GpuBuddy({ size: 2128 * SZ_4K, maxSteps });
      const lists = takeAll(buddy);
      lists.forEach((list, i) => {
        if (i < 128 || i % 2) list.free({ cleared: i % 2 === 1 });
      });
      expect(freeChunksOf(buddy)).toHaveLength(1128);
      return buddy;
    };
    const request = { minBlockSize: SZ_8K };
    const buddy = make(5000);
    const { avail } = buddy;
    expect(thrownBy(() => buddy.allocBlocks(64 * SZ_8K, request))).toMatchObject(WORK_LIMIT);
    // Pairs that were merged before that are dirty now, as after any allocation that fails.
    expect(buddy.avail).toBe(avail);
    expectSound(buddy);

    expect(make(undefined).allocBlocks(64 * SZ_8K, request).size).toBe(64 * 8192);
  });

  test.each([1, 10, 129, 130, 500, 1000, 5000, 50_000])(
    'after %d steps leaves a sound allocator, whether the call fails or not',
    (maxSteps) => {
      const buddy = halfFree(512, maxSteps);
      const before = stateOf(buddy);
      for (const size of [1, 2, 3, 64, 200, 256]) {
        for (const mode of ['simple', 'top-down', { range: { start: 0, end: 512 * SZ_4K } }] as const) {
          try {
            const blocks = buddy.allocBlocks(size * SZ_4K, { mode });
            expect(blocks.size).toBe(size * SZ_4K);
            blocks.free();
          } catch (error) {
            expect(error).toMatchObject({ code: 'ERR_GPU_BUDDY_WORK_LIMIT' });
          }
          expect(stateOf(buddy)).toEqual(before);
        }
      }
      expectSound(buddy);
    },
  );

  test('is not met by calls that free, look or reset', () => {
    const buddy = new GpuBuddy({ size: 1024 * SZ_4K, maxSteps: 1 });
    const lists = span(1, 1024).map(() => buddy.allocBlocks(SZ_4K));
    lists.forEach((list, i) => {
      list.free({ cleared: i % 2 === 0 });
    });
    buddy.resetClear(true);
    expect(buddy.clearAvail).toBe(buddy.size);
    expect(buddy.blockAt(0)).toBeNull();
    const blocks = buddy.allocBlocks(SZ_1M);
    blocks.trim(SZ_12K, { start: Number(blocks.at(0)?.offset) + SZ_4K });
    expect(blocks.size).toBe(SZ_12K);
  });
});

describe('codes', () => {
  /** Every member of the type: the compiler says what is missing or too much. */
  const codes: Record<GpuBuddyErrorCode, true> = {
    EINVAL: true,
    ENOSPC: true,
    ENOMEM: true,
    ENXIO: true,
    EBUSY: true,
    ERR_GPU_BUDDY_FREED: true,
    ERR_GPU_BUDDY_DISPOSED: true,
    ERR_GPU_BUDDY_TOKEN: true,
    ERR_GPU_BUDDY_WORK_LIMIT: true,
    ERR_GPU_BUDDY_POISONED: true,
    ERR_GPU_BUDDY_UNKNOWN: true,
  };

  test('in the type are those of native/buddy/status.h, and one for a missing addon', () => {
    const native = new Set(statuses.map(({ code }) => code).filter((code) => code !== ''));
    expect(Object.keys(codes).sort()).toEqual([...native, 'ERR_GPU_BUDDY_UNKNOWN'].sort());
    expect(gpuBuddyError(-1, ALLOC).code).toBe('ERR_GPU_BUDDY_UNKNOWN');
  });

  test('are all explained in the table of the docstring', () => {
    const source = readFileSync(join(__dirname, '../../lib/errors.ts'), 'utf8');
    const explained = [...source.matchAll(/^ \* \| `(\w+)` \| /gm)].map((match) => match[1]);
    expect(explained).toEqual(['code', ...Object.keys(codes)]);
  });
});

describe('an error', () => {
  test('is an Error with a stack, that prints its code, argument and function', () => {
    const error = thrownBy(() => new GpuBuddy({ size: 1 }));
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('GpuBuddyError: EINVAL: size (1) must be at least one chunk, gpu_buddy_init');
    expect(error.stack).toContain('errors.test.ts');
  });

  test('has no errno where the code is this library’s own', () => {
    const { buddy, one } = make();
    one.free();
    buddy.dispose();
    expect([thrownBy(() => one.length), thrownBy(() => buddy.avail)]).toMatchObject([
      {
        code: 'ERR_GPU_BUDDY_FREED',
        errno: undefined,
        message: 'ERR_GPU_BUDDY_FREED: the list of blocks has been freed, gpu_buddy_block',
      },
      {
        code: 'ERR_GPU_BUDDY_DISPOSED',
        errno: undefined,
        message: 'ERR_GPU_BUDDY_DISPOSED: the allocator has been disposed of, gpu_buddy',
      },
    ]);
  });

  test('belongs to one allocator, and touches no other', () => {
    const [one, other] = [make(), make()];
    const before = stateOf(other.buddy);
    one.buddy.dispose();
    thrownBy(() => one.buddy.allocBlocks(SZ_4K));
    thrownBy(() => new GpuBuddy({ size: 0 }));
    expect(stateOf(other.buddy)).toEqual(before);
  });

  test('a thousand times in a row costs nothing that is not given back', () => {
    const { buddy } = make();
    const before = [stateOf(buddy), buddy.stats().nativeBytes];
    for (let i = 0; i < 1000; i++) {
      thrownBy(() => buddy.allocBlocks(1));
      expect(buddy.tryAllocBlocks(SZ_1M)).toBeNull();
    }
    expect([stateOf(buddy), buddy.stats().nativeBytes]).toEqual(before);
  });
});
