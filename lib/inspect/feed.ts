/**
 * Reads the journal of an allocator for all who look at it, ten times a second, as long as somebody does. Whoever comes is shown the lists that
 * live, and then what happens.
 */
import { VERSION } from '../addon/protocol';
import type { Allocator } from '../allocator';
import { dropJournal, holdJournal, JournalReader } from '../journal';
import type { JournalEntry, JournalStart } from '../journal-entry';
import type { Bytes } from '../native';
import { JournalOperations, type Answered, type LabelOf } from '../trace/journal-operations';
import type { BuddyNewOperation, TraceOperation } from '../trace/operation';
import { TraceSpace } from '../trace/trace-space';
import { LiveLists, type LiveList } from './live-lists';

/** Milliseconds from one update to the next. */
const PERIOD = 100;
/** Milliseconds before the state is taken anew where entries were lost: so many times what that took the last time, within these bounds. */
const RECOVERY_FACTOR = 20;
const LEAST_RECOVERY = 1000;
const MOST_RECOVERY = 10_000;
/** Bytes of the ring: some 65,000 operations. */
const CAPACITY = 2 ** 22;
/** Operations that one update takes: where there are more than 40,000 a second, some are lost. */
const MOST_READ = 2 ** 12;

/** Why a viewing ends. */
export interface Ending {
  readonly code: string;
  readonly message: string;
}

/** The state at a moment. */
export interface Snapshot {
  readonly space: BuddyNewOperation;
  readonly lists: readonly LiveList[];
  /** The number of the last entry, and nanoseconds since the journal began. */
  readonly sequence: number;
  readonly time: number;
  /** Bytes that are free and clear. */
  readonly clearAvail: number;
}

/** Somebody who is told of each operation. */
export interface Follower {
  follow(operation: TraceOperation, entry: Answered): void;
  /** Some operations are not known: what it has been told is of no use any more. */
  lose(): void;
}

export class Feed {
  readonly #allocator: Allocator;
  readonly #labelOf: LabelOf;
  readonly #followers = new Set<Follower>();
  #reader: JournalReader<Bytes> | undefined;
  #operations: JournalOperations | undefined;
  #lists = new LiveLists();
  /** `undefined`: nothing is known. */
  #space: BuddyNewOperation | undefined;
  #sequence = 0;
  #time = 0;
  #clearAvail = 0;
  #ending: Ending | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Milliseconds that taking the state has taken. */
  #beginning = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(allocator: Allocator, labelOf: LabelOf) {
    this.#allocator = allocator;
    this.#labelOf = labelOf;
  }

  get followers(): number {
    return this.#followers.size;
  }

  /** Why nothing follows; `undefined`: something may. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /**
   * Adds somebody who follows. The first one begins the journal.
   *
   * @throws {GpuBuddyError} `EBUSY`: the program keeps a journal of its own; `ENOMEM`, `ERR_GPU_BUDDY_DISPOSED`, `ERR_GPU_BUDDY_POISONED`
   */
  join(follower: Follower): void {
    if (this.#followers.size === 0) {
      this.#begin();
      this.#schedule();
    }
    this.#followers.add(follower);
  }

  /** Removes one. The last one ends the journal. */
  leave(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size > 0) return;
    clearTimeout(this.#timer);
    this.#drop();
    this.#ending = undefined;
  }

  /** Gives the state now; `undefined`: it is not known. */
  snapshot(): Snapshot | undefined {
    return (
      this.#space && {
        space: this.#space,
        lists: this.#lists.all(),
        sequence: this.#sequence,
        time: this.#time,
        clearAvail: this.#clearAvail,
      }
    );
  }

  /** Waits for the next update. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Ends the waiting of all, so that each looks what is to be done. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #begin(): void {
    const began = performance.now();
    holdJournal(this.#allocator, CAPACITY);
    const { baseOffset, size, chunkSize } = this.#allocator.space;
    this.#reader = new JournalReader(this.#allocator, new TraceSpace(baseOffset, size, chunkSize), undefined);
    this.#operations = new JournalOperations(VERSION, this.#allocator.name, this.#labelOf);
    this.#read(1);
    this.#beginning = performance.now() - began;
  }

  #drop(): void {
    dropJournal(this.#allocator);
    this.#reader = this.#operations = this.#space = undefined;
    this.#lists = new LiveLists();
  }

  #lose(): void {
    this.#drop();
    for (const follower of this.#followers) follower.lose();
  }

  #end({ code, message }: Ending): void {
    this.#ending = { code, message };
    this.#drop();
  }

  #schedule(): void {
    const recovery = Math.min(Math.max(RECOVERY_FACTOR * this.#beginning, LEAST_RECOVERY), MOST_RECOVERY);
    const pause = this.#space ? PERIOD : recovery;
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
    for (let count = 0; count < most && this.#reader;) {
      const entries = this.#reader.read();
      if (!entries) {
        this.#end({ code: 'ERR_GPU_BUDDY_JOURNAL_ENDED', message: 'The program has ended the journal.' });
        return;
      }
      if (this.#reader.isAtEnd) return;
      for (const entry of entries) {
        if (!this.#take(entry)) {
          this.#lose();
          return;
        }
        count++;
      }
    }
  }

  /** Takes an entry over; false: some are missing before it. */
  #take(entry: JournalEntry<Bytes>): boolean {
    if (entry.kind === 'start') return this.#start(entry);
    if (!this.#space || !this.#operations || entry.kind === 'gap') return false;
    if (entry.sequence !== this.#sequence + 1) return false;
    this.#sequence = entry.sequence;
    this.#time = entry.time;
    this.#clearAvail = Number(entry.clearAvail);
    if (entry.kind === 'poisoned') {
      this.#end({
        code: 'ERR_GPU_BUDDY_POISONED',
        message: "The kernel's code met a fault: the allocator does nothing any more.",
      });
      return true;
    }
    const operation = this.#operations.call(entry);
    this.#lists.apply(operation, entry);
    for (const follower of this.#followers) follower.follow(operation, entry);
    return true;
  }

  /** Takes the state over; false: it is that of another journal. */
  #start(entry: JournalStart<Bytes>): boolean {
    if (this.#space) return false;
    this.#sequence = this.#time = 0;
    this.#clearAvail = clearBytes(entry);
    for (const operation of this.#operations?.of(entry) ?? []) {
      if (operation.kind === 'buddy.new') this.#space = operation;
      else if (operation.kind === 'buddy.claim')
        this.#lists.add({ label: undefined, account: undefined, ...operation });
    }
    return true;
  }
}

/** Bytes that are free and clear when a journal begins. */
function clearBytes({ state }: JournalStart<Bytes>): number {
  return state.free.orders.reduce((sum, order) => sum + Number(state.chunkSize) * 2 ** order, 0);
}
