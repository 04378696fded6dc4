/** Scenarios: every public method of Batch and BatchResult. */
import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { KIB } from '../world.mjs';
import { allThrow, INVALID, NO_SPACE, ownList, sharedAllocator, tracedAllocator } from './helpers.mjs';

/** @typedef {import('./helpers.mjs').World} World */
/** @typedef {import('./helpers.mjs').Scenario} Scenario */

/** Makes `my.batch` of two allocations, one of them freed again; the handles are `my.handles`. @param {World} world @param {any} [buddy] */
function smallBatch(world, buddy = world.small) {
  const batch = buddy.batch();
  const unit = Number(buddy.chunkSize);
  const [first, second] = [batch.alloc(5 * unit), batch.alloc(unit, { tag: 9 })];
  world.my.handles = [first, second, batch.free(second)];
  world.my.batch = batch;
  world.my.length = batch.length;
}

/** The same, which frees `my.list`, too. @param {World} world */
function batchWithList(world) {
  ownList(world);
  smallBatch(world);
  world.my.handles.push(world.my.batch.free(world.my.list));
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
  handlesAreRight(my);
}

/** The operations of a result have handles of their own, which it knows. @param {any} my */
function handlesAreRight({ result }) {
  const handles = Array.from(result, ({ handle }) => handle);
  assert.equal(new Set(handles).size, result.length);
  handles.forEach((handle, index) => assert.equal(result.indexOf(handle), index));
}

/** Says that a batch that was stopped is as it was, with the same handles, or empty. @param {World} world */
function batchIsWhole(world) {
  const { my } = world;
  assert.ok([0, my.length].includes(my.batch.length), `the batch has ${my.batch.length} operations`);
  run()(world);
  handlesAreRight(my);
  const known = my.handles.filter(
    (/** @type {number} */ _, /** @type {number} */ index) => index < my.result.length,
  );
  assert.deepEqual(
    Array.from(my.result, ({ handle }) => handle),
    known,
  );
}

/**
 * Makes `my.result`, of two lists, the first of which has been asked for, and one that failed; the handles are `my.handles`.
 *
 * @param {World} world @param {any} [buddy]
 */
function result(world, buddy = world.small) {
  const batch = buddy.batch();
  const unit = Number(buddy.chunkSize);
  world.my.resultsFrom = buddy;
  world.my.handles = [batch.alloc(5 * unit), batch.alloc(unit), batch.alloc(buddy.size)];
  world.my.result = world.holdResult(batch.run());
  world.my.list = world.hold(world.my.result.blocks(world.my.handles[0]), buddy);
}

/** Goes through a result, as far as `most`, and takes its lists. @param {World} world @param {number} [most] */
function iterate(world, most = Infinity) {
  const { my } = world;
  let count = 0;
  for (const { handle, blocks, error } of my.result) {
    world.hold(blocks, my.resultsFrom);
    assert.equal(handle, my.handles[count]);
    assert.equal(error?.code, count === 2 ? NO_SPACE : undefined);
    if (++count === most) break;
  }
  assert.equal(count, Math.min(most, 3));
}

/** A result gives the lists that it has kept, the same every time. @param {World} world */
function resultIsWhole({ my: { result, handles, list } }) {
  assert.deepEqual(
    handles.map((/** @type {any} */ handle) => result.indexOf(handle)),
    [0, 1, 2],
  );
  assert.equal(result.blocks(handles[0]), list);
  assert.equal(result.blocks(handles[1]), result.blocks(handles[1]));
  assert.equal(result.blocks(handles[2]), null);
  assert.equal(result.error(handles[2]).code, NO_SPACE);
}

/** @param {World} world */
function resultIsFreed({ my }) {
  assert.equal(my.list.freed, true);
  assert.equal(my.result.blocks(my.handles[1]), null);
}

/** @type {Scenario[]} */
export const batchScenarios = [
  {
    name: 'Batch.alloc',
    arrange: (w) => smallBatch(w),
    act: ({ my }) => {
      my.handle = my.batch.alloc(8 * KIB, { mode: 'top-down' });
      my.batch.alloc(2n ** 60n);
    },
    verify: (w) => {
      const { my } = w;
      assert.ok(my.batch.length >= 5 && my.batch.length <= 7);
      run()(w);
      handlesAreRight(my);
      assert.equal(my.result.indexOf(my.handle), my.result.length - 2);
      assert.equal(my.result.blocks(my.handle).size, 8 * KIB);
      my.handles.forEach((/** @type {any} */ handle, /** @type {number} */ index) =>
        assert.equal(my.result.indexOf(handle), index),
      );
    },
  },
  ...['huge', 'fine'].map(
    /** @param {any} name @returns {Scenario} */ (name) => ({
      name: `Batch.alloc and free of ${name}`,
      arrange: (w) => smallBatch(w, (w.my.resultsFrom = w[name])),
      act: ({ my }) => {
        const size = my.resultsFrom.chunkSize;
        my.handle = my.batch.alloc(size, { mode: 'top-down' });
        my.batch.free(my.batch.alloc(size));
      },
      verify: (w) => {
        const { my } = w;
        run()(w);
        handlesAreRight(my);
        assert.equal(my.result.blocks(my.handle).size, my.resultsFrom.chunkSize);
      },
    }),
  ),
  {
    name: 'Batch.alloc that makes room',
    arrange: (w) => {
      const batch = w.small.batch();
      for (let i = 0; i < 63; i++) batch.alloc(4096);
      w.my.batch = batch;
      w.my.handles = [];
    },
    act: ({ my }) => {
      for (let i = 0; i < 3; i++) my.handles.push(my.batch.alloc(4096));
    },
    verify: (w) => {
      run()(w);
      handlesAreRight(w.my);
      assert.ok(w.my.handles.every((/** @type {any} */ handle) => w.my.result.blocks(handle)));
    },
  },
  {
    // Each takes its numbers by turns, as many as it has operations.
    name: 'Batch.alloc by turns with another batch',
    arrange: (w) => {
      w.my.batches = [w.small.batch(), w.small.batch()];
      w.my.handles = [[], []];
      for (const [index, batch] of w.my.batches.entries())
        for (let i = 0; i < 63; i++) w.my.handles[index].push(batch.alloc(4096));
    },
    act: ({ my: { batches, handles } }) => {
      for (let i = 0; i < 3; i++)
        for (const [index, batch] of batches.entries()) handles[index].push(batch.alloc(4096));
    },
    verify: (w) => {
      const { batches, handles } = w.my;
      w.my.batches = undefined;
      const results = batches.map((/** @type {any} */ batch) => {
        w.my.batch = batch;
        run()(w);
        handlesAreRight(w.my);
        return w.my.result;
      });
      for (const [index, of] of results.entries()) {
        assert.ok(handles[index].every((/** @type {any} */ handle) => of.blocks(handle)));
        for (const handle of handles[1 - index]) assert.throws(() => of.indexOf(handle), { code: INVALID });
      }
    },
  },
  {
    name: 'Batch.free by handle',
    arrange: (w) => smallBatch(w),
    refused: [INVALID],
    act: ({ my: { batch, handles } }) => void batch.free(handles[0], { cleared: true }),
    verify: (w) => {
      run()(w);
      handlesAreRight(w.my);
      assert.equal(w.my.result.blocks(w.my.handles[0]), null);
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
    act: ({ my: { batch, handles }, holdings, handle }) =>
      allThrow(
        () => batch.alloc(-1),
        () => batch.alloc(4096, { mode: 'any' }),
        // Wrong handles: of another batch, freed, of a free, no handle.
        () => batch.free(handle),
        () => batch.free(handles[1]),
        () => batch.free(handles[2]),
        () => batch.free(-1),
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
  {
    name: 'Batch.clear of a batch that goes on',
    arrange: (w) => smallBatch(w),
    act: ({ my: { batch } }) => batch.clear(),
    // Not cleared: the batch goes on as the interruption has left it.
    again: () => undefined,
    verify: batchIsWhole,
  },
  {
    name: 'Batch.clear of a batch as long as its numbers go',
    arrange: (w) => {
      smallBatch(w);
      while (w.my.batch.length < 64) w.my.handles.push(w.my.batch.alloc(4096));
      w.my.length = 64;
    },
    act: ({ my: { batch } }) => batch.clear(),
    again: () => undefined,
    verify: batchIsWhole,
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
  ...['huge', 'fine'].map(
    /** @param {any} name @returns {Scenario} */ (name) => ({
      name: `Batch.run of ${name}`,
      arrange: (w) => smallBatch(w, (w.my.resultsFrom = w[name])),
      act: run(),
      verify: batchIsDone,
    }),
  ),
  {
    name: 'BatchResult.blocks',
    arrange: (w) => result(w),
    act: (w) => {
      const { my } = w;
      assert.equal(my.result.blocks(my.handles[0]), my.list);
      my.second = w.hold(my.result.blocks(my.handles[1]), w.small);
      assert.equal(my.result.blocks(my.handles[2]), null);
    },
    verify: (w) => {
      resultIsWhole(w);
      assert.equal(w.my.result.blocks(w.my.handles[1]), w.my.second);
    },
  },
  {
    name: 'BatchResult.error',
    arrange: (w) => result(w),
    act: ({ my }) => {
      assert.equal(my.result.error(my.handles[0]), null);
      assert.equal(my.result.error(my.handles[2]).code, NO_SPACE);
    },
    verify: resultIsWhole,
  },
  {
    name: 'BatchResult.indexOf',
    arrange: (w) => result(w),
    act: ({ my: { result, handles } }) => {
      for (let index = 0; index < 3; index++) assert.equal(result.indexOf(handles[index]), index);
    },
    verify: resultIsWhole,
  },
  {
    name: 'BatchResult with wrong arguments',
    arrange: (w) => result(w),
    act: ({ my: { result, handles }, handle }) =>
      allThrow(
        () => result.indexOf(handle),
        () => result.indexOf(handles[0] - 1),
        () => result.blocks(handles[2] + 1),
        () => result.error(1.5),
        () => result.blocks('0'),
        () => result.free({ cleared: 1 }),
      ),
    verify: resultIsWhole,
  },
  ...['small', 'huge', 'fine'].map(
    /** @param {any} name @returns {Scenario} */ (name) => ({
      name: `BatchResult[Symbol.iterator] of ${name}`,
      arrange: (w) => result(w, w[name]),
      act: (w) => iterate(w),
      verify: resultIsWhole,
    }),
  ),
  {
    name: 'BatchResult[Symbol.iterator] that is left in the middle',
    arrange: (w) => result(w),
    act: (w) => iterate(w, 2),
    verify: (w) => {
      resultIsWhole(w);
      iterate(w);
    },
  },
  {
    name: 'BatchResult[Symbol.iterator] that goes on after a pause',
    arrange: (w) => {
      result(w);
      w.my.iterator = w.my.result[Symbol.iterator]();
      w.my.iterator.next();
    },
    act: (w) => {
      const { value } = w.my.iterator.next();
      if (value) w.my.second = w.hold(value.blocks, w.small);
    },
    verify: (w) => {
      resultIsWhole(w);
      if (w.my.second) assert.equal(w.my.result.blocks(w.my.handles[1]), w.my.second);
      w.my.result.free();
      assert.deepEqual(
        Array.from(w.my.result, ({ blocks }) => blocks),
        [null, null, null],
      );
    },
  },
  {
    name: 'BatchResult columns',
    arrange: (w) => {
      const batch = w.small.batch();
      w.my.handle = batch.alloc(20 * KIB);
      w.my.result = w.holdResult(batch.run());
    },
    act: ({ my: { result, handle } }) => {
      assert.equal(result.length, 1);
      assert.deepEqual([result.errnos[0], result.orders[0], result.counts[0]], [0, 2, 2]);
      assert.equal(result.offsets[0], result.blocks(handle).at(0).offset);
      inspect(result);
      result.toJSON?.();
    },
  },
  {
    name: 'BatchResult.free',
    arrange: (w) => result(w),
    act: ({ my }) => my.result.free(),
    verify: resultIsFreed,
  },
  {
    name: 'BatchResult.free, cleared',
    arrange: (w) => result(w),
    act: ({ my }) => my.result.free({ cleared: true }),
    verify: resultIsFreed,
  },
  {
    name: 'BatchResult[Symbol.dispose]',
    arrange: (w) => result(w),
    act: ({ my }) => my.result[Symbol.dispose](),
    verify: resultIsFreed,
  },
];
