// Lists that nobody holds are freed by the garbage collector; lists that somebody holds stay.

import { describe, expect, jest, test } from '@jest/globals';
import { AllocatedBlocks, GpuBuddy, SZ_16K, SZ_1M, SZ_4K, type AllocatedBlock } from 'gpu-buddy';
import {
  chunksOf,
  expectSound,
  firstOf,
  rangesOf,
  stateOf,
  SZ_12K,
  SZ_20K,
} from '../support/allocator-state';
import { collect, collectAll, collectTurn, collectUntil, drop, isWhole } from '../support/collector';

const megabyte = () => new GpuBuddy({ size: SZ_1M });

describe('a list that is dropped', () => {
  test('is freed, as dirty memory', async () => {
    const buddy = megabyte();
    buddy.resetClear(true);
    drop(buddy, SZ_20K, SZ_4K);
    expect(buddy.avail).toBe(SZ_1M - SZ_20K - SZ_4K);
    await collectUntil('the lists', isWhole(buddy));
    expect(buddy.clearAvail).toBe(SZ_1M - SZ_20K - SZ_4K);
    expectSound(buddy);
  });

  test('is freed after synchronous code, never within it', async () => {
    const buddy = new GpuBuddy({ size: SZ_16K });
    drop(buddy, SZ_4K, SZ_4K, SZ_4K, SZ_4K);
    collect();
    expect(buddy.tryAllocBlocks(SZ_4K)).toBeNull();
    await collectUntil('the lists', isWhole(buddy));
    expect(buddy.allocBlocks(SZ_16K).size).toBe(SZ_16K);
  });

  test('makes room for the next allocation, once it is collected', async () => {
    const buddy = megabyte();
    drop(buddy, SZ_1M);
    await collectUntil('the list', () => buddy.tryAllocBlocks(SZ_1M)?.size === SZ_1M);
  });

  test('is freed a thousand times over', async () => {
    const buddy = megabyte();
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 256; i++) drop(buddy, SZ_4K);
      expect(buddy.avail).toBe(0);
      await collectUntil('the lists', isWhole(buddy));
    }
    expectSound(buddy);
  });

  test('is freed after it was read, trimmed, freed in part or given away', async () => {
    const buddy = megabyte();
    (() => {
      expect(rangesOf(buddy.allocBlocks(SZ_4K))).toHaveLength(1);
      buddy.allocBlocks(SZ_16K).trim(SZ_12K);
      buddy.allocBlocks(SZ_20K).freeBlock(1);
      AllocatedBlocks.adopt(buddy.allocBlocks(SZ_16K).transfer());
    })();
    expect(buddy.avail).toBe(SZ_1M - SZ_4K - SZ_12K - SZ_16K - SZ_16K);
    await collectUntil('the lists', isWhole(buddy));
  });

  test('is told from the list that has taken its place', async () => {
    const buddy = megabyte();
    for (let round = 0; round < 20; round++) {
      drop(buddy, SZ_4K);
      const kept = buddy.allocBlocks(SZ_4K);
      await collectUntil('the list', () => buddy.avail === SZ_1M - SZ_4K);
      expect(rangesOf(kept)).toHaveLength(1);
      kept.free();
    }
    expect(buddy.avail).toBe(buddy.size);
  });
});

describe('a list that is held', () => {
  test('stays', async () => {
    const buddy = megabyte();
    const blocks = buddy.allocBlocks(SZ_16K);
    await collectAll();
    expect(buddy.avail).toBe(SZ_1M - SZ_16K);
    expect(chunksOf(blocks)).toEqual([[252, 4]]);
  });

  test('by one of its blocks stays as long as the block does', async () => {
    const buddy = megabyte();
    const held: AllocatedBlock[] = [];
    (() => {
      held.push(firstOf(buddy.allocBlocks(SZ_16K, { tag: 5 })));
    })();
    await collectAll();
    expect(buddy.avail).toBe(SZ_1M - SZ_16K);
    expect([held[0]?.tag, held[0]?.offset, held[0]?.blocks.length]).toEqual([5, SZ_1M - SZ_16K, 1]);

    held.pop();
    await collectUntil('the list of the block', isWhole(buddy));
  });

  test('by an iteration that has not ended stays as long as that does', async () => {
    const buddy = megabyte();
    const held: Iterator<AllocatedBlock>[] = [];
    (() => {
      const iterator = buddy.allocBlocks(SZ_12K)[Symbol.iterator]();
      expect(iterator.next().done).toBe(false);
      held.push(iterator);
    })();
    await collectAll();
    expect(buddy.avail).toBe(SZ_1M - SZ_12K);
    const orders = (() => {
      const rest = held.splice(0).map((iterator) => ({ [Symbol.iterator]: () => iterator }));
      return rest.flatMap((blocks) => Array.from(blocks, ({ order }) => order));
    })();
    expect(orders).toEqual([0]);
    await collectUntil('the list of the iteration', isWhole(buddy));
  });

  test('keeps its allocator', async () => {
    const blocks = (() => megabyte().allocBlocks(SZ_20K))();
    await collectAll();
    expect(blocks.buddy.avail).toBe(SZ_1M - SZ_20K);
    blocks.free();
    expect(blocks.buddy.avail).toBe(SZ_1M);
  });

  test('outlives its allocator that was disposed of', async () => {
    const { blocks, observer } = (() => {
      using buddy = megabyte();
      const blocks = buddy.allocBlocks(SZ_16K);
      drop(buddy, SZ_4K);
      return { blocks, observer: GpuBuddy.from(buddy.share()) };
    })();
    await collectAll();
    expect(blocks.buddy.disposed).toBe(true);
    expect(chunksOf(blocks)).toEqual([[252, 4]]);
    blocks.trim(SZ_4K);
    expect(observer.avail).toBe(SZ_1M - SZ_4K);
    blocks.free();
    expect(observer.avail).toBe(SZ_1M);
  });
});

describe('a list that was freed by hand', () => {
  test('is not freed again when it is collected, whoever has its place now', async () => {
    const buddy = megabyte();
    const freed = (() => {
      const blocks = buddy.allocBlocks(SZ_16K);
      blocks.free();
      return new WeakRef(blocks);
    })();
    const next = buddy.allocBlocks(SZ_16K);
    const before = stateOf(buddy);
    await collectUntil('the freed list', () => freed.deref() === undefined);
    await collectAll();
    expect(stateOf(buddy)).toEqual(before);
    expect(chunksOf(next)).toEqual([[252, 4]]);
  });

  test('leaves its guard to the next one, so that nothing more is registered', () => {
    const buddy = megabyte();
    const register = jest.spyOn(FinalizationRegistry.prototype, 'register');
    try {
      // More than were ever freed before, so that guards have to be made.
      const lists = Array.from({ length: 200 }, () => buddy.allocBlocks(SZ_4K));
      for (const list of lists) list.free();
      register.mockClear();
      for (let i = 0; i < 1000; i++) {
        using one = buddy.allocBlocks(SZ_4K);
        using other = buddy.allocBlocks(SZ_16K);
        expect([one.length, other.length]).toEqual([1, 1]);
      }
      // A call that fails keeps none either.
      using all = buddy.allocBlocks(SZ_1M);
      expect(all.size).toBe(SZ_1M);
      for (let i = 0; i < 1000; i++) {
        expect(buddy.tryAllocBlocks(SZ_4K)).toBeNull();
        expect(() => buddy.allocBlocks(1)).toThrow('EINVAL');
      }
      expect(register).not.toHaveBeenCalled();
    } finally {
      register.mockRestore();
    }
  });

  test('is collected with its guard where more are freed than are kept for reuse', async () => {
    const buddy = new GpuBuddy({ size: 20_000 * SZ_4K });
    for (let round = 0; round < 2; round++) {
      (() => {
        const lists = Array.from({ length: 20_000 }, () => buddy.allocBlocks(SZ_4K));
        expect(buddy.avail).toBe(0);
        for (const list of lists) list.free();
      })();
      await collectTurn();
      expect(buddy.avail).toBe(buddy.size);
    }
    expectSound(buddy);
  });
});
