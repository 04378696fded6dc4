/** Operations as they are written down for the addon: see native/buddy/record.h, the other side. */
import { layout } from './native/addon';
import type { Bytes, Handle, Request } from './native/values';

// Constants of this module, which compiled code need not look for.
const { recordAlloc: ALLOC, recordAllocRaw: ALLOC_RAW, recordFree: FREE } = layout;
const { recordInBatch: IN_BATCH, recordWide: WIDE, recordCleared: CLEARED } = layout;
const { recordCells: RECORD_CELLS, recordWhat: WHAT, recordSlot: SLOT } = layout;
const { recordRequest: REQUEST, recordGeneration: GENERATION, recordSize: SIZE } = layout;
const { anyGeneration: ANY_GENERATION } = layout;

/** Views of one piece of memory. */
export interface Cells {
  readonly numbers: Float64Array;
  readonly words: BigUint64Array;
  readonly integers: Int32Array;
}

function cellsIn(buffer: ArrayBufferLike, byteOffset: number, count: number): Cells {
  return {
    numbers: new Float64Array(buffer, byteOffset, count),
    words: new BigUint64Array(buffer, byteOffset, count),
    integers: new Int32Array(buffer, byteOffset, 2 * count),
  };
}

/** With the cells of `old` at their start. */
function makeCells(count: number, old?: Cells): Cells {
  const cells = cellsIn(new ArrayBuffer(8 * count), 0, count);
  if (old) cells.integers.set(old.integers);
  return cells;
}

/** Whether the number is wide: a bigint. */
function writeNumber(cells: Cells, cell: number, value: Bytes): boolean {
  if (typeof value === 'number') cells.numbers[cell] = value;
  else cells.words[cell] = value;
  return typeof value !== 'number';
}

const { requestCells: REQUEST_CELLS, requestFlags: FLAGS, requestWide: WIDE_NUMBERS } = layout;
const { requestMinBlockSize: MIN_BLOCK_SIZE, requestStart: START } = layout;
const { requestEnd: END, requestTag: TAG } = layout;
const { wideMinBlockSize: WIDE_MIN_BLOCK_SIZE, wideStart: WIDE_START } = layout;
const { wideEnd: WIDE_END, wideTag: WIDE_TAG, explains: EXPLAINS } = layout;

function writeRequest(cells: Cells, at: number, request: Request): void {
  const { minBlockSize, flags, start, end, tag, explains } = request;
  cells.integers[2 * at + FLAGS] = flags;
  cells.integers[2 * at + WIDE_NUMBERS] =
    (writeNumber(cells, at + MIN_BLOCK_SIZE, minBlockSize) ? WIDE_MIN_BLOCK_SIZE : 0) |
    (writeNumber(cells, at + START, start) ? WIDE_START : 0) |
    (writeNumber(cells, at + END, end) ? WIDE_END : 0) |
    (writeNumber(cells, at + TAG, tag) ? WIDE_TAG : 0) |
    (explains ? EXPLAINS : 0);
}

const { allocCells: ALLOC_CELLS, allocSlot: ALLOC_SLOT, allocSize: ALLOC_SIZE } = layout;
const { allocIsSizeWide: IS_SIZE_WIDE, allocRequest: ALLOC_REQUEST } = layout;
const { allocAllocator: ALLOCATOR, allocGeneration: ALLOCATOR_GENERATION } = layout;

/** The allocation in the mailbox. */
export function allocRecordIn(mailbox: ArrayBufferLike, byteOffset: number): Cells {
  return cellsIn(mailbox, byteOffset, ALLOC_CELLS);
}

/** Writes where an allocation goes, and how much it asks for. */
export function writeTarget(record: Cells, slot: number, size: Bytes): void {
  const { integers, numbers } = record;
  integers[ALLOC_SLOT] = slot;
  if (typeof size === 'number' && integers[IS_SIZE_WIDE] === 0) numbers[ALLOC_SIZE] = size;
  else integers[IS_SIZE_WIDE] = writeNumber(record, ALLOC_SIZE, size) ? 1 : 0;
}

/** Writes allocator and request. */
export function writeAlloc(record: Cells, allocator: Handle, request: Request): void {
  const { integers } = record;
  integers[ALLOCATOR] = allocator.slot;
  integers[ALLOCATOR_GENERATION] = allocator.generation;
  writeRequest(record, ALLOC_REQUEST, request);
}

function asksForSame(a: Request, b: Request): boolean {
  return (
    a.minBlockSize === b.minBlockSize &&
    a.flags === b.flags &&
    a.start === b.start &&
    a.end === b.end &&
    a.tag === b.tag
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

  /** For the addon. */
  get memory(): Float64Array {
    return this.#cells.numbers;
  }

  /** For the addon: what allocations ask for. */
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

  /** Makes twice as much room of what there is too little. */
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
    const { integers } = this.#cells;
    const isWide = writeNumber(this.#cells, RECORD_CELLS * index + SIZE, size);
    integers[at + WHAT] = isWide ? what | WIDE : what;
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

  /** The same with arguments as they are, into the guard in this slot. */
  allocRaw(slot: number, size: Bytes, request: Request): number {
    return this.#writeAlloc(ALLOC_RAW, slot, size, request);
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

  /** Which list a record of `freeList()` frees; `undefined`: none. */
  aimFree(index: number, list: Handle | undefined): void {
    const at = 2 * RECORD_CELLS * index;
    this.#cells.integers[at + SLOT] = list?.slot ?? -1;
    this.#cells.integers[at + GENERATION] = list?.generation ?? 0;
  }

  slotAt(index: number): number {
    return this.#cells.integers[2 * RECORD_CELLS * index + SLOT] ?? -1;
  }
}
