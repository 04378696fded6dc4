/** A file that a command writes: complete, or as it was. */
import { createWriteStream, openSync, realpathSync, rmSync, statSync, type WriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createBrotliCompress, createGzip } from 'node:zlib';
import { systemReason } from '../trace/system-reason';
import { ChunkedOutput } from './chunked-output';
import { CommandError } from './command-error';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Writes beside the file, and renames when all is written: `commit()`. What was not committed is removed, on Ctrl-C too. What ends
 * in `.gz` or `.br` is compressed.
 */
export class OutputFile implements Disposable {
  readonly #path: string;
  /** The file, and the one that is written in its place: the same, where it is a device or a pipe. */
  readonly #target: string;
  readonly #temporary: string;
  readonly #file: WriteStream;
  /** The file, or what compresses on the way there. */
  readonly #stream: Writable;
  readonly #output: ChunkedOutput;
  /** The first error of the file: those after it tell less. */
  #failure: Error | undefined;
  #isCommitted = false;

  /**
   * @param path a file, which is replaced where it is there
   * @throws CommandError if it cannot be written
   */
  constructor(path: string) {
    this.#path = path;
    this.#target = realTarget(path);
    const isReplaceable = statSync(this.#target, { throwIfNoEntry: false })?.isFile() ?? true;
    this.#temporary = isReplaceable ? `${this.#target}.${process.pid}.tmp` : this.#target;
    // First: no signal finds a file that nobody removes.
    for (const signal of SIGNALS) process.once(signal, this.#onSignal);
    try {
      const fd = openSync(this.#temporary, isReplaceable ? 'wx' : 'w');
      this.#file = createWriteStream(this.#temporary, { fd });
    } catch (error) {
      this.#ignoreSignals();
      throw new CommandError(`cannot write ${path}: ${systemReason(error)}`);
    }
    const compressor = path.endsWith('.gz')
      ? createGzip()
      : path.endsWith('.br')
        ? createBrotliCompress()
        : undefined;
    compressor?.pipe(this.#file);
    this.#stream = compressor ?? this.#file;
    this.#file.on('error', (error) => {
      this.#failure ??= error;
      this.#stream.destroy(error);
    });
    // Handled by the write that fails.
    compressor?.on('error', () => undefined);
    this.#output = new ChunkedOutput(this.#stream);
  }

  /**
   * Writes text, now or later. Where it gives a promise, that has to be awaited before more is written.
   *
   * @throws CommandError
   */
  write(text: string): Promise<void> | undefined {
    return this.#output.write(text)?.catch((error: unknown) => this.#fail(error));
  }

  /** Writes bytes, now. @throws CommandError */
  async writeBytes(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(bytes, (error) => {
        if (error) reject(error);
        else resolve();
      });
    }).catch((error: unknown) => this.#fail(error));
  }

  /** Writes what is left, and puts the file in its place. @throws CommandError */
  async commit(): Promise<void> {
    try {
      await this.#output.flush();
      this.#stream.end();
      await finished(this.#file);
      if (this.#temporary !== this.#target) await rename(this.#temporary, this.#target);
    } catch (error) {
      this.#fail(error);
    }
    this.#isCommitted = true;
  }

  [Symbol.dispose](): void {
    this.#ignoreSignals();
    this.#stream.destroy();
    this.#file.destroy();
    if (!this.#isCommitted) this.#remove();
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#remove();
    this.#ignoreSignals();
    // Ends the process as the signal would have.
    process.kill(process.pid, signal);
  };

  #ignoreSignals(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.#onSignal);
  }

  #remove(): void {
    if (this.#temporary !== this.#target) rmSync(this.#temporary, { force: true });
  }

  #fail(error: unknown): never {
    const cause = this.#failure ?? (error instanceof Error ? (error.cause ?? error) : error);
    throw new CommandError(`cannot write ${this.#path}: ${systemReason(cause)}`);
  }
}

/** The file that a link leads to. */
function realTarget(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
