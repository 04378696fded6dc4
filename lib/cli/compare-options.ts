/** The command line of `gpu-buddy compare`. */
import { PLACEMENTS, type Placement } from '../trace';
import { toCount } from './count-option';
import type { WorkloadOptions } from './open-workload';
import { parseOptions } from './parse-options';
import { toPlacements } from './placement-option';
import { toSize, toSizes } from './size-option';
import { UsageError } from './usage-error';

export const COMPARE_HELP = `Usage: gpu-buddy compare [OPTION]... TRACE...

Serves what recorded programs have asked for by other policies than theirs, and compares how well each does. TRACE is
what replay takes; the recorded addresses, ranges and flags are left out, sizes and alignments kept. All combinations of the
options below are tried, for each TRACE.

  --mode LIST             how blocks are chosen: ${PLACEMENTS.slice(0, 3).join(', ')}; in one piece:
                          ${PLACEMENTS.slice(3).join(', ')}. Default: simple
  --min-block-size LIST   smallest block, and alignment, of all allocations. Default: as recorded
  --size LIST             size of the space. Default: as recorded
  --chunk-size SIZE       what all sizes are rounded up to. Default: as recorded
  --by-time               weigh the means by time instead of by operations
  --on NUMBER             the allocator, of a TRACE that records several
  --lenient               leave out lines with small mistakes, as replay does
  --json, --csv           write JSON, or comma-separated values, instead of a table
  --help                  show this

LIST has commas between its parts. Sizes are bytes; K, M, G and T stand for 1024 to the power of 1 to 4.

Where just two are compared (two recordings, or one by two policies), the place where they part is told as well.

Columns: failures, allocations for which there was no space; used, the share of the space in use at the first of them;
fragmentation, 1 minus the largest free block by all free memory, and the same with the longest run of free memory, mean and
worst over all operations; blocks and pieces of an allocation on average; time, what the allocator took.

Examples:
  gpu-buddy compare --mode simple,contiguous --min-block-size 4K,64K,2M --size 24G run.trace
  gpu-buddy compare --size 8G before.trace after.trace

Exit status: 0, or 2 where a trace, a file or an option is wrong. Failures are an answer.
`;

export interface CompareOptions extends WorkloadOptions {
  readonly traces: readonly string[];
  readonly modes: readonly Placement[];
  /** `undefined` is as recorded. */
  readonly minBlockSizes: readonly (number | undefined)[];
  readonly sizes: readonly (number | undefined)[];
  readonly chunkSize: number | undefined;
  readonly byTime: boolean;
  readonly format: 'table' | 'json' | 'csv';
  readonly help: boolean;
}

/** @throws UsageError */
export function parseCompareOptions(args: readonly string[]): CompareOptions {
  const { values, positionals: traces } = parseOptions(args, {
    mode: { type: 'string', default: 'simple' },
    'min-block-size': { type: 'string' },
    size: { type: 'string' },
    'chunk-size': { type: 'string' },
    'by-time': { type: 'boolean', default: false },
    on: { type: 'string' },
    lenient: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    csv: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  const { json, csv, help, mode, size } = values;
  if (!help && traces.length === 0) throw new UsageError('no TRACE is given');
  if (json && csv) throw new UsageError('--json and --csv exclude each other');
  const minBlockSize = values['min-block-size'];
  const chunkSize = values['chunk-size'];
  return {
    traces,
    modes: toPlacements(mode),
    minBlockSizes: minBlockSize === undefined ? [undefined] : toSizes('--min-block-size', minBlockSize),
    sizes: size === undefined ? [undefined] : toSizes('--size', size),
    chunkSize: chunkSize === undefined ? undefined : toSize('--chunk-size', chunkSize),
    byTime: values['by-time'],
    on: values.on === undefined ? undefined : toCount('--on', values.on),
    lenient: values.lenient,
    format: json ? 'json' : csv ? 'csv' : 'table',
    help,
  };
}
