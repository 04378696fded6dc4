/** The command line of `gpu-buddy report`. */
import { HELP, parseCommand, type CommandSpec } from './command-spec';
import { WORKLOAD_OPTIONS } from './policy-specs';
import { toSize } from './size-option';
import { isReadOnce, STDOUT } from './trace-name';
import { UsageError } from './usage-error';

export const REPORT = {
  name: 'report',
  operands: 'TRACE...',
  summary: 'write a page on traces that opens in a browser, from one file',
  about: `Writes a page on one or more traces, side by side: summary, timeline, the map at any moment, every
failure and why, blocks by size, the longest-lived and the largest allocations, leaks by label, and
tables of all of it. The page is one file that loads nothing from anywhere. TRACE is what replay
takes; - is standard input.`,
  options: {
    output: {
      type: 'string',
      short: 'o',
      default: STDOUT,
      value: 'FILE',
      help: 'write the page there. Default: standard output',
    },
    title: { type: 'string', value: 'TEXT', help: 'its heading. Default: "Memory report"' },
    size: {
      type: 'string',
      value: 'SIZE',
      help: 'bytes of the space, such as 24G (K = 1024), where a TRACE does not tell',
    },
    lenient: WORKLOAD_OPTIONS.lenient,
    help: HELP,
  },
  notes: `The page holds what was done to each block, compressed: some 4 MB for a million operations. Labels are
in it as the traces have them, and so are the places in the program that "import --frames" writes into them.

Examples:
  gpu-buddy report run.trace -o report.html
  gpu-buddy report --size 24G before.csv after.csv -o report.html

Exit status: 0, or 2 where a trace, a file or an option is wrong.
`,
} as const satisfies CommandSpec;

export interface ReportCommand {
  readonly traces: readonly string[];
  readonly output: string;
  readonly title: string | undefined;
  readonly size: number | undefined;
  readonly lenient: boolean;
}

/** Gives `undefined` where help is asked for. @throws UsageError */
export function parseReportOptions(args: readonly string[]): ReportCommand | undefined {
  const { values, positionals: traces } = parseCommand(REPORT, args);
  if (values.help) return undefined;
  if (traces.length === 0) throw new UsageError('no TRACE is given');
  const again = traces.find((trace, i) => traces.indexOf(trace) < i && isReadOnce(trace));
  if (again !== undefined) throw new UsageError(`${again} can be read only once`);
  const { output, title, lenient } = values;
  return {
    traces,
    output,
    title,
    size: values.size === undefined ? undefined : toSize('--size', values.size),
    lenient,
  };
}
