/** Keeps what a policy answers to each request of a workload, small enough to be compared with the answers of another process. */
import type { AllocatedBlock } from '../../allocated-blocks';
import { RequestKind, type Workload } from '../workload/workload';
import { toPolicy, type PolicyOptions } from './policy';
import { PolicyRun, type RequestOutcome } from './policy-run';

/** Outcomes in the order of their numbers in `Answers.outcomes`. */
const OUTCOMES: readonly RequestOutcome[] = ['done', 'failed', 'skipped'];

export const DONE = OUTCOMES.indexOf('done');
export const FAILED = OUTCOMES.indexOf('failed');

/** A row for each request. */
export interface Answers {
  /** `DONE`, `FAILED`, or another number where there was nothing to do. */
  readonly outcomes: Uint8Array;
  /** A digest, of 52 bits, of the blocks of an allocation that was done; 0 for all else. */
  readonly places: Float64Array;
}

/**
 * Serves the first requests of a workload, all unless told how many.
 *
 * @throws as `measurePolicy()`
 */
export function answersOf(workload: Workload, policy: PolicyOptions, count = workload.length): Answers {
  using run = new PolicyRun(workload, toPolicy(workload, policy));
  const outcomes = new Uint8Array(count);
  const places = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const outcome = run.serve(index);
    outcomes[index] = OUTCOMES.indexOf(outcome);
    if (workload.kinds[index] === RequestKind.ALLOC && outcome === 'done')
      places[index] = digestOf(run.list(workload.lists[index] ?? -1) ?? []);
  }
  return { outcomes, places };
}

/** Two multiplicative hashes over the places of the blocks, side by side. */
function digestOf(blocks: Iterable<Pick<AllocatedBlock, 'offset' | 'order'>>): number {
  let high = 0x811c9dc5;
  let low = 0x9e3779b9;
  for (const { offset, order } of blocks) {
    for (const part of [offset % 2 ** 32, Math.floor(offset / 2 ** 32), order]) {
      high = Math.imul(high ^ part, 0x01000193);
      low = Math.imul(low ^ part, 0x85ebca6b);
      low ^= low >>> 13;
    }
  }
  return (high >>> 12) * 2 ** 32 + (low >>> 0);
}
