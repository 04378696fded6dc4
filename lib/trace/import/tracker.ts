/** Turns allocations and frees of pointers into operations on lists, with IDs that are never used again and sizes in whole units. */
import type { TraceOperation } from '../operation';
import type { ImportNoteKind } from './import-report';
import type { Notes } from './notes';
import type { Pointer } from './scan';

/** An allocation that is not freed yet. */
interface Live {
  /** Is -1 if it has no bytes, and so no list. */
  readonly id: number;
  /** Bytes as recorded. */
  readonly size: number;
}

const LABEL_LENGTH = 256;

export class Tracker {
  /** Nanoseconds since the recording began, and the thread, of the record that is read. */
  time: number | undefined;
  thread: number | undefined;
  /** The device whose records are imported, where the recording tells. */
  device: number | undefined;
  readonly #unit: number;
  readonly #notes: Notes;
  readonly #live = new Map<Pointer, Live>();
  #operations: TraceOperation[] = [];
  #nextId = 0;
  #frees = 0;
  #probes = 0;
  #used = 0;
  #peak = 0;
  #peakAt = 0;

  constructor(unit: number, notes: Notes) {
    this.#unit = unit;
    this.#notes = notes;
  }

  get totals() {
    return {
      allocations: this.#nextId,
      frees: this.#frees,
      probes: this.#probes,
      peak: this.#peak,
      peakAt: this.#peakAt,
      live: this.#nextId - this.#frees,
      liveBytes: this.#used,
    };
  }

  /** Begins a record. */
  next(): void {
    this.#notes.record++;
  }

  /** Number of operations that can be taken. */
  get length(): number {
    return this.#operations.length;
  }

  /** The operations since the last call. */
  take(): readonly TraceOperation[] {
    const operations = this.#operations;
    this.#operations = [];
    return operations;
  }

  note(kind: ImportNoteKind, count = 1): void {
    this.#notes.add(kind, count);
  }

  isLive(pointer: Pointer): boolean {
    return this.#live.has(pointer);
  }

  /** @param size bytes as recorded */
  allocate(pointer: Pointer, size: number, label?: string): void {
    if (pointer === 0) {
      this.note('null');
      return;
    }
    const live = this.#live.get(pointer);
    if (live && live.id >= 0) {
      this.note('live-again');
      this.#free(live);
    }
    if (size === 0) {
      this.note('zero-size');
      this.#live.set(pointer, { id: -1, size });
      return;
    }
    const id = this.#nextId++;
    this.#live.set(pointer, { id, size });
    const rounded = this.#rounded(size);
    this.#used += rounded;
    if (this.#used > this.#peak) {
      this.#peak = this.#used;
      this.#peakAt = this.#notes.record;
    }
    const { time, thread } = this;
    this.#operations.push({ kind: 'buddy.alloc', id, size: rounded, time, thread, label: this.#cut(label) });
  }

  /** @param size bytes as recorded; `undefined` where the record does not tell */
  free(pointer: Pointer, size?: number): void {
    if (pointer === 0) {
      this.note('null');
      return;
    }
    const live = this.#live.get(pointer);
    if (!live) {
      this.note('unknown-free');
      return;
    }
    if (size !== undefined && size !== live.size) this.note('size-differs');
    this.#live.delete(pointer);
    if (live.id < 0) this.note('zero-size-free');
    else this.#free(live);
  }

  reallocate(from: Pointer, pointer: Pointer, size: number): void {
    if (from !== 0) {
      if (size > 0) this.note('realloc');
      this.free(from);
    }
    if (from === 0 || size > 0) this.allocate(pointer, size);
  }

  /**
   * Notes an allocation that failed where it was recorded.
   *
   * @param free bytes that were free then, where the record tells
   */
  fail(size: number, free?: number): void {
    if (size === 0) {
      this.note('zero-size');
      return;
    }
    this.note('failure');
    this.#probes++;
    const { time, thread } = this;
    this.#operations.push({ kind: 'buddy.probe', size: this.#rounded(size), free, time, thread });
  }

  #free({ id, size }: Live): void {
    this.#used -= this.#inUnits(size);
    this.#frees++;
    this.#operations.push({ kind: 'blocks.free', id, time: this.time, thread: this.thread });
  }

  #rounded(size: number): number {
    const rounded = this.#inUnits(size);
    if (rounded !== size) this.note('rounded');
    return rounded;
  }

  #inUnits(size: number): number {
    return Math.ceil(size / this.#unit) * this.#unit;
  }

  #cut(label: string | undefined): string | undefined {
    if (label === undefined || label.length <= LABEL_LENGTH) return label;
    this.note('label-cut');
    return label.slice(0, LABEL_LENGTH);
  }
}
