/** Scenarios: every public method of Pool, and freeAll(). */
import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { collect, turn } from '../collector.mjs';
import { KIB } from '../world.mjs';
import { allThrow, FREED, INVALID, NO_SPACE, ownList, sharedAllocator, tracedAllocator } from './helpers.mjs';

/** @typedef {import('./helpers.mjs').World} World */
/** @typedef {import('./helpers.mjs').Scenario} Scenario */

const DISPOSED = 'ERR_GPU_BUDDY_DISPOSED';

/** Makes `my.pool` of three allocations, the second one of several blocks; the handles are `my.handles`. @param {World} world @param {any} [buddy] */
function ownPool(world, buddy = world.small) {
  const { my } = world;
  const unit = BigInt(buddy.chunkSize);
  my.pool = world.holdPool(buddy.pool(), buddy);
  my.handles = [my.pool.alloc(unit), my.pool.alloc(3n * unit, { tag: 4 }), my.pool.alloc(unit)];
}

/** A pool without room for another allocation. @param {World} world */
function fullPool(world) {
  ownPool(world, world.large);
  while (world.my.pool.length < 64) world.my.handles.push(world.my.pool.alloc(8 * KIB));
}

/** @param {World} world */
function sharedPool(world) {
  sharedAllocator(world);
  ownPool(world, world.my.shared);
}

/** Says that the allocations of `ownPool()` are there, and no handle has two meanings. @param {World} world */
function poolIsWhole({ my: { pool, handles } }) {
  const all = [...pool];
  assert.equal(new Set(all).size, pool.length);
  for (const handle of handles) assert.ok(pool.has(handle) && all.includes(handle));
}

/** Says that the first handle is refused, and the others are not. @param {World} world */
function firstIsGone({ my: { pool, handles } }) {
  assert.deepEqual([...pool], handles.slice(1));
  assert.equal(pool.has(handles[0]), false);
  assert.throws(() => pool.offset(handles[0]), { code: INVALID });
}

/** @param {string} name @param {(w: World) => void} arrange @returns {Scenario[]} */
function frees(name, arrange) {
  return [
    {
      name: `Pool.free ${name}`,
      arrange,
      refused: [INVALID],
      act: ({ my: { pool, handles } }) => pool.free(handles[0], { cleared: true }),
      verify: firstIsGone,
    },
    {
      name: `Pool.blocks ${name}`,
      arrange,
      refused: [INVALID],
      act: (w) => void w.hold(w.my.pool.blocks(w.my.handles[0]), w.my.shared ?? w.my.owner ?? w.small),
      verify: firstIsGone,
    },
  ];
}

/** @param {World} world the allocator is its own: freeAll() takes everything */
function ownAllocator(world) {
  sharedAllocator(world);
  const { my } = world;
  my.list = world.hold(my.shared.allocBlocks(12 * KIB), my.shared);
  my.pool = world.holdPool(my.shared.pool(), my.shared);
  my.stale = my.pool.alloc(4 * KIB);
  const batch = my.shared.batch();
  my.handle = batch.alloc(4 * KIB);
  my.resultsFrom = my.shared;
  my.result = world.holdResult(batch.run());
}

/** @param {import('../world.mjs').GpuBuddy} buddy */
function dropPool(buddy) {
  const pool = buddy.pool();
  for (let i = 0; i < 100; i++) pool.alloc(4 * KIB);
}

/** @type {Scenario[]} */
export const poolScenarios = [
  {
    name: 'GpuBuddy.pool',
    act: (w) => {
      w.my.made = w.holdPool(w.small.pool(), w.small);
    },
    verify: (w) => assert.ok(w.my.made.has(w.my.made.alloc(4 * KIB))),
  },
  {
    name: 'GpuBuddy.pool with captured stacks',
    arrange: tracedAllocator,
    act: (w) => {
      w.my.made = w.holdPool(w.my.traced.pool(), w.my.traced);
    },
    verify: (w) => assert.ok(w.my.made.has(w.my.made.alloc(4 * KIB))),
  },
  ...['small', 'huge', 'fine'].map(
    /** @param {any} name @returns {Scenario} */ (name) => ({
      name: `Pool.alloc of ${name}`,
      arrange: (w) => ownPool(w, /** @type {any} */ (w)[name]),
      act: ({ my }) => {
        my.handle = my.pool.alloc(my.pool.buddy.chunkSize);
        my.pool.alloc(3n * BigInt(my.pool.buddy.chunkSize), { mode: 'top-down', tag: 7 });
      },
      verify: (w) => {
        poolIsWhole(w);
        assert.equal(w.my.pool.size(w.my.handle), w.my.pool.buddy.chunkSize);
      },
    }),
  ),
  {
    name: 'Pool.alloc that makes room',
    arrange: fullPool,
    act: ({ my }) => {
      my.handle = my.pool.alloc(8 * KIB);
    },
    verify: (w) => {
      poolIsWhole(w);
      assert.ok(w.my.pool.has(w.my.handle));
    },
  },
  {
    name: 'Pool.alloc after frees that wait',
    arrange: (w) => {
      ownPool(w);
      for (const handle of w.my.handles.splice(0, 2)) w.my.pool.free(handle);
    },
    act: ({ my }) => {
      my.handle = my.pool.alloc(8 * KIB);
    },
    verify: poolIsWhole,
  },
  {
    name: 'Pool.alloc of a shared allocator',
    arrange: sharedPool,
    act: ({ my }) => {
      my.handle = my.pool.alloc(4 * KIB);
    },
    verify: poolIsWhole,
  },
  {
    name: 'Pool.alloc without space',
    arrange: (w) => ownPool(w),
    throws: NO_SPACE,
    act: ({ my: { pool }, small }) => pool.alloc(small.size),
    verify: poolIsWhole,
  },
  {
    name: 'Pool.tryAlloc',
    arrange: (w) => ownPool(w),
    act: ({ my, small }) => {
      assert.equal(my.pool.tryAlloc(small.size), null);
      my.handle = my.pool.tryAlloc(4 * KIB, { clear: true });
    },
    verify: poolIsWhole,
  },
  {
    name: 'Pool.tryAlloc while a pool waits for the collector',
    isCollecting: true,
    // Much of the space belongs to a pool that is collected, of which the event loop may not have told anybody yet.
    arrange: async (w) => {
      await turn();
      dropPool(w.small);
      collect();
      await turn();
      w.my.pool = w.holdPool(w.small.pool(), w.small);
    },
    act: ({ my }) => void my.pool.tryAlloc(768 * KIB, { minBlockSize: 4 * KIB }),
  },
  ...frees('', (w) => ownPool(w)),
  ...frees('of a shared allocator', sharedPool),
  ...frees('of huge', (w) => ownPool(w, (w.my.owner = w.huge))),
  {
    name: 'Pool.free while many frees wait',
    arrange: (w) => {
      fullPool(w);
      for (const handle of w.my.handles.splice(1, 40)) w.my.pool.free(handle);
    },
    refused: [INVALID],
    act: ({ my: { pool, handles } }) => pool.free(handles[0]),
    verify: firstIsGone,
  },
  {
    name: 'Pool questions',
    arrange: (w) => ownPool(w, w.large),
    act: ({ my: { pool, handles }, large }) => {
      assert.deepEqual([pool.length, pool.disposed, pool.buddy], [3, false, large]);
      assert.equal(pool.has(handles[1]), true);
      assert.equal(pool.has(handles[1] + 1), false);
      assert.equal(pool.size(handles[1]), 24 * KIB);
      assert.ok(pool.offset(handles[1]) >= large.baseOffset);
      assert.deepEqual([...pool], handles);
    },
    verify: poolIsWhole,
  },
  {
    name: 'Pool questions of huge numbers',
    arrange: (w) => {
      ownPool(w, w.huge);
      w.my.handles.push(w.my.pool.alloc(2n ** 45n, { mode: { at: 2n ** 58n } }));
    },
    act: ({ my: { pool, handles } }) =>
      assert.deepEqual([pool.offset(handles[3]), pool.size(handles[3])], [2n ** 58n, 2n ** 45n]),
    verify: poolIsWhole,
  },
  {
    name: 'Pool with wrong arguments',
    arrange: (w) => ownPool(w),
    act: ({ my: { pool, handles }, pools: [other] }) =>
      allThrow(
        () => pool.alloc(-1),
        () => pool.alloc(4096, { mode: 'any' }),
        () => pool.tryAlloc(4096, { mode: { at: 2n ** 64n - 1n } }),
        () => pool.offset(0),
        () => pool.size(handles[0] + 0.5),
        () => pool.free('0'),
        () => pool.free(handles[0], { cleared: 1 }),
        () => pool.clear({ cleared: 1 }),
        () => pool.blocks(other && [...other.pool][0]),
      ),
    verify: poolIsWhole,
  },
  {
    name: 'Pool printed',
    arrange: (w) => ownPool(w),
    act: ({ my: { pool } }) => {
      inspect(pool);
      pool.toJSON();
    },
    verify: poolIsWhole,
  },
  {
    name: 'Pool.clear',
    arrange: (w) => ownPool(w),
    act: ({ my: { pool } }) => pool.clear({ cleared: true }),
    verify: ({ my: { pool, handles } }) => {
      assert.deepEqual([[...pool], pool.length, pool.has(handles[0])], [[], 0, false]);
      assert.ok(pool.has(pool.alloc(4 * KIB)));
    },
  },
  ...['dispose', Symbol.dispose].map(
    /** @param {any} method @returns {Scenario} */ (method) => ({
      name: `Pool.${typeof method === 'symbol' ? '[Symbol.dispose]' : method}`,
      arrange: (w) => {
        tracedAllocator(w);
        ownPool(w, w.my.traced);
      },
      act: ({ my: { pool } }) => pool[method](),
      verify: ({ my: { pool, handles } }) => {
        assert.deepEqual([pool.disposed, pool.has(handles[0]), [...pool]], [true, false, []]);
        assert.throws(() => pool.alloc(4 * KIB), { code: DISPOSED });
      },
    }),
  ),
  {
    name: 'Pool whose allocator is disposed of',
    makesAllocators: true,
    refused: [INVALID],
    arrange: (w) => {
      sharedPool(w);
      w.my.shared.dispose();
    },
    act: ({ my: { pool, handles } }) => {
      pool.free(handles[0]);
      pool.dispose();
    },
    again: ({ my: { pool } }) => pool.dispose(),
    verify: ({ my: { pool } }) => assert.equal(pool.disposed, true),
  },
  {
    name: 'GpuBuddy.freeAll',
    makesAllocators: true,
    arrange: ownAllocator,
    act: ({ my }) => my.shared.freeAll(),
    verify: (w) => {
      const { shared, list, pool, stale, result, handle } = w.my;
      assert.deepEqual([list.freed, pool.length, pool.has(stale)], [true, 0, false]);
      assert.equal(result.blocks(handle)?.freed ?? true, true);
      assert.throws(() => list.length, { code: FREED });
      assert.equal(shared.avail, shared.size);
      w.hold(shared.allocBlocks(4 * KIB), shared);
    },
  },
  {
    name: 'AllocatedBlocks after freeAll',
    arrange: (w) => {
      ownList(w);
      // From now on, every list asks whether it is there.
      w.my.other = w.holdBuddy(new w.library.GpuBuddy({ size: 64 * KIB }));
      w.my.stale = w.hold(w.my.other.allocBlocks(4 * KIB), w.my.other);
      w.my.other.freeAll();
    },
    act: ({ my: { list, stale } }) => {
      assert.equal(list.freed, false);
      assert.equal(list.size, 20 * KIB);
      stale.free();
    },
    verify: ({ my: { stale } }) => assert.equal(stale.freed, true),
  },
];
