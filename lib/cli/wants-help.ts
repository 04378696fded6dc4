/** The command line of commands that know no option but --help. */
import { parseArgs } from 'node:util';
import { systemReason } from '../trace/system-reason';
import { UsageError } from './usage-error';

/** @throws UsageError where there is anything else */
export function wantsHelp(args: readonly string[]): boolean {
  try {
    const options = { help: { type: 'boolean', short: 'h', default: false } } as const;
    return parseArgs({ args: [...args], options }).values.help;
  } catch (error) {
    // After the first sentence parseArgs gives advice.
    throw new UsageError(systemReason(error).split('. ')[0]);
  }
}
