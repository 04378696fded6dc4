/** Sorts blocks by address in linear time: by the piece of the space in which they begin, then within each piece. */

/** Blocks of a piece above which its sort is left to the engine. */
const MANY = 32;

/** Gives rows in the order of their offsets, which lie below `size`. */
export function addressOrder(offsets: Float64Array, rows: Uint32Array, size: number): Uint32Array {
  const pieces = Math.max(1, Math.min(rows.length * 2, 2 ** 18));
  const scale = pieces / Math.max(1, size);
  const pieceOf = (row: number): number => Math.min(pieces - 1, Math.floor((offsets[row] ?? 0) * scale));

  const starts = new Uint32Array(pieces + 1);
  for (const row of rows) {
    const next = pieceOf(row) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let piece = 1; piece <= pieces; piece++)
    starts[piece] = (starts[piece] ?? 0) + (starts[piece - 1] ?? 0);

  const ends = starts.slice();
  const sorted = new Uint32Array(rows.length);
  for (const row of rows) {
    const piece = pieceOf(row);
    const place = ends[piece] ?? 0;
    sorted[place] = row;
    ends[piece] = place + 1;
  }
  for (let piece = 0; piece < pieces; piece++) {
    const start = starts[piece] ?? 0;
    const end = starts[piece + 1] ?? 0;
    if (end - start > MANY) sorted.subarray(start, end).sort((a, b) => (offsets[a] ?? 0) - (offsets[b] ?? 0));
    else if (end - start > 1) insertionSort(offsets, sorted, start, end);
  }
  return sorted;
}

function insertionSort(offsets: Float64Array, rows: Uint32Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const row = rows[i] ?? 0;
    const offset = offsets[row] ?? 0;
    let place = i;
    for (; place > start && (offsets[rows[place - 1] ?? 0] ?? 0) > offset; place--)
      rows[place] = rows[place - 1] ?? 0;
    rows[place] = row;
  }
}

/** The index of the last row that begins at or before an offset; -1 where there is none. */
export function lastUpTo(offsets: Float64Array, sorted: Uint32Array, offset: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsets[sorted[middle] ?? 0] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
