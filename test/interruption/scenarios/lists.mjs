/** Scenarios: every public method of AllocatedBlocks and AllocatedBlock. */
import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { HUGE, KIB, MIB } from '../world.mjs';
import {
  allThrow,
  FREED,
  INVALID,
  listIsFreed,
  ownBlock,
  ownList,
  sharedAllocator,
  tracedAllocator,
  UNKNOWN_TOKEN,
} from './helpers.mjs';

/** @typedef {import('./helpers.mjs').World} World */
/** @typedef {import('./helpers.mjs').Scenario} Scenario */

/** @param {World} world */
function sharedList(world) {
  sharedAllocator(world);
  world.my.list = world.hold(world.my.shared.allocBlocks(20 * KIB), world.my.shared);
}

/** Makes `my.ticket`, of a list of small. @param {World} world */
function ticket(world) {
  ownList(world);
  world.my.ticket = world.my.list.transfer();
}

/** @param {World} world */
function adopt(world) {
  const { my, library } = world;
  my.adopted = world.hold(library.AllocatedBlocks.adopt(my.ticket), my.owner ?? world.small);
}

/** Adopts with the options `my.opened`, if any: the list comes to another object for the allocator. @param {World} world */
function adoptAsOpened(world) {
  const { my, library } = world;
  const owner = my.owner ?? world.small;
  const list = library.AllocatedBlocks.adopt(my.ticket, my.opened);
  world.holdBuddy(list.buddy, owner);
  my.adopted = world.hold(list, owner);
}

/** Makes `my.shared` of huge numbers, and `my.ticket`, of a list of it. @param {World} world */
function hugeTicket(world) {
  const { my, library } = world;
  my.owner = my.shared = world.holdBuddy(new library.GpuBuddy(HUGE));
  my.opened = { bigint: true };
  world.expectEnd(my.shared);
  my.list = world.hold(my.shared.allocBlocks(2n ** 54n), my.shared);
  my.ticket = my.list.transfer();
}

/** Makes `my.list`, and `my.other` behind it. @param {World} world */
function twoLists(world) {
  ownList(world);
  world.my.other = world.hold(world.small.allocBlocks(12 * KIB, { tag: 5 }), world.small);
}

/** Makes the same with a list whose blocks are freed. @param {World} world */
function emptyAndOther(world) {
  twoLists(world);
  while (!world.my.list.isEmpty) world.my.list.freeBlock(0);
}

/** Makes the same of two objects for an allocator, which give out numbers and bigints. @param {World} world */
function listsOfTwoObjects(world) {
  const { my, library } = world;
  sharedList(world);
  my.same = world.holdBuddy(library.GpuBuddy.from(my.token, { bigint: true }), my.shared);
  my.other = world.hold(my.same.allocBlocks(12 * KIB), my.shared);
}

/** @type {Scenario[]} */
const appends = [
  { name: 'AllocatedBlocks.append', arrange: twoLists },
  { name: 'AllocatedBlocks.append to a list that is empty', arrange: emptyAndOther },
  {
    name: 'AllocatedBlocks.append of a list of another object',
    arrange: listsOfTwoObjects,
    makesAllocators: true,
  },
].map((scenario) => ({
  ...scenario,
  refused: [FREED],
  act: ({ my }) => my.list.append(my.other),
  verify: ({ my }) => {
    assert.equal(my.other.freed, true);
    assert.ok([0, 12 * KIB, 20 * KIB, 32 * KIB].includes(my.list.size), `it has ${my.list.size} bytes`);
    for (const block of my.list) assert.equal(my.list.buddy.blockAt(block.offset)?.tag, my.list.tag);
  },
}));

/** @type {Scenario[]} */
const frees = [
  { name: 'AllocatedBlocks.free', arrange: ownList },
  { name: 'AllocatedBlocks.free of one block', arrange: ownBlock },
  { name: 'AllocatedBlocks.free with captured stacks', arrange: tracedList },
  { name: 'AllocatedBlocks.free of a shared allocator', arrange: sharedList },
].map((scenario) => ({ ...scenario, act: ({ my }) => my.list.free(), verify: listIsFreed }));

/** @param {World} world */
function tracedList(world) {
  tracedAllocator(world);
  world.my.list = world.hold(world.my.traced.allocBlocks(20 * KIB), world.my.traced);
}

/** @type {Scenario[]} */
export const listScenarios = [
  ...frees,
  {
    name: 'AllocatedBlocks.free, cleared',
    arrange: ownList,
    act: ({ my }) => my.list.free({ cleared: true }),
    verify: listIsFreed,
  },
  {
    name: 'AllocatedBlocks.free while many frees wait',
    arrange: (w) => {
      ownList(w);
      for (const list of Array.from({ length: 40 }, () => w.small.allocBlocks(4096))) list.free();
    },
    act: ({ my }) => my.list.free(),
    verify: listIsFreed,
  },
  {
    name: 'AllocatedBlocks.free of a list whose allocator is disposed of',
    makesAllocators: true,
    arrange: (w) => {
      sharedList(w);
      w.my.shared.dispose();
    },
    act: ({ my }) => my.list.free(),
    verify: listIsFreed,
  },
  {
    name: 'AllocatedBlocks[Symbol.dispose]',
    arrange: ownList,
    act: ({ my }) => my.list[Symbol.dispose](),
    verify: listIsFreed,
  },
  {
    name: 'AllocatedBlocks.freeBlock',
    arrange: ownList,
    refused: [INVALID],
    act: ({ my }) => my.list.freeBlock(0, { cleared: true }),
  },
  {
    name: 'AllocatedBlocks.freeBlock of the only one',
    arrange: ownBlock,
    refused: [INVALID],
    act: ({ my }) => my.list.freeBlock(0),
    verify: ({ my }) => assert.equal(my.list.isEmpty, true),
  },
  {
    name: 'AllocatedBlocks.trim',
    arrange: ownBlock,
    refused: [INVALID],
    act: ({ my }) => my.list.trim(20 * KIB),
    verify: ({ my }) => assert.equal(my.list.size, 20 * KIB),
  },
  {
    name: 'AllocatedBlocks.trim and freeBlock of small chunks',
    arrange: (w) => {
      w.my.list = w.hold(w.fine.allocBlocks(4 * KIB), w.fine);
    },
    refused: [INVALID],
    act: ({ my: { list } }) => {
      list.trim(1280, { start: list.at(0).offset + 256 });
      list.freeBlock(1);
    },
    verify: ({ my: { list } }) => {
      assert.ok(list.size <= 1280 && list.size % 256 === 0);
      list.free();
    },
  },
  {
    name: 'AllocatedBlocks.trim from an address',
    arrange: ownBlock,
    refused: [INVALID],
    act: ({ my }) => {
      my.start ??= my.list.at(0).offset + 8192;
      my.list.trim(20 * KIB, { start: my.start });
    },
    verify: ({ my }) => assert.equal(my.list.size, 20 * KIB),
  },
  {
    name: 'AllocatedBlocks.trim with bigints',
    arrange: (w) => {
      w.my.list = w.hold(w.huge.allocBlocks(2n ** 56n), w.huge);
    },
    refused: [INVALID],
    act: ({ my }) => my.list.trim(2n ** 55n),
    verify: ({ my }) => assert.equal(my.list.size, 2n ** 55n),
  },
  {
    name: 'AllocatedBlocks.trim and freeBlock with wrong arguments',
    arrange: ownBlock,
    act: ({ my: { list } }) =>
      allThrow(
        () => list.trim(0),
        () => list.trim(2n ** 60n, { start: 2n ** 61n }),
        () => list.trim('1'),
        () => list.freeBlock(3),
        () => list.freeBlock(-3),
      ),
  },
  ...appends,
  {
    name: 'AllocatedBlocks.append of two that are empty',
    arrange: (w) => {
      emptyAndOther(w);
      while (!w.my.other.isEmpty) w.my.other.freeBlock(0);
    },
    refused: [FREED],
    act: ({ my }) => my.list.append(my.other),
    verify: ({ my }) => assert.deepEqual([my.list.isEmpty, my.other.freed], [true, true]),
  },
  {
    name: 'AllocatedBlocks.append with wrong arguments',
    arrange: twoLists,
    act: ({ large, my: { list, other } }) =>
      allThrow(
        () => list.append(list),
        () => list.append(other.buddy),
        () => list.append(large.allocBlocks(8192)),
      ),
    verify: ({ my: { list, other } }) => assert.deepEqual([list.size, other.size], [20 * KIB, 12 * KIB]),
  },
  {
    name: 'AllocatedBlocks.tryExtend',
    arrange: (w) => {
      w.my.list = w.hold(w.small.allocBlocks(8 * KIB, { mode: { at: 256 * KIB } }), w.small);
    },
    act: ({ my }) => assert.equal(my.list.tryExtend(12 * KIB), true),
    verify: ({ my: { list } }) => {
      assert.ok([20 * KIB, 32 * KIB].includes(list.size), `it has ${list.size} bytes`);
      assert.equal(list.segments().length, 1);
    },
  },
  {
    name: 'AllocatedBlocks.tryExtend without space',
    arrange: ownList,
    act: ({ my }) => assert.equal(my.list.tryExtend(512 * KIB), false),
    verify: ({ my }) => assert.equal(my.list.size, 20 * KIB),
  },
  {
    name: 'AllocatedBlocks.tryExtend with wrong arguments',
    arrange: ownList,
    act: ({ my: { list } }) =>
      allThrow(
        () => list.tryExtend(0),
        () => list.tryExtend('1'),
        () => list.tryExtend(2n ** 63n),
      ),
  },
  {
    name: 'AllocatedBlocks.transfer',
    arrange: ownList,
    refused: [FREED],
    act: (w) => {
      w.my.ticket = w.my.list.transfer();
    },
    verify: (w) => {
      if (w.my.ticket) adopt(w);
      listIsFreed(w);
    },
  },
  {
    name: 'AllocatedBlocks.park',
    arrange: ownList,
    refused: [FREED],
    act: (w) => {
      w.my.ticket = w.my.list.park();
    },
    verify: (w) => {
      const { my, small } = w;
      assert.equal(small.parked().length, my.ticket ? 1 : 0);
      if (my.ticket) adopt(w);
      listIsFreed(w);
    },
  },
  {
    name: 'AllocatedBlocks.revoke',
    arrange: (w) => {
      ownList(w);
      w.my.ticket = w.my.list.park();
    },
    refused: [UNKNOWN_TOKEN],
    act: ({ library, my }) => library.AllocatedBlocks.revoke(my.ticket),
    verify: ({ small }) => assert.deepEqual(small.parked(), []),
  },
  {
    name: 'AllocatedBlocks.revoke with wrong arguments',
    arrange: ticket,
    act: ({ library: { AllocatedBlocks }, my }) =>
      allThrow(
        () => AllocatedBlocks.revoke({ ...my.ticket, id: '0'.repeat(32) }),
        () => AllocatedBlocks.revoke(my.ticket.buddy),
      ),
    verify: adopt,
  },
  {
    name: 'AllocatedBlocks.adopt of a parked list of an allocator that has no object',
    makesAllocators: true,
    arrange: (w) => {
      sharedList(w);
      w.my.owner = w.my.shared;
      w.my.ticket = w.my.list.park();
      w.my.shared.dispose();
    },
    refused: [UNKNOWN_TOKEN],
    act: adoptAsOpened,
  },
  {
    name: 'GpuBuddy.parked',
    arrange: (w) => {
      ownList(w);
      w.my.ticket = w.my.list.park();
    },
    act: ({ small, my }) => {
      const row = small.parked().find(({ token }) => token.id === my.ticket.id);
      assert.deepEqual([row?.tag, row?.size], [0, 20 * KIB]);
    },
  },
  {
    name: 'AllocatedBlocks.adopt',
    arrange: ticket,
    refused: [UNKNOWN_TOKEN],
    act: adopt,
  },
  {
    name: 'AllocatedBlocks.adopt as bigints',
    arrange: (w) => {
      ticket(w);
      w.my.opened = { bigint: true };
    },
    refused: [UNKNOWN_TOKEN],
    act: adoptAsOpened,
    verify: ({ my }) => {
      if (my.adopted)
        assert.deepEqual([my.adopted.size, my.adopted.buddy.size], [BigInt(20 * KIB), BigInt(MIB)]);
    },
  },
  {
    name: 'AllocatedBlocks.adopt as numbers of a list of bigints',
    makesAllocators: true,
    arrange: (w) => {
      const { my, library } = w;
      my.owner = my.shared = w.holdBuddy(new library.GpuBuddy({ size: 64 * KIB, bigint: true }));
      my.opened = { bigint: false };
      w.expectEnd(my.shared);
      my.ticket = my.shared.allocBlocks(20 * KIB).transfer();
    },
    refused: [UNKNOWN_TOKEN],
    act: adoptAsOpened,
    verify: ({ my }) => {
      if (my.adopted) assert.deepEqual([my.adopted.size, my.adopted.buddy.size], [20 * KIB, 64 * KIB]);
    },
  },
  {
    name: 'AllocatedBlocks.adopt as numbers that are too large',
    makesAllocators: true,
    arrange: hugeTicket,
    throws: INVALID,
    act: ({ library, my }) => void library.AllocatedBlocks.adopt(my.ticket),
    verify: adoptAsOpened,
  },
  {
    name: 'AllocatedBlocks.adopt of an allocator that has no object',
    makesAllocators: true,
    // Another list keeps the allocator.
    arrange: (w) => {
      sharedList(w);
      w.my.owner = w.my.shared;
      w.my.ticket = w.my.list.transfer();
      w.hold(w.my.shared.allocBlocks(4096), w.my.shared);
      w.my.shared.dispose();
    },
    refused: [UNKNOWN_TOKEN],
    act: adoptAsOpened,
  },
  {
    name: 'AllocatedBlocks.adopt with wrong arguments',
    arrange: ticket,
    act: ({ library: { AllocatedBlocks }, my }) =>
      allThrow(
        () => AllocatedBlocks.adopt({ ...my.ticket, id: '0'.repeat(32) }),
        () => AllocatedBlocks.adopt(my.ticket.buddy),
        () => AllocatedBlocks.adopt(my.ticket, /** @type {any} */ ({ bigint: 1 })),
        () => AllocatedBlocks.adopt(my.ticket, /** @type {any} */ ({ bigInt: true })),
      ),
    verify: adopt,
  },
  {
    name: 'AllocatedBlocks questions',
    arrange: ownList,
    act: ({ small, my: { list } }) => {
      assert.equal(list.sizeIn({ start: 0, end: small.size }), list.size);
      assert.ok(list.offset === undefined || list.offset <= list.at(0).offset);
    },
  },
  {
    name: 'AllocatedBlocks questions with bigints',
    arrange: (w) => {
      w.my.list = w.hold(w.huge.allocBlocks(3n * 2n ** 54n), w.huge);
    },
    act: ({ huge, my: { list } }) => {
      assert.equal(list.sizeIn({ start: 0, end: huge.size }), 3n * 2n ** 54n);
      assert.ok(list.offset === undefined || list.offset <= list.at(0).offset);
    },
  },
  {
    name: 'AllocatedBlocks.at',
    arrange: ownList,
    act: ({ my: { list } }) => {
      assert.equal(list.at(0).order, 2);
      assert.equal(list.at(1).order, 0);
      assert.equal(list.at(-1).order, 0);
      assert.equal(list.at(2), undefined);
    },
  },
  {
    name: 'AllocatedBlocks of bigints',
    arrange: (w) => {
      w.my.list = w.hold(w.huge.allocBlocks(3n * 2n ** 54n), w.huge);
    },
    act: ({ my: { list } }) => {
      assert.equal(list.at(0).size, 2n ** 55n);
      assert.equal(list.length, 2);
      assert.equal(list.toArrays().offsets[1], list.at(1).offset);
      assert.equal(list.segments().at(-1).size % 2n ** 54n, 0n);
      inspect(list);
      list.toJSON();
    },
  },
  {
    name: 'AllocatedBlocks of small chunks',
    arrange: (w) => {
      w.my.list = w.hold(w.fine.allocBlocks(7 * 256), w.fine);
    },
    act: ({ my: { list } }) => {
      assert.deepEqual(
        Array.from(list, ({ size }) => size),
        [1024, 512, 256],
      );
      assert.equal(list.toArrays().offsets[2], list.at(2).offset);
      assert.ok(list.segments(512).every((/** @type {any} */ { size }) => size % 256 === 0));
    },
  },
  {
    name: 'AllocatedBlocks[Symbol.iterator]',
    arrange: ownList,
    act: ({ my: { list } }) =>
      assert.deepEqual(
        Array.from(list, ({ order }) => order),
        [2, 0],
      ),
  },
  {
    name: 'AllocatedBlocks.toArrays',
    arrange: ownList,
    act: ({ my: { list } }) => assert.deepEqual([...list.toArrays().orders], [2, 0]),
  },
  {
    name: 'AllocatedBlocks.segments',
    arrange: ownList,
    act: ({ my: { list } }) => {
      for (const longest of [undefined, 8192]) {
        const sizes = list.segments(longest).map((/** @type {any} */ { size }) => size);
        assert.equal(
          sizes.reduce((/** @type {number} */ sum, /** @type {number} */ size) => sum + size, 0),
          20 * KIB,
        );
      }
      allThrow(() => list.segments(0));
    },
  },
  {
    name: 'AllocatedBlocks getters',
    arrange: ownList,
    act: ({ my: { list }, small }) => {
      assert.deepEqual([list.size, list.length, list.tag], [20 * KIB, 2, 0]);
      assert.deepEqual([list.freed, list.isEmpty, list.buddy === small], [false, false, true]);
    },
  },
  {
    name: 'AllocatedBlocks printed',
    arrange: ownList,
    act: ({ my: { list } }) => {
      inspect(list);
      list.toJSON?.();
    },
  },
  {
    name: 'AllocatedBlocks that is freed',
    arrange: (w) => {
      ownList(w);
      w.my.list.free();
    },
    act: ({ my: { list } }) => {
      inspect(list);
      allThrow(
        () => list.size,
        () => list.trim(4096),
        () => list.freeBlock(0),
        () => list.transfer(),
        () => list.toArrays(),
        () => [...list],
      );
    },
  },
  {
    name: 'AllocatedBlock getters',
    arrange: (w) => {
      ownList(w);
      w.my.blocks = [...w.my.list];
    },
    act: ({ my: { blocks, list }, small }) => {
      for (const block of blocks) {
        assert.equal(small.blockAt(block.offset)?.order, block.order);
        assert.equal(block.size, 4096 * 2 ** block.order);
        assert.deepEqual([block.isClear, block.tag, block.blocks === list], [false, 0, true]);
      }
    },
  },
  {
    name: 'AllocatedBlock printed',
    arrange: (w) => {
      ownList(w);
      w.my.block = w.my.list.at(0);
    },
    act: ({ my: { block } }) => {
      inspect(block);
      block.toJSON?.();
    },
  },
];
