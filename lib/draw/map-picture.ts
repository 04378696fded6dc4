/** Lays a map out in rows of cells, and draws it. Its size has a bound, however many blocks there are. */
import { bytesText, shareText } from '../trace/number-text';
import { share } from '../trace/space-picture';
import { CLEAR, FREE, type MapModel } from './map-model';
import { fillOf, rounded, textAt, type Frame, type Picture } from './svg';

/** Cells of a row at the most, and rows. */
const COLUMNS = 512;
const ROWS = 32;

const MARGIN = 12;
const HEADER = 44;
const LEGEND_ROW = 20;
const CHARACTER = 6.8;
const LEGEND_COLUMN = 220;

/** Cells of one block that are wide enough for an edge. */
const EDGE_CELLS = 4;

/** How much of a cell is used: all of it, half or more, or less. */
const SHADES = [1, 0.7, 0.4] as const;

interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly count: number;
  /** Bytes. */
  readonly cellSize: number;
}

function gridOf({ size, chunkSize }: MapModel): Grid {
  const chunks = size / chunkSize;
  const cellSize = Math.ceil(chunks / (COLUMNS * ROWS)) * chunkSize;
  const count = Math.ceil(size / cellSize);
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(count / ROWS, 1)));
  const columns = Math.min(Math.max(wanted, Math.min(count, 64)), COLUMNS);
  return { columns, rows: Math.ceil(count / columns), count, cellSize };
}

/** Content of a cell: a kind and a shade of it, or free memory. */
interface Cells {
  readonly kinds: Int16Array;
  readonly shades: Uint8Array;
}

function cellsOf(model: MapModel, { count, cellSize }: Grid): Cells {
  const { size, chunkSize, offsets, orders, kindOf } = model;
  const sums = model.kinds.map(() => new Float64Array(count));
  const clear = new Float64Array(count);
  for (let row = 0; row < offsets.length; row++) {
    const kind = kindOf[row] ?? FREE;
    if (kind === FREE) continue;
    const start = offsets[row] ?? 0;
    share(
      kind === CLEAR ? clear : (sums[kind] ?? clear),
      cellSize,
      start,
      start + chunkSize * 2 ** (orders[row] ?? 0),
    );
  }
  const kinds = new Int16Array(count);
  const shades = new Uint8Array(count);
  for (let cell = 0; cell < count; cell++) {
    const bytes = Math.min(cellSize, size - cell * cellSize);
    let used = 0;
    let most = 0;
    let kind = (clear[cell] ?? 0) * 2 > bytes ? CLEAR : FREE;
    for (const [index, sum] of sums.entries()) {
      const here = sum[cell] ?? 0;
      used += here;
      if (here > most) {
        most = here;
        kind = index;
      }
    }
    kinds[cell] = kind;
    shades[cell] = used >= bytes ? 0 : used * 2 >= bytes ? 1 : 2;
  }
  return { kinds, shades };
}

/**
 * Draws a map.
 *
 * @param width pixels
 */
export function mapPicture(model: MapModel, title: string, width: number, frame: Frame): Picture {
  const grid = gridOf(model);
  const cells = cellsOf(model, grid);
  const last = model.base + BigInt(model.size);
  const digits = Math.max(last.toString(16).length, 4);
  const left = MARGIN + (digits + 2) * CHARACTER + 8;
  const cell = (width - left - MARGIN) / grid.columns;
  const rowHeight = Math.min(Math.max(Math.floor(384 / grid.rows), 12), 40);
  const at = (index: number) => ({
    x: left + (index % grid.columns) * cell,
    y: HEADER + Math.floor(index / grid.columns) * rowHeight,
  });
  const legend = legendOf(model);
  const perRow = Math.max(Math.floor((width - 2 * MARGIN) / LEGEND_COLUMN), 1);
  const legendTop = HEADER + grid.rows * rowHeight + 14;
  const numbers = numbersText(model, grid);

  const body = [
    textAt(MARGIN, 18, title),
    textAt(MARGIN, 34, numbers, 'soft'),
    ...addresses(model, grid, rowHeight),
    ...areas(cells, grid, (from, to) => {
      const { x, y } = at(from);
      return `M${rounded(x)} ${rounded(y)}h${rounded((to - from) * cell)}v${rowHeight - 2}h-${rounded((to - from) * cell)}z`;
    }).map(({ kind, shade, path }) => {
      if (kind === FREE) return `<path class="free" d="${path}"/>`;
      if (kind === CLEAR) return `<path class="clear" d="${path}"/>`;
      const opacity = shade === 0 ? '' : ` fill-opacity="${SHADES[shade] ?? 1}"`;
      return `<path fill="${fillOf(frame, kind)}"${opacity} d="${path}"/>`;
    }),
    `<path class="edge" d="${edges(model, grid)
      .map((index) => {
        const { x, y } = at(index);
        return `M${rounded(x)} ${y}v${rowHeight - 2}`;
      })
      .join('')}"/>`,
    ...legend.flatMap(({ name, kind }, index) => {
      const x = MARGIN + (index % perRow) * LEGEND_COLUMN;
      const y = legendTop + Math.floor(index / perRow) * LEGEND_ROW;
      const fill =
        kind === FREE ? 'class="free"' : kind === CLEAR ? 'class="clear"' : `fill="${fillOf(frame, kind)}"`;
      return [`<rect x="${x}" y="${y}" width="14" height="14" ${fill}/>`, textAt(x + 20, y + 11, name)];
    }),
  ];
  return {
    width,
    height: legendTop + Math.ceil(legend.length / perRow) * LEGEND_ROW + MARGIN,
    title,
    description: `${numbers}. ${legend.map(({ name }) => name).join('; ')}.`,
    fills: model.kinds.map(({ fill }) => fill),
    body,
  };
}

/** Runs of equal cells in rows, joined to one path for each kind and shade. */
function areas(
  { kinds, shades }: Cells,
  { columns, count }: Grid,
  pathOf: (from: number, to: number) => string,
): { readonly kind: number; readonly shade: number; readonly path: string }[] {
  const paths = new Map<number, string[]>();
  for (let from = 0; from < count;) {
    const kind = kinds[from] ?? FREE;
    const shade = kind < 0 ? 0 : (shades[from] ?? 0);
    const rowEnd = Math.min((Math.floor(from / columns) + 1) * columns, count);
    let to = from + 1;
    for (; to < rowEnd && kinds[to] === kind && (kind < 0 || shades[to] === shade); to++);
    const key = kind * SHADES.length + shade;
    const path = paths.get(key);
    if (path) path.push(pathOf(from, to));
    else paths.set(key, [pathOf(from, to)]);
    from = to;
  }
  return [...paths].map(([key, path]) => ({
    kind: Math.floor(key / SHADES.length),
    shade: ((key % SHADES.length) + SHADES.length) % SHADES.length,
    path: path.join(''),
  }));
}

/** The cells at which used blocks begin that are wide enough to be told apart. */
function edges({ offsets, orders, kindOf, chunkSize }: MapModel, { cellSize, columns }: Grid): number[] {
  const found: number[] = [];
  for (let row = 0; row < offsets.length; row++) {
    const first = (offsets[row] ?? 0) / cellSize;
    const isWide = (chunkSize * 2 ** (orders[row] ?? 0)) / cellSize >= EDGE_CELLS;
    if (isWide && (kindOf[row] ?? FREE) >= 0 && first % columns !== 0) found.push(first);
  }
  return found;
}

/** The address of every second row, or more where rows are few. */
function addresses({ base }: MapModel, { columns, rows, cellSize }: Grid, rowHeight: number): string[] {
  const step = rows > 16 ? 2 : 1;
  return Array.from({ length: Math.ceil(rows / step) }, (_, i) => {
    const address = base + BigInt(i * step * columns * cellSize);
    return textAt(MARGIN, HEADER + i * step * rowHeight + 10, `0x${address.toString(16)}`, 'mono soft');
  });
}

interface LegendEntry {
  readonly name: string;
  readonly kind: number;
}

/** Lists the kinds that are there, with their bytes. */
function legendOf({ size, chunkSize, kinds, orders, kindOf }: MapModel): LegendEntry[] {
  const sums = kinds.map(() => 0);
  let clear = 0;
  for (let row = 0; row < kindOf.length; row++) {
    const bytes = chunkSize * 2 ** (orders[row] ?? 0);
    const kind = kindOf[row] ?? FREE;
    if (kind >= 0) sums[kind] = (sums[kind] ?? 0) + bytes;
    else if (kind === CLEAR) clear += bytes;
  }
  const used = sums.reduce((sum, bytes) => sum + bytes, 0);
  return [
    ...kinds.map(({ name }, kind) => ({ name: `${name}: ${bytesText(sums[kind] ?? 0)}`, kind })),
    ...(clear > 0 ? [{ name: `free and clear: ${bytesText(clear)}`, kind: CLEAR }] : []),
    { name: `free: ${bytesText(size - used - clear)}`, kind: FREE },
  ];
}

function numbersText({ size, chunkSize, orders, kindOf }: MapModel, { cellSize }: Grid): string {
  let used = 0;
  let blocks = 0;
  for (let row = 0; row < kindOf.length; row++) {
    if ((kindOf[row] ?? FREE) < 0) continue;
    used += chunkSize * 2 ** (orders[row] ?? 0);
    blocks++;
  }
  return `${bytesText(used)} of ${bytesText(size)} used (${shareText(used, size)}), in ${blocks} ${blocks === 1 ? 'block' : 'blocks'}; a cell is ${bytesText(cellSize)}`;
}
