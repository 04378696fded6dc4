/** Joins blocks that lie side by side. */
import type { Bytes, Columns } from './native';
import type { Space } from './space';

/** A piece of the space. */
export interface Segment<N extends Bytes = number> {
  /** Address of its first byte, with `baseOffset`. */
  readonly offset: N;
  /** Bytes. */
  readonly size: N;
}

/** Heap that a segment takes: an object, two bigints and its place in an array. */
export const HEAP_BYTES_OF_SEGMENT = 96;

/** @param longest bytes that a segment may have */
export function mergeBlocks<N extends Bytes>(
  { offsets, orders }: Columns,
  space: Space<N>,
  longest: number,
): Segment<N>[] {
  const segments: Segment<N>[] = [];
  let start = 0;
  let end = 0;
  for (let index = 0; index < offsets.length; index++) {
    const offset = offsets[index] ?? 0;
    if (end !== offset) {
      cut(segments, space, start, end, longest);
      start = offset;
    }
    end = offset + space.chunkBytes * 2 ** (orders[index] ?? 0);
  }
  cut(segments, space, start, end, longest);
  return segments;
}

/** Adds the memory between two places of the space. */
function cut<N extends Bytes>(
  segments: Segment<N>[],
  space: Space<N>,
  start: number,
  end: number,
  longest: number,
): void {
  for (let offset = start; offset < end; offset += longest)
    segments.push({ offset: space.address(offset), size: space.bytes(Math.min(end - offset, longest)) });
}
