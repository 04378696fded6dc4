// Waiting for memory: what raises the epoch, when a wait ends, and how.

import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { AllocatedBlocks, GpuBuddy, SZ_1M, SZ_4K, type WaitForFreeOptions } from 'gpu-buddy';
import * as native from '../../lib/native';
import { collectUntil } from '../support/collector';

const SZ_16K = 4 * SZ_4K;

function makeBuddy(): GpuBuddy {
  return new GpuBuddy({ size: SZ_1M });
}

/** Tells whether a promise is settled after some turns of the event loop. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  for (let i = 0; i < 20; i++) await turn();
  return settled;
}

describe('the epoch', () => {
  type Use = (buddy: GpuBuddy) => unknown;

  test.each<[string, number, Use]>([
    [
      'a list that is freed',
      1,
      (buddy) => {
        buddy.allocBlocks(SZ_16K).free();
      },
    ],
    [
      'one that is freed twice',
      1,
      (buddy) => {
        const list = buddy.allocBlocks(SZ_16K);
        list.free();
        list.free();
      },
    ],
    [
      'a list that is trimmed',
      1,
      (buddy) => {
        buddy.allocBlocks(SZ_16K).trim(SZ_4K);
      },
    ],
    [
      'a block that is freed',
      1,
      (buddy) => {
        buddy.allocBlocks(5 * SZ_4K).freeBlock(0);
      },
    ],
    [
      'an allocation of a pool',
      1,
      (buddy) => {
        const pool = buddy.pool();
        pool.free(pool.alloc(SZ_4K));
      },
    ],
    [
      'a pool of three that ends',
      3,
      (buddy) => {
        const pool = buddy.pool();
        for (let i = 0; i < 3; i++) pool.alloc(SZ_4K);
        pool.dispose();
      },
    ],
    [
      'two frees of a batch',
      2,
      (buddy) => {
        const batch = buddy.batch();
        batch.free(batch.alloc(SZ_4K));
        batch.free(batch.alloc(SZ_4K));
        batch.run();
      },
    ],
    [
      'a result that is freed',
      2,
      (buddy) => {
        const batch = buddy.batch();
        batch.alloc(SZ_4K);
        batch.alloc(SZ_4K);
        batch.run().free();
      },
    ],
    [
      'freeAll() of four lists, one of them from before',
      4,
      (buddy) => {
        buddy.allocMany(2, SZ_4K);
        buddy.pool().alloc(SZ_4K);
        buddy.freeAll();
      },
    ],
    [
      'a parked list that is revoked',
      1,
      (buddy) => {
        AllocatedBlocks.revoke(buddy.allocBlocks(SZ_4K).park());
      },
    ],
    [
      'a list that is adopted and freed',
      1,
      (buddy) => {
        AllocatedBlocks.adopt(buddy.allocBlocks(SZ_4K).transfer()).free();
      },
    ],
    ['an allocation', 0, (buddy) => buddy.allocBlocks(3 * SZ_4K, { contiguous: true })],
    ['one that fails', 0, (buddy) => buddy.tryAllocBlocks(SZ_1M)],
    [
      'an atomic batch that fails',
      0,
      (buddy) => {
        const batch = buddy.batch();
        for (let i = 0; i < 100; i++) batch.alloc(SZ_16K);
        expect(() => batch.run({ atomic: true })).toThrow('ENOSPC');
      },
    ],
    [
      'allocMany() that fails',
      0,
      (buddy) => {
        expect(() => buddy.allocMany(5000, SZ_4K)).toThrow('ENOSPC');
      },
    ],
    [
      'claim() that fails',
      0,
      (buddy) => {
        expect(() =>
          buddy.claim([
            { offset: 0, order: 0 },
            { offset: SZ_1M - SZ_4K, order: 0 },
          ]),
        ).toThrow('ENOSPC');
      },
    ],
    [
      'append() and tryExtend()',
      0,
      (buddy) => {
        const list = buddy.allocBlocks(SZ_4K, { mode: { at: 0 } });
        list.append(buddy.allocBlocks(SZ_4K, { mode: { at: SZ_4K } }));
        list.tryExtend(SZ_4K);
      },
    ],
    [
      'resetClear() and save()',
      0,
      (buddy) => {
        buddy.resetClear(true);
        buddy.save();
      },
    ],
  ])('after %s has risen by %i', (_, rises, use) => {
    const buddy = makeBuddy();
    const held = buddy.allocBlocks(SZ_4K);
    const epoch = buddy.epoch;
    // Nothing of it is collected meanwhile.
    const made = [use(buddy)];
    expect(buddy.epoch - epoch).toBe(rises);
    held.free();
    made.length = 0;
  });

  test('rises when the collector frees a list', async () => {
    const buddy = makeBuddy();
    (() => buddy.allocBlocks(SZ_4K))();
    const wait = buddy.waitForFree();
    await collectUntil('the list is freed', () => buddy.epoch === 1);
    expect(await wait).toBe(1);
  });

  test('is a number for an allocator of bigints, too, begins at 0, and is the same through each of its objects', () => {
    const buddy = new GpuBuddy({ size: 2n ** 60n, bigint: true });
    expect(buddy.epoch).toBe(0);
    buddy.allocBlocks(SZ_4K).free();
    expect(GpuBuddy.from(buddy.share(), { bigint: true }).epoch).toBe(1);
    buddy.dispose();
    expect(() => buddy.epoch).toThrow('ERR_GPU_BUDDY_DISPOSED');
  });
});

describe('a wait', () => {
  test('ends at the next free, of whatever size', async () => {
    const buddy = makeBuddy();
    const list = buddy.allocBlocks(SZ_1M);
    const wait = buddy.waitForFree();
    expect(await isSettled(wait)).toBe(false);
    list.trim(SZ_1M - SZ_4K);
    expect(await wait).toBe(1);
  });

  test('ends at once where the epoch has risen since', async () => {
    const buddy = makeBuddy();
    const since = buddy.epoch;
    buddy.allocBlocks(SZ_4K).free();
    buddy.allocBlocks(SZ_4K).free();
    expect(await buddy.waitForFree({ since })).toBe(2);
    expect(await isSettled(buddy.waitForFree({ ref: false }))).toBe(false);
  });

  test('goes on where its time is yet to come, while others end', async () => {
    const buddy = makeBuddy();
    const [now, soon, later] = [0, 1, 2].map((since) => buddy.waitForFree({ since }));
    const waits = [now, soon, later].map((wait) => wait ?? Promise.reject(new Error('missing')));
    buddy.allocBlocks(SZ_4K).free();
    expect(await Promise.all(waits.map(isSettled))).toEqual([true, false, false]);
    buddy.allocBlocks(SZ_4K).free();
    expect(await Promise.all(waits.map(isSettled))).toEqual([true, true, false]);
    buddy.allocBlocks(SZ_4K).free();
    expect(await Promise.all(waits)).toEqual([1, 2, 3]);
  });

  test('is one of thousands that one free ends', async () => {
    const buddy = makeBuddy();
    const waits = Array.from({ length: 5000 }, () => buddy.waitForFree());
    await turn();
    buddy.allocBlocks(SZ_4K).free();
    expect(new Set(await Promise.all(waits))).toEqual(new Set([1]));
  });

  test('knows its own allocator, among many that wait, and each of its objects', async () => {
    const buddies = Array.from({ length: 50 }, makeBuddy);
    const waits = buddies.map((buddy) => buddy.waitForFree());
    const [first] = buddies;
    const other = GpuBuddy.from(first?.share() ?? { type: 'GpuBuddy', id: '', kernel: '' });
    const otherWait = other.waitForFree();
    other.allocBlocks(SZ_4K).free();
    expect(await Promise.all([...waits, otherWait].map(isSettled))).toEqual([
      true,
      ...Array.from({ length: 49 }, () => false),
      true,
    ]);
    for (const buddy of buddies.slice(1)) buddy.allocBlocks(SZ_4K).free();
    expect(await Promise.all(waits)).toEqual(buddies.map(() => 1));
  });

  test('can begin again in the continuation of another one', async () => {
    const buddy = makeBuddy();
    let rounds = 0;
    const loop = (async () => {
      for (; rounds < 100; rounds++) await buddy.waitForFree();
    })();
    while (rounds < 100) {
      buddy.allocBlocks(SZ_4K).free();
      await turn();
    }
    await loop;
  });

  test('keeps its allocator alive', async () => {
    const collected: string[] = [];
    const registry = new FinalizationRegistry<string>((name) => collected.push(name));
    const make = (name: string) => {
      const buddy = makeBuddy();
      registry.register(buddy, name);
      return buddy;
    };
    const controller = new AbortController();
    const wait = (() => make('waits').waitForFree({ signal: controller.signal }))();
    (() => make('does not'))();
    await collectUntil('the other one is collected', () => collected.length > 0);
    expect(collected).toEqual(['does not']);
    controller.abort();
    await expect(wait).rejects.toThrow('aborted');
    await collectUntil('it is collected, too', () => collected.length > 1);
  });
});

describe('a wait ends early', () => {
  const DISPOSED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_DISPOSED' };

  test("by its signal, with the signal's reason, whatever that is", async () => {
    const buddy = makeBuddy();
    const controller = new AbortController();
    const wait = buddy.waitForFree({ signal: controller.signal });
    const other = buddy.waitForFree();
    controller.abort('enough');
    await expect(wait).rejects.toBe('enough');
    await expect(buddy.waitForFree({ signal: controller.signal, since: 0 })).rejects.toBe('enough');
    expect(await isSettled(other)).toBe(false);
    buddy.allocBlocks(SZ_4K).free();
    expect(await other).toBe(1);
  });

  test('by a signal that others have, too, of another allocator among them', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const waits = [makeBuddy(), makeBuddy()].flatMap((buddy) => [
      buddy.waitForFree({ signal }),
      buddy.waitForFree({ signal, ref: false }),
    ]);
    controller.abort('enough');
    for (const wait of waits) await expect(wait).rejects.toBe('enough');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('by dispose() of its object, and not of another one', async () => {
    const buddy = makeBuddy();
    const other = GpuBuddy.from(buddy.share());
    const waits = [buddy.waitForFree(), buddy.waitForFree()];
    const otherWait = other.waitForFree();
    buddy.dispose();
    buddy.dispose();
    for (const wait of waits) await expect(wait).rejects.toMatchObject(DISPOSED);
    await expect(buddy.waitForFree()).rejects.toMatchObject(DISPOSED);
    expect(await isSettled(otherWait)).toBe(false);
    other.allocBlocks(SZ_4K).free();
    expect(await otherWait).toBe(1);
  });

  test('not by a dispose() of an object that had the same place before', async () => {
    const former = makeBuddy();
    former.dispose();
    const buddy = makeBuddy();
    const wait = buddy.waitForFree();
    former.dispose();
    expect(await isSettled(wait)).toBe(false);
    buddy.allocBlocks(SZ_4K).free();
    expect(await wait).toBe(1);
  });

  test.each<[string, unknown, string]>([
    ['an option that nobody knows', { sinse: 1 }, 'ERR_INVALID_ARG_VALUE'],
    ['options that are none', 7, 'ERR_INVALID_ARG_TYPE'],
    ['a since that is no number', { since: '1' }, 'ERR_INVALID_ARG_TYPE'],
    ['a negative since', { since: -1 }, 'ERR_OUT_OF_RANGE'],
    ['a signal that is none', { signal: new EventTarget() }, 'ERR_INVALID_ARG_TYPE'],
    ['a ref that is no boolean', { ref: 1 }, 'ERR_INVALID_ARG_TYPE'],
  ])('if it is given %s', async (_, options, code) => {
    await expect(makeBuddy().waitForFree(options as WaitForFreeOptions)).rejects.toMatchObject({ code });
  });

  test('ten thousand times, and leaves nothing behind', async () => {
    const buddy = makeBuddy();
    // Waits of other tests that never end have wakers, too.
    const wakers = native.wakers.size;
    const abortAll = async () => {
      const controllers = Array.from({ length: 5000 }, () => new AbortController());
      const shared = new AbortController();
      const waits = [...controllers, ...controllers.map(() => shared)].map(({ signal }) =>
        buddy.waitForFree({ signal }),
      );
      for (const controller of [...controllers, shared]) controller.abort();
      for (const { status } of await Promise.allSettled(waits)) expect(status).toBe('rejected');
      for (const { signal } of [...controllers, shared])
        expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    };
    const heapAfterwards = async () => {
      await abortAll();
      await turn();
      globalThis.gc?.();
      return process.memoryUsage().heapUsed;
    };
    const before = await heapAfterwards();
    // Not 50 bytes each.
    expect((await heapAfterwards()) - before).toBeLessThan(500_000);
    expect(native.wakers.size).toBe(wakers);
  });

  test('with one listener for each signal, of whatever allocators, which goes where a free ends the last wait', async () => {
    const { signal } = new AbortController();
    const buddies = [makeBuddy(), makeBuddy()];
    const wakers = native.wakers.size;
    const waits = buddies.map((buddy) => Array.from({ length: 20 }, () => buddy.waitForFree({ signal })));
    for (const [i, buddy] of buddies.entries()) {
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      buddy.allocBlocks(SZ_4K).free();
      await Promise.all(waits[i] ?? []);
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(native.wakers.size).toBe(wakers);
  });
});
