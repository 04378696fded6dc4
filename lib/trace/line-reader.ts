/** Reads text line by line, a chunk of lines at a time, in bounded memory. Knows nothing of what is in the lines. */
import { isUtf8 } from 'node:buffer';
import { systemReason } from './system-reason';
import { TraceError, type TracePlace } from './trace-error';

const LINE_FEED = 0x0a;

/** How to read lines. */
export interface LineReaderOptions {
  /** Bytes of the longest line that is accepted. Default: 64 KiB, far more than an operation takes. */
  readonly maxLineLength?: number | undefined;
  /** Called after every chunk, and with true at the end. */
  readonly onProgress?: ((atEnd: boolean) => void) | undefined;
  /** Called once the reader is done with its source, or given up. */
  readonly onClose?: (() => void) | undefined;
}

/**
 * Lines of a stream of bytes. They come in chunks, so that most of them cost no wait:
 * `while (lines.isReady || (await lines.fill())) use(lines.next());`
 *
 * As a `TracePlace` it is the place of the line that `next()` has given last.
 */
export class LineReader implements TracePlace, Disposable {
  readonly file: string;
  readonly #chunks: AsyncIterator<Uint8Array | string>;
  readonly #maxLineLength: number;
  readonly #onProgress: LineReaderOptions['onProgress'];
  readonly #onClose: LineReaderOptions['onClose'];
  /** Whole lines, and which of them comes next. */
  #lines: readonly string[] = [];
  #next = 0;
  #line = 0;
  /** Parts of the line that is not whole yet, and how many bytes they have. */
  #pending: Uint8Array[] = [];
  #pendingLength = 0;
  #hasEnded = false;
  /** Describes the fault of the line after the last one in `#lines`. */
  #failure: string | undefined;

  /**
   * @param source a Readable, for example
   * @param file what errors call it
   */
  constructor(
    source: AsyncIterable<Uint8Array | string>,
    file: string,
    { maxLineLength = 65536, onProgress, onClose }: LineReaderOptions = {},
  ) {
    this.file = file;
    this.#chunks = source[Symbol.asyncIterator]();
    this.#maxLineLength = maxLineLength;
    this.#onProgress = onProgress;
    this.#onClose = onClose;
  }

  /** The number of the line that `next()` has given last, counted from 1. */
  get line(): number {
    return this.#line;
  }

  /** Whether `next()` has a line without `fill()`. */
  get isReady(): boolean {
    return this.#next < this.#lines.length;
  }

  /**
   * The next line, without its line feed. Only where `isReady`.
   *
   * @throws TraceError if the line is too long
   */
  next(): string {
    const text = this.#lines[this.#next++];
    if (text === undefined) throw new RangeError('No line is ready.');
    this.#line++;
    if (text.length > this.#maxLineLength) throw new TraceError(this, this.#tooLong());
    return text;
  }

  /**
   * Reads on until lines are ready; gives false at the end. The last line may lack its line feed.
   *
   * @throws TraceError if the source cannot be read, a line is too long, or is not UTF-8
   */
  async fill(): Promise<boolean> {
    while (!this.isReady && !this.#hasEnded) {
      if (this.#pendingLength > this.#maxLineLength) this.#failure = this.#tooLong();
      if (this.#failure !== undefined) throw this.#errorAhead(this.#failure);
      const chunk = await this.#read();
      if (chunk !== undefined) this.#split(chunk);
      else if (this.#pendingLength > 0) this.#takePending();
    }
    if (!this.isReady && this.#failure !== undefined) throw this.#errorAhead(this.#failure);
    return this.isReady;
  }

  /** Gives up the source. No line follows. */
  [Symbol.dispose](): void {
    this.#hasEnded = true;
    this.#lines = [];
    this.#pending = [];
    this.#onClose?.();
  }

  async #read(): Promise<Uint8Array | undefined> {
    try {
      const next = await this.#chunks.next();
      this.#hasEnded = next.done === true;
      this.#onProgress?.(this.#hasEnded);
      if (next.done) return undefined;
      return typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
    } catch (error) {
      // A source that makes its lines of another file says itself what is wrong with that.
      if (error instanceof TraceError) throw error;
      throw this.#errorAhead(`cannot be read: ${systemReason(error)}`, error);
    }
  }

  /** Makes the whole lines of a chunk ready and keeps the rest. */
  #split(chunk: Uint8Array): void {
    const end = chunk.lastIndexOf(LINE_FEED);
    if (end >= 0) {
      this.#keep(chunk.subarray(0, end));
      this.#takePending();
    }
    this.#keep(chunk.subarray(end + 1));
  }

  #keep(part: Uint8Array): void {
    if (part.length > 0) this.#pending.push(part);
    this.#pendingLength += part.length;
  }

  /** Makes ready what was kept, up to the first line that is not UTF-8. */
  #takePending(): void {
    const [only] = this.#pending;
    const bytes = this.#pending.length === 1 && only ? asBuffer(only) : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingLength = 0;
    this.#lines = bytes.toString().split('\n');
    this.#next = 0;
    if (isUtf8(bytes)) return;

    // Latin-1 keeps every byte, so that the lines can be looked at one by one.
    const encoded = bytes.toString('latin1').split('\n');
    const bad = encoded.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')));
    this.#lines = this.#lines.slice(0, bad);
    this.#failure = 'is not text in UTF-8';
  }

  #tooLong(): string {
    return `the line is longer than ${this.#maxLineLength} bytes`;
  }

  /** Makes an error about the line after the last one given; without a line number if nothing could be read at all. */
  #errorAhead(reason: string, cause?: unknown): TraceError {
    const isBegun = this.#line > 0 || this.#pendingLength > 0 || cause === undefined;
    return new TraceError({ file: this.file, line: isBegun ? this.#line + 1 : undefined }, reason, { cause });
  }
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
