/** What an allocation asks for, and what the documentation says about requests that make no sense. */
import type { AllocOptions } from 'gpu-buddy';
import { isPowerOfTwo, powerOfTwoFrom, roundUp, type ChunkRange } from './chunk-set';

/** From an address to another, the latter excluded. */
export interface Span {
  readonly start: bigint;
  readonly end: bigint;
}

/** Bytes, and addresses with the base offset, as given to `allocBlocks()`. */
export interface Request {
  readonly size: bigint;
  readonly minBlockSize: bigint;
  readonly mode: 'simple' | 'top-down' | { readonly range: Span };
  readonly contiguous: boolean;
  readonly clear: boolean;
  readonly trimDisable: boolean;
  readonly tag: number;
}

/** Where the bytes of a request are. */
export interface Space {
  readonly baseOffset: bigint;
  readonly chunkSize: bigint;
  /** A multiple of the chunk size. */
  readonly size: bigint;
}

export function optionsOf(request: Request): AllocOptions {
  const { minBlockSize, mode, contiguous, clear, trimDisable, tag } = request;
  return { minBlockSize, mode, contiguous, clear, trimDisable, tag };
}

function isPowerOf2(number: bigint): boolean {
  return number > 0n && (number & (number - 1n)) === 0n;
}

/** Is the answer `EINVAL`? */
export function isRefused(request: Request, { baseOffset, chunkSize, size: spaceSize }: Space): boolean {
  const { size, minBlockSize, mode, contiguous } = request;
  if (size < chunkSize || size % chunkSize || size > spaceSize) return true;
  if (minBlockSize < chunkSize || !isPowerOf2(minBlockSize)) return true;

  const range = typeof mode === 'object' ? mode.range : undefined;
  if (range) {
    const [start, end] = [range.start - baseOffset, range.end - baseOffset];
    if (start < 0n || start >= end || end > spaceSize) return true;
    if (start % chunkSize || end % chunkSize || start + size > spaceSize) return true;
    if (end - start === size) return start % minBlockSize !== 0n || end % minBlockSize !== 0n;
  }

  // A power of two below the alignment is not rounded. Nothing else may be rounded to more than there is.
  if (size < minBlockSize && isPowerOf2(size)) return false;
  if (contiguous && 2n * size > minBlockSize) return range !== undefined && powerOf2From(size) > spaceSize;
  return ((size + minBlockSize - 1n) / minBlockSize) * minBlockSize > spaceSize;
}

function powerOf2From(number: bigint): bigint {
  return 1n << BigInt((number - 1n).toString(2).length);
}

/** A request that makes sense, in chunks. */
export class ChunkRequest {
  readonly size: number;
  readonly min: number;
  readonly topDown: boolean;
  readonly clear: boolean;
  readonly trimDisable: boolean;
  readonly tag: number;
  readonly range: ChunkRange | undefined;
  readonly #contiguous: boolean;

  constructor(request: Request, { baseOffset, chunkSize }: Space) {
    const { size, minBlockSize, mode, contiguous, clear, trimDisable, tag } = request;
    this.size = Number(size / chunkSize);
    this.min = Number(minBlockSize / chunkSize);
    this.topDown = mode === 'top-down';
    this.clear = clear;
    this.trimDisable = trimDisable;
    this.tag = tag;
    this.#contiguous = contiguous;
    this.range =
      typeof mode === 'object'
        ? {
            first: Number((mode.range.start - baseOffset) / chunkSize),
            end: Number((mode.range.end - baseOffset) / chunkSize),
          }
        : undefined;
  }

  /** A range as long as the size: it takes what lies there. */
  get isExact(): boolean {
    return this.range !== undefined && this.range.end - this.range.first === this.size;
  }

  /** A power of two below the alignment: exactly that much, at an aligned address. */
  get isAlignedPiece(): boolean {
    return this.size < this.min && isPowerOfTwo(this.size) && !this.isExact;
  }

  /** All in one piece, by rounding up to a power of two. Below half of the alignment one block is in one piece anyway. */
  get isContiguous(): boolean {
    return this.#contiguous && 2 * this.size > this.min && !this.isExact;
  }

  /** What the size is rounded up to. */
  get rounded(): number {
    if (this.isExact) return this.size;
    return this.isContiguous ? powerOfTwoFrom(this.size) : roundUp(this.size, this.min);
  }

  /** The smallest block to look for, before trimming. */
  get smallest(): number {
    return this.isContiguous ? this.rounded : this.min;
  }
}
