/** The options that all pictures share, and how they are checked. */
import { invalidArgType, invalidArgValue, outOfRange } from '../errors';
import { toOptions, type Names } from '../options';
import { THEMES, type Theme } from './svg';

/** How to draw. */
export interface DrawOptions {
  /** Text above the picture, of which 100 characters are shown. */
  readonly title?: string | undefined;
  /** Pixels, from 320 to 4096. Default: 960. */
  readonly width?: number | undefined;
  /** Colours. Default: `'auto'`, those that the reader prefers. */
  readonly theme?: Theme | undefined;
}

export const DRAW_NAMES: Names<DrawOptions> = { title: true, width: true, theme: true };

const TITLE_LENGTH = 100;

/** Options that have been checked. */
export interface CheckedDrawOptions {
  readonly title: string;
  readonly width: number;
  readonly theme: Theme;
}

/**
 * Checks the options of a picture.
 *
 * @param title that of a picture without one
 * @throws TypeError, RangeError
 */
export function toDrawOptions<Options extends DrawOptions>(
  options: Options | undefined,
  names: Names<Options>,
  title: string,
): CheckedDrawOptions & Partial<Omit<Options, keyof DrawOptions>> {
  const given = toOptions('options', options, names);
  const { width = 960, theme = 'auto', title: wanted = title } = given;
  if (typeof wanted !== 'string') throw invalidArgType('options.title', 'of type string', wanted);
  if (typeof width !== 'number') throw invalidArgType('options.width', 'of type number', width);
  if (!(width >= 320 && width <= 4096)) throw outOfRange('options.width', 'from 320 to 4096', width);
  return {
    ...given,
    title: wanted.slice(0, TITLE_LENGTH),
    width: Math.round(width),
    theme: toChoice('options.theme', theme, THEMES),
  };
}

/** Checks one of several words. @throws TypeError */
export function toChoice<T extends string>(argument: string, value: T, choices: readonly T[]): T {
  if (typeof value !== 'string') throw invalidArgType(argument, 'of type string', value);
  if (choices.includes(value)) return value;
  throw invalidArgValue(argument, `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`, value);
}
