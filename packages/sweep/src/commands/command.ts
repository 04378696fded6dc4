/** Describes the commands of the program: their options, help and code. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { reasonOf, SweepError } from '../sweep-error.js';

/** An option as Node's parser takes it, and its help. */
export type OptionSpec = NonNullable<ParseArgsConfig['options']>[string] & {
  /** The word for its value: `FILE`. */
  readonly value?: string;
  readonly help: string;
};
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface CommandSpec<T extends OptionSpecs = OptionSpecs> {
  readonly name: string;
  /** Arguments beside options, in the order in which they stand: `SPEC`; in brackets where it may be left out. */
  readonly operands: readonly string[];
  readonly summary: string;
  readonly options: T;
}

export interface Command {
  readonly spec: CommandSpec;
  /** Runs a command line, given without the command's name; gives the exit status. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

type Values<T extends OptionSpecs> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: T }>
>;

/** Reads a command line. @throws SweepError `ERR_SWEEP_USAGE` */
export function parseCommand<T extends OptionSpecs>(
  { name, operands, options }: CommandSpec<T>,
  args: readonly string[],
): Values<T> {
  let parsed: Values<T>;
  try {
    parsed = parseArgs<{ args: string[]; allowPositionals: true; options: T }>({
      args: [...args],
      allowPositionals: true,
      options,
    });
  } catch (error) {
    // After the first sentence the parser gives advice on options that begin with a dash.
    throw usageError(reasonOf(error).split('. ')[0] ?? '');
  }
  const { length } = parsed.positionals;
  const missing = operands[length];
  if (missing !== undefined && !missing.startsWith('[')) throw usageError(`${name}: no ${missing} is given`);
  const extra = parsed.positionals[operands.length];
  if (extra !== undefined) throw usageError(`${name}: takes no "${extra}"`);
  return parsed;
}

/** Gives the help of a command. */
export function helpText({ name, operands, summary, options }: CommandSpec): string {
  const rows = Object.entries(options).map(([long, { short, value, help }]) => {
    const title = `${short === undefined ? '' : `-${short}, `}--${long}${value === undefined ? '' : ` ${value}`}`;
    return [title, help] as const;
  });
  const width = Math.max(0, ...rows.map(([title]) => title.length)) + 2;
  const lines = rows.map(([title, help]) => `  ${title.padEnd(width)}${help}`);
  return [
    `Usage: gpu-buddy-sweep ${[name, '[OPTION]...', ...operands].join(' ')}`,
    '',
    summary,
    '',
    ...lines,
    '',
  ].join('\n');
}

/** Reads a number of an option. @throws SweepError `ERR_SWEEP_USAGE` */
export function toCount(option: string, text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count === 0)
    throw usageError(`--${option} takes a whole number above 0, not "${text}"`);
  return count;
}

export function usageError(message: string): SweepError {
  return new SweepError('ERR_SWEEP_USAGE', message);
}
