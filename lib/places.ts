/** Checks that places of blocks lie in the space and do not overlap. Offsets are in chunks. */
import * as native from './native';
import type { Bytes, Places } from './native';
import type { Space } from './space';

/** Counts the chunks of a space. Exact: there are at most 2^52. */
export function chunksIn({ size, chunkBytes }: Space<Bytes>): number {
  return Number(size) / chunkBytes;
}

/**
 * Gives the status of a place in a space of `chunks` chunks: `native.OK` if a block can be there.
 *
 * @param chunk any number
 */
export function misplaced(chunk: number, order: number, chunks: number): number {
  const size = 2 ** order;
  if (chunk < 0 || chunk + size > chunks) return native.BLOCK_OUTSIDE_SPACE;
  return chunk % size === 0 ? native.OK : native.BLOCK_UNALIGNED;
}

/** Two places that overlap. */
export interface Overlap {
  readonly row: number;
  /** Index of the place before it. */
  readonly other: number;
}

/** Finds two places that overlap, if any do: of these, the one with the lowest address. */
export function firstOverlap({ chunks, orders }: Places): Overlap | undefined {
  const start = (row: number) => chunks[row] ?? 0;
  const end = (row: number) => start(row) + 2 ** (orders[row] ?? 0);
  const rows = Array.from(chunks, (_, row) => row).sort((a, b) => start(a) - start(b));
  let farthest = rows[0] ?? 0;
  for (const row of rows.slice(1)) {
    if (start(row) < end(farthest)) return { row: Math.max(row, farthest), other: Math.min(row, farthest) };
    if (end(row) > end(farthest)) farthest = row;
  }
  return undefined;
}
