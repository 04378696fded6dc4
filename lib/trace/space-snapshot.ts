/** Declares the snapshot that a replay gives. */
import type { BlockTable } from '../block-table';

/** Describes an allocator's whole space at one moment. */
export interface SpaceSnapshot {
  /** Bytes of the space. */
  readonly size: number;
  /** Bytes of the smallest block. */
  readonly chunkSize: number;
  /** Free bytes, and how many of them are clear. */
  readonly avail: number;
  readonly clearAvail: number;
  /** Blocks, free and allocated, by address. They cover the whole space. */
  readonly blocks: BlockTable;
}
