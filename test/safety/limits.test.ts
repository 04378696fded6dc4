// The limits of an allocator's own memory and of the work of one call.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_1G, SZ_1M, SZ_4K, SZ_64K, type AllocatedBlocks } from 'gpu-buddy';
import { expectSound, refusalOf, span, stateOf, takeAll, thrownBy } from '../support/allocator-state';

const ENOMEM = { name: 'GpuBuddyError', code: 'ENOMEM', errno: -12 };
const WORK_LIMIT = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_WORK_LIMIT', errno: undefined };

/** Allocates chunk by chunk until the bookkeeping has no more memory. */
function exhaust(buddy: GpuBuddy): AllocatedBlocks[] {
  const lists: AllocatedBlocks[] = [];
  const all = () => {
    for (;;) lists.push(buddy.allocBlocks(SZ_4K));
  };
  expect(thrownBy(all)).toMatchObject(ENOMEM);
  return lists;
}

describe('maxNativeBytes', () => {
  test.each([128 * 1024, 300 * 1024, 2 * SZ_1M, 5 * SZ_1M + 1])(
    'is never exceeded: %d bytes',
    (maxNativeBytes) => {
      const buddy = new GpuBuddy({ size: SZ_1G, maxNativeBytes });
      const lists = exhaust(buddy);
      const itself = 4096;
      expect(buddy.stats().nativeBytes).toBeLessThanOrEqual(maxNativeBytes + itself);
      // Most of it was used: no slab is larger than all before it.
      expect(buddy.stats().nativeBytes).toBeGreaterThan(maxNativeBytes / 3);
      expect(lists.length).toBeGreaterThan(300);
      for (const list of lists) list.free();
      expect(buddy.avail).toBe(buddy.size);
      expectSound(buddy);
    },
  );

  test('beyond it every kind of allocation is ENOMEM, and leaves the allocator as it was', () => {
    const buddy = new GpuBuddy({ size: SZ_1G, maxNativeBytes: 128 * 1024 });
    const lists = exhaust(buddy);
    const range = { start: 0, end: SZ_64K };
    for (const options of [
      {},
      { mode: 'top-down' },
      { mode: { range } },
      { contiguous: true },
      { clear: true },
      { minBlockSize: SZ_64K, mode: { range: { start: SZ_4K, end: SZ_1M } } },
    ] as const)
      expect(refusalOf(buddy, () => buddy.allocBlocks(3 * SZ_4K, options))).toMatchObject(ENOMEM);

    // Calls that need no memory still work.
    lists.pop()?.free();
    const before = stateOf(buddy);
    buddy.allocBlocks(SZ_4K).free();
    expect(stateOf(buddy)).toEqual(before);
    buddy.resetClear(true);
    buddy.resetClear(false);
    expect(buddy.blockAt(0)).toBeNull();
    expectSound(buddy);
  });

  test('a trim beyond it leaves the list as it was', () => {
    const buddy = new GpuBuddy({ size: SZ_1G, maxNativeBytes: 128 * 1024 });
    const large = buddy.allocBlocks(SZ_1M);
    exhaust(buddy);
    const error = refusalOf(buddy, () => {
      large.trim(SZ_4K);
    });
    expect(error).toMatchObject({ ...ENOMEM, syscall: 'gpu_buddy_block_trim' });
    expect([large.length, large.size]).toEqual([1, SZ_1M]);
  });

  test('too small for an allocator at all is ENOMEM', () => {
    for (const maxNativeBytes of [1, 4096, 64 * 1024])
      expect(thrownBy(() => new GpuBuddy({ size: SZ_1M, maxNativeBytes }))).toMatchObject({
        ...ENOMEM,
        syscall: 'gpu_buddy_init',
      });
  });

  test('holds for each allocator by itself', () => {
    const small = new GpuBuddy({ size: SZ_1G, maxNativeBytes: 128 * 1024 });
    const large = new GpuBuddy({ size: SZ_1G });
    exhaust(small);
    const lists = span(1, 5000).map(() => large.allocBlocks(SZ_4K));
    for (const list of lists) list.free();
    expect(large.avail).toBe(large.size);
  });
});

describe('maxSteps', () => {
  const holes = 2000;

  /** Every other chunk is free. */
  function fragmented(maxSteps?: number): GpuBuddy {
    const buddy = new GpuBuddy({ size: 2 * holes * SZ_4K, maxSteps });
    takeAll(buddy).forEach((list, i) => {
      if (i % 2) list.free();
    });
    return buddy;
  }

  test.each([1, 129, 1_000, 10_000])('ends a search after %d steps, which changes nothing', (maxSteps) => {
    const buddy = fragmented(maxSteps);
    const call = () => buddy.allocBlocks(holes * SZ_4K, { mode: { range: { start: 0, end: buddy.size } } });
    const error = refusalOf(buddy, call);
    expect(error).toMatchObject({ ...WORK_LIMIT, syscall: 'gpu_buddy_alloc_blocks' });
    expect(
      thrownBy(() => buddy.tryAllocBlocks(holes * SZ_4K, { mode: { range: { start: 0, end: buddy.size } } })),
    ).toMatchObject(WORK_LIMIT);
  });

  test('is high enough by default for the same search', () => {
    const buddy = fragmented();
    const blocks = buddy.allocBlocks(holes * SZ_4K, { mode: { range: { start: 0, end: buddy.size } } });
    expect(blocks.length).toBe(holes);
    expect(buddy.avail).toBe(0);
    expectSound(buddy);
  });

  test('is no concern of small allocations, nor of what is no allocation', () => {
    const buddy = fragmented(1);
    for (let i = 0; i < 100; i++) {
      buddy.allocBlocks(SZ_4K).free();
      buddy.allocBlocks(SZ_4K, { mode: { range: { start: 0, end: SZ_64K } } }).free();
    }
    buddy.resetClear(true);
    expect(buddy.clearAvail).toBe(buddy.avail);
    expect(buddy.blockAt(buddy.size - 1)).toBeNull();
    expectSound(buddy);
  });
});
