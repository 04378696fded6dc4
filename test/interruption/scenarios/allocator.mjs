/** Scenarios: every public method of GpuBuddy. */
import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { collect, turn } from '../collector.mjs';
import { HUGE, KIB, MIB } from '../world.mjs';
import { allThrow, INVALID, NO_SPACE, sharedAllocator, tracedAllocator } from './helpers.mjs';

/** @typedef {import('./helpers.mjs').World} World */
/** @typedef {import('./helpers.mjs').Scenario} Scenario */

/** Allocations that differ by their options. @type {[string, number, import('gpu-buddy').AllocOptions?][]} */
const ALLOCATIONS = [
  ['without options', 16 * KIB],
  ['of several blocks', 28 * KIB],
  ['simple', 16 * KIB, { mode: 'simple', tag: 7 }],
  ['top-down', 16 * KIB, { mode: 'top-down', minBlockSize: 8 * KIB }],
  ['in a range', 16 * KIB, { mode: { range: { start: 256 * KIB, end: 512 * KIB } } }],
  ['of an exact range', 16 * KIB, { mode: { range: { start: 512 * KIB, end: 528 * KIB } } }],
  ['at an address', 16 * KIB, { mode: { at: 512 * KIB } }],
  ['contiguous', 12 * KIB, { contiguous: true }],
  ['clear', 16 * KIB, { clear: true }],
  ['without trimming', 12 * KIB, { contiguous: true, trimDisable: true }],
];

/** @type {Scenario[]} */
const allocations = ALLOCATIONS.flatMap(([name, size, options]) => [
  {
    name: `GpuBuddy.allocBlocks ${name}`,
    act: (w) => void w.hold(w.small.allocBlocks(size, options), w.small),
    // An exact range has gone to the list that the interrupted call has made.
    refused: [NO_SPACE],
  },
  {
    name: `GpuBuddy.tryAllocBlocks ${name}`,
    act: (w) => void w.hold(w.small.tryAllocBlocks(size, options), w.small),
  },
]);

/** @type {Scenario[]} */
export const allocatorScenarios = [
  {
    name: 'GpuBuddy.constructor',
    makesAllocators: true,
    act: (w) => {
      const options = { size: 64 * KIB, chunkSize: 8 * KIB, baseOffset: 4 * KIB, maxSteps: 1000 };
      w.my.made = w.holdBuddy(new w.library.GpuBuddy(options));
    },
    verify: ({ my }) => {
      assert.equal(BigInt(my.made.avail), BigInt(64 * KIB));
      assert.equal(BigInt(my.made.chunkSize), BigInt(8 * KIB));
    },
  },
  {
    name: 'GpuBuddy.constructor with bigints',
    makesAllocators: true,
    act: (w) => {
      w.my.made = w.holdBuddy(new w.library.GpuBuddy({ size: 2n ** 60n, chunkSize: 2n ** 56n }));
    },
    verify: ({ my }) => assert.equal(BigInt(my.made.avail), 2n ** 60n),
  },
  {
    name: 'GpuBuddy.constructor refused',
    throws: INVALID,
    act: (w) => void w.holdBuddy(new w.library.GpuBuddy({ size: 2n ** 60n, chunkSize: 3n * 2n ** 54n })),
  },
  {
    name: 'GpuBuddy.constructor with wrong arguments',
    act: ({ library: { GpuBuddy } }) =>
      allThrow(
        () => new GpuBuddy({ size: -1 }),
        () => new GpuBuddy(/** @type {any} */ ({ size: '1' })),
        () => new GpuBuddy({ size: 8192, baseOffset: 2n ** 64n - 1n }),
        () => new GpuBuddy(/** @type {any} */ (undefined)),
      ),
  },
  ...allocations,
  {
    name: 'GpuBuddy.allocBlocks with bigints',
    refused: [NO_SPACE],
    act: (w) => {
      const range = { start: 2n ** 59n, end: 2n ** 60n };
      w.hold(w.huge.allocBlocks(2n ** 55n, { mode: { range }, minBlockSize: 2n ** 54n }), w.huge);
    },
  },
  {
    name: 'GpuBuddy.allocBlocks of large',
    act: (w) => void w.hold(w.large.allocBlocks(64 * KIB), w.large),
  },
  {
    name: 'GpuBuddy.allocBlocks with captured stacks',
    arrange: tracedAllocator,
    act: (w) => void w.hold(w.my.traced.allocBlocks(16 * KIB), w.my.traced),
  },
  {
    name: 'GpuBuddy.allocBlocks while many lists live',
    arrange: (w) => {
      for (let i = 0; i < 200; i++) w.hold(w.large.allocBlocks(8 * KIB), w.large);
    },
    act: (w) => void w.hold(w.small.allocBlocks(4 * KIB), w.small),
    isSlow: true,
  },
  {
    name: 'GpuBuddy.allocBlocks without space',
    throws: NO_SPACE,
    act: (w) => void w.hold(w.small.allocBlocks(w.small.size), w.small),
  },
  {
    name: 'GpuBuddy.allocBlocks with wrong arguments',
    act: ({ small, large }) =>
      allThrow(
        () => small.allocBlocks(0),
        () => small.allocBlocks(100),
        () => small.allocBlocks(4096, { minBlockSize: 3 * 4096 }),
        () => large.allocBlocks(8192, { mode: { range: { start: 0, end: 8192 } } }),
        () => small.allocBlocks(4096, { mode: { range: { start: 2n ** 63n, end: 2n ** 64n - 1n } } }),
        () => small.allocBlocks(/** @type {any} */ ('4096')),
        () => small.allocBlocks(4096, /** @type {any} */ ({ mode: 'any' })),
      ),
  },
  {
    name: 'GpuBuddy.tryAllocBlocks without space',
    act: (w) => assert.equal(w.small.tryAllocBlocks(w.small.size), null),
  },
  {
    name: 'GpuBuddy.tryAllocBlocks while lists wait for the collector',
    isCollecting: true,
    // The space is full of lists that are collected, of which the event loop has not told anybody yet.
    arrange: async ({ small }) => {
      await turn();
      dropLists(small);
      collect();
      await turn();
    },
    act: (w) => void w.hold(w.small.tryAllocBlocks(256 * KIB), w.small),
  },
  {
    name: 'GpuBuddy.allocMany',
    // Lists of a call that was stopped wait for the collector.
    refused: [NO_SPACE],
    act: (w) => {
      for (const list of w.small.allocMany(3, 12 * KIB, { tag: 5 })) w.hold(list, w.small);
    },
  },
  {
    name: 'GpuBuddy.allocMany of none',
    act: (w) => assert.deepEqual(w.small.allocMany(0, 4096), []),
  },
  {
    name: 'GpuBuddy.allocMany in parts',
    isSlow: true,
    refused: [NO_SPACE],
    act: (w) => {
      for (const list of w.large.allocMany(4200, 8 * KIB)) w.hold(list, w.large);
    },
  },
  {
    name: 'GpuBuddy.allocMany without space',
    throws: NO_SPACE,
    act: (w) => void w.small.allocMany(10, BigInt(w.small.size) / 8n),
  },
  {
    name: 'GpuBuddy.allocMany without space in the second part',
    throws: NO_SPACE,
    isSlow: true,
    act: (w) => void w.large.allocMany(5000, 56 * KIB),
  },
  {
    name: 'GpuBuddy.batch',
    act: (w) => {
      w.my.made = w.small.batch();
    },
    verify: (w) => {
      w.my.made.alloc(4096);
      w.holdResult(w.my.made.run());
    },
  },
  {
    name: 'GpuBuddy.blockAt',
    act: (w) => {
      const [{ list }] = w.holdings;
      const offset = list.at(0)?.offset ?? 0n;
      assert.equal(w.small.blockAt(offset)?.offset, offset);
      assert.equal(w.small.blockAt(0), null);
    },
  },
  {
    name: 'GpuBuddy.blockAt with bigints',
    act: ({ huge }) => assert.equal(huge.blockAt(2n ** 59n), null),
  },
  {
    name: 'GpuBuddy.blockAt with wrong arguments',
    act: ({ small, large, huge }) =>
      allThrow(
        () => small.blockAt(small.size),
        () => large.blockAt(0),
        () => huge.blockAt(2n ** 63n),
        () => small.blockAt(-1),
      ),
  },
  {
    name: 'GpuBuddy.resetClear',
    act: ({ small }) => {
      small.resetClear(true);
      assert.equal(small.clearAvail, small.avail);
      small.resetClear(false);
      assert.equal(BigInt(small.clearAvail), 0n);
    },
  },
  {
    name: 'GpuBuddy.stats',
    act: ({ small }) => {
      const { size, avail, orders } = small.stats();
      assert.equal(BigInt(size), BigInt(MIB));
      assert.equal(avail, small.avail);
      assert.equal(orders.length, small.maxOrder + 1);
    },
  },
  {
    name: 'GpuBuddy.snapshot',
    act: (w) => {
      const { offsets } = w.large.snapshot();
      assert.equal(BigInt(offsets[0] ?? 0), 2n ** 32n);
    },
  },
  { name: 'GpuBuddy.print', act: ({ small }) => assert.match(small.print(), /chunk_size/) },
  {
    name: 'GpuBuddy.share',
    arrange: (w) => {
      w.my.made = w.holdBuddy(new w.library.GpuBuddy({ size: 8192 }));
    },
    act: (w) => {
      w.my.token = w.my.made.share();
    },
    verify: (w) => {
      w.mortals.push(w.my.token);
      const list = w.hold(w.my.made.allocBlocks(4096), w.my.made);
      assert.equal(BigInt(w.my.made.avail), 4096n);
      list.free();
    },
  },
  {
    name: 'GpuBuddy.from',
    makesAllocators: true,
    arrange: sharedAllocator,
    act: (w) => {
      w.my.other = w.holdBuddy(w.library.GpuBuddy.from(w.my.token), w.my.shared);
    },
    verify: (w) => {
      w.hold(w.my.other.allocBlocks(4096), w.my.shared);
      assert.equal(BigInt(w.my.shared.avail), BigInt(60 * KIB));
    },
  },
  {
    name: 'GpuBuddy.from with wrong arguments',
    act: ({ library: { GpuBuddy }, my }) =>
      allThrow(
        () => GpuBuddy.from({ ...my.token, type: 'GpuBuddy', id: '0'.repeat(32), baseOffset: 0n }),
        () => GpuBuddy.from(/** @type {any} */ ({})),
      ),
  },
  ...['dispose', Symbol.dispose].map(
    /** @param {any} method @returns {Scenario} */ (method) => ({
      name: `GpuBuddy.${typeof method === 'symbol' ? '[Symbol.dispose]' : method}`,
      makesAllocators: true,
      arrange: (w) => {
        sharedAllocator(w);
        w.hold(w.my.shared.allocBlocks(4096), w.my.shared);
      },
      act: (w) => w.my.shared[method](),
      verify: ({ my }) => {
        assert.equal(my.shared.disposed, true);
        allThrow(
          () => my.shared.avail,
          () => my.shared.allocBlocks(4096),
        );
      },
    }),
  ),
  {
    name: 'GpuBuddy getters',
    act: ({ small, large, huge }) => {
      assert.deepEqual([small.size, small.chunkSize, large.baseOffset, huge.size].map(BigInt), [
        BigInt(MIB),
        BigInt(4 * KIB),
        2n ** 32n,
        HUGE.size,
      ]);
      assert.equal(small.maxOrder, 8);
      assert.equal(small.disposed, false);
      assert.ok(small.clearAvail <= small.avail);
    },
  },
  {
    name: 'GpuBuddy questions',
    act: ({ small, large, huge }) => {
      assert.ok(small.largestFree <= small.avail && !small.isEmpty && small.fragmentation < 1);
      const free = small.freeSegments().map(({ size }) => BigInt(size));
      assert.equal(
        free.reduce((sum, size) => sum + size, 0n),
        BigInt(small.avail),
      );
      assert.equal(BigInt(small.availIn({ start: 0, end: small.size })), BigInt(small.avail));
      const start = BigInt(large.baseOffset);
      const range = { start, end: start + BigInt(large.size) };
      assert.ok(BigInt(large.findFree(64 * KIB, { alignment: 64 * KIB, range }) ?? 0) >= start);
      assert.equal(huge.findFree(huge.size, { range: { start: 0, end: huge.size } }), null);
    },
  },
  {
    name: 'GpuBuddy printed',
    act: (w) => {
      inspect(w.small);
      /** @type {any} */ (w.small).toJSON?.();
    },
  },
];

/** Fills the space, and drops it all. @param {import('../world.mjs').GpuBuddy} buddy */
function dropLists(buddy) {
  while (buddy.tryAllocBlocks(64 * KIB));
}
