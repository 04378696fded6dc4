/**
 * Carries arguments and results across the border: see native/buddy/mailbox.h. Checks nothing: numbers that come here are safe
 * integers from 0 on, or bigints of at most 64 bits. Every call gives a status, an index into `statuses`.
 *
 * JavaScript can be stopped between any two instructions: by a stack overflow, by the timeout of a `vm`, by Ctrl-C. So each
 * call of this folder writes all of its arguments, and the cell that says which of them are bigints, before it goes down, and
 * no call relies on what an earlier one has left in the mailbox. The one exception, the record of the allocation, is forgotten
 * before it is changed. docs/internals/ownership.md has the rule that all of lib/ follows.
 */
import { calls, layout } from './addon';
import type { Bytes, Handle, Range, Token } from './values';

export const mailbox = calls.cells.buffer;
export const numbers = new Float64Array(mailbox);
const words = new BigUint64Array(mailbox);
export const integers = new Int32Array(mailbox);
// Constants of this module, which compiled code need not look for.
const { results: RESULTS, wide: WIDE, status: STATUS } = layout;
const { listCount: COUNT, listNode: NODE, listGeneration: GENERATION } = layout;
const { listChunk: CHUNK, listShape: SHAPE } = layout;
const { shapeOrder: SHAPE_ORDER, shapeCount: SHAPE_COUNT, shapeMostBlocks: SHAPE_MOST_BLOCKS } = layout;

/** Stands in the cell of the status until the addon has answered. No status has this number. */
export const UNANSWERED = -1;

/** Writes an argument. Returns the bit to give to `seal()`. */
export function put(index: number, value: Bytes): number {
  if (typeof value === 'number') {
    numbers[index] = value;
    return 0;
  }
  words[index] = value;
  return 1 << index;
}

export function putHandle(handle: Handle): void {
  numbers[0] = handle.slot;
  numbers[1] = handle.generation;
}

/** Closes the mailbox. @param wide the bits of all arguments that are bigints */
export function seal(wide = 0): void {
  integers[WIDE] = wide;
  integers[STATUS] = UNANSWERED;
}

function cell(index: number): number {
  return numbers[index] ?? NaN;
}

export function result(index: number): number {
  return cell(RESULTS + index);
}

/** A result that need not be exact as a number. */
export function wordResult(index: number): bigint {
  return words[RESULTS + index] ?? 0n;
}

export function integer(place: number): number {
  return integers[place] ?? 0;
}

export function status(): number {
  return integers[STATUS] ?? UNANSWERED;
}

/** The list that the last call has left. A number of -1 is too large for 31 bits: `list` knows it. */
class Report {
  /** The node of its first block, which names the list together with the generation. */
  get node(): number {
    return integers[NODE] ?? 0;
  }
  /** The low bits of it; another one whenever the blocks of the list have changed. */
  get generation(): number {
    return integers[GENERATION] ?? 0;
  }
  /** Offset of the first block, in chunks. */
  get chunk(): number {
    return integers[CHUNK] ?? 0;
  }
  /** How many blocks there are, and what the first one is like: see `orderOf()`, `isClear()`, `countOf()`. */
  get shape(): number {
    return integers[SHAPE] ?? 0;
  }
}

class ListReport extends Report {
  get count(): number {
    const count = integer(COUNT);
    return count < 0 ? result(0) : count;
  }
  override get chunk(): number {
    return super.chunk < 0 ? result(1) : super.chunk;
  }
}

/** The list that the last call of alloc, adopt, trim or freeBlock has left, as it fits into small integers. */
export const report = new Report();

/** The same, whatever the numbers. */
export const list = new ListReport();

export function orderOf(shape: number): number {
  return (shape & ((1 << SHAPE_COUNT) - 1)) >> SHAPE_ORDER;
}

export function isClear(shape: number): boolean {
  return (shape & 1) !== 0;
}

/** How many blocks there are; -1 where `list` must be asked. */
export function countOf(shape: number): number {
  const count = (shape >> SHAPE_COUNT) & SHAPE_MOST_BLOCKS;
  return count === SHAPE_MOST_BLOCKS ? -1 : count;
}

class FoundReport {
  get any(): boolean {
    return result(0) !== 0;
  }
  get offset(): number {
    return result(1);
  }
  get order(): number {
    return result(2);
  }
  get clear(): boolean {
    return result(3) !== 0;
  }
  get tag(): number {
    return result(4);
  }
}

/** The block that the last call of lookup has found. */
export const found = new FoundReport();

export function putRange({ start, end }: Range): number {
  return put(2, start) | put(3, end);
}

export function bytesInRange(): bigint {
  return wordResult(0);
}

export function token(index: number): Token {
  return [wordResult(index), wordResult(index + 1)];
}

/** The status of the last call. */
export function lastStatus(): number {
  return status();
}
