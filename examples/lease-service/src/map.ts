/** Draws an allocator: rows of cells, each of which stands for as many bytes. (To be replaced by `gpu-buddy/draw`.) */
import { STATE_ALLOCATED, STATE_CLEAR, type GpuBuddy } from 'gpu-buddy';

const COLUMNS = 128;
const ROWS = 64;
const CELL = 8;

const KINDS = [
  { name: 'free', colour: '#e8eef2' },
  { name: 'free, zero', colour: '#b7dfc0' },
  { name: 'leased', colour: '#3567a6' },
  { name: 'in part', colour: '#9db4d3' },
] as const;
const IN_PART = 3;

/** The space as an SVG. A cell that holds more than one kind of memory says so. */
export function drawMap(buddy: GpuBuddy): string {
  const cells = cellsOf(buddy);
  const width = COLUMNS * CELL;
  const height = ROWS * CELL;
  const legend = KINDS.map(
    ({ name, colour }, kind) =>
      `<rect x="${kind * 120}" y="${height + 8}" width="${CELL}" height="${CELL}" fill="${colour}"/>` +
      `<text x="${kind * 120 + 14}" y="${height + 16}">${name}</text>`,
  );
  const title = `${buddy.size - buddy.avail} of ${buddy.size} bytes are leased; a cell is ${buddy.size / cells.length} bytes`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height + 24}" font-family="sans-serif" font-size="10">`,
    `<title>${title}</title>`,
    ...runs(cells),
    ...legend,
    '</svg>',
  ].join('\n');
}

/** The kind of each cell. */
function cellsOf(buddy: GpuBuddy): Uint8Array {
  const cells = new Uint8Array(COLUMNS * ROWS).fill(255);
  const bytes = buddy.size / cells.length;
  const { offsets, orders, states } = buddy.snapshot();
  offsets.forEach((offset, index) => {
    const size = buddy.chunkSize * 2 ** (orders[index] ?? 0);
    const kind = kindOf(states[index] ?? 0);
    const first = (offset - buddy.baseOffset) / bytes;
    const end = Math.ceil(first + size / bytes);
    for (let cell = Math.floor(first); cell < end; cell++)
      cells[cell] = cells[cell] === 255 || cells[cell] === kind ? kind : IN_PART;
  });
  return cells;
}

function kindOf(state: number): number {
  if (state & STATE_ALLOCATED) return 2;
  return state & STATE_CLEAR ? 1 : 0;
}

/** A rectangle for each run of equal cells in a row. */
function* runs(cells: Uint8Array): Generator<string> {
  for (let start = 0; start < cells.length;) {
    const kind = cells[start] ?? 0;
    const rowEnd = (Math.floor(start / COLUMNS) + 1) * COLUMNS;
    let end = start + 1;
    while (end < rowEnd && cells[end] === kind) end++;
    const x = (start % COLUMNS) * CELL;
    const y = Math.floor(start / COLUMNS) * CELL;
    yield `<rect x="${x}" y="${y}" width="${(end - start) * CELL}" height="${CELL}" fill="${KINDS[kind]?.colour ?? ''}"/>`;
    start = end;
  }
}
