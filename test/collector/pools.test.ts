// What nobody holds any more comes back by the garbage collector, what somebody holds stays. Needs `node --expose-gc`.

import { describe, expect, jest, test } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  GpuBuddy,
  SZ_16K,
  SZ_1M,
  SZ_4K,
  type AllocatedBlock,
  type Bytes,
  type GpuBuddyOptions,
  type ReclaimedMessage,
} from 'gpu-buddy';
import { setImmediate } from 'node:timers/promises';
import * as native from '../../lib/native';
import { chunksOf, expectSound, firstOf, stateOf } from '../support/allocator-state';

const MOST_TURNS = 50;

/** One collection, in a turn of the event loop in which no WeakRef was looked at, and one for the finalizers. */
async function collect(): Promise<void> {
  if (!globalThis.gc) throw new Error('Run jest by `node --expose-gc`.');
  await setImmediate();
  globalThis.gc();
  await setImmediate();
}

/** Collects until something has happened. It does not depend on time: it gives up after so many turns. */
async function collectUntil(what: string, happened: () => boolean): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    if (happened()) return;
    await collect();
  }
  throw new Error(`After ${MOST_TURNS} collections it has not happened that ${what}.`);
}

/** Allocates a list that nobody holds. In a function of its own, so that no variable of the caller holds it either. */
function dropList(buddy: GpuBuddy, size = SZ_4K): void {
  expect(buddy.allocBlocks(size).size).toBe(size);
}

describe('a list that is dropped', () => {
  test('gives its range back', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const before = stateOf(buddy);
    dropList(buddy, 7 * SZ_4K);
    dropList(buddy);
    expect(buddy.avail).toBe(SZ_1M - 8 * SZ_4K);
    await collectUntil('the lists came back', () => buddy.avail === buddy.size);
    expect(stateOf(buddy)).toEqual(before);
    expectSound(buddy);
  });

  test('gives its range back as dirty memory', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    buddy.resetClear(true);
    dropList(buddy, SZ_16K);
    await collectUntil('the list came back', () => buddy.avail === buddy.size);
    expect(buddy.clearAvail).toBe(SZ_1M - SZ_16K);
  });

  test('does not come back within synchronous code', async () => {
    const buddy = new GpuBuddy({ size: SZ_16K });
    for (let i = 0; i < 4; i++) dropList(buddy);
    globalThis.gc?.();
    expect(buddy.tryAllocBlocks(SZ_4K)).toBeNull();
    await collectUntil('the lists came back', () => buddy.avail === buddy.size);
    expect(buddy.allocBlocks(SZ_16K).size).toBe(SZ_16K);
  });

  test('comes back a thousand times over', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 256; i++) dropList(buddy);
      expect(buddy.avail).toBe(0);
      await collectUntil('the lists came back', () => buddy.avail === buddy.size);
    }
    expectSound(buddy);
  });

  test('comes back after it was trimmed or lost a block', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    (() => {
      buddy.allocBlocks(SZ_16K).trim(3 * SZ_4K);
      buddy.allocBlocks(7 * SZ_4K).freeBlock(1);
    })();
    expect(buddy.avail).toBe(SZ_1M - 8 * SZ_4K);
    await collectUntil('the lists came back', () => buddy.avail === buddy.size);
  });
});

describe('the channel gpu-buddy:reclaimed', () => {
  test.each<[string, GpuBuddyOptions, Bytes, number]>([
    ['of bigints', { size: SZ_1M, bigint: true }, SZ_16K, SZ_16K],
    ['above 2^53', { size: 2n ** 64n - 4096n, bigint: true }, 2n ** 63n, 2 ** 63],
    ['of 1 byte', { size: SZ_1M, chunkSize: 1 }, 77, 77],
    ['of 256 bytes', { size: SZ_1M, chunkSize: 256 }, 5 * 256, 5 * 256],
  ])('tells the size as a number of bytes: %s', async (_, options, size, expected) => {
    const messages: ReclaimedMessage[] = [];
    const listener = (message: unknown) => {
      messages.push(message as ReclaimedMessage);
    };
    subscribe('gpu-buddy:reclaimed', listener);
    try {
      const buddy = new GpuBuddy<Bytes>(options);
      (() => {
        expect(buddy.allocBlocks(size).length).toBeGreaterThan(0);
      })();
      await collectUntil('the list came back', () => messages.length === 1);
      expect(buddy.isEmpty).toBe(true);
      // A list that only the result of a batch had.
      (() => {
        const batch = buddy.batch();
        batch.alloc(size);
        expect(batch.run().counts[0]).toBeGreaterThan(0);
      })();
      await collectUntil('the list of the batch came back', () => messages.length === 2);
      expect(buddy.isEmpty).toBe(true);
      const message = { size: expected, stack: undefined };
      expect(messages).toEqual([message, message]);
    } finally {
      unsubscribe('gpu-buddy:reclaimed', listener);
    }
  });
});

describe('a list that is held', () => {
  /** After this, all has been collected that could be. */
  const collectAll = async (buddy: GpuBuddy) => {
    const { avail } = buddy;
    dropList(buddy);
    await collectUntil('a list that was dropped later came back', () => buddy.avail >= avail);
    for (let turn = 0; turn < 3; turn++) await collect();
  };

  test('stays', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_16K);
    await collectAll(buddy);
    expect(buddy.avail).toBe(SZ_1M - SZ_16K);
    expect(chunksOf(blocks)).toEqual([[252, 4]]);
  });

  test('by one of its blocks stays as long as the block does', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const held: AllocatedBlock[] = [];
    (() => {
      held.push(firstOf(buddy.allocBlocks(SZ_16K, { tag: 5 })));
    })();
    await collectAll(buddy);
    expect(buddy.avail).toBe(SZ_1M - SZ_16K);
    expect([held[0]?.tag, held[0]?.offset, held[0]?.blocks.length]).toEqual([5, SZ_1M - SZ_16K, 1]);

    held.pop();
    await collectUntil('the list of the block came back', () => buddy.avail === buddy.size);
  });

  test('by an iteration that has not ended stays as long as that does', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const held: Iterator<AllocatedBlock>[] = [];
    (() => {
      const iterator = buddy.allocBlocks(3 * SZ_4K)[Symbol.iterator]();
      expect(iterator.next().done).toBe(false);
      held.push(iterator);
    })();
    await collectAll(buddy);
    expect(buddy.avail).toBe(SZ_1M - 3 * SZ_4K);
    const orders = (() => {
      const rest = held.splice(0).map((iterator) => ({ [Symbol.iterator]: () => iterator }));
      return rest.flatMap((blocks) => Array.from(blocks, ({ order }) => order));
    })();
    expect(orders).toEqual([0]);
    await collectUntil('the list of the iteration came back', () => buddy.avail === buddy.size);
  });

  test('keeps its allocator', async () => {
    const { blocks, reference } = (() => {
      const buddy = new GpuBuddy({ size: SZ_1M });
      return { blocks: buddy.allocBlocks(SZ_16K), reference: new WeakRef(buddy) };
    })();
    await collectAll(new GpuBuddy({ size: SZ_1M }));
    expect(reference.deref()).toBe(blocks.buddy);
    expect(blocks.buddy.avail).toBe(SZ_1M - SZ_16K);
  });

  test('outlives its allocator that was disposed of', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_16K, { tag: 2 });
    dropList(buddy);
    buddy.dispose();
    await collectAll(new GpuBuddy({ size: SZ_1M }));
    expect(chunksOf(blocks)).toEqual([[252, 4]]);
    blocks.trim(SZ_4K);
    blocks.free();
    expect(blocks.freed).toBe(true);
  });
});

describe('a list that was freed by hand', () => {
  test('is not freed again when it is collected, whoever has its place now', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const freed = (() => {
      const blocks = buddy.allocBlocks(SZ_16K);
      blocks.free();
      return new WeakRef(blocks);
    })();
    const next = buddy.allocBlocks(SZ_16K);
    const before = stateOf(buddy);
    await collectUntil('the freed list was collected', () => freed.deref() === undefined);
    for (let turn = 0; turn < 3; turn++) await collect();
    expect(stateOf(buddy)).toEqual(before);
    expect(chunksOf(next)).toEqual([[252, 4]]);
  });

  test('leaves its guard to the next one, so that nothing more is registered', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
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

  test('is one of many more than are kept for reuse, and all is well', async () => {
    const buddy = new GpuBuddy({ size: 8192 * SZ_4K });
    for (let round = 0; round < 2; round++) {
      const lists = Array.from({ length: 8192 }, () => buddy.allocBlocks(SZ_4K));
      expect(buddy.avail).toBe(0);
      for (const list of lists) list.free();
      for (let turn = 0; turn < 3; turn++) await collect();
      expect(buddy.avail).toBe(buddy.size);
    }
    expectSound(buddy);
  });
});

describe('an allocator that is dropped', () => {
  /** Handles are reused, so the next allocators show whether an earlier one has given its own up. */
  const isFree = (slot: number) => {
    const next = Array.from({ length: 256 }, () => {
      const buddy = new GpuBuddy({ size: SZ_4K });
      return { buddy, slot: native.created().slot };
    });
    for (const { buddy } of next) buddy.dispose();
    return next.some((made) => made.slot === slot);
  };

  test.each([
    ['alone', 0],
    ['with lists that are dropped too', 3],
  ])('%s gives its native side up', async (_, lists) => {
    const { reference, slot } = (() => {
      const buddy = new GpuBuddy({ size: SZ_1M });
      const { slot } = native.created();
      for (let i = 0; i < lists; i++) dropList(buddy, SZ_16K);
      return { reference: new WeakRef(buddy), slot };
    })();
    expect(isFree(slot)).toBe(false);
    await collectUntil('the allocator was collected', () => reference.deref() === undefined);
    await collectUntil('its handle was given up', () => isFree(slot));
  });

  test('after dispose() gives nothing up twice', async () => {
    const reference = (() => {
      const buddy = new GpuBuddy({ size: SZ_1M });
      buddy.dispose();
      return new WeakRef(buddy);
    })();
    const next = new GpuBuddy({ size: SZ_1M });
    await collectUntil('the disposed allocator was collected', () => reference.deref() === undefined);
    for (let turn = 0; turn < 3; turn++) await collect();
    expect(next.avail).toBe(next.size);
  });

  test('stays as long as it is held', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    for (let turn = 0; turn < 10; turn++) await collect();
    expect(buddy.allocBlocks(SZ_1M).size).toBe(SZ_1M);
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
