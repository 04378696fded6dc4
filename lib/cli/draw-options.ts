/** The command line of `gpu-buddy draw`. */
import type { Moment } from '../draw';
import { COLOR_BY, type ColorBy } from '../draw/colors';
import { THEMES, type Theme } from '../draw/svg';
import { HELP, parseCommand, type CommandSpec } from './command-spec';
import { WORKLOAD_OPTIONS } from './policy-specs';
import { toCount } from './count-option';
import { toSize } from './size-option';
import { STDOUT } from './trace-name';
import { UsageError } from './usage-error';

/** The pictures that can be drawn. */
const PICTURES = ['map', 'timeline', 'orders'] as const;
type PictureName = (typeof PICTURES)[number];

const MOMENTS = ['peak', 'end', 'first-failure'] as const;

export const DRAW = {
  name: 'draw',
  operands: 'TRACE',
  summary: 'draw a trace, a saved state or a dump as an SVG picture',
  about: `Draws what became of memory as an SVG: a map of the space at one moment, or its use from line to line.
TRACE is what replay takes: a trace, a recording that "gpu-buddy import" knows, a dump of VMA, or a
state that GpuBuddy.save() has written; - is standard input.`,
  options: {
    output: {
      type: 'string',
      short: 'o',
      default: STDOUT,
      value: 'FILE',
      help: 'write the picture there. Default: standard output',
    },
    as: {
      type: 'string',
      value: 'PICTURE',
      default: 'map',
      choices: PICTURES,
      help: `"map" (the default): the space in the order of addresses; "timeline": used,
longest free run, fragmentation, failures; "orders": bytes in blocks of each size`,
    },
    at: {
      type: 'string',
      value: 'WHEN',
      default: 'peak',
      choices: MOMENTS,
      help: `the moment of a map: after the line of that number, at the "peak" (the default),
at the "end", or at the "first-failure" of an allocation`,
    },
    'color-by': {
      type: 'string',
      value: 'WHAT',
      default: 'state',
      choices: COLOR_BY,
      help: `what colours and patterns of a map tell: "state" (the default), "size" of the
blocks, or "label"`,
    },
    theme: {
      type: 'string',
      value: 'THEME',
      default: 'auto',
      choices: THEMES,
      help: '"light", "dark", or "auto" (the default), what the reader prefers',
    },
    title: { type: 'string', value: 'TEXT', help: 'text above the picture. Default: name and moment' },
    width: { type: 'string', value: 'PIXELS', help: 'from 320 to 4096. Default: 960' },
    on: { type: 'string', value: 'N', help: 'draw this allocator of several' },
    size: {
      type: 'string',
      value: 'SIZE',
      help: 'bytes of the space, such as 24G (K = 1024), where TRACE does not tell',
    },
    lenient: WORKLOAD_OPTIONS.lenient,
    help: HELP,
  },
  notes: `A map has at most 512 by 32 cells, and a curve 400 points: no picture is larger than some 300 KB.
Its trace is replayed twice; of what can be read only once, a copy is kept in the folder for temporary files.

Examples:
  gpu-buddy draw run.trace -o map.svg
  gpu-buddy draw --at first-failure --color-by label run.trace -o failure.svg
  gpu-buddy draw --as timeline --size 24G rmm_log.dev0.csv -o timeline.svg

Exit status: 0, or 2 where a trace, a file or an option is wrong, or there is no such moment.
`,
} as const satisfies CommandSpec;

export interface DrawCommand {
  readonly trace: string;
  readonly output: string;
  readonly as: PictureName;
  readonly at: Moment;
  readonly colorBy: ColorBy;
  readonly theme: Theme;
  readonly title: string | undefined;
  readonly width: number | undefined;
  readonly on: number | undefined;
  readonly size: number | undefined;
  readonly lenient: boolean;
}

/** Gives `undefined` where help is asked for. @throws UsageError */
export function parseDrawOptions(args: readonly string[]): DrawCommand | undefined {
  const { values, positionals } = parseCommand(DRAW, args);
  if (values.help) return undefined;
  const [trace, ...more] = positionals;
  if (trace === undefined) throw new UsageError('no TRACE is given');
  if (more.length > 0) throw new UsageError('draw takes one TRACE');
  return {
    trace,
    output: values.output,
    as: toWord('--as', values.as, PICTURES),
    at: toMoment(values.at),
    colorBy: toWord('--color-by', values['color-by'], COLOR_BY),
    theme: toWord('--theme', values.theme, THEMES),
    title: values.title,
    width: values.width === undefined ? undefined : toCount('--width', values.width),
    on: values.on === undefined ? undefined : toCount('--on', values.on),
    size: values.size === undefined ? undefined : toSize('--size', values.size),
    lenient: values.lenient,
  };
}

function toWord<T extends string>(option: string, text: string, words: readonly T[]): T {
  const word = words.find((known) => known === text);
  if (word === undefined)
    throw new UsageError(`${option} takes ${words.map((known) => `"${known}"`).join(', ')}, not "${text}"`);
  return word;
}

function toMoment(text: string): Moment {
  const word = MOMENTS.find((known) => known === text);
  if (word !== undefined) return word;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(
    `--at takes a line number from 1 on, ${MOMENTS.map((known) => `"${known}"`).join(', ')}, not "${text}"`,
  );
}
