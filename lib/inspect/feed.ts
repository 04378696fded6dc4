/**
 * Reads the journal of an allocator for all who look at it, ten times a second, as long as somebody does. Whoever comes is shown the lists that
 * live, and then what happens.
 */
import type { Allocator } from '../allocator';
import { VERSION } from '../addon/protocol';
import { dropJournal, holdJournal, JournalReader } from '../journal';
import type { JournalEntry, JournalStart } from '../journal-entry';
import type { Bytes } from '../native';
import { JournalOperations } from '../trace/journal-operations';
import type { TraceOperation } from '../trace/operation';
import { TraceSpace } from '../trace/trace-space';
import { LiveLists, type LiveList } from './live-lists';

/** Milliseconds from one update to the next. */
const PERIOD = 100;
/** Milliseconds before the state is taken anew where entries were lost, or so many times what that took the last time. */
const LEAST_RECOVERY = 1000;
const RECOVERY_FACTOR = 20;
/** Bytes of the ring: some 65,000 operations. */
const CAPACITY = 2 ** 22;
/** Operations that are kept for viewers that are behind. */
const MOST_KEPT = 2 ** 13;
/** Operations that one update takes: what is beyond 40,000 a second is lost. */
const MOST_READ = 2 ** 12;

/** Why a viewing ends. */
export interface Ending {
  readonly code: string;
  readonly message: string;
}

/** Names a list for those who look: by its tag, and the number of its account, 0 for none. */
export type LabelOf = (list: { readonly tag: number; readonly account: number }) => string | undefined;

/** A point in the operations of the feed. */
export interface Place {
  /** Counts how often the state was taken. */
  readonly round: number;
  /** How many operations were before it. */
  readonly position: number;
}

/** The state at a place. */
export interface Snapshot extends Place {
  readonly space: TraceOperation;
  readonly lists: readonly LiveList[];
  readonly sequence: number;
  readonly time: number;
  /** Bytes that are clear and free. */
  readonly clearAvail: Bytes;
}

export class Feed {
  readonly #allocator: Allocator;
  readonly #labelOf: LabelOf;
  #viewers = 0;
  #reader: JournalReader<Bytes> | undefined;
  #operations: JournalOperations | undefined;
  #lists = new LiveLists();
  #space: TraceOperation | undefined;
  #round = 0;
  #position = 0;
  /** The last operations, of which the last one stands before `#position`. */
  #kept: TraceOperation[] = [];
  #sequence = 0;
  #time = 0;
  #clearAvail: Bytes = 0;
  #ending: Ending | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Milliseconds that taking the state has taken. */
  #beginning = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(allocator: Allocator, labelOf: LabelOf) {
    this.#allocator = allocator;
    this.#labelOf = labelOf;
  }

  get viewers(): number {
    return this.#viewers;
  }

  /** Why nothing follows; `undefined`: something may. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /**
   * Adds a viewer. The first one begins the journal.
   *
   * @throws {GpuBuddyError} `EBUSY`: the program keeps a journal of its own; `ENOMEM`, `ERR_GPU_BUDDY_DISPOSED`, `ERR_GPU_BUDDY_POISONED`
   */
  join(): void {
    if (this.#viewers === 0) {
      this.#begin();
      this.#schedule();
    }
    this.#viewers++;
  }

  /** Removes a viewer. The last one ends the journal. */
  leave(): void {
    if (--this.#viewers > 0) return;
    clearTimeout(this.#timer);
    this.#drop();
    this.#ending = undefined;
  }

  /** Gives the state now; `undefined`: entries were lost, and it is not known. */
  snapshot(): Snapshot | undefined {
    if (!this.#space) return undefined;
    return {
      round: this.#round,
      position: this.#position,
      space: this.#space,
      lists: this.#lists.all(),
      sequence: this.#sequence,
      time: this.#time,
      clearAvail: this.#clearAvail,
    };
  }

  /** Gives the operations since a place; `undefined`: they are not known, or not kept any more. */
  since({ round, position }: Place): readonly TraceOperation[] | undefined {
    const behind = this.#position - position;
    if (round !== this.#round || behind > this.#kept.length) return undefined;
    return behind === 0 ? [] : this.#kept.slice(-behind);
  }

  /** Waits for the next update. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Ends the waiting of all viewers, so that each looks what is to be done. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #begin(): void {
    const began = performance.now();
    holdJournal(this.#allocator, CAPACITY);
    const { baseOffset, size, chunkSize } = this.#allocator.space;
    this.#reader = new JournalReader(this.#allocator, new TraceSpace(baseOffset, size, chunkSize), undefined);
    this.#operations = new JournalOperations(VERSION, this.#allocator.name);
    this.#lists = new LiveLists();
    this.#round++;
    this.#kept = [];
    this.#sequence = this.#time = 0;
    this.#read(1);
    this.#beginning = performance.now() - began;
  }

  #drop(): void {
    dropJournal(this.#allocator);
    this.#reader = this.#operations = this.#space = undefined;
    this.#lists = new LiveLists();
    this.#kept = [];
  }

  #schedule(): void {
    const pause = this.#space ? PERIOD : Math.max(LEAST_RECOVERY, RECOVERY_FACTOR * this.#beginning);
    this.#timer = setTimeout(() => {
      this.#update();
    }, pause).unref();
  }

  #update(): void {
    try {
      if (this.#space) this.#read(MOST_READ);
      else this.#begin();
    } catch (error) {
      this.#end(error as Ending);
    }
    this.wake();
    if (!this.#ending) this.#schedule();
  }

  /** Reads what there is, up to so many operations. */
  #read(most: number): void {
    let count = 0;
    while (count < most) {
      const entries = this.#reader?.read();
      if (!entries) {
        this.#end({ code: 'ERR_GPU_BUDDY_JOURNAL_ENDED', message: 'The program has ended the journal.' });
        return;
      }
      for (const entry of entries) {
        if (!this.#take(entry)) {
          this.#drop();
          return;
        }
        count++;
      }
      if (this.#reader?.isAtEnd) return;
    }
  }

  /** Takes an entry over; false: some are missing before it. */
  #take(entry: JournalEntry<Bytes>): boolean {
    const isStart = entry.kind === 'start';
    if (isStart === (this.#space !== undefined)) return false;
    if (isStart) {
      this.#clearAvail = clearBytes(entry);
    } else {
      if (entry.kind === 'gap' || entry.sequence !== this.#sequence + 1) return false;
      this.#sequence = entry.sequence;
      this.#time = entry.time;
      this.#clearAvail = entry.clearAvail;
    }
    for (const found of this.#operations?.of(entry) ?? []) {
      const operation = this.#labelled(found);
      if (operation.kind === 'buddy.new') this.#space = operation;
      this.#lists.apply(operation, isStart ? undefined : entry);
      if (!isStart) this.#keep(operation);
    }
    return true;
  }

  #keep(operation: TraceOperation): void {
    this.#kept.push(operation);
    this.#position++;
    if (this.#kept.length >= 2 * MOST_KEPT) this.#kept = this.#kept.slice(-MOST_KEPT);
  }

  #labelled(operation: TraceOperation): TraceOperation {
    if (operation.kind !== 'buddy.alloc' && operation.kind !== 'buddy.claim') return operation;
    const label = this.#labelOf({ tag: operation.tag ?? 0, account: operation.account ?? 0 });
    return label === undefined ? operation : { ...operation, label };
  }

  #end({ code, message }: Ending): void {
    this.#ending = { code, message };
    // What is kept is still to be shown.
    const kept = this.#kept;
    this.#drop();
    this.#kept = kept;
  }
}

/** Bytes that are clear and free when a journal begins. */
function clearBytes({ state }: JournalStart<Bytes>): number {
  return state.free.orders.reduce((sum, order) => sum + Number(state.chunkSize) * 2 ** order, 0);
}
