/** The command line of `gpu-buddy replay`. */
import { HELP, parseCommand, type CommandSpec } from './command-spec';
import { KERNEL_OPTION, toKernels } from './kernel-option';
import { toSize } from './size-option';
import { isReadOnce, STDIN } from './trace-name';
import { UsageError } from './usage-error';

export const REPLAY = {
  name: 'replay',
  operands: 'TRACE...',
  summary: 'run recorded traces of allocator calls; compare, sum up, draw',
  about: `Runs recorded traces of allocator calls through the kernel's allocator and writes one result line
for each line, as the kernel did when they were recorded. TRACE is a file, decompressed on the way,
or - for standard input: a trace, or a recording that "gpu-buddy import" knows.`,
  options: {
    check: {
      type: 'string',
      value: 'FILE|FOLDER',
      help: `compare with recorded results instead of writing results: counts identical and
different lines and shows the first difference. In a FOLDER, the results of
NAME.trace are NAME.expected; both may end in .gz or .br. Without another
TRACE, the results are those in the trace itself, as journals have them.
- is standard input`,
    },
    'recorded-on': {
      type: 'string',
      value: 'NAME',
      help: 'say in the end where the recorded results come from, such as "Linux 7.3.4"',
    },
    lenient: {
      type: 'boolean',
      default: false,
      help: `leave out blank lines, carriage returns, calls on unknown lists, and
allocations into lists in use; standard error says how many there were`,
    },
    size: {
      type: 'string',
      value: 'SIZE',
      help: 'bytes of the space, such as 24G (K = 1024), where TRACE does not tell',
    },
    summary: {
      type: 'boolean',
      default: false,
      help: `count operations by result; show peak use, blocks of a list, what is free at
the end, and what was never freed, by label`,
    },
    picture: {
      type: 'boolean',
      default: false,
      help: 'draw the address space of the last TRACE at its peak and at the end',
    },
    'picture-at': {
      type: 'string',
      multiple: true,
      default: [] as string[],
      value: 'WHEN',
      choices: ['peak', 'end'],
      help: `draw it after the line of that number, at the "peak", or at the "end";
may be given more than once`,
    },
    perfetto: {
      type: 'string',
      value: 'FILE',
      help: `write the one TRACE for https://ui.perfetto.dev: counters, a lane for each
allocation at a time, and failures; in nanoseconds, or, where TRACE has no
times, a microsecond an operation`,
    },
    ...KERNEL_OPTION,
    help: HELP,
  },
  notes: `Summary and picture go to standard output with --check, else to standard error.
The end is the state before the last fini, or where the trace stops. The peak is drawn in a second run
up to there; of what can be read only once, such as a pipe, a copy is kept for it in the folder for
temporary files. Where there is no allocator, nothing is drawn, and standard error says so.
With several kernels, each compares its answers with the recorded ones, or, without --check, with those
of the first.

Examples:
  gpu-buddy replay --summary --picture run.trace
  gpu-buddy replay --check examples/traces examples/traces/*.trace.gz
  gpu-buddy replay --kernel 7.3,6.12 run.trace
  gpu-buddy replay --perfetto run.pftrace --size 24G rmm_log.dev0.csv > results.txt

Exit status: 0, 1 with --check where a line differs, 2 where a trace, a file or an option is wrong
(nothing after it is replayed), or where a line to draw after is beyond the end of the trace.
`,
} as const satisfies CommandSpec;

/** When to draw: after a line of that number, counted from 1; when most is used; or at the end. */
export type PictureMoment = number | 'peak' | 'end';

export interface ReplayOptions {
  readonly traces: readonly string[];
  /** The file or the folder of the recorded results. */
  readonly check: string | undefined;
  /** The trace has the recorded results. */
  readonly hasResults: boolean;
  readonly recordedOn: string | undefined;
  readonly lenient: boolean;
  /** Bytes of a space whose size the trace does not tell. */
  readonly size: number | undefined;
  readonly summary: boolean;
  /** Empty where no picture is wanted. */
  readonly pictures: ReadonlySet<PictureMoment>;
  /** The file that Perfetto's trace is written to. */
  readonly perfetto: string | undefined;
  /** Series of the kernels that are asked; empty: the one that is built in. */
  readonly kernels: readonly string[];
  readonly help: boolean;
}

/** @throws UsageError */
export function parseReplayOptions(args: readonly string[]): ReplayOptions {
  const { values, positionals } = parseCommand(REPLAY, args);
  const { check, 'recorded-on': recordedOn, lenient, perfetto, summary, picture, help } = values;
  const size = values.size === undefined ? undefined : toSize('--size', values.size);
  const pictures = new Set<PictureMoment>([
    ...(picture ? (['peak', 'end'] as const) : []),
    ...values['picture-at'].map(toMoment),
  ]);
  const hasResults = check !== undefined && positionals.length === 0;
  const traces = hasResults ? [check] : positionals;
  if (!help && traces.length === 0) throw new UsageError('no TRACE is given');
  const files = check === undefined || hasResults ? traces : [...traces, check];
  const again = files.find((file, i) => files.indexOf(file) < i && isReadOnce(file));
  if (again !== undefined) {
    throw new UsageError(`${again === STDIN ? 'standard input (-)' : again} can be read only once`);
  }
  if (recordedOn !== undefined && check === undefined) throw new UsageError('--recorded-on needs --check');
  if (perfetto !== undefined && traces.length > 1) throw new UsageError('--perfetto takes one TRACE');
  const kernels = toKernels(values.kernel, files);
  const isPlain = !summary && pictures.size === 0 && perfetto === undefined;
  if (kernels.length > 1 && check === undefined && !isPlain)
    throw new UsageError('without --check, the answers of several kernels are compared, and nothing else');
  return { traces, check, hasResults, recordedOn, lenient, size, summary, pictures, perfetto, kernels, help };
}

function toMoment(text: string): PictureMoment {
  if (text === 'peak' || text === 'end') return text;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`--picture-at takes a line number from 1 on, "peak" or "end", not "${text}"`);
}
