/** Paints the blocks of a space as pixels: rows in the order of addresses, a pattern beside each colour. Knows no browser. */
import { CATEGORIES, viridis, type PatternName } from '../colors';

/** Pixels of a row, rows, and pixels of a row's height, the lowest of which are left empty. */
export const COLUMNS = 1024;
export const ROWS = 32;
export const ROW_HEIGHT = 12;
const GAP = 2;

export type Rgb = readonly [red: number, green: number, blue: number];

/** A kind of block. */
export interface Look {
  readonly color: Rgb;
  readonly pattern: PatternName;
}

/** Whether a pixel is one of a pattern's lines. */
const IS_LINE: Readonly<Record<PatternName, (x: number, y: number) => boolean>> = {
  plain: () => false,
  up: (x, y) => (x + y) % 6 === 0,
  down: (x, y) => (x - y + 600) % 6 === 0,
  dots: (x, y) => x % 4 === 0 && y % 4 === 1,
  lines: (_, y) => y % 4 === 1,
  grid: (x, y) => x % 6 === 0 || y % 5 === 1,
  columns: (x) => x % 4 === 0,
  cross: (x, y) => (x + y) % 8 === 0 || (x - y + 800) % 8 === 0,
};

export function rgbOf(color: string): Rgb {
  const number = Number.parseInt(color.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/** The looks of labels, the last of which is for all others. */
export const LABEL_LOOKS: readonly Look[] = CATEGORIES.map(({ color, pattern }) => ({
  color: rgbOf(color),
  pattern,
}));

const ORDER_PATTERNS: readonly PatternName[] = ['plain', 'up', 'lines', 'down', 'dots', 'grid'];

/** The look of an order, of so many. */
export function orderLook(order: number, count: number): Look {
  return {
    color: rgbOf(viridis(count > 1 ? order / (count - 1) : 0.3)),
    pattern: ORDER_PATTERNS[order % ORDER_PATTERNS.length] ?? 'plain',
  };
}

/** Blocks to paint, in bytes from the start of the space, and the number of a look for each. */
export interface Paintable {
  readonly size: number;
  readonly count: number;
  startOf(index: number): number;
  sizeOf(index: number): number;
  lookOf(index: number): number;
}

/** Paints into RGBA pixels of COLUMNS by ROWS * ROW_HEIGHT. A pixel that is used in part is so much paler. */
export function paint(
  pixels: Uint8ClampedArray,
  blocks: Paintable,
  looks: readonly Look[],
  [free, back]: readonly [free: Rgb, back: Rgb],
): void {
  const cells = COLUMNS * ROWS;
  const cell = blocks.size / cells;
  const look = new Uint8Array(cells);
  const used = new Float32Array(cells);
  for (let i = 0; i < blocks.count; i++) {
    const from = blocks.startOf(i) / cell;
    const to = from + blocks.sizeOf(i) / cell;
    for (let at = Math.floor(from); at < to && at < cells; at++) {
      used[at] = (used[at] ?? 0) + Math.min(to, at + 1) - Math.max(from, at);
      look[at] = blocks.lookOf(i);
    }
  }
  for (let y = 0, pixel = 0; y < ROWS * ROW_HEIGHT; y++) {
    const isGap = y % ROW_HEIGHT >= ROW_HEIGHT - GAP;
    const row = Math.floor(y / ROW_HEIGHT) * COLUMNS;
    for (let x = 0; x < COLUMNS; x++, pixel += 4) {
      const share = isGap ? 0 : Math.min(used[row + x] ?? 0, 1);
      const kind = share > 0 ? looks[look[row + x] ?? 0] : undefined;
      for (let part = 0; part < 3; part++) {
        const empty = (isGap ? back[part] : free[part]) ?? 0;
        pixels[pixel + part] = kind ? share * shadeOf(kind, x, y, part) + (1 - share) * empty : empty;
      }
      pixels[pixel + 3] = 255;
    }
  }
}

/** Paints a piece of a look, of a width in pixels. */
export function paintLook(pixels: Uint8ClampedArray, width: number, look: Look): void {
  for (let pixel = 0; pixel * 4 < pixels.length; pixel++) {
    for (let part = 0; part < 3; part++)
      pixels[4 * pixel + part] = shadeOf(look, pixel % width, Math.floor(pixel / width), part);
    pixels[4 * pixel + 3] = 255;
  }
}

/** Red, green or blue of a look's pixel. */
function shadeOf({ color, pattern }: Look, x: number, y: number, part: number): number {
  const light = IS_LINE[pattern](x, y) ? 0.5 : 1;
  return 255 - light * (255 - (color[part] ?? 0));
}
