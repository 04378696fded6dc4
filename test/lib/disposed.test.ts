// Objects that are disposed of say so before they call an argument invalid; only a wrong type comes first.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_1M, SZ_4K, type AllocOptions } from 'gpu-buddy';
import { thrownBy } from '../support/allocator-state';

const DISPOSED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_DISPOSED' };
const OUTSIDE: AllocOptions = { mode: { range: { start: 0, end: SZ_4K } } };

/** An allocator that begins at 1 MiB, and what belongs to it and to another one. */
function makeAll() {
  const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: SZ_1M });
  const foreign = new GpuBuddy({ size: SZ_1M }).account();
  const disordered = buddy.batch();
  disordered.free(buddy.allocBlocks(SZ_4K));
  disordered.alloc(SZ_4K);
  return {
    buddy,
    foreign,
    disordered,
    pool: buddy.pool(),
    list: buddy.allocBlocks(SZ_4K),
    account: buddy.account(),
    batch: buddy.batch(),
  };
}

type All = ReturnType<typeof makeAll>;

const ofAllocator: [string, (all: All) => unknown][] = [
  ['allocBlocks() outside', ({ buddy }) => buddy.allocBlocks(SZ_4K, OUTSIDE)],
  ['allocBlocks() at an address outside', ({ buddy }) => buddy.allocBlocks(SZ_4K, { mode: { at: 0 } })],
  ['allocBlocks() of a byte', ({ buddy }) => buddy.allocBlocks(1)],
  [
    'allocBlocks() for a foreign account',
    ({ buddy, foreign }) => buddy.allocBlocks(SZ_4K, { account: foreign }),
  ],
  ['tryAllocBlocks() outside', ({ buddy }) => buddy.tryAllocBlocks(SZ_4K, OUTSIDE)],
  ['allocMany() outside', ({ buddy }) => buddy.allocMany(2, SZ_4K, OUTSIDE)],
  ['allocMany() of bytes', ({ buddy }) => buddy.allocMany(2, 1)],
  ['claim() of nothing', ({ buddy }) => buddy.claim([])],
  ['claim() outside', ({ buddy }) => buddy.claim([{ offset: 0, order: 0 }])],
  ['claim() at no multiple', ({ buddy }) => buddy.claim([{ offset: SZ_1M + SZ_4K, order: 1 }])],
  [
    'claim() of one block twice',
    ({ buddy }) =>
      buddy.claim([
        { offset: SZ_1M, order: 0 },
        { offset: SZ_1M, order: 0 },
      ]),
  ],
  [
    'claim() for a foreign account',
    ({ buddy, foreign }) => buddy.claim([{ offset: SZ_1M, order: 0 }], { account: foreign }),
  ],
  ['blockAt() outside', ({ buddy }) => buddy.blockAt(0)],
  ['availIn() outside', ({ buddy }) => buddy.availIn({ start: 0, end: SZ_4K })],
  ['availIn() of an empty range', ({ buddy }) => buddy.availIn({ start: SZ_1M, end: SZ_1M })],
  ['findFree() outside', ({ buddy }) => buddy.findFree(SZ_4K, { range: { start: 0, end: SZ_4K } })],
  ['findFree() with no power of two', ({ buddy }) => buddy.findFree(SZ_4K, { alignment: 3 })],
  ['account() that reserves above its limit', ({ buddy }) => buddy.account({ limit: 1, reserved: 2 })],
  ['openAccount() of a foreign token', ({ buddy, foreign }) => buddy.openAccount(foreign.share())],
  ['tryExtend() by a byte', ({ list }) => list.tryExtend(1)],
  ['run() with a free before an allocation', ({ disordered }) => disordered.run({ atomic: true })],
  ['alloc() of a batch, outside', ({ batch }) => batch.alloc(SZ_4K, OUTSIDE)],
];

const ofPool: [string, (all: All) => unknown][] = [
  ['alloc() of a pool, outside', ({ pool }) => pool.alloc(SZ_4K, OUTSIDE)],
  ['tryAlloc() of a pool, outside', ({ pool }) => pool.tryAlloc(SZ_4K, OUTSIDE)],
  ['alloc() of a pool, of a byte', ({ pool }) => pool.alloc(1)],
  [
    'alloc() of a pool, for a foreign account',
    ({ pool, foreign }) => pool.alloc(SZ_4K, { account: foreign }),
  ],
];

const calls: [string, (all: All) => unknown, (all: All) => void][] = [
  ...[...ofAllocator, ...ofPool].map(([name, call]): (typeof calls)[number] => [
    `the allocator of ${name}`,
    call,
    ({ buddy }) => {
      buddy.dispose();
    },
  ]),
  ...ofPool.map(([name, call]): (typeof calls)[number] => [
    `the pool of ${name}`,
    call,
    ({ pool }) => {
      pool.dispose();
    },
  ]),
  [
    'the account of update() that reserves above the limit',
    ({ account }) => {
      account.update({ limit: 1, reserved: 2 });
    },
    ({ account }) => {
      account.dispose();
    },
  ],
];

describe('ERR_GPU_BUDDY_DISPOSED instead of another refusal', () => {
  test.each(calls)('for %s', (_, call, dispose) => {
    const all = makeAll();
    expect(thrownBy(() => call(all))).not.toMatchObject(DISPOSED);
    dispose(all);
    expect(thrownBy(() => call(all))).toMatchObject(DISPOSED);
  });
});

test('a wrong type comes first', () => {
  const { buddy, pool } = makeAll();
  buddy.dispose();
  const wrong = '1' as unknown as number;
  for (const call of [() => buddy.allocBlocks(wrong), () => buddy.findFree(wrong), () => pool.alloc(wrong)])
    expect(thrownBy(call)).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
});
