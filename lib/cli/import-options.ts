/** The command line of `gpu-buddy import`. */
import type { ImportFormat } from '../trace';
import { STDOUT } from './output-file';
import { parseOptions } from './parse-options';
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

export const IMPORT_HELP = `Usage: gpu-buddy import [OPTION]... FILE

Turns a recording of another allocator into a trace, which replay runs. FILE is a recording, decompressed
on the way (gzip, brotli by its ending .br, a zip of one file), or - for standard input. Formats:

${formatLines.join('\n')}

  -o, --output FILE     write the trace there; compressed where it ends in .gz or .br. Default: standard output
  --format FORMAT       what FILE is; by default its first bytes tell
  --size SIZE           bytes of the space, such as 24G (K = 1024); by default the trace leaves it open
  --device N            import this device of several; by default the first one
  --frames              label allocations with the place in the program that made them (pytorch)
  --strip-prefix TEXT   cut this off the file names in labels
  --json                write JSON lines
  --strict              stop at the first record that is unknown or contradicts the others
  --help                show this

Standard error gets a report: all that was skipped, mapped or guessed, counted, with its first line.
Pointers become numbers of lists, sizes whole units. FILE is written under another name and renamed at
the end: it is complete, or as it was.

Examples:
  gpu-buddy import rmm_log.dev0.csv -o run.trace.gz
  gpu-buddy import --frames --strip-prefix /home/me/ snapshot.pickle -o run.trace
  unzip -p log.zip | gpu-buddy import --format aosp - | gpu-buddy replay --summary -

Exit status: 0, or 2 where a recording, a file or an option is wrong.
`;

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

/** Gives `undefined` where help is asked for. @throws UsageError */
export function parseImportOptions(args: readonly string[]): ImportCommand | undefined {
  const { values, positionals } = parseOptions(args, {
    output: { type: 'string', short: 'o', default: STDOUT },
    format: { type: 'string' },
    size: { type: 'string' },
    device: { type: 'string' },
    frames: { type: 'boolean', default: false },
    'strip-prefix': { type: 'string' },
    json: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
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
