/** Colours that people who see few colours tell apart: Okabe and Ito's for kinds, viridis for scales. */

/** Meanings that the colours of a map can have. */
export type ColorBy =
  /** Used, free, and free and clear. */
  | 'state'
  /** The size of each block. */
  | 'size'
  /** Gives each block's label. */
  | 'label';

export const COLOR_BY: readonly ColorBy[] = ['state', 'size', 'label'];

/** Each with the name of the pattern that stands beside it, since colour alone tells nobody everything. */
export const CATEGORIES = [
  { color: '#0072b2', pattern: 'plain' },
  { color: '#e69f00', pattern: 'up' },
  { color: '#009e73', pattern: 'down' },
  { color: '#cc79a7', pattern: 'dots' },
  { color: '#56b4e9', pattern: 'lines' },
  { color: '#d55e00', pattern: 'grid' },
  { color: '#f0e442', pattern: 'columns' },
  { color: '#888888', pattern: 'cross' },
] as const;

/** Lines of a pattern of 8 by 8 pixels. */
export const PATTERNS = {
  plain: '',
  up: 'M0 8L8 0',
  down: 'M0 0L8 8',
  dots: 'M2 2h1M6 6h1',
  lines: 'M0 4h8',
  grid: 'M0 4h8M4 0v8',
  columns: 'M4 0v8',
  cross: 'M0 0L8 8M0 8L8 0',
} as const;

export type PatternName = keyof typeof PATTERNS;

/** Points of viridis, evenly spaced, as red, green and blue. */
const VIRIDIS = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 73, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
] as const;

/** The colour of a share from 0 to 1. */
export function viridis(share: number): string {
  const position = Math.min(Math.max(share, 0), 1) * (VIRIDIS.length - 1);
  const index = Math.min(Math.floor(position), VIRIDIS.length - 2);
  const from = VIRIDIS[index] ?? VIRIDIS[0];
  const to = VIRIDIS[index + 1] ?? from;
  const parts = from.map((value, i) => Math.round(value + ((to[i] ?? value) - value) * (position - index)));
  return `#${parts.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
