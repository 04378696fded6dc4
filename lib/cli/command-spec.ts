/** The command line of a command, described once: for its parser, its `--help`, and for shells that complete it. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { systemReason } from '../trace/system-reason';
import { UsageError } from './usage-error';

type ParserOption = NonNullable<ParseArgsConfig['options']>[string];

/** An option, as Node's parser takes it, and what is said of it. */
export type OptionSpec = ParserOption & {
  /** The word for its value: `FILE`, `SIZE`. */
  readonly value?: string;
  /** The words that can stand there, if they are known. */
  readonly choices?: readonly string[];
  /** Says what it does; lines are broken where they are here. */
  readonly help: string;
};

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface CommandSpec<T extends OptionSpecs = OptionSpecs> {
  readonly name: string;
  /** Arguments beside options: `TRACE...`; empty for none. */
  readonly operands: string;
  /** The words that can stand there; `undefined` for files. */
  readonly choices?: readonly string[];
  /** One line for the list of commands. */
  readonly summary: string;
  /** Says what it does, before its options. */
  readonly about: string;
  readonly options: T;
  /** Text behind the options: examples, exit status. */
  readonly notes: string;
}

/** `--help`, which all commands have. */
export const HELP = { type: 'boolean', short: 'h', default: false, help: 'show this' } as const;

/** Columns of options before their help, at the least. */
const MARGIN = 2;

export type ParsedOptions<T extends OptionSpecs> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: T }>
>;

/** @throws UsageError if an option is unknown, or lacks its value, or there are operands that the command does not take */
export function parseCommand<T extends OptionSpecs>(
  { options, operands }: CommandSpec<T>,
  args: readonly string[],
): ParsedOptions<T> {
  try {
    return parseArgs<{ args: string[]; allowPositionals: true; options: T }>({
      args: [...args],
      // The parser complains where none are allowed.
      allowPositionals: (operands !== '') as true,
      options,
    });
  } catch (error) {
    // After the first sentence parseArgs gives advice on options that begin with a dash.
    throw new UsageError(systemReason(error).split('. ')[0]);
  }
}

export function helpText({ name, operands, about, options, notes }: CommandSpec): string {
  const usage = ['gpu-buddy', name, ...(Object.keys(options).length > 1 ? ['[OPTION]...'] : []), operands];
  return [`Usage: ${usage.filter(Boolean).join(' ')}`, about, optionLines(options), notes]
    .filter(Boolean)
    .map((part) => `${part.trimEnd()}\n`)
    .join('\n');
}

/** Options and their help in two columns. */
function optionLines(options: OptionSpecs): string {
  const rows = Object.entries(options).map(([name, option]) => [titleOf(name, option), option.help] as const);
  const width = Math.max(...rows.map(([title]) => title.length)) + MARGIN;
  const indent = ' '.repeat(MARGIN + width);
  return rows
    .map(([title, help]) => `  ${title.padEnd(width)}${help.replaceAll('\n', `\n${indent}`)}`)
    .join('\n');
}

function titleOf(name: string, { short, value }: OptionSpec): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return short === undefined ? long : `-${short}, ${long}`;
}
