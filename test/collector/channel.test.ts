// The channel gpu-buddy:reclaimed tells what the garbage collector had to free, and takes no harm from who listens.

import { createHook } from 'node:async_hooks';
import * as timers from 'node:timers';
import { describe, expect, jest, test } from '@jest/globals';
import {
  AllocatedBlocks,
  GpuBuddy,
  SZ_16K,
  SZ_1G,
  SZ_1M,
  SZ_4K,
  type BatchResult,
  type Bytes,
  type GpuBuddyOptions,
} from 'gpu-buddy';
import { rangesOf, SZ_20K } from '../support/allocator-state';
import { runProgram } from '../support/built-package';
import { collect, collectUntil, drop, isWhole, onReclaimed, reclaimedMessages } from '../support/collector';

const megabyte = (options: { readonly captureStacks?: boolean } = {}) =>
  new GpuBuddy({ size: SZ_1M, ...options });
const THIS_FILE = /^ {4}at .*channel\.test\.ts:\d+:\d+/;

/** Runs with Error.prepareStackTrace() as some programs have it. */
function withStackTraces(prepare: typeof Error.prepareStackTrace, run: () => void): void {
  const hooks = Error as { prepareStackTrace?: unknown };
  const before = hooks.prepareStackTrace;
  hooks.prepareStackTrace = prepare;
  try {
    run();
  } finally {
    hooks.prepareStackTrace = before;
  }
}

describe('a message', () => {
  test('tells the size of each list that was dropped', async () => {
    const messages = reclaimedMessages();
    const buddy = megabyte();
    drop(buddy, SZ_4K, SZ_20K);
    (() => {
      // Only the first chunk is left of one, and nothing of the other, which is not worth telling.
      buddy.allocBlocks(SZ_20K).freeBlock(0);
      buddy.allocBlocks(SZ_4K).freeBlock(0);
    })();
    await collectUntil('three messages', () => messages.length >= 3);
    expect(buddy.avail).toBe(buddy.size);
    expect(messages.map(({ stack }) => stack)).toEqual([undefined, undefined, undefined]);
    expect(messages.map(({ size }) => size).sort()).toEqual([SZ_20K, SZ_4K, SZ_4K]);
  });

  test.each<[string, GpuBuddyOptions, Bytes, number]>([
    ['of bigints', { size: SZ_1M, bigint: true }, SZ_16K, SZ_16K],
    ['above 2^53', { size: 2n ** 64n - 4096n, bigint: true }, 2n ** 63n, 2 ** 63],
    ['of 1 byte', { size: SZ_1M, chunkSize: 1 }, 77, 77],
    ['of 256 bytes', { size: SZ_1M, chunkSize: 256 }, 5 * 256, 5 * 256],
  ])('tells the size as a number of bytes: %s', async (_, options, size, expected) => {
    const messages = reclaimedMessages();
    const buddy = new GpuBuddy<Bytes>(options);
    drop(buddy, size);
    await collectUntil('the list', () => messages.length === 1);
    // A list that only the result of a batch had.
    (() => {
      const batch = buddy.batch();
      batch.alloc(size);
      expect(batch.run().counts[0]).toBeGreaterThan(0);
    })();
    await collectUntil('the list of the batch', () => messages.length === 2);
    expect(buddy.isEmpty).toBe(true);
    const message = { size: expected, stack: undefined };
    expect(messages).toEqual([message, message]);
  });

  test('is not sent for lists that were freed, given away or used up', async () => {
    const messages = reclaimedMessages();
    const buddy = megabyte();
    (() => {
      for (let i = 0; i < 10_000; i++) buddy.allocBlocks(SZ_4K).free();
      const kept = Array.from({ length: 200 }, () => buddy.allocBlocks(SZ_4K));
      const adopted = kept.splice(100).map((list) => AllocatedBlocks.adopt(list.transfer()));
      for (const list of [...kept, ...adopted]) list.free();
      buddy.allocBlocks(SZ_4K).freeBlock(0);
    })();
    // The others have had their turn by the time that this one is told of.
    drop(buddy, SZ_20K);
    await collectUntil('the last list', () => messages.some(({ size }) => size === SZ_20K));
    expect(messages).toHaveLength(1);
    expect(buddy.avail).toBe(buddy.size);
  });
});

describe('the stack of a message', () => {
  test('says where the list was allocated, if captureStacks was asked for', async () => {
    const messages = reclaimedMessages();
    const buddy = megabyte({ captureStacks: true });
    function theCulprit() {
      drop(buddy, SZ_4K);
    }
    function theOther() {
      expect(buddy.tryAllocBlocks(SZ_16K)?.length).toBe(1);
    }
    theCulprit();
    theOther();
    await collectUntil('two messages', () => messages.length === 2);
    const stackOf = (size: number) => messages.find((message) => message.size === size)?.stack ?? '';
    expect(stackOf(SZ_4K)).toMatch(/^ {4}at .*collector\.ts:\d+:\d+/);
    expect(stackOf(SZ_4K)).toContain('theCulprit');
    expect(stackOf(SZ_16K)).toMatch(THIS_FILE);
  });

  test("is not that of an earlier list in the same slot, nor another allocator's", async () => {
    const messages = reclaimedMessages();
    const noting = megabyte({ captureStacks: true });
    const silent = megabyte();
    noting.allocBlocks(SZ_4K).free();
    drop(silent, SZ_4K);
    await collectUntil('a message', () => messages.length === 1);
    expect(messages).toEqual([{ size: SZ_4K, stack: undefined }]);
  });

  test.each<[string, (error: Error, frames: NodeJS.CallSite[]) => unknown]>([
    ['an array', (_, frames) => frames],
    ['nothing', () => undefined],
    ['an object', () => ({ frames: 1 })],
  ])('is a string where the program’s hook makes %s of it', async (_, prepare) => {
    const messages = reclaimedMessages();
    const buddy = megabyte({ captureStacks: true });
    withStackTraces(prepare, () => {
      drop(buddy, SZ_4K);
    });
    await collectUntil('a message', () => messages.length === 1);
    expect(messages).toEqual([{ size: SZ_4K, stack: expect.any(String) }]);
  });

  test('is no trap where that hook allocates, and nothing is allocated where it throws', () => {
    const buddy = megabyte({ captureStacks: true });
    const other = megabyte();
    const lists: AllocatedBlocks[] = [];
    let thrown: unknown;
    const allocate = () => {
      try {
        lists.push(buddy.allocBlocks(SZ_4K));
      } catch (error) {
        thrown = error;
      }
    };
    withStackTraces(() => other.allocBlocks(SZ_16K).length, allocate);
    withStackTraces(() => {
      throw new TypeError('on purpose');
    }, allocate);
    expect(thrown).toMatchObject({ message: 'on purpose' });
    expect(lists.map((list) => rangesOf(list))).toEqual([[[SZ_1M - SZ_4K, SZ_4K]]]);
    expect(buddy.avail).toBe(SZ_1M - SZ_4K);
    for (const list of lists) list.free();
    expect(buddy.avail).toBe(buddy.size);
  });
});

describe('a subscriber', () => {
  test('may throw: the other lists are freed and told of', async () => {
    const { code, answer } = await runProgram('throwing-listener.cjs');
    expect({ code, answer }).toEqual({ code: 0, answer: { errors: 5, whole: true } });
  });

  test('that allocates in a full space is told of each list once, and never inside itself', async () => {
    const buddy = new GpuBuddy({ size: SZ_1G });
    using hold = buddy.allocBlocks(SZ_4K);
    let [depth, deepest, told] = [0, 0, 0];
    onReclaimed(() => {
      told++;
      deepest = Math.max(deepest, ++depth);
      expect(buddy.tryAllocBlocks(SZ_1G)).toBe(null);
      depth--;
    });
    for (let i = 0; i < 5000; i++) drop(buddy, SZ_4K);
    await collectUntil('5000 lists', () => told >= 5000);
    expect([told, deepest]).toEqual([5000, 1]);
    expect(buddy.avail).toBe(SZ_1G - hold.size);
  });

  test('is called outside of every call, so that it may use a batch', async () => {
    const buddy = megabyte();
    const batch = buddy.batch();
    let result: BatchResult | undefined;
    let told = 0;
    let isCalling = false;
    onReclaimed(() => {
      expect(isCalling).toBe(false);
      isCalling = true;
      batch.alloc(SZ_16K);
      if (++told === 20) result = batch.run();
      isCalling = false;
    });
    (() => {
      const dropped = buddy.batch();
      for (let i = 0; i < 20; i++) dropped.alloc(SZ_20K);
      expect(dropped.run().length).toBe(20);
    })();
    await collectUntil('a run of the batch', () => result !== undefined);
    expect([told, result?.length, batch.length]).toEqual([20, 20, 0]);
    expect([...(result?.counts ?? [])]).toEqual(Array.from({ length: told }, () => 1));
    expect(buddy.avail).toBe(SZ_1M - told * SZ_16K);
  });
});

describe('dropped lists are freed', () => {
  test('after timers were faked while some were collected', async () => {
    const buddy = new GpuBuddy({ size: SZ_1G });
    const real = timers.setImmediate;
    const mutable = timers as { setImmediate: typeof setImmediate };
    mutable.setImmediate = globalThis.setImmediate = (() => ({})) as never;
    try {
      for (let i = 0; i < 1000; i++) drop(buddy, SZ_4K);
      for (let i = 0; i < 3; i++) {
        collect();
        await new Promise((resolve) => real(resolve));
      }
    } finally {
      mutable.setImmediate = globalThis.setImmediate = real;
    }
    for (let i = 0; i < 1000; i++) drop(buddy, SZ_4K);
    await collectUntil('all of them', isWhole(buddy));
  });

  test('after a hook allocated while their freeing was asked for', async () => {
    const buddy = new GpuBuddy({ size: SZ_1G });
    let asked = 0;
    const caught = jest.fn();
    process.on('uncaughtException', caught);
    const hook = createHook({
      init(_, type) {
        if (type === 'Immediate' && asked++ === 0) buddy.allocBlocks(SZ_4K).free();
      },
    }).enable();
    try {
      for (let i = 0; i < 1000; i++) drop(buddy, SZ_4K);
      await collectUntil('all of them', isWhole(buddy));
      expect(asked).toBeGreaterThan(0);
      expect(caught).not.toHaveBeenCalled();
    } finally {
      hook.disable();
      process.off('uncaughtException', caught);
    }
  });
});
