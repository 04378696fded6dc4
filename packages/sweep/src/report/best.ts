/** Finds the best policies: for each trace, and for the sweep as a whole. */
import type { Row } from '../replay/row.js';
import { fits, groupBy, meanOf, policiesOf, type PolicyRows } from './policies.js';

/** How well a policy does for one trace. */
export interface Candidate {
  readonly policy: string;
  /** Bytes of the smallest space of the sweep in which the trace fits, in the order of each seed; `undefined` where there is none. */
  readonly size: number | undefined;
  /** Failures, and the mean of fragmentation by runs, in that space, or else in all. */
  readonly failures: number;
  readonly fragmentation: number | undefined;
}

export interface BestPolicy extends Candidate {
  readonly trace: string;
}

/**
 * Gives the best policy of each trace: the one that fits in the smallest space, then the one with the fewest failures, then the one that
 * leaves free memory in the fewest pieces, then the first one.
 */
export function bestByTrace(rows: readonly Row[]): BestPolicy[] {
  return [...groupBy(rows, ({ trace }) => trace)].map(([trace, ofTrace]) => {
    const [best = { policy: '', size: undefined, failures: 0, fragmentation: undefined }] = policiesOf(
      ofTrace,
    )
      .map(candidate)
      .sort(compare);
    return { trace, ...best };
  });
}

function candidate({ name, sizes }: PolicyRows): Candidate {
  const passed = sizes
    .filter((atSize) => atSize.rows.every(fits))
    .map((atSize) => atSize.rows)
    .sort((one, other) => bytesOf(one) - bytesOf(other));
  const all = sizes.flatMap((atSize) => atSize.rows);
  const rows = passed[0] ?? all;
  return {
    policy: name,
    size: passed[0] && bytesOf(passed[0]),
    failures: rows.reduce((sum, { failures }) => sum + failures, 0),
    fragmentation: meanOf(rows, 'runFragmentation'),
  };
}

function bytesOf(rows: readonly Row[]): number {
  return Math.max(...rows.map(({ size }) => size));
}

function compare(one: Candidate, other: Candidate): number {
  const { size = Infinity, failures, fragmentation = 0 } = one;
  const {
    size: otherSize = Infinity,
    failures: otherFailures,
    fragmentation: otherFragmentation = 0,
  } = other;
  if (size !== otherSize) return size < otherSize ? -1 : 1;
  return failures - otherFailures || fragmentation - otherFragmentation;
}

/**
 * Gives the smallest size, as the specification has it, in which all traces fit by a policy, in the order of each seed; `undefined` where
 * there is none, or where some trace was not tried in it.
 */
export function smallestForAll({ sizes }: PolicyRows, traces: number): Row['asked'] | undefined {
  const [smallest] = sizes
    .filter(({ rows }) => rows.every(fits) && new Set(rows.map(({ trace }) => trace)).size === traces)
    .sort((one, other) => bytesOf(one.rows) - bytesOf(other.rows));
  return smallest?.asked;
}
