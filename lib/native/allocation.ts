/** Allocating into guards and pools, and freeing what they hold. */
import { setImmediate } from '../event-loop';
import { calls, layout, register, type Registry } from './addon';
import { integer, integers, mailbox, numbers, result, seal, status, wordResult } from './mailbox';
import { OK } from './constants';
import { cellsIn, writeRequest } from './request-cells';
import type { Bytes, Handle, Request } from './values';

const { alloc: callAlloc, allocInPool: callAllocInPool } = calls;
/** The record of an allocation in the mailbox. */
const record = cellsIn(mailbox, 8 * layout.alloc, layout.allocCells);
// Constants of this module, which compiled code need not look for.
const { queued: QUEUED, changes: CHANGES, poisonings: POISONINGS, freeAlls: FREE_ALLS } = layout;
const { allocSlot: SLOT, allocSize: SIZE, allocIsSizeWide: IS_SIZE_WIDE } = layout;
const { allocAllocator: ALLOCATOR, allocGeneration: ALLOCATOR_GENERATION, allocRequest: REQUEST } = layout;
const { queue: QUEUE, queueLength: QUEUE_LENGTH, queueEntry: QUEUE_ENTRY } = layout;
const { queuedSlot: QUEUED_SLOT, queuedNode: QUEUED_NODE } = layout;
const { queuedGeneration: QUEUED_GENERATION, queuedWhat: QUEUED_WHAT } = layout;

/** Opens a native guard for lists, whose end with the object the registry tells by its slot. -1 without memory. */
export function openGuard(registry: Registry, guard: object): number {
  seal();
  calls.openGuard(register, registry, guard);
  return status() === OK ? result(0) : -1;
}

/**
 * Frees what is in the guards from `first` to `end`, and closes them; each number is then 0. Returns the bytes that were freed,
 * if `counts`.
 *
 * @param guards their slots, each with 1 added, 0 for none
 */
export function closeGuards(guards: Uint32Array, first: number, end: number, counts = false): number {
  numbers[0] = first;
  numbers[1] = end;
  numbers[2] = counts ? 1 : 0;
  seal();
  calls.closeGuards(guards);
  return result(0);
}

/**
 * The allocation whose record is in the mailbox, unless another copy of this module has changed it since: then the number of
 * changes is another one.
 */
let lastAllocator: Handle | undefined;
let lastRequest: Request | undefined;
let lastChange = 0;

/** Forgets first what the record says, here and in other copies: half of it may be written when this is interrupted. */
function change(allocator: Handle, request: Request): void {
  lastRequest = undefined;
  lastChange = (integer(CHANGES) + 1) | 0;
  integers[CHANGES] = lastChange;
  record.integers[ALLOCATOR] = allocator.slot;
  record.integers[ALLOCATOR_GENERATION] = allocator.generation;
  writeRequest(record, REQUEST, request);
  lastAllocator = allocator;
  lastRequest = request;
}

/** Writes where an allocation goes, and how much it asks for. */
function writeTarget(slot: number, size: Bytes): void {
  const { integers } = record;
  integers[SLOT] = slot;
  if (typeof size === 'number') {
    record.numbers[SIZE] = size;
    if (integers[IS_SIZE_WIDE] !== 0) integers[IS_SIZE_WIDE] = 0;
  } else {
    record.words[SIZE] = size;
    integers[IS_SIZE_WIDE] = 1;
  }
}

/** gpu_buddy_alloc_blocks() into a guard, checked and explained; `start` and `end` go with FLAG_RANGE. */
export function alloc(allocator: Handle, request: Request, slot: number, size: Bytes): number {
  if (request !== lastRequest || allocator !== lastAllocator || integer(CHANGES) !== lastChange)
    change(allocator, request);
  writeTarget(slot, size);
  // Always answers.
  callAlloc();
  return status();
}

/** The same into a pool: its index and generation are `node` and `generation` of `report`. `POOL_FULL`: the pool needs room. */
export function allocInPool(allocator: Handle, request: Request, pool: number, size: Bytes): number {
  if (request !== lastRequest || allocator !== lastAllocator || integer(CHANGES) !== lastChange)
    change(allocator, request);
  writeTarget(pool, size);
  callAllocInPool();
  return status();
}

class ShortageReport {
  get avail(): number {
    return result(3);
  }
  get largestFree(): number {
    return result(4);
  }
  /** Free bytes in the range that was given, if there are as many as asked for in the whole space. */
  get availInRange(): bigint {
    return wordResult(5);
  }
  /** Whether there may be more: the range has very many blocks. */
  get isMoreInRange(): boolean {
    return result(6) !== 0;
  }
}

/** The free memory when the last call of alloc found no space, if its request `explains`. */
export const shortage = new ShortageReport();

/** gpu_buddy_free_list(), at once, of the list in a guard. */
export function free(slot: number, generation: number, cleared: boolean): number {
  numbers[0] = slot;
  numbers[1] = generation;
  numbers[2] = cleared ? 1 : 0;
  seal();
  calls.free();
  return status();
}

/** Bits of the last number of what is in the queue. The rest is the high part of a generation, where it stands in a shape. */
const { queuedCleared: QUEUED_CLEARED, queuedInPool: QUEUED_IN_POOL } = layout;
const QUEUED_BITS = QUEUED_CLEARED | QUEUED_IN_POOL;

/** Whether an allocator of this environment has met a BUG: then nothing may wait in the queue, so that its end is not missed. */
export function mustFreeAtOnce(): boolean {
  return integer(POISONINGS) !== 0;
}

/** Whether lists may have been freed by `freeEverything()`. */
export function hasFreedEverything(): boolean {
  return integer(FREE_ALLS) !== 0;
}

/**
 * The same, of a list by its name, which must be there: it may be freed with the next call, whatever that is, or when the event
 * loop next turns: for allocators that nobody but this environment sees.
 *
 * @param handle the slot of the allocator's handle
 */
export function freeSoon(
  handle: number,
  node: number,
  generation: number,
  shape: number,
  cleared: boolean,
): void {
  enqueue(handle, node, generation, cleared ? (shape & ~QUEUED_BITS) | QUEUED_CLEARED : shape & ~QUEUED_BITS);
}

/** The same, of an allocation of a pool. */
export function freeInPoolSoon(pool: number, index: number, generation: number, cleared: boolean): void {
  enqueue(pool, index, generation, cleared ? QUEUED_IN_POOL | QUEUED_CLEARED : QUEUED_IN_POOL);
}

function enqueue(slot: number, node: number, generation: number, what: number): void {
  let queued = integer(QUEUED);
  if (queued === QUEUE_LENGTH) {
    // Once in a while, in case that scheduling was interrupted.
    flushIsDue = false;
    calls.flush();
    queued = 0;
  }
  const at = QUEUE + QUEUE_ENTRY * queued;
  integers[at + QUEUED_SLOT] = slot;
  integers[at + QUEUED_NODE] = node;
  integers[at + QUEUED_GENERATION] = generation;
  integers[at + QUEUED_WHAT] = what;
  integers[QUEUED] = queued + 1;
  if (!flushIsDue) {
    flushIsDue = true;
    setImmediate(flush);
  }
}

let flushIsDue = false;

function flush(): void {
  flushIsDue = false;
  if (integer(QUEUED) !== 0) calls.flush();
}
