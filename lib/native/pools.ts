/** Calls on pools: see native/buddy/pool.h. */
import { calls, layout, register, unregister, type Registry } from './addon';
import { numbers, putHandle, result, seal, status } from './mailbox';
import { OK } from './constants';
import type { Handle } from './values';

/** How the memory of a pool is laid out, in integers: see native/buddy/pool.h. */
export const POOL_MOVED = layout.poolMoved;
export const POOL_COUNT = layout.poolCount;
export const POOL_ENTRY = layout.poolEntry;
export const POOL_GENERATION = layout.poolGeneration;
export const POOL_CHUNK = layout.poolChunk;
export const POOL_CHUNKS = layout.poolChunks;
export const POOL_GENERATION_BITS = layout.poolGenerationBits;
export const POOL_MOST_ENTRIES = layout.poolMostEntries;
export const POOL_PENDING = layout.poolPending;

/** Opens a pool without room that is the object's, whose end the registry tells by its slot. -1 where the status is not OK. */
export function openPool(registry: Registry, pool: object, allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.openPool(register, registry, pool);
  return status() === OK ? result(0) : -1;
}

/** Moves the entries of a pool into larger memory. */
export function movePool(pool: number, memory: Int32Array): number {
  numbers[0] = pool;
  seal();
  calls.movePool(memory);
  return status();
}

/** The memory of a pool; `undefined` where there is no such pool. */
export function poolMemory(pool: number): Int32Array<SharedArrayBuffer> | undefined {
  numbers[0] = pool;
  seal();
  return calls.poolMemory();
}

function putEntry(pool: number, index: number, generation: number): void {
  numbers[0] = pool;
  numbers[1] = index;
  numbers[2] = generation;
}

/** gpu_buddy_free_list() of an allocation of a pool, at once. */
export function freeInPool(pool: number, index: number, generation: number, cleared: boolean): number {
  putEntry(pool, index, generation);
  numbers[3] = cleared ? 1 : 0;
  seal();
  calls.freeInPool();
  return status();
}

/** Looks at an allocation of a pool: the answer is in `found`, as `offset`, and in `sizeFound()`. */
export function describeInPool(pool: number, index: number, generation: number): number {
  putEntry(pool, index, generation);
  seal();
  calls.describeInPool();
  return status();
}

/** Bytes of what `describeInPool()` has found. */
export function sizeFound(): number {
  return result(2);
}

/** Takes an allocation out of a pool, as takeFromGroup() does. */
export function takeFromPool(
  registry: Registry,
  guard: object,
  pool: number,
  index: number,
  generation: number,
): number {
  putEntry(pool, index, generation);
  seal();
  calls.takeFromPool(register, registry, guard);
  return status() === OK ? result(3) : -1;
}

/** How many allocations there are in a pool; -1 where there is no such pool. */
export function lengthOfPool(pool: number): number {
  numbers[0] = pool;
  seal();
  calls.lengthOfPool();
  return status() === OK ? result(0) : -1;
}

/** Frees all allocations of a pool, the last one first. */
export function clearPool(pool: number, cleared: boolean): number {
  numbers[0] = pool;
  numbers[1] = cleared ? 1 : 0;
  seal();
  calls.clearPool();
  return status();
}

/** Frees all allocations of a pool, and the pool of an object that is still there. */
export function closePool(registry: Registry, object: object, pool: number): number {
  numbers[0] = pool;
  seal();
  calls.closePool(unregister, registry, object);
  return status();
}

/** Frees some allocations of a pool whose object has been collected, as closeSomeOfGroup() does. */
export function closeSomeOfPool(pools: Uint32Array, place: number, most: number, counts: boolean): number {
  numbers[0] = place;
  numbers[1] = most;
  numbers[2] = counts ? 1 : 0;
  seal();
  calls.closeSomeOfPool(pools);
  return result(0);
}
