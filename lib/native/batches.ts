/** Batches: operations as they are written down for the addon, see native/buddy/record.h, and many of them in one call. */
import { calls, layout } from './addon';
import type { BatchColumns } from './batch-columns';
import { numbers, put, putHandle, result, seal, status } from './mailbox';
import { NO_SLOT, OK } from './constants';
import { cellsIn, writeRequest, type Cells } from './request-cells';
import type { Bytes, Columns, Handle, Request } from './values';

// Constants of this module, which compiled code need not look for.
const { recordAlloc: ALLOC, recordAllocRaw: ALLOC_RAW, recordFree: FREE } = layout;
const { recordInBatch: IN_BATCH, recordWide: WIDE, recordCleared: CLEARED } = layout;
const { recordCells: RECORD_CELLS, recordWhat: WHAT, recordSlot: SLOT } = layout;
const { recordRequest: REQUEST, recordGeneration: GENERATION, recordSize: SIZE } = layout;
const { anyGeneration: ANY_GENERATION, requestCells: REQUEST_CELLS } = layout;

/** Makes larger memory that begins with the cells of `old`. */
function makeCells(count: number, old?: Cells): Cells {
  const cells = cellsIn(new ArrayBuffer(8 * count), 0, count);
  if (old) cells.integers.set(old.integers);
  return cells;
}

function asksForSame(a: Request, b: Request): boolean {
  return (
    a.minBlockSize === b.minBlockSize &&
    a.flags === b.flags &&
    a.start === b.start &&
    a.end === b.end &&
    a.tag === b.tag &&
    a.account === b.account
  );
}

/**
 * Keeps the operations of a batch, one after the other. Knows nothing of what they mean.
 *
 * An operation counts once it is written whole, which may be interrupted at any instruction: the length is raised last.
 */
export class Records {
  #capacity: number;
  #cells: Cells;
  #length = 0;
  #requestCapacity: number;
  #requests: Cells;
  #numberOfRequests = 0;
  #lastRequest: Request | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#cells = makeCells(RECORD_CELLS * capacity);
    this.#requestCapacity = capacity;
    this.#requests = makeCells(REQUEST_CELLS * capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Memory that the addon reads. */
  get memory(): Float64Array {
    return this.#cells.numbers;
  }

  /** Requests of the allocations, which the addon reads. */
  get requests(): Float64Array {
    return this.#requests.numbers;
  }

  clear(): void {
    this.#lastRequest = undefined;
    this.#length = 0;
    this.#numberOfRequests = 0;
  }

  /** Whether there is room for one operation more, whatever it asks for. */
  get hasRoom(): boolean {
    return this.#length < this.#capacity && this.#numberOfRequests < this.#requestCapacity;
  }

  /** Doubles the memory that is full. */
  grow(): void {
    if (this.#length === this.#capacity) {
      this.#cells = makeCells(2 * RECORD_CELLS * this.#capacity, this.#cells);
      this.#capacity *= 2;
    }
    if (this.#numberOfRequests === this.#requestCapacity) {
      this.#requests = makeCells(2 * REQUEST_CELLS * this.#requestCapacity, this.#requests);
      this.#requestCapacity *= 2;
    }
  }

  /** Returns the number of the request, which is written only if it differs from the one before it. */
  #numberOf(request: Request): number {
    const last = this.#lastRequest;
    if (request !== last && !(last && asksForSame(request, last))) {
      this.#lastRequest = undefined;
      writeRequest(this.#requests, REQUEST_CELLS * this.#numberOfRequests, request);
      this.#numberOfRequests++;
      this.#lastRequest = request;
    }
    return this.#numberOfRequests - 1;
  }

  #writeAlloc(what: number, slot: number, size: Bytes, request: Request): number {
    const number = this.#numberOf(request);
    const index = this.#length;
    const at = 2 * RECORD_CELLS * index;
    const { integers, numbers, words } = this.#cells;
    if (typeof size === 'number') numbers[RECORD_CELLS * index + SIZE] = size;
    else words[RECORD_CELLS * index + SIZE] = size;
    integers[at + WHAT] = typeof size === 'number' ? what : what | WIDE;
    integers[at + SLOT] = slot;
    integers[at + REQUEST] = number;
    this.#length = index + 1;
    return index;
  }

  #writeFree(what: number, slot: number, generation: number): number {
    const index = this.#length;
    const at = 2 * RECORD_CELLS * index;
    const { integers } = this.#cells;
    integers[at + WHAT] = what;
    integers[at + SLOT] = slot;
    integers[at + GENERATION] = generation;
    this.#length = index + 1;
    return index;
  }

  /** `gpu_buddy_alloc_blocks()`, guarded and explained, into a list of the batch. */
  alloc(size: Bytes, request: Request): number {
    return this.#writeAlloc(ALLOC | IN_BATCH, 0, size, request);
  }

  /** The same into the guard in this slot. */
  allocInto(slot: number, size: Bytes, request: Request): number {
    return this.#writeAlloc(ALLOC, slot, size, request);
  }

  /** The same with arguments as they are, into the guard in this slot. */
  allocRaw(slot: number, size: Bytes, request: Request): number {
    return this.#writeAlloc(ALLOC_RAW, slot, size, request);
  }

  /** Gives the bytes that an allocation asks for; `undefined` of what is none. */
  sizeAt(place: number): number | undefined {
    const { integers, numbers, words } = this.#cells;
    const what = integers[2 * RECORD_CELLS * place + WHAT] ?? 0;
    if ((what & FREE) !== 0) return undefined;
    const cell = RECORD_CELLS * place + SIZE;
    return (what & WIDE) === 0 ? numbers[cell] : Number(words[cell]);
  }

  /** Gives the place of the allocation that is freed at this place; `undefined` where a list from before the batch is. */
  freedAt(place: number): number | undefined {
    const at = 2 * RECORD_CELLS * place;
    const what = this.#cells.integers[at + WHAT] ?? 0;
    return (what & IN_BATCH) === 0 ? undefined : this.#cells.integers[at + SLOT];
  }

  /** Frees what the batch has allocated at this place. */
  freePlace(place: number, cleared: boolean): number {
    return this.#writeFree(cleared ? FREE | IN_BATCH | CLEARED : FREE | IN_BATCH, place, 0);
  }

  /** Frees whatever list will be in the guard in this slot. */
  freeSlot(slot: number, cleared: boolean): number {
    return this.#writeFree(cleared ? FREE | CLEARED : FREE, slot, ANY_GENERATION);
  }

  /** Frees the list that `aimFree()` will name. */
  freeList(cleared: boolean): number {
    return this.#writeFree(cleared ? FREE | CLEARED : FREE, -1, 0);
  }

  /** Names the list that a record of `freeList()` frees; `undefined`: none. */
  aimFree(index: number, list: Handle | undefined): void {
    const at = 2 * RECORD_CELLS * index;
    this.#cells.integers[at + SLOT] = list?.slot ?? -1;
    this.#cells.integers[at + GENERATION] = list?.generation ?? 0;
  }

  slotAt(index: number): number {
    return this.#cells.integers[2 * RECORD_CELLS * index + SLOT] ?? -1;
  }
}

/** Operations, and where the addon tells of them. */
export interface BatchRun {
  readonly records: Records;
  readonly results: BatchColumns;
  /** The first record that is run. */
  readonly first: number;
  readonly count: number;
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

/** Cells of `state` for each operation. */
export const STATE_CELLS = layout.batchState;

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
  numbers[6] = NO_SLOT;
  numbers[7] = 1;
  seal();
  const { offsets, orders, states, tags } = blocks;
  const { records, results } = batch;
  calls.runBatch(records.memory, records.requests, results.memory, state, offsets, orders, states, tags);
  return result(0);
}
