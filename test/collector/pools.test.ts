// A pool that nobody holds is freed by the garbage collector, in slices; one that somebody holds stays.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_1M, SZ_4K, SZ_8K, type AllocatedBlocks } from 'gpu-buddy';
import * as native from '../../lib/native';
import { expectSound, SZ_12K } from '../support/allocator-state';
import { collect, collectAll, collectUntil, isWhole, reclaimedMessages } from '../support/collector';

describe('a pool that is dropped', () => {
  /** Allocations of one and three chunks in turns, some of them freed, one taken out. */
  function dropPool(buddy: GpuBuddy, count = 1000): { bytes: number; taken: AllocatedBlocks } {
    const pool = buddy.pool();
    const handles = Array.from({ length: count }, (_, i) => pool.alloc(SZ_4K * (1 + 2 * (i % 2))));
    const [first, second, third] = handles.splice(0, 3);
    if (!first || !second || !third) throw new Error('There are fewer handles than allocations.');
    pool.free(first);
    pool.free(second);
    return { bytes: handles.reduce((sum, handle) => sum + pool.size(handle), 0), taken: pool.blocks(third) };
  }

  test('is freed, as dirty memory, and told of in one message', async () => {
    const messages = reclaimedMessages();
    const buddy = new GpuBuddy({ size: 64 * SZ_1M });
    buddy.resetClear(true);
    const { bytes, taken } = dropPool(buddy);
    expect(buddy.avail).toBe(buddy.size - bytes - SZ_4K);
    await collectUntil('the pool', () => buddy.avail === buddy.size - SZ_4K);
    await collectUntil('a message', () => messages.length > 0);
    expect(messages).toEqual([{ size: bytes, stack: undefined }]);
    expect([taken.freed, taken.size]).toEqual([false, SZ_4K]);
    // Lists freed by hand were freed as dirty, too.
    expect(buddy.clearAvail).toBe(buddy.size - bytes - SZ_4K - SZ_12K - SZ_4K);
    taken.free();
    expect(buddy.avail).toBe(buddy.size);
    expectSound(buddy);
  });

  test('is freed without a subscriber, and so are many', async () => {
    const buddy = new GpuBuddy({ size: 64 * SZ_1M });
    (() => {
      for (let i = 0; i < 100; i++) dropPool(buddy, 3 + i).taken.free();
      // An empty one is not worth a message.
      buddy.pool().clear();
    })();
    await collectUntil('the pools', isWhole(buddy));
    expectSound(buddy);
  });

  test('each has a message of its own, and an empty one has none', async () => {
    const messages = reclaimedMessages();
    const buddy = new GpuBuddy({ size: 64 * SZ_1M });
    const expected: number[] = [];
    (() => {
      for (const count of [3, 10, 40, 500]) {
        const { bytes, taken } = dropPool(buddy, count);
        taken.free();
        if (bytes > 0) expected.push(bytes);
      }
    })();
    await collectUntil('the pools', isWhole(buddy));
    await collectUntil('the messages', () => messages.length === expected.length);
    expect(messages.map(({ size }) => size).sort()).toEqual(expected.sort());
  });

  test('is not freed while an iteration holds it', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const held = [
      (() => {
        const pool = buddy.pool();
        pool.alloc(SZ_4K);
        pool.alloc(SZ_4K);
        return pool[Symbol.iterator]();
      })(),
    ];
    expect(held[0]?.next().done).toBe(false);
    await collectAll();
    expect(buddy.avail).toBe(SZ_1M - 2 * SZ_4K);
    expect(held.pop()?.next().done).toBe(false);
    await collectUntil('the pool', isWhole(buddy));
  });

  test('after dispose() gives back nothing twice, and nothing of the pool in its place', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    (() => {
      for (let i = 0; i < 20; i++) {
        const pool = buddy.pool();
        pool.alloc(SZ_4K);
        pool.dispose();
      }
    })();
    const kept = Array.from({ length: 20 }, () => buddy.pool());
    for (const pool of kept) pool.alloc(SZ_4K);
    await collectAll();
    expect([buddy.avail, kept.every((pool) => pool.length === 1)]).toEqual([SZ_1M - 20 * SZ_4K, true]);
  });

  test('keeps its allocator until then', async () => {
    const { token, observer } = (() => {
      const buddy = new GpuBuddy({ size: SZ_1M });
      const pool = buddy.pool();
      pool.alloc(SZ_4K);
      buddy.dispose();
      return { token: pool, observer: pool.buddy };
    })();
    await collectAll();
    expect([token.length, observer.disposed]).toEqual([1, true]);
    token.clear();
    expect(token.length).toBe(0);
  });

  test('says where it was made, if captureStacks was asked for', async () => {
    const messages = reclaimedMessages();
    const buddy = new GpuBuddy({ size: SZ_1M, captureStacks: true });
    function theCulprit() {
      buddy.pool().alloc(SZ_4K);
    }
    theCulprit();
    await collectUntil('a message', () => messages.length === 1);
    expect(messages[0]?.stack).toMatch(/^ {4}at .*pools\.test\.ts:\d+:\d+/);
  });

  test('makes room for the next allocation, once it is collected', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const pool = buddy.pool();
    for (const alloc of [
      () => pool.alloc(SZ_1M),
      () => pool.tryAlloc(SZ_1M),
      () => buddy.tryAllocBlocks(SZ_1M)?.free(),
    ]) {
      (() => {
        const dropped = buddy.pool();
        for (let i = 0; i < 256; i++) dropped.alloc(SZ_4K);
      })();
      await collectAll();
      expect(alloc()).not.toBeNull();
      pool.clear();
    }
    expect(buddy.avail).toBe(buddy.size);
  });

  test('has its own bytes in its message, although another one is collected between its slices', async () => {
    const COUNT = 100_000;
    const messages = reclaimedMessages();
    const buddy = new GpuBuddy({ size: 2 * COUNT * SZ_4K });
    const drop = (count: number, size: number) => {
      const pool = buddy.pool();
      for (let i = 0; i < count; i++) pool.alloc(size);
    };
    drop(COUNT, SZ_4K);
    await collectUntil('some of the first one', () => buddy.avail > COUNT * SZ_4K);
    // Its first slice is over, and it has not come to its end.
    expect([buddy.avail < buddy.size, messages.length]).toEqual([true, 0]);
    drop(10, SZ_8K);
    collect();
    await collectUntil('all', isWhole(buddy));
    await collectUntil('two messages', () => messages.length === 2);
    // Sorted: the collector decides which comes first.
    expect(messages.map(({ size }) => size).sort((a, b) => a - b)).toEqual([10 * SZ_8K, COUNT * SZ_4K]);
  });

  test('is freed in slices, between which the event loop turns', async () => {
    const COUNT = 300_000;
    const buddy = new GpuBuddy({ size: COUNT * SZ_4K });
    (() => {
      const pool = buddy.pool();
      for (let i = 0; i < COUNT; i++) pool.alloc(SZ_4K);
    })();
    expect(buddy.avail).toBe(0);
    await collectUntil('some of it', () => buddy.avail > 0);
    const seen = new Set<number>();
    while (buddy.avail < buddy.size) {
      seen.add(buddy.avail);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The first one was over when this was seen.
    expect(seen.size).toBeGreaterThan(0);
    expect([...seen].every((avail) => avail > 0 && avail < buddy.size)).toBe(true);
  });
});

test('a place that is empty in the list of collected pools closes none', () => {
  const buddy = new GpuBuddy({ size: SZ_1M });
  const pool = buddy.pool();
  const handle = pool.alloc(SZ_4K);
  // As where the collector's work was interrupted after it had closed a pool, and before it had noted that.
  for (let i = 0; i < 3; i++) expect(native.closeSomeOfPool(new Uint32Array(4), 0, 32, true)).toBe(0);
  for (let i = 0; i < 200; i++) pool.alloc(SZ_4K);
  expect([pool.offset(handle), pool.length]).toEqual([SZ_1M - SZ_4K, 201]);
  pool.dispose();
  expect(buddy.avail).toBe(buddy.size);
});
