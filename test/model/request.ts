/** Models a request, and the documented refusals of requests that make no sense. */
import type { AllocOptions, FindFreeOptions } from 'gpu-buddy';
import { isPowerOfTwo, powerOfTwoFrom, roundUp, roundUpBytes, type ChunkRange } from './chunk-set';
import type { NumberMode } from './number-mode';
import { scaleOf, U64_END, type Space, type Span } from './space';

/** Bytes, and addresses with the base offset, as given to `allocBlocks()`. */
export interface Request {
  readonly size: bigint;
  readonly minBlockSize: bigint;
  readonly mode: 'simple' | 'top-down' | { readonly range: Span } | { readonly at: bigint };
  readonly contiguous: boolean;
  readonly clear: boolean;
  readonly trimDisable: boolean;
  readonly tag: number;
}

/** The range of a request, if it has one. `{ at }` is a range as long as the size. */
export function spanOf({ size, mode }: Pick<Request, 'size' | 'mode'>): Span | undefined {
  if (typeof mode === 'string') return undefined;
  return 'at' in mode ? { start: mode.at, end: mode.at + size } : mode.range;
}

export function optionsOf(request: Request, numbers: NumberMode): AllocOptions {
  const { minBlockSize, mode, contiguous, clear, trimDisable, tag } = request;
  return {
    minBlockSize: numbers.give(minBlockSize),
    mode: modeOf(mode, numbers),
    contiguous,
    clear,
    trimDisable,
    tag,
  };
}

function modeOf(mode: Request['mode'], numbers: NumberMode): AllocOptions['mode'] {
  if (typeof mode === 'string') return mode;
  return 'at' in mode ? { at: numbers.give(mode.at) } : { range: numbers.giveSpan(mode.range) };
}

function isPowerOf2(number: bigint): boolean {
  return number > 0n && (number & (number - 1n)) === 0n;
}

/** Is the answer `EINVAL`? */
export function isRefused(request: Request, space: Space): boolean {
  const { baseOffset, chunkSize, size: spaceSize } = space;
  const { size, minBlockSize, contiguous } = request;
  if (size < chunkSize || size % chunkSize || size > spaceSize) return true;
  if (minBlockSize < chunkSize || !isPowerOf2(minBlockSize)) return true;
  if (minBlockSize * scaleOf(space) >= U64_END) return true;

  const range = spanOf(request);
  if (range) {
    const [start, end] = [range.start - baseOffset, range.end - baseOffset];
    if (start < 0n || start >= end || end > spaceSize) return true;
    if (start % chunkSize || end % chunkSize || start + size > spaceSize) return true;
    if (end - start === size) return start % minBlockSize !== 0n || end % minBlockSize !== 0n;
  }

  // A power of two below the alignment is not rounded. Nothing else may be rounded to more than there is.
  if (size < minBlockSize && isPowerOf2(size)) return false;
  if (contiguous && 2n * size > minBlockSize) return range !== undefined && powerOf2From(size) > spaceSize;
  return roundUpBytes(size, minBlockSize) > spaceSize;
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
    const range = spanOf(request);
    this.size = Number(size / chunkSize);
    this.min = Number(minBlockSize / chunkSize);
    this.topDown = mode === 'top-down';
    this.clear = clear;
    this.trimDisable = trimDisable;
    this.tag = tag;
    this.#contiguous = contiguous;
    this.range = range && {
      first: Number((range.start - baseOffset) / chunkSize),
      end: Number((range.end - baseOffset) / chunkSize),
    };
  }

  /** A range as long as the size: it takes what lies there. */
  get isExact(): boolean {
    return this.range !== undefined && this.range.end - this.range.first === this.size;
  }

  /** A power of two below the alignment: exactly that much, at an aligned address. */
  get isAlignedPiece(): boolean {
    return this.size < this.min && isPowerOfTwo(this.size) && !this.isExact;
  }

  /** Is true if one piece is asked for, by rounding up to a power of two. At most half of the alignment is one block anyway. */
  get isContiguous(): boolean {
    return this.#contiguous && 2 * this.size > this.min && !this.isExact;
  }

  /** The rounded-up size. */
  get rounded(): number {
    if (this.isExact) return this.size;
    return this.isContiguous ? powerOfTwoFrom(this.size) : roundUp(this.size, this.min);
  }

  /** The least number of free chunks with which it can be done. In one piece, but without a range, nothing need be rounded. */
  get needed(): number {
    const isUnrounded = this.isAlignedPiece || (this.isContiguous && !this.range);
    return isUnrounded ? this.size : this.rounded;
  }

  /** The smallest block to look for, before trimming. */
  get smallest(): number {
    return this.isContiguous ? this.rounded : this.min;
  }
}

/** Bytes, and addresses with the base offset, as given to `findFree()`. */
export interface FindRequest {
  readonly size: bigint;
  readonly alignment: bigint | undefined;
  readonly span: Span | undefined;
}

export function findOptionsOf({ alignment, span }: FindRequest, numbers: NumberMode): FindFreeOptions {
  return {
    alignment: alignment === undefined ? undefined : numbers.give(alignment),
    range: span && numbers.giveSpan(span),
  };
}

/** Gives the code of the error with which a question is refused, if it is. */
function refusalOf(numbers: readonly bigint[], isRefused: boolean): string | undefined {
  if (numbers.some((number) => number < 0n || number >= U64_END)) return 'ERR_OUT_OF_RANGE';
  return isRefused ? 'EINVAL' : undefined;
}

function isRefusedSpan({ start, end }: Span, { baseOffset, size }: Space): boolean {
  return start < baseOffset || start >= end || end > baseOffset + size;
}

export function refusalOfSpan(span: Span, space: Space): string | undefined {
  return refusalOf([span.start, span.end], isRefusedSpan(span, space));
}

export function refusalOfFind({ size, alignment, span }: FindRequest, space: Space): string | undefined {
  return refusalOf(
    [size, alignment ?? 0n, span?.start ?? 0n, span?.end ?? 0n],
    size < space.chunkSize ||
      size % space.chunkSize !== 0n ||
      size > space.size ||
      (alignment !== undefined && !isPowerOf2(alignment)) ||
      (span !== undefined && isRefusedSpan(span, space)),
  );
}
