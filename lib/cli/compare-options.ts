/** The command line of `gpu-buddy compare`. */
import type { Placement } from '../trace';
import { HELP, parseCommand, type CommandSpec } from './command-spec';
import { toCount } from './count-option';
import { KERNEL_OPTION, toKernels } from './kernel-option';
import type { WorkloadOptions } from './open-workload';
import { POLICY_OPTIONS, SIZES_TEXT, WORKLOAD_OPTIONS } from './policy-specs';
import { toPlacements } from './placement-option';
import { toSize, toSizes } from './size-option';
import { UsageError } from './usage-error';

export const COMPARE = {
  name: 'compare',
  operands: 'TRACE...',
  summary: 'serve what was recorded by other policies, and compare how well',
  about: `Serves what recorded programs have asked for by other policies than theirs, and compares how well
each does. TRACE is what replay takes; the recorded addresses, ranges and flags are left out, sizes and
alignments kept. All combinations of the options below are tried, for each TRACE.`,
  options: {
    ...POLICY_OPTIONS,
    size: { type: 'string', value: 'LIST', help: 'size of the space. Default: as recorded' },
    'by-time': { type: 'boolean', default: false, help: 'weigh the means by time instead of by operations' },
    ...WORKLOAD_OPTIONS,
    ...KERNEL_OPTION,
    json: { type: 'boolean', default: false, help: 'write JSON instead of a table' },
    csv: { type: 'boolean', default: false, help: 'write comma-separated values' },
    help: HELP,
  },
  notes: `${SIZES_TEXT}

Where just two are compared (two recordings, or one by two policies), the place where they part is told
as well; of several kernels, where each parts from the first.

Columns: failures, allocations for which there was no space; used, the share of the space in use at the
first of them; fragmented, 1 minus the largest free block by all free memory; by runs, the same with the
longest run of free memory; each as mean and worst over all operations; blocks and pieces of an
allocation on average; time, what the allocator took.

Examples:
  gpu-buddy compare --mode simple,contiguous --min-block-size 4K,64K,2M --size 24G run.trace
  gpu-buddy compare --size 8G before.trace after.trace
  gpu-buddy compare --kernel 6.12,7.3 run.trace

Exit status: 0, or 2 where a trace, a file or an option is wrong. Failures are an answer.
`,
} as const satisfies CommandSpec;

export interface CompareOptions extends WorkloadOptions {
  readonly traces: readonly string[];
  readonly modes: readonly Placement[];
  /** `undefined` is as recorded. */
  readonly minBlockSizes: readonly (number | undefined)[];
  readonly sizes: readonly (number | undefined)[];
  readonly chunkSize: number | undefined;
  readonly byTime: boolean;
  /** Series of the kernels that are asked; empty: the one that is built in. */
  readonly kernels: readonly string[];
  readonly format: 'table' | 'json' | 'csv';
  readonly help: boolean;
}

/** @throws UsageError */
export function parseCompareOptions(args: readonly string[]): CompareOptions {
  const { values, positionals: traces } = parseCommand(COMPARE, args);
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
    kernels: toKernels(values.kernel, traces),
    on: values.on === undefined ? undefined : toCount('--on', values.on),
    lenient: values.lenient,
    format: json ? 'json' : csv ? 'csv' : 'table',
    help,
  };
}
