// An allocator that nobody holds ends with its lists; one that somebody holds stays.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_16K, SZ_1M, type GpuBuddyToken } from 'gpu-buddy';
import { collectAll, collectUntil, drop } from '../support/collector';

/** Returns a condition for collectUntil(): nobody has the allocator any more. */
function isGone(token: GpuBuddyToken): () => boolean {
  return () => {
    try {
      GpuBuddy.from(token).dispose();
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_GPU_BUDDY_TOKEN' });
      return true;
    }
  };
}

describe('an allocator that is dropped', () => {
  test.each([0, 3])('ends, with %d lists that are dropped too', async (lists) => {
    const token = (() => {
      const buddy = new GpuBuddy({ size: SZ_1M });
      for (let i = 0; i < lists; i++) drop(buddy, SZ_16K);
      return buddy.share();
    })();
    expect(isGone(token)()).toBe(false);
    await collectUntil('the allocator', isGone(token));
  });

  test('after dispose() gives nothing up twice', async () => {
    const reference = (() => {
      const buddy = new GpuBuddy({ size: SZ_1M });
      buddy.dispose();
      return new WeakRef(buddy);
    })();
    const next = new GpuBuddy({ size: SZ_1M });
    await collectUntil('the disposed allocator', () => reference.deref() === undefined);
    await collectAll();
    expect(next.avail).toBe(next.size);
  });
});

test('an allocator that is held stays', async () => {
  const buddy = new GpuBuddy({ size: SZ_1M });
  await collectAll();
  expect(buddy.allocBlocks(SZ_1M).size).toBe(SZ_1M);
});
