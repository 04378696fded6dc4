// Properties of a queue, whatever is asked of it, and whenever memory comes back.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { getEventListeners } from 'node:events';
import { SZ_4K, type Account, type AllocatedBlocks, type AllocOptions, type Bytes } from 'gpu-buddy';
import type { AllocQueue } from 'gpu-buddy/queue';
import { ObservedBuddy, openQueue, outcomeOf, settle, type Outcome } from './support';

/** An allocator with room for everything, of which it gives as many lists as it is told to. */
class RationedBuddy extends ObservedBuddy {
  ration = 0;

  override tryAllocBlocks(size: Bytes, options?: AllocOptions): AllocatedBlocks | null {
    if (this.ration === 0) return null;
    this.ration--;
    return super.tryAllocBlocks(size, options);
  }

  /** Gives so many more lists to those who wait. */
  async grant(lists: number): Promise<void> {
    this.ration = lists;
    // The epoch rises.
    this.allocBlocks(SZ_4K).free();
    await settle();
  }
}

describe('the gap between two accounts that wait', () => {
  const weight = fc.integer({ min: 1, max: 5 });

  test('is at most weight × the largest request where they wait since the same moment', async () => {
    const account = fc.record({
      weight,
      sizes: fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(account, { minLength: 2, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 150, maxLength: 150 }),
        async (given, rations) => {
          const buddy = new RationedBuddy({ size: 2 ** 16 * SZ_4K });
          const queue = openQueue(buddy);
          const lines = given.map(({ weight, sizes }) => {
            const line = { weight, left: sizes.length, chunks: 0 };
            const owner = buddy.account();
            for (const size of sizes)
              void queue.alloc(size * SZ_4K, { account: owner, weight }).then(() => {
                line.left--;
                line.chunks += size;
              });
            return line;
          });
          const largest = Math.max(...given.flatMap(({ sizes }) => sizes));
          for (const ration of rations) {
            await buddy.grant(ration);
            const waiting = lines.filter(({ left }) => left > 0);
            for (const one of waiting)
              for (const other of waiting) {
                // In chunks of the first account.
                const gap = one.chunks - (other.chunks * one.weight) / other.weight;
                expect(Math.abs(gap)).toBeLessThanOrEqual(one.weight * largest + 1e-9);
              }
          }
          expect(lines.every(({ left }) => left === 0)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('grows by twice that at most over any time in which both wait, whenever they came', async () => {
    const LARGEST = 16;
    const steps = fc.array(
      fc.record({
        account: fc.integer({ min: 0, max: 3 }),
        sizes: fc.array(fc.integer({ min: 1, max: LARGEST }), { maxLength: 6 }),
        ration: fc.integer({ min: 0, max: 6 }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    const weights = fc.array(weight, { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(weights, steps, async (weights, given) => {
        const buddy = new RationedBuddy({ size: 2 ** 16 * SZ_4K });
        const queue = openQueue(buddy);
        const owners = weights.map((weight) => ({ account: buddy.account(), weight, left: 0, chunks: 0 }));
        /** The least and the most that the first of two was ahead of the second since both wait. */
        const apart = new Map<string, { least: number; most: number; bound: number }>();
        const look = (): void => {
          for (const [i, one] of owners.entries())
            for (const [j, other] of owners.entries()) {
              const key = `${String(i)} ${String(j)}`;
              if (one.left === 0 || other.left === 0) {
                apart.delete(key);
                continue;
              }
              const now = one.chunks - (other.chunks * one.weight) / other.weight;
              const { least, most } = apart.get(key) ?? { least: now, most: now };
              const bound = 2 * one.weight * LARGEST;
              apart.set(key, { least: Math.min(least, now), most: Math.max(most, now), bound });
            }
        };
        for (const { account: index, sizes, ration } of given) {
          const owner = owners[index];
          if (!owner) throw new Error('no such owner');
          for (const size of sizes) {
            owner.left++;
            const { account, weight } = owner;
            const granted = queue.alloc(size * SZ_4K, { account, weight }).then(() => {
              owner.left--;
              owner.chunks += size;
              look();
            });
            granted.catch(() => undefined);
          }
          await settle();
          look();
          await buddy.grant(ration);
          for (const { least, most, bound } of apart.values())
            expect(most - least).toBeLessThanOrEqual(bound + 1e-9);
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

  /** Expects what is true of a queue when nothing is under way. */
  function check(
    buddy: ObservedBuddy,
    queue: AllocQueue,
    accounts: readonly (Account | undefined)[],
    asked: readonly Asked[],
  ) {
    const waiting = asked.filter(({ noted }) => !noted.outcome);
    const stats = queue.stats();
    expect(stats.waiting).toBe(waiting.length);
    expect(stats.waitingBytes).toBe(waiting.reduce((sum, { chunks }) => sum + chunks * SZ_4K, 0));
    expect(buddy.waits).toBe(waiting.length > 0 ? 1 : 0);
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
  ])(
    'loses no request, lets none overtake another in its line, and leaves nothing behind (%s)',
    async (_, maxPassed) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          const buddy = new ObservedBuddy({ size: CHUNKS * SZ_4K });
          const queue = openQueue(buddy, { maxPassed, maxBarrier: 60_000 });
          const accounts = [
            buddy.account(),
            buddy.account({ limit: 12 * SZ_4K }),
            buddy.account(),
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
                buddy.onTry = undefined;
                check(buddy, queue, accounts, asked);
            }
          await settle();
          buddy.onTry = undefined;
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
    },
  );

  test('passes nobody with a barrier for each that is refused: first come, first served within a priority', async () => {
    const asks = fc.array(
      fc.record({ chunks: fc.integer({ min: 1, max: 8 }), owner: fc.integer({ min: 0, max: 2 }) }),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(asks, async (given) => {
        const buddy = new ObservedBuddy({ size: 8 * SZ_4K });
        const taken = buddy.allocMany(8, SZ_4K);
        const queue = openQueue(buddy, { maxPassed: 0, maxBarrier: 60_000 });
        const accounts = Array.from({ length: 3 }, () => buddy.account());
        for (const { chunks, owner } of given)
          void queue.alloc(chunks * SZ_4K, { account: accounts[owner] }).then(async (blocks) => {
            await settle();
            blocks.free();
          });
        await settle();
        for (const list of taken) {
          list.free();
          await settle();
        }
        while (queue.stats().waiting > 0) await settle();
        expect(queue.stats()).toMatchObject({ passed: 0, granted: given.length });
      }),
      { numRuns: 60 },
    );
  });

  test('grants a request that never fits beside the others, after `maxPassed` of them at most', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 10 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.nat()),
        async (maxPassed, sizes, choices) => {
          const buddy = new ObservedBuddy({ size: 16 * SZ_4K });
          const queue = openQueue(buddy, { maxPassed, maxBarrier: 60_000 });
          const held: AllocatedBlocks[] = [];
          const small = sizes.map((chunks) => ({ chunks, account: buddy.account() }));
          let isLargeAsked = false;
          let passes = 0;
          const askAgain = (choice: number): void => {
            const one = small[choice % small.length];
            const isLater = isLargeAsked;
            queue.alloc((one?.chunks ?? 1) * SZ_4K, { account: one?.account, priority: -1 }).then(
              (blocks) => {
                held.push(blocks);
                if (isLater) passes++;
              },
              () => undefined,
            );
          };
          for (let count = 0; count < 16; count++) askAgain(count);
          await settle();
          const large = outcomeOf(queue.alloc(16 * SZ_4K));
          isLargeAsked = true;
          for (const choice of choices) {
            if (large.outcome) break;
            held.splice(choice % held.length, 1)[0]?.free();
            askAgain(choice);
            await settle();
            expect(passes).toBeLessThanOrEqual(maxPassed);
          }
          expect(large.outcome).toHaveProperty('blocks');
        },
      ),
      { numRuns: 60 },
    );
  });
});
