/** Declares the entries of a journal. */
import type { Bytes } from './native';
import type { GpuBuddyState } from './saved-state';

/** Describes a block at the moment when an entry was written. */
export interface JournalBlock<N extends Bytes = number> {
  /** Address of the first byte. */
  readonly offset: N;
  /** The block has `2 ** order` chunks. */
  readonly order: number;
  /** True if its memory was known to be zero. */
  readonly isClear: boolean;
}

/** Describes an account at the moment when a journal began. */
export interface JournalAccount<N extends Bytes = number> {
  /** Number of the account in entries. */
  readonly account: number;
  /** Bytes; `null` for no limit. */
  readonly limit: N | null;
  /** Bytes. */
  readonly reserved: N;
  /** True if it is open somewhere; otherwise it only holds bytes. */
  readonly isOpen: boolean;
}

/** Properties of every entry except the first one. */
export interface JournalEntryBase<N extends Bytes = number> {
  /**
   * Number of the operation, in the order in which the allocator did them: from 1 on, without gaps other than those that a `gap` entry
   * names.
   */
  readonly sequence: number;
  /** Nanoseconds since the journal began. */
  readonly time: number;
  /** The `threadId` (`node:worker_threads`) of its thread. */
  readonly thread: number;
  /** Code of its error; `undefined` without one. */
  readonly code: string | undefined;
  /** Bytes that were free afterwards; `clearAvail`: those of them that were clear. */
  readonly avail: N;
  readonly clearAvail: N;
}

/** The first entry: the state when the journal began. */
export interface JournalStart<N extends Bytes = number> {
  readonly kind: 'start';
  /** Release of Linux whose `buddy.c` is inside. */
  readonly kernelVersion: string;
  /** Time of its beginning: milliseconds since 1970. */
  readonly startedAt: number;
  /** Limits, as in `GpuBuddyOptions`: steps, 0 for no limit; bytes. */
  readonly maxSteps: number;
  readonly maxNativeBytes: number;
  /** The state, as of `save()`. */
  readonly state: GpuBuddyState;
  /** Accounts; and the number of the account that each list of the state is charged to, 0 for none. */
  readonly accounts: readonly JournalAccount<N>[];
  readonly listAccounts: readonly number[];
}

/** An allocation: `allocBlocks()`, `allocMany()`, of a batch, or of a pool. */
export interface JournalAlloc<N extends Bytes = number> extends JournalEntryBase<N> {
  readonly kind: 'alloc';
  /** Bytes that were asked for. */
  readonly size: N;
  readonly minBlockSize: N;
  /** Addresses. */
  readonly range: { readonly start: N; readonly end: N } | undefined;
  readonly topDown: boolean;
  readonly contiguous: boolean;
  readonly clear: boolean;
  readonly trimDisable: boolean;
  readonly tag: number;
  /** Number of the account that was to be charged; 0 for none. */
  readonly account: number;
  /** Blocks of the list; none if it failed. */
  readonly blocks: readonly JournalBlock<N>[];
}

/** `claim()`. */
export interface JournalClaim<N extends Bytes = number> extends JournalEntryBase<N> {
  readonly kind: 'claim';
  readonly tag: number;
  readonly account: number;
  /** True if the caller said which blocks count as clear. */
  readonly isMarked: boolean;
  /** Blocks of the list; if it failed, those that were asked for. */
  readonly blocks: readonly JournalBlock<N>[];
}

/** A call on a list, which is named by the address of its first block. */
export interface JournalListEntry<N extends Bytes = number> extends JournalEntryBase<N> {
  readonly list: N;
}

/** `tryExtend()`. */
export interface JournalExtend<N extends Bytes = number> extends JournalListEntry<N> {
  readonly kind: 'extend';
  readonly size: N;
  /** The blocks of the list afterwards. */
  readonly blocks: readonly JournalBlock<N>[];
}

/** The end of a list: by `free()`, by a batch or a pool, by `freeAll()`, by the collector, or by the end of its thread. */
export interface JournalFree<N extends Bytes = number> extends JournalListEntry<N> {
  readonly kind: 'free';
  readonly cleared: boolean;
}

/** An allocation that was undone, as part of a failed batch or `allocMany()`. */
export interface JournalUndo<N extends Bytes = number> extends JournalListEntry<N> {
  readonly kind: 'undo';
}

/** `freeBlock()`. */
export interface JournalFreeBlock<N extends Bytes = number> extends JournalListEntry<N> {
  readonly kind: 'freeBlock';
  readonly index: number;
  readonly cleared: boolean;
  /** The blocks that are left. */
  readonly blocks: readonly JournalBlock<N>[];
}

/** `trim()`. */
export interface JournalTrim<N extends Bytes = number> extends JournalListEntry<N> {
  readonly kind: 'trim';
  readonly newSize: N;
  readonly start: N | undefined;
  /** The blocks of the list afterwards. */
  readonly blocks: readonly JournalBlock<N>[];
}

/** `append()`. */
export interface JournalAppend<N extends Bytes = number> extends JournalEntryBase<N> {
  readonly kind: 'append';
  /** Address of the list; `undefined` if it had no blocks. */
  readonly list: N | undefined;
  /** Address of the list that was appended. */
  readonly other: N;
  /** Tag of all blocks afterwards. */
  readonly tag: number;
}

/** `resetClear()`. */
export interface JournalResetClear<N extends Bytes = number> extends JournalEntryBase<N> {
  readonly kind: 'resetClear';
  readonly isClear: boolean;
}

/** A new account, or `update()` of one. */
export interface JournalQuota<N extends Bytes = number> extends JournalEntryBase<N> {
  readonly kind: 'openAccount' | 'updateAccount';
  readonly account: number;
  readonly limit: N | null;
  readonly reserved: N;
}

/** An account that nobody has open any more. */
export interface JournalCloseAccount<N extends Bytes = number> extends JournalEntryBase<N> {
  readonly kind: 'closeAccount';
  readonly account: number;
}

/** Entries for which the ring had no room. */
export interface JournalGap<N extends Bytes = number> extends JournalEntryBase<N> {
  readonly kind: 'gap';
  /** Number of missing entries: the `sequence` of the next one is higher by as many. */
  readonly missing: number;
}

/** A `BUG_ON` of the kernel's code: the allocator can't be used any more, and the journal ends. */
export interface JournalPoisoned<N extends Bytes = number> extends JournalEntryBase<N> {
  readonly kind: 'poisoned';
}

/** An entry of a journal. */
export type JournalEntry<N extends Bytes = number> =
  | JournalStart<N>
  | JournalAlloc<N>
  | JournalClaim<N>
  | JournalExtend<N>
  | JournalFree<N>
  | JournalUndo<N>
  | JournalFreeBlock<N>
  | JournalTrim<N>
  | JournalAppend<N>
  | JournalResetClear<N>
  | JournalQuota<N>
  | JournalCloseAccount<N>
  | JournalGap<N>
  | JournalPoisoned<N>;
