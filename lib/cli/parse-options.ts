/** Command lines of commands that take files: options by Node's own parser, and its errors as ours. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { systemReason } from '../trace/system-reason';
import { UsageError } from './usage-error';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Options by their names, and everything else. */
export type ParsedOptions<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: T }>
>;

/** @throws UsageError where an option is unknown, or lacks its value */
export function parseOptions<const T extends Options>(args: readonly string[], options: T): ParsedOptions<T> {
  try {
    return parseArgs<{ args: string[]; allowPositionals: true; options: T }>({
      args: [...args],
      allowPositionals: true,
      options,
    });
  } catch (error) {
    // After the first sentence parseArgs gives advice on options that begin with a dash.
    const [reason] = systemReason(error).split('. ');
    throw new UsageError(reason);
  }
}
