/** The command line of `gpu-buddy import`. */
import type { ImportFormat } from '../trace';
import { HELP, parseCommand, type CommandSpec } from './command-spec';
import { STDOUT } from './trace-name';
import { toSize } from './size-option';
import { UsageError } from './usage-error';

/** The formats, and what users call them. */
const FORMATS: Readonly<Record<ImportFormat, string>> = {
  rmm: "log of RMM's logging_resource_adaptor (CSV), one device a file",
  'rmm-2019': 'the log that RMM wrote in 2019 (Event Type,Device ID,…)',
  pytorch: 'memory snapshot of PyTorch (pickle)',
  aosp: "log of Android's memory_replay",
  vma: 'JSON dump of VulkanMemoryAllocator or D3D12MA: a state',
};

const formatLines = Object.entries(FORMATS).map(([name, text]) => `    ${name.padEnd(10)}${text}`);

export const IMPORT = {
  name: 'import',
  operands: 'FILE',
  summary: 'turn a recording of another allocator into a trace',
  about: `Turns a recording of another allocator into a trace, which replay runs. FILE is a recording, decompressed
on the way (gzip, brotli by its ending .br, a zip of one file), or - for standard input. Formats:

${formatLines.join('\n')}`,
  options: {
    output: {
      type: 'string',
      short: 'o',
      default: STDOUT,
      value: 'FILE',
      help: 'write the trace there; compressed where it ends in .gz or .br. Default:\nstandard output',
    },
    format: {
      type: 'string',
      value: 'FORMAT',
      choices: Object.keys(FORMATS),
      help: 'what FILE is; by default its first bytes tell',
    },
    size: {
      type: 'string',
      value: 'SIZE',
      help: 'bytes of the space, such as 24G (K = 1024); by default the trace leaves it\nopen',
    },
    device: { type: 'string', value: 'N', help: 'import this device of several; by default the first one' },
    frames: {
      type: 'boolean',
      default: false,
      help: 'label allocations with the place in the program that made them (pytorch)',
    },
    'strip-prefix': { type: 'string', value: 'TEXT', help: 'cut this off the file names in labels' },
    json: { type: 'boolean', default: false, help: 'write JSON lines' },
    strict: {
      type: 'boolean',
      default: false,
      help: 'stop at the first record that is unknown or contradicts the others',
    },
    help: HELP,
  },
  notes: `Standard error gets a report: all that was skipped, mapped or guessed, counted, with its first line.
Pointers become numbers of lists, sizes whole units. FILE is written under another name and renamed at
the end: it is complete, or as it was.

Examples:
  gpu-buddy import rmm_log.dev0.csv -o run.trace.gz
  gpu-buddy import --frames --strip-prefix /home/me/ snapshot.pickle -o run.trace
  unzip -p log.zip | gpu-buddy import --format aosp - | gpu-buddy replay --summary --size 16M -

Exit status: 0, or 2 where a recording, a file or an option is wrong.
`,
} as const satisfies CommandSpec;

export interface ImportCommand {
  readonly input: string;
  readonly output: string;
  readonly format: ImportFormat | undefined;
  readonly size: number | undefined;
  readonly device: number | undefined;
  readonly frames: boolean;
  readonly stripPrefix: string | undefined;
  readonly json: boolean;
  readonly strict: boolean;
}

/** Gives `undefined` if help is asked for. @throws UsageError */
export function parseImportOptions(args: readonly string[]): ImportCommand | undefined {
  const { values, positionals } = parseCommand(IMPORT, args);
  if (values.help) return undefined;
  const [input, ...more] = positionals;
  if (input === undefined) throw new UsageError('no FILE is given');
  if (more.length > 0) throw new UsageError('more than one FILE is given');
  const { output, format, size, device, frames, 'strip-prefix': stripPrefix, json, strict } = values;
  return {
    input,
    output,
    format: format === undefined ? undefined : toFormat(format),
    size: size === undefined ? undefined : toSize('--size', size),
    device: device === undefined ? undefined : toDevice(device),
    frames,
    stripPrefix,
    json,
    strict,
  };
}

function toFormat(text: string): ImportFormat {
  const name = Object.keys(FORMATS).find((known) => known === text);
  if (name === undefined)
    throw new UsageError(`--format takes ${Object.keys(FORMATS).join(', ')}, not "${text}"`);
  return name as ImportFormat;
}

function toDevice(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--device takes a number from 0 on, not "${text}"`);
}
