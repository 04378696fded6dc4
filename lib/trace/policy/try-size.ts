/** Tries whether a workload fits a space. */
import { RequestKind, type Workload } from '../workload/workload';
import { failedRequest, type FailedRequest } from './failed-request';
import type { Policy } from './policy';
import { PolicyRun } from './policy-run';

/** Serves a workload up to the first allocation for which there is no space; gives that one, or nothing where all of it fits. */
export function tryPolicy(workload: Workload, policy: Policy): FailedRequest | undefined {
  using run = new PolicyRun(workload, policy);
  for (let index = 0; index < workload.length; index++) {
    if (run.serve(index) !== 'failed' || workload.kinds[index] === RequestKind.PROBE) continue;
    const longestRun = run.buddy.freeSegments().reduce((longest, { size }) => Math.max(longest, size), 0);
    return failedRequest(workload, run, index, longestRun);
  }
  return undefined;
}

/** A size that was tried, and what it had no space for. */
export interface TriedSize {
  readonly size: number;
  /** `undefined` where all of the workload fits. */
  readonly failure: FailedRequest | undefined;
}

/** Sizes, in ascending order, that several threads try together. */
export interface SizesToTry {
  readonly workload: Workload;
  readonly policy: Policy;
  readonly sizes: readonly number[];
  /** Shared: which size is the next one, and which is the first known to fit: their number where none is. */
  readonly counters: Int32Array;
}

/** Tries the next size, again and again, up to the first one that is known to fit. */
export function* trySizes({ workload, policy, sizes, counters }: SizesToTry): Generator<TriedSize> {
  for (;;) {
    const index = Atomics.add(counters, 0, 1);
    const size = sizes[index];
    if (size === undefined || index > Atomics.load(counters, 1)) return;
    const failure = tryPolicy(workload, { ...policy, size });
    if (!failure) setLeast(counters, 1, index);
    yield { size, failure };
  }
}

function setLeast(counters: Int32Array, at: number, value: number): void {
  for (let known = Atomics.load(counters, at); value < known;)
    known = Atomics.compareExchange(counters, at, known, value);
}
