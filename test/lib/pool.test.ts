// Pools: allocations by number, what the numbers say, which numbers are refused, and who gets the memory back.

import { describe, expect, jest, test } from '@jest/globals';
import { inspect } from 'node:util';
import {
  AllocatedBlocks,
  GpuBuddy,
  Pool,
  STATE_ALLOCATED,
  SZ_16K,
  SZ_1M,
  SZ_4K,
  SZ_64K,
  SZ_8K,
  type Bytes,
  type PoolAllocOptions,
  type PoolHandle,
} from 'gpu-buddy';
import {
  chunksOf,
  expectSound,
  firstOf,
  rangesOf,
  refusalOf,
  span,
  stateOf,
  SZ_12K,
  SZ_20K,
  thrownBy,
  withHoles,
} from '../support/allocator-state';
import { Random } from '../support/random';

const DISPOSED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_DISPOSED' };

const megabyte = (baseOffset = 0) => new GpuBuddy({ size: SZ_1M, baseOffset });

/** An allocation as its pool tells of it. */
function rangeOf<N extends Bytes>(pool: Pool<N>, handle: PoolHandle): [N, N] {
  return [pool.offset(handle), pool.size(handle)];
}

/** Returns the element at an index, which must be there. */
function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new Error(`There is nothing at ${String(index)}.`);
  return value;
}

/** Every way to use a handle. */
const uses: [name: string, use: (pool: Pool<Bytes>, handle: PoolHandle) => unknown][] = [
  ['offset()', (pool, handle) => pool.offset(handle)],
  ['size()', (pool, handle) => pool.size(handle)],
  ['blocks()', (pool, handle) => pool.blocks(handle)],
  [
    'free()',
    (pool, handle) => {
      pool.free(handle);
    },
  ],
];

/** Checks that a pool takes no notice of a handle, whatever is tried with it. */
function expectRefused(pool: Pool<Bytes>, handle: PoolHandle, what: object = { code: 'EINVAL' }): void {
  const { length } = pool;
  expect(pool.has(handle)).toBe(false);
  for (const [, use] of uses) expect(refusalOf(pool.buddy, () => use(pool, handle))).toMatchObject(what);
  expect(pool.length).toBe(length);
}

describe('alloc()', () => {
  test('gives a number, and takes the memory that allocBlocks() would take', () => {
    const [buddy, twin] = [megabyte(), megabyte()];
    const pool = buddy.pool();
    const sizes = [SZ_4K, SZ_64K, SZ_12K, SZ_4K, SZ_20K];
    for (const size of sizes) {
      const handle = pool.alloc(size);
      const list = twin.allocBlocks(size, { contiguous: true });
      expect(typeof handle).toBe('number');
      expect(rangeOf(pool, handle)).toEqual([list.offset, list.size]);
      expect(stateOf(buddy)).toEqual(stateOf(twin));
    }
    expect(pool.length).toBe(sizes.length);
    expectSound(buddy);
  });

  test('takes bigints for sizes, and gives out numbers, as the allocator does', () => {
    const pool = megabyte().pool();
    expect(rangeOf(pool, pool.alloc(BigInt(SZ_8K)))).toEqual([SZ_1M - SZ_8K, SZ_8K]);
  });

  test.each([true, false])('knows no contiguous option: %s', (contiguous) => {
    const pool = megabyte().pool();
    const options = { contiguous } as PoolAllocOptions;
    for (const alloc of [() => pool.alloc(SZ_4K, options), () => pool.tryAlloc(SZ_4K, options)])
      expect(refusalOf(pool.buddy, alloc)).toMatchObject({
        name: 'TypeError',
        message: expect.stringContaining("'contiguous'"),
      });
  });

  test('gives one run of memory, even from several blocks', () => {
    const buddy = withHoles(16, { dirty: [1, 3, 5, 6, 7, 8, 12] });
    const pool = buddy.pool();
    const handle = pool.alloc(SZ_12K);
    expect(rangeOf(pool, handle)).toEqual([6 * SZ_4K, SZ_12K]);
    const { orders } = buddy.snapshot();
    expect([orders[6], orders[7]]).toEqual([1, 0]);
    expect(pool.tryAlloc(SZ_8K)).toBeNull();
    pool.free(handle);
    expect(buddy.avail).toBe(7 * SZ_4K);
  });

  test('counts addresses from the base offset', () => {
    const pool = megabyte(2 ** 40).pool();
    const handle = pool.alloc(SZ_12K, { mode: { at: 2 ** 40 + SZ_4K } });
    expect(rangeOf(pool, handle)).toEqual([2 ** 40 + SZ_4K, SZ_12K]);
  });

  test.each<[string, PoolAllocOptions, [number, number]]>([
    ['top-down', { mode: 'top-down' }, [SZ_1M - SZ_4K, SZ_4K]],
    ['a range', { mode: { range: { start: SZ_16K, end: SZ_64K } } }, [SZ_16K, SZ_4K]],
    ['an address', { mode: { at: SZ_12K } }, [SZ_12K, SZ_4K]],
    ['a smallest block', { minBlockSize: SZ_4K }, [SZ_1M - SZ_4K, SZ_4K]],
    ['nothing', {}, [SZ_1M - SZ_4K, SZ_4K]],
  ])('takes the options of allocBlocks(): %s', (_, options, expected) => {
    const buddy = megabyte();
    const pool = buddy.pool();
    expect(rangeOf(pool, pool.alloc(SZ_4K, options))).toEqual(expected);
    pool.clear();
    pool.tryAlloc(SZ_4K, options);
    expect(rangeOf(pool, at([...pool], 0))).toEqual(expected);
    expectSound(buddy);
  });

  test('keeps the rounded-up size with trimDisable', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const handle = pool.alloc(SZ_12K, { trimDisable: true });
    expect(rangeOf(pool, handle)).toEqual([SZ_1M - SZ_16K, SZ_16K]);
    expect(buddy.avail).toBe(SZ_1M - SZ_16K);
    pool.free(handle);
    expect(buddy.avail).toBe(buddy.size);
  });

  test('leaves its tag to blockAt(), snapshot() and blocks()', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const handle = pool.alloc(SZ_12K, { tag: 77 });
    expect(buddy.blockAt(pool.offset(handle))?.tag).toBe(77);
    const { tags, states } = buddy.snapshot();
    expect(Array.from(tags).filter((_, i) => (states[i] ?? 0) & STATE_ALLOCATED)).toEqual([77, 77]);
    const blocks = pool.blocks(handle);
    expect([blocks.tag, firstOf(blocks).tag]).toEqual([77, 77]);
  });

  test('prefers clear memory where it is asked for', () => {
    const buddy = withHoles(16, { dirty: [1, 9], clear: [4] });
    const pool = buddy.pool();
    const clear = pool.alloc(SZ_4K, { clear: true });
    expect([pool.offset(clear), buddy.clearAvail]).toEqual([4 * SZ_4K, 0]);
    expect(pool.offset(pool.alloc(SZ_4K))).toBe(9 * SZ_4K);
    pool.free(clear, { cleared: true });
    expect(buddy.clearAvail).toBe(SZ_4K);
  });

  test.each<[string, Bytes, PoolAllocOptions | undefined]>([
    ['a size of 0', 0, undefined],
    ['a size that is no multiple', SZ_4K + 1, undefined],
    ['a size beyond the space', 2 * SZ_1M, undefined],
    ['a smallest block that is no power of two', SZ_12K, { minBlockSize: SZ_12K }],
    ['a range beyond the space', SZ_4K, { mode: { range: { start: 0, end: 2 * SZ_1M } } }],
    ['an address beyond all addresses', SZ_4K, { mode: { at: 2n ** 64n - 1n } }],
    ['an address below the base', SZ_4K, { mode: { at: 0 } }],
  ])('refuses what allocBlocks() refuses, in its words: %s', (_, size, options) => {
    const buddy = megabyte(SZ_64K);
    const pool = buddy.pool();
    const { code, errno, syscall, message } = thrownBy(() =>
      buddy.allocBlocks(size, { ...options, contiguous: true }),
    );
    for (const alloc of [() => pool.alloc(size, options), () => pool.tryAlloc(size, options)])
      expect(refusalOf(buddy, alloc)).toMatchObject({ code, errno, syscall, message });
    expect(pool.length).toBe(0);
  });

  test('says why there is no space, as allocBlocks() does; tryAlloc() gives null', () => {
    const make = () => withHoles(16, { dirty: [1, 3, 5] });
    const [buddy, twin] = [make(), make()];
    const pool = buddy.pool();
    for (const [size, options] of [
      [SZ_8K, undefined],
      [SZ_64K, undefined],
      [SZ_4K, { mode: { at: 0 } }],
      [SZ_8K, { mode: { range: { start: 0, end: SZ_16K } } }],
      [SZ_4K, { minBlockSize: SZ_4K, mode: { range: { start: 8 * SZ_4K, end: SZ_64K } } }],
    ] as [number, PoolAllocOptions | undefined][]) {
      const expected = thrownBy(() => twin.allocBlocks(size, { ...options, contiguous: true }));
      const error = refusalOf(buddy, () => pool.alloc(size, options));
      expect(expected.code).toBe('ENOSPC');
      expect(JSON.stringify(error)).toBe(JSON.stringify(expected));
      expect(error.message).toBe(expected.message);
      expect(pool.tryAlloc(size, options)).toBeNull();
    }
    expect(pool.length).toBe(0);
  });

  test('throws where the native memory is used up, and so does tryAlloc()', () => {
    const limited = new GpuBuddy({ size: 2 ** 32, maxNativeBytes: 2 ** 20 }).pool();
    const before = { length: 0 };
    const error = thrownBy(() => {
      for (;;) {
        limited.alloc(SZ_4K);
        before.length++;
      }
    });
    expect(error).toMatchObject({ code: 'ENOMEM', syscall: 'gpu_buddy_alloc_blocks' });
    expect(limited.length).toBe(before.length);
    expect(thrownBy(() => limited.tryAlloc(SZ_4K))).toMatchObject({ code: 'ENOMEM' });
    limited.clear();
    expect(limited.buddy.avail).toBe(limited.buddy.size);
  });
});

describe('an allocator of bigints', () => {
  test('has pools of bigints', () => {
    const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: 2n ** 60n, bigint: true });
    const pool = buddy.pool();
    const handle = pool.alloc(SZ_12K);
    expect(typeof handle).toBe('number');
    expect(rangeOf(pool, handle)).toEqual([2n ** 60n + BigInt(SZ_1M - SZ_16K), BigInt(SZ_12K)]);
    expect(pool.length).toBe(1);
    expect(pool.blocks(handle).offset).toBe(2n ** 60n + BigInt(SZ_1M - SZ_16K));
  });

  test('may have more chunks than 31 bits can count', () => {
    const size = 2n ** 62n;
    const buddy = new GpuBuddy({ size, bigint: true });
    const pool = buddy.pool();
    const low = pool.alloc(SZ_4K, { mode: { at: SZ_4K } });
    const large = pool.alloc(2n ** 61n, { mode: { at: 2n ** 61n } });
    const high = pool.alloc(2n ** 54n, { mode: 'top-down', minBlockSize: 4096n, tag: 1 });
    expect([low, large].map((handle) => rangeOf(pool, handle))).toEqual([
      [4096n, 4096n],
      [2n ** 61n, 2n ** 61n],
    ]);
    expect(rangeOf(pool, high)).toEqual([2n ** 61n - 2n ** 54n, 2n ** 54n]);
    pool.free(large);
    expectRefused(pool, large);
    expect(rangeOf(pool, high)).toEqual([2n ** 61n - 2n ** 54n, 2n ** 54n]);
    pool.clear();
    expect(buddy.avail).toBe(size);
  });
});

test('sizes and offsets above 2^31 chunks of a byte are exact', () => {
  const buddy = new GpuBuddy({ size: 2 ** 51, chunkSize: 1, baseOffset: 5 });
  const pool = buddy.pool();
  const far = 2 ** 50 + 3;
  const small = pool.alloc(7, { mode: { at: 5 + far } });
  const large = pool.alloc(2 ** 33 + 1, { mode: { at: 5 + 2 ** 40 } });
  const edge = pool.alloc(2 ** 31 - 1, { mode: { at: 5 } });
  const beyond = pool.alloc(2 ** 31, { mode: { at: 5 + 2 ** 31 } });
  const expected = [
    [5 + far, 7],
    [5 + 2 ** 40, 2 ** 33 + 1],
    [5, 2 ** 31 - 1],
    [5 + 2 ** 31, 2 ** 31],
  ];
  expect([small, large, edge, beyond].map((handle) => rangeOf(pool, handle))).toEqual(expected);
  const blocks = pool.blocks(large);
  expect([blocks.offset, blocks.size]).toEqual(expected[1]);
  blocks.free();
  for (const handle of [small, edge, beyond]) pool.free(handle);
  for (const handle of [small, large, edge, beyond]) expectRefused(pool, handle);
  expect(buddy.avail).toBe(buddy.size);
});

describe('handles', () => {
  test('stay valid while the pool grows, and name different allocations', () => {
    const buddy = new GpuBuddy({ size: 8192 * SZ_4K });
    const pool = buddy.pool();
    const handles = span(0, 8191).map((tag) => pool.alloc(SZ_4K, { tag }));
    expect(new Set(handles).size).toBe(8192);
    expect(new Set(handles.map((handle) => pool.offset(handle))).size).toBe(8192);
    expect([pool.length, buddy.avail, [...pool].length]).toEqual([8192, 0, 8192]);
    for (const i of [0, 63, 64, 127, 128, 4095, 4096, 8191]) {
      const handle = at(handles, i);
      expect(buddy.blockAt(pool.offset(handle))?.tag).toBe(i);
      expect(pool.has(handle)).toBe(true);
    }
    for (const handle of handles) pool.free(handle);
    expect([pool.length, buddy.avail]).toEqual([0, buddy.size]);
  });

  test('are of one pool: two pools of one allocator know nothing of each other', () => {
    const buddy = megabyte();
    const pools = [buddy.pool(), buddy.pool(), megabyte().pool()];
    const handles = pools.map((pool) => span(0, 19).map(() => pool.alloc(SZ_4K)));
    expect(new Set(handles.flat()).size).toBe(60);
    for (const [i, pool] of pools.entries())
      for (const [j, others] of handles.entries())
        for (const handle of others)
          if (i === j) expect(pool.has(handle)).toBe(true);
          else expectRefused(pool, handle);
  });

  test('are refused once freed, even if their place is used again', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const stale = new Set<PoolHandle>();
    let last = pool.alloc(SZ_4K);
    for (let i = 0; i < 100; i++) {
      pool.free(last);
      stale.add(last);
      expectRefused(pool, last);
      last = pool.alloc(SZ_4K);
      expect(stale.has(last)).toBe(false);
      expect(pool.offset(last)).toBe(SZ_1M - SZ_4K);
      for (const handle of stale) expect(pool.has(handle)).toBe(false);
    }
    expectRefused(pool, at([...stale], 0));
    expect(pool.length).toBe(1);
  });

  test('are refused before the memory is freed natively, too', () => {
    const pool = megabyte().pool();
    const handle = pool.alloc(SZ_4K);
    pool.free(handle);
    const errors = uses.map(([, use]) => thrownBy(() => use(pool, handle)));
    for (const error of errors) expect(error).toMatchObject({ code: 'EINVAL' });
    expect(pool.has(handle)).toBe(false);
  });

  test('that are made of a freed one are refused before the memory is freed natively', () => {
    const pool = megabyte().pool();
    const handle = pool.alloc(SZ_4K);
    // The number of what stands in the pool's memory until then.
    const forged = (handle + 2 ** 30) as PoolHandle;
    expect(pool.has(forged)).toBe(false);
    pool.free(handle);
    expect(pool.has(forged)).toBe(false);
    for (const [, use] of uses) {
      const other = pool.alloc(SZ_4K);
      pool.free(other);
      expect(thrownBy(() => use(pool, (other + 2 ** 30) as PoolHandle))).toMatchObject({ code: 'EINVAL' });
    }
    expect(pool.length).toBe(0);
  });

  test('that are made up are refused, and say so', () => {
    const pool = megabyte().pool();
    const handle = pool.alloc(SZ_4K);
    const odd = [
      ...[
        NaN,
        -1,
        -0,
        0,
        0.5,
        1,
        63,
        2 ** 27,
        2 ** 31,
        2 ** 32,
        2 ** 53,
        2 ** 53 - 1,
        2 ** 60,
        1e300,
        5e-324,
      ],
      ...[Infinity, -Infinity, 0 - handle, handle + 0.5, handle + 1, handle - 1, handle + 2 ** 27],
      ...[
        handle - 2 ** 27,
        handle + 2 ** 30,
        handle + 2 ** 52,
        handle + 2 ** 53,
        handle + 2 ** 58,
        handle * 2,
      ],
    ];
    for (const number of odd) {
      expectRefused(pool, number as PoolHandle, {
        name: 'GpuBuddyError',
        code: 'EINVAL',
        message: expect.stringContaining(`handle (${String(number)})`),
      });
    }
    expect(rangeOf(pool, handle)).toEqual([SZ_1M - SZ_4K, SZ_4K]);
  });

  test.each<[string, (handle: PoolHandle) => unknown]>([
    ['a string', String],
    ['a bigint', BigInt],
    ['a boxed number', Object],
    ['an object', () => ({})],
    ['an object that turns into the handle', (handle) => ({ valueOf: () => handle })],
    ['undefined', () => undefined],
    ['null', () => null],
    ['a boolean', () => true],
    ['a symbol', () => Symbol('handle')],
    ['an array of it', (handle) => [handle]],
    ['a list', () => megabyte().allocBlocks(SZ_4K)],
  ])('are no other than numbers: %s is a TypeError', (_, make) => {
    const pool = megabyte().pool();
    const handle = pool.alloc(SZ_4K);
    expectRefused(pool, make(handle) as PoolHandle, { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
  });

  test('that are random numbers are refused', () => {
    const pool = megabyte().pool();
    const handles = new Set<number>(span(0, 99).map(() => pool.alloc(SZ_4K)));
    const random = new Random(7);
    const before = stateOf(pool.buddy);
    for (let i = 0; i < 20_000; i++) {
      const made = random.below(2 ** 34) as PoolHandle;
      if (!handles.has(made)) expect(pool.has(made)).toBe(false);
    }
    expect(stateOf(pool.buddy)).toEqual(before);
  });
});

describe('free()', () => {
  test('gives the memory back, in any order', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const handles = span(0, 99).map((i) => pool.alloc(SZ_4K * (1 + (i % 4))));
    const order = new Random(3).shuffled(handles);
    order.forEach((handle, i) => {
      pool.free(handle);
      expect(pool.length).toBe(order.length - 1 - i);
    });
    expect(buddy.avail).toBe(buddy.size);
    expect(rangesOf(buddy.allocBlocks(SZ_1M))).toEqual([[0, SZ_1M]]);
  });

  test.each([
    [undefined, 0],
    [{}, 0],
    [{ cleared: undefined }, 0],
    [{ cleared: false }, 0],
    [{ cleared: true }, SZ_12K],
  ])('with %j leaves memory clear or dirty', (options, clearAvail) => {
    for (const isShared of [false, true]) {
      const buddy = megabyte();
      if (isShared) buddy.share();
      const pool = buddy.pool();
      pool.free(pool.alloc(SZ_12K), options);
      expect([buddy.avail, buddy.clearAvail]).toEqual([SZ_1M, clearAvail]);
    }
  });

  test('with wrong options changes nothing', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const handle = pool.alloc(SZ_4K);
    for (const options of [{ cleared: 1 }, { clear: true }, 1, null, 'cleared']) {
      const error = refusalOf(buddy, () => {
        pool.free(handle, options as never);
      });
      expect(error).toMatchObject({ name: 'TypeError' });
    }
    expect(pool.has(handle)).toBe(true);
  });

  test('frees everything, also more than can wait for the next call', () => {
    const buddy = new GpuBuddy({ size: 4096 * SZ_4K });
    const pool = buddy.pool();
    const handles = span(0, 4095).map(() => pool.alloc(SZ_4K));
    for (const handle of handles) pool.free(handle, { cleared: handle % 2 === 0 });
    expect([pool.length, buddy.avail]).toEqual([0, buddy.size]);
    expectSound(buddy);
  });

  test('frees at once on a shared allocator', () => {
    const buddy = megabyte();
    const other = GpuBuddy.from(buddy.share());
    const pools = [buddy.pool(), other.pool()];
    const handles = pools.map((pool) => pool.alloc(SZ_12K));
    expect(other.avail).toBe(SZ_1M - 2 * SZ_12K);
    for (const [i, pool] of pools.entries()) {
      const handle = at(handles, i);
      expect(rangeOf(pool, handle)[1]).toBe(SZ_12K);
      pool.free(handle, { cleared: true });
      expectRefused(pool, handle);
    }
    expect([buddy.avail, buddy.clearAvail]).toEqual([SZ_1M, 2 * SZ_12K]);
  });

  test('frees what an allocation in the same pool needs', () => {
    const pool = megabyte().pool();
    let handle = pool.alloc(SZ_1M);
    for (let i = 0; i < 100; i++) {
      pool.free(handle);
      handle = pool.alloc(SZ_1M);
    }
    expect([pool.length, pool.size(handle)]).toEqual([1, SZ_1M]);
  });
});

describe('blocks()', () => {
  test('takes an allocation out of the pool, as a list', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const handle = pool.alloc(SZ_12K, { tag: 5 });
    const other = pool.alloc(SZ_4K);
    const [offset, size] = rangeOf(pool, handle);
    const before = stateOf(buddy);
    const blocks = pool.blocks(handle);
    expect(blocks).toBeInstanceOf(AllocatedBlocks);
    expect([blocks.offset, blocks.size, blocks.tag, blocks.length, blocks.buddy]).toEqual([
      offset,
      size,
      5,
      2,
      buddy,
    ]);
    expect(stateOf(buddy)).toEqual(before);
    expectRefused(pool, handle);
    expect(pool.length).toBe(1);

    pool.clear();
    expect([blocks.freed, buddy.avail, pool.has(other)]).toEqual([false, SZ_1M - SZ_12K, false]);
    pool.dispose();
    expect([...blocks].map((block) => block.size)).toEqual([SZ_8K, SZ_4K]);
    blocks.freeBlock(1);
    blocks.trim(SZ_4K);
    blocks.free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('gives lists that can be given away, and freed by a batch', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const token = pool.blocks(pool.alloc(SZ_12K, { tag: 9 })).transfer();
    const adopted = AllocatedBlocks.adopt(token);
    expect([adopted.tag, adopted.size]).toEqual([9, SZ_12K]);
    const batch = buddy.batch();
    batch.free(adopted);
    batch.free(pool.blocks(pool.alloc(SZ_4K)));
    expect([...batch.run().errnos]).toEqual([0, 0]);
    expect(buddy.avail).toBe(buddy.size);
  });
});

describe('has()', () => {
  test('never throws', () => {
    const pool = megabyte().pool();
    const handle = pool.alloc(SZ_4K);
    const odd: unknown[] = [
      undefined,
      null,
      {},
      [],
      'x',
      1n,
      Symbol('x'),
      () => 1,
      NaN,
      Infinity,
      -1,
      { valueOf: null },
    ];
    for (const value of odd) expect(pool.has(value as never)).toBe(false);
    expect(pool.has(handle)).toBe(true);
    pool.dispose();
    for (const value of [...odd, handle]) expect(pool.has(value as never)).toBe(false);
  });
});

describe('iteration', () => {
  test('gives the handles of all allocations', () => {
    const pool = megabyte().pool();
    expect([...pool]).toEqual([]);
    const handles = span(0, 99).map(() => pool.alloc(SZ_4K));
    const freed = handles.filter((_, i) => i % 3 === 0);
    for (const handle of freed) pool.free(handle);
    expect(new Set(pool)).toEqual(new Set(handles.filter((handle) => !freed.includes(handle))));
    expect([...pool]).toHaveLength(pool.length);
  });

  test('may free what it comes by, and allocate', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    for (let i = 0; i < 100; i++) pool.alloc(SZ_4K);
    let count = 0;
    for (const handle of pool) {
      pool.free(handle);
      // It may come by these.
      if (++count <= 50) pool.alloc(SZ_8K);
    }
    expect(count).toBeGreaterThanOrEqual(100);
    for (const handle of pool) pool.free(handle);
    expect([pool.length, buddy.avail]).toEqual([0, buddy.size]);
  });

  test('goes on where the pool grows, and ends where it is cleared or disposed of', () => {
    const pool = megabyte().pool();
    for (let i = 0; i < 60; i++) pool.alloc(SZ_4K);
    const seen = new Set<PoolHandle>();
    for (const handle of pool) {
      seen.add(handle);
      if (seen.size === 30) for (let i = 0; i < 100; i++) pool.alloc(SZ_4K);
    }
    expect(seen).toEqual(new Set(pool));
    let count = 0;
    for (const handle of pool) {
      expect(pool.has(handle)).toBe(true);
      if (++count === 10) pool.clear();
    }
    expect(count).toBe(10);
    pool.alloc(SZ_4K);
    pool.alloc(SZ_4K);
    for (const handle of pool) {
      expect(handle).toBeGreaterThan(0);
      pool.dispose();
    }
    expect([...pool]).toEqual([]);
  });
});

describe('clear()', () => {
  test('frees all, and the pool goes on', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const mine = buddy.allocBlocks(SZ_4K);
    for (let round = 0; round < 3; round++) {
      const handles = span(0, 199).map(() => pool.alloc(SZ_4K));
      pool.free(at(handles, 7));
      pool.clear();
      for (const handle of handles) expect(pool.has(handle)).toBe(false);
      expectRefused(pool, at(handles, 0));
      expect([pool.length, buddy.avail, [...pool].length]).toEqual([0, SZ_1M - SZ_4K, 0]);
    }
    expect(mine.freed).toBe(false);
    pool.clear();
    expect(pool.disposed).toBe(false);
    expectSound(buddy);
  });

  test('frees as clear memory where it is told to', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    pool.alloc(SZ_12K);
    pool.alloc(SZ_4K);
    const wrong = () => {
      pool.clear({ cleared: 1 } as never);
    };
    expect(refusalOf(buddy, wrong)).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    expect(pool.length).toBe(2);
    pool.clear({ cleared: true });
    expect([buddy.avail, buddy.clearAvail]).toEqual([SZ_1M, SZ_12K + SZ_4K]);
  });
});

describe('dispose()', () => {
  test.each(['dispose', Symbol.dispose] as const)('frees all and ends the pool: %p', (method) => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const handles = span(0, 99).map(() => pool.alloc(SZ_4K));
    expect([pool.disposed, pool.buddy]).toEqual([false, buddy]);
    pool[method]();
    expect([pool.disposed, buddy.avail, pool.buddy]).toEqual([true, SZ_1M, buddy]);
    pool[method]();
    pool.dispose();
    const handle = at(handles, 3);
    const calls = [
      () => pool.length,
      () => pool.alloc(SZ_4K),
      () => pool.tryAlloc(SZ_4K),
      () => pool.alloc(SZ_4K, { tag: 1 }),
      ...uses.map(
        ([, use]) =>
          () =>
            use(pool, handle),
      ),
    ];
    for (const call of calls) expect(refusalOf(buddy, call)).toMatchObject(DISPOSED);
    expect([pool.has(handle), [...pool]]).toEqual([false, []]);
    pool.clear();
    expect(buddy.pool().alloc(SZ_4K)).toBeGreaterThan(0);
  });

  test('is called at the end of a using block', () => {
    const buddy = megabyte();
    {
      using pool = buddy.pool();
      pool.alloc(SZ_4K);
      expect(buddy.avail).toBe(SZ_1M - SZ_4K);
    }
    expect(buddy.avail).toBe(SZ_1M);
  });

  test('leaves the handles of the next pool, which may have its place, to that pool', () => {
    const buddy = megabyte();
    let pool = buddy.pool();
    const old: [Pool, PoolHandle][] = [];
    for (let i = 0; i < 50; i++) {
      old.push([pool, pool.alloc(SZ_4K)]);
      pool.dispose();
      pool = buddy.pool();
      const handle = pool.alloc(SZ_4K);
      for (const [other, stale] of old) {
        expect([pool.has(stale), other.has(handle), other.has(stale)]).toEqual([false, false, false]);
        other.dispose();
      }
      expect([pool.length, buddy.avail]).toEqual([1, SZ_1M - SZ_4K]);
    }
  });
});

describe('a disposed allocator', () => {
  test('has no new pools, and its pools allocate no more, but free', () => {
    const buddy = megabyte();
    const observer = GpuBuddy.from(buddy.share());
    const pool = buddy.pool();
    const [one, two, three] = [SZ_4K, SZ_12K, SZ_8K].map((size) => pool.alloc(size)) as [
      PoolHandle,
      PoolHandle,
      PoolHandle,
    ];
    buddy.dispose();
    expect(thrownBy(() => buddy.pool())).toMatchObject(DISPOSED);
    for (const alloc of [() => pool.alloc(SZ_4K), () => pool.tryAlloc(SZ_4K, {})])
      expect(refusalOf(observer, alloc)).toMatchObject(DISPOSED);
    expect([pool.length, rangeOf(pool, two)]).toEqual([3, [SZ_1M - 2 * SZ_16K, SZ_12K]]);
    pool.free(one);
    expect(observer.avail).toBe(SZ_1M - SZ_12K - SZ_8K);
    const blocks = pool.blocks(three);
    expect([...pool]).toEqual([two]);
    pool.dispose();
    expect(observer.avail).toBe(SZ_1M - SZ_8K);
    blocks.free();
    expect(observer.avail).toBe(SZ_1M);
  });

  test('that nobody else sees ends with its last pool', () => {
    const buddy = megabyte();
    const token = buddy.share();
    const pool = buddy.pool();
    pool.alloc(SZ_4K);
    buddy.dispose();
    GpuBuddy.from(token).dispose();
    pool.dispose();
    expect(thrownBy(() => GpuBuddy.from(token))).toMatchObject({ code: 'ERR_GPU_BUDDY_TOKEN' });
  });
});

test('a pool that cannot grow says ENOMEM, and stays as it is', async () => {
  const real = SharedArrayBuffer;
  let isFull = false;
  globalThis.SharedArrayBuffer = new Proxy(real, {
    construct(target, args) {
      if (isFull) throw new RangeError('Array buffer allocation failed');
      return Reflect.construct(target, args) as object;
    },
  });
  try {
    // Before anybody can put something in its place, the library takes it.
    await jest.isolateModulesAsync(async () => {
      const library = await import('gpu-buddy');
      const pool = new library.GpuBuddy({ size: SZ_1M }).pool();
      isFull = true;
      const handles = span(0, 63).map(() => pool.alloc(SZ_4K));
      expect(thrownBy(() => pool.alloc(SZ_4K))).toMatchObject({ name: 'GpuBuddyError', code: 'ENOMEM' });
      expect([pool.length, pool.buddy.avail]).toEqual([64, SZ_1M - 64 * SZ_4K]);
      expect(thrownBy(() => pool.buddy.pool())).toMatchObject({ code: 'ENOMEM' });
      pool.free(at(handles, 5));
      expect(pool.has(pool.alloc(SZ_4K))).toBe(true);
      isFull = false;
      expect(pool.has(pool.alloc(SZ_4K))).toBe(true);
    });
  } finally {
    globalThis.SharedArrayBuffer = real;
  }
});

describe('the class', () => {
  test('cannot be constructed, and its getters are on the prototype', () => {
    expect(thrownBy(() => new (Pool as unknown as new () => unknown)())).toMatchObject({ name: 'TypeError' });
    const pool = megabyte().pool();
    expect([pool instanceof Pool, Object.keys(pool)]).toEqual([true, []]);
  });

  test('is written as JSON and shown with its length', () => {
    const pool = megabyte().pool();
    const handle = pool.alloc(SZ_4K);
    pool.alloc(SZ_4K);
    expect([JSON.stringify(pool), inspect(pool)]).toEqual(['{"length":2}', 'Pool { length: 2 }']);
    pool.free(handle);
    expect([JSON.stringify(pool), inspect(pool)]).toEqual(['{"length":1}', 'Pool { length: 1 }']);
    pool.dispose();
    expect([JSON.stringify(pool), inspect(pool)]).toEqual(['{"disposed":true}', 'Pool { disposed }']);
    expect(inspect(Object.create(pool) as object)).toBe('Pool {}');
  });
});

test('lists, batches and pools of one allocator take turns', () => {
  const buddy = new GpuBuddy({ size: 4 * SZ_1M });
  const pool = buddy.pool();
  const random = new Random(11);
  const [lists, handles] = [[] as AllocatedBlocks[], [] as PoolHandle[]];
  let taken = 0;
  for (let i = 0; i < 5000; i++) {
    const size = SZ_4K * (1 + random.below(5));
    switch (random.below(6)) {
      case 0:
        lists.push(buddy.allocBlocks(size, { contiguous: true }));
        taken += size;
        break;
      case 1:
      case 2:
        handles.push(pool.alloc(size));
        taken += size;
        break;
      case 3:
        taken -= lists[0]?.size ?? 0;
        lists.shift()?.free();
        break;
      default: {
        const [handle] = handles.splice(random.below(handles.length || 1), 1);
        if (handle === undefined) break;
        taken -= pool.size(handle);
        if (random.chance(0.75)) pool.free(handle);
        else pool.blocks(handle).free();
      }
    }
    if (i % 500 === 0) expect([buddy.avail, pool.length]).toEqual([buddy.size - taken, handles.length]);
  }
  const ranges = [
    ...handles.map((handle) => rangeOf(pool, handle)),
    ...lists.flatMap((list) => rangesOf(list)),
  ];
  ranges.sort(([a], [b]) => a - b);
  for (const [i, [offset, size]] of ranges.entries())
    expect(offset + size).toBeLessThanOrEqual(ranges[i + 1]?.[0] ?? buddy.size);
  expect(new Set(pool)).toEqual(new Set(handles));
  pool.dispose();
  for (const list of lists) list.free();
  expect(chunksOf(buddy.allocBlocks(buddy.size))).toEqual([[0, 1024]]);
});
