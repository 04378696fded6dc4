/** The command line of `gpu-buddy fit`. */
import { PLACEMENTS, type Placement } from '../trace';
import { toCount } from './count-option';
import type { WorkloadOptions } from './open-workload';
import { parseOptions } from './parse-options';
import { toPlacements } from './placement-option';
import { toSize, toSizes } from './size-option';
import { UsageError } from './usage-error';

export const FIT_HELP = `Usage: gpu-buddy fit [OPTION]... TRACE...

Looks for a small space that all that a recorded program has asked for fits in. TRACE is what replay takes; the recorded
addresses, ranges and flags are left out, sizes and alignments kept.

Nothing below the peak fits: what is in use at a time, with sizes rounded up to chunks. In pieces, with blocks down to a
chunk, the peak is enough. Otherwise larger spaces are tried until one fits, and then sizes between. That a size fits says
nothing about others: a smaller one may fit too, and a larger one may not.

  --mode LIST             how blocks are chosen: ${PLACEMENTS.slice(0, 3).join(', ')}; in one piece:
                          ${PLACEMENTS.slice(3).join(', ')}. Default: simple
  --min-block-size LIST   smallest block, and alignment, of all allocations. Default: as recorded
  --chunk-size SIZE       what all sizes are rounded up to. Default: as recorded
  --exhaustive            try all sizes from the peak on, one step apart, up to the first one that fits
  --step SIZE             between two sizes that are tried. Default: a 256th of the peak
  --threads NUMBER        that try at the same time, with --exhaustive. Default: one a processor
  --on NUMBER             the allocator, of a TRACE that records several
  --lenient               leave out lines with small mistakes, as replay does
  --json                  write JSON
  --help                  show this

LIST has commas between its parts. Sizes are bytes; K, M, G and T stand for 1024 to the power of 1 to 4.

Examples:
  gpu-buddy fit run.trace
  gpu-buddy fit --mode contiguous --min-block-size 64K,2M --exhaustive run.trace

Exit status: 0, or 2 where a trace, a file or an option is wrong.
`;

export interface FitCommandOptions extends WorkloadOptions {
  readonly traces: readonly string[];
  readonly modes: readonly Placement[];
  /** `undefined` is as recorded. */
  readonly minBlockSizes: readonly (number | undefined)[];
  readonly chunkSize: number | undefined;
  readonly exhaustive: boolean;
  readonly step: number | undefined;
  readonly threads: number | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws UsageError */
export function parseFitOptions(args: readonly string[]): FitCommandOptions {
  const { values, positionals: traces } = parseOptions(args, {
    mode: { type: 'string', default: 'simple' },
    'min-block-size': { type: 'string' },
    'chunk-size': { type: 'string' },
    exhaustive: { type: 'boolean', default: false },
    step: { type: 'string' },
    threads: { type: 'string' },
    on: { type: 'string' },
    lenient: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  const { exhaustive, lenient, json, help } = values;
  if (!help && traces.length === 0) throw new UsageError('no TRACE is given');
  if (values.threads !== undefined && !exhaustive) throw new UsageError('--threads needs --exhaustive');
  const read = <T>(name: keyof typeof values, to: (option: string, text: string) => T) => {
    const text = values[name];
    return typeof text === 'string' ? to(`--${name}`, text) : undefined;
  };
  return {
    traces,
    modes: toPlacements(values.mode),
    minBlockSizes: read('min-block-size', toSizes) ?? [undefined],
    chunkSize: read('chunk-size', toSize),
    exhaustive,
    step: read('step', toSize),
    threads: read('threads', (option, text) => toCount(option, text, 1)),
    on: read('on', toCount),
    lenient,
    json,
    help,
  };
}
