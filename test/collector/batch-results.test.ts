// The result of a batch that nobody holds gives back the lists that nobody asked for.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_1M, SZ_4K, type AllocatedBlocks, type Bytes } from 'gpu-buddy';
import { expectSound, SZ_20K } from '../support/allocator-state';
import { collectAll, collectUntil, drop, isWhole, reclaimedMessages } from '../support/collector';

/** Runs and drops a batch of twenty lists, of which one is freed, two are asked for, and one of these is kept. */
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

describe('the result of a batch that is dropped', () => {
  test('gives back what nobody asked for, and leaves what somebody holds', async () => {
    const messages = reclaimedMessages();
    const buddy = new GpuBuddy({ size: SZ_1M });
    const kept = dropResult(buddy);
    expect(buddy.avail).toBe(SZ_1M - 19 * SZ_4K);
    await collectUntil('all but one', () => buddy.avail === SZ_1M - SZ_4K);
    // Subscribers are told by the event loop.
    await collectUntil('18 messages', () => messages.length === 18);
    expect(messages).toEqual(Array.from({ length: 18 }, () => ({ size: SZ_4K, stack: undefined })));
    expect([kept?.tag, kept?.freed]).toEqual([7, false]);
    kept?.free();
    expect(buddy.avail).toBe(buddy.size);
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
    const messages = reclaimedMessages();
    drop(buddy, SZ_20K);
    await collectUntil('the last list', () => messages.length > 0);
    expect(messages).toEqual([{ size: SZ_20K, stack: undefined }]);
    expect(kept.every((list) => !list.freed && list.length === 1)).toBe(true);
  });

  test('says where it was run, if captureStacks was asked for', async () => {
    const messages = reclaimedMessages();
    const buddy = new GpuBuddy({ size: SZ_1M, captureStacks: true });
    (() => {
      const batch = buddy.batch();
      batch.alloc(SZ_4K);
      const handle = batch.alloc(SZ_20K);
      expect(batch.run().blocks(handle)?.length).toBe(2);
    })();
    await collectUntil('two messages', () => messages.length === 2);
    for (const { stack } of messages) expect(stack).toMatch(/^ {4}at .*batch-results\.test\.ts:\d+:\d+/);
  });

  test('makes room for the next batch, once it is collected', async () => {
    const buddy = new GpuBuddy({ size: 20 * SZ_4K });
    dropResult(buddy)?.free();
    await collectAll();
    const batch = buddy.batch();
    batch.alloc(20 * SZ_4K);
    expect([...batch.run({ atomic: true }).errnos]).toEqual([0]);
  });

  test.each([false, true])('is freed although its columns were taken away (bigint: %p)', async (bigint) => {
    const buddy = new GpuBuddy<Bytes>({ size: SZ_1M, bigint });
    (() => {
      for (const name of ['offsets', 'errnos', 'orders', 'counts'] as const) {
        const batch = buddy.batch();
        for (let i = 0; i < 50; i++) batch.alloc(SZ_4K);
        const column = batch.run()[name];
        structuredClone(column, { transfer: [column.buffer as ArrayBuffer] });
      }
    })();
    expect(Number(buddy.avail)).toBe(SZ_1M - 200 * SZ_4K);
    await collectUntil('all of it', isWhole(buddy));
  });
});
