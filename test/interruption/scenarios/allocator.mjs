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

/** Requests for small chunks. @type {[string, number, import('gpu-buddy').AllocOptions?][]} */
const FINE_ALLOCATIONS = [
  ['without options', KIB],
  ['of several blocks', 7 * 256, { tag: 3 }],
  ['in a range', 3 * 256, { mode: { range: { start: 16 * KIB, end: 32 * KIB } }, minBlockSize: 256 }],
  ['at an address', KIB, { mode: { at: 33 * KIB } }],
];

/** Blocks that are free in each new world. */
const PLACES = [
  { offset: 64 * KIB, order: 4 },
  { offset: 32 * KIB, order: 0 },
];

/** Makes `my.made` of a state. @param {World} world @param {any} state @param {any} [options] */
function restore(world, state, options) {
  const { buddy, lists } = world.library.GpuBuddy.restore(state, options);
  world.my.made = world.holdBuddy(buddy);
  for (const list of lists) world.hold(list, buddy);
}

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

/** Begins a wait through `my.waiting`, and notes how it ends. @param {World} world @param {any} [options] */
function wait({ my }, options) {
  const wait = my.waiting.waitForFree(options);
  my.waits.push(wait);
  wait.catch(() => undefined);
}

/** Makes `my.waiting`, an allocator with one wait. @param {World} world */
function waitingAllocator(world) {
  const { my, library } = world;
  my.waiting = world.holdBuddy(new library.GpuBuddy({ size: 64 * KIB }));
  my.waits = [];
  // As an AbortSignal, whose own would throw by the event loop what interrupts a listener.
  my.signal = {
    aborted: false,
    reason: 'on purpose',
    throwIfAborted: () => undefined,
    addEventListener: (/** @type {string} */ _, /** @type {() => void} */ abort) => {
      my.abort = abort;
    },
    removeEventListener: () => undefined,
  };
  wait(world, { ref: false });
}

/** Ends all waits by a free, whatever was interrupted. @param {World} world */
async function endWaits({ my }) {
  // It may have been stopped before there was an allocator.
  if (!my.waiting || my.waiting.disposed) return;
  const since = my.waiting.epoch;
  my.waiting.allocBlocks(4 * KIB).free();
  assert.ok((await my.waiting.waitForFree({ since, ref: false })) > since, 'the epoch rises');
  await turn();
  await Promise.allSettled(my.waits);
}

/** @type {Scenario[]} */
const waits = [
  {
    name: 'GpuBuddy.epoch',
    arrange: waitingAllocator,
    act: ({ my }) => void assert.equal(my.waiting.epoch, 0),
    cleanup: endWaits,
  },
  {
    name: 'GpuBuddy.waitForFree',
    arrange: waitingAllocator,
    act: (w) => wait(w, { signal: w.my.signal, ref: false }),
    cleanup: endWaits,
  },
  {
    name: 'GpuBuddy.waitForFree at once',
    arrange: (w) => {
      waitingAllocator(w);
      w.my.waiting.allocBlocks(4 * KIB).free();
    },
    act: (w) => wait(w, { since: 0 }),
    cleanup: endWaits,
  },
  {
    name: 'GpuBuddy.waitForFree aborted',
    arrange: (w) => {
      waitingAllocator(w);
      wait(w, { signal: w.my.signal, ref: false });
    },
    act: ({ my }) => void my.abort(),
    cleanup: endWaits,
  },
  {
    name: 'GpuBuddy.dispose with waits',
    makesAllocators: true,
    arrange: waitingAllocator,
    act: ({ my }) => void my.waiting.dispose(),
    verify: ({ my }) => void assert.ok(my.waiting.disposed),
    cleanup: endWaits,
  },
];

/** @type {Scenario[]} */
export const allocatorScenarios = [
  ...waits,
  {
    name: 'GpuBuddy.constructor',
    makesAllocators: true,
    act: (w) => {
      const options = { size: 64 * KIB, chunkSize: 8 * KIB, baseOffset: 4 * KIB, maxSteps: 1000 };
      w.my.made = w.holdBuddy(new w.library.GpuBuddy(options));
    },
    verify: ({ my }) => {
      assert.equal(my.made.avail, 64 * KIB);
      assert.equal(my.made.chunkSize, 8 * KIB);
    },
  },
  {
    name: 'GpuBuddy.constructor of small chunks',
    makesAllocators: true,
    act: (w) => {
      w.my.made = w.holdBuddy(new w.library.GpuBuddy({ size: 1001, chunkSize: 2, baseOffset: 5 }));
    },
    verify: (w) => {
      const { made } = w.my;
      assert.deepEqual([made.avail, made.chunkSize], [1000, 2]);
      const list = w.hold(made.allocBlocks(6), made);
      assert.equal(made.avail, 994);
      list.free();
    },
  },
  {
    name: 'GpuBuddy.constructor with bigints',
    makesAllocators: true,
    act: (w) => {
      w.my.made = w.holdBuddy(
        new w.library.GpuBuddy({ size: 2n ** 60n, chunkSize: 2n ** 56n, bigint: true }),
      );
    },
    verify: ({ my }) => assert.equal(my.made.avail, 2n ** 60n),
  },
  {
    name: 'GpuBuddy.constructor refused',
    throws: INVALID,
    act: (w) =>
      void w.holdBuddy(new w.library.GpuBuddy({ size: 2n ** 60n, chunkSize: 3n * 2n ** 54n, bigint: true })),
  },
  {
    name: 'GpuBuddy.constructor of numbers that are too large',
    throws: INVALID,
    act: (w) => void w.holdBuddy(new w.library.GpuBuddy({ size: 2n ** 60n })),
  },
  {
    name: 'GpuBuddy.constructor with wrong arguments',
    act: ({ library: { GpuBuddy } }) =>
      allThrow(
        () => new GpuBuddy({ size: -1 }),
        () => new GpuBuddy(/** @type {any} */ ({ size: '1' })),
        () => new GpuBuddy({ size: 8192, baseOffset: 2n ** 64n - 1n, bigint: true }),
        () => new GpuBuddy({ size: 2n ** 53n, chunkSize: 1, bigint: true }),
        () => new GpuBuddy(/** @type {any} */ ({ size: 8192, bigint: 1 })),
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
  ...FINE_ALLOCATIONS.flatMap(
    /** @returns {Scenario[]} */ ([name, size, options]) => [
      {
        name: `GpuBuddy.allocBlocks of small chunks, ${name}`,
        act: (w) => void w.hold(w.fine.allocBlocks(size, options), w.fine),
        refused: [NO_SPACE],
      },
      {
        name: `GpuBuddy.tryAllocBlocks of small chunks, ${name}`,
        act: (w) => void w.hold(w.fine.tryAllocBlocks(size, options), w.fine),
      },
    ],
  ),
  {
    name: 'GpuBuddy.allocBlocks of small chunks without space',
    throws: NO_SPACE,
    act: (w) => void w.hold(w.fine.allocBlocks(w.fine.size), w.fine),
  },
  {
    name: 'GpuBuddy.allocMany of small chunks',
    refused: [NO_SPACE],
    act: (w) => {
      for (const list of w.fine.allocMany(3, 3 * 256)) w.hold(list, w.fine);
    },
  },
  {
    name: 'GpuBuddy.allocMany of bigints',
    act: (w) => {
      for (const list of w.huge.allocMany(2, 2n ** 50n)) w.hold(list, w.huge);
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
    name: 'GpuBuddy.claim',
    refused: [NO_SPACE],
    act: (w) => void w.hold(w.small.claim(PLACES, { tag: 6, clear: true }), w.small),
  },
  {
    name: 'GpuBuddy.claim with captured stacks',
    arrange: tracedAllocator,
    refused: [NO_SPACE],
    act: (w) => void w.hold(w.my.traced.claim(PLACES), w.my.traced),
  },
  {
    name: 'GpuBuddy.claim of bigints, and of small chunks',
    refused: [NO_SPACE],
    act: (w) => {
      w.hold(w.huge.claim([{ offset: 2n ** 55n, order: 40 }]), w.huge);
      w.hold(w.fine.claim([{ offset: 256, order: 0 }]), w.fine);
    },
  },
  {
    name: 'GpuBuddy.claim without space',
    throws: NO_SPACE,
    act: (w) => void w.small.claim([...PLACES, { offset: w.small.size - 4 * KIB, order: 0 }]),
  },
  {
    name: 'GpuBuddy.claim with wrong arguments',
    act: ({ small, large }) =>
      allThrow(
        () => small.claim([]),
        () => small.claim([...PLACES, ...PLACES]),
        () => small.claim([{ offset: 4096, order: 1 }]),
        () => large.claim([{ offset: 0, order: 0 }]),
        () => small.claim(/** @type {any} */ (5)),
        () => small.claim(/** @type {any} */ ([5])),
        () => small.claim(PLACES, /** @type {any} */ ({ clear: 1 })),
      ),
  },
  {
    name: 'GpuBuddy.save',
    act: ({ small, huge, fine }) => {
      for (const buddy of [small, huge, fine]) {
        const { lists, blocks } = buddy.save();
        assert.ok(lists.tags.length > 0 && blocks.offsets.length >= lists.counts.length);
      }
    },
  },
  ...[undefined, { captureStacks: true, bigint: true }].map(
    /** @param {any} options @returns {Scenario} */ (options) => ({
      name: `GpuBuddy.restore${options ? ' with options' : ''}`,
      makesAllocators: true,
      arrange: (w) => {
        // Anywhere: at a fixed place there may be a list that an earlier loop has left to the collector.
        w.small.allocBlocks(68 * KIB).free({ cleared: true });
        w.my.state = w.small.save();
      },
      act: (w) => restore(w, w.my.state, options),
      verify: ({ my }) => assert.deepEqual(my.made.save(), my.state),
    }),
  ),
  {
    name: 'GpuBuddy.restore refused',
    makesAllocators: true,
    throws: INVALID,
    arrange: (w) => {
      w.my.state = w.small.save();
      w.my.state.free = { offsets: [255], orders: [0] };
    },
    act: (w) => restore(w, w.my.state),
  },
  {
    name: 'GpuBuddy.restore with wrong arguments',
    makesAllocators: true,
    arrange: (w) => {
      w.my.state = w.small.save();
    },
    act: ({ library: { GpuBuddy }, my: { state } }) =>
      allThrow(
        () => GpuBuddy.restore(/** @type {any} */ (undefined)),
        () => GpuBuddy.restore({ ...state, version: 2 }),
        () => GpuBuddy.restore({ ...state, size: '1' }),
        () => GpuBuddy.restore({ ...state, chunkSize: 3 }),
        () => GpuBuddy.restore({ ...state, baseOffset: -1 }),
        () => GpuBuddy.restore({ ...state, lists: { tags: [], counts: [] } }),
        () => GpuBuddy.restore({ ...state, blocks: { ...state.blocks, clear: [] } }),
        () => GpuBuddy.restore({ ...state, free: { offsets: [1], orders: [1] } }),
        () => GpuBuddy.restore(state, /** @type {any} */ ({ size: 4096 })),
      ),
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
      const offset = list.at(0)?.offset ?? 0;
      assert.equal(w.small.blockAt(offset)?.offset, offset);
      assert.equal(w.small.blockAt(0), null);
    },
  },
  {
    name: 'GpuBuddy.blockAt with bigints',
    act: ({ huge }) => {
      assert.equal(huge.blockAt(2n ** 59n), null);
      assert.equal(huge.blockAt(huge.size - 1n)?.size, 2n ** 54n);
    },
  },
  {
    name: 'GpuBuddy.blockAt of small chunks',
    act: ({ fine }) => {
      assert.equal(fine.blockAt(1), null);
      assert.equal(fine.blockAt(4 * MIB - 1)?.size, 1024);
    },
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
      assert.equal(small.clearAvail, 0);
    },
  },
  {
    name: 'GpuBuddy.stats',
    act: ({ small }) => {
      const { size, avail, orders } = small.stats();
      assert.equal(size, MIB);
      assert.equal(avail, small.avail);
      assert.equal(orders.length, small.maxOrder + 1);
    },
  },
  {
    name: 'GpuBuddy.stats of bigints, and of small chunks',
    act: ({ huge, fine }) => {
      assert.deepEqual([huge.stats().size, huge.stats().avail], [HUGE.size, huge.avail]);
      assert.deepEqual([fine.stats().chunkSize, fine.stats().orders[1]?.blockSize], [256, 512]);
    },
  },
  {
    name: 'GpuBuddy.snapshot',
    act: (w) => {
      const { offsets } = w.large.snapshot();
      assert.equal(offsets[0], 2 ** 32);
      assert.equal(w.huge.snapshot().offsets[0], 0n);
      assert.equal(w.fine.snapshot().offsets[0], 0);
    },
  },
  {
    name: 'GpuBuddy.print',
    act: ({ small, fine }) => {
      assert.match(small.print(), /^chunk_size/);
      assert.match(fine.print(), /^scale: 16/);
    },
  },
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
      assert.equal(w.my.made.avail, 4096);
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
      assert.equal(w.my.shared.avail, 60 * KIB);
    },
  },
  {
    name: 'GpuBuddy.from as bigints',
    makesAllocators: true,
    arrange: sharedAllocator,
    act: (w) => {
      w.my.other = w.holdBuddy(w.library.GpuBuddy.from(w.my.token, { bigint: true }), w.my.shared);
    },
    verify: (w) => {
      w.hold(w.my.other.allocBlocks(4096), w.my.shared);
      assert.deepEqual([w.my.other.avail, w.my.shared.avail], [BigInt(60 * KIB), 60 * KIB]);
    },
  },
  {
    name: 'GpuBuddy.from as numbers of an allocator of bigints',
    makesAllocators: true,
    arrange: (w) => {
      w.my.shared = w.holdBuddy(new w.library.GpuBuddy({ size: 64 * KIB, chunkSize: 256, bigint: true }));
      w.my.token = w.expectEnd(w.my.shared);
    },
    act: (w) => {
      w.my.other = w.holdBuddy(w.library.GpuBuddy.from(w.my.token, { bigint: false }), w.my.shared);
    },
    verify: (w) => {
      w.hold(w.my.other.allocBlocks(256), w.my.shared);
      assert.deepEqual([w.my.other.avail, w.my.shared.avail], [65280, 65280n]);
    },
  },
  {
    name: 'GpuBuddy.from as numbers that are too large',
    makesAllocators: true,
    arrange: (w) => {
      w.my.shared = w.holdBuddy(new w.library.GpuBuddy(HUGE));
      w.my.token = w.expectEnd(w.my.shared);
    },
    throws: INVALID,
    act: (w) => void w.holdBuddy(w.library.GpuBuddy.from(w.my.token), w.my.shared),
  },
  {
    name: 'GpuBuddy.from with wrong arguments',
    act: ({ library: { GpuBuddy }, my }) =>
      allThrow(
        () => GpuBuddy.from({ ...my.token, type: 'GpuBuddy', id: '0'.repeat(32), baseOffset: 0n }),
        () => GpuBuddy.from({ ...my.token, id: '0'.repeat(32) }, { bigint: true }),
        () => GpuBuddy.from(/** @type {any} */ ({})),
        () => GpuBuddy.from(my.token, /** @type {any} */ ({ bigint: 1 })),
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
    act: ({ small, large, huge, fine }) => {
      assert.deepEqual(
        [small.size, small.chunkSize, large.baseOffset, huge.size, huge.baseOffset, fine.chunkSize],
        [MIB, 4 * KIB, 2 ** 32, HUGE.size, 0n, 256],
      );
      assert.deepEqual([small.maxOrder, huge.maxOrder, fine.maxOrder], [8, 48, 14]);
      assert.equal(small.disposed, false);
      assert.ok(small.clearAvail <= small.avail);
    },
  },
  {
    name: 'GpuBuddy questions',
    act: ({ small, large, huge }) => {
      assert.ok(small.largestFree <= small.avail && !small.isEmpty && small.fragmentation < 1);
      const free = small.freeSegments().map(({ size }) => Number(size));
      assert.equal(
        free.reduce((sum, size) => sum + size, 0),
        small.avail,
      );
      assert.equal(small.availIn({ start: 0, end: small.size }), small.avail);
      const start = BigInt(large.baseOffset);
      const range = { start, end: start + BigInt(large.size) };
      assert.ok((large.findFree(64 * KIB, { alignment: 64 * KIB, range }) ?? 0) >= start);
      assert.equal(huge.findFree(huge.size, { range: { start: 0, end: huge.size } }), null);
    },
  },
  {
    name: 'GpuBuddy questions of bigints, and of small chunks',
    act: ({ huge, fine }) => {
      for (const buddy of [huge, fine]) {
        const range = { start: 0, end: buddy.size };
        assert.ok(buddy.largestFree <= buddy.avail && !buddy.isEmpty && buddy.fragmentation < 1);
        const free = buddy.freeSegments().map(({ size }) => BigInt(size));
        assert.equal(
          free.reduce((sum, size) => sum + size, 0n),
          BigInt(buddy.avail),
        );
        assert.equal(buddy.availIn(range), buddy.avail);
        assert.equal(Number(buddy.findFree(buddy.chunkSize, { range })), 0);
      }
    },
  },
  {
    name: 'GpuBuddy printed',
    act: (w) => {
      for (const buddy of [w.small, w.huge]) {
        inspect(buddy);
        buddy.toJSON();
      }
    },
  },
];

/** Fills the space, and drops it all. @param {import('../world.mjs').GpuBuddy} buddy */
function dropLists(buddy) {
  while (buddy.tryAllocBlocks(64 * KIB));
}
