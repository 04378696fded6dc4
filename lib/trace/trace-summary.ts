/** Declares the summary of a replay. */
import type { ListsSummary } from './lists-summary';
import type { TraceOperation } from './operation';
import type { SpaceSnapshot } from './space-snapshot';

/** Every kind of operation; comments and headers are none. */
export type OperationKind = Exclude<TraceOperation['kind'], 'comment' | 'gpu-buddy-trace'>;

/** The moment at which most was allocated. */
export interface PeakUse {
  /** Bytes that were allocated. */
  readonly used: number;
  /** Bytes of the space at that time. */
  readonly size: number;
  /** The line whose operation brought it there first, counted from 1. */
  readonly lineNumber: number;
}

/** The allocator at the end: before the last `fini`, or where the trace stops without one. */
export interface EndState {
  /** Bytes of the space. */
  readonly size: number;
  /** Bytes of the smallest block. */
  readonly chunkSize: number;
  /** Free bytes, and how many of them are clear. */
  readonly avail: number;
  readonly clearAvail: number;
  readonly freeBlocks: number;
  readonly usedBlocks: number;
  /** Bytes of the largest free block; 0 where nothing is free. */
  readonly largestFreeBlock: number;
  /** Bytes of the longest run of free blocks side by side. */
  readonly longestFreeRun: number;
  /** The blocks at the end; `undefined` unless `withSnapshot` was set. */
  readonly snapshot: SpaceSnapshot | undefined;
}

/** Byte counts are exact: safe integers, or multiples of 4096. */
export interface TraceSummary {
  /** Lines of the trace, comments too. */
  readonly lines: number;
  /** For each kind of operation that occurred, how often it ended with which error number (0 or negative). */
  readonly operations: ReadonlyMap<OperationKind, ReadonlyMap<number, number>>;
  /** `undefined` where nothing was ever allocated. */
  readonly peak: PeakUse | undefined;
  /** Lists, their blocks and pieces, and what is never freed; `undefined` where the summary was told not to count them. */
  readonly lists: ListsSummary | undefined;
  /** `undefined` where there never was an allocator. */
  readonly end: EndState | undefined;
}
