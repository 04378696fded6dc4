/**
 * Writes the calls of a program as a trace that `gpu-buddy replay` runs (examples/traces/README.md). A trace holds the
 * kernel's own calls, so each call is written as what the library makes of it; calls that never reach the kernel, and
 * one that has no equal among a trace's operations, are comments.
 */
import type { Request, Space, Span } from './request';

const RANGE = 0x1;
const TOPDOWN = 0x2;
const CONTIGUOUS = 0x4;
const CLEAR = 0x8;
const TRIM_DISABLE = 0x20;

interface RawAlloc {
  readonly start: bigint;
  readonly end: bigint;
  readonly size: bigint;
  readonly minBlockSize: bigint;
  readonly flags: number;
}

export class TraceWriter {
  readonly #lines: string[] = [];
  readonly #space: Space;
  #lists = 0;

  constructor(space: Space) {
    this.#space = space;
    if (space.baseOffset) this.comment(`addresses are relative to baseOffset ${space.baseOffset}`);
    this.#write('init', space.size, space.chunkSize);
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  comment(text: string): void {
    this.#lines.push(`# ${text}`);
  }

  #write(...fields: readonly (string | number | bigint)[]): void {
    const texts = fields.map((field) =>
      typeof field === 'bigint' ? `0x${field.toString(16)}` : String(field),
    );
    this.#lines.push(texts.join(' '));
  }

  /** An allocation that ended with blocks, the first of them at this relative address, or with none. Gives the list's ID. */
  alloc(request: Request, offset: bigint | undefined): number {
    const { size, minBlockSize, mode } = request;
    const attempt: RawAlloc = {
      size,
      minBlockSize,
      flags: this.#flagsOf(request),
      ...(typeof mode === 'object' ? this.#relative(mode.range) : this.#wholeSpaceFor(size)),
    };
    const isPower = (size & (size - 1n)) === 0n;
    if (typeof mode === 'object' && size < minBlockSize && isPower && attempt.end - attempt.start !== size)
      return this.#allocAlignedPiece(attempt, offset);
    return this.#alloc(attempt);
  }

  #relative({ start, end }: Span) {
    return { start: start - this.#space.baseOffset, end: end - this.#space.baseOffset };
  }

  /** All of the space, which must not look like an exact range. */
  #wholeSpaceFor(size: bigint) {
    const { size: all, chunkSize } = this.#space;
    return { start: 0n, end: size === all ? all - chunkSize : all };
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
    const { chunkSize } = this.#space;
    return this.#alloc({ start, end: start + size, size, minBlockSize: chunkSize, flags: RANGE });
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
    this.#write('trim', id, start === undefined ? '-' : start - this.#space.baseOffset, newSize);
  }

  /** The library repeats it until nothing is missed: so often was always enough. */
  resetClear(clear: boolean): void {
    for (let i = 0; i < 5; i++) this.#write('reset_clear', clear ? 1 : 0);
  }

  lookup(address: bigint): void {
    if (address < this.#space.baseOffset) this.comment(`blockAt(${address}): below the space`);
    else this.#write('lookup', address - this.#space.baseOffset);
  }

  print(): void {
    this.#write('print');
  }

  fini(): void {
    this.#write('fini');
  }
}
