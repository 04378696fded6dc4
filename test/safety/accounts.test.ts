// Accounts in several threads: one limit for all, and nothing left of a thread that has ended, however it did.
import { describe, expect, test } from '@jest/globals';
import type { AllocatedBlocksToken } from 'gpu-buddy';
import { thrownBy } from '../support/allocator-state';
import { built } from '../support/built-package';
import { startActor } from './actor';

const { AllocatedBlocks, GpuBuddy, SZ_16K, SZ_1M, SZ_4K } = built;

describe('an account in two threads', () => {
  test('has one limit, one reservation, and one count', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const account = buddy.account({ name: 'shared', limit: 2 * SZ_16K });
    const worker = startActor();
    await worker.act('from', buddy.share());
    await worker.act('openAccount', account.share());
    await worker.act('allocFor', 0, SZ_16K);
    expect(account.used).toBe(SZ_16K);
    buddy.allocBlocks(SZ_4K, { account });
    expect(await worker.act('used', 0)).toBe(SZ_16K + SZ_4K);
    await expect(worker.act('allocFor', 0, SZ_16K)).rejects.toMatchObject({
      code: 'ENOSPC',
      message: expect.stringContaining("'shared' uses 20480 of a limit of 32768"),
    });
    await worker.act('updateAccount', 0, { limit: null, reserved: SZ_1M });
    expect([account.limit, account.reserved]).toEqual([null, SZ_1M]);
    expect(thrownBy(() => buddy.allocBlocks(SZ_4K))).toMatchObject({ reason: 'reserved' });
  });

  test('keeps what is given to the other thread', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const account = buddy.account();
    const worker = startActor();
    await worker.act('from', buddy.share());
    await worker.act('openAccount', account.share());
    const token = await worker.act<AllocatedBlocksToken>('transfer', await worker.act('allocFor', 0, SZ_16K));
    expect(account.used).toBe(SZ_16K);
    const list = AllocatedBlocks.adopt(token);
    await worker.terminate();
    expect(account.used).toBe(SZ_16K);
    list.free();
    expect(account.used).toBe(0);
  });

  test.each(['exit', 'close', 'throwLater'])('gets back what a thread had that ends by %s', async (end) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const account = buddy.account({ reserved: SZ_16K });
    const worker = startActor();
    await worker.act('from', buddy.share());
    await worker.act('openAccount', account.share());
    await worker.act('allocFor', 0, SZ_16K);
    await worker.act('transfer', await worker.act('allocFor', 0, SZ_4K));
    expect(account.used).toBe(SZ_16K + SZ_4K);
    worker.start(end);
    await worker.end();
    expect([account.used, buddy.avail]).toEqual([0, SZ_1M]);
    // Its opening has ended with it.
    account.dispose();
    expect(buddy.allocBlocks(SZ_1M).size).toBe(SZ_1M);
  });
});
