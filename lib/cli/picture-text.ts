/** Pictures of a space as text: glyphs that differ without colour, and colours. */
import type { CellKind, SpacePicture } from '../trace';
import type { Color, Paint } from './paint';

const LOOKS: Readonly<
  Record<CellKind, { readonly glyph: string; readonly color: Color; readonly means: string }>
> = {
  used: { glyph: '█', color: 'yellow', means: 'used' },
  'mostly-used': { glyph: '▓', color: 'yellow', means: 'half used or more' },
  'partly-used': { glyph: '▒', color: 'yellow', means: 'less' },
  free: { glyph: '░', color: 'green', means: 'free' },
  'partly-clear': { glyph: ':', color: 'cyan', means: 'partly clear' },
  clear: { glyph: '·', color: 'cyan', means: 'clear' },
};

/** Rows of cells, each behind the address at which it begins. */
export function pictureText(picture: SpacePicture, paint: Paint): string {
  const { cells, columns, cellSize } = picture;
  const width = addressWidth(picture.size);
  const rows: string[] = [];
  for (let i = 0; i < cells.length; i += columns) {
    const address = (i * cellSize).toString(16).padStart(width - 2, '0');
    rows.push(`0x${address} ${rowText(cells.slice(i, i + columns), paint)}`);
  }
  return `${rows.join('\n')}\n`;
}

/** Characters that stand before the cells of a row without the space between. */
export function addressWidth(size: number): number {
  return 2 + size.toString(16).length;
}

/** Neighbours of one colour are painted together. */
function rowText(cells: readonly CellKind[], paint: Paint): string {
  let text = '';
  for (let start = 0; start < cells.length;) {
    const { color } = look(cells[start]);
    let glyphs = '';
    let end = start;
    for (; end < cells.length && look(cells[end]).color === color; end++) glyphs += look(cells[end]).glyph;
    text += paint(glyphs, color);
    start = end;
  }
  return text;
}

function look(kind: CellKind = 'free') {
  return LOOKS[kind];
}

/** Explains the glyphs of a picture. */
export function legendText(paint: Paint): string {
  const looks = Object.values(LOOKS).map(({ glyph, color, means }) => `${paint(glyph, color)} ${means}`);
  return `${looks.join('  ')}\n`;
}
