/**
 * Reads journals, which the addon writes, as the entries come. A reader that is stopped has taken nothing: what it has
 * not used up stays in the ring for the next one.
 */
import { toBoolean, toInteger } from './arguments';
import { EntryDecoder } from './entry-decoder';
import type { JournalEntry } from './journal-entry';
import * as native from './native';
import type { Bytes } from './native';
import { toOptions, type Names } from './options';
import type { Space } from './space';
import { toSignal, type WaitSignal } from './wait-signal';

/** How to keep a journal. */
export interface JournalOptions {
  /**
   * Bytes of the ring: a power of two from 4096 on, others are rounded up. An operation takes 48 to 96, and 8 more for each block of its
   * list beyond the first. Default: 1 MiB.
   */
  readonly capacity?: number | undefined;
}

/** How to read a journal. */
export interface ReadJournalOptions {
  /** An `AbortSignal` that ends the reading: it rejects with the signal's `reason`. */
  readonly signal?: WaitSignal | undefined;
  /** Keeps the event loop going while it waits for the next entry. Default: true. */
  readonly ref?: boolean | undefined;
}

const JOURNAL_OPTION_NAMES: Names<JournalOptions> = { capacity: true };
const READ_OPTION_NAMES: Names<ReadJournalOptions> = { signal: true, ref: true };

const DEFAULT_CAPACITY = 2 ** 20;

/** The part of an allocator that reading a journal needs. */
export interface Journaled {
  readonly handle: native.Handle;
  check(status: number, syscall: string): void;
  toError(status: number, syscall: string): Error;
}

const SYSCALL = 'gpu_buddy';

/** Checks the options of a journal. */
export function toCapacity(argument: string, options: JournalOptions | undefined): number {
  const { capacity = DEFAULT_CAPACITY } = toOptions(argument, options, JOURNAL_OPTION_NAMES);
  return toInteger(`${argument}.capacity`, capacity);
}

export function startJournal(allocator: Journaled, capacity: number): void {
  allocator.check(native.startJournal(allocator.handle, capacity, Date.now(), false), SYSCALL);
}

/**
 * Begins a journal that no program has asked for: it ends with the `GpuBuddy` object, or its thread, and drops nothing that somebody may
 * still want to read.
 *
 * @throws {GpuBuddyError} `EBUSY`: there is a journal that runs, or has not been read to its end
 */
export function holdJournal(allocator: Journaled, capacity: number): void {
  allocator.check(native.startJournal(allocator.handle, capacity, Date.now(), true), SYSCALL);
}

/** Ends and drops the journal that is held, if there still is one. */
export function dropJournal(allocator: Journaled): void {
  native.endJournal(allocator.handle);
}

export function stopJournal(allocator: Journaled): void {
  allocator.check(native.stopJournal(allocator.handle), SYSCALL);
}

/** A reader that waits for the next entry. */
interface Waiting {
  readonly ref: boolean;
  readonly signal: WaitSignal | undefined;
  readonly abort: () => void;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Readers that wait for entries of one allocator, through one `GpuBuddy`. */
class Readers implements native.Waker {
  readonly #waiting = new Set<Waiting>();

  constructor(
    readonly handle: native.Handle,
    readonly toError: (status: number) => Error,
  ) {}

  /**
   * Gives a promise that resolves once there may be something to read. Its rejection counts as handled, since a caller that is stopped can't
   * handle it.
   */
  wait(ref: boolean, signal: WaitSignal | undefined): Promise<void> {
    const settlers: unknown[] = [];
    // A native function: one of ours could be stopped, which would reject the promise.
    const promise = new Promise<void>(settlers.push.bind(settlers));
    promise.catch(ignore);
    const [resolve, reject] = settlers as [Waiting['resolve'], Waiting['reject']];
    const abort = (): void => {
      reject(signal?.reason);
      this.#remove(waiting);
      if (this.#waiting.size === 0) this.#leave();
    };
    const waiting: Waiting = { ref, signal, abort, resolve, reject };
    signal?.addEventListener('abort', abort);
    this.#waiting.add(waiting);
    this.#ask();
    return promise;
  }

  /** Called by the event loop. */
  wake(): void {
    for (const waiting of this.#waiting) {
      waiting.resolve();
      this.#remove(waiting);
    }
    this.#leave();
  }

  end(reason: Error): void {
    for (const waiting of this.#waiting) {
      waiting.reject(reason);
      this.#remove(waiting);
    }
    this.#leave();
  }

  #remove(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    waiting.signal?.removeEventListener('abort', waiting.abort);
  }

  #ask(): void {
    native.wakers.set(native.READERS + this.handle.slot, this);
    const answer = native.waitForEntries(
      this.handle,
      [...this.#waiting].some(({ ref }) => ref),
    );
    if (typeof answer === 'number') this.end(this.toError(answer));
    else if (!answer) this.wake();
  }

  #leave(): void {
    native.endWaitForEntries(this.handle);
    native.wakers.delete(native.READERS + this.handle.slot);
  }
}

function ignore(): void {
  // Rejections are seen by the caller's own promise.
}

function readersOf(handle: native.Handle): Readers | undefined {
  const readers = native.wakers.get(native.READERS + handle.slot);
  return readers instanceof Readers && readers.handle === handle ? readers : undefined;
}

/** Ends the readers of a handle that is given up. */
export function endReading(handle: native.Handle, reason: () => Error): void {
  readersOf(handle)?.end(reason());
}

/** Reads a journal, one piece of the ring at a time. */
export class JournalReader<N extends Bytes> {
  readonly #allocator: Journaled;
  readonly #ref: boolean;
  readonly #signal: WaitSignal | undefined;
  readonly #reader = new native.EntryReader();
  readonly #decoder: EntryDecoder<N>;
  /** Place in the ring behind the entries that were given. */
  #seen = 0;
  /** Is true if the last `read()` has found no entry. */
  isAtEnd = false;

  constructor(allocator: Journaled, space: Space<N>, options: ReadJournalOptions | undefined) {
    const given = toOptions('options', options, READ_OPTION_NAMES);
    this.#ref = given.ref === undefined || toBoolean('ref', given.ref);
    this.#signal = toSignal(given.signal);
    this.#allocator = allocator;
    this.#decoder = new EntryDecoder(space);
  }

  /** Gives the entries in the ring. If there are none, `wait()` for more. `undefined`: the journal has ended. */
  read(): Iterable<JournalEntry<N>> | undefined {
    this.#signal?.throwIfAborted();
    const cells = this.#read();
    if (typeof cells === 'number') throw this.#toError(cells);
    this.isAtEnd = cells.count === 0;
    return cells.isEnded ? undefined : this.#entries(cells);
  }

  /** Gives a promise that resolves once there may be more. */
  wait(): Promise<void> {
    const { handle } = this.#allocator;
    const readers = readersOf(handle) ?? new Readers(handle, (status) => this.#toError(status));
    return readers.wait(this.#ref, this.#signal);
  }

  /** Removes the entries that were given, so that the next reader goes on behind them. */
  leave(): void {
    this.#read();
  }

  *#entries(cells: native.EntryCells): Generator<JournalEntry<N>> {
    for (const [entry, count] of this.#decoder.decode(cells)) {
      this.#seen = cells.place + count;
      yield entry;
    }
  }

  #read(): native.EntryCells | number {
    return this.#reader.read(this.#allocator.handle, this.#seen);
  }

  #toError(status: number): Error {
    return this.#allocator.toError(status, SYSCALL);
  }
}

/** Gives the entries of a journal, as they come, until it is stopped. */
export async function* readJournal<N extends Bytes>(
  reader: JournalReader<N>,
): AsyncGenerator<JournalEntry<N>, undefined> {
  try {
    for (let entries = reader.read(); entries; entries = reader.read()) {
      yield* entries;
      if (reader.isAtEnd) await reader.wait();
    }
  } finally {
    reader.leave();
  }
}
