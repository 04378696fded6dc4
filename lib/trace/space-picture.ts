/** Draws a space as cells of equal size, each free, used, clear or mixed. Data only: no glyphs, no colours. */
import { STATE_ALLOCATED, STATE_CLEAR } from '../native';
import type { SpaceSnapshot } from './space-snapshot';

/** Says what most bytes of a cell are. */
export type CellKind =
  /** Entirely allocated. */
  | 'used'
  /** At least half allocated. */
  | 'mostly-used'
  /** Less than half allocated. */
  | 'partly-used'
  /** Entirely free; none of it is clear. */
  | 'free'
  /** Entirely free; some of it is clear. */
  | 'partly-clear'
  /** Entirely free and clear. */
  | 'clear';

/** A space as rows of cells, in the order of addresses. */
export interface SpacePicture {
  /** Bytes of the space. */
  readonly size: number;
  /** Bytes of a cell; the last one may be cut short. A multiple of the chunk size. */
  readonly cellSize: number;
  /** Cells of a row; the last row may be cut short. */
  readonly columns: number;
  readonly cells: readonly CellKind[];
}

/** The largest picture that is wanted. */
export interface PictureOptions {
  /** Cells of a row. Default: 64. */
  readonly columns?: number;
  /** Rows. Default: 16. */
  readonly rows?: number;
}

/** Draws a space. A cell is never smaller than a chunk, so that a small space gets a small picture. */
export function drawSpace(
  snapshot: SpaceSnapshot,
  { columns = 64, rows = 16 }: PictureOptions = {},
): SpacePicture {
  const { size, chunkSize } = snapshot;
  const cellSize = Math.ceil(size / chunkSize / (columns * rows)) * chunkSize;
  const count = Math.ceil(size / cellSize);
  const used = new Float64Array(count);
  const clear = new Float64Array(count);

  const { offsets, orders, states } = snapshot.blocks;
  for (let i = 0; i < offsets.length; i++) {
    const state = states[i] ?? 0;
    const start = offsets[i] ?? 0;
    const end = start + chunkSize * 2 ** (orders[i] ?? 0);
    if (state & STATE_ALLOCATED) share(used, cellSize, start, end);
    else if (state & STATE_CLEAR) share(clear, cellSize, start, end);
  }

  const cells = Array.from(used, (usedBytes, i) => {
    const bytes = Math.min(cellSize, size - i * cellSize);
    return kindOf(usedBytes / bytes, (clear[i] ?? 0) / bytes);
  });
  return { size, cellSize, columns, cells };
}

/** Adds the bytes from `start` to `end` to the cells in which they lie. */
export function share(cells: Float64Array, cellSize: number, start: number, end: number): void {
  for (let at = start; at < end;) {
    const cell = Math.floor(at / cellSize);
    const cellEnd = Math.min(end, (cell + 1) * cellSize);
    cells[cell] = (cells[cell] ?? 0) + cellEnd - at;
    at = cellEnd;
  }
}

function kindOf(usedShare: number, clearShare: number): CellKind {
  if (usedShare === 1) return 'used';
  if (usedShare >= 0.5) return 'mostly-used';
  if (usedShare > 0) return 'partly-used';
  if (clearShare === 1) return 'clear';
  return clearShare > 0 ? 'partly-clear' : 'free';
}
