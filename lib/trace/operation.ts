/** The operations of a trace, as data. Byte counts and addresses are those of the kernel calls, relative to the space. */
import type { Bytes } from '../native';

/** `# text`: echoed as it is. */
export interface CommentOperation {
  readonly kind: 'comment';
  /** The whole line. */
  readonly text: string;
}

/** `init SIZE CHUNK`: gpu_buddy_init(). */
export interface InitOperation {
  readonly kind: 'init';
  readonly size: Bytes;
  readonly chunkSize: Bytes;
}

/** `alloc ID START END SIZE MINBLOCK FLAGS`: gpu_buddy_alloc_blocks() on the new, empty list ID. */
export interface AllocOperation {
  readonly kind: 'alloc';
  readonly id: number;
  readonly start: Bytes;
  readonly end: Bytes;
  readonly size: Bytes;
  readonly minBlockSize: Bytes;
  readonly flags: Bytes;
}

/** `free ID FLAGS`: gpu_buddy_free_list(). */
export interface FreeOperation {
  readonly kind: 'free';
  readonly id: number;
  /** FLAGS is GPU_BUDDY_CLEARED. */
  readonly cleared: boolean;
}

/** `trim ID START|- NEWSIZE`: gpu_buddy_block_trim(). */
export interface TrimOperation {
  readonly kind: 'trim';
  readonly id: number;
  /** `undefined` is a NULL start. */
  readonly start: Bytes | undefined;
  readonly newSize: Bytes;
}

/** `free_block ID INDEX`: gpu_buddy_free_block() of one block, counted from 0, of the list ID. */
export interface FreeBlockOperation {
  readonly kind: 'free_block';
  readonly id: number;
  readonly index: number;
}

/** `reset_clear 0|1`: gpu_buddy_reset_clear(). */
export interface ResetClearOperation {
  readonly kind: 'reset_clear';
  readonly clear: boolean;
}

/** `lookup ADDR`: gpu_buddy_allocated_addr_to_block(). */
export interface LookupOperation {
  readonly kind: 'lookup';
  readonly address: Bytes;
}

/** `print`: gpu_buddy_print(). */
export interface PrintOperation {
  readonly kind: 'print';
}

/** `fini`: gpu_buddy_fini(). */
export interface FiniOperation {
  readonly kind: 'fini';
}

/** One line of a trace. */
export type TraceOperation =
  | CommentOperation
  | InitOperation
  | AllocOperation
  | FreeOperation
  | TrimOperation
  | FreeBlockOperation
  | ResetClearOperation
  | LookupOperation
  | PrintOperation
  | FiniOperation;
