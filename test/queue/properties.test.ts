// What must hold of a queue whatever is asked of it, and whenever memory comes back.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { getEventListeners } from 'node:events';
import { SZ_4K, type AllocatedBlocks, type AllocOptions, type Bytes } from 'gpu-buddy';
import { AllocQueue } from 'gpu-buddy/queue';
import { CountingAccount, outcomeOf, settle, WaitableBuddy, type Outcome } from './waitable';

/** An allocator with room for everything, of which it gives as many lists as it is told to. */
class RationedBuddy extends WaitableBuddy {
  ration = 0;

  override tryAllocBlocks(size: Bytes, options?: AllocOptions): AllocatedBlocks | null {
    if (this.ration === 0) return null;
    this.ration--;
    return super.tryAllocBlocks(size, options);
  }

  grant(lists: number): void {
    this.ration = lists;
    this.raiseEpoch();
  }
}

describe('the bound', () => {
  const account = fc.record({
    weight: fc.integer({ min: 1, max: 5 }),
    sizes: fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 30 }),
  });

  test('two accounts that wait since the same moment are apart, by bytes and weight, by the largest request at most', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(account, { minLength: 2, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 150, maxLength: 150 }),
        async (given, rations) => {
          const buddy = new RationedBuddy({ size: 2 ** 16 * SZ_4K });
          const queue = new AllocQueue(buddy);
          const lines = given.map(({ weight, sizes }) => {
            const line = { weight, left: sizes.length, granted: 0, bytesByWeight: 0 };
            const owner = new CountingAccount();
            for (const size of sizes)
              void queue.alloc(size * SZ_4K, { account: owner, weight }).then(() => {
                line.left--;
                line.bytesByWeight += size / weight;
              });
            return line;
          });
          const largest = Math.max(
            ...given.flatMap(({ weight, sizes }) => sizes.map((size) => size / weight)),
          );
          for (const ration of rations) {
            buddy.grant(ration);
            await settle();
            const served = lines.filter(({ left }) => left > 0).map(({ bytesByWeight }) => bytesByWeight);
            expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(largest + 1e-9);
          }
          expect(lines.every(({ left }) => left === 0)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('whenever they came: over any time in which both wait, by twice that at most', async () => {
    const steps = fc.array(
      fc.record({
        account: fc.integer({ min: 0, max: 3 }),
        sizes: fc.array(fc.integer({ min: 1, max: 16 }), { maxLength: 6 }),
        ration: fc.integer({ min: 0, max: 6 }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const buddy = new RationedBuddy({ size: 2 ** 16 * SZ_4K });
        const queue = new AllocQueue(buddy);
        const owners = Array.from({ length: 4 }, () => ({
          account: new CountingAccount(),
          left: 0,
          granted: 0,
        }));
        /** The least and the most that the first of two was ahead of the second since both wait. */
        const apart = new Map<string, { first: number; least: number; most: number }>();
        const look = (): void => {
          for (const [i, one] of owners.entries())
            for (const [j, other] of owners.entries()) {
              const key = `${String(i)} ${String(j)}`;
              if (one.left === 0 || other.left === 0) {
                apart.delete(key);
                continue;
              }
              const now = one.granted - other.granted;
              const seen = apart.get(key) ?? { first: now, least: now, most: now };
              apart.set(key, { ...seen, least: Math.min(seen.least, now), most: Math.max(seen.most, now) });
            }
        };
        for (const { account: index, sizes, ration } of given) {
          const owner = owners[index];
          if (!owner) throw new Error('no such owner');
          for (const size of sizes) {
            owner.left++;
            void queue.alloc(size * SZ_4K, { account: owner.account }).then(() => {
              owner.left--;
              owner.granted += size;
              look();
            });
          }
          await settle();
          look();
          buddy.grant(ration);
          await settle();
          for (const { least, most } of apart.values()) expect(most - least).toBeLessThanOrEqual(2 * 16);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('whatever happens', () => {
  const CHUNKS = 32;
  const ACCOUNTS = 3;
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('ask' as const),
        chunks: fc.integer({ min: 1, max: 20 }),
        owner: fc.integer({ min: 0, max: ACCOUNTS }),
        priority: fc.integer({ min: -1, max: 1 }),
        signal: fc.integer({ min: 0, max: 4 }),
        contiguous: fc.boolean(),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('free' as const), which: fc.nat() }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('abort' as const), signal: fc.integer({ min: 0, max: 3 }) }),
    },
    // In the middle of the next drain, after so many tries.
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('abort in a try' as const),
        signal: fc.integer({ min: 0, max: 3 }),
        tries: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
  );

  interface Asked {
    readonly chunks: number;
    readonly owner: number;
    readonly priority: number;
    readonly contiguous: boolean;
    readonly signal: AbortSignal | undefined;
    readonly noted: { readonly outcome: Outcome | undefined };
    readonly order: number;
  }

  /** All that is true of a queue when nothing is under way. */
  function check(
    buddy: WaitableBuddy,
    queue: AllocQueue,
    accounts: readonly (CountingAccount | undefined)[],
    asked: readonly Asked[],
  ) {
    const waiting = asked.filter(({ noted }) => !noted.outcome);
    const stats = queue.stats();
    expect(stats.waiting).toBe(waiting.length);
    expect(stats.waitingBytes).toBe(waiting.reduce((sum, { chunks }) => sum + chunks * SZ_4K, 0));
    expect(buddy.waiters.size).toBe(waiting.length > 0 ? 1 : 0);
    for (const { signal } of waiting) expect(signal?.aborted ?? false).toBe(false);
    for (const [owner, account] of accounts.entries()) {
      // No lost request: the first of an account can't be granted now.
      const [first] = waiting
        .filter((request) => request.owner === owner)
        .sort((a, b) => b.priority - a.priority || a.order - b.order);
      if (!first || stats.barriers > 0) continue;
      const { chunks, contiguous } = first;
      expect(buddy.tryAllocBlocks(chunks * SZ_4K, { contiguous, ...(account && { account }) })).toBeNull();
    }
    for (const one of asked)
      for (const other of asked)
        // First in, first out.
        if (one.owner === other.owner && one.priority === other.priority && one.order < other.order)
          if (other.noted.outcome && 'blocks' in other.noted.outcome) expect(one.noted.outcome).toBeDefined();
  }

  test.each([
    ['no barrier', 1_000_000],
    ['barriers', 2],
    ['a barrier for each that is refused', 0],
  ])('nothing is lost, overtaken in its line or left behind (%s)', async (_, maxPassed) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const buddy = new WaitableBuddy({ size: CHUNKS * SZ_4K });
        const queue = new AllocQueue(buddy, { maxPassed });
        const accounts = [
          new CountingAccount(),
          new CountingAccount(12 * SZ_4K),
          new CountingAccount(),
          undefined,
        ];
        const controllers = Array.from({ length: 4 }, () => new AbortController());
        const asked: Asked[] = [];
        const held = (): AllocatedBlocks[] =>
          asked.flatMap(({ noted: { outcome } }) =>
            outcome && 'blocks' in outcome && !outcome.blocks.freed ? [outcome.blocks] : [],
          );
        for (const given of steps)
          switch (given.kind) {
            case 'ask': {
              const { chunks, owner, priority, contiguous } = given;
              const account = accounts[owner];
              const signal = controllers[given.signal]?.signal;
              const noted = outcomeOf(
                queue.alloc(chunks * SZ_4K, {
                  priority,
                  contiguous,
                  ...(account && { account }),
                  ...(signal && { signal }),
                }),
              );
              asked.push({ chunks, owner, priority, contiguous, signal, noted, order: asked.length });
              break;
            }
            case 'free': {
              const lists = held();
              lists[given.which % lists.length]?.free();
              break;
            }
            case 'abort':
              controllers[given.signal]?.abort(given.kind);
              break;
            case 'abort in a try': {
              let left = given.tries;
              buddy.onTry = () => {
                if (--left === 0) controllers[given.signal]?.abort(given.kind);
              };
              break;
            }
            case 'turn':
              await settle();
              check(buddy, queue, accounts, asked);
          }
        await settle();
        check(buddy, queue, accounts, asked);
        queue.close('end');
        await settle();
        check(buddy, queue, accounts, asked);
        for (const list of held()) list.free();
        expect(buddy.isEmpty).toBe(true);
        for (const { signal } of controllers) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
        for (const { noted, signal } of asked) {
          const { outcome } = noted;
          if (outcome && 'error' in outcome && typeof outcome.error === 'string')
            expect(outcome.error === 'end' || signal?.reason === outcome.error).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('with barriers for all, nobody is passed: first come, first served within a priority', async () => {
    const asks = fc.array(
      fc.record({ chunks: fc.integer({ min: 1, max: 8 }), owner: fc.integer({ min: 0, max: 2 }) }),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(asks, async (given) => {
        const buddy = new WaitableBuddy({ size: 8 * SZ_4K });
        const taken = buddy.allocMany(8, SZ_4K);
        const queue = new AllocQueue(buddy, { maxPassed: 0, maxBarrier: 60_000 });
        const accounts = Array.from({ length: 3 }, () => new CountingAccount());
        let passed = 0;
        for (const { chunks, owner } of given)
          void queue.alloc(chunks * SZ_4K, { account: accounts[owner] }).then(async (blocks) => {
            await settle();
            blocks.free();
          });
        await settle();
        for (const list of taken) {
          list.free();
          buddy.raiseEpoch();
          await settle();
          passed += queue.stats().passed;
        }
        while (queue.stats().waiting > 0) await settle();
        expect([passed, queue.stats().granted]).toEqual([0, given.length]);
      }),
      { numRuns: 60 },
    );
  });
});
