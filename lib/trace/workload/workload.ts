/** Declares a workload: the requests of a recorded program to one allocator, by sizes, alignments and frees, without addresses or policy. */

/** Kinds of requests. The numbers stand in `Workload.kinds`. */
export const RequestKind = {
  /** Allocates `size` bytes into a new list. */
  ALLOC: 0,
  /** Frees a list. */
  FREE: 1,
  /** Allocates `size` bytes more into a list. */
  GROW: 2,
  /** Gives part of a list back: `size` bytes are left. */
  SHRINK: 3,
  /** Puts all of the list `size` behind a list, and ends it. */
  APPEND: 4,
  /** Tries `size` bytes, which the recorded allocator did not have. */
  PROBE: 5,
} as const;

/** Counts the parts of a recording that no workload keeps. */
export interface DroppedParts {
  /** Blocks of a starting state, or of `claim()`, that had an address. */
  readonly addresses: number;
  /** Allocations that were confined to a range. */
  readonly ranges: number;
  /** Allocations that were charged to an account. */
  readonly accounts: number;
  /** Calls that failed for another reason than space, and so changed nothing. */
  readonly refused: number;
  /** Operations behind a gap in the recording, which depend on what is missing. */
  readonly afterGap: number;
}

/** Figures of the recorded allocator, as far as the recording tells. */
export interface RecordedUse {
  /** Bytes of its space. */
  readonly size: number | undefined;
  /** The most bytes that its allocator had given out at a time, by its own account. */
  readonly peak: number | undefined;
  /** The most bytes that its allocator held from its device; known of some imported recordings. */
  readonly reserved: number | undefined;
}

/** Requests as columns of equal length, in the order in which they were made. The columns can be read by several threads. */
export interface WorkloadColumns {
  /** `RequestKind` of each. */
  readonly kinds: Uint8Array;
  /** Number of its list, from 0 on; numbers are used again once their list is freed. -1 of a probe. */
  readonly lists: Int32Array;
  /** Bytes as recorded; of `APPEND`, the other list. */
  readonly sizes: Float64Array;
  /** Recorded `minBlockSize` in bytes; 0 where there was none. */
  readonly alignments: Float64Array;
  /** The line of the trace. */
  readonly lines: Float64Array;
  /** Nanoseconds since the recording began; NaN where unknown. */
  readonly times: Float64Array;
  /** Index into `Workload.labels`; -1 for none. */
  readonly labels: Int32Array;
}

export interface Workload extends WorkloadColumns {
  /** The file it was read from, as errors name it. */
  readonly file: string;
  /** Which allocator of the recording: the number in `on`, or, of version 1, how many `init` before it succeeded. */
  readonly allocator: number;
  /** Bytes that sizes were multiples of. */
  readonly chunkSize: number;
  readonly labels: Int32Array;
  readonly labelTexts: readonly string[];
  /** Most list numbers in use at a time. */
  readonly listCount: number;
  /** The number of requests. */
  readonly length: number;
  readonly recorded: RecordedUse;
  readonly dropped: DroppedParts;
}

/** The most bytes that are in use at a time. */
export interface WorkloadPeak {
  /** Rounds each size up to the chunk size. */
  readonly bytes: number;
  /** The request that brings it there first; -1 where nothing is allocated. */
  readonly index: number;
}

/** Sums up what is in use, with sizes rounded up to chunks: no space below that can serve the workload. */
export function peakOf(workload: Workload, chunkSize: number): WorkloadPeak {
  const { kinds, lists, sizes, listCount, length } = workload;
  const held = new Float64Array(listCount);
  let used = 0;
  let peak: WorkloadPeak = { bytes: 0, index: -1 };
  for (let index = 0; index < length; index++) {
    const list = lists[index] ?? 0;
    const before = held[list] ?? 0;
    const size = sizes[index] ?? 0;
    const bytes = roundUp(size, chunkSize);
    switch (kinds[index] ?? -1) {
      case RequestKind.ALLOC:
      case RequestKind.GROW:
        held[list] = before + bytes;
        break;
      case RequestKind.FREE:
        held[list] = 0;
        break;
      case RequestKind.SHRINK:
        held[list] = bytes;
        break;
      case RequestKind.APPEND:
        held[list] = before + (held[size] ?? 0);
        used -= held[size] ?? 0;
        held[size] = 0;
        break;
      default:
        continue;
    }
    used += (held[list] ?? 0) - before;
    if (used > peak.bytes) peak = { bytes: used, index };
  }
  return peak;
}

export function roundUp(size: number, unit: number): number {
  return Math.ceil(size / unit) * unit;
}

/** The label of a request, if it has one. */
export function labelOf({ labels, labelTexts }: Workload, index: number): string | undefined {
  return labelTexts[labels[index] ?? -1];
}
