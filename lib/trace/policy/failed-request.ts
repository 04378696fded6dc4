/** A request for which there is no space. */
import { labelOf, type Workload } from '../workload/workload';
import { inChunks, minBlockSizeOf } from './policy';
import type { PolicyRun } from './policy-run';

/** A request that there was no space for, and why. Sizes are bytes. */
export interface FailedRequest {
  /** The line of the trace. */
  readonly line: number;
  readonly label: string | undefined;
  readonly size: number;
  readonly minBlockSize: number;
  /** Free bytes, those of the largest free block, and those of the longest run of free memory. */
  readonly avail: number;
  readonly largestFree: number;
  readonly longestRun: number;
}

/** Describes a request for which there was no space. */
export function failedRequest(
  workload: Workload,
  { buddy, policy }: PolicyRun,
  index: number,
  longestRun: number,
): FailedRequest {
  return {
    line: workload.lines[index] ?? 0,
    label: labelOf(workload, index),
    size: inChunks(workload.sizes[index] ?? 0, policy),
    minBlockSize: minBlockSizeOf(policy, workload.alignments[index] ?? 0),
    avail: buddy.avail,
    largestFree: buddy.largestFree,
    longestRun,
  };
}
