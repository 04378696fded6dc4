// What a queue does with single requests: order, ends of a wait, refusals, barriers.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { GpuBuddyError, SZ_4K, type AllocatedBlocks } from 'gpu-buddy';
import { AllocQueue, type QueuedAllocOptions } from 'gpu-buddy/queue';
import { CountingAccount, outcomeOf, settle, WaitableBuddy } from './waitable';

const CHUNKS = 16;

/** A queue over 16 chunks, all of which are taken. */
function makeFull() {
  const buddy = new WaitableBuddy({ size: CHUNKS * SZ_4K });
  const queue = new AllocQueue(buddy);
  const taken = Array.from({ length: CHUNKS }, (_, chunk) =>
    buddy.allocBlocks(SZ_4K, { mode: { at: chunk * SZ_4K } }),
  );
  const granted: string[] = [];
  /** Asks for so many chunks, and notes the name when they are granted. */
  const ask = (name: string, chunks: number, options?: QueuedAllocOptions): Promise<AllocatedBlocks> => {
    const promise = queue.alloc(chunks * SZ_4K, options);
    promise.then(
      () => granted.push(name),
      () => undefined,
    );
    return promise;
  };
  const free = async (chunks: number): Promise<void> => {
    for (const blocks of taken.splice(0, chunks)) blocks.free();
    await settle();
  };
  return { buddy, queue, granted, ask, free };
}

describe('an allocation', () => {
  test('is granted at once where there is room and nobody waits', async () => {
    const buddy = new WaitableBuddy({ size: CHUNKS * SZ_4K });
    const queue = new AllocQueue(buddy);
    const blocks = await queue.alloc(SZ_4K, { tag: 7, mode: { at: 0 } });
    expect([blocks.size, blocks.offset, blocks.tag]).toEqual([SZ_4K, 0, 7]);
    expect(queue.stats()).toMatchObject({ waiting: 0, granted: 1, grantedBytes: SZ_4K });
  });

  test('waits until there is room', async () => {
    const { granted, ask, free, queue } = makeFull();
    const promise = ask('a', 2);
    await free(1);
    expect(granted).toEqual([]);
    expect(queue.stats()).toMatchObject({ waiting: 1, waitingBytes: 2 * SZ_4K });
    await free(1);
    expect((await promise).size).toBe(2 * SZ_4K);
    expect(queue.stats()).toMatchObject({ waiting: 0, waitingBytes: 0, lines: [], granted: 1 });
  });

  test('asks for what its options said when it was made', async () => {
    const { ask, free } = makeFull();
    const options: { tag: number } = { tag: 3 };
    const promise = ask('a', 1, options);
    options.tag = 4;
    await free(1);
    expect((await promise).tag).toBe(3);
  });

  test('comes after those of its account that came before', async () => {
    const { granted, ask, free } = makeFull();
    for (const [name, chunks] of [
      ['a', 3],
      ['b', 1],
      ['c', 1],
    ] as const)
      void ask(name, chunks);
    await free(2);
    expect(granted).toEqual([]);
    await free(1);
    expect(granted).toEqual(['a']);
    await free(2);
    expect(granted).toEqual(['a', 'b', 'c']);
  });

  test('goes past that of another account which does not fit', async () => {
    const { granted, ask, free, queue } = makeFull();
    void ask('large', 4, { account: new CountingAccount() });
    void ask('small', 1, { account: new CountingAccount() });
    await free(1);
    expect(granted).toEqual(['small']);
    expect(queue.stats().passed).toBe(1);
  });

  test('goes past one of its own account by priority only', async () => {
    const { granted, ask, free } = makeFull();
    const account = new CountingAccount();
    void ask('low', 1, { account, priority: -1 });
    void ask('high and large', 2, { account, priority: 1 });
    void ask('high', 1, { account, priority: 1 });
    await free(1);
    expect(granted).toEqual([]);
    await free(2);
    expect(granted).toEqual(['high and large', 'high']);
    await free(1);
    expect(granted).toEqual(['high and large', 'high', 'low']);
  });

  test('of a higher priority comes first', async () => {
    const { granted, ask, free } = makeFull();
    for (const priority of [0, 2, -3, 1])
      void ask(String(priority), 1, { priority, account: new CountingAccount() });
    for (let chunk = 0; chunk < 4; chunk++) await free(1);
    expect(granted).toEqual(['2', '1', '0', '-3']);
  });

  test('counts by the weight of its account', async () => {
    const { granted, ask, free } = makeFull();
    const [one, three] = [new CountingAccount(), new CountingAccount()];
    for (let count = 0; count < 8; count++) void ask('1', 1, { account: one });
    for (let count = 0; count < 8; count++) void ask('3', 1, { account: three, weight: 3 });
    await free(8);
    expect(granted.join('')).toBe('13331333');
  });
});

describe('an account', () => {
  test('that asks for one thing after the other does not begin anew each time', async () => {
    const { granted, ask, free } = makeFull();
    const [many, single] = [new CountingAccount(), new CountingAccount()];
    for (let count = 0; count < 6; count++) void ask('m', 1, { account: many });
    void ask('S', 3, { account: single }).then(() => ask('S', 1, { account: single }));
    await free(4);
    for (let count = 0; count < 4; count++) await free(1);
    expect(granted.join('')).toBe('mSmmSm');
  });

  test('at its limit stops nobody, however often others pass it', async () => {
    const { buddy, granted, free } = makeFull();
    const queue = new AllocQueue(buddy, { maxPassed: 0 });
    const limited = new CountingAccount(SZ_4K);
    await free(1);
    const held = buddy.allocBlocks(SZ_4K, { account: limited });
    const waiting = outcomeOf(queue.alloc(SZ_4K, { account: limited }));
    void queue.alloc(SZ_4K).then(() => granted.push('other'));
    await free(1);
    expect(granted).toEqual(['other']);
    expect(queue.stats()).toMatchObject({ waiting: 1, passed: 0, barriers: 0 });
    held.free();
    await settle();
    expect(waiting.outcome).toMatchObject({ blocks: { size: SZ_4K } });
  });
});

describe('what can never fit is refused at once', () => {
  test.each<[string, number, QueuedAllocOptions, object]>([
    ['larger than the space', 2 * CHUNKS * SZ_4K, {}, { code: 'EINVAL' }],
    ['no multiple of the chunk size', 1, {}, { code: 'EINVAL' }],
    ['a range too small', 2 * SZ_4K, { mode: { range: { start: 0, end: SZ_4K } } }, { code: 'ENOSPC' }],
    [
      'above the limit',
      2 * SZ_4K,
      { account: new CountingAccount(SZ_4K) },
      { code: 'ENOSPC', reason: 'limit' },
    ],
  ])('%s', async (_, size, options, error) => {
    const { queue } = makeFull();
    await expect(queue.alloc(size, options)).rejects.toMatchObject(error);
    expect(queue.stats().waiting).toBe(0);
  });

  test.each<[string, object, string]>([
    ['priorty', { priorty: 1 }, 'ERR_INVALID_ARG_VALUE'],
    ['contigous', { contigous: true }, 'ERR_INVALID_ARG_VALUE'],
    ['priority', { priority: 0.5 }, 'ERR_OUT_OF_RANGE'],
    ['priority', { priority: '1' }, 'ERR_INVALID_ARG_TYPE'],
    ['weight', { weight: 0 }, 'ERR_OUT_OF_RANGE'],
    ['timeout', { timeout: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
    ['signal', { signal: true }, 'ERR_INVALID_ARG_TYPE'],
  ])('a wrong %s', async (name, options, code) => {
    const { queue } = makeFull();
    await expect(queue.alloc(SZ_4K, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(name) as unknown,
    });
  });

  test('by the options of the queue, too', () => {
    const buddy = new WaitableBuddy({ size: SZ_4K });
    expect(() => new AllocQueue(buddy, { maxPased: 1 } as object)).toThrow("did you mean 'maxPassed'?");
    expect(() => new AllocQueue(buddy, { maxBarrier: 2 ** 31 })).toThrow(RangeError);
  });

  test('as allocBlocks() says it', async () => {
    const { buddy, queue } = makeFull();
    const size = 2 * CHUNKS * SZ_4K;
    const refusal = await queue.alloc(size).catch((error: unknown) => error as GpuBuddyError);
    expect(refusal).toBeInstanceOf(GpuBuddyError);
    expect(() => buddy.allocBlocks(size)).toThrow((refusal as GpuBuddyError).message);
  });
});

describe('a wait ends', () => {
  test('with the reason of its signal, and leaves no listener', async () => {
    const { buddy, queue, granted, ask, free } = makeFull();
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = [ask('a', 1, { signal }), ask('b', 1, { signal }), ask('c', 1)].map(outcomeOf);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await settle();
    const reason = new Error('enough');
    controller.abort(reason);
    await settle();
    expect(waiting.map(({ outcome }) => outcome)).toEqual([{ error: reason }, { error: reason }, undefined]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    await free(1);
    expect(granted).toEqual(['c']);
    expect(buddy.waiters.size).toBe(0);
    await expect(queue.alloc(SZ_4K, { signal })).rejects.toBe(reason);
  });

  test('and the next one in line is tried at once, without another free', async () => {
    const { granted, ask, free } = makeFull();
    const controller = new AbortController();
    ask('large', 2, { signal: controller.signal }).catch(() => undefined);
    void ask('small', 1);
    await free(1);
    expect(granted).toEqual([]);
    controller.abort();
    await settle();
    expect(granted).toEqual(['small']);
  });

  test('where it is aborted while it is tried: what it would have got is free again', async () => {
    const { buddy, queue, ask, free } = makeFull();
    const controller = new AbortController();
    const waiting = outcomeOf(ask('a', 1, { signal: controller.signal }));
    await settle();
    buddy.onTry = () => {
      controller.abort('in the middle');
    };
    await free(1);
    expect(waiting.outcome).toEqual({ error: 'in the middle' });
    expect(buddy.avail).toBe(SZ_4K);
    expect(queue.stats()).toMatchObject({ waiting: 0, granted: 0 });
    expect(buddy.waiters.size).toBe(0);
  });

  test('with the queue', async () => {
    const { buddy, queue, ask } = makeFull();
    const waiting = [ask('a', 1), ask('b', 1, { priority: 1 })].map(outcomeOf);
    await settle();
    queue.close();
    queue.close('twice');
    await settle();
    const closed = { error: expect.objectContaining({ name: 'AbortError' }) as unknown };
    expect(waiting.map(({ outcome }) => outcome)).toEqual([closed, closed]);
    expect(buddy.waiters.size).toBe(0);
    await expect(queue.alloc(SZ_4K)).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('with the allocator, and with its error', async () => {
    const { buddy, ask } = makeFull();
    const waiting = outcomeOf(ask('a', 1));
    await settle();
    Object.defineProperty(buddy, 'waitForFree', { value: () => Promise.reject(new Error('disposed')) });
    buddy.raiseEpoch();
    await settle();
    expect(waiting.outcome).toEqual({ error: new Error('disposed') });
  });

  test('with an error of a try, which ends that request alone', async () => {
    const { buddy, granted, ask, free } = makeFull();
    const waiting = outcomeOf(ask('a', 1));
    void ask('b', 1);
    await settle();
    const failure = new Error('no memory');
    buddy.onTry = () => {
      buddy.onTry = undefined;
      throw failure;
    };
    await free(2);
    expect(waiting.outcome).toEqual({ error: failure });
    expect(granted).toEqual(['b']);
  });
});

describe('one drain', () => {
  test('a turn tries each account once where nothing fits, however many wait and however many were freed', async () => {
    const { buddy, ask, free } = makeFull();
    const accounts = Array.from({ length: 4 }, () => new CountingAccount());
    for (let count = 0; count < 40; count++) void ask('x', 8, { account: accounts[count % 4] });
    await settle();
    buddy.tries = 0;
    await free(5);
    expect(buddy.tries).toBe(4);
    buddy.tries = 0;
    void ask('x', 8, { account: accounts[0] });
    await settle();
    expect(buddy.tries).toBe(0);
    void ask('x', 8);
    await settle();
    expect(buddy.tries).toBe(1);
  });
});

describe('time', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('ends a wait as AbortSignal.timeout() would', async () => {
    const { queue, ask } = makeFull();
    const waiting = outcomeOf(ask('a', 1, { timeout: 50 }));
    jest.advanceTimersByTime(49);
    await settle();
    expect(waiting.outcome).toBeUndefined();
    expect(queue.stats()).toMatchObject({ longestWait: 49, lines: [{ longestWait: 49, requests: 1 }] });
    jest.advanceTimersByTime(1);
    await settle();
    const { name, message, code } = new DOMException(
      'The operation was aborted due to timeout',
      'TimeoutError',
    );
    expect(waiting.outcome).toMatchObject({ error: { name, message, code } });
    expect(jest.getTimerCount()).toBe(0);
  });

  test('of a wait that was granted is stopped', async () => {
    const { ask, free } = makeFull();
    void ask('a', 1, { timeout: 50 });
    await free(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  /** One large request, and small ones that pass it. */
  async function makePassed() {
    const { buddy, free } = makeFull();
    const queue = new AllocQueue(buddy, { maxPassed: 2, maxBarrier: 100 });
    const granted: string[] = [];
    const ask = (name: string, chunks: number, options: QueuedAllocOptions): Promise<AllocatedBlocks> => {
      const promise = queue.alloc(chunks * SZ_4K, { account: new CountingAccount(), ...options });
      promise.then(
        () => granted.push(name),
        () => undefined,
      );
      return promise;
    };
    const controller = new AbortController();
    ask('large', 4, { signal: controller.signal }).catch(() => undefined);
    for (const name of ['1', '2', '3', '4']) void ask(name, 1, {});
    void ask('low', 1, { priority: -1 });
    await free(2);
    expect(granted).toEqual(['1', '2']);
    expect(queue.stats()).toMatchObject({ passed: 2, barriers: 1 });
    await free(1);
    expect(granted).toEqual(['1', '2']);
    return { queue, granted, ask, free, controller };
  }

  test('ends a barrier that was of no use; the next one takes more', async () => {
    const { queue, granted, free } = await makePassed();
    jest.advanceTimersByTime(99);
    await settle();
    expect(granted).toEqual(['1', '2']);
    jest.advanceTimersByTime(1);
    await settle();
    expect(granted).toEqual(['1', '2', '3']);
    await free(1);
    expect(granted).toEqual(['1', '2', '3', '4']);
    await free(1);
    expect(granted).toEqual(['1', '2', '3', '4', 'low']);
    expect(queue.stats()).toMatchObject({ passed: 5, barriers: 2 });
  });

  test('a barrier ends when its request is granted', async () => {
    const { granted, free } = await makePassed();
    await free(3);
    expect(granted).toEqual(['1', '2', 'large']);
    await free(3);
    expect(granted).toEqual(['1', '2', 'large', '3', '4', 'low']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('a barrier ends when its request is aborted', async () => {
    const { granted, free, controller } = await makePassed();
    controller.abort();
    await settle();
    expect(granted).toEqual(['1', '2', '3']);
    await free(2);
    expect(granted).toEqual(['1', '2', '3', '4', 'low']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('a barrier does not stop a higher priority', async () => {
    const { granted, ask } = await makePassed();
    void ask('high', 1, { priority: 1 });
    await settle();
    expect(granted).toEqual(['1', '2', 'high']);
  });
});
