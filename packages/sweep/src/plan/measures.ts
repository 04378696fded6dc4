/** The measures that a line of results can hold: those of `measurePolicy()` that are the same wherever and whenever they are taken. */
import type { PolicyMeasures } from 'gpu-buddy/trace';

export const MEASURES = [
  'allocations',
  'firstFailure',
  'utilisation',
  'probes',
  'probesThatFit',
  'peak',
  'peakLine',
  'blockFragmentation',
  'runFragmentation',
  'blocksPerList',
  'piecesPerList',
  'bytesAtEnd',
] as const satisfies readonly (keyof PolicyMeasures)[];

export type Measure = (typeof MEASURES)[number];
