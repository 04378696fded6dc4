/** The frame of each picture: an SVG with title, description, styles for light and dark, and patterns beside colours. */
import { CATEGORIES, PATTERNS, type PatternName } from './colors';
import { escaped } from './text';

/** Which colours a picture has: those that the reader prefers, or always these. */
export type Theme = 'auto' | 'light' | 'dark';

export const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

/** A way to fill an area. */
export interface Fill {
  readonly color: string;
  readonly pattern: PatternName;
}

interface Colors {
  readonly back: string;
  readonly text: string;
  readonly faint: string;
  readonly free: string;
  readonly clear: string;
}

const LIGHT: Colors = {
  back: '#ffffff',
  text: '#1b1b1b',
  faint: '#666666',
  free: '#e4e6ea',
  clear: '#a8dbc9',
};
const DARK: Colors = {
  back: '#16181c',
  text: '#ececec',
  faint: '#a8a8a8',
  free: '#30343b',
  clear: '#1f5c4a',
};

/** Colours of everything but the fills, which stand on both. */
function rules({ back, text, faint, free, clear }: Colors): string {
  return [
    `.gb{background:${back};color:${text}}.gb .back{fill:${back}}.gb text{fill:${text}}.gb .soft{fill:${faint}}`,
    `.gb .axis{stroke:${faint};fill:none}.gb .edge{stroke:${back};fill:none}.gb .free{fill:${free}}.gb .clear{fill:${clear}}`,
    `.gb .mark{stroke:${text};fill:none}`,
  ].join('');
}

const SHARED = [
  '.gb{font:12px system-ui,sans-serif}.gb .mono{font-family:ui-monospace,monospace;font-size:11px}',
  '.gb .hatch{stroke:#fff;stroke-opacity:.55;stroke-width:1.2;fill:none}.gb .number{text-anchor:end}.gb .middle{text-anchor:middle}',
].join('');

/** The rules of all pictures. Forced colours leave what a program draws as it is; only text and lines follow them. */
export function styleOf(theme: Theme): string {
  const forced =
    '@media(forced-colors:active){.gb text,.gb .soft{fill:CanvasText}.gb .axis,.gb .mark{stroke:CanvasText}.gb .back{fill:Canvas}.gb{forced-color-adjust:none;background:Canvas}}';
  const colors =
    theme === 'auto'
      ? `${rules(LIGHT)}@media(prefers-color-scheme:dark){${rules(DARK)}}`
      : rules(theme === 'dark' ? DARK : LIGHT);
  return SHARED + colors + forced;
}

/** A part of a picture. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** Says in words what the picture shows. */
  readonly description: string;
  readonly fills: readonly Fill[];
  readonly body: readonly string[];
}

/** Prefix of the ids of a picture, and whether its styles stand in it. */
export interface Frame {
  readonly id: string;
  /** `undefined`: the page around it has the styles. */
  readonly theme: Theme | undefined;
}

/** The picture as an SVG. */
export function svgOf(
  { width, height, title, description, fills, body }: Picture,
  { id, theme }: Frame,
): string {
  const patterns = fills.map(({ color, pattern }, index) =>
    [
      `<pattern id="${id}-${index}" width="8" height="8" patternUnits="userSpaceOnUse">`,
      `<rect width="8" height="8" fill="${color}"/>`,
      PATTERNS[pattern] && `<path class="hatch" d="${PATTERNS[pattern]}"/>`,
      '</pattern>',
    ].join(''),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="gb" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-title ${id}-desc">`,
    `<title id="${id}-title">${escaped(title)}</title>`,
    `<desc id="${id}-desc">${escaped(description)}</desc>`,
    theme && `<style>${styleOf(theme)}</style>`,
    patterns.length > 0 && `<defs>${patterns.join('')}</defs>`,
    `<rect class="back" width="${width}" height="${height}"/>`,
    ...body,
    '</svg>',
  ]
    .filter(Boolean)
    .join('\n')
    .concat('\n');
}

/** The value of `fill` for one of the picture's fills. */
export function fillOf({ id }: Frame, index: number): string {
  return `url(#${id}-${index})`;
}

/** The fill of a kind; the last one is for all others. */
export function categoryFill(index: number): Fill {
  return CATEGORIES[Math.min(index, CATEGORIES.length - 1)] ?? CATEGORIES[0];
}

export function textAt(x: number, y: number, text: string, classes = ''): string {
  return `<text x="${rounded(x)}" y="${rounded(y)}"${classes && ` class="${classes}"`}>${escaped(text)}</text>`;
}

/** A number with as many digits as can be seen. */
export function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
