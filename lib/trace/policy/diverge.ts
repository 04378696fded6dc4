/** Finds where two recordings, or one under two policies, part, and what follows from it. */
import type { Workload } from '../workload/workload';
import { answersOf, DONE, FAILED, type Answers } from './answers';
import type { PolicyOptions } from './policy';

/** One of the two that are compared. */
export interface PolicySubject {
  readonly workload: Workload;
  readonly policy: PolicyOptions;
}

/** A request where the two differ: its line in each trace, `undefined` where that one has ended. */
export interface DifferencePoint {
  /** Counted from 0, the same in both. */
  readonly index: number;
  readonly lines: readonly [number | undefined, number | undefined];
}

/** The difference between two runs. `undefined` where there is none. */
export interface Divergence {
  /** The first request that is not the same in both recordings: nothing behind it is compared. */
  readonly request: DifferencePoint | undefined;
  /** Requests up to there. */
  readonly compared: number;
  /** The first allocation whose blocks lie elsewhere, or are others; and how many do. */
  readonly placement: DifferencePoint | undefined;
  readonly placedElsewhere: number;
  /** The first request that only one of the two could serve. */
  readonly outcome: DifferencePoint | undefined;
  /** Requests, from there on, that failed in the first one alone, and in the second one alone. */
  readonly failedOnlyInFirst: number;
  readonly failedOnlyInSecond: number;
}

/**
 * Serves the requests of both, as long as they are the same, and compares the answers.
 *
 * @throws as `measurePolicy()`
 */
export function diverge(first: PolicySubject, second: PolicySubject): Divergence {
  const compared = commonLength(first.workload, second.workload);
  const isSame = compared === first.workload.length && compared === second.workload.length;
  return divergenceOf(
    { lines: first.workload.lines, answers: answersOf(first.workload, first.policy, compared) },
    { lines: second.workload.lines, answers: answersOf(second.workload, second.policy, compared) },
    isSame,
  );
}

/** One of the two, served. */
export interface ServedSubject {
  /** The line of each request. */
  readonly lines: ArrayLike<number>;
  readonly answers: Answers;
}

/** Compares answers to the same requests. @param isSame whether the recordings do not part behind them */
export function divergenceOf(first: ServedSubject, second: ServedSubject, isSame: boolean): Divergence {
  const point = (index: number): DifferencePoint => ({
    index,
    lines: [first.lines[index], second.lines[index]],
  });
  const one = first.answers;
  const other = second.answers;
  const compared = one.outcomes.length;
  let placement: DifferencePoint | undefined;
  let placedElsewhere = 0;
  let outcome: DifferencePoint | undefined;
  const failedOnlyIn = [0, 0];
  for (let index = 0; index < compared; index++) {
    const failed = failedAlone(one.outcomes[index], other.outcomes[index]);
    if (failed !== undefined) {
      outcome ??= point(index);
      failedOnlyIn[failed] = (failedOnlyIn[failed] ?? 0) + 1;
    } else if (one.outcomes[index] === DONE && one.places[index] !== other.places[index]) {
      placement ??= point(index);
      placedElsewhere++;
    }
  }
  return {
    request: isSame ? undefined : point(compared),
    compared,
    placement,
    placedElsewhere,
    outcome,
    failedOnlyInFirst: failedOnlyIn[0] ?? 0,
    failedOnlyInSecond: failedOnlyIn[1] ?? 0,
  };
}

/** How many requests from the start on are the same in both. */
function commonLength(one: Workload, other: Workload): number {
  if (one === other) return one.length;
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index++) {
    const isSame =
      one.kinds[index] === other.kinds[index] &&
      one.lists[index] === other.lists[index] &&
      one.sizes[index] === other.sizes[index] &&
      one.alignments[index] === other.alignments[index];
    if (!isSame) return index;
  }
  return length;
}

/** Returns 0 if only the first one failed, 1 if only the second one did. */
function failedAlone(one: number | undefined, other: number | undefined): 0 | 1 | undefined {
  if (one === FAILED && other === DONE) return 0;
  if (one === DONE && other === FAILED) return 1;
  return undefined;
}
