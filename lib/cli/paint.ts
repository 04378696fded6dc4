/** Colours, where they are wanted. */
import type { OutputStream, Terminal } from './terminal';

/** The foreground colours of ECMA-48 that are used here. */
const COLORS = { green: 32, yellow: 33, cyan: 36 } as const;

export type Color = keyof typeof COLORS;

/** Gives the text, coloured or not. */
export type Paint = (text: string, color: Color) => string;

/** Whether to colour what goes to a stream: on a terminal that can, unless FORCE_COLOR or NO_COLOR say otherwise. */
export function wantsColors(stream: OutputStream, env: Terminal['env']): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = env;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (no !== undefined && no !== '') return false;
  return stream.isTTY === true && (stream.hasColors?.(16, env) ?? false);
}

export function paintFor(hasColors: boolean): Paint {
  return hasColors ? (text, color) => `\u001b[${COLORS[color]}m${text}\u001b[39m` : (text) => text;
}
