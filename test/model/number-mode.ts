/** Converts between the bigints of the model and the numbers or bigints of an allocator. */
import type { AddressRange, Bytes, Column } from 'gpu-buddy';
import { disagree } from './disagreement';
import type { Span } from './space';

export class NumberMode {
  /** The type that the allocator was asked to give. */
  readonly #gives: 'bigint' | 'number';
  /** True if it gets bigints even where numbers would do. */
  readonly #takesBigints: boolean;

  constructor(givesBigints: boolean, takesBigints: boolean) {
    this.#gives = givesBigints ? 'bigint' : 'number';
    this.#takesBigints = takesBigints;
  }

  /** Converts a number for the allocator. */
  give(value: bigint): Bytes {
    return this.#takesBigints || value > Number.MAX_SAFE_INTEGER ? value : Number(value);
  }

  giveSpan({ start, end }: Span): AddressRange {
    return { start: this.give(start), end: this.give(end) };
  }

  /** Reads a number that the allocator gave. It must be of the right type, and exact. */
  take(what: string, value: Bytes | undefined): bigint {
    if (typeof value === this.#gives) {
      if (typeof value === 'bigint') return value;
      if (Number.isSafeInteger(value)) return BigInt(value ?? 0);
    }
    return disagree(`${what} is no exact ${this.#gives}: ${typeof value} ${String(value)}`);
  }

  /** Tells whether the allocator gave this number, in the right type. */
  is(value: Bytes | undefined, expected: bigint): boolean {
    return value === (this.#gives === 'bigint' ? expected : Number(expected));
  }

  /** Tells whether a column is of the right type. */
  isColumn(column: Column<Bytes>): boolean {
    return this.#gives === 'bigint' ? column instanceof BigUint64Array : column instanceof Float64Array;
  }
}
