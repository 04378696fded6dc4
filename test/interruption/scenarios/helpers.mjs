/** Code that scenarios share. */
import { strict as assert } from 'node:assert';
import { KIB } from '../world.mjs';

/** @typedef {import('../world.mjs').World} World */
/** @typedef {import('../world.mjs').Scenario} Scenario */

export const NO_SPACE = 'ENOSPC';
export const INVALID = 'EINVAL';
export const FREED = 'ERR_GPU_BUDDY_FREED';
export const UNKNOWN_TOKEN = 'ERR_GPU_BUDDY_TOKEN';

/** Makes `my.list`, of blocks of 16 and 4 KiB, in small. @param {World} world */
export function ownList(world) {
  world.my.list = world.hold(world.small.allocBlocks(20 * KIB), world.small);
}

/** Makes `my.list`, one block of 64 KiB, in small. @param {World} world */
export function ownBlock(world) {
  const list = world.small.allocBlocks(64 * KIB, { minBlockSize: 64 * KIB });
  world.my.list = world.hold(list, world.small);
}

/** Makes `my.shared`, an allocator that tokens stand for, and `my.token`. It must end with the world. @param {World} world */
export function sharedAllocator(world) {
  const { my, library } = world;
  my.shared = world.holdBuddy(new library.GpuBuddy({ size: 64 * KIB }));
  my.token = world.expectEnd(my.shared);
}

/** Makes `my.traced`, an allocator that notes where lists are allocated. @param {World} world */
export function tracedAllocator(world) {
  world.my.traced = world.holdBuddy(new world.library.GpuBuddy({ size: 1024 * KIB, captureStacks: true }));
  world.my.resultsFrom = world.my.traced;
}

/** Says that `my.list` must be freed now. @param {World} world */
export function listIsFreed({ my }) {
  assert.equal(my.list.freed, true, 'the list is freed');
}

/** Calls with wrong arguments, one after the other, each of which must throw. @param {...() => unknown} calls */
export function allThrow(...calls) {
  for (const call of calls) {
    let threw = false;
    try {
      call();
    } catch (error) {
      // The error that interrupts, and that of a wrong argument, are told apart by the code.
      if (!(/** @type {any} */ (error).code)) throw error;
      threw = true;
    }
    assert.ok(threw, 'a wrong argument is refused');
  }
}
