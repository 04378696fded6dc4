/** Paints the map: the space as rows of cells, in the order of addresses. A cell shares its colour among the blocks in it. */
import type { Extent } from '../messages';
import { mix } from './palette';

/** Blocks to paint, by their rows in columns. */
export interface PaintedBlocks {
  readonly rows: Uint32Array;
  /** Bytes from the start of the space. */
  readonly offsets: Float64Array;
  readonly orders: Uint8Array;
  readonly chunkSize: number;
  readonly colourOf: (row: number) => number;
}

/** Colours of what is no block: free memory, and cells behind the end of the space. */
export interface Ground {
  readonly free: number;
  readonly outside: number;
  /** Bytes. */
  readonly spaceSize: number;
}

/** Cells of a block from which its first cell is drawn darker, so that neighbours of one colour are told apart. */
const WIDE = 4;
const EDGE = 0.45;

/** A cell with anything in it is at least so much coloured: a small block is seen in a large space. */
const LEAST = 0.35;

const BLACK = 0xff000000;

/** Gives the colours of so many cells, which share a part of the space among them. */
export function paintMap(
  cells: number,
  { start, length }: Extent,
  { rows, offsets, orders, chunkSize, colourOf }: PaintedBlocks,
  { free, outside, spaceSize }: Ground,
): Uint32Array<ArrayBuffer> {
  const pixels = new Uint32Array(cells).fill(free);
  /** Cells that blocks cover in part: how much, and how much of it by the block whose colour it has. */
  const covered = new Float32Array(cells);
  const largest = new Float32Array(cells);
  const scale = cells / length;
  const end = start + length;

  const cover = (cell: number, share: number, colour: number): void => {
    covered[cell] = (covered[cell] ?? 0) + share;
    if (share <= (largest[cell] ?? 0)) return;
    largest[cell] = share;
    pixels[cell] = colour;
  };

  for (const row of rows) {
    const blockStart = offsets[row] ?? 0;
    const blockEnd = blockStart + chunkSize * 2 ** (orders[row] ?? 0);
    if (blockEnd <= start || blockStart >= end) continue;
    const from = Math.max(0, (blockStart - start) * scale);
    const to = Math.min(cells, (blockEnd - start) * scale);
    const first = Math.floor(from);
    const last = Math.floor(to);
    const colour = colourOf(row);
    if (first === last) {
      cover(first, to - from, colour);
      continue;
    }
    const whole = Math.ceil(from);
    if (whole > first) cover(first, whole - from, colour);
    if (last > whole) pixels.fill(colour, whole, last);
    if (to > last) cover(last, to - last, colour);
    if (blockStart >= start && to - from >= WIDE) pixels[whole] = mix(colour, BLACK, EDGE);
  }

  for (let cell = 0; cell < cells; cell++) {
    const share = covered[cell] ?? 0;
    // Shares of whole cells add up to a little less than one.
    if (share > 0 && share < 0.999) pixels[cell] = mix(free, pixels[cell] ?? 0, Math.max(LEAST, share));
  }
  const inside = Math.ceil((spaceSize - start) * scale);
  if (inside < cells) pixels.fill(outside, Math.max(0, inside));
  return pixels;
}
