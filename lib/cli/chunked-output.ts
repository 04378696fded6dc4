/** Writes text in large chunks, no faster than it is taken. */
import type { Writable } from 'node:stream';
import { OutputError } from './output-error';

const CHUNK_LENGTH = 1 << 16;

export class ChunkedOutput {
  readonly #stream: Writable;
  #text = '';

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /**
   * Writes text, now or later. Where it gives a promise, that has to be awaited before more is written.
   *
   * @throws OutputError
   */
  write(text: string): Promise<void> | undefined {
    this.#text += text;
    return this.#text.length < CHUNK_LENGTH ? undefined : this.flush();
  }

  /** Writes what is left. */
  flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    return new Promise((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (error) reject(new OutputError(error));
        else resolve();
      });
    });
  }
}
