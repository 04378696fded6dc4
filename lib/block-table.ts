/** Declares descriptions of blocks: of one, and of many. */
import type { Bytes } from './native';
import type { Column } from './space';

/** Describes a block at one moment. */
export interface BlockInfo<N extends Bytes = number> {
  /** Address of its first byte, with the allocator's `baseOffset`. */
  readonly offset: N;
  /** Its size is `chunkSize * 2 ** order`. */
  readonly order: number;
  /** Bytes. */
  readonly size: N;
  /** True if its memory was known to be zero when it was allocated. */
  readonly isClear: boolean;
  /** The number given to `allocBlocks()`; 0 without one. */
  readonly tag: number;
}

/** Describes many blocks at one moment: a column for each property. */
export interface BlockTable<N extends Bytes = number> {
  /** Addresses of the first bytes, with `baseOffset`. */
  readonly offsets: Column<N>;
  /** A block's size is `chunkSize * 2 ** order`. */
  readonly orders: Uint8Array;
  /** Bits of each block: `STATE_ALLOCATED`, and `STATE_CLEAR` if it is known to be zero, or was when it was allocated. */
  readonly states: Uint8Array;
  /** The numbers given to `allocBlocks()`; 0 for a free block. */
  readonly tags: Float64Array;
}
