// A BUG in the kernel code ends the allocator that it happened in, and nothing else. A WARN is counted, and told once.

import { provokeBug, provokeWarning } from '../support/faults';
import { testAddon } from '../support/test-addon';
import { describe, expect, jest, test } from '@jest/globals';
import { inspect } from 'node:util';
import { AllocatedBlocks, GpuBuddy, SZ_1M, SZ_4K } from 'gpu-buddy';
import { expectSound, firstOf, rangesOf, SZ_20K, SZ_24K, thrownBy } from '../support/allocator-state';
import { Actor } from './actor';
import { built, measured, runProgram } from '../support/built-package';

const POISONED = {
  name: 'GpuBuddyError',
  code: 'ERR_GPU_BUDDY_POISONED',
  message: expect.stringMatching(
    /the kernel code met a BUG in this allocator \([\w./-]+\.c:\d+: [^)]+\), gpu_/,
  ),
};

/** An allocator that has met a BUG, with what it had given out before. */
function poisoned() {
  const buddy = new GpuBuddy({ size: SZ_1M });
  const blocks = buddy.allocBlocks(SZ_20K, { tag: 7 });
  const single = buddy.allocBlocks(SZ_4K);
  const token = buddy.allocBlocks(SZ_4K).transfer();
  const pool = buddy.pool();
  const handle = pool.alloc(SZ_4K);
  const shared = buddy.share();
  provokeBug(buddy);
  return { buddy, blocks, single, token, shared, pool, handle };
}

type Use = (given: ReturnType<typeof poisoned>) => unknown;

describe('after a BUG', () => {
  test('a batch tells of each operation that it is of no use, and its lists are gone', () => {
    const { buddy, blocks, single } = poisoned();
    const batch = buddy.batch();
    const allocation = batch.alloc(SZ_4K);
    const freeing = batch.free(blocks);
    batch.free(allocation);
    batch.free(single);
    expect(thrownBy(() => buddy.allocMany(2, SZ_4K))).toMatchObject(POISONED);
    const result = batch.run();
    expect([...result.errnos]).toEqual([-5, -5, 0, -5]);
    expect(result.error(freeing)).toMatchObject(POISONED);
    expect([blocks.freed, single.freed, result.blocks(allocation)]).toEqual([true, true, null]);
    for (const { error, blocks } of result)
      expect([error?.code ?? null, blocks]).toEqual([error && POISONED.code, null]);
    result.free();
  });

  test('the result of a batch from before says so when it is freed, once', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const batch = buddy.batch();
    const asked = [batch.alloc(SZ_4K), batch.alloc(SZ_4K)];
    const other = batch.alloc(SZ_4K);
    batch.alloc(SZ_4K);
    const result = batch.run();
    const made = asked.map((handle) => result.blocks(handle));
    provokeBug(buddy);
    expect(
      thrownBy(() => {
        result.free();
      }),
    ).toMatchObject(POISONED);
    result.free();
    expect([result.blocks(other), made.map((list) => list?.freed)]).toEqual([null, [true, true]]);
  });

  test.each<[string, string, Use]>([
    ['allocBlocks()', 'gpu_buddy_alloc_blocks', ({ buddy }) => buddy.allocBlocks(SZ_4K)],
    ['claim()', 'gpu_buddy_alloc_blocks', ({ buddy }) => buddy.claim([{ offset: 0, order: 0 }])],
    ['save()', 'gpu_buddy', ({ buddy }) => buddy.save()],
    [
      'append()',
      'gpu_buddy_block',
      ({ blocks, single }) => {
        blocks.append(single);
      },
    ],
    ['tryExtend()', 'gpu_buddy_alloc_blocks', ({ single }) => single.tryExtend(SZ_4K)],
    ['tryAllocBlocks()', 'gpu_buddy_alloc_blocks', ({ buddy }) => buddy.tryAllocBlocks(SZ_4K)],
    ['blockAt()', 'gpu_buddy_allocated_addr_to_block', ({ buddy }) => buddy.blockAt(0)],
    [
      'resetClear()',
      'gpu_buddy_reset_clear',
      ({ buddy }) => {
        buddy.resetClear(true);
      },
    ],
    ['snapshot()', 'gpu_buddy', ({ buddy }) => buddy.snapshot()],
    ['availIn()', 'gpu_buddy', ({ buddy }) => buddy.availIn({ start: 0, end: 1 })],
    ['freeSegments()', 'gpu_buddy', ({ buddy }) => buddy.freeSegments()],
    ['findFree()', 'gpu_buddy', ({ buddy }) => buddy.findFree(SZ_4K)],
    ['sizeIn()', 'gpu_buddy_block', ({ single }) => single.sizeIn({ start: 0, end: 1 })],
    ['offset of several blocks', 'gpu_buddy_block', ({ blocks }) => blocks.offset],
    ['print()', 'gpu_buddy_print', ({ buddy }) => buddy.print()],
    ['adopt()', 'gpu_buddy_block', ({ token }) => AllocatedBlocks.adopt(token)],
    ['transfer()', 'gpu_buddy_block', ({ blocks }) => blocks.transfer()],
    [
      'trim()',
      'gpu_buddy_block_trim',
      ({ single }) => {
        single.trim(SZ_4K);
      },
    ],
    [
      'freeBlock()',
      'gpu_buddy_free_list',
      ({ blocks }) => {
        blocks.freeBlock(0);
      },
    ],
    ['at() of a block that nobody has looked at', 'gpu_buddy_block', ({ blocks }) => blocks.at(1)],
    ['iteration', 'gpu_buddy_block', ({ blocks }) => [...blocks]],
    ['size of several blocks', 'gpu_buddy_block', ({ blocks }) => blocks.size],
    ['alloc() of a pool', 'gpu_buddy_alloc_blocks', ({ pool }) => pool.alloc(SZ_4K)],
    ['tryAlloc() of a pool', 'gpu_buddy_alloc_blocks', ({ pool }) => pool.tryAlloc(SZ_4K)],
    ['blocks() of a pool', 'gpu_buddy_block', ({ pool, handle }) => pool.blocks(handle)],
    [
      'freeAll()',
      'gpu_buddy_free_list',
      ({ buddy }) => {
        buddy.freeAll();
      },
    ],
  ])('%s throws, and again, with file, line and condition', (_, syscall, use) => {
    const given = poisoned();
    for (let i = 0; i < 3; i++) expect(thrownBy(() => use(given))).toMatchObject({ ...POISONED, syscall });
  });

  test.each<[string, Use, unknown]>([
    ['avail', ({ buddy }) => buddy.avail, SZ_1M - SZ_20K - 3 * SZ_4K],
    ['clearAvail', ({ buddy }) => buddy.clearAvail, 0],
    ['size', ({ buddy }) => buddy.size, SZ_1M],
    ['stats()', ({ buddy }) => buddy.stats().kernelWarnings, 0],
    ['isEmpty', ({ buddy }) => buddy.isEmpty, false],
    ['largestFree', ({ buddy }) => buddy.largestFree, SZ_1M / 2],
    ['fragmentation', ({ buddy }) => buddy.fragmentation, 0],
    ['offset of a single block', ({ single }) => single.offset, SZ_1M - SZ_24K],
    ['the length of a pool', ({ pool }) => pool.length, 1],
    ['an allocation of a pool', ({ pool, handle }) => [pool.has(handle), pool.size(handle)], [true, SZ_4K]],
    ['inspection of a pool', ({ pool }) => inspect(pool), 'Pool { length: 1 }'],
    ['share()', ({ buddy, shared }) => buddy.share().id === shared.id, true],
    ['from()', ({ shared }) => GpuBuddy.from(shared).size, SZ_1M],
    ['the length of a list', ({ blocks }) => blocks.length, 2],
    ['the tag of a list', ({ blocks }) => blocks.tag, 7],
    ['freed', ({ blocks }) => blocks.freed, false],
    ['the first block', ({ blocks }) => firstOf(blocks).offset, SZ_1M - 16384],
    ['inspection of the allocator', ({ buddy }) => inspect(buddy).startsWith('GpuBuddy {'), true],
    ['inspection of a list', ({ blocks }) => inspect(blocks), 'AllocatedBlocks(2) <ERR_GPU_BUDDY_POISONED>'],
  ])('%s still tells what is known', (_, use, expected) => {
    expect(use(poisoned())).toEqual(expected);
  });

  test('free() throws once, and the list counts as freed', () => {
    const { blocks, single } = poisoned();
    for (const list of [blocks, single]) {
      expect(
        thrownBy(() => {
          list.free();
        }),
      ).toMatchObject({ ...POISONED, syscall: 'gpu_buddy_free_list' });
      expect(list.freed).toBe(true);
      list.free();
      list[Symbol.dispose]();
    }
  });

  test('free() of a pool throws once, and the handle is refused', () => {
    const { pool, handle } = poisoned();
    const free = () => {
      pool.free(handle);
    };
    expect(thrownBy(free)).toMatchObject({ ...POISONED, syscall: 'gpu_buddy_free_list' });
    expect([pool.length, pool.has(handle)]).toEqual([0, false]);
    expect(thrownBy(free)).toMatchObject({ code: 'EINVAL' });
  });

  test('clear() of a pool throws, and the pool is empty; dispose() is silent', () => {
    const { buddy, pool, handle } = poisoned();
    const clear = () => {
      pool.clear();
    };
    expect(thrownBy(clear)).toMatchObject({ ...POISONED, syscall: 'gpu_buddy_free_list' });
    expect([pool.length, pool.has(handle), [...pool]]).toEqual([0, false, []]);
    pool.dispose();
    pool.dispose();
    const other = poisoned().pool;
    other.dispose();
    expect([pool.disposed, other.disposed]).toEqual([true, true]);
    // A new one is of no more use.
    expect(thrownBy(() => buddy.pool().alloc(SZ_4K))).toMatchObject(POISONED);
  });

  test('drops frees that waited in a pool, and tells each fault once', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const pool = buddy.pool();
    const handles = [pool.alloc(SZ_4K), pool.alloc(SZ_4K)] as const;
    pool.free(handles[0]);
    provokeBug(buddy);
    expect([pool.length, [...pool]]).toEqual([1, [handles[1]]]);
    buddy.dispose();
    pool.dispose();
  });

  test('the call that met it throws as every later one does', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    provokeBug(buddy);
    const first = thrownBy(() => buddy.allocBlocks(SZ_4K));
    expect(thrownBy(() => buddy.allocBlocks(SZ_4K)).message).toBe(first.message);
    expect(first.message).toMatch(/faults\.c:\d+: allocator && !arguments/);
  });

  test('other allocators go on, and new ones are made', () => {
    const other = new GpuBuddy({ size: SZ_1M });
    const before = other.allocBlocks(SZ_20K);
    const { buddy } = poisoned();
    before.free();
    other.allocBlocks(SZ_24K).free();
    expectSound(other);
    expect(other.avail).toBe(other.size);
    new GpuBuddy({ size: SZ_1M }).allocBlocks(SZ_4K).free();
    expect(thrownBy(() => buddy.print())).toMatchObject(POISONED);
  });

  test('dispose() is silent, and so is a second one', () => {
    const { buddy, blocks, shared } = poisoned();
    buddy.dispose();
    buddy[Symbol.dispose]();
    expect(thrownBy(() => buddy.avail)).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
    // The lists that are left keep the allocator, such as it is.
    expect(GpuBuddy.from(shared).size).toBe(SZ_1M);
    expect(thrownBy(() => [...blocks])).toMatchObject({ code: 'ERR_GPU_BUDDY_POISONED' });
  });

  test('its native memory is given back with the last of its lists', async () => {
    const { code, answer } = await runProgram('poisoned-memory.cjs', {
      env: { ...measured, GPU_BUDDY_ADDON: testAddon },
    });
    expect(code).toBe(0);
    const { nativeBytes, growth } = answer as { nativeBytes: number; growth: number };
    expect(nativeBytes).toBeGreaterThan(150e6);
    expect(growth).toBeLessThan(60e6);
  }, 60_000);
});

test('a BUG in one thread is told in all that share the allocator, and to no one else', async () => {
  const env = { ...process.env, GPU_BUDDY_ADDON: testAddon };
  const buddy = new built.GpuBuddy({ size: SZ_1M });
  const blocks = buddy.allocBlocks(SZ_20K);
  const [culprit, witness] = [new Actor({ env }), new Actor({ env })];
  for (const actor of [culprit, witness]) {
    await actor.act('from', buddy.share());
    await actor.act('create', { size: SZ_1M });
  }
  const list = await witness.act('alloc', SZ_4K);
  await culprit.act('inject', { kind: 'bug' });

  expect(thrownBy(() => buddy.allocBlocks(SZ_4K))).toMatchObject(POISONED);
  expect(
    thrownBy(() => {
      blocks.free();
    }),
  ).toMatchObject(POISONED);
  await expect(witness.act('alloc', SZ_4K)).rejects.toMatchObject(POISONED);
  await expect(witness.act('free', list)).rejects.toMatchObject(POISONED);
  await expect(culprit.act('alloc', SZ_4K)).rejects.toMatchObject(POISONED);

  for (const actor of [culprit, witness])
    expect(await actor.act('ranges', await actor.act('alloc', SZ_4K, {}, 1))).toHaveLength(1);
  await Promise.all([culprit.terminate(), witness.terminate()]);
  const other = new built.GpuBuddy({ size: SZ_1M });
  other.allocBlocks(SZ_4K).free();
  expect(other.avail).toBe(other.size);
});

describe('a WARN', () => {
  test('is counted in its allocator, which goes on', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const [buddy, other] = [new GpuBuddy({ size: SZ_1M }), new GpuBuddy({ size: SZ_1M })];
    using blocks = buddy.allocBlocks(SZ_20K);
    for (let count = 1; count <= 3; count++) {
      provokeWarning(buddy);
      expect(buddy.stats().kernelWarnings).toBe(count);
    }
    expect(other.stats().kernelWarnings).toBe(0);
    blocks.freeBlock(0);
    blocks.free();
    expect(rangesOf(buddy.allocBlocks(SZ_1M))).toEqual([[0, SZ_1M]]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(emitWarning.mock.calls.length).toBeLessThanOrEqual(1);
    emitWarning.mockRestore();
  });

  test('is told once in a process, and never on standard output', async () => {
    const { code, stdout, stderr, answer } = await runProgram('warnings.cjs', {
      env: { GPU_BUDDY_ADDON: testAddon },
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(answer).toEqual({
      inMain: {
        counts: [2, 2],
        warnings: [
          {
            name: 'GpuBuddyWarning',
            code: 'GPU_BUDDY_KERNEL_WARNING',
            message: expect.stringMatching(/WARN_ON.*faults\.c:\d+: allocator && !arguments$/),
          },
        ],
      },
      inWorker: { counts: [2, 2], warnings: [] },
    });
    expect(stderr.match(/GpuBuddyWarning/g)).toHaveLength(1);
  });
});
