// park(), revoke() and parked(): lists that belong to no thread, in the thread that parks them. See also safety/threads.test.ts.

import { describe, expect, test } from '@jest/globals';
import {
  AllocatedBlocks,
  GpuBuddy,
  kernelVersion,
  SZ_1M,
  SZ_4K,
  SZ_8K,
  type AllocatedBlocksToken,
  type GpuBuddyState,
} from 'gpu-buddy';
import { expectSound, rangesOf, refusalOf, SZ_12K, SZ_20K, thrownBy } from '../support/allocator-state';

const TOKEN = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_TOKEN' };
const FREED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_FREED' };
const DISPOSED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_DISPOSED' };

const megabyte = () => new GpuBuddy({ size: SZ_1M });

const revoke = (token: AllocatedBlocksToken) => () => {
  AllocatedBlocks.revoke(token);
};

describe('a parked list', () => {
  test('is freed for who parked it, and adopted once, as it was', () => {
    const buddy = megabyte();
    const list = buddy.allocBlocks(SZ_20K, { tag: 5 });
    const ranges = rangesOf(list);
    const token = list.park();
    expect([list.freed, buddy.avail]).toEqual([true, SZ_1M - SZ_20K]);
    expect(thrownBy(() => list.park())).toMatchObject(FREED);
    expect(buddy.blockAt(ranges[0]?.[0] ?? 0)).toMatchObject({ tag: 5 });

    const adopted = AllocatedBlocks.adopt(JSON.parse(JSON.stringify(token)) as AllocatedBlocksToken);
    expect([adopted.buddy === buddy, adopted.tag, rangesOf(adopted)]).toEqual([true, 5, ranges]);
    expect(thrownBy(() => AllocatedBlocks.adopt(token))).toMatchObject(TOKEN);
    expect(thrownBy(revoke(token))).toMatchObject(TOKEN);
    adopted.free();
    expectSound(buddy);
  });

  test('is freed by revoke(), which tells those who wait for memory, once', async () => {
    const buddy = megabyte();
    const token = buddy.allocBlocks(SZ_20K).park();
    const since = buddy.epoch;
    const waiting = buddy.waitForFree({ since });
    AllocatedBlocks.revoke(token);
    expect(await waiting).toBe(since + 1);
    expect(buddy.isEmpty).toBe(true);
    expect(refusalOf(buddy, revoke(token))).toMatchObject(TOKEN);
    expect(thrownBy(() => AllocatedBlocks.adopt(token))).toMatchObject(TOKEN);
  });

  test('keeps its allocator, which its token opens again, until it is adopted or revoked', () => {
    const buddy = megabyte();
    const [one, two] = [buddy.allocBlocks(SZ_4K).park(), buddy.allocBlocks(SZ_8K).park()];
    buddy.dispose();
    const again = GpuBuddy.from(one.buddy);
    expect(again.avail).toBe(SZ_1M - SZ_12K);
    again.dispose();
    AllocatedBlocks.revoke(one);
    const adopted = AllocatedBlocks.adopt(two);
    expect([adopted.size, adopted.buddy.avail]).toEqual([SZ_8K, SZ_1M - SZ_8K]);
    adopted.buddy.dispose();
    adopted.free();
    expect(thrownBy(() => GpuBuddy.from(one.buddy))).toMatchObject(TOKEN);
  });

  test('stays charged to its account, which keeps it below the limit', () => {
    const buddy = megabyte();
    const account = buddy.account({ limit: SZ_20K });
    const token = buddy.allocBlocks(SZ_20K, { account }).park();
    expect(account.used).toBe(SZ_20K);
    expect(buddy.tryAllocBlocks(SZ_4K, { account })).toBeNull();
    AllocatedBlocks.revoke(token);
    expect(account.used).toBe(0);
  });

  test('may come from a pool or a batch, and may have lost all of its blocks', () => {
    const buddy = megabyte();
    const pool = buddy.pool();
    const batch = buddy.batch();
    const handle = batch.alloc(SZ_8K, { tag: 2 });
    const empty = buddy.allocBlocks(SZ_4K, { tag: 3 });
    empty.freeBlock(0);
    pool.blocks(pool.alloc(SZ_4K, { tag: 1 })).park();
    batch.run().blocks(handle)?.park();
    empty.park();
    expect(
      buddy
        .parked()
        .map(({ tag, size }) => [tag, size])
        .sort(),
    ).toEqual([
      [0, 0],
      [1, SZ_4K],
      [2, SZ_8K],
    ]);
    for (const { token } of buddy.parked()) AllocatedBlocks.revoke(token);
    expect(buddy.isEmpty).toBe(true);
  });

  test('is part of save()', () => {
    const buddy = megabyte();
    buddy.allocBlocks(SZ_20K, { tag: 7 }).park();
    const state = JSON.parse(JSON.stringify(buddy.save())) as GpuBuddyState;
    const { buddy: restored, lists } = GpuBuddy.restore(state);
    expect(lists.map(({ tag, size }) => [tag, size])).toEqual([[7, SZ_20K]]);
    expect(restored.parked()).toEqual([]);
    buddy.freeAll();
  });

  test('is freed by freeAll(), and one that is under way is not', () => {
    const buddy = megabyte();
    const tokens = Array.from({ length: 200 }, () => buddy.allocBlocks(SZ_4K).park());
    const ticket = buddy.allocBlocks(SZ_12K).transfer();
    buddy.freeAll();
    expect([buddy.avail, buddy.parked()]).toEqual([SZ_1M - SZ_12K, []]);
    for (const token of tokens) expect(thrownBy(() => AllocatedBlocks.adopt(token))).toMatchObject(TOKEN);
    AllocatedBlocks.revoke(ticket);
    expectSound(buddy);
  });
});

describe('parked()', () => {
  test('gives token, tag, size and account of each list, of nothing else', () => {
    const buddy = megabyte();
    expect(buddy.parked()).toEqual([]);
    const account = buddy.account({ name: 'tenant' });
    const { id } = account.share();
    const plain = buddy.allocBlocks(SZ_20K, { tag: 5 }).park();
    const charged = buddy.allocBlocks(SZ_4K, { account }).park();
    const ticket = buddy.allocBlocks(SZ_8K).transfer();
    const rows = buddy.parked().sort((a, b) => a.size - b.size);
    expect(rows).toEqual([
      { token: charged, tag: 0, size: SZ_4K, account: { type: 'Account', id, kernel: kernelVersion } },
      { token: plain, tag: 5, size: SZ_20K, account: undefined },
    ]);
    account.dispose();
    const [row] = rows;
    if (row?.account) expect(buddy.openAccount(row.account).used).toBe(SZ_4K);
    AllocatedBlocks.adopt(plain).free();
    expect(buddy.parked()).toHaveLength(1);
    AllocatedBlocks.revoke(ticket);
    buddy.freeAll();
  });

  test('gives bigints where the allocator does, which JSON has as strings', () => {
    const buddy = new GpuBuddy({ size: 2n ** 60n, bigint: true });
    buddy.allocBlocks(2n ** 55n).park();
    const [row] = buddy.parked();
    expect(row?.size).toBe(2n ** 55n);
    expect(JSON.parse(JSON.stringify(row))).toMatchObject({ size: String(2n ** 55n), tag: 0 });
    buddy.freeAll();
  });

  test('is refused on an allocator that is disposed of', () => {
    const buddy = megabyte();
    buddy.dispose();
    expect(thrownBy(() => buddy.parked())).toMatchObject(DISPOSED);
  });
});
