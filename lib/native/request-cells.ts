/** Writes numbers and requests into memory that the addon reads: see native/buddy/record.h, the other side. */
import { layout } from './addon';
import type { Bytes, Request } from './values';

/** Views of one piece of memory. */
export interface Cells {
  readonly numbers: Float64Array;
  readonly words: BigUint64Array;
  readonly integers: Int32Array;
}

export function cellsIn(buffer: ArrayBufferLike, byteOffset: number, count: number): Cells {
  return {
    numbers: new Float64Array(buffer, byteOffset, count),
    words: new BigUint64Array(buffer, byteOffset, count),
    integers: new Int32Array(buffer, byteOffset, 2 * count),
  };
}

/** Whether the number is wide: a bigint. */
function writeNumber(cells: Cells, cell: number, value: Bytes): boolean {
  if (typeof value === 'number') cells.numbers[cell] = value;
  else cells.words[cell] = value;
  return typeof value !== 'number';
}

const { requestFlags: FLAGS, requestWide: WIDE_NUMBERS } = layout;
const { requestMinBlockSize: MIN_BLOCK_SIZE, requestStart: START } = layout;
const { requestEnd: END, requestTag: TAG } = layout;
const { requestAccount: ACCOUNT, requestAccountGeneration: ACCOUNT_GENERATION } = layout;
const { wideMinBlockSize: WIDE_MIN_BLOCK_SIZE, wideStart: WIDE_START } = layout;
const { wideEnd: WIDE_END, wideTag: WIDE_TAG, explains: EXPLAINS } = layout;

export function writeRequest(cells: Cells, at: number, request: Request): void {
  const { minBlockSize, flags, start, end, tag, account, explains } = request;
  cells.integers[2 * at + FLAGS] = flags;
  cells.integers[2 * at + ACCOUNT] = account === undefined ? 0 : account.slot + 1;
  cells.integers[2 * at + ACCOUNT_GENERATION] = account?.generation ?? 0;
  cells.integers[2 * at + WIDE_NUMBERS] =
    (writeNumber(cells, at + MIN_BLOCK_SIZE, minBlockSize) ? WIDE_MIN_BLOCK_SIZE : 0) |
    (writeNumber(cells, at + START, start) ? WIDE_START : 0) |
    (writeNumber(cells, at + END, end) ? WIDE_END : 0) |
    (writeNumber(cells, at + TAG, tag) ? WIDE_TAG : 0) |
    (explains ? EXPLAINS : 0);
}
