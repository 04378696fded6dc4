/** Blocks that lie side by side, as one. */
import type { BlockTable } from './block-table';

/** A piece of the space. */
export interface Segment {
  /** Address of its first byte, with `baseOffset`. */
  readonly offset: bigint;
  /** Bytes. */
  readonly size: bigint;
}

/** Heap that a segment takes: an object, two bigints and its place in an array. */
export const HEAP_BYTES_OF_SEGMENT = 96;

/** @param longest bytes that a segment may have */
export function mergeBlocks(
  { offsets, orders }: BlockTable,
  chunkSize: bigint,
  longest: bigint | undefined,
): Segment[] {
  const segments: Segment[] = [];
  let start = 0n;
  let end = 0n;
  for (let index = 0; index < offsets.length; index++) {
    const offset = offsets[index] ?? 0n;
    if (end !== offset) {
      cut(segments, start, end, longest);
      start = offset;
    }
    end = offset + (chunkSize << BigInt(orders[index] ?? 0));
  }
  cut(segments, start, end, longest);
  return segments;
}

/** Adds what lies between two addresses. */
function cut(segments: Segment[], start: bigint, end: bigint, longest = end - start): void {
  for (let offset = start; offset < end; offset += longest)
    segments.push({ offset, size: end - offset < longest ? end - offset : longest });
}
