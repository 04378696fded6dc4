// freeAll(): gives back what this thread has in an allocator, in whatever form, and nothing of anybody else.

import { describe, expect, test } from '@jest/globals';
import { AllocatedBlocks, GpuBuddy, SZ_16K, SZ_1M, SZ_4K, SZ_8K, type AllocatedBlock } from 'gpu-buddy';
import {
  expectSound,
  firstOf,
  rangesOf,
  refusalOf,
  stateOf,
  SZ_12K,
  SZ_20K,
  thrownBy,
} from '../support/allocator-state';

const FREED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_FREED' };

const megabyte = () => new GpuBuddy({ size: SZ_1M });

/** Every method that a freed list refuses. */
const uses: [name: string, use: (list: AllocatedBlocks) => unknown][] = [
  ['length', (list) => list.length],
  ['isEmpty', (list) => list.isEmpty],
  ['size', (list) => list.size],
  ['offset', (list) => list.offset],
  ['sizeIn()', (list) => list.sizeIn({ start: 0, end: SZ_4K })],
  ['at()', (list) => list.at(0)],
  ['iteration', (list) => [...list]],
  ['toArrays()', (list) => list.toArrays()],
  ['segments()', (list) => list.segments()],
  [
    'trim()',
    (list) => {
      list.trim(SZ_4K);
    },
  ],
  [
    'freeBlock()',
    (list) => {
      list.freeBlock(0);
    },
  ],
  ['transfer()', (list) => list.transfer()],
  ['park()', (list) => list.park()],
];

/** Checks that a list is freed for whoever uses it. */
function expectFreed(list: AllocatedBlocks): void {
  expect([list.freed, JSON.stringify(list)]).toEqual([true, '{"freed":true}']);
  for (const [, use] of uses) expect(refusalOf(list.buddy, () => use(list))).toMatchObject(FREED);
}

describe('freeAll()', () => {
  test('does nothing where nothing is allocated', () => {
    const buddy = megabyte();
    const before = stateOf(buddy);
    buddy.freeAll();
    buddy.freeAll();
    expect(stateOf(buddy)).toEqual(before);
  });

  test('frees lists, whatever became of them', () => {
    const buddy = megabyte();
    const trimmed = buddy.allocBlocks(SZ_16K);
    trimmed.trim(SZ_12K);
    const lessened = buddy.allocBlocks(SZ_20K);
    lessened.freeBlock(0);
    const adopted = AllocatedBlocks.adopt(buddy.allocBlocks(SZ_20K).transfer());
    const read = buddy.allocBlocks(SZ_20K, { tag: 3 });
    expect([...read]).toHaveLength(2);
    const lists = [trimmed, lessened, adopted, read, buddy.allocBlocks(SZ_4K), ...buddy.allocMany(50, SZ_4K)];
    const freedBefore = buddy.allocBlocks(SZ_4K);
    freedBefore.free();
    buddy.freeAll();
    expect([buddy.avail, buddy.isEmpty]).toEqual([buddy.size, true]);
    expect(rangesOf(buddy.allocBlocks(SZ_1M))).toEqual([[0, SZ_1M]]);
    for (const list of [...lists, freedBefore]) expectFreed(list);
    expectSound(buddy);
  });

  test('makes blocks of its lists stale', () => {
    const buddy = megabyte();
    const blocks: AllocatedBlock[] = [];
    for (const size of [SZ_4K, SZ_20K]) blocks.push(...buddy.allocBlocks(size));
    buddy.freeAll();
    for (const block of blocks) {
      for (const use of [() => block.offset, () => block.size, () => block.order, () => block.isClear])
        expect(thrownBy(use)).toMatchObject(FREED);
      expect(block.blocks.freed).toBe(true);
    }
  });

  test('leaves lists that free() does nothing to, whoever has their memory now', () => {
    const buddy = megabyte();
    const old = [buddy.allocBlocks(SZ_4K), buddy.allocBlocks(SZ_20K), ...buddy.allocMany(10, SZ_8K)];
    const block = firstOf(buddy.allocBlocks(SZ_12K));
    buddy.freeAll();
    const pool = buddy.pool();
    const handle = pool.alloc(SZ_4K);
    const next = [buddy.allocBlocks(SZ_4K), buddy.allocBlocks(SZ_20K), ...buddy.allocMany(10, SZ_8K)];
    const before = stateOf(buddy);
    for (const list of old) {
      list.free();
      list.free({ cleared: true });
      list[Symbol.dispose]();
      block.blocks.free();
      expect(list.freed).toBe(true);
    }
    expect(stateOf(buddy)).toEqual(before);
    expect(next.every((list) => !list.freed && list.length > 0)).toBe(true);
    expect(pool.has(handle)).toBe(true);
    buddy.freeAll();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('frees what the results of batches have, taken or not', () => {
    const buddy = megabyte();
    const batch = buddy.batch();
    const handles = [SZ_4K, SZ_20K, SZ_8K].map((size) => batch.alloc(size));
    const result = batch.run();
    const taken = handles[0] && result.blocks(handles[0]);
    const waiting = [batch.alloc(SZ_4K), taken && batch.free(taken)];
    buddy.freeAll();
    expect(buddy.avail).toBe(buddy.size);
    expect([taken?.freed, result.length, [...result.errnos]]).toEqual([true, 3, [0, 0, 0]]);
    for (const handle of handles.slice(1)) expect(result.blocks(handle)).toBeNull();
    const mine = buddy.allocBlocks(SZ_20K);
    result.free();
    expect([buddy.avail, mine.freed]).toEqual([SZ_1M - SZ_20K, false]);
    // Operations that wait for their run are there still.
    expect([batch.length, waiting.length]).toEqual([2, 2]);
    const next = batch.run();
    expect([...next.errnos]).toEqual([0, 0]);
    expect(buddy.avail).toBe(SZ_1M - SZ_20K - SZ_4K);
    next.free();
    mine.free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('clears pools, which go on', () => {
    const buddy = megabyte();
    const pools = [buddy.pool(), buddy.pool(), buddy.pool()] as const;
    const handles = pools.map((pool) => Array.from({ length: 70 }, () => pool.alloc(SZ_4K)));
    const taken = pools[2].blocks(pools[2].alloc(SZ_4K));
    pools[1].free(pools[1].alloc(SZ_4K));
    buddy.freeAll();
    expect([buddy.avail, taken.freed]).toEqual([buddy.size, true]);
    for (const [i, pool] of pools.entries()) {
      expect([pool.length, pool.disposed, [...pool]]).toEqual([0, false, []]);
      for (const handle of handles[i] ?? []) expect(pool.has(handle)).toBe(false);
      pool.alloc(SZ_4K);
    }
    expect(buddy.avail).toBe(SZ_1M - 3 * SZ_4K);
  });

  test('frees lists as dirty, and leaves free memory as it is', () => {
    const buddy = megabyte();
    buddy.resetClear(true);
    const pool = buddy.pool();
    pool.alloc(SZ_4K);
    buddy.allocBlocks(SZ_12K);
    const batch = buddy.batch();
    batch.alloc(SZ_16K);
    batch.run();
    const { clearAvail } = buddy;
    expect(clearAvail).toBe(SZ_1M - SZ_4K - SZ_12K - SZ_16K);
    buddy.freeAll();
    expect([buddy.avail, buddy.clearAvail]).toEqual([SZ_1M, clearAvail]);
    expectSound(buddy);
  });

  test('goes down after what was freed before it', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const [list, handle] = [buddy.allocBlocks(SZ_4K), pool.alloc(SZ_4K)];
    list.free({ cleared: true });
    pool.free(handle, { cleared: true });
    buddy.freeAll();
    expect([buddy.avail, buddy.clearAvail]).toEqual([SZ_1M, 2 * SZ_4K]);
  });

  test('leaves lists alone that are under way', () => {
    const buddy = megabyte();
    const token = buddy.allocBlocks(SZ_12K, { tag: 4 }).transfer();
    buddy.allocBlocks(SZ_4K);
    buddy.freeAll();
    expect(buddy.avail).toBe(SZ_1M - SZ_12K);
    const adopted = AllocatedBlocks.adopt(token);
    expect([adopted.tag, adopted.size, adopted.freed]).toEqual([4, SZ_12K, false]);
    buddy.freeAll();
    expect([buddy.avail, adopted.freed]).toEqual([SZ_1M, true]);
  });

  test('leaves other allocators alone', () => {
    const [buddy, other] = [megabyte(), megabyte()];
    const [lists, pool] = [[buddy, other].map((each) => each.allocBlocks(SZ_20K)), other.pool()];
    const handle = pool.alloc(SZ_4K);
    buddy.freeAll();
    expect(lists.map((list) => list.freed)).toEqual([true, false]);
    expect([pool.has(handle), other.avail, lists[1]?.length]).toEqual([true, SZ_1M - SZ_20K - SZ_4K, 2]);
    lists[1]?.freeBlock(0);
    lists[1]?.free();
    pool.dispose();
    expect(other.avail).toBe(other.size);
  });

  test('frees what was allocated through another object of the same allocator', () => {
    const buddy = megabyte();
    const other = GpuBuddy.from(buddy.share(), { bigint: true });
    const list = other.allocBlocks(SZ_20K);
    const pool = other.pool();
    pool.alloc(SZ_4K);
    const mine = buddy.allocBlocks(SZ_4K);
    buddy.freeAll();
    expect([list.freed, mine.freed, pool.length, other.avail]).toEqual([true, true, 0, BigInt(SZ_1M)]);
    const next = buddy.allocBlocks(SZ_4K);
    other.freeAll();
    expect([next.freed, buddy.avail]).toEqual([true, SZ_1M]);
  });

  test('frees lists and pools of an object that was disposed of', () => {
    const buddy = megabyte();
    const other = GpuBuddy.from(buddy.share());
    const [list, pool] = [other.allocBlocks(SZ_20K), other.pool()];
    pool.alloc(SZ_4K);
    other.dispose();
    buddy.freeAll();
    expect([buddy.avail, list.freed, pool.length]).toEqual([SZ_1M, true, 0]);
    list.free();
    pool.dispose();
    expect(thrownBy(() => other.avail)).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
  });

  test('is refused on a disposed allocator, and frees nothing', () => {
    const buddy = megabyte();
    const observer = GpuBuddy.from(buddy.share());
    const list = buddy.allocBlocks(SZ_4K);
    buddy.dispose();
    const freeAll = () => {
      buddy.freeAll();
    };
    expect(refusalOf(observer, freeAll)).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
    expect(list.freed).toBe(false);
  });

  test('can be followed by the end of the allocator, and of its lists and pools', () => {
    const buddy = megabyte();
    const [list, pool, batch] = [buddy.allocBlocks(SZ_20K), buddy.pool(), buddy.batch()];
    pool.alloc(SZ_4K);
    batch.alloc(SZ_4K);
    const result = batch.run();
    const token = buddy.share();
    buddy.freeAll();
    buddy.dispose();
    result.free();
    list.free();
    pool.dispose();
    expect([list.freed, pool.disposed]).toEqual([true, true]);
    expect(thrownBy(() => GpuBuddy.from(token))).toMatchObject({ code: 'ERR_GPU_BUDDY_TOKEN' });
  });

  test('can be called again and again', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const old: AllocatedBlocks[] = [];
    for (let round = 0; round < 100; round++) {
      const list = buddy.allocBlocks(SZ_4K * (1 + (round % 9)));
      pool.alloc(SZ_4K);
      expect([list.freed, list.size]).toEqual([false, SZ_4K * (1 + (round % 9))]);
      old.push(list);
      buddy.freeAll();
      old[round >> 1]?.free();
      expect(buddy.avail).toBe(buddy.size);
    }
    expect(old.every((list) => list.freed)).toBe(true);
  });
});
