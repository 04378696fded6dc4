// The program's own code in the middle of things: getters and proxies as options, hooks in stack traces, subscribers of the
// channel, async hooks. Ownership is checked by brute force.

import { createHook } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  AllocatedBlocks,
  GpuBuddy,
  SZ_1M,
  SZ_4K,
  type BatchHandle,
  type BatchResult,
  type PoolHandle,
} from 'gpu-buddy';
import { expectSound, thrownBy } from '../support/allocator-state';
import { Random } from '../support/random';
import { collect, collectUntil, isWhole, onReclaimed } from '../support/collector';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

describe('a pool', () => {
  test('keeps what a hook allocates while a free of it is scheduled', async () => {
    // No free is scheduled any more.
    await turn();
    const buddy = new GpuBuddy({ size: SZ_1M });
    const pool = buddy.pool();
    const first = pool.alloc(SZ_4K);
    const inBetween: PoolHandle[] = [];
    const hook = createHook({
      init(_, type) {
        if (type === 'Immediate' && inBetween.length === 0) inBetween.push(pool.alloc(SZ_4K));
      },
    }).enable();
    cleanups.push(() => hook.disable());
    pool.free(first);
    hook.disable();
    expect([...pool]).toEqual(inBetween);
    expect([inBetween.length, pool.length, pool.has(first)]).toEqual([1, 1, false]);
    for (const handle of inBetween) pool.free(handle);
    expect(buddy.avail).toBe(buddy.size);
  });

  test.each(['clear', 'dispose'] as const)('can be ended while options are looked at: %s()', (method) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const pool = buddy.pool();
    const handle = pool.alloc(SZ_4K);
    const evil = (key: string, value: unknown) => ({
      get [key]() {
        pool[method]();
        return value;
      },
    });
    const code = method === 'clear' ? 'EINVAL' : 'ERR_GPU_BUDDY_DISPOSED';
    const free = () => {
      pool.free(handle, evil('cleared', true));
    };
    expect(thrownBy(free)).toMatchObject({ code });
    expect(buddy.avail).toBe(buddy.size);
    if (method === 'clear') expect(pool.has(pool.alloc(SZ_4K, evil('tag', 1)))).toBe(true);
    else expect(thrownBy(() => pool.alloc(SZ_4K, evil('tag', 1)))).toMatchObject({ code });
    pool.dispose();
    expect(buddy.avail).toBe(buddy.size);
  });
});

test.each([1, 2])(
  'whatever the program does in the middle of a call, every range has one owner (seed %d)',
  async (seed) => {
    const numbers = new Random(seed);
    const random = () => numbers.next();
    const pick = <T>(values: readonly T[]): T | undefined => values[numbers.below(values.length)];
    const SPACE = 4 * SZ_1M;
    const make = () => new GpuBuddy({ size: SPACE, captureStacks: random() < 0.5 });
    const buddies = [make(), make()] as const;
    const batches = buddies.map((buddy) => buddy.batch());
    const pools = buddies.map((buddy) => buddy.pool());
    let lists: AllocatedBlocks[] = [];
    let results: BatchResult[] = [];
    /** Handles of either batch. */
    let recent: BatchHandle[] = [];
    let depth = 0;
    let isQuiet = false;

    /** Does something more in the middle of something. */
    function interfere(chance: number): void {
      if (isQuiet || depth >= 4 || random() >= chance) return;
      depth++;
      try {
        act();
      } finally {
        depth--;
      }
    }

    /** An object that does something when it is looked at. */
    function evil<T extends object>(options: T): T {
      if (random() < 0.5) return options;
      return new Proxy(options, {
        get(target, key) {
          interfere(0.4);
          return Reflect.get(target, key) as unknown;
        },
      });
    }

    function allocate(buddy: GpuBuddy): void {
      const mode = random() < 0.3 ? evil({ range: evil({ start: 0, end: SPACE }) }) : ('simple' as const);
      const options = evil({ mode, clear: random() < 0.5, tag: Math.floor(random() * 100) });
      const list = buddy.allocBlocks(SZ_4K * (1 + Math.floor(random() * 6)), options);
      if (random() < 0.9) lists.push(list);
    }

    /** Gives `null` also for an operation of another run: one in the middle of this one, for example. */
    function blocksOf(result: BatchResult, handle: BatchHandle): AllocatedBlocks | null {
      try {
        return result.blocks(handle);
      } catch (error) {
        expect(error).toMatchObject({ code: 'EINVAL' });
        return null;
      }
    }

    function runBatch(index: number): void {
      const batch = batches[index];
      if (!batch) return;
      recent = recent.slice(-10);
      for (let i = 0; i < 5; i++) {
        const handle = batch.alloc(SZ_4K, evil({ tag: i }));
        recent.push(handle);
        if (random() < 0.3) batch.free(handle, evil({ cleared: true }));
      }
      const list = pick(lists);
      if (list && random() < 0.5) batch.free(list, evil({}));
      if (random() < 0.5) return;
      const result = batch.run(evil({ atomic: random() < 0.4 }));
      if (random() < 0.5) results.push(result);
      if (random() < 0.2) {
        for (const { blocks } of result) {
          if (blocks) lists.push(blocks);
          interfere(0.1);
        }
      } else {
        for (const handle of recent) {
          const made = random() < 0.3 ? blocksOf(result, handle) : null;
          if (made) lists.push(made);
        }
      }
      if (random() < 0.6) result.free(evil({ cleared: random() < 0.5 }));
    }

    function usePool(index: number): void {
      const pool = pools[index];
      if (!pool) return;
      const what = random();
      const handle = pick([...pool]);
      if (what < 0.5 || handle === undefined) pool.alloc(SZ_4K, evil({ tag: 1, clear: random() < 0.5 }));
      else if (what < 0.9) pool.free(handle, evil({ cleared: random() < 0.5 }));
      else if (what < 0.97) lists.push(pool.blocks(handle));
      else pool.clear(evil({ cleared: true }));
    }

    function act(): void {
      const index = random() < 0.5 ? 0 : 1;
      const buddy = buddies[index];
      const list = pick(lists);
      const what = random();
      try {
        if (what < 0.15) usePool(index);
        else if (what < 0.3) allocate(buddy);
        else if (what < 0.5) list?.free(evil({ cleared: random() < 0.5 }));
        else if (what < 0.6) list?.trim(SZ_4K, evil({}));
        else if (what < 0.65) list?.freeBlock(0, evil({ cleared: true }));
        else if (what < 0.85) runBatch(index);
        else if (what < 0.9 && list) lists.push(AllocatedBlocks.adopt(evil({ ...list.transfer() })));
        else if (what < 0.93) buddy.resetClear(random() < 0.5);
        else if (what < 0.95) lists.push(...buddy.allocMany(10, SZ_4K, evil({})));
        else if (what < 0.952) buddy.freeAll();
        else if (what < 0.96) for (const result of results.splice(0, 5)) result.free();
        else lists = lists.filter(({ freed }) => !freed);
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^E/);
      }
    }

    function check(): void {
      isQuiet = true;
      for (const [index, buddy] of buddies.entries()) {
        expectSound(buddy);
        const owned = new Set<number>();
        const pool = pools[index];
        expect([...(pool ?? [])]).toHaveLength(pool?.length ?? 0);
        for (const handle of pool ?? []) {
          const offset = pool?.offset(handle) ?? -1;
          expect(owned.has(offset)).toBe(false);
          owned.add(offset);
          expect(buddy.blockAt(offset)).toMatchObject({ offset, size: pool?.size(handle) });
        }
        for (const list of new Set(lists)) {
          if (list.freed || list.buddy !== buddy) continue;
          for (const { offset, size } of list) {
            expect(owned.has(offset)).toBe(false);
            owned.add(offset);
            expect(buddy.blockAt(offset)).toMatchObject({ offset, size });
          }
        }
      }
      isQuiet = false;
    }

    onReclaimed(() => {
      interfere(1);
    });
    const errors = Error as { prepareStackTrace?: unknown };
    const { prepareStackTrace } = errors;
    errors.prepareStackTrace = () => {
      interfere(0.3);
      return 'stack';
    };
    cleanups.push(() => {
      errors.prepareStackTrace = prepareStackTrace;
    });
    for (let round = 0; round < 15; round++) {
      for (let i = 0; i < 100; i++) act();
      check();
      if (random() < 0.2) collect();
      await turn();
    }
    isQuiet = true;
    for (const owner of [...lists, ...results]) owner.free();
    lists = results = [];
    for (const batch of batches) batch.clear();
    for (const pool of pools) pool.clear();
    await collectUntil('all of it', () => buddies.every((buddy) => isWhole(buddy)()));
  },
);
