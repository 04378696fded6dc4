/** Reads a stream of bytes, and counts them. */
import type { Readable } from 'node:stream';

export class ByteSource implements AsyncIterable<Buffer>, Disposable {
  /** Bytes that `done` counts up to. */
  readonly whole: number;
  readonly #stream: Readable;
  readonly #bytesRead: (() => number) | undefined;
  #given = 0;

  /**
   * @param whole bytes of the file, where `bytesRead` is given; else of the stream
   * @param bytesRead tells how many bytes of the file were read: fewer or more than came out, where it is compressed
   */
  constructor(stream: Readable, whole: number, bytesRead?: () => number) {
    this.#stream = stream;
    this.whole = whole;
    this.#bytesRead = bytesRead;
  }

  get done(): number {
    return this.#bytesRead?.() ?? this.#given;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, undefined> {
    for await (const chunk of this.#stream as AsyncIterable<Buffer>) {
      this.#given += chunk.length;
      yield chunk;
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#stream.destroy();
  }
}
