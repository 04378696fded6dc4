// What nobody frees, the garbage collector does: lists, guards, allocators, and what it says about that.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  AllocatedBlocks,
  GpuBuddy,
  SZ_16K,
  SZ_1M,
  SZ_4K,
  SZ_8K,
  type BatchResult,
  type ReclaimedMessage,
} from 'gpu-buddy';
import { expectSound, firstOf, rangesOf, SZ_12K, SZ_20K, thrownBy } from '../support/allocator-state';
import {
  collect,
  collectUntil,
  measured,
  packageFolder,
  runFile,
  runProgram,
} from '../support/built-package';

const CHANNEL = 'gpu-buddy:reclaimed';
const listeners: ((message: unknown) => void)[] = [];

/** What the channel tells from now on. */
function reclaimed(): ReclaimedMessage[] {
  const messages: ReclaimedMessage[] = [];
  const listener = (message: unknown) => {
    messages.push(message as ReclaimedMessage);
  };
  subscribe(CHANNEL, listener);
  listeners.push(listener);
  return messages;
}

afterEach(async () => {
  for (const listener of listeners.splice(0)) unsubscribe(CHANNEL, listener);
  // What one test has dropped is not told to the next.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
});

/** Allocates and drops, in a frame of its own so that nothing is left of it. */
function drop(buddy: GpuBuddy, sizes: readonly number[]): void {
  for (const size of sizes) expect(buddy.allocBlocks(size).length).toBeGreaterThan(0);
}

function dropAllocatorWithLists(): { token: ReturnType<GpuBuddy['share']>; lists: number } {
  const buddy = new GpuBuddy({ size: SZ_1M });
  drop(buddy, [SZ_4K, SZ_20K, SZ_4K]);
  return { token: buddy.share(), lists: 3 };
}

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

const isWhole = (buddy: GpuBuddy) => () => buddy.avail === buddy.size;

describe('a list that is dropped', () => {
  test('is freed', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    drop(buddy, [SZ_4K, SZ_20K, SZ_16K]);
    expect(buddy.avail).toBe(SZ_1M - SZ_4K - SZ_20K - SZ_16K);
    await collectUntil('the lists', isWhole(buddy));
    expectSound(buddy);
  });

  test('comes back dirty, even from clear memory', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    buddy.resetClear(true);
    drop(buddy, [SZ_20K]);
    await collectUntil('the list', isWhole(buddy));
    expect(buddy.clearAvail).toBe(SZ_1M - SZ_20K);
  });

  test('is not freed while a block of it is held, or an iterator', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const held = {
      block: firstOf(buddy.allocBlocks(SZ_4K)) as unknown,
      iterator: buddy.allocBlocks(SZ_20K)[Symbol.iterator](),
    };
    held.iterator.next();
    for (let i = 0; i < 5; i++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(buddy.avail).toBe(SZ_1M - SZ_4K - SZ_20K);
    expect(held.block).toMatchObject({ size: 4096 });
    held.block = undefined;
    await collectUntil('the list of the block', () => buddy.avail === SZ_1M - SZ_20K);
    expect(held.iterator.next().value).toMatchObject({ size: 4096 });
    held.iterator = [][Symbol.iterator]();
    await collectUntil('the list of the iterator', isWhole(buddy));
  });

  test('after its only block was looked at is freed', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    expect(rangesOf(buddy.allocBlocks(SZ_4K))).toHaveLength(1);
    await collectUntil('the list', isWhole(buddy));
  });

  test('is freed by the allocator whatever became of it before: trimmed, freed in part, adopted', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const messages = reclaimed();
    const prepare = () => {
      buddy.allocBlocks(SZ_16K).trim(SZ_4K);
      buddy.allocBlocks(SZ_20K).freeBlock(0);
      AllocatedBlocks.adopt(buddy.allocBlocks(SZ_16K).transfer());
      buddy.allocBlocks(SZ_4K).freeBlock(0);
    };
    prepare();
    await collectUntil('the lists', isWhole(buddy));
    // The one that had no block left was not worth telling.
    await collectUntil('the messages', () => messages.length === 3);
    expect(messages.map(({ size }) => size).sort()).toEqual([16384, 4096, 4096]);
  });

  test('cannot be freed by what has taken its place', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    for (let round = 0; round < 20; round++) {
      drop(buddy, [SZ_4K]);
      const kept = buddy.allocBlocks(SZ_4K);
      await collectUntil('the list', () => buddy.avail === SZ_1M - SZ_4K);
      expect(rangesOf(kept)).toHaveLength(1);
      kept.free();
    }
    expect(buddy.avail).toBe(buddy.size);
  });
});

describe('the channel gpu-buddy:reclaimed', () => {
  test('tells of each list that the collector had to free, with its size', async () => {
    const messages = reclaimed();
    const buddy = new GpuBuddy({ size: SZ_1M });
    drop(buddy, [SZ_4K, SZ_20K]);
    buddy.allocBlocks(SZ_16K).free();
    await collectUntil('two messages', () => messages.length === 2);
    expect(buddy.avail).toBe(buddy.size);
    expect(messages).toHaveLength(2);
    expect(messages).toEqual(
      expect.arrayContaining([
        { size: 4096, stack: undefined },
        { size: 20480, stack: undefined },
      ]),
    );
  });

  test('says nothing of lists that were freed, given away or used up', async () => {
    const messages = reclaimed();
    const buddy = new GpuBuddy({ size: SZ_1M });
    const prepare = () => {
      for (let i = 0; i < 10_000; i++) buddy.allocBlocks(SZ_4K).free();
      const kept = Array.from({ length: 200 }, () => buddy.allocBlocks(SZ_4K));
      const adopted = kept.splice(100).map((list) => AllocatedBlocks.adopt(list.transfer()));
      for (const list of [...kept, ...adopted]) list.free();
      const usedUp = buddy.allocBlocks(SZ_4K);
      usedUp.freeBlock(0);
    };
    prepare();
    // By the time that one is told of, the others have had their turn too.
    drop(buddy, [SZ_20K]);
    await collectUntil('the last list', () => messages.some(({ size }) => size === SZ_20K));
    expect(messages).toHaveLength(1);
    expect(buddy.avail).toBe(buddy.size);
  });

  test('says where the list was allocated, if captureStacks was asked for', async () => {
    const messages = reclaimed();
    const buddy = new GpuBuddy({ size: SZ_1M, captureStacks: true });
    function theCulprit() {
      drop(buddy, [SZ_4K]);
    }
    function theOther() {
      expect(buddy.tryAllocBlocks(SZ_16K)?.length).toBe(1);
    }
    theCulprit();
    theOther();
    await collectUntil('two messages', () => messages.length === 2);
    const stackOf = (size: number) => messages.find((message) => message.size === size)?.stack ?? '';
    const [first, second] = stackOf(4096).split('\n');
    expect(first).toMatch(/^ {4}at .*collector\.test\.ts:\d+:\d+/);
    expect(second).toMatch(/at .* .*collector\.test\.ts/);
    expect(stackOf(16384)).toMatch(/^ {4}at .*collector\.test\.ts:\d+:\d+/);
  });

  test("gives no stack of an earlier list in the same slot, nor another allocator's", async () => {
    const messages = reclaimed();
    const noting = new GpuBuddy({ size: SZ_1M, captureStacks: true });
    const silent = new GpuBuddy({ size: SZ_1M });
    noting.allocBlocks(SZ_4K).free();
    drop(silent, [SZ_4K]);
    await collectUntil('a message', () => messages.length === 1);
    expect(messages).toEqual([{ size: 4096, stack: undefined }]);
  });

  test.each<[string, (error: Error, frames: NodeJS.CallSite[]) => unknown]>([
    ['makes an array of it', (_, frames) => frames],
    ['makes nothing of it', () => undefined],
    ['makes an object of it', () => ({ frames: 1 })],
  ])('goes on where a program has hooked into stack traces, and %s', async (_, prepare) => {
    const messages = reclaimed();
    const buddy = new GpuBuddy({ size: SZ_1M, captureStacks: true });
    withStackTraces(prepare, () => {
      drop(buddy, [SZ_4K]);
    });
    await collectUntil('a message', () => messages.length === 1);
    expect(messages).toEqual([{ size: 4096, stack: expect.any(String) }]);
  });

  test('is told by the right list where that hook allocates, and nothing where it throws', () => {
    const buddy = new GpuBuddy({ size: SZ_1M, captureStacks: true });
    const other = new GpuBuddy({ size: SZ_1M });
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
    expect(lists.map((list) => rangesOf(list))).toEqual([[[SZ_1M - SZ_4K, 4096]]]);
    expect(buddy.avail).toBe(SZ_1M - SZ_4K);
    for (const list of lists) list.free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('takes no harm from a listener that throws', async () => {
    const { code, answer } = await runProgram('throwing-listener.cjs');
    expect({ code, answer }).toEqual({ code: 0, answer: { errors: 5, whole: true } });
  });
});

describe('the result of a batch that is dropped', () => {
  /** Twenty lists, of which two are asked for, and one of these is kept. */
  function dropResult(buddy: GpuBuddy): AllocatedBlocks | null {
    const batch = buddy.batch();
    const handles = Array.from({ length: 20 }, (_, i) => batch.alloc(SZ_4K, { tag: i }));
    const [freed, asked, kept] = [handles[3], handles[5], handles[7]];
    if (!freed || !asked || !kept) throw new Error('There are fewer handles than operations.');
    batch.free(freed);
    const result = batch.run();
    expect(result.blocks(asked)?.length).toBe(1);
    return result.blocks(kept);
  }

  test('gives back what nobody asked for, and leaves what somebody holds', async () => {
    const messages = reclaimed();
    const buddy = new GpuBuddy({ size: SZ_1M });
    const kept = dropResult(buddy);
    expect(buddy.avail).toBe(SZ_1M - 19 * SZ_4K);
    await collectUntil('all but one', () => buddy.avail === SZ_1M - SZ_4K);
    // Subscribers are told by the event loop.
    await collectUntil('18 messages', () => messages.length === 18);
    expect(messages).toEqual(Array.from({ length: 18 }, () => ({ size: 4096, stack: undefined })));
    expect([kept?.tag, kept?.freed]).toEqual([7, false]);
    kept?.free();
    expect(isWhole(buddy)()).toBe(true);
    expectSound(buddy);
  });

  test('after free() gives back nothing twice', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    (() => {
      const batch = buddy.batch();
      for (let i = 0; i < 20; i++) batch.alloc(SZ_4K);
      batch.run().free();
    })();
    const kept = buddy.allocMany(20, SZ_4K);
    const messages = reclaimed();
    drop(buddy, [SZ_20K]);
    await collectUntil('the last list', () => messages.length > 0);
    expect(messages).toEqual([{ size: 20480, stack: undefined }]);
    expect(kept.every((list) => !list.freed && list.length === 1)).toBe(true);
  });

  test('says where it was run, if captureStacks was asked for', async () => {
    const messages = reclaimed();
    const buddy = new GpuBuddy({ size: SZ_1M, captureStacks: true });
    function theCulprit() {
      const batch = buddy.batch();
      batch.alloc(SZ_4K);
      const handle = batch.alloc(SZ_20K);
      expect(batch.run().blocks(handle)?.length).toBe(2);
    }
    theCulprit();
    await collectUntil('two messages', () => messages.length === 2);
    for (const { stack } of messages) expect(stack).toMatch(/^ {4}at .*collector\.test\.ts:\d+:\d+/);
  });

  test('is told to a subscriber outside of every call, who may use the batch', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const batch = buddy.batch();
    let result: BatchResult | undefined;
    let told = 0;
    let isCalling = false;
    const listener = (message: unknown) => {
      if ((message as ReclaimedMessage).size !== SZ_20K) return;
      expect(isCalling).toBe(false);
      isCalling = true;
      batch.alloc(SZ_16K);
      if (++told === 20) result = batch.run();
      isCalling = false;
    };
    (() => {
      const dropped = buddy.batch();
      for (let i = 0; i < 20; i++) dropped.alloc(SZ_20K);
      expect(dropped.run().length).toBe(20);
    })();
    subscribe(CHANNEL, listener);
    listeners.push(listener);
    await collectUntil('the batch was run', () => result !== undefined);
    expect(told).toBe(20);
    expect([result?.length, batch.length]).toEqual([told, 0]);
    expect([...(result?.counts ?? [])]).toEqual(Array.from({ length: told }, () => 1));
    expect(buddy.avail).toBe(SZ_1M - told * SZ_16K);
  });

  test('makes room for the next batch, once it is known to be gone', async () => {
    const buddy = new GpuBuddy({ size: 20 * SZ_4K });
    dropResult(buddy)?.free();
    for (let round = 0; round < 3; round++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const batch = buddy.batch();
    batch.alloc(20 * SZ_4K);
    expect([...batch.run({ atomic: true }).errnos]).toEqual([0]);
  });
});

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
    const messages = reclaimed();
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
    const messages = reclaimed();
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
    for (let i = 0; i < 5; i++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
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
    for (let i = 0; i < 5; i++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
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
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    expect([token.length, observer.disposed]).toEqual([1, true]);
    token.clear();
    expect(token.length).toBe(0);
  });

  test('says where it was made, if captureStacks was asked for', async () => {
    const messages = reclaimed();
    const buddy = new GpuBuddy({ size: SZ_1M, captureStacks: true });
    function theCulprit() {
      buddy.pool().alloc(SZ_4K);
    }
    theCulprit();
    await collectUntil('a message', () => messages.length === 1);
    expect(messages[0]?.stack).toMatch(/^ {4}at .*collector\.test\.ts:\d+:\d+/);
  });

  test('makes room for the next allocation, once it is known to be gone', async () => {
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
      for (let round = 0; round < 3; round++) {
        collect();
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(alloc()).not.toBeNull();
      pool.clear();
    }
    expect(buddy.avail).toBe(buddy.size);
  });

  test('has its own bytes in its message, although another one is collected between its slices', async () => {
    const COUNT = 100_000;
    const messages = reclaimed();
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
    expect(messages.map(({ size }) => size)).toEqual([10 * SZ_8K, COUNT * SZ_4K]);
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

describe('an allocator that is dropped', () => {
  test('ends, with all of its lists', async () => {
    const { token } = dropAllocatorWithLists();
    const isGone = () => {
      try {
        GpuBuddy.from(token).dispose();
        return false;
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_GPU_BUDDY_TOKEN' });
        return true;
      }
    };
    await collectUntil('the allocator', isGone);
  });

  test('does not end while a list of it is held, which knows it', async () => {
    const makeList = () => new GpuBuddy({ size: SZ_1M }).allocBlocks(SZ_20K);
    const blocks = makeList();
    for (let i = 0; i < 3; i++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(blocks.buddy.avail).toBe(SZ_1M - SZ_20K);
    expect(rangesOf(blocks)).toHaveLength(2);
    blocks.free();
    expect(blocks.buddy.avail).toBe(SZ_1M);
  });

  test('leaves a list that is held behind a disposed allocator whole', async () => {
    const makeList = () => {
      using buddy = new GpuBuddy({ size: SZ_1M });
      return { blocks: buddy.allocBlocks(SZ_20K), observer: GpuBuddy.from(buddy.share()) };
    };
    const { blocks, observer } = makeList();
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    expect(thrownBy(() => blocks.buddy.avail)).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
    expect(blocks.size).toBe(SZ_20K);
    blocks.free();
    expect(observer.avail).toBe(observer.size);
  });
});

describe('guards', () => {
  test('are used again: a list that is freed by hand leaves nothing for the collector', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const register = jest.spyOn(FinalizationRegistry.prototype, 'register');
    for (let i = 0; i < 1000; i++) buddy.allocBlocks(SZ_4K).free();
    const lists = Array.from({ length: 100 }, () => buddy.allocBlocks(SZ_4K));
    for (const list of lists) list.free();
    for (let i = 0; i < 1000; i++) expect(() => buddy.allocBlocks(5)).toThrow('EINVAL');
    const registrations = register.mock.calls.length;
    register.mockRestore();
    expect(registrations).toBeLessThanOrEqual(100);
  });

  test('beyond those that are kept for the next lists are collected', async () => {
    const buddy = new GpuBuddy({ size: 20_000 * SZ_4K });
    const prepare = () => {
      for (const list of Array.from({ length: 20_000 }, () => buddy.allocBlocks(SZ_4K))) list.free();
    };
    prepare();
    for (let i = 0; i < 3; i++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    prepare();
    expect(buddy.avail).toBe(buddy.size);
  });
});

test('a hundred thousand lists, half of them dropped, leave nothing behind: the soak of scripts/soak, cut short', async () => {
  const { code, stdout } = await runFile(join(packageFolder, 'scripts/soak/lists.mjs'), ['100000'], measured);
  expect(stdout).toMatch(/avail is whole\n$/);
  expect(code).toBe(0);
}, 60_000);

describe('a pool', () => {
  test('ends a million allocations where it began, and leaves the collector nothing to do', async () => {
    const { code, answer } = await runProgram('pool-loop.cjs', { env: measured });
    expect(code).toBe(0);
    const {
      growth,
      collections,
      length,
      isWhole: whole,
    } = answer as {
      growth: Record<'heapUsed' | 'external' | 'arrayBuffers' | 'rss' | 'nativeBytes', number>;
      collections: number;
      length: number;
      isWhole: boolean;
    };
    expect([length, whole, growth.nativeBytes, growth.arrayBuffers]).toEqual([100, true, 0, 0]);
    expect(growth.heapUsed).toBeLessThan(200_000);
    expect(growth.external).toBeLessThan(100_000);
    expect(growth.rss).toBeLessThan(30e6);
    // Handles above 2^31 are numbers on the heap, which die young.
    expect(collections).toBeLessThan(100);
  });

  test('takes no wrong handle, whoever made it up: the soak of scripts/soak, cut short', async () => {
    const { code, stdout, stderr } = await runFile(join(packageFolder, 'scripts/soak/handles.mjs'), [
      '400000',
    ]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^40\d{4} thrown, 0 taken, 0 lost, .*\navail is whole\n$/);
    expect(code).toBe(0);
  });
});
