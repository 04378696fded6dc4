/** Tells the subscribers of the diagnostics channels how a batch ended. */
import type { Allocator } from './allocator';
import { GpuBuddyError } from './errors';
import {
  allocated,
  failed,
  freed,
  tellAlloc,
  tellFailed,
  tellFree,
  tellStatus,
  UNTOLD,
  VARIOUS,
} from './events';
import * as native from './native';

/** A number of operations, and their bytes. */
class Sum {
  count = 0;
  bytes = 0;

  add(bytes: number): void {
    this.count++;
    this.bytes += bytes;
  }
}

export class BatchReport {
  readonly #allocator: Allocator;
  /** Stay as they are until the next operation is added, or `clear()` is called. */
  readonly #records: native.Records;
  readonly #count: number;
  readonly #freed = new Sum();

  constructor(allocator: Allocator, records: native.Records) {
    this.#allocator = allocator;
    this.#records = records;
    this.#count = records.length;
  }

  /** Notes the bytes of a list from before the batch that it frees. */
  noteOutsider(bytes: number): void {
    if (bytes !== UNTOLD) this.#freed.add(bytes);
  }

  /** Tells of a batch that did nothing, as one failed allocation. */
  tellRefused(error: unknown): void {
    if (!failed.hasSubscribers || !(error instanceof GpuBuddyError)) return;
    const asked = new Sum();
    for (let place = 0; place < this.#count; place++) {
      const size = this.#records.sizeAt(place);
      if (size !== undefined) asked.add(size);
    }
    tellFailed(this.#allocator, asked.count, asked.bytes, VARIOUS, error.code);
  }

  /** Tells of all allocations that succeeded as one, of all frees as one, and of each allocation that failed. */
  tell(statuses: Uint8Array): void {
    const done = new Sum();
    const failures: (readonly [size: number, status: number])[] = [];
    for (let place = 0; place < this.#count; place++) {
      const size = this.#records.sizeAt(place);
      const status = statuses[place] ?? native.OK;
      if (size === undefined) this.#noteFree(place, statuses);
      else if (status === native.OK) done.add(size);
      else failures.push([size, status]);
    }
    if (allocated.hasSubscribers && done.count !== 0)
      tellAlloc(this.#allocator, done.count, done.bytes, VARIOUS);
    if (freed.hasSubscribers && this.#freed.count !== 0)
      tellFree(this.#allocator, this.#freed.count, this.#freed.bytes);
    if (failed.hasSubscribers)
      for (const [size, status] of failures) tellStatus(this.#allocator, 1, size, VARIOUS, status);
  }

  /** Notes that an allocation of the batch is freed in it, if there was one. */
  #noteFree(place: number, statuses: Uint8Array): void {
    const allocation = this.#records.freedAt(place);
    if (allocation !== undefined && statuses[allocation] === native.OK)
      this.#freed.add(this.#records.sizeAt(allocation) ?? 0);
  }
}
