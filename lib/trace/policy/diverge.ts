/** Finds where two recordings, or one under two policies, part, and what follows from it. */
import { RequestKind, type Workload } from '../workload/workload';
import { toPolicy, type PolicyOptions } from './policy';
import { PolicyRun, type RequestOutcome } from './policy-run';

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
 * Serves the requests of both in turns, as long as they are the same.
 *
 * @throws as `measurePolicy()`
 */
export function diverge(first: PolicySubject, second: PolicySubject): Divergence {
  using one = new PolicyRun(first.workload, toPolicy(first.workload, first.policy));
  using other = new PolicyRun(second.workload, toPolicy(second.workload, second.policy));
  const { workload } = first;
  const point = (index: number): DifferencePoint => ({
    index,
    lines: [workload.lines[index], second.workload.lines[index]],
  });
  const compared = commonLength(workload, second.workload);
  let placement: DifferencePoint | undefined;
  let placedElsewhere = 0;
  let outcome: DifferencePoint | undefined;
  const failedOnlyIn = [0, 0];
  for (let index = 0; index < compared; index++) {
    const outcomes = [one.serve(index), other.serve(index)] as const;
    const failed = failedAlone(outcomes);
    if (failed !== undefined) {
      outcome ??= point(index);
      failedOnlyIn[failed] = (failedOnlyIn[failed] ?? 0) + 1;
    } else if (isElsewhere(one, other, workload, index, outcomes[0])) {
      placement ??= point(index);
      placedElsewhere++;
    }
  }
  const isSame = compared === workload.length && compared === second.workload.length;
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
function failedAlone([one, other]: readonly [RequestOutcome, RequestOutcome]): 0 | 1 | undefined {
  if (one === 'failed' && other === 'done') return 0;
  if (one === 'done' && other === 'failed') return 1;
  return undefined;
}

function isElsewhere(
  one: PolicyRun,
  other: PolicyRun,
  { kinds, lists }: Workload,
  index: number,
  outcome: RequestOutcome,
): boolean {
  if (kinds[index] !== RequestKind.ALLOC || outcome !== 'done') return false;
  const list = lists[index] ?? -1;
  const blocks = [...(one.list(list) ?? [])];
  const others = [...(other.list(list) ?? [])];
  return (
    blocks.length !== others.length ||
    blocks.some((block, at) => block.offset !== others[at]?.offset || block.size !== others[at].size)
  );
}
