/**
 * Writes the calls of a program as a trace that `gpu-buddy replay` runs (examples/traces/README.md). A trace holds the
 * kernel's own calls, in its own unit, so each call is written as what the library makes of it; calls that never reach the
 * kernel, and those that have no equal among a trace's operations, are comments.
 */
import { spanOf, type Request } from './request';
import { scaleOf, U64_END, type Space } from './space';

const RANGE = 0x1;
const TOPDOWN = 0x2;
const CONTIGUOUS = 0x4;
const CLEAR = 0x8;
const TRIM_DISABLE = 0x20;

/** Counts from the start of the space, in the kernel's unit. */
interface RawAlloc {
  readonly start: bigint;
  readonly end: bigint;
  readonly size: bigint;
  readonly minBlockSize: bigint;
  readonly flags: number;
}

export class TraceWriter {
  readonly #lines: string[] = [];
  readonly #baseOffset: bigint;
  readonly #scale: bigint;
  /** Sizes in the kernel's unit. */
  readonly #size: bigint;
  readonly #chunkSize: bigint;
  #lists = 0;
  #isLeft = false;

  constructor(space: Space) {
    const { baseOffset, size, chunkSize } = space;
    this.#baseOffset = baseOffset;
    this.#scale = scaleOf(space);
    this.#size = this.#toKernel(size);
    this.#chunkSize = this.#toKernel(chunkSize);
    if (baseOffset) this.comment(`addresses are relative to baseOffset ${baseOffset}`);
    if (this.#scale > 1n) this.comment(`all bytes are ${this.#scale} times those of the calls`);
    if (this.#size < U64_END) this.#write('init', this.#size, this.#chunkSize);
    else this.comment(`init 0x${this.#size.toString(16)}: larger than the kernel can be told`);
  }

  #toKernel(bytes: bigint): bigint {
    return bytes * this.#scale;
  }

  #toKernelAddress(address: bigint): bigint {
    return this.#toKernel(address - this.#baseOffset);
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  comment(text: string): void {
    this.#lines.push(`# ${text}`);
  }

  /** Writes a call that a trace has no operation for. What follows is no longer the kernel's answer, and stands in comments, too. */
  leave(text: string): void {
    this.#isLeft = true;
    this.comment(`${text}: a trace cannot say this, and is replayed up to here`);
  }

  /** A claim. Gives the list's ID. */
  claim(text: string): number {
    this.leave(text);
    return this.#lists++;
  }

  #write(...fields: readonly (string | number | bigint)[]): void {
    const texts = fields.map((field) =>
      typeof field === 'bigint' ? `0x${field.toString(16)}` : String(field),
    );
    if (this.#isLeft) this.comment(texts.join(' '));
    else this.#lines.push(texts.join(' '));
  }

  /** An allocation that ended with blocks, the first of them at this address, or with none. Gives the list's ID. */
  alloc(request: Request, address: bigint | undefined): number {
    const span = spanOf(request);
    const size = this.#toKernel(request.size);
    const minBlockSize = this.#toKernel(request.minBlockSize);
    const attempt: RawAlloc = {
      size,
      minBlockSize,
      flags: this.#flagsOf(request),
      ...(span
        ? { start: this.#toKernelAddress(span.start), end: this.#toKernelAddress(span.end) }
        : this.#wholeSpaceFor(size)),
    };
    const isPower = (size & (size - 1n)) === 0n;
    if (span && size < minBlockSize && isPower && attempt.end - attempt.start !== size)
      return this.#allocAlignedPiece(
        attempt,
        address === undefined ? undefined : this.#toKernelAddress(address),
      );
    return this.#alloc(attempt);
  }

  /** Gives the whole space as a range that does not look like an exact range. */
  #wholeSpaceFor(size: bigint) {
    return { start: 0n, end: size === this.#size ? this.#size - this.#chunkSize : this.#size };
  }

  #flagsOf({ size, minBlockSize, mode, contiguous, clear, trimDisable }: Request): number {
    return (
      (typeof mode === 'object' ? RANGE : 0) |
      (mode === 'top-down' ? TOPDOWN : 0) |
      (contiguous && 2n * size > minBlockSize ? CONTIGUOUS : 0) |
      (clear ? CLEAR : 0) |
      (trimDisable ? TRIM_DISABLE : 0)
    );
  }

  #alloc({ start, end, size, minBlockSize, flags }: RawAlloc): number {
    this.#write('alloc', this.#lists, start, end, size, minBlockSize, `0x${flags.toString(16)}`);
    return this.#lists++;
  }

  /** A power of two below the alignment, in a range: a whole block that is trimmed, or else what the range ends with. */
  #allocAlignedPiece(attempt: RawAlloc, offset: bigint | undefined): number {
    const { start, end, size, minBlockSize } = attempt;
    const first = ((start + minBlockSize - 1n) / minBlockSize) * minBlockSize;
    const last = (end / minBlockSize) * minBlockSize;
    let id: number | undefined;
    if (first < last) {
      const only = last - first === minBlockSize;
      id = only ? this.#allocAt(first, size) : this.#alloc({ ...attempt, size: minBlockSize });
      if (offset !== undefined && offset < last) {
        if (!only) this.#write('trim', id, '-', size);
        return id;
      }
    }
    if (last >= start && end - last >= size) id = this.#allocAt(last, size);
    if (id === undefined) this.comment('no aligned address in the range: the kernel is not called');
    return id ?? this.#lists++;
  }

  #allocAt(start: bigint, size: bigint): number {
    return this.#alloc({ start, end: start + size, size, minBlockSize: this.#chunkSize, flags: RANGE });
  }

  free(id: number, cleared: boolean): void {
    this.#write('free', id, cleared ? '0x10' : '0x0');
  }

  /** `isClear`: what the block was when it was allocated, and what a raw free_block leaves it. */
  freeBlock(id: number, index: number, cleared: boolean, isClear: boolean): void {
    if (cleared !== isClear)
      this.comment(
        `freeBlock() makes this block ${cleared ? 'clear' : 'dirty'}, the raw free_block does not`,
      );
    this.#write('free_block', id, index);
  }

  trim(id: number, start: bigint | undefined, newSize: bigint): void {
    this.#write(
      'trim',
      id,
      start === undefined ? '-' : this.#toKernelAddress(start),
      this.#toKernel(newSize),
    );
  }

  /** The library repeats it until nothing is missed: so often was always enough. */
  resetClear(clear: boolean): void {
    for (let i = 0; i < 5; i++) this.#write('reset_clear', clear ? 1 : 0);
  }

  lookup(address: bigint): void {
    const offset = this.#toKernelAddress(address);
    if (offset < 0n) this.comment(`blockAt(${address}): below the space`);
    else if (offset >= U64_END) this.comment(`blockAt(${address}): larger than the kernel can be told`);
    else this.#write('lookup', offset);
  }

  print(): void {
    this.#write('print');
  }

  fini(): void {
    this.#write('fini');
  }
}
