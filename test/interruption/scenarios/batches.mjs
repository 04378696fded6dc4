/** Scenarios: every public method of Batch and BatchResult. */
import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { KIB } from '../world.mjs';
import { allThrow, INVALID, NO_SPACE, ownList, sharedAllocator, tracedAllocator } from './helpers.mjs';

/** @typedef {import('./helpers.mjs').World} World */
/** @typedef {import('./helpers.mjs').Scenario} Scenario */

/** Makes `my.batch` of two allocations, one of them freed again. @param {World} world @param {any} [buddy] */
function smallBatch(world, buddy = world.small) {
  const batch = buddy.batch();
  batch.alloc(20 * KIB);
  batch.free(batch.alloc(4 * KIB, { tag: 9 }));
  world.my.batch = batch;
  world.my.length = batch.length;
}

/** The same, which frees `my.list`, too. @param {World} world */
function batchWithList(world) {
  ownList(world);
  smallBatch(world);
  world.my.batch.free(world.my.list);
  world.my.length++;
}

/** @param {any} [options] @returns {(world: World) => void} */
function run(options) {
  return (w) => {
    w.my.result = w.holdResult(w.my.batch.run(options));
  };
}

/** A batch that was interrupted is as it was, or empty. @param {World} world */
function batchIsDone({ my }) {
  assert.equal(my.batch.length, 0);
  assert.ok([0, my.length].includes(my.result.length), `the second run did ${my.result.length} operations`);
  assert.ok(my.result.errnos.every((/** @type {number} */ errno) => errno === 0));
}

/** Makes `my.result`, of two lists, the first of which has been asked for, and one that failed. @param {World} world */
function result(world) {
  const batch = world.small.batch();
  batch.alloc(20 * KIB);
  batch.alloc(4 * KIB);
  batch.alloc(1024 * KIB);
  world.my.result = world.holdResult(batch.run());
  world.my.list = world.hold(world.my.result.blocks(0), world.small);
}

/** @param {World} world */
function resultIsFreed({ my }) {
  assert.equal(my.list.freed, true);
  assert.equal(my.result.blocks(1), null);
}

/** @type {Scenario[]} */
export const batchScenarios = [
  {
    name: 'Batch.alloc',
    arrange: (w) => smallBatch(w),
    act: ({ my: { batch } }) => {
      assert.equal(batch.alloc(8 * KIB, { mode: 'top-down' }), batch.length - 1);
      batch.alloc(2n ** 60n);
    },
    verify: ({ my: { batch } }) => assert.ok(batch.length >= 5 && batch.length <= 7),
  },
  {
    name: 'Batch.alloc that makes room',
    arrange: (w) => {
      const batch = w.small.batch();
      for (let i = 0; i < 63; i++) batch.alloc(4096);
      w.my.batch = batch;
      w.my.places = [];
    },
    act: ({ my }) => {
      for (let i = 0; i < 3; i++) my.places.push(my.batch.alloc(4096));
    },
    verify: (w) => {
      run()(w);
      assert.ok(w.my.places.every((/** @type {number} */ place) => w.my.result.blocks(place)));
    },
  },
  {
    name: 'Batch.free by place',
    arrange: (w) => smallBatch(w),
    refused: [INVALID],
    act: ({ my: { batch } }) => void batch.free(0, { cleared: true }),
    verify: (w) => {
      run()(w);
      assert.equal(w.my.result.blocks(0), null);
    },
  },
  {
    name: 'Batch.free of a list',
    arrange: (w) => {
      smallBatch(w);
      ownList(w);
    },
    act: ({ my: { batch, list } }) => void batch.free(list),
    verify: (w) => {
      run()(w);
      assert.equal(w.my.list.freed, true);
    },
  },
  {
    name: 'Batch with wrong arguments',
    arrange: (w) => smallBatch(w),
    act: ({ my: { batch }, holdings }) =>
      allThrow(
        () => batch.alloc(-1),
        () => batch.alloc(4096, { mode: 'any' }),
        () => batch.free(77),
        () => batch.free(1),
        () => batch.free(holdings.find(({ name }) => name === 'a list of large')?.list),
        () => batch.free('list'),
        () => batch.run({ atomic: 1 }),
      ),
    verify: ({ my }) => assert.equal(my.batch.length, my.length),
  },
  {
    name: 'Batch printed',
    arrange: batchWithList,
    act: ({ my: { batch } }) => {
      inspect(batch);
      batch.toJSON?.();
    },
    verify: ({ my }) => assert.equal(my.batch.length, my.length),
  },
  {
    name: 'Batch.clear',
    arrange: batchWithList,
    act: ({ my: { batch } }) => batch.clear(),
    verify: ({ my: { batch, list } }) => {
      assert.deepEqual([batch.length, list.freed], [0, false]);
      assert.equal(batch.run().length, 0);
    },
  },
  { name: 'Batch.run', arrange: (w) => smallBatch(w), act: run(), verify: batchIsDone },
  {
    name: 'Batch.run that frees a list',
    arrange: batchWithList,
    act: run(),
    verify: (w) => {
      batchIsDone(w);
      assert.equal(w.my.list.freed, true);
    },
  },
  {
    name: 'Batch.run, atomic',
    arrange: batchWithList,
    act: run({ atomic: true }),
    verify: (w) => {
      batchIsDone(w);
      assert.equal(w.my.list.freed, true);
    },
  },
  {
    name: 'Batch.run, atomic, that fails',
    arrange: (w) => {
      smallBatch(w);
      w.my.batch.alloc(1024 * KIB);
      w.my.length++;
    },
    throws: NO_SPACE,
    act: run({ atomic: true }),
    verify: ({ my }) => assert.equal(my.batch.length, my.length),
  },
  {
    name: 'Batch.run with operations that fail',
    arrange: (w) => {
      smallBatch(w);
      w.my.batch.alloc(1024 * KIB);
    },
    act: run(),
  },
  {
    name: 'Batch.run with captured stacks',
    arrange: (w) => {
      tracedAllocator(w);
      smallBatch(w, w.my.traced);
    },
    act: run(),
    verify: batchIsDone,
  },
  {
    name: 'Batch.run of a shared allocator',
    arrange: (w) => {
      sharedAllocator(w);
      w.my.resultsFrom = w.my.shared;
      smallBatch(w, w.my.shared);
    },
    act: run(),
    verify: batchIsDone,
  },
  {
    name: 'Batch.run of large',
    arrange: (w) => {
      w.my.resultsFrom = w.large;
      smallBatch(w, w.large);
    },
    act: run(),
  },
  {
    name: 'BatchResult.blocks',
    arrange: result,
    act: (w) => {
      const { my } = w;
      assert.equal(my.result.blocks(0), my.list);
      my.second = w.hold(my.result.blocks(1), w.small);
      assert.equal(my.result.blocks(2), null);
    },
    verify: ({ my }) => assert.equal(my.result.blocks(1), my.second),
  },
  {
    name: 'BatchResult.error',
    arrange: result,
    act: ({ my }) => {
      assert.equal(my.result.error(0), null);
      assert.equal(my.result.error(2).code, NO_SPACE);
    },
  },
  {
    name: 'BatchResult columns',
    arrange: (w) => {
      const batch = w.small.batch();
      batch.alloc(20 * KIB);
      w.my.result = w.holdResult(batch.run());
    },
    act: ({ my: { result } }) => {
      assert.equal(result.length, 1);
      assert.deepEqual([result.errnos[0], result.orders[0], result.counts[0]], [0, 2, 2]);
      assert.equal(result.offsets.length, 1);
      inspect(result);
      result.toJSON?.();
    },
  },
  {
    name: 'BatchResult.free',
    arrange: result,
    act: ({ my }) => my.result.free(),
    verify: resultIsFreed,
  },
  {
    name: 'BatchResult.free, cleared',
    arrange: result,
    act: ({ my }) => my.result.free({ cleared: true }),
    verify: resultIsFreed,
  },
  {
    name: 'BatchResult[Symbol.dispose]',
    arrange: result,
    act: ({ my }) => my.result[Symbol.dispose](),
    verify: resultIsFreed,
  },
];
