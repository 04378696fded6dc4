/** An allocator's whole space at one moment. */
import type { BlockTable } from '../block-table';

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
