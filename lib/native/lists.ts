/** Calls on the list in a guard. */
import { calls, layout } from './addon';
import { numbers, put, putHandle, putRange, result, seal, status } from './mailbox';
import { OK } from './constants';
import type { Bytes, Columns, Handle, NumberColumn, Places, Range } from './values';

function putTrim(blocks: Handle, newSize: Bytes, start: Bytes | undefined): void {
  putHandle(blocks);
  numbers[3] = start === undefined ? 0 : 1;
  seal(put(2, newSize) | put(4, start ?? 0));
}

/** gpu_buddy_block_trim(), guarded and explained. */
export function trim(blocks: Handle, newSize: Bytes, start: Bytes | undefined): number {
  putTrim(blocks, newSize, start);
  calls.trim();
  return status();
}

/** gpu_buddy_block_trim() as the kernel takes it. */
export function trimRaw(blocks: Handle, newSize: Bytes, start: Bytes | undefined): number {
  putTrim(blocks, newSize, start);
  calls.trimRaw();
  return status();
}

/** gpu_buddy_free_list() of one block. */
export function freeBlock(blocks: Handle, index: number, cleared: boolean): number {
  putHandle(blocks);
  numbers[2] = index;
  numbers[3] = cleared ? 1 : 0;
  seal();
  calls.freeBlock();
  return status();
}

/** gpu_buddy_free_block(): the block stays as clear as it was. */
export function freeBlockRaw(blocks: Handle, index: number): number {
  putHandle(blocks);
  numbers[2] = index;
  seal();
  calls.freeBlockRaw();
  return status();
}

/** Moves the blocks of a list behind those of another one, with this tag. Afterwards the guard of `other` has no list. */
export function append(blocks: Handle, other: Handle, tag: number): number {
  putHandle(blocks);
  numbers[2] = other.slot;
  numbers[3] = other.generation;
  numbers[4] = tag;
  seal();
  calls.append();
  return status();
}

/** Allocates memory right behind the highest block of a list, and adds it at the end. */
export function extend(blocks: Handle, size: Bytes): number {
  putHandle(blocks);
  seal(put(2, size));
  calls.extend();
  return status();
}

/** Marks the blocks of `claim()` as clear, dirty, or as the free memory was. */
const CLEARNESSES = { 'as found': layout.asFound, dirty: layout.asDirty, clear: layout.asClear };
export type Clearness = keyof typeof CLEARNESSES;

/** Places of blocks, and, where that is given, whether each is clear (1) or dirty (0): it goes before their clearness. */
export interface MarkedPlaces extends Places {
  readonly clear?: Uint8Array | undefined;
}

/** Takes exactly these blocks, as one list, into a guard. */
export function claim(
  allocator: Handle,
  slot: number,
  { chunks, orders, clear }: MarkedPlaces,
  tag: number,
  clearness: Clearness,
  account: Handle | undefined,
): number {
  putHandle(allocator);
  numbers[2] = slot;
  numbers[3] = tag;
  numbers[4] = CLEARNESSES[clearness];
  numbers[5] = account === undefined ? 0 : account.slot + 1;
  numbers[6] = account?.generation ?? 0;
  seal();
  calls.claim(chunks, orders, clear);
  return status();
}

/** The row of the block that the last call of claim could not have; that of restore: free blocks come behind the others. */
export function failedRow(): number {
  return result(3);
}

/** The answer is in `bytesInRange()`. */
export function sizeIn(blocks: Handle, range: Range): number {
  putHandle(blocks);
  seal(putRange(range));
  calls.sizeIn();
  return status();
}

/** Looks for the lowest block of a list: the answer is in `found`, as `offset`, and as `any` where all blocks are one piece. */
export function findLowest(blocks: Handle): number {
  putHandle(blocks);
  seal();
  calls.lowest();
  return status();
}

/** @param offsets decides how long all columns are, and whether offsets are numbers or bigints */
export function columnsBeside<Offsets extends NumberColumn>(offsets: Offsets): Columns<Offsets> {
  const { length } = offsets;
  return {
    offsets,
    orders: new Uint8Array(length),
    states: new Uint8Array(length),
    tags: new Float64Array(length),
  };
}

export function columns(capacity: number): Columns {
  return columnsBeside(new Float64Array(capacity));
}

/**
 * Reads the blocks of a list, in list order; or gives the status.
 *
 * @param offsets as long as there are blocks
 * @param baseOffset is added to each offset
 */
export function read<Offsets extends NumberColumn>(
  blocks: Handle,
  offsets: Offsets,
  baseOffset: Bytes,
): Columns<Offsets> | number {
  const columns = columnsBeside(offsets);
  putHandle(blocks);
  seal(put(2, baseOffset));
  calls.read(offsets, columns.orders, columns.states, columns.tags);
  return status() === OK ? columns : status();
}

/** Reads the blocks of a list into columns that the caller keeps; returns false where they are too short. */
export function readInto(blocks: Handle, { offsets, orders, states, tags }: Columns): boolean {
  putHandle(blocks);
  numbers[2] = 0;
  seal();
  calls.read(offsets, orders, states, tags);
  return status() === OK && result(0) <= offsets.length;
}

/** The tag of the list that adopt or describe has found. */
export function reportedTag(): number {
  return result(2);
}

/** Tells of the list in a guard, in `list`. */
export function describe(slot: number): number {
  numbers[0] = slot;
  seal();
  calls.describe();
  return status();
}
