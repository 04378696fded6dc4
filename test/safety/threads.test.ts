// One allocator in several threads: who shares it, who owns which list, and what is left when a thread ends, however it
// does. Workers load the built package, and so does the main thread in these tests (support/built-package.ts).

import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type {
  AllocatedBlocksToken,
  Bytes,
  GpuBuddy as Buddy,
  GpuBuddyOptions,
  GpuBuddyToken,
  OpenOptions,
  PoolHandle,
} from 'gpu-buddy';
import { BarePackage } from '../support/bare-package';
import { builtAddon } from '../support/built-addon';
import { thrownBy } from '../support/allocator-state';
import type { Actor } from './actor';
import { startActor } from './actor';
import { built, runProgram, soon } from '../support/built-package';

const { AllocatedBlocks, GpuBuddy, SZ_16K, SZ_1M, SZ_4K } = built;
const SZ_20K = 5 * SZ_4K;

const TOKEN = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_TOKEN' };
const FREED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_FREED' };
const DISPOSED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_DISPOSED' };
const TOO_LARGE = {
  name: 'GpuBuddyError',
  code: 'EINVAL',
  message: expect.stringContaining('{ bigint: true }'),
};
const WRONG_TYPE = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };

type Range = [offset: number, size: number];

/** A count that workers make go up; resolves once it is at least so much. */
class Counter {
  readonly buffer = new SharedArrayBuffer(4);
  readonly #cells = new Int32Array(this.buffer);

  async reaches(count: number): Promise<void> {
    const wait = async () => {
      while (Atomics.load(this.#cells, 0) < count) await new Promise((resolve) => setImmediate(resolve));
    };
    await soon(`${String(count)} rounds`, wait());
  }
}

describe('an allocator that is shared', () => {
  test('is the same in a worker: what one allocates, the other sees', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M, chunkSize: 8192, baseOffset: 2 ** 40 });
    const worker = startActor();
    await worker.act('from', buddy.share());
    expect(await worker.act('describe')).toEqual({
      size: buddy.size,
      chunkSize: 8192,
      baseOffset: 2 ** 40,
      maxOrder: 7,
    });

    const mine = buddy.allocBlocks(SZ_16K);
    expect(await worker.act('avail')).toBe(SZ_1M - SZ_16K);
    const list = await worker.act('alloc', SZ_16K, { tag: 77 });
    const ranges = await worker.act<Range[]>('ranges', list);
    expect(ranges).toEqual([[(mine.at(0)?.offset ?? 0) - SZ_16K, SZ_16K]]);
    expect(buddy.blockAt(ranges[0]?.[0] ?? 0)).toMatchObject({ order: 1, tag: 77 });
    expect(buddy.avail).toBe(SZ_1M - 2 * SZ_16K);

    mine.free();
    await worker.act('free', list);
    expect(buddy.avail).toBe(buddy.size);
    expect(await worker.act('avail')).toBe(buddy.size);
  });

  test('is the same the other way round, and goes on when the worker that made it is gone', async () => {
    const worker = startActor();
    await worker.act('create', { size: SZ_1M, baseOffset: SZ_1M });
    const list = await worker.act('alloc', SZ_20K);
    const buddy = GpuBuddy.from(await worker.act<GpuBuddyToken>('share'));
    expect([buddy.size, buddy.baseOffset, buddy.avail]).toEqual([SZ_1M, SZ_1M, SZ_1M - SZ_20K]);
    const mine = buddy.allocBlocks(SZ_4K);
    await worker.act('ranges', list);
    worker.start('exit');
    await worker.end();
    expect(buddy.avail).toBe(SZ_1M - SZ_4K);
    mine.free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('is the same in three threads, through a token that was passed on', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const [one, two] = [startActor(), startActor()];
    await one.act('from', buddy.share());
    await two.act('from', await one.act('share'));
    await two.act('alloc', SZ_4K);
    expect([buddy.avail, await one.act('avail')]).toEqual([SZ_1M - SZ_4K, SZ_1M - SZ_4K]);
    expect(await two.act('share')).toEqual(buddy.share());
  });

  test('is disposed of by each thread for itself', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const token = buddy.share();
    const worker = startActor();
    await worker.act('from', token);
    buddy.dispose();
    expect(thrownBy(() => buddy.avail)).toMatchObject(DISPOSED);
    await worker.act('free', await worker.act('alloc', SZ_4K));
    expect(GpuBuddy.from(token).avail).toBe(SZ_1M);
    await worker.act('dispose');
    await expect(worker.act('avail')).rejects.toMatchObject(DISPOSED);
  });

  test('has a snapshot at any time, however busy other threads are', async () => {
    const buddy = new GpuBuddy({ size: 64 * SZ_1M });
    const counter = new Counter();
    const busy = [startActor(), startActor()];
    for (const worker of busy) {
      await worker.act('from', buddy.share());
      worker.start('workForEver', counter.buffer);
    }
    await counter.reaches(1000);
    for (let i = 0; i < 50; i++) {
      const { offsets, orders } = buddy.snapshot();
      let next = 0;
      offsets.forEach((offset, j) => {
        if (offset !== next) throw new Error(`The block after ${String(next)} is at ${String(offset)}.`);
        next += SZ_4K * 2 ** (orders[j] ?? 0);
      });
      expect(next).toBe(buddy.size);
    }
  });
});

describe('pools of several threads in one allocator', () => {
  test('see each other by what is free, and refuse each other by handles', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const worker = startActor();
    await worker.act('from', buddy.share());
    const [mine, theirs] = [buddy.pool(), await worker.act<number>('pool')];
    const handle = mine.alloc(SZ_16K);
    const other = await worker.act<PoolHandle>('allocInPool', theirs, SZ_20K, { tag: 6 });
    const [range] = await worker.act<Range[]>('rangesOfPool', theirs);
    expect([range?.[1], buddy.avail]).toEqual([SZ_20K, SZ_1M - SZ_16K - SZ_20K]);
    expect(buddy.blockAt(range?.[0] ?? 0)?.tag).toBe(6);

    expect([mine.has(other), await worker.act('hasInPool', theirs, handle)]).toEqual([false, false]);
    const free = () => {
      mine.free(other);
    };
    expect(thrownBy(free)).toMatchObject({ code: 'EINVAL' });
    await expect(worker.act('freeInPool', theirs, handle)).rejects.toMatchObject({ code: 'EINVAL' });
    expect(buddy.avail).toBe(SZ_1M - SZ_16K - SZ_20K);

    const adopted = AllocatedBlocks.adopt(await worker.act('giveFromPool', theirs, other));
    expect([adopted.tag, adopted.size]).toEqual([6, SZ_20K]);
    mine.free(handle);
    adopted.free();
    expect(await worker.act('avail')).toBe(SZ_1M);
  });

  test('are freed by freeAll() in their own thread only', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const worker = startActor();
    await worker.act('from', buddy.share());
    const theirs = await worker.act<number>('pool');
    const list = await worker.act<number>('alloc', SZ_16K);
    const token = await worker.act<AllocatedBlocksToken>('transfer', await worker.act('alloc', SZ_4K));
    await worker.act('allocInPool', theirs, SZ_4K);
    const [mine, pool] = [buddy.allocBlocks(SZ_20K), buddy.pool()];
    const given = buddy.allocBlocks(SZ_4K).transfer();
    const handle = pool.alloc(SZ_4K);

    buddy.freeAll();
    expect([mine.freed, pool.has(handle), pool.length]).toEqual([true, false, 0]);
    expect(buddy.avail).toBe(SZ_1M - SZ_16K - 3 * SZ_4K);
    expect(await worker.act('isFreed', list)).toBe(false);
    expect(await worker.act('rangesOfPool', theirs)).toHaveLength(1);

    const again = buddy.allocBlocks(SZ_20K);
    await worker.act('freeAll');
    expect(await worker.act('isFreed', list)).toBe(true);
    expect([again.freed, buddy.avail]).toEqual([false, SZ_1M - SZ_20K - 2 * SZ_4K]);
    AllocatedBlocks.adopt(token).free();
    AllocatedBlocks.adopt(given).free();
    again.free();
    expect(buddy.avail).toBe(buddy.size);
  });
});

describe('an allocator that threads open as they like', () => {
  type Outcome = [Bytes, Bytes, Bytes, Bytes];

  /** A worker's view of its own list and of the allocator. */
  async function lookFrom(
    worker: Actor,
    options: OpenOptions | undefined,
    buddy: Buddy<Bytes>,
  ): Promise<Outcome> {
    const opened = await worker.act('from', buddy.share(), options);
    const list = await worker.act('alloc', SZ_16K, {}, opened);
    const [range] = await worker.act<[Bytes, Bytes][]>('ranges', list);
    const avail = await worker.act<Bytes>('avail', opened);
    await worker.act('free', list);
    return [...(range ?? [-1, -1]), avail, await worker.act<Bytes>('avail', opened)];
  }

  const asNumbers: Outcome = [3 * SZ_1M - SZ_16K, SZ_16K, SZ_1M - SZ_16K, SZ_1M];
  const asBigints = asNumbers.map(BigInt);

  test.each([
    { made: undefined, opened: undefined, expected: asNumbers },
    { made: undefined, opened: { bigint: true }, expected: asBigints },
    { made: true, opened: undefined, expected: asNumbers },
    { made: true, opened: { bigint: false }, expected: asNumbers },
    { made: true, opened: { bigint: true }, expected: asBigints },
  ])(
    'made with bigint: $made, it gives a worker that opens it with $opened what that asked for',
    async ({ made, opened, expected }) => {
      const buddy = new GpuBuddy<Bytes>({ size: SZ_1M, baseOffset: 2 * SZ_1M, bigint: made });
      expect(await lookFrom(startActor(), opened, buddy)).toEqual(expected);
      expect([buddy.avail, buddy.size].map((bytes) => typeof bytes)).toEqual(
        Array(2).fill(made ? 'bigint' : 'number'),
      );
      expect(buddy.avail).toBe(buddy.size);
    },
  );

  test.each([
    { mine: false, theirs: true },
    { mine: true, theirs: false },
  ])(
    'passes lists on from one kind to the other (bigint: $mine to bigint: $theirs and back)',
    async ({ mine, theirs }) => {
      const buddy = new GpuBuddy<Bytes>({ size: SZ_1M, bigint: mine });
      const blocks = buddy.allocBlocks(SZ_20K, { tag: 42 });
      const ranges = Array.from(blocks, ({ offset, size }) => [Number(offset), Number(size)]);
      const worker = startActor();
      const list = await worker.act('adopt', blocks.transfer(), { bigint: theirs });
      const seen = await worker.act<[Bytes, Bytes][]>('ranges', list);
      expect(seen).toEqual(theirs ? ranges.map((range) => range.map(BigInt)) : ranges);
      expect(await worker.act('tag', list)).toBe(42);

      const back = AllocatedBlocks.adopt(await worker.act<AllocatedBlocksToken>('transfer', list), {
        bigint: mine,
      });
      expect([back.buddy === buddy, back.tag, typeof back.size]).toEqual([
        true,
        42,
        mine ? 'bigint' : 'number',
      ]);
      expect(Array.from(back, ({ offset, size }) => [Number(offset), Number(size)])).toEqual(ranges);
      back.free();
      expect(buddy.avail).toBe(buddy.size);
    },
  );

  test('is refused as numbers in a worker where its space is too large for them, and lists stay where they are', async () => {
    const buddy = new GpuBuddy({ size: 2n ** 60n, bigint: true });
    const token = buddy.allocBlocks(SZ_4K).transfer();
    const worker = startActor();
    for (const options of [undefined, { bigint: false }]) {
      await expect(worker.act('from', buddy.share(), options)).rejects.toMatchObject(TOO_LARGE);
      await expect(worker.act('adopt', token, options)).rejects.toMatchObject(TOO_LARGE);
    }
    const list = await worker.act('adopt', token, { bigint: true });
    expect(await worker.act('ranges', list)).toEqual([[2n ** 60n - 4096n, 4096n]]);
    await worker.act('free', list);
    expect(buddy.avail).toBe(buddy.size);
    buddy.dispose();
    await worker.act('forget');
  });

  test('has the same unit in every thread', async () => {
    const buddy = new GpuBuddy({ size: 1000, chunkSize: 1, baseOffset: 7 });
    const mine = buddy.allocBlocks(10);
    const worker = startActor();
    await worker.act('from', buddy.share(), { bigint: true });
    expect(await worker.act('describe')).toEqual({ size: 1000n, chunkSize: 1n, baseOffset: 7n, maxOrder: 9 });
    const list = await worker.act('alloc', 3, { tag: 9 });
    const ranges = await worker.act<[bigint, bigint][]>('ranges', list);
    expect(ranges.map(([, size]) => size)).toEqual([2n, 1n]);
    expect(buddy.blockAt(ranges[1]?.[0] ?? 0)).toMatchObject({ order: 0, size: 1, tag: 9 });
    expect([buddy.avail, await worker.act('avail')]).toEqual([987, 987n]);
    const adopted = AllocatedBlocks.adopt(await worker.act<AllocatedBlocksToken>('transfer', list));
    expect(Array.from(adopted, ({ offset, size }) => [BigInt(offset), BigInt(size)])).toEqual(ranges);
    for (const blocks of [mine, adopted]) blocks.free();
    expect(buddy.avail).toBe(1000);
  });
});

describe('a list that is given away', () => {
  test('belongs to who takes it up, in another thread, with its blocks and its tag', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_20K, { tag: 42 });
    const ranges = Array.from(blocks, ({ offset, size }) => [offset, size]);
    const worker = startActor();
    const list = await worker.act('adopt', blocks.transfer());
    expect(blocks.freed).toBe(true);
    expect(await worker.act('ranges', list)).toEqual(ranges);
    expect(await worker.act('tag', list)).toBe(42);
    expect(buddy.avail).toBe(SZ_1M - SZ_20K);
    await worker.act('free', list);
    expect(buddy.avail).toBe(buddy.size);
  });

  test('can go round through all threads and come back', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const workers = [startActor(), startActor(), startActor()];
    let token = buddy.allocBlocks(SZ_20K, { tag: 5 }).transfer();
    for (const worker of workers) token = await worker.act('transfer', await worker.act('adopt', token));
    const blocks = AllocatedBlocks.adopt(token);
    expect([blocks.buddy === buddy, blocks.tag, blocks.size]).toEqual([true, 5, SZ_20K]);
    blocks.free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('comes to the allocator object that its new thread has, or to one for all lists', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const [knowing, learning] = [startActor(), startActor()];
    const given = () => buddy.allocBlocks(SZ_4K).transfer();
    const known = await knowing.act('from', buddy.share());
    expect(await knowing.act('isBuddyOf', known, await knowing.act('adopt', given()))).toBe(true);
    const lists = [await learning.act('adopt', given()), await learning.act('adopt', given())];
    expect(await learning.act('sameBuddy', ...lists)).toBe(true);
    expect(AllocatedBlocks.adopt(given()).buddy).toBe(buddy);
  });

  test('can be given away once, and taken up once', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_4K);
    const token = blocks.transfer();
    expect(thrownBy(() => blocks.transfer())).toMatchObject(FREED);
    const worker = startActor();
    const list = await worker.act('adopt', token);
    expect(thrownBy(() => AllocatedBlocks.adopt(token))).toMatchObject(TOKEN);
    await expect(worker.act('adopt', token)).rejects.toMatchObject(TOKEN);
    await worker.act('free', list);
    expect(thrownBy(() => AllocatedBlocks.adopt(token))).toMatchObject(TOKEN);
    expect(buddy.avail).toBe(buddy.size);
  });

  test('has one taker, however many reach for it at once', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const workers = Array.from({ length: 4 }, () => startActor());
    for (const worker of workers) await worker.act('from', buddy.share());
    for (let round = 0; round < 25; round++) {
      const token = buddy.allocBlocks(SZ_4K).transfer();
      const results = await Promise.allSettled(workers.map((worker) => worker.act('adopt', token)));
      const taken = results.filter(({ status }) => status === 'fulfilled');
      expect(taken).toHaveLength(1);
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject(TOKEN);
    }
    expect(buddy.avail).toBe(SZ_1M - 25 * SZ_4K);
  });

  test('may have lost all of its blocks', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_4K, { tag: 3 });
    blocks.freeBlock(0);
    // Calls that leave other numbers where the answer of the next one is looked for.
    buddy.allocBlocks(SZ_20K, { tag: 999 }).free();
    buddy.stats();
    const adopted = AllocatedBlocks.adopt(blocks.transfer());
    expect([adopted.length, adopted.isEmpty, adopted.size, adopted.at(0)]).toEqual([0, true, 0, undefined]);
    expect(adopted.tag).toBe(0);
    adopted.free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('is freed when the thread that gave it ends, and the token with it', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const worker = startActor();
    await worker.act('from', buddy.share());
    const token = await worker.act<AllocatedBlocksToken>('transfer', await worker.act('alloc', SZ_20K));
    const kept = AllocatedBlocks.adopt(
      await worker.act<AllocatedBlocksToken>('transfer', await worker.act('alloc', SZ_4K)),
    );
    expect(buddy.avail).toBe(SZ_1M - SZ_20K - SZ_4K);
    worker.start('close');
    await worker.end();
    expect(buddy.avail).toBe(SZ_1M - SZ_4K);
    expect(thrownBy(() => AllocatedBlocks.adopt(token))).toMatchObject(TOKEN);
    // Lists that were adopted before stay with their owner.
    expect(kept.size).toBe(4096);
    kept.free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('ends with the last object and the last other list of its allocator', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const token = buddy.allocBlocks(SZ_20K).transfer();
    const other = buddy.allocBlocks(SZ_4K);
    buddy.dispose();
    // The other list keeps the allocator, and so the one on its way.
    const adopted = AllocatedBlocks.adopt(token);
    expect(adopted.size).toBe(SZ_20K);
    const again = adopted.transfer();
    adopted.buddy.dispose();
    other.free();
    expect(thrownBy(() => AllocatedBlocks.adopt(again))).toMatchObject(TOKEN);
    expect(thrownBy(() => GpuBuddy.from(again.buddy))).toMatchObject(TOKEN);
  });
});

describe('a parked list', () => {
  test.each(['close', 'exit', 'terminate'] as const)(
    'stays when the thread that parked it ends, by %s, and with it the allocator that only this thread had',
    async (end) => {
      const worker = startActor();
      await worker.act('create', { size: SZ_1M });
      const token = await worker.act<AllocatedBlocksToken>(
        'park',
        await worker.act('alloc', SZ_20K, { tag: 3 }),
      );
      const ticket = await worker.act<AllocatedBlocksToken>('transfer', await worker.act('alloc', SZ_4K));
      if (end === 'terminate') await worker.terminate();
      else {
        worker.start(end);
        await worker.end();
      }
      const buddy = GpuBuddy.from(token.buddy);
      expect(thrownBy(() => AllocatedBlocks.adopt(ticket))).toMatchObject(TOKEN);
      expect(buddy.parked()).toEqual([{ token, tag: 3, size: SZ_20K, account: undefined }]);
      const blocks = AllocatedBlocks.adopt(token);
      expect([blocks.buddy === buddy, blocks.tag, blocks.size]).toEqual([true, 3, SZ_20K]);
      blocks.free();
      expect(buddy.avail).toBe(buddy.size);
    },
  );

  test('is seen, adopted and revoked by whatever thread has the allocator', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const worker = startActor();
    await worker.act('from', buddy.share());
    const tokens = [buddy.allocBlocks(SZ_20K).park(), buddy.allocBlocks(SZ_4K).park()];
    expect(await worker.act('parked')).toHaveLength(2);
    await worker.act('adopt', tokens[0]);
    expect(buddy.parked()).toMatchObject([{ token: tokens[1] }]);
    await worker.act('freeAll');
    expect([buddy.avail, buddy.parked()]).toEqual([buddy.size, []]);
  });
});

describe('a token', () => {
  const ids = [
    '',
    '0',
    'f'.repeat(31),
    'F'.repeat(32),
    'g'.repeat(32),
    `${'0'.repeat(32)}\n`,
    0,
    1n,
    null,
    undefined,
  ];

  /** An object with all that can be wrong with it. */
  function spoiled<T extends object>(token: T, key: keyof T, values: readonly unknown[]): T[] {
    return values.map((value) => ({ ...token, [key]: value }));
  }

  test('with garbage in any field is a TypeError', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_4K);
    const token = blocks.transfer();
    const shared = buddy.share();
    const otherThings = ['', 'AllocatedBlock', 7, null, undefined, {}, [], Symbol('type')];
    const badBuddies = [
      ...spoiled(shared, 'type', [...otherThings, 'AllocatedBlocks']),
      ...spoiled(shared, 'id', ids),
    ];
    for (const bad of [...badBuddies, token, undefined, null, 0, 'GpuBuddy', [], shared.id])
      expect(thrownBy(() => GpuBuddy.from(bad as GpuBuddyToken))).toMatchObject(WRONG_TYPE);
    for (const bad of [
      ...spoiled(token, 'type', [...otherThings, 'GpuBuddy']),
      ...spoiled(token, 'id', ids),
      ...spoiled(token, 'buddy', [...otherThings, ...badBuddies]),
      shared,
      token.id,
    ])
      expect(thrownBy(() => AllocatedBlocks.adopt(bad as AllocatedBlocksToken))).toMatchObject(WRONG_TYPE);
    AllocatedBlocks.adopt(token).free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('with the wrong number is a GpuBuddyError', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const token = buddy.allocBlocks(SZ_4K).transfer();
    const shared = buddy.share();
    const near = shared.id.slice(0, -1) + (shared.id.endsWith('0') ? '1' : '0');
    for (const id of ['0'.repeat(32), 'f'.repeat(32), near, token.id]) {
      expect(thrownBy(() => GpuBuddy.from({ ...shared, id }))).toMatchObject(TOKEN);
      expect(thrownBy(() => AllocatedBlocks.adopt({ ...token, buddy: { ...shared, id } }))).toMatchObject(
        TOKEN,
      );
    }
    expect(thrownBy(() => AllocatedBlocks.adopt({ ...token, id: shared.id }))).toMatchObject(TOKEN);
    const other = new GpuBuddy({ size: SZ_1M });
    expect(thrownBy(() => AllocatedBlocks.adopt({ ...token, buddy: other.share() }))).toMatchObject(TOKEN);
    expect(other.avail).toBe(SZ_1M);
    expect(buddy.avail).toBe(SZ_1M - SZ_4K);
    AllocatedBlocks.adopt(token).free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('is a GpuBuddyError in every thread once its allocator or list is gone', async () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const shared = buddy.share();
    const token = buddy.allocBlocks(SZ_4K).transfer();
    buddy.dispose();
    const worker = startActor();
    expect(thrownBy(() => GpuBuddy.from(shared))).toMatchObject(TOKEN);
    expect(thrownBy(() => AllocatedBlocks.adopt(token))).toMatchObject(TOKEN);
    await expect(worker.act('from', shared)).rejects.toMatchObject(TOKEN);
    await expect(worker.act('adopt', token)).rejects.toMatchObject(TOKEN);
  });

  test.each<[string, GpuBuddyOptions]>([
    ['numbers', { size: SZ_1M, baseOffset: 2 ** 52 }],
    ['bigints', { size: SZ_1M, baseOffset: 2n ** 63n, bigint: true }],
  ])('is plain data: what it stands for can be cloned, posted and written down (%s)', (_, given) => {
    const buddy = new GpuBuddy<Bytes>(given);
    const options = { bigint: given.bigint };
    const [shared, token] = [buddy.share(), buddy.allocBlocks(SZ_4K).transfer()];
    expect(structuredClone([shared, token])).toEqual([shared, token]);
    expect(GpuBuddy.from(structuredClone(shared), options).avail).toBe(buddy.avail);
    const read = JSON.parse(JSON.stringify(token)) as AllocatedBlocksToken;
    expect(read).toEqual(token);
    AllocatedBlocks.adopt(read, options).free();
    expect(buddy.avail).toBe(buddy.size);
  });
});

describe('a worker that', () => {
  /** Owns two lists and a pool, and has given one away. The main thread has one of a chunk. */
  async function busyWorker(buddy: Buddy): Promise<{ worker: Actor; token: AllocatedBlocksToken }> {
    const worker = startActor();
    await worker.act('from', buddy.share());
    await worker.act('alloc', SZ_20K);
    await worker.act('alloc', SZ_16K);
    const pool = await worker.act('pool');
    for (let i = 0; i < 3; i++) await worker.act('allocInPool', pool, SZ_4K);
    const token = await worker.act<AllocatedBlocksToken>('transfer', await worker.act('alloc', SZ_4K));
    expect(buddy.avail).toBe(SZ_1M - SZ_20K - SZ_16K - 5 * SZ_4K);
    return { worker, token };
  }

  test.each<[string, (worker: Actor) => Promise<unknown>]>([
    [
      'ends by itself',
      async (worker) => {
        worker.start('close');
        await worker.end();
      },
    ],
    [
      'exits',
      async (worker) => {
        worker.start('exit');
        await worker.end();
      },
    ],
    [
      'throws',
      async (worker) => {
        await worker.act('throwLater');
        await worker.end();
        expect(worker.failure).toMatchObject({ message: 'on purpose' });
      },
    ],
    ['is terminated', (worker) => worker.terminate()],
    [
      'is terminated in the middle of its calls',
      async (worker) => {
        const counter = new Counter();
        worker.start('workForEver', counter.buffer);
        await counter.reaches(500);
        await worker.terminate();
      },
    ],
    [
      'is terminated in the middle of its calls on pools',
      async (worker) => {
        const counter = new Counter();
        worker.start('workInPoolsForEver', counter.buffer);
        await counter.reaches(5000);
        await worker.terminate();
      },
    ],
  ])('%s gives back its lists, its pools and its tokens; the allocator goes on', async (_, end) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const mine = buddy.allocBlocks(SZ_4K);
    const { worker, token } = await busyWorker(buddy);
    await end(worker);
    expect(buddy.avail).toBe(SZ_1M - SZ_4K);
    expect(thrownBy(() => AllocatedBlocks.adopt(token))).toMatchObject(TOKEN);
    buddy.allocBlocks(SZ_20K).free();
    mine.free();
    expect(buddy.avail).toBe(buddy.size);
    expect(buddy.stats().kernelWarnings).toBe(0);
  });

  test('is terminated during one long call gives back what that call allocated', async () => {
    // Every other chunk is taken: what the worker asks for takes a walk along all of them.
    const chunks = 6000;
    const buddy = new GpuBuddy({ size: chunks * SZ_4K });
    const lists = Array.from({ length: chunks }, (_, i) =>
      buddy.allocBlocks(SZ_4K, { mode: { range: { start: i * SZ_4K, end: (i + 1) * SZ_4K } } }),
    );
    lists.forEach((list, i) => {
      if (i % 2) list.free();
    });
    const { avail } = buddy;
    const worker = startActor();
    await worker.act('from', buddy.share());
    const counter = new Counter();
    worker.start('workLong', (chunks / 2) * SZ_4K, counter.buffer);
    await counter.reaches(1);
    await worker.terminate();
    expect(buddy.avail).toBe(avail);
    for (const list of lists) list.free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('is terminated while it loads the package leaves the process alone', async () => {
    const { code, signal, stderr, answer } = await runProgram('terminated-loads.cjs', { argument: 25 });
    expect({ code, signal, stderr, answer }).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      answer: { ended: 25 },
    });
  }, 60_000);

  test('goes on has the allocator to itself when the main thread gives it up', async () => {
    const { code, answer } = await runProgram('main-ends-first.cjs', { argument: 'give up' });
    expect({ code, answer }).toEqual({ code: 0, answer: { isWhole: true } });
  });

  test('is in the middle of a call does not hinder the main thread from leaving', async () => {
    const { code, signal, stderr } = await runProgram('main-ends-first.cjs', { argument: 'exit' });
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  });
});

describe('the package', () => {
  test('can be loaded by twenty workers at once', async () => {
    const { code, answer } = await runProgram('workers-only.cjs', {
      argument: { generations: 1, workers: 20 },
    });
    expect({ code, answer }).toEqual({ code: 0, answer: { good: 20 } });
  }, 60_000);

  test('can be loaded by workers only, which come and go', async () => {
    const { code, answer } = await runProgram('workers-only.cjs', {
      argument: { generations: 8, workers: 2 },
    });
    expect({ code, answer }).toEqual({ code: 0, answer: { good: 16 } });
  }, 60_000);

  test('works side by side with itself: loaded twice, in contexts of their own, and as a copy', async () => {
    using copy = new BarePackage();
    using _addon = copy.withFile('build/Release/gpu_buddy.node', builtAddon);
    const { code, answer } = await runProgram('several-copies.cjs', {
      argument: { copy: join(copy.folder, 'dist/index.js') },
      // Each loads its own addon, also where all else is tested with another one.
      env: { GPU_BUDDY_ADDON: '' },
    });
    expect(code).toBe(0);
    const outcome = (understands: string[]) => ({
      sizesAreRight: true,
      isWhole: true,
      ownError: 'EINVAL',
      foreignObject: false,
      understands,
    });
    // The same files have one addon in a process; a copy has another one, with allocators of its own.
    const sameFiles = outcome(['first', 'again', 'inContext', 'inOtherContext']);
    expect(answer).toEqual({
      first: sameFiles,
      again: sameFiles,
      inContext: sameFiles,
      inOtherContext: sameFiles,
      copy: outcome(['copy']),
    });
  });
});
