/** Makes the handles of a batch's operations. */

declare const isHandle: unique symbol;

/**
 * Names an operation of a batch: `alloc()` and `free()` return one, and the result of the next `run()` knows it. It is a
 * number that no other operation of this thread has, so a foreign handle is refused.
 */
export type BatchHandle = number & { readonly [isHandle]: true };

/** Consecutive operations whose handles are consecutive numbers. */
interface Stretch {
  /** Place and handle of the first operation. */
  readonly place: number;
  readonly handle: number;
}

const SHORTEST_STRETCH = 64;

/** First number that no batch of this thread has reserved. */
let unreserved = 1;

/**
 * Knows the handles of one run. Numbers are reserved in stretches: a run has several of them only where another batch has
 * reserved numbers meanwhile.
 */
export class BatchHandles {
  readonly #stretches: Stretch[] = [];
  /** Describes the last stretch: handle minus place, first place, and the place where its numbers end. */
  #shift: number;
  #begin = 0;
  #end: number;

  /** @param shift @param end as of the fields: numbers that were reserved before, and not used */
  private constructor(shift: number, end: number) {
    this.#shift = shift;
    this.#end = end;
    if (end > 0) this.#stretches.push({ place: 0, handle: shift });
  }

  static first(): BatchHandles {
    return new BatchHandles(0, 0);
  }

  /** Makes the handles of the next run, after one of `length` operations. It goes on with numbers that were not used. */
  next(length: number): BatchHandles {
    return new BatchHandles(this.#shift + length, Math.max(0, this.#end - length));
  }

  /** Returns the handle of a new operation. Places must be asked for in order. */
  add(place: number): BatchHandle {
    if (place >= this.#end) this.#reserve(place);
    return (place + this.#shift) as BatchHandle;
  }

  /** Reserves as many numbers as the run has operations, and at least `SHORTEST_STRETCH`. */
  #reserve(place: number): void {
    const handle = unreserved;
    const count = Math.max(SHORTEST_STRETCH, place);
    unreserved = handle + count;
    if (this.#end === 0 || handle - place !== this.#shift) {
      this.#stretches.push({ place, handle });
      this.#begin = place;
    }
    this.#shift = handle - place;
    this.#end = place + count;
  }

  /** Returns the handle of the operation at a place. */
  at(place: number): BatchHandle {
    const stretch = this.#stretches.findLast((known) => known.place <= place);
    return (stretch ? place - stretch.place + stretch.handle : NaN) as BatchHandle;
  }

  /**
   * Finds the operation of a handle; -1 if there is none.
   *
   * @param handle any number
   * @param length how many operations there are
   */
  placeOf(handle: number, length: number): number {
    const last = handle - this.#shift;
    // Fast path.
    if (last >= this.#begin && last < length && (last | 0) === last) return last;
    if (!Number.isInteger(handle)) return -1;
    for (let index = this.#stretches.length - 1, end = length; index >= 0; index--) {
      const known = this.#stretches[index];
      if (!known) break;
      const place = handle - known.handle + known.place;
      if (place >= known.place && place < end) return place;
      end = known.place;
    }
    return -1;
  }
}
