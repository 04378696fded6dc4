// Single requests in a queue: order, ends of a wait, refusals, barriers.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { GpuBuddy, SZ_4K, type AccountOptions, type AllocatedBlocks } from 'gpu-buddy';
import { AllocQueue, type AllocQueueOptions, type QueuedAllocOptions } from 'gpu-buddy/queue';
import { ObservedBuddy, openQueue, outcomeOf, settle } from './support';

const CHUNKS = 16;

/** Makes a queue over 16 chunks, all of which are taken. */
function makeFull(options?: AllocQueueOptions) {
  const buddy = new ObservedBuddy({ size: CHUNKS * SZ_4K });
  const queue = openQueue(buddy, options);
  const taken = Array.from({ length: CHUNKS }, (_, chunk) =>
    buddy.allocBlocks(SZ_4K, { mode: { at: chunk * SZ_4K } }),
  );
  const granted: string[] = [];
  /** Asks for so many chunks, and notes the name when they are granted. */
  const ask = (name: string, chunks: number, how?: QueuedAllocOptions): Promise<AllocatedBlocks> => {
    const promise = queue.alloc(chunks * SZ_4K, how);
    // Nobody else need handle the end of the queue.
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
  const account = (quota?: AccountOptions) => buddy.account(quota);
  return { buddy, queue, granted, ask, free, account };
}

describe('alloc()', () => {
  test('grants at once where there is room and nobody waits', async () => {
    const buddy = new GpuBuddy({ size: CHUNKS * SZ_4K });
    const queue = openQueue(buddy);
    const blocks = await queue.alloc(SZ_4K, { tag: 7, mode: { at: 0 } });
    expect([blocks.size, blocks.offset, blocks.tag]).toEqual([SZ_4K, 0, 7]);
    expect(queue.stats()).toMatchObject({ waiting: 0, granted: 1, grantedBytes: SZ_4K, waits: 0 });
  });

  test('gives bigints where the allocator does', async () => {
    const size = 2n ** 60n;
    const queue = new AllocQueue(new GpuBuddy({ size, bigint: true }));
    const all = await queue.alloc(size);
    const next = queue.alloc(size);
    all.free();
    expect((await next).size).toBe(size);
    await expect(queue.alloc(2n * size)).rejects.toMatchObject({ code: 'EINVAL' });
  });

  test('waits until there is room', async () => {
    const { granted, ask, free, queue } = makeFull();
    const promise = ask('a', 2);
    await free(1);
    expect(granted).toEqual([]);
    expect(queue.stats()).toMatchObject({ waiting: 1, waitingBytes: 2 * SZ_4K });
    await free(1);
    expect((await promise).size).toBe(2 * SZ_4K);
    expect(queue.stats()).toMatchObject({ waiting: 0, waitingBytes: 0, lines: [], granted: 1, waits: 1 });
  });

  test('charges the account', async () => {
    const { ask, free, account } = makeFull();
    const payer = account();
    const promise = ask('a', 2, { account: payer });
    await free(2);
    await promise;
    expect(payer.used).toBe(2 * SZ_4K);
  });

  test('asks for what its options said when it was called', async () => {
    const { ask, free } = makeFull();
    const options = { tag: 3, mode: { range: { start: 0, end: SZ_4K } } };
    const promise = ask('a', 1, options);
    options.tag = 4;
    options.mode.range.end = CHUNKS * SZ_4K;
    await free(2);
    const { tag, offset } = await promise;
    expect([tag, offset]).toEqual([3, 0]);
  });

  test('keeps the order of the requests of an account', async () => {
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

  test('lets an account pass another one whose request does not fit', async () => {
    const { granted, ask, free, queue, account } = makeFull();
    void ask('large', 4, { account: account() });
    void ask('small', 1, { account: account() });
    await free(1);
    expect(granted).toEqual(['small']);
    expect(queue.stats().passed).toBe(1);
  });

  test('lets no request of an account pass one of a higher priority', async () => {
    const { granted, ask, free, account } = makeFull();
    const same = { account: account() };
    void ask('low', 1, { ...same, priority: -1 });
    void ask('high and large', 2, { ...same, priority: 1 });
    void ask('high', 1, { ...same, priority: 1 });
    await free(1);
    expect(granted).toEqual([]);
    await free(2);
    expect(granted).toEqual(['high and large', 'high']);
    await free(1);
    expect(granted).toEqual(['high and large', 'high', 'low']);
  });

  test('serves higher priorities first', async () => {
    const { granted, ask, free, account } = makeFull();
    for (const priority of [0, 2, -3, 1]) void ask(String(priority), 1, { priority, account: account() });
    for (let chunk = 0; chunk < 4; chunk++) await free(1);
    expect(granted).toEqual(['2', '1', '0', '-3']);
  });

  test('divides bytes by weight', async () => {
    const { granted, ask, free, account } = makeFull();
    const [one, three] = [account(), account()];
    for (let count = 0; count < 8; count++) void ask('1', 1, { account: one });
    for (let count = 0; count < 8; count++) void ask('3', 1, { account: three, weight: 3 });
    await free(8);
    expect(granted.join('')).toBe('13331333');
  });

  test('remembers what an account got that asks for one thing after the other', async () => {
    const { granted, ask, free, account } = makeFull();
    const [many, single] = [account(), account()];
    for (let count = 0; count < 6; count++) void ask('m', 1, { account: many });
    void ask('S', 3, { account: single }).then(() => void ask('S', 1, { account: single }));
    await free(4);
    for (let count = 0; count < 4; count++) await free(1);
    expect(granted.join('')).toBe('mSmmSm');
  });

  test('lets everybody pass an account at its limit, without a barrier', async () => {
    const { buddy, queue, granted, ask, free, account } = makeFull({ maxPassed: 0 });
    const limited = account({ limit: SZ_4K });
    await free(1);
    const held = buddy.allocBlocks(SZ_4K, { account: limited });
    const waiting = outcomeOf(queue.alloc(SZ_4K, { account: limited }));
    void ask('other', 1);
    await free(1);
    expect(granted).toEqual(['other']);
    expect(queue.stats()).toMatchObject({ waiting: 1, passed: 0, barriers: 0 });
    held.free();
    await settle();
    expect(waiting.outcome).toMatchObject({ blocks: { size: SZ_4K } });
  });

  test.each<[string, AccountOptions, AccountOptions]>([
    ['a limit is raised', { limit: SZ_4K }, { limit: null }],
    ['a reservation ends', { reserved: SZ_4K }, { reserved: 0 }],
  ])('grants what fits once %s', async (_, before, after) => {
    const buddy = new GpuBuddy({ size: 2 * SZ_4K });
    const queue = openQueue(buddy);
    const other = buddy.account(before);
    const held = await queue.alloc(SZ_4K, before.limit ? { account: other } : {});
    const waiting = outcomeOf(queue.alloc(SZ_4K, before.limit ? { account: other } : {}));
    await settle();
    expect(waiting.outcome).toBeUndefined();
    other.update(after);
    await settle();
    expect(waiting.outcome).toMatchObject({ blocks: { size: SZ_4K } });
    held.free();
  });
});

describe('alloc() refuses at once', () => {
  const LIMIT = 2 * SZ_4K;

  test.each<[string, number, QueuedAllocOptions, object]>([
    ['more than the space', 2 * CHUNKS * SZ_4K, {}, { code: 'EINVAL' }],
    ['no multiple of the chunk size', 1, {}, { code: 'EINVAL' }],
    ['more than its range', 2 * SZ_4K, { mode: { range: { start: 0, end: SZ_4K } } }, { code: 'ENOSPC' }],
    ['a place outside the space', SZ_4K, { mode: { at: CHUNKS * SZ_4K } }, { code: 'EINVAL' }],
    ['a misspelt option', SZ_4K, { priorty: 1 } as object, { code: 'ERR_INVALID_ARG_VALUE' }],
    ["one of allocBlocks()'s", SZ_4K, { contigous: true } as object, { code: 'ERR_INVALID_ARG_VALUE' }],
    ['half a priority', SZ_4K, { priority: 0.5 }, { code: 'ERR_OUT_OF_RANGE' }],
    ['a priority in words', SZ_4K, { priority: '1' } as object, { code: 'ERR_INVALID_ARG_TYPE' }],
    ['no weight', SZ_4K, { weight: 0 }, { code: 'ERR_OUT_OF_RANGE' }],
    ['a timeout that no timer knows', SZ_4K, { timeout: 2 ** 31 }, { code: 'ERR_OUT_OF_RANGE' }],
    ['a signal that is none', SZ_4K, { signal: true } as object, { code: 'ERR_INVALID_ARG_TYPE' }],
    ['an account that is none', SZ_4K, { account: {} } as object, { code: 'ERR_INVALID_ARG_TYPE' }],
    ['options that are none', SZ_4K, 1 as unknown as object, { code: 'ERR_INVALID_ARG_TYPE' }],
    ['a size that is none', '1' as unknown as number, {}, { code: 'ERR_INVALID_ARG_TYPE' }],
  ])('%s', async (_, size, options, error) => {
    const { queue, ask } = makeFull();
    void ask('waits', 1);
    await expect(queue.alloc(size, options)).rejects.toMatchObject(error);
    expect(queue.stats().waiting).toBe(1);
  });

  test('more than the limit of its account', async () => {
    const { queue, account } = makeFull();
    const how = { account: account({ limit: LIMIT }) };
    await expect(queue.alloc(LIMIT + SZ_4K, how)).rejects.toMatchObject({ code: 'ENOSPC', reason: 'limit' });
    expect(queue.stats().waiting).toBe(0);
  });

  test('an account that is disposed of', async () => {
    const { queue, account } = makeFull();
    const gone = account();
    gone.dispose();
    await expect(queue.alloc(SZ_4K, { account: gone })).rejects.toMatchObject({
      code: 'ERR_GPU_BUDDY_DISPOSED',
    });
  });

  test('with the message of allocBlocks()', async () => {
    const { buddy, queue } = makeFull();
    const size = 2 * CHUNKS * SZ_4K;
    const refusal = (await queue.alloc(size).catch((error: unknown) => error)) as Error;
    expect(() => buddy.allocBlocks(size)).toThrow(refusal.message);
  });
});

describe('new AllocQueue() refuses', () => {
  const buddy = new GpuBuddy({ size: SZ_4K });
  const disposed = new GpuBuddy({ size: SZ_4K });
  disposed.dispose();

  test.each<[string, unknown, unknown, string]>([
    ['an object of another class', {}, undefined, 'ERR_INVALID_ARG_TYPE'],
    ['nothing', undefined, undefined, 'ERR_INVALID_ARG_TYPE'],
    ['an allocator that is disposed of', disposed, undefined, 'ERR_GPU_BUDDY_DISPOSED'],
    ['a misspelt option', buddy, { maxPased: 1 }, 'ERR_INVALID_ARG_VALUE'],
    ['a barrier that no timer knows', buddy, { maxBarrier: 2 ** 31 }, 'ERR_OUT_OF_RANGE'],
    ['a negative count', buddy, { maxPassed: -1 }, 'ERR_OUT_OF_RANGE'],
  ])('%s', (_, given, options, code) => {
    expect(() => new AllocQueue(given as GpuBuddy, options as AllocQueueOptions)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('a wait ends', () => {
  test('with the reason of its signal, and leaves no listener', async () => {
    const { buddy, queue, granted, ask, free } = makeFull();
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = [ask('a', 1, { signal }), ask('b', 1, { signal }), ask('c', 1)].map(outcomeOf);
    await settle();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    const reason = new Error('enough');
    controller.abort(reason);
    await settle();
    expect(waiting.map(({ outcome }) => outcome)).toEqual([{ error: reason }, { error: reason }, undefined]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(queue.stats()).toMatchObject({ waiting: 1, waits: 2, rejected: 2 });
    await free(1);
    expect(granted).toEqual(['c']);
    expect(buddy.waits).toBe(0);
    await expect(queue.alloc(SZ_4K, { signal })).rejects.toBe(reason);
  });

  test('by an abort in the turn in which it began', async () => {
    const { buddy, ask, free, queue } = makeFull();
    const controller = new AbortController();
    const waiting = outcomeOf(ask('a', 1, { signal: controller.signal }));
    controller.abort('at once');
    await free(1);
    expect(waiting.outcome).toEqual({ error: 'at once' });
    expect([buddy.avail, queue.stats().waiting]).toEqual([SZ_4K, 0]);
  });

  test('and the next request of its account is tried, without another free', async () => {
    const { granted, ask, free } = makeFull();
    const controller = new AbortController();
    void ask('large', 2, { signal: controller.signal });
    void ask('small', 1);
    await free(1);
    expect(granted).toEqual([]);
    controller.abort();
    await settle();
    expect(granted).toEqual(['small']);
  });

  test('with the queue', async () => {
    const { buddy, queue, ask } = makeFull();
    const waiting = [ask('a', 1), ask('b', 1, { priority: 1 })].map(outcomeOf);
    await settle();
    waiting.push(outcomeOf(ask('of the same turn', 1)));
    queue.close();
    queue.close('twice');
    await settle();
    const closed = { error: expect.objectContaining({ name: 'AbortError' }) as unknown };
    expect(waiting.map(({ outcome }) => outcome)).toEqual([closed, closed, closed]);
    expect(buddy.waits).toBe(0);
    await expect(queue.alloc(SZ_4K)).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('with a block of `using`', async () => {
    const { queue, ask } = makeFull();
    const waiting = outcomeOf(ask('a', 1));
    queue[Symbol.dispose]();
    await settle();
    expect([queue.closed, waiting.outcome]).toEqual([
      true,
      { error: expect.objectContaining({ name: 'AbortError' }) as unknown },
    ]);
  });

  test.each([
    ['before it is tried', 0],
    ['after it was tried', 8],
  ])('with the allocator that is disposed of %s', async (_, turns) => {
    const { buddy, ask } = makeFull();
    const waiting = outcomeOf(ask('a', 1));
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    buddy.dispose();
    await settle();
    expect(waiting.outcome).toMatchObject({ error: { code: 'ERR_GPU_BUDDY_DISPOSED' } });
  });

  test('with its account, and the others wait on', async () => {
    const { queue, granted, ask, free, account } = makeFull();
    const gone = account();
    const waiting = outcomeOf(ask('a', 1, { account: gone }));
    void ask('b', 1);
    await settle();
    gone.dispose();
    await free(1);
    expect(waiting.outcome).toMatchObject({ error: { code: 'ERR_GPU_BUDDY_DISPOSED' } });
    expect(granted).toEqual(['b']);
    expect(queue.stats().waiting).toBe(0);
  });

  test('with an error of waitForFree()', async () => {
    const { buddy, ask } = makeFull();
    const waiting = outcomeOf(ask('a', 1));
    const failure = new Error('no memory');
    jest.spyOn(buddy, 'waitForFree').mockRejectedValue(failure);
    await settle();
    expect(waiting.outcome).toEqual({ error: failure });
  });

  test('with an error of a try, and the others wait on', async () => {
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

describe('code that is called in the middle of a try', () => {
  test.each<[string, (queue: AllocQueue, controller: AbortController) => void]>([
    [
      'may abort the request',
      (_, controller) => {
        controller.abort('meanwhile');
      },
    ],
    [
      'may close the queue',
      (queue) => {
        queue.close('meanwhile');
      },
    ],
  ])('%s: what it would have got is free again', async (_, end) => {
    const { buddy, queue, ask, free } = makeFull();
    const controller = new AbortController();
    const waiting = outcomeOf(ask('a', 1, { signal: controller.signal }));
    await settle();
    buddy.onTry = () => {
      end(queue, controller);
    };
    await free(1);
    expect(waiting.outcome).toEqual({ error: 'meanwhile' });
    expect(buddy.avail).toBe(SZ_4K);
    expect(queue.stats()).toMatchObject({ waiting: 0, granted: 0, rejected: 1 });
    expect(buddy.waits).toBe(0);
  });

  test('may close the queue: nobody else is granted anything', async () => {
    const { buddy, queue, granted, ask, free, account } = makeFull();
    for (const name of ['a', 'b', 'c']) void ask(name, 1, { account: account() });
    await settle();
    buddy.onTry = () => {
      if (buddy.avail === SZ_4K) queue.close();
    };
    await free(3);
    expect(granted).toEqual(['a']);
    expect(buddy.avail).toBe(2 * SZ_4K);
  });

  test('may ask for more', async () => {
    const { buddy, granted, ask, free, account } = makeFull();
    void ask('a', 1, { account: account() });
    await settle();
    buddy.onTry = () => {
      buddy.onTry = undefined;
      for (const priority of [1, 0, -1])
        void ask(`then ${String(priority)}`, 1, { priority, account: account() });
    };
    await free(4);
    expect(granted).toEqual(['a', 'then 1', 'then 0', 'then -1']);
  });

  test('may abort a request that is granted at once: it waits for nothing', async () => {
    const buddy = new ObservedBuddy({ size: SZ_4K });
    const queue = openQueue(buddy);
    const held = await queue.alloc(SZ_4K);
    const controller = new AbortController();
    buddy.onTry = () => {
      controller.abort('meanwhile');
    };
    await expect(queue.alloc(SZ_4K, { signal: controller.signal })).rejects.toBe('meanwhile');
    expect(queue.stats().waiting).toBe(0);
    held.free();
  });
});

test('one drain a turn tries each account once where nothing fits, however many wait and however many were freed', async () => {
  const { buddy, ask, free, account } = makeFull();
  const accounts = [undefined, ...Array.from({ length: 3 }, () => account())];
  const askElsewhere = (index: number) =>
    void ask('x', 4, { account: accounts[index], mode: { range: { start: 8 * SZ_4K, end: 16 * SZ_4K } } });
  for (let count = 0; count < 40; count++) askElsewhere(count % 4);
  await free(3);
  buddy.tries = 0;
  await free(1);
  expect(buddy.tries).toBe(4);
  askElsewhere(1);
  await settle();
  expect(buddy.tries).toBe(4);
});

test('a drain tries nothing that is more than is free', async () => {
  const { buddy, ask, free } = makeFull();
  void ask('x', 4);
  await free(3);
  buddy.tries = 0;
  await free(0);
  expect(buddy.tries).toBe(0);
  await free(1);
  expect(buddy.tries).toBe(1);
});

describe('stats()', () => {
  test('counts requests of this turn beside those that stand in line', async () => {
    const { queue, ask, account } = makeFull();
    const other = account();
    void ask('a', 1);
    await settle();
    void ask('b', 2);
    void ask('c', 4, { account: other, priority: 1 });
    const expected = {
      waiting: 3,
      waitingBytes: 7 * SZ_4K,
      lines: [
        { account: other, priority: 1, requests: 1, bytes: 4 * SZ_4K },
        { account: undefined, priority: 0, requests: 2, bytes: 3 * SZ_4K },
      ],
    };
    expect(queue.stats()).toMatchObject(expected);
    await settle();
    expect(queue.stats()).toMatchObject(expected);
  });

  test('is printed in short', () => {
    const { queue, ask } = makeFull();
    void ask('a', 1);
    expect(inspect(queue)).toBe(`AllocQueue { waiting: 1, waitingBytes: ${String(SZ_4K)} }`);
    expect(JSON.stringify(queue)).toBe(`{"waiting":1,"waitingBytes":${String(SZ_4K)}}`);
    queue.close();
    expect([inspect(queue), JSON.stringify(queue)]).toEqual(['AllocQueue { closed }', '{"closed":true}']);
    expect(inspect(Object.create(AllocQueue.prototype))).toBe('AllocQueue {}');
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
    await settle();
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

  test('is not kept by a wait that was granted', async () => {
    const { ask, free } = makeFull();
    void ask('a', 1, { timeout: 50 });
    await settle();
    expect(jest.getTimerCount()).toBe(1);
    await free(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is summed up for waits that have ended', async () => {
    const { queue, ask, free } = makeFull();
    void ask('granted', 1);
    void ask('late', 1, { timeout: 30 });
    await settle();
    jest.advanceTimersByTime(20);
    await free(1);
    expect(queue.stats()).toMatchObject({ waits: 1, waitTime: 20, rejected: 0 });
    jest.advanceTimersByTime(10);
    await settle();
    expect(queue.stats()).toMatchObject({ waits: 2, waitTime: 50, rejected: 1, longestWait: 0 });
  });

  /** Makes one large request, and small ones that pass it. */
  async function makePassed() {
    const { queue, granted, ask: askFor, free, account } = makeFull({ maxPassed: 2, maxBarrier: 100 });
    const ask = (name: string, chunks: number, how: QueuedAllocOptions): Promise<AllocatedBlocks> =>
      askFor(name, chunks, { account: account(), ...how });
    const controller = new AbortController();
    void ask('large', 4, { signal: controller.signal });
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

  test.each<[string, number, string[]]>([
    ['its request is granted', 3, ['1', '2', 'large', '3', '4', 'low']],
    ['its request is aborted', 0, ['1', '2', '3', '4', 'low']],
  ])('does not matter to a barrier once %s', async (_, chunks, all) => {
    const { granted, free, controller } = await makePassed();
    if (chunks) await free(chunks);
    else controller.abort();
    await settle();
    expect(granted).toEqual(all.slice(0, 3));
    await free(3);
    expect(granted).toEqual(all);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('passes for a barrier, which stops no higher priority', async () => {
    const { granted, ask } = await makePassed();
    void ask('high', 1, { priority: 1 });
    await settle();
    expect(granted).toEqual(['1', '2', 'high']);
  });
});
