// Tests the C API that the Rust bindings leave out, second half: looking at an allocator, and ending its use.

import { describe, expect, test } from '@jest/globals';
import {
  GpuBuddy,
  STATE_ALLOCATED,
  STATE_CLEAR,
  SZ_16K,
  SZ_1G,
  SZ_1M,
  SZ_2M,
  SZ_4K,
  SZ_64K,
  SZ_8K,
} from 'gpu-buddy';
import { inspect } from 'node:util';
import {
  chunksOf,
  describeBlock,
  expectSound,
  firstOf,
  stateOf,
  SZ_12K,
  thrownBy,
  withHoles,
} from '../support/allocator-state';

describe('blockAt', () => {
  // 16 chunks: 8 to 11 are one block, 12 to 15 another, the rest is free.
  const two = () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    const lists = [buddy.allocBlocks(SZ_16K, { tag: 1 }), buddy.allocBlocks(SZ_16K, { tag: 2 })];
    expect(lists.map(chunksOf)).toEqual([[[12, 4]], [[8, 4]]]);
    return { buddy, lists };
  };

  test.each([
    ['the first byte of a block', 8 * SZ_4K, 2],
    ['the second byte', 8 * SZ_4K + 1, 2],
    ['a byte of another chunk', 10 * SZ_4K + 77, 2],
    ['the last byte of a block', 12 * SZ_4K - 1, 2],
    ['the first byte of the next block', 12 * SZ_4K, 1],
    ['the last byte of the space', 16 * SZ_4K - 1, 1],
    ['the last byte of the space, as bigint', BigInt(16 * SZ_4K - 1), 1],
  ])('finds the block by %s', (_, address, tag) => {
    const { buddy, lists } = two();
    const owner = lists.find((list) => list.tag === tag);
    expect(buddy.blockAt(address)).toEqual(owner && describeBlock(firstOf(owner)));
  });

  test.each([
    ['the first byte of the space', 0],
    ['a free chunk', 5 * SZ_4K],
    ['a byte within it', 5 * SZ_4K + 1],
    ['the last byte before a block', 8 * SZ_4K - 1],
  ])('finds nothing at %s', (_, address) => {
    expect(two().buddy.blockAt(address)).toBeNull();
  });

  test('finds nothing where a block was freed', () => {
    const { buddy, lists } = two();
    lists[0]?.free();
    expect(buddy.blockAt(12 * SZ_4K)).toBeNull();
    expect(buddy.blockAt(8 * SZ_4K)).toMatchObject({ tag: 2 });
  });

  test.each([SZ_64K, SZ_64K + 1, BigInt(SZ_64K), 2n ** 63n, 2n ** 64n - 4096n, 2n ** 64n - 1n])(
    'throws ENXIO at %s, beyond the end',
    (address) => {
      expect(thrownBy(() => two().buddy.blockAt(address))).toMatchObject({ code: 'ENXIO', errno: -6 });
    },
  );

  test('tells what a moment was like, not what is', () => {
    const { buddy, lists } = two();
    const found = buddy.blockAt(8 * SZ_4K);
    const before = { ...found };
    lists[1]?.free();
    expect(found).toEqual(before);
  });
});

describe('a tag', () => {
  test('is found by the address and in the snapshot, and is gone with the blocks', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    const tags = [1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER];
    const lists = tags.map((tag) => buddy.allocBlocks(SZ_16K, { tag }));
    expect(lists.map((list) => buddy.blockAt(firstOf(list).offset)?.tag)).toEqual(tags);
    expect(lists.map((list) => firstOf(list).tag)).toEqual(tags);
    // The first list got the highest address.
    expect([...buddy.snapshot().tags]).toEqual([...tags].reverse());
    for (const list of lists) list.free();
    expect([...buddy.snapshot().tags]).toEqual([0]);
  });

  test('is not seen in free memory', () => {
    const buddy = new GpuBuddy({ size: SZ_16K });
    buddy.allocBlocks(SZ_16K, { tag: 5 }).free();
    expect([...buddy.snapshot().tags]).toEqual([0]);
    using blocks = buddy.allocBlocks(SZ_4K, { tag: 6 });
    blocks.freeBlock(0);
    expect([...buddy.snapshot().tags]).toEqual([0]);
  });

  test('is not seen by the next owner', () => {
    const buddy = new GpuBuddy({ size: SZ_4K });
    buddy.allocBlocks(SZ_4K, { tag: 5 }).free();
    using blocks = buddy.allocBlocks(SZ_4K);
    expect([blocks.tag, buddy.blockAt(0)?.tag]).toEqual([0, 0]);
  });
});

describe('print', () => {
  test('is the text of gpu_buddy_print(), largest order first', () => {
    const buddy = new GpuBuddy({ size: SZ_64K, chunkSize: SZ_4K });
    using blocks = buddy.allocBlocks(SZ_12K);
    expect(blocks.length).toBe(2);
    expect(buddy.print()).toBe(
      'chunk_size: 4KiB, total: 0MiB, free: 0MiB, clear_free: 0MiB\n' +
        'order- 4 free:        0 KiB, used:        0 KiB, free_blocks: 0, used_blocks: 0\n' +
        'order- 3 free:       32 KiB, used:        0 KiB, free_blocks: 1, used_blocks: 0\n' +
        'order- 2 free:       16 KiB, used:        0 KiB, free_blocks: 1, used_blocks: 0\n' +
        'order- 1 free:        0 KiB, used:        8 KiB, free_blocks: 0, used_blocks: 1\n' +
        'order- 0 free:        4 KiB, used:        4 KiB, free_blocks: 1, used_blocks: 1\n',
    );
  });

  test('counts in MiB from blocks of 1 MiB on', () => {
    const buddy = new GpuBuddy({ size: 3 * SZ_1G, chunkSize: SZ_1G });
    buddy.resetClear(true);
    using blocks = buddy.allocBlocks(SZ_1G);
    expect(blocks.length).toBe(1);
    expect(buddy.print()).toBe(
      'chunk_size: 1048576KiB, total: 3072MiB, free: 2048MiB, clear_free: 2048MiB\n' +
        'order- 1 free:     2048 MiB, used:        0 MiB, free_blocks: 1, used_blocks: 0\n' +
        'order- 0 free:        0 MiB, used:     1024 MiB, free_blocks: 0, used_blocks: 1\n',
    );
  });
});

describe('stats', () => {
  test('counts free and used blocks of every order', () => {
    const buddy = new GpuBuddy({ size: 9 * SZ_64K, chunkSize: SZ_64K });
    buddy.resetClear(true);
    using blocks = buddy.allocBlocks(3 * SZ_64K);
    expect(chunksOf(blocks)).toEqual([
      [6, 2],
      [8, 1],
    ]);
    const { nativeBytes, ...stats } = buddy.stats();
    expect(stats).toEqual({
      size: 9 * 65536,
      chunkSize: 65536,
      avail: 6 * 65536,
      clearAvail: 6 * 65536,
      reserved: 0,
      kernelWarnings: 0,
      orders: [
        { order: 0, blockSize: 1 * 65536, freeBlocks: 0, usedBlocks: 1 },
        { order: 1, blockSize: 2 * 65536, freeBlocks: 1, usedBlocks: 1 },
        { order: 2, blockSize: 4 * 65536, freeBlocks: 1, usedBlocks: 0 },
        { order: 3, blockSize: 8 * 65536, freeBlocks: 0, usedBlocks: 0 },
      ],
    });
    expect(nativeBytes).toBeGreaterThan(0);
  });

  test('counts the native bytes: more for many blocks, and never more than the limit', () => {
    const buddy = new GpuBuddy({ size: SZ_1G, maxNativeBytes: SZ_2M });
    const empty = buddy.stats().nativeBytes;
    // Each chunk costs about two nodes of about 100 bytes.
    for (let i = 0; i < 4096; i++) buddy.allocBlocks(SZ_4K);
    const full = buddy.stats().nativeBytes;
    expect(full).toBeGreaterThan(empty + 4096 * 88);
    expect(full).toBeLessThanOrEqual(SZ_2M + SZ_64K);
  });
});

describe('snapshot', () => {
  test('has a row for every block in the order of their addresses', () => {
    const buddy = withHoles(8, { dirty: [0, 1], clear: [4] });
    buddy.allocBlocks(SZ_4K, { mode: { range: { start: 0, end: SZ_4K } }, tag: 6 });
    const { offsets, orders, states, tags } = buddy.snapshot();
    expect(offsets).toEqual(Float64Array.from({ length: 8 }, (_, i) => i * SZ_4K));
    expect(orders).toEqual(new Uint8Array(8));
    expect(states).toEqual(
      Uint8Array.from([1, 0, 1, 1, 2, 1, 1, 1].map((bits) => [0, STATE_ALLOCATED, STATE_CLEAR][bits] ?? 0)),
    );
    expect(tags).toEqual(Float64Array.from([6, 0, 0, 0, 0, 0, 0, 0]));
  });

  test('tells both of a block that is allocated and was clear', () => {
    const buddy = new GpuBuddy({ size: SZ_8K });
    buddy.resetClear(true);
    using blocks = buddy.allocBlocks(SZ_4K);
    expect(blocks.length).toBe(1);
    expect([...buddy.snapshot().states]).toEqual([STATE_CLEAR, STATE_ALLOCATED | STATE_CLEAR]);
  });

  test.each([1, 2, 3, 7, 8, 100, 255])('covers a whole space of %d chunks', (chunks) => {
    const buddy = new GpuBuddy({ size: chunks * SZ_4K });
    expectSound(buddy);
    using blocks = buddy.allocBlocks(SZ_4K);
    expectSound(buddy);
    expect([...buddy.snapshot().orders].reduce((sum, order) => sum + 2 ** order, 0)).toBe(chunks);
    expect(blocks.length).toBe(1);
  });

  test('belongs to who asked for it', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    const snapshot = buddy.snapshot();
    snapshot.offsets.fill(99);
    snapshot.states.fill(9);
    expect([...buddy.snapshot().offsets]).toEqual([0]);
    expect([...buddy.snapshot().states]).toEqual([0]);
    const before = buddy.snapshot();
    using blocks = buddy.allocBlocks(SZ_4K);
    expect(before.offsets).toHaveLength(1);
    expect(buddy.snapshot().offsets).toHaveLength(5);
    expect(blocks.length).toBe(1);
  });
});

describe('dispose', () => {
  const DISPOSED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_DISPOSED', errno: undefined };

  test.each<[string, string, (buddy: GpuBuddy) => unknown]>([
    ['avail', 'gpu_buddy', (buddy) => buddy.avail],
    ['clearAvail', 'gpu_buddy', (buddy) => buddy.clearAvail],
    ['allocBlocks()', 'gpu_buddy_alloc_blocks', (buddy) => buddy.allocBlocks(SZ_4K)],
    ['tryAllocBlocks()', 'gpu_buddy_alloc_blocks', (buddy) => buddy.tryAllocBlocks(SZ_4K)],
    ['blockAt()', 'gpu_buddy_allocated_addr_to_block', (buddy) => buddy.blockAt(0)],
    [
      'resetClear()',
      'gpu_buddy_reset_clear',
      (buddy) => {
        buddy.resetClear(true);
      },
    ],
    ['stats()', 'gpu_buddy', (buddy) => buddy.stats()],
    ['snapshot()', 'gpu_buddy', (buddy) => buddy.snapshot()],
    ['print()', 'gpu_buddy_print', (buddy) => buddy.print()],
    ['allocMany()', 'gpu_buddy_alloc_blocks', (buddy) => buddy.allocMany(2, SZ_4K)],
  ])('makes %s throw', (_, syscall, use) => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    buddy.dispose();
    // An allocator in the same native slot is none of its business.
    const next = new GpuBuddy({ size: SZ_64K });
    const before = stateOf(next);
    expect(thrownBy(() => use(buddy))).toMatchObject({ ...DISPOSED, syscall });
    expect(stateOf(next)).toEqual(before);
  });

  test('leaves what never changes, and says that it is done', () => {
    const buddy = new GpuBuddy({ size: SZ_64K, chunkSize: SZ_16K, baseOffset: SZ_1M });
    buddy.dispose();
    const { size, chunkSize, baseOffset, maxOrder, disposed } = buddy;
    expect({ size, chunkSize, baseOffset, maxOrder, disposed }).toEqual({
      size: 65536,
      chunkSize: 16384,
      baseOffset: 2 ** 20,
      maxOrder: 2,
      disposed: true,
    });
  });

  test('a second time does nothing', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    buddy.dispose();
    const next = new GpuBuddy({ size: SZ_64K });
    buddy.dispose();
    buddy[Symbol.dispose]();
    expect(next.avail).toBe(65536);
  });

  test('comes by itself at the end of a using block', () => {
    let held: GpuBuddy;
    {
      using buddy = new GpuBuddy({ size: SZ_64K });
      held = buddy;
      expect(held.disposed).toBe(false);
    }
    expect(held.disposed).toBe(true);
  });

  test('leaves the lists that are still there to their owners', () => {
    const buddy = new GpuBuddy({ size: SZ_64K, baseOffset: SZ_1M });
    const three = buddy.allocBlocks(7 * SZ_4K, { tag: 4 });
    const one = buddy.allocBlocks(SZ_16K);
    buddy.dispose();

    expect([three.buddy, three.length, three.size, three.tag]).toEqual([buddy, 3, 7 * SZ_4K, 4]);
    expect(chunksOf(three)).toHaveLength(3);
    three.freeBlock(1);
    expect(three.size).toBe(5 * SZ_4K);
    const block = firstOf(one);
    one.trim(SZ_4K, { start: block.offset + 4096 });
    expect(one.size).toBe(4096);
    one.free({ cleared: true });
    three.free();
    expect([one.freed, three.freed]).toEqual([true, true]);
    expect(thrownBy(() => buddy.avail)).toMatchObject(DISPOSED);
  });
});

describe('util.inspect', () => {
  const wide = (value: unknown, options = {}) =>
    inspect(value, { breakLength: Infinity, compact: true, ...options });
  const BLOCK = 'AllocatedBlock { offset: 61440, order: 0, size: 4096, isClear: false, tag: 3 }';

  test('shows an allocator', () => {
    const buddy = new GpuBuddy({ size: SZ_64K, baseOffset: SZ_4K });
    buddy.resetClear(true);
    using blocks = buddy.allocBlocks(SZ_4K);
    expect(blocks.length).toBe(1);
    expect(wide(buddy)).toBe(
      'GpuBuddy { baseOffset: 4096, size: 65536, chunkSize: 4096, avail: 61440, clearAvail: 61440 }',
    );
    buddy.dispose();
    expect(wide(buddy)).toBe('GpuBuddy { disposed }');
  });

  test('shows a list and its blocks', () => {
    const blocks = new GpuBuddy({ size: SZ_64K }).allocBlocks(SZ_4K, { tag: 3 });
    expect(wide(blocks)).toBe(`AllocatedBlocks(1) [ ${BLOCK} ]`);
    blocks.freeBlock(0);
    expect(wide(blocks)).toBe('AllocatedBlocks(0) []');
    blocks.free();
    expect(wide(blocks)).toBe('AllocatedBlocks { freed }');
  });

  test('shows a block', () => {
    const blocks = new GpuBuddy({ size: SZ_64K }).allocBlocks(SZ_4K, { tag: 3 });
    const block = firstOf(blocks);
    expect(wide(block)).toBe(BLOCK);
    blocks.trim(SZ_4K);
    expect(wide(block)).toBe('AllocatedBlock { freed }');
    expect(wide(firstOf(blocks))).toBe(BLOCK);
    blocks.free();
    expect(wide(block)).toBe('AllocatedBlock { freed }');
  });

  test('shows a list of a disposed allocator', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    const blocks = buddy.allocBlocks(SZ_4K, { tag: 3 });
    buddy.dispose();
    expect(wide(blocks)).toBe(`AllocatedBlocks(1) [ ${BLOCK} ]`);
  });

  test.each([
    [undefined, 3, ''],
    [2, 2, ' ... 1 more'],
    [0, 0, ' ... 3 more'],
    [-1, 0, ' ... 3 more'],
    [null, 3, ''],
    [Infinity, 3, ''],
  ])('with maxArrayLength %p shows %d of three blocks', (maxArrayLength, shown, more) => {
    const blocks = new GpuBuddy({ size: SZ_64K }).allocBlocks(7 * SZ_4K);
    const text = wide(blocks, maxArrayLength === undefined ? {} : { maxArrayLength });
    expect(text.match(/AllocatedBlock \{/g) ?? []).toHaveLength(shown);
    expect(text).toMatch(/^AllocatedBlocks\(3\) \[.*\](?: \.\.\. \d more)?$/);
    expect(text.slice(text.lastIndexOf(']') + 1)).toBe(more);
  });

  test('goes no deeper than it is asked to', () => {
    const blocks = new GpuBuddy({ size: SZ_64K }).allocBlocks(SZ_4K);
    expect(wide({ a: { b: { c: { blocks } } } }, { depth: 2 })).toBe('{ a: { b: { c: [Object] } } }');
    expect(wide({ blocks }, { depth: 0 })).toBe('{ blocks: AllocatedBlocks(1) [Array] }');
  });
});
