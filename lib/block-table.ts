/** Many blocks in one go. */
import type { Bytes } from './native';
import type { Column } from './space';

/** What is known of many blocks at one moment: a column for each property. */
export interface BlockTable<N extends Bytes = number> {
  /** Addresses of the first bytes, with `baseOffset`. */
  readonly offsets: Column<N>;
  /** A block's size is `chunkSize * 2 ** order`. */
  readonly orders: Uint8Array;
  /** `STATE_ALLOCATED` where the block is allocated, `STATE_CLEAR` where it is, or was when it was allocated, zero. */
  readonly states: Uint8Array;
  /** The numbers given to `allocBlocks()`; 0 for a free block. */
  readonly tags: Float64Array;
}
