/**
 * The operations of a trace, as data: docs/trace-format.md. Byte counts and addresses are those of the calls; addresses count from the
 * start of the space.
 */
import type { Bytes } from '../native';

/** Options of every operation of version 2, and its recorded answer. */
export interface OperationNotes {
  /** Its number in the order in which its allocator did them, from 1 on. */
  readonly seq?: number | undefined;
  /** Nanoseconds since the header's `started`. */
  readonly time?: number | undefined;
  /** Which thread did it. */
  readonly thread?: number | undefined;
  /** A name for people. */
  readonly label?: string | undefined;
  /** Which allocator it is for. Default: 0. */
  readonly on?: number | undefined;
  /** The answer when it was recorded. */
  readonly answer?: string | undefined;
}

/** `# text`: echoed as it is. */
export interface CommentOperation {
  readonly kind: 'comment';
  /** The whole line. */
  readonly text: string;
}

/** `gpu-buddy-trace 2`: the first line of version 2. */
export interface HeaderOperation {
  readonly kind: 'gpu-buddy-trace';
  readonly version: 2;
  /** Release of Linux whose allocator answered. */
  readonly kernel?: string | undefined;
  /** Version of gpu-buddy that wrote the trace. */
  readonly library?: string | undefined;
  /** The source of the trace. */
  readonly source?: string | undefined;
  /** The moment at which `time` is 0, as in RFC 3339. */
  readonly started?: string | undefined;
}

/** `init SIZE CHUNK`: gpu_buddy_init(). */
export interface InitOperation extends OperationNotes {
  readonly kind: 'init';
  readonly size: Bytes;
  readonly chunkSize: Bytes;
}

/** `alloc ID START END SIZE MINBLOCK FLAGS`: gpu_buddy_alloc_blocks() on the new, empty list ID. */
export interface AllocOperation extends OperationNotes {
  readonly kind: 'alloc';
  readonly id: number;
  readonly start: Bytes;
  readonly end: Bytes;
  readonly size: Bytes;
  readonly minBlockSize: Bytes;
  readonly flags: Bytes;
}

/** `free ID FLAGS`: gpu_buddy_free_list(). */
export interface FreeOperation extends OperationNotes {
  readonly kind: 'free';
  readonly id: number;
  /** FLAGS is GPU_BUDDY_CLEARED. */
  readonly cleared: boolean;
}

/** `trim ID START|- NEWSIZE`: gpu_buddy_block_trim(). */
export interface TrimOperation extends OperationNotes {
  readonly kind: 'trim';
  readonly id: number;
  /** `undefined` is a NULL start. */
  readonly start: Bytes | undefined;
  readonly newSize: Bytes;
}

/** `free_block ID INDEX`: gpu_buddy_free_block() of one block, counted from 0, of the list ID. */
export interface FreeBlockOperation extends OperationNotes {
  readonly kind: 'free_block';
  readonly id: number;
  readonly index: number;
}

/** `reset_clear 0|1`: gpu_buddy_reset_clear(). */
export interface ResetClearOperation extends OperationNotes {
  readonly kind: 'reset_clear';
  readonly clear: boolean;
}

/** `lookup ADDR`: gpu_buddy_allocated_addr_to_block(). */
export interface LookupOperation extends OperationNotes {
  readonly kind: 'lookup';
  readonly address: Bytes;
}

/** `print`: gpu_buddy_print(). */
export interface PrintOperation extends OperationNotes {
  readonly kind: 'print';
}

/** `fini`: gpu_buddy_fini(). */
export interface FiniOperation extends OperationNotes {
  readonly kind: 'fini';
}

/** `buddy.new SIZE CHUNK`: `new GpuBuddy()`. */
export interface BuddyNewOperation extends OperationNotes {
  readonly kind: 'buddy.new';
  /** `undefined`: the recording does not know it. */
  readonly size: Bytes | undefined;
  readonly chunkSize: Bytes;
  readonly baseOffset?: Bytes | undefined;
  readonly maxSteps?: number | undefined;
  readonly maxNativeBytes?: number | undefined;
  readonly name?: string | undefined;
}

/** Options of an allocation of the library: see `AllocOptions`. */
export interface TraceRequest {
  /** Default: the chunk size. */
  readonly minBlockSize?: Bytes | undefined;
  readonly range?: TraceRange | undefined;
  readonly topDown?: boolean | undefined;
  readonly contiguous?: boolean | undefined;
  readonly clear?: boolean | undefined;
  readonly trimDisable?: boolean | undefined;
  readonly tag?: number | undefined;
  /** The number of an account. */
  readonly account?: number | undefined;
}

/** From an address to the one behind the last byte. */
export interface TraceRange {
  readonly start: Bytes;
  readonly end: Bytes;
}

/** `buddy.alloc ID SIZE`: `allocBlocks()` into the new list ID. */
export interface BuddyAllocOperation extends OperationNotes, TraceRequest {
  readonly kind: 'buddy.alloc';
  readonly id: number;
  readonly size: Bytes;
}

/** `buddy.probe SIZE`: an allocation that failed where it was recorded. */
export interface BuddyProbeOperation extends OperationNotes, TraceRequest {
  readonly kind: 'buddy.probe';
  readonly size: Bytes;
  /** Bytes that were free then. */
  readonly free?: Bytes | undefined;
}

/** A block in a trace. */
export interface TraceBlock {
  readonly offset: Bytes;
  readonly order: number;
  /** Whether it is clear; `undefined`: as the free memory was. */
  readonly isClear?: boolean | undefined;
}

/** `buddy.claim ID BLOCK...`: `claim()`. */
export interface BuddyClaimOperation extends OperationNotes {
  readonly kind: 'buddy.claim';
  readonly id: number;
  readonly blocks: readonly TraceBlock[];
  readonly tag?: number | undefined;
  readonly account?: number | undefined;
}

/** `buddy.clear BLOCK...`: free memory that is clear. */
export interface BuddyClearOperation extends OperationNotes {
  readonly kind: 'buddy.clear';
  readonly blocks: readonly TraceBlock[];
}

/** `buddy.resetClear 0|1`: `resetClear()`. */
export interface BuddyResetClearOperation extends OperationNotes {
  readonly kind: 'buddy.resetClear';
  readonly isClear: boolean;
}

/** `blocks.free ID`: `free()`. */
export interface BlocksFreeOperation extends OperationNotes {
  readonly kind: 'blocks.free';
  readonly id: number;
  readonly cleared?: boolean | undefined;
}

/** `blocks.undo ID`: takes an allocation back. */
export interface BlocksUndoOperation extends OperationNotes {
  readonly kind: 'blocks.undo';
  readonly id: number;
}

/** `blocks.freeBlock ID INDEX`: `freeBlock()`. */
export interface BlocksFreeBlockOperation extends OperationNotes {
  readonly kind: 'blocks.freeBlock';
  readonly id: number;
  readonly index: number;
  readonly cleared?: boolean | undefined;
}

/** `blocks.trim ID NEWSIZE`: `trim()`. */
export interface BlocksTrimOperation extends OperationNotes {
  readonly kind: 'blocks.trim';
  readonly id: number;
  readonly newSize: Bytes;
  readonly start?: Bytes | undefined;
}

/** `blocks.extend ID SIZE`: `tryExtend()`. */
export interface BlocksExtendOperation extends OperationNotes {
  readonly kind: 'blocks.extend';
  readonly id: number;
  readonly size: Bytes;
}

/** `blocks.append ID|- OTHER`: `append()`. */
export interface BlocksAppendOperation extends OperationNotes {
  readonly kind: 'blocks.append';
  /** `undefined`: a list without blocks, to which the other one is appended. */
  readonly id: number | undefined;
  readonly other: number;
  readonly tag?: number | undefined;
}

/** `account.open N`: opens an account. */
export interface AccountOpenOperation extends OperationNotes {
  readonly kind: 'account.open';
  readonly id: number;
  readonly limit?: Bytes | undefined;
  readonly reserved?: Bytes | undefined;
}

/** `account.update N`: changes limit and reservation. */
export interface AccountUpdateOperation extends OperationNotes {
  readonly kind: 'account.update';
  readonly id: number;
  readonly limit?: Bytes | undefined;
  readonly reserved?: Bytes | undefined;
}

/** `account.close N`: gives an account up. */
export interface AccountCloseOperation extends OperationNotes {
  readonly kind: 'account.close';
  readonly id: number;
}

/** `begin`: the end of the starting state. */
export interface BeginOperation extends OperationNotes {
  readonly kind: 'begin';
}

/** `gap N`: so many operations are missing. */
export interface GapOperation extends OperationNotes {
  readonly kind: 'gap';
  readonly count: number;
}

/** `poisoned`: the kernel's code met a BUG. */
export interface PoisonedOperation extends OperationNotes {
  readonly kind: 'poisoned';
}

/** The calls of the kernel, which are all that version 1 has. */
export type KernelOperation =
  | InitOperation
  | AllocOperation
  | FreeOperation
  | TrimOperation
  | FreeBlockOperation
  | ResetClearOperation
  | LookupOperation
  | PrintOperation
  | FiniOperation;

/** The calls of this library, and what stands between them. */
export type LibraryOperation =
  | BuddyNewOperation
  | BuddyAllocOperation
  | BuddyProbeOperation
  | BuddyClaimOperation
  | BuddyClearOperation
  | BuddyResetClearOperation
  | BlocksFreeOperation
  | BlocksUndoOperation
  | BlocksFreeBlockOperation
  | BlocksTrimOperation
  | BlocksExtendOperation
  | BlocksAppendOperation
  | AccountOpenOperation
  | AccountUpdateOperation
  | AccountCloseOperation
  | BeginOperation
  | GapOperation
  | PoisonedOperation;

/** One line of a trace. */
export type TraceOperation = CommentOperation | HeaderOperation | KernelOperation | LibraryOperation;
