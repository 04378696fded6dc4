/** Operations as they are written down for the addon: see native/node/record.h, the other side. */
import type { Bytes, Handle, Request } from './native';

/** Kinds of operations, as in native/buddy/run.h. */
export const ALLOC = 0;
export const ALLOC_RAW = 1;
export const FREE = 2;

export type AllocKind = typeof ALLOC | typeof ALLOC_RAW;

/** As a generation: of whatever list is in the slot. */
export const ANY_GENERATION = -1;

/** Bits beside the kind, see native/node/record.h. */
const IN_BATCH = 1 << 2;
const SAME_REQUEST = 1 << 3;
/** For this side only: another record frees what this one allocates. */
const FREED_LATER = 1 << 4;

/** Views of one piece of memory, which holds records one after the other. */
export interface Records {
  readonly numbers: Float64Array;
  readonly words: BigUint64Array;
  readonly integers: Int32Array;
}

/** Cells of 8 bytes. */
const CELLS = 8;
const INTEGERS = 2 * CELLS;
/** Of the first number in a record. */
const NUMBER = 3;
/** The places of slot and size in the first record: as an integer, and as a number. */
export const SLOT = 1;
export const SIZE = NUMBER;
const TAG = NUMBER + 4;
/** The bit that says that the first number is a bigint; those of the others follow. */
const WIDE = 1 << 8;
/** For records that need not name their allocator. */
const NOBODY: Handle = { slot: 0, generation: 0 };

export function recordsIn(buffer: ArrayBuffer, byteOffset = 0): Records {
  return {
    numbers: new Float64Array(buffer, byteOffset),
    words: new BigUint64Array(buffer, byteOffset),
    integers: new Int32Array(buffer, byteOffset),
  };
}

/** Room for so many records, with those of `old` at its start. */
export function makeRecords(count: number, old?: Records): Records {
  const records = recordsIn(new ArrayBuffer(count * CELLS * 8));
  if (old) records.integers.set(old.integers);
  return records;
}

/** Gives the bit that says that the number is a bigint. */
function writeNumber(records: Records, index: number, which: number, value: Bytes): number {
  const cell = index * CELLS + NUMBER + which;
  if (typeof value === 'number') {
    records.numbers[cell] = value;
    return 0;
  }
  records.words[cell] = value;
  return WIDE << which;
}

/** All of an allocation but its target. */
export function writeRequest(
  records: Records,
  index: number,
  kind: AllocKind,
  allocator: Handle,
  { minBlockSize, flags, start, end, tag }: Request,
): void {
  const { integers } = records;
  const at = index * INTEGERS;
  integers[at] =
    kind |
    writeNumber(records, index, 1, minBlockSize) |
    writeNumber(records, index, 2, start) |
    writeNumber(records, index, 3, end) |
    writeNumber(records, index, 4, tag);
  integers[at + 3] = flags;
  integers[at + 4] = allocator.slot;
  integers[at + 5] = allocator.generation;
}

export function isSizeWide({ integers }: Records, index: number): boolean {
  return ((integers[index * INTEGERS] ?? 0) & WIDE) !== 0;
}

/** Where an allocation goes, and how much it asks for. Comes after `writeRequest()`. */
export function writeTarget(records: Records, index: number, slot: number, size: Bytes): void {
  const { integers, numbers } = records;
  const at = index * INTEGERS;
  integers[at + 1] = slot;
  if (typeof size === 'number') {
    numbers[index * CELLS + NUMBER] = size;
    integers[at] = (integers[at] ?? 0) & ~WIDE;
  } else {
    integers[at] = (integers[at] ?? 0) | writeNumber(records, index, 0, size);
  }
}

export function writeFree(
  { integers }: Records,
  index: number,
  slot: number,
  generation: number,
  cleared: boolean,
): void {
  const at = index * INTEGERS;
  integers[at] = FREE;
  integers[at + 1] = slot;
  integers[at + 2] = generation;
  integers[at + 3] = cleared ? 1 : 0;
}

/**
 * An allocation that is a batch's.
 *
 * @param previous what the allocation before this one in the batch asks for
 */
export function writeBatchAlloc(
  records: Records,
  index: number,
  size: Bytes,
  request: Request,
  previous: Request | undefined,
): void {
  const { integers, numbers } = records;
  const at = index * INTEGERS;
  if (request === previous) integers[at] = ALLOC | IN_BATCH | SAME_REQUEST;
  else {
    writeRequest(records, index, ALLOC, NOBODY, request);
    integers[at] = (integers[at] ?? 0) | IN_BATCH;
  }
  if (typeof size === 'number') numbers[index * CELLS + NUMBER] = size;
  else integers[at] = (integers[at] ?? 0) | writeNumber(records, index, 0, size);
}

/** Whether there is, at this place, an allocation of the batch, whose list is not freed in it. */
export function keepsList({ integers }: Records, index: number): boolean {
  return ((integers[index * INTEGERS] ?? 0) & (3 | IN_BATCH | FREED_LATER)) === (ALLOC | IN_BATCH);
}

/** Frees, in a batch, what it has allocated at this place. */
export function writeBatchFree({ integers }: Records, index: number, place: number, cleared: boolean): void {
  const at = index * INTEGERS;
  integers[at] = FREE | IN_BATCH;
  integers[at + 1] = place;
  integers[at + 3] = cleared ? 1 : 0;
  const allocation = place * INTEGERS;
  integers[allocation] = (integers[allocation] ?? 0) | FREED_LATER;
}

/** The tags of the allocations among so many records of a batch; 0 for what is none. */
export function tagsOf({ numbers, integers }: Records, count: number): Float64Array {
  const tags = new Float64Array(count);
  let tag = 0;
  for (let index = 0; index < count; index++) {
    const kind = integers[index * INTEGERS] ?? 0;
    if ((kind & 3) !== ALLOC) continue;
    if ((kind & SAME_REQUEST) === 0) tag = numbers[index * CELLS + TAG] ?? 0;
    tags[index] = tag;
  }
  return tags;
}

export function slotOf({ integers }: Records, index: number): number {
  return integers[index * INTEGERS + 1] ?? -1;
}

/** Another list for a record of `writeFree()`; `undefined`: none. */
export function aimFree({ integers }: Records, index: number, list: Handle | undefined): void {
  const at = index * INTEGERS;
  integers[at + 1] = list ? list.slot : -1;
  integers[at + 2] = list ? list.generation : 0;
}
