// The diagnostics channels gpu-buddy:alloc, :free, :failed and :wait: which calls tell what, and that nobody disturbs the allocator.

import { afterEach, describe, expect, test } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  AllocatedBlocks,
  GpuBuddy,
  SZ_16K,
  SZ_1M,
  SZ_4K,
  SZ_64K,
  SZ_8K,
  type AllocMessage,
  type Bytes,
  type FailedMessage,
  type FreeMessage,
  type WaitMessage,
} from 'gpu-buddy';
import { expectSound, SZ_12K, SZ_20K } from '../support/allocator-state';
import { runProgram } from '../support/built-package';

const CHANNELS = ['alloc', 'free', 'failed', 'wait'] as const;
type Message = AllocMessage & FreeMessage & FailedMessage & WaitMessage;

let listeners: [name: string, listener: (message: unknown) => void][] = [];

function listen(channel: (typeof CHANNELS)[number], listener: (message: Message) => void): void {
  const name = `gpu-buddy:${channel}`;
  const plain = listener as (message: unknown) => void;
  subscribe(name, plain);
  listeners.push([name, plain]);
}

afterEach(() => {
  for (const [name, listener] of listeners) unsubscribe(name, listener);
  listeners = [];
});

/** Keeps all messages, each with its channel, and without what nearly all of them have in common. */
function record(): object[] {
  const messages: object[] = [];
  for (const channel of CHANNELS)
    listen(channel, ({ buddy, name, ...rest }) => {
      expect([buddy instanceof GpuBuddy, buddy.name]).toEqual([true, name]);
      messages.push({ channel, ...rest });
    });
  return messages;
}

const allocated = (count: number, size: number, tag = 0) => ({
  channel: 'alloc',
  count,
  size,
  tag,
  account: undefined,
});
const freed = (count: number, size: number) => ({ channel: 'free', count, size });
const refused = (size: number, code: string) => ({
  channel: 'failed',
  count: 1,
  size,
  tag: 0,
  account: undefined,
  code,
  reason: undefined,
});

describe('a call tells', () => {
  type Use = (buddy: GpuBuddy) => unknown;

  test.each<[string, Use, object[]]>([
    ['allocBlocks()', (buddy) => buddy.allocBlocks(SZ_20K, { tag: 7 }), [allocated(1, SZ_20K, 7)]],
    ['tryAllocBlocks()', (buddy) => buddy.tryAllocBlocks(SZ_4K), [allocated(1, SZ_4K)]],
    ['allocMany()', (buddy) => buddy.allocMany(5, SZ_4K, { tag: 3 }), [allocated(5, SZ_20K, 3)]],
    ['allocMany() of none', (buddy) => buddy.allocMany(0, SZ_4K), []],
    [
      'claim()',
      (buddy) =>
        buddy.claim([
          { offset: 0, order: 1 },
          { offset: SZ_16K, order: 0 },
        ]),
      [allocated(1, SZ_12K)],
    ],
    [
      'tryExtend()',
      (buddy) => buddy.allocBlocks(SZ_4K, { mode: { at: 0 }, tag: 2 }).tryExtend(SZ_8K),
      [allocated(1, SZ_4K, 2), allocated(1, SZ_8K, 2)],
    ],
    [
      'free(), once',
      (buddy) => {
        const list = buddy.allocBlocks(SZ_20K);
        list.free();
        list.free();
      },
      [allocated(1, SZ_20K), freed(1, SZ_20K)],
    ],
    [
      'free() of a list that freeAll() has freed',
      (buddy) => {
        const list = buddy.allocBlocks(SZ_4K);
        buddy.freeAll();
        list.free();
      },
      [allocated(1, SZ_4K), { channel: 'free', count: undefined, size: undefined }],
    ],
    [
      'freeBlock() and trim(), of what they free',
      (buddy) => {
        const list = buddy.allocBlocks(SZ_20K);
        list.freeBlock(1);
        list.trim(SZ_4K);
        list.trim(SZ_4K);
      },
      [allocated(1, SZ_20K), freed(1, SZ_4K), freed(1, SZ_12K)],
    ],
    [
      'the calls of a pool',
      (buddy) => {
        const pool = buddy.pool();
        pool.free(pool.alloc(SZ_8K, { tag: 4 }));
        pool.tryAlloc(SZ_4K);
        pool.alloc(SZ_4K);
        pool.clear();
        pool.clear();
        pool.alloc(SZ_16K);
        pool.dispose();
        pool.dispose();
      },
      [
        allocated(1, SZ_8K, 4),
        freed(1, SZ_8K),
        allocated(1, SZ_4K),
        allocated(1, SZ_4K),
        freed(2, SZ_8K),
        allocated(1, SZ_16K),
        freed(1, SZ_16K),
      ],
    ],
    [
      'the run of a batch, once, and the end of its result',
      (buddy) => {
        const outsider = buddy.allocBlocks(SZ_20K);
        const gone = buddy.allocBlocks(SZ_4K);
        const batch = buddy.batch();
        batch.free(outsider);
        batch.free(gone);
        batch.free(batch.alloc(SZ_8K));
        batch.alloc(BigInt(SZ_16K));
        batch.alloc(8 * SZ_1M);
        const kept = batch.alloc(SZ_4K);
        gone.free();
        const result = batch.run();
        result.blocks(kept);
        result.free();
      },
      [
        allocated(1, SZ_20K),
        allocated(1, SZ_4K),
        freed(1, SZ_4K),
        { ...allocated(3, SZ_8K + SZ_16K + SZ_4K), tag: undefined },
        freed(2, SZ_20K + SZ_8K),
        { ...refused(8 * SZ_1M, 'EINVAL'), tag: undefined },
        freed(1, SZ_16K),
        freed(1, SZ_4K),
      ],
    ],
    [
      'an atomic batch that fails, as one',
      (buddy) => {
        const batch = buddy.batch();
        batch.alloc(SZ_4K);
        batch.alloc(SZ_1M);
        expect(() => batch.run({ atomic: true })).toThrow('ENOSPC');
      },
      [{ ...refused(SZ_4K + SZ_1M, 'ENOSPC'), count: 2, tag: undefined }],
    ],
    [
      'allocMany() that fails, as one, and nothing of what is taken back',
      (buddy) => {
        expect(() => buddy.allocMany(257, SZ_4K, { tag: 1 })).toThrow('ENOSPC');
      },
      [{ ...refused(257 * SZ_4K, 'ENOSPC'), count: 257, tag: 1 }],
    ],
    [
      'revoke()',
      (buddy) => {
        AllocatedBlocks.revoke(buddy.allocBlocks(SZ_20K).park());
      },
      [allocated(1, SZ_20K), freed(1, SZ_20K)],
    ],
  ])('%s', (_, use, expected) => {
    const buddy = new GpuBuddy({ size: SZ_1M, name: 'mine' });
    const messages = record();
    use(buddy);
    expect(messages).toEqual(expected);
    buddy.freeAll();
    expectSound(buddy);
  });

  test('why an allocation failed, whether it throws or not', () => {
    const buddy = new GpuBuddy({ size: SZ_64K });
    const account = buddy.account({ limit: SZ_8K, reserved: SZ_8K });
    buddy.allocMany(12, SZ_4K);
    const messages: object[] = [];
    listen('failed', ({ size, code, reason, account: charged }) =>
      messages.push({ size, code, reason, isCharged: charged === account }),
    );
    const pool = buddy.pool();
    expect(() => buddy.allocBlocks(SZ_64K)).toThrow('ENOSPC');
    expect(buddy.tryAllocBlocks(SZ_64K)).toBeNull();
    expect(() => pool.alloc(SZ_16K)).toThrow('ENOSPC');
    expect(pool.tryAlloc(SZ_16K, { account })).toBeNull();
    expect(() => buddy.allocBlocks(SZ_4K + 1)).toThrow('EINVAL');
    expect(() => buddy.claim([{ offset: 15 * SZ_4K, order: 0 }])).toThrow('ENOSPC');
    expect(buddy.allocBlocks(SZ_4K).tryExtend(SZ_16K)).toBe(false);
    expect(messages).toEqual([
      { size: SZ_64K, code: 'ENOSPC', reason: 'full', isCharged: false },
      { size: SZ_64K, code: 'ENOSPC', reason: undefined, isCharged: false },
      { size: SZ_16K, code: 'ENOSPC', reason: 'reserved', isCharged: false },
      { size: SZ_16K, code: 'ENOSPC', reason: 'limit', isCharged: true },
      { size: SZ_4K + 1, code: 'EINVAL', reason: undefined, isCharged: false },
      { size: SZ_4K, code: 'ENOSPC', reason: undefined, isCharged: false },
      { size: SZ_16K, code: 'ENOSPC', reason: undefined, isCharged: false },
    ]);
  });

  test('how a wait has ended', async () => {
    const buddy: GpuBuddy = new GpuBuddy({ size: SZ_1M });
    const list = buddy.allocBlocks(SZ_4K);
    const messages: WaitMessage[] = [];
    listen('wait', (message) => messages.push(message));
    const waiting = buddy.waitForFree();
    list.free();
    expect(await waiting).toBe(1);
    await buddy.waitForFree({ since: 0 });
    const reason = new Error('enough');
    await expect(buddy.waitForFree({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const aborted = buddy.waitForFree({ signal: controller.signal });
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    expect(messages).toEqual([
      { buddy, name: undefined, milliseconds: expect.any(Number), epoch: 1, error: undefined },
      { buddy, name: undefined, milliseconds: expect.any(Number), epoch: 1, error: undefined },
      { buddy, name: undefined, milliseconds: expect.any(Number), epoch: undefined, error: reason },
    ]);
    expect(messages.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
  });

  test('sizes as numbers where the allocator gives out bigints', () => {
    const buddy = new GpuBuddy({ size: 2n ** 60n, bigint: true });
    const messages = record();
    buddy.allocBlocks(2n ** 55n).free();
    expect(messages).toEqual([allocated(1, 2 ** 55), freed(1, 2 ** 55)]);
  });
});

describe('a subscriber', () => {
  test('may use the allocator', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const seen: [count: number, avail: Bytes][] = [];
    const deep = { depth: 0 };
    listen('alloc', ({ count }) => {
      seen.push([count, buddy.avail]);
      if (deep.depth++ === 0) buddy.allocBlocks(SZ_16K).free();
      deep.depth--;
    });
    const batch = buddy.batch();
    listen('free', () => batch.alloc(SZ_4K));
    const list = buddy.allocBlocks(SZ_20K, { tag: 3 });
    expect([list.size, list.tag, list.length]).toEqual([SZ_20K, 3, 2]);
    batch.free(list);
    const result = batch.run();
    expect([list.freed, result.length]).toEqual([true, 2]);
    expect(seen[0]).toEqual([1, SZ_1M - SZ_20K]);
    result.free();
    expectSound(buddy);
  });

  test('that throws disturbs no call: Node reports it as an uncaught exception', async () => {
    const { code, answer } = await runProgram('throwing-subscribers.cjs');
    expect([code, answer]).toEqual([
      0,
      // 3 allocations, 1 failure, 3 frees and 1 wait.
      { errors: 8, failed: null, used: SZ_20K + SZ_8K, epoch: 1, isEmpty: true },
    ]);
  });

  test('that is gone is told nothing more', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    let count = 0;
    const listener = () => count++;
    subscribe('gpu-buddy:alloc', listener);
    buddy.allocBlocks(SZ_4K).free();
    unsubscribe('gpu-buddy:alloc', listener);
    buddy.allocBlocks(SZ_4K).free();
    expect(count).toBe(1);
  });
});
