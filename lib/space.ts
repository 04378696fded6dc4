/** Describes an allocator's address space, and gives out its numbers as numbers or bigints. */
import { toNumberIfSafe } from './arguments';
import type { Bytes } from './native';

/** A column of byte counts or addresses: a `Float64Array` of numbers, or a `BigUint64Array` of bigints. */
export type Column<N extends Bytes> = N extends bigint ? BigUint64Array : Float64Array;

/**
 * Turns the addon's byte counts and offsets into the numbers or bigints that users get. The addon gives numbers, which are exact:
 * multiples of the chunk size, with at most 2^52 chunks.
 */
export abstract class Space<N extends Bytes> {
  abstract readonly isBigint: boolean;
  /** Address of the first byte. */
  abstract readonly baseOffset: N;
  /** Managed bytes. */
  abstract readonly size: N;
  abstract readonly chunkSize: N;
  /** The managed bytes as a number. */
  readonly chunkBytes: number;
  /** Address of the first byte, as the addon gets it. */
  readonly base: Bytes;

  protected constructor(base: Bytes, chunkSize: Bytes) {
    this.base = base;
    this.chunkBytes = Number(chunkSize);
  }

  /** Bytes as users get them. */
  abstract bytes(value: Bytes): N;
  /** Gives the address of an offset from the start of the space. */
  abstract address(offset: number): N;
  /** Gives the address of a chunk. */
  addressOf(chunk: number): N {
    return this.address(chunk * this.chunkBytes);
  }
  abstract blockSize(order: number): N;
  abstract column(length: number): Column<N>;
}

class NumberSpace extends Space<number> {
  readonly isBigint = false;
  readonly baseOffset: number;
  readonly size: number;
  readonly chunkSize: number;

  constructor(base: Bytes, size: number, chunkSize: Bytes) {
    super(Number(base), chunkSize);
    // Gives 0, never -0.
    this.baseOffset = Number(base) + 0;
    this.size = size;
    this.chunkSize = this.chunkBytes;
  }

  bytes(value: Bytes): number {
    return Number(value);
  }

  address(offset: number): number {
    return this.baseOffset + offset;
  }

  blockSize(order: number): number {
    return this.chunkSize * 2 ** order;
  }

  column(length: number): Float64Array {
    return new Float64Array(length);
  }
}

class BigintSpace extends Space<bigint> {
  readonly isBigint = true;
  readonly baseOffset: bigint;
  readonly size: bigint;
  readonly chunkSize: bigint;

  constructor(base: Bytes, size: number, chunkSize: Bytes) {
    super(toNumberIfSafe(base), chunkSize);
    this.baseOffset = BigInt(base);
    this.size = BigInt(size);
    this.chunkSize = BigInt(chunkSize);
  }

  bytes(value: Bytes): bigint {
    return BigInt(value);
  }

  address(offset: number): bigint {
    return this.baseOffset + BigInt(offset);
  }

  blockSize(order: number): bigint {
    return this.chunkSize << BigInt(order);
  }

  column(length: number): BigUint64Array {
    return new BigUint64Array(length);
  }
}

/**
 * Makes the space of an allocator.
 *
 * @param size bytes that are managed
 */
export function makeSpace(isBigint: boolean, base: Bytes, size: number, chunkSize: Bytes): Space<Bytes> {
  return isBigint ? new BigintSpace(base, size, chunkSize) : new NumberSpace(base, size, chunkSize);
}

/** Tells whether all addresses of a space, also its end, can be given out as numbers. */
export function fitsNumbers({ baseOffset, size }: Space<Bytes>): boolean {
  // Rounding changes nothing, since it begins above the limit.
  return Number(baseOffset) + Number(size) <= Number.MAX_SAFE_INTEGER;
}
