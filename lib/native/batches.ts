/** Many operations in one call, and groups, which hold the lists of batches. */
import type { BatchColumns } from '../batch-columns';
import type { Records } from '../records';
import { calls, register, type Registry } from './addon';
import { numbers, put, putHandle, result, seal, status } from './mailbox';
import { OK } from './constants';
import type { Bytes, Columns, Handle } from './values';

/** Operations, and where the addon tells of them. */
export interface BatchRun {
  readonly records: Records;
  readonly results: BatchColumns;
  /** Of the records, from here on. */
  readonly first: number;
  readonly count: number;
}

/** Opens an empty group of lists that is the guard's, whose end the registry tells by the number of the group. -1 without memory. */
export function openGroup(registry: Registry, guard: object): number {
  seal();
  calls.openGroup(register, registry, guard);
  return status() === OK ? result(0) : -1;
}

/**
 * Does the operations one after the other, in one step: afterwards nothing is called any more. Where one of the first `whole`
 * fails it stops (`failedOperation()`), and takes back those before it.
 *
 * @param group empty: receives the lists
 * @returns the status, or `OK_AND_EMPTY` where that is OK and the group has received none
 */
export function runBatch(
  allocator: Handle,
  batch: BatchRun,
  whole: number,
  baseOffset: Bytes,
  group: number,
): number {
  putHandle(allocator);
  numbers[2] = batch.first;
  numbers[3] = batch.count;
  numbers[4] = whole;
  numbers[6] = group;
  const { records, results } = batch;
  numbers[7] = results.isBigint ? 0 : 1;
  seal(put(5, baseOffset));
  calls.runBatch(records.memory, records.requests, results.memory);
  const answer = status();
  return answer === OK && result(1) === 0 ? OK_AND_EMPTY : answer;
}

export const OK_AND_EMPTY = -2;

export function failedOperation(): number {
  return result(0);
}

/** The number of no group: no slot is as high. */
const NO_GROUP = 2 ** 32 - 1;

/**
 * Does the operations as a trace tells of them. `state` receives avail, clear avail and kernel warnings after each,
 * `blocks` the blocks of each list of more than one.
 *
 * @returns how many were done: not all, where `blocks` is too short for those of the last one
 */
export function replayBatch(
  allocator: Handle,
  batch: BatchRun,
  state: Float64Array,
  blocks: Columns,
): number {
  putHandle(allocator);
  numbers[2] = batch.first;
  numbers[3] = batch.count;
  numbers[4] = 0;
  numbers[5] = 0;
  numbers[6] = NO_GROUP;
  numbers[7] = 1;
  seal();
  const { offsets, orders, states, tags } = blocks;
  const { records, results } = batch;
  calls.runBatch(records.memory, records.requests, results.memory, state, offsets, orders, states, tags);
  return result(0);
}

/** How lists are freed: as what `gpu_buddy_free_list()` is told, or as if they had never been allocated. */
export const DIRTY = 0;
export const CLEARED = 1;
export const UNDONE = 2;
export type Closing = typeof DIRTY | typeof CLEARED | typeof UNDONE;

/** Frees all lists of a group, the last one first. The group is empty then. */
export function emptyGroup(group: number, how: Closing): number {
  numbers[0] = group;
  numbers[1] = how;
  seal();
  calls.emptyGroup();
  return status();
}

/**
 * Frees some lists of a group whose guard has been collected, and the group with the last one: then its number is 0. Returns the
 * bytes that were freed, if `counts`.
 *
 * @param groups each with 1 added, 0 for none
 */
export function closeSomeOfGroup(groups: Uint32Array, place: number, most: number, counts: boolean): number {
  numbers[0] = place;
  numbers[1] = most;
  numbers[2] = counts ? 1 : 0;
  seal();
  calls.closeSomeOfGroup(groups);
  return result(0);
}

/**
 * Takes a list out of a group, into a native guard for the object, as openGuard() makes it: its slot. -1 where there is none.
 * The list is told of in `list`.
 */
export function takeFromGroup(registry: Registry, guard: object, group: number, place: number): number {
  numbers[0] = group;
  numbers[1] = place;
  seal();
  calls.takeFromGroup(register, registry, guard);
  return status() === OK ? result(3) : -1;
}
