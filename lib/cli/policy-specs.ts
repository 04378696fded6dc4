/** Options of the commands that serve recorded requests by other policies. */
import { PLACEMENTS } from '../trace/policy/placements';
import type { OptionSpecs } from './command-spec';

/** Which requests, and how they are served. */
export const POLICY_OPTIONS = {
  mode: {
    type: 'string',
    default: 'simple',
    value: 'LIST',
    choices: PLACEMENTS,
    help: `how blocks are chosen: ${PLACEMENTS.slice(0, 3).join(', ')}; in one
piece: ${PLACEMENTS.slice(3).join(', ')}.
Default: simple`,
  },
  'min-block-size': {
    type: 'string',
    value: 'LIST',
    help: 'smallest block, and alignment, of all allocations. Default: as\nrecorded',
  },
  'chunk-size': {
    type: 'string',
    value: 'SIZE',
    help: 'what all sizes are rounded up to. Default: as recorded',
  },
} as const satisfies OptionSpecs;

/** Which requests of a trace are read. */
export const WORKLOAD_OPTIONS = {
  on: { type: 'string', value: 'NUMBER', help: 'the allocator, of a TRACE that records several' },
  lenient: {
    type: 'boolean',
    default: false,
    help: 'leave out lines with small mistakes, as replay does',
  },
} as const satisfies OptionSpecs;

/** Explains the words LIST and SIZE. */
export const SIZES_TEXT =
  'LIST has commas between its parts. Sizes are bytes; K, M, G and T stand for 1024 to the power of 1 to 4.';
