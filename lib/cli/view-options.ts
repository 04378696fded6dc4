/** The command line of `gpu-buddy view`. */
import type { Placement, PolicyOptions } from '../trace';
import { HELP, parseCommand, type CommandSpec } from './command-spec';
import { toCount } from './count-option';
import { toPlacements } from './placement-option';
import { POLICY_OPTIONS, SIZES_TEXT, WORKLOAD_OPTIONS } from './policy-specs';
import { toSize, toSizes } from './size-option';
import { isReadOnce, STDIN } from './trace-name';
import { UsageError } from './usage-error';

/** Maps side by side. */
const MOST_MAPS = 2;

const MOST_PORT = 65_535;

export const VIEW = {
  name: 'view',
  operands: 'TRACE...',
  summary: 'look at recordings in a browser: the map of memory over time',
  about: `Serves a page on this machine that shows what TRACE does to its memory: the map of the whole space at
any line, played or step by step, every block, every failure. TRACE is what replay takes. Two are shown
side by side, with one clock; so is one under two policies.`,
  options: {
    mode: {
      ...POLICY_OPTIONS.mode,
      default: undefined,
      help: `show it as another policy serves it: simple, top-down, range; in one piece:
contiguous, contiguous-top-down, contiguous-range. Default: as recorded`,
    },
    'min-block-size': POLICY_OPTIONS['min-block-size'],
    'chunk-size': POLICY_OPTIONS['chunk-size'],
    size: {
      type: 'string',
      value: 'SIZE',
      help: 'bytes of the space, such as 24G, where TRACE does not tell; with a policy,\nin place of the recorded ones',
    },
    frames: {
      type: 'boolean',
      default: false,
      help: 'label allocations with the place in the program that made them (pytorch)',
    },
    'strip-prefix': { type: 'string', value: 'TEXT', help: 'cut this off the file names in labels' },
    ...WORKLOAD_OPTIONS,
    port: { type: 'string', value: 'PORT', help: 'listen there. Default: a port that is free' },
    help: HELP,
  },
  notes: `${SIZES_TEXT}

The page is the package @gpu-buddy/web. It is served at 127.0.0.1 alone, and opens once by the link that
is printed; nothing is sent elsewhere. Ctrl-C ends it.

Examples:
  gpu-buddy view run.trace
  gpu-buddy view --size 24G before.pickle after.pickle
  gpu-buddy view --mode simple,contiguous --size 24G rmm_log.dev0.csv

Exit status: 0, or 2 where a trace, a file or an option is wrong, or the page is not installed.
`,
} as const satisfies CommandSpec;

export interface ViewOptions {
  readonly traces: readonly string[];
  /** The policies under which they are shown; empty: as recorded. */
  readonly policies: readonly PolicyOptions[];
  /** Bytes of a space whose size the trace does not tell. */
  readonly size: number | undefined;
  readonly frames: boolean;
  readonly stripPrefix: string | undefined;
  readonly on: number | undefined;
  readonly lenient: boolean;
  readonly port: number;
}

/** Gives `undefined` where help is asked for. @throws UsageError */
export function parseViewOptions(args: readonly string[]): ViewOptions | undefined {
  const { values, positionals: traces } = parseCommand(VIEW, args);
  if (values.help) return undefined;
  if (traces.length === 0) throw new UsageError('no TRACE is given');
  const again = traces.find((file, index) => traces.indexOf(file) < index && isReadOnce(file));
  if (again !== undefined)
    throw new UsageError(`${again === STDIN ? 'standard input (-)' : again} can be read only once`);
  const size = values.size === undefined ? undefined : toSize('--size', values.size);
  const policies = policiesOf(values, size);
  const maps = traces.length * Math.max(1, policies.length);
  if (maps > MOST_MAPS)
    throw new UsageError(
      `two maps can be shown side by side, not ${maps}: two TRACEs, or one by two policies`,
    );
  if (values.on !== undefined && policies.length === 0)
    throw new UsageError('--on needs a policy: the page lets you choose the allocator');
  return {
    traces,
    policies,
    size,
    frames: values.frames,
    stripPrefix: values['strip-prefix'],
    on: values.on === undefined ? undefined : toCount('--on', values.on),
    lenient: values.lenient,
    port: toPort(values.port),
  };
}

interface PolicyValues {
  readonly mode?: string | undefined;
  readonly 'min-block-size'?: string | undefined;
  readonly 'chunk-size'?: string | undefined;
}

/** Combines each mode with each smallest block. */
function policiesOf(values: PolicyValues, size: number | undefined): PolicyOptions[] {
  const { mode, 'min-block-size': least, 'chunk-size': chunk } = values;
  if (mode === undefined && least === undefined && chunk === undefined) return [];
  const modes: readonly (Placement | undefined)[] = mode === undefined ? [undefined] : toPlacements(mode);
  const leasts = least === undefined ? [undefined] : toSizes('--min-block-size', least);
  const chunkSize = chunk === undefined ? undefined : toSize('--chunk-size', chunk);
  return leasts.flatMap((minBlockSize) => modes.map((one) => ({ mode: one, size, chunkSize, minBlockSize })));
}

function toPort(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = toCount('--port', text, 1);
  if (port > MOST_PORT) throw new UsageError(`--port takes a number up to ${MOST_PORT}, not "${text}"`);
  return port;
}
