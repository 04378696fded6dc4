/** The counters of an allocator, and what it holds, for one observer in the process: see native/buddy/counters.h. */
import { calls, layout } from './addon';
import { putHandle, result, seal, status } from './mailbox';
import { OK } from './constants';
import type { Handle } from './values';

/** Byte counts are exact although they may exceed 2^53. */
export interface Observed {
  readonly size: number;
  readonly avail: number;
  readonly clearAvail: number;
  /** Bytes that accounts reserve, and do not use. */
  readonly reserved: number;
  readonly largestFree: number;
  /** The largest free block that there could be with as many bytes free. */
  readonly largestPossible: number;
  /** Lists that there are, and that have blocks. */
  readonly lists: number;
  readonly allocations: number;
  readonly failures: Readonly<Record<FailureReason, number>>;
  readonly reclaimedLists: number;
  readonly reclaimedBytes: number;
}

/** Refused allocations, by reason. */
export type FailureReason = 'limit' | 'full' | 'reserved' | 'range' | 'fragmented' | 'memory' | 'work_limit';

/** `undefined` where another handle observes the allocator; or the status. */
export function observe(allocator: Handle): Observed | undefined | number {
  const cells = new BigUint64Array(layout.observedCells);
  putHandle(allocator);
  seal();
  calls.observe(cells);
  if (status() !== OK) return status();
  if (result(0) === 0) return undefined;
  const cell = (place: number): number => Number(cells[place]);
  return {
    size: cell(layout.observedSize),
    avail: cell(layout.observedAvail),
    clearAvail: cell(layout.observedClearAvail),
    reserved: cell(layout.observedReserved),
    largestFree: cell(layout.observedLargestFree),
    largestPossible: cell(layout.observedLargestPossible),
    lists: cell(layout.observedLists),
    allocations: cell(layout.observedAllocations),
    failures: {
      limit: cell(layout.failedLimit),
      full: cell(layout.failedFull),
      reserved: cell(layout.failedReserved),
      range: cell(layout.failedRange),
      fragmented: cell(layout.failedFragmented),
      memory: cell(layout.failedMemory),
      work_limit: cell(layout.failedWork),
    },
    reclaimedLists: cell(layout.observedReclaimedLists),
    reclaimedBytes: cell(layout.observedReclaimedBytes),
  };
}

/** Lets another handle observe it. */
export function endObservation(allocator: Handle): void {
  putHandle(allocator);
  seal();
  calls.endObservation();
}
