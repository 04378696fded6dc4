/** Entries of a journal as users see them. */
import type { Bytes } from './native';
import type { GpuBuddyState } from './saved-state';

/** A block as it was when an entry was written. */
export interface JournalBlock<N extends Bytes = number> {
  /** Address. */
  readonly offset: N;
  /** The block has 2^order chunks. */
  readonly order: number;
  /** Whether its memory was known to be zero. */
  readonly isClear: boolean;
}

/** An account as it was when a journal began. */
export interface JournalAccount<N extends Bytes = number> {
  /** The number by which entries know it. */
  readonly account: number;
  /** Bytes; `null`: none. */
  readonly limit: N | null;
  /** Bytes. */
  readonly reserved: N;
  /** Whether somebody has it open; otherwise it only holds bytes. */
  readonly isOpen: boolean;
}

/** Properties of every entry but the first one. */
export interface JournalEntryBase<N extends Bytes = number> {
  /** Its number in the order in which the allocator did things: from 1 on, without gaps but for those that an entry tells of. */
  readonly sequence: number;
  /** Nanoseconds since the journal began. */
  readonly time: number;
  /** The `threadId` (`node:worker_threads`) of the thread that did it. */
  readonly thread: number;
  /** The code of the error that it ended with; `undefined`: none. */
  readonly code: string | undefined;
  /** Bytes that were free afterwards, and those of them that were clear. */
  readonly avail: N;
  readonly clearAvail: N;
}

/** The first entry: what there was when the journal began. */
export interface JournalStart<N extends Bytes = number> {
  readonly kind: 'start';
  /** Release of Linux whose `buddy.c` is inside. */
  readonly kernelVersion: string;
  /** When it began: milliseconds since 1970. */
  readonly startedAt: number;
  /** As in `GpuBuddyOptions`: steps, 0 for no limit; bytes. */
  readonly maxSteps: number;
  readonly maxNativeBytes: number;
  /** The state, as of `save()`. */
  readonly state: GpuBuddyState;
  /** The accounts, and the number of the account that each list of the state is charged to; 0: none. */
  readonly accounts: readonly JournalAccount<N>[];
  readonly listAccounts: readonly number[];
}

/** `allocBlocks()`, `allocMany()`, an allocation of a batch, or of a pool. */
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
  /** The number of the account that was to be charged; 0: none. */
  readonly account: number;
  /** The blocks of the list; none where it failed. */
  readonly blocks: readonly JournalBlock<N>[];
}

/** `claim()`. */
export interface JournalClaim<N extends Bytes = number> extends JournalEntryBase<N> {
  readonly kind: 'claim';
  readonly tag: number;
  readonly account: number;
  /** Whether it was said which blocks count as clear. */
  readonly isMarked: boolean;
  /** The blocks of the list; where it failed, those that were asked for. */
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

/** The end of a list: by `free()`, by a batch or a pool, by `freeAll()`, by the collector, or since its thread has ended. */
export interface JournalFree<N extends Bytes = number> extends JournalListEntry<N> {
  readonly kind: 'free';
  readonly cleared: boolean;
}

/** An allocation that was taken back, as part of a batch or an `allocMany()` that failed. */
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
  /** `undefined`: it had no blocks. */
  readonly list: N | undefined;
  /** The list that was appended. */
  readonly other: N;
  /** The tag that all blocks have afterwards. */
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
  /** How many: the next one has a `sequence` that is higher by this. */
  readonly missing: number;
}

/** The kernel's code met a BUG: the allocator does nothing any more, and the journal ends. */
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
