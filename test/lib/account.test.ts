// Accounts: whose bytes are whose, how many they may be, and how many nobody else may take.

import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Account, GpuBuddy, SZ_1M, SZ_4K } from 'gpu-buddy';
import { expectSound, refusalOf, thrownBy } from '../support/allocator-state';
import { collect, collectTurn, collectUntil } from '../support/collector';

const KIB = 1024;
const DISPOSED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_DISPOSED' };
const TOKEN = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_TOKEN' };
const WRONG_TYPE = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const OUT_OF_RANGE = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };
const UNKNOWN_OPTION = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };
const NO_SPACE = { name: 'GpuBuddyError', code: 'ENOSPC', errno: -28 };
const INVALID = { name: 'GpuBuddyError', code: 'EINVAL' };

function make(options = {}) {
  return new GpuBuddy({ size: SZ_1M, ...options });
}

describe('an account is charged', () => {
  /** Allocates 32 KiB for an account. */
  const ways: [string, (buddy: GpuBuddy, account: Account) => unknown][] = [
    ['allocBlocks()', (buddy, account) => buddy.allocBlocks(32 * KIB, { account, tag: 7 })],
    ['tryAllocBlocks()', (buddy, account) => buddy.tryAllocBlocks(32 * KIB, { account })],
    ['allocMany()', (buddy, account) => buddy.allocMany(8, SZ_4K, { account })],
    [
      'claim()',
      (buddy, account) =>
        buddy.claim(
          [
            { offset: 0, order: 2 },
            { offset: 64 * KIB, order: 2 },
          ],
          { account },
        ),
    ],
    ['a batch', (buddy, account) => withBatch(buddy, account)],
    ['a pool', (buddy, account) => withPool(buddy, account)],
    [
      'an untrimmed allocation',
      (buddy, account) => buddy.allocBlocks(20 * KIB, { minBlockSize: 16 * KIB, trimDisable: true, account }),
    ],
    [
      'trim()',
      (buddy, account) => {
        buddy.allocBlocks(64 * KIB, { account }).trim(32 * KIB);
      },
    ],
    ['tryExtend()', (buddy, account) => extended(buddy, account)],
    [
      'freeBlock()',
      (buddy, account) => {
        buddy.allocBlocks(48 * KIB, { account }).freeBlock(1);
      },
    ],
    [
      'append()',
      (buddy, account) => {
        buddy.allocBlocks(16 * KIB, { account }).append(buddy.allocBlocks(16 * KIB, { account, tag: 3 }));
      },
    ],
  ];

  function withBatch(buddy: GpuBuddy, account: Account) {
    const batch = buddy.batch();
    batch.alloc(16 * KIB, { account });
    batch.alloc(64 * KIB);
    batch.free(batch.alloc(8 * KIB, { account }));
    batch.alloc(16 * KIB, { account });
    return batch.run();
  }

  function withPool(buddy: GpuBuddy, account: Account) {
    const pool = buddy.pool();
    pool.alloc(32 * KIB, { account });
    pool.free(pool.alloc(32 * KIB, { account }));
    return pool;
  }

  function extended(buddy: GpuBuddy, account: Account) {
    const list = buddy.allocBlocks(16 * KIB, { account, mode: { at: 0 } });
    expect(list.tryExtend(16 * KIB)).toBe(true);
    return list;
  }

  test.each(ways)('by %s', (_, act) => {
    const buddy = make();
    const account = buddy.account();
    act(buddy, account);
    expect(account.used).toBe(32 * KIB);
    expectSound(buddy);
    buddy.freeAll();
    expect([account.used, buddy.isEmpty]).toEqual([0, true]);
  });

  test.each(ways)('by %s, which is refused above the limit', (_, act) => {
    const buddy = make();
    const account = buddy.account({ limit: 4 * KIB });
    try {
      act(buddy, account);
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
    }
    expect(account.used).toBeLessThanOrEqual(4 * KIB);
    expectSound(buddy);
  });

  test('wherever the bytes go', () => {
    const buddy = make();
    const account = buddy.account({ name: 'render' });
    const pool = buddy.pool();
    const list = pool.blocks(pool.alloc(32 * KIB, { account, tag: Number.MAX_SAFE_INTEGER }));
    expect([account.used, list.tag]).toEqual([32 * KIB, Number.MAX_SAFE_INTEGER]);
    expect(buddy.blockAt(list.at(0)?.offset ?? 0)?.tag).toBe(Number.MAX_SAFE_INTEGER);
    list.free();
    expect(account.used).toBe(0);
  });

  test('until the collector has freed them', async () => {
    const buddy = make();
    const account = buddy.account();
    (() => void buddy.allocBlocks(32 * KIB, { account }))();
    await collectUntil('the list is freed', () => account.used === 0);
  });
});

describe('an allocation is refused', () => {
  test('if its account would hold more than its limit', () => {
    const buddy = make();
    const account = buddy.account({ name: 'render', limit: 64 * KIB });
    buddy.allocBlocks(48 * KIB, { account });
    expect(refusalOf(buddy, () => buddy.allocBlocks(20 * KIB, { account }))).toMatchObject({
      ...NO_SPACE,
      reason: 'limit',
      requested: 20 * KIB,
      avail: SZ_1M - 48 * KIB,
      message: expect.stringMatching(/'render' uses 49152 of a limit of 65536, and reserves 0/),
    });
    expect(buddy.tryAllocBlocks(20 * KIB, { account })).toBeNull();
    expect(buddy.allocBlocks(16 * KIB, { account }).size).toBe(16 * KIB);
    expect(buddy.pool().tryAlloc(SZ_4K, { account })).toBeNull();
    expect(refusalOf(buddy, () => buddy.allocMany(2, SZ_4K, { account }))).toMatchObject(NO_SPACE);
    expect(refusalOf(buddy, () => buddy.claim([{ offset: 0, order: 0 }], { account }))).toMatchObject({
      ...NO_SPACE,
      message: expect.stringContaining('render'),
    });
  });

  test('if the free memory is reserved for others', () => {
    const buddy = make();
    const account = buddy.account({ reserved: 512 * KIB });
    expect([buddy.avail, buddy.stats().reserved]).toEqual([SZ_1M, 512 * KIB]);
    expect(refusalOf(buddy, () => buddy.allocBlocks(516 * KIB))).toMatchObject({
      ...NO_SPACE,
      reason: 'reserved',
      avail: SZ_1M,
    });
    const other = buddy.allocBlocks(512 * KIB);
    expect(other.tryExtend(SZ_4K)).toBe(false);
    expect(buddy.allocBlocks(128 * KIB, { account }).size).toBe(128 * KIB);
    expect(buddy.stats().reserved).toBe(384 * KIB);
    expect(buddy.allocBlocks(384 * KIB, { account }).size).toBe(384 * KIB);
    expect(buddy.stats().reserved).toBe(0);
    expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_4K))).toMatchObject({ reason: 'full' });
  });

  test('never for a limit that its account has not, however much it is rounded up to', () => {
    const buddy = new GpuBuddy({ size: 2n ** 64n - 8192n, bigint: true });
    const account = buddy.account();
    buddy.allocBlocks(16 * KIB, { account });
    const call = () => buddy.allocBlocks(2n ** 64n - 24576n, { minBlockSize: 16 * KIB, account });
    expect(refusalOf(buddy, call)).toMatchObject({ ...NO_SPACE, reason: 'fragmented' });
  });

  test('if its account is disposed of, belongs to another allocator, or is no account', () => {
    const buddy = make();
    const account = buddy.account({ name: 'old' });
    const batch = buddy.batch();
    const handle = batch.alloc(SZ_4K, { account });
    account.dispose();
    expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_4K, { account }))).toMatchObject(DISPOSED);
    expect(batch.run().error(handle)).toMatchObject(DISPOSED);

    const foreign = make().account();
    for (const call of [
      () => buddy.allocBlocks(SZ_4K, { account: foreign }),
      () => buddy.allocMany(1, SZ_4K, { account: foreign }),
      () => buddy.claim([{ offset: 0, order: 0 }], { account: foreign }),
      () => buddy.pool().alloc(SZ_4K, { account: foreign }),
    ])
      expect(refusalOf(buddy, call)).toMatchObject({
        ...INVALID,
        message: expect.stringContaining('account'),
      });
    for (const wrong of [null, 1, 'render', {}, buddy, Object.create(Account.prototype)])
      expect(thrownBy(() => buddy.allocBlocks(SZ_4K, { account: wrong as Account }))).toMatchObject(
        WRONG_TYPE,
      );
  });

  test('append() of a list of another account', () => {
    const buddy = make();
    const list = buddy.allocBlocks(SZ_4K, { account: buddy.account() });
    const other = buddy.allocBlocks(SZ_4K);
    expect(
      refusalOf(buddy, () => {
        list.append(other);
      }),
    ).toMatchObject(INVALID);
    expect([list.size, other.size, other.freed]).toEqual([SZ_4K, SZ_4K, false]);
  });
});

describe('limit and reservation', () => {
  test('can be changed, one without the other', () => {
    const account = make().account({ name: 'a', limit: SZ_1M, reserved: 64 * KIB });
    expect(JSON.parse(JSON.stringify(account))).toEqual({
      name: 'a',
      used: 0,
      limit: SZ_1M,
      reserved: 64 * KIB,
    });
    account.update({ reserved: 128 * KIB });
    expect([account.limit, account.reserved]).toEqual([SZ_1M, 128 * KIB]);
    account.update({ limit: null });
    expect([account.limit, account.reserved]).toEqual([null, 128 * KIB]);
  });

  test('are bigints where the allocator gives out bigints', () => {
    const buddy = new GpuBuddy({ size: 2n ** 63n, bigint: true });
    const account = buddy.account({ limit: 2n ** 62n, reserved: 2n ** 61n + 1n });
    expect([account.used, account.limit, account.reserved]).toEqual([0n, 2n ** 62n, 2n ** 61n + 1n]);
    expect(buddy.stats().reserved).toBe(2n ** 61n + 1n);
    expect(JSON.stringify(account)).toContain('"2305843009213693953"');
  });

  test('are refused where they cannot be kept', () => {
    const buddy = make();
    const account = buddy.account({ reserved: 256 * KIB });
    const list = buddy.allocBlocks(512 * KIB);
    expect(thrownBy(() => buddy.account({ reserved: 768 * KIB + 1 }))).toMatchObject(INVALID);
    expect(thrownBy(() => buddy.account({ reserved: 256 * KIB + 1 }))).toMatchObject(NO_SPACE);
    expect(
      thrownBy(() => {
        account.update({ reserved: 512 * KIB + 1 });
      }),
    ).toMatchObject(NO_SPACE);
    expect(
      thrownBy(() => {
        account.update({ limit: 256 * KIB - 1 });
      }),
    ).toMatchObject(INVALID);
    expect(account.reserved).toBe(256 * KIB);
    list.free();
    account.update({ reserved: SZ_1M });
    expect(buddy.tryAllocBlocks(SZ_4K)).toBeNull();
  });

  test('wake those who wait for memory, when they are eased', async () => {
    const buddy = make();
    const account = buddy.account({ limit: SZ_4K, reserved: SZ_4K });
    const rises = (act: () => void) => {
      const before = buddy.epoch;
      act();
      return buddy.epoch > before;
    };
    const waiting = buddy.waitForFree();
    expect(
      rises(() => {
        buddy.account({ reserved: SZ_4K });
      }),
    ).toBe(false);
    expect(
      rises(() => {
        account.update({ limit: 2 * SZ_4K });
      }),
    ).toBe(true);
    await waiting;
    expect(
      rises(() => {
        account.update({ reserved: 0 });
      }),
    ).toBe(true);
    expect(
      rises(() => {
        account.update({ limit: SZ_4K, reserved: SZ_4K });
      }),
    ).toBe(false);
    expect(
      rises(() => {
        account.dispose();
      }),
    ).toBe(true);
  });

  test('take what the collector has found', async () => {
    const buddy = make();
    (() => void buddy.allocBlocks(SZ_1M))();
    await collectTurn();
    collect();
    expect(buddy.account({ reserved: SZ_1M }).reserved).toBe(SZ_1M);
  });

  test.each<[string, unknown, object]>([
    ['a negative limit', { limit: -1 }, OUT_OF_RANGE],
    ['half a byte', { reserved: 0.5 }, OUT_OF_RANGE],
    ['a text', { limit: '1' }, WRONG_TYPE],
    ['no reservation', { reserved: null }, WRONG_TYPE],
    ['a misspelt option', { limits: 1 }, UNKNOWN_OPTION],
    ['no object', 1, WRONG_TYPE],
  ])('are no %s', (_, options, error) => {
    const buddy = make();
    const account = buddy.account();
    expect(thrownBy(() => buddy.account(options as object))).toMatchObject(error);
    expect(
      thrownBy(() => {
        account.update(options as object);
      }),
    ).toMatchObject(error);
  });

  test('stand beside a name, which is a text', () => {
    expect(thrownBy(() => make().account({ name: 1 as unknown as string }))).toMatchObject(WRONG_TYPE);
  });
});

describe('the life of an account', () => {
  test('ends with the last object and the last byte', () => {
    const buddy = make();
    const account = buddy.account({ name: 'a', reserved: 512 * KIB });
    const token = structuredClone(account.share());
    const other = buddy.openAccount(token);
    const list = buddy.allocBlocks(SZ_4K, { account });
    expect([other.name, other.used]).toEqual(['a', SZ_4K]);
    account.dispose();
    account.dispose();
    expect([account.disposed, other.reserved]).toEqual([true, 512 * KIB]);
    other.dispose();
    // The reservation has ended; the bytes are still charged.
    buddy.allocBlocks(768 * KIB).free();
    const again = buddy.openAccount(token);
    expect([again.used, again.reserved]).toEqual([SZ_4K, 0]);
    again.dispose();
    list.free();
    expect(thrownBy(() => buddy.openAccount(token))).toMatchObject(TOKEN);
  });

  test('ends when its object is collected', async () => {
    const buddy = make();
    (() => void buddy.account({ reserved: SZ_1M }))();
    await collectUntil('the reservation has ended', () => buddy.tryAllocBlocks(SZ_1M) !== null);
  });

  test('may outlast its allocator’s object', () => {
    const buddy = make();
    const account = buddy.account();
    const list = buddy.allocBlocks(SZ_4K, { account });
    buddy.dispose();
    expect(account.used).toBe(SZ_4K);
    list.free();
    expect(account.used).toBe(0);
    expect(thrownBy(() => buddy.account())).toMatchObject(DISPOSED);
  });

  test('leaves an object that says so', () => {
    const buddy = make();
    const account = buddy.account({ name: 'a' });
    expect(inspect(account)).toBe("Account { name: 'a', used: 0, limit: null, reserved: 0 }");
    const token = account.share();
    account[Symbol.dispose]();
    expect(inspect(account)).toBe('Account { disposed }');
    expect(JSON.stringify(account)).toBe('{"disposed":true}');
    for (const call of [
      () => account.used,
      () => account.limit,
      () => account.reserved,
      () => account.share(),
      () => {
        account.update({});
      },
    ])
      expect(thrownBy(call)).toMatchObject(DISPOSED);
    for (const wrong of [
      null,
      {},
      { ...token, type: 'GpuBuddy' },
      { ...token, id: 'x' },
      { ...token, name: 1 },
    ])
      expect(thrownBy(() => buddy.openAccount(wrong as typeof token))).toMatchObject(WRONG_TYPE);
    expect(thrownBy(() => make().openAccount(token))).toMatchObject(TOKEN);
  });

  test('begins with the library alone', () => {
    const Made = Account as unknown as new (...values: unknown[]) => Account;
    expect(thrownBy(() => new Made({}, () => 0, 'a', {}))).toMatchObject({ code: 'ERR_ILLEGAL_CONSTRUCTOR' });
  });

  test('knows 2,047 at a time', () => {
    const buddy = make();
    const accounts = Array.from({ length: 2047 }, () => buddy.account());
    expect(thrownBy(() => buddy.account())).toMatchObject({ code: 'ENOMEM' });
    accounts[5]?.dispose();
    expect(buddy.account().used).toBe(0);
  });
});
