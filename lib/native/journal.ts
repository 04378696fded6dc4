/** The journal of an allocator: see native/buddy/journal.h. */
import { threadId } from 'node:worker_threads';
import { calls, layout } from './addon';
import { OK } from './constants';
import { numbers, putHandle, result, seal, status } from './mailbox';
import type { Handle } from './values';
import { wakeSlot } from './waiting';

/** Added to the slot of a handle, it stands for the reader of its journal among the wakers. */
export const READERS = layout.mostHandles;

/** The kinds of entries, and their cells. */
export const ENTRY = {
  start: layout.entryStart,
  account: layout.entryAccount,
  list: layout.entryList,
  alloc: layout.entryAlloc,
  claim: layout.entryClaim,
  extend: layout.entryExtend,
  free: layout.entryFree,
  undo: layout.entryUndo,
  freeBlock: layout.entryFreeBlock,
  trim: layout.entryTrim,
  append: layout.entryAppend,
  resetClear: layout.entryResetClear,
  openAccount: layout.entryOpenAccount,
  changeAccount: layout.entryChangeAccount,
  closeAccount: layout.entryCloseAccount,
  gap: layout.entryGap,
  what: layout.entryWhat,
  time: layout.entryTime,
  lengths: layout.entryLengths,
  avail: layout.entryAvail,
  clearAvail: layout.entryClearAvail,
  arguments: layout.entryArguments,
  flag: layout.entryFlag,
  blockClear: layout.entryBlockClear,
  blockOrder: layout.entryBlockOrder,
} as const;

/**
 * @param now milliseconds since 1970
 * @param isHeld whether it ends with this handle at the latest, and leaves alone what nobody has read of a journal that was stopped
 */
export function startJournal(allocator: Handle, capacity: number, now: number, isHeld: boolean): number {
  putHandle(allocator);
  numbers[2] = capacity;
  numbers[3] = now;
  numbers[4] = isHeld ? 1 : 0;
  seal();
  calls.startJournal();
  return status();
}

export function stopJournal(allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.stopJournal();
  return status();
}

/** Ends and drops the journal that this handle holds, if it does. */
export function endJournal(allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.endJournal();
  return status();
}

/** Entries of a journal, in memory of the reader's. */
export interface EntryCells {
  /** Cells of 64 bits, each as its low and its high half. */
  readonly halves: Uint32Array;
  readonly count: number;
  /** The place of the first one. */
  readonly place: number;
  /** The number of the first entry. */
  readonly sequence: number;
  /** Is true if there is no entry, and none will follow. */
  readonly isEnded: boolean;
}

const FIRST_CELLS = 1 << 13;

/** Reads into memory that is kept, and grows where an entry needs it. */
export class EntryReader {
  #cells = new BigUint64Array(FIRST_CELLS);

  /**
   * Copies what has waited longest; or gives the status.
   *
   * @param seen the place up to which nothing is needed any more
   */
  read(allocator: Handle, seen: number): EntryCells | number {
    for (;;) {
      putHandle(allocator);
      numbers[2] = seen;
      seal();
      calls.readJournal(this.#cells);
      if (status() !== OK) return status();
      const [count, place, sequence, needed] = [result(0), result(1), result(2), result(3)];
      const isEnded = result(4) !== 0;
      if (count === 0 && needed > this.#cells.length) this.#cells = new BigUint64Array(needed);
      else return { halves: new Uint32Array(this.#cells.buffer), count, place, sequence, isEnded };
    }
  }
}

/** Has the reader of this handle told of the next entry. False: there is something to read; a number: the status. */
export function waitForEntries(allocator: Handle, keepsAlive: boolean): boolean | number {
  putHandle(allocator);
  numbers[2] = keepsAlive ? 1 : 0;
  seal();
  calls.waitForEntries(wakeSlot);
  return status() === OK ? result(0) !== 0 : status();
}

/** Takes back what `waitForEntries()` asked for. */
export function endWaitForEntries(allocator: Handle): void {
  putHandle(allocator);
  seal();
  calls.endWaitForEntries();
}

// Entries say which thread has made them.
numbers[0] = threadId;
seal();
calls.setThread();
