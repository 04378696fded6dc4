/** Scenarios: every public method of AllocatedBlocks and AllocatedBlock. */
import { strict as assert } from 'node:assert';
import { inspect } from 'node:util';
import { KIB } from '../world.mjs';
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
    verify: ({ my }) => assert.equal(BigInt(my.list.size), BigInt(20 * KIB)),
  },
  {
    name: 'AllocatedBlocks.trim from an address',
    arrange: ownBlock,
    refused: [INVALID],
    act: ({ my }) => {
      my.start ??= BigInt(my.list.at(0).offset) + 8192n;
      my.list.trim(20 * KIB, { start: my.start });
    },
    verify: ({ my }) => assert.equal(BigInt(my.list.size), BigInt(20 * KIB)),
  },
  {
    name: 'AllocatedBlocks.trim with bigints',
    arrange: (w) => {
      w.my.list = w.hold(w.huge.allocBlocks(2n ** 56n), w.huge);
    },
    refused: [INVALID],
    act: ({ my }) => my.list.trim(2n ** 55n),
    verify: ({ my }) => assert.equal(BigInt(my.list.size), 2n ** 55n),
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
    name: 'AllocatedBlocks.adopt',
    arrange: ticket,
    refused: [UNKNOWN_TOKEN],
    act: adopt,
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
    act: (w) => {
      const list = w.library.AllocatedBlocks.adopt(w.my.ticket);
      w.holdBuddy(list.buddy, w.my.shared);
      w.hold(list, w.my.shared);
    },
  },
  {
    name: 'AllocatedBlocks.adopt with wrong arguments',
    arrange: ticket,
    act: ({ library: { AllocatedBlocks }, my }) =>
      allThrow(
        () => AllocatedBlocks.adopt({ ...my.ticket, id: '0'.repeat(32) }),
        () => AllocatedBlocks.adopt(my.ticket.buddy),
      ),
    verify: adopt,
  },
  {
    name: 'AllocatedBlocks questions',
    arrange: ownList,
    act: ({ small, my: { list } }) => {
      assert.equal(BigInt(list.sizeIn({ start: 0, end: small.size })), BigInt(list.size));
      assert.ok(list.offset === undefined || BigInt(list.offset) <= BigInt(list.at(0).offset));
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
      assert.equal(BigInt(list.at(0).size), 2n ** 55n);
      assert.equal(list.length, 2);
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
        const sizes = list.segments(longest).map(({ size }) => BigInt(size));
        assert.equal(
          sizes.reduce((sum, size) => sum + size, 0n),
          BigInt(20 * KIB),
        );
      }
      allThrow(() => list.segments(0));
    },
  },
  {
    name: 'AllocatedBlocks getters',
    arrange: ownList,
    act: ({ my: { list }, small }) => {
      assert.deepEqual([list.size, list.length, list.tag].map(BigInt), [BigInt(20 * KIB), 2n, 0n]);
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
        assert.equal(BigInt(block.size), 4096n << BigInt(block.order));
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
