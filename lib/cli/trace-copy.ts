/** Keeps the lines of a trace that can be read only once, for a second run. */
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { LineReader, type ReplayObserver, type ReplayStep } from '../trace';
import { systemReason } from '../trace/system-reason';
import { openTemporaryFile } from '../trace/temporary-file';
import { CommandError } from './command-error';

const CHUNK_LENGTH = 1 << 16;

/** Observes a replay. `close()` must follow. */
export class TraceCopy implements ReplayObserver {
  readonly #file: FileHandle;
  #text = '';
  #lines = 0;

  /** @throws CommandError if no file can be made */
  static async create(): Promise<TraceCopy> {
    return orCommandError(async () => new TraceCopy(await openTemporaryFile()));
  }

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Rejects with a CommandError where the line cannot be written. */
  after({ line, lineNumber }: ReplayStep): Promise<void> | undefined {
    // In place of lines that a lenient replay has left out.
    this.#text += '\n'.repeat(lineNumber - this.#lines - 1);
    this.#text += `${line}\n`;
    this.#lines = lineNumber;
    return this.#text.length < CHUNK_LENGTH ? undefined : this.#flush();
  }

  /**
   * Reads the lines from the first one on.
   *
   * @param name what errors call it
   * @throws CommandError if lines cannot be written
   */
  async read(name: string): Promise<LineReader> {
    await this.#flush();
    const source = this.#file.createReadStream({ start: 0, autoClose: false });
    return new LineReader(source, name, { onClose: () => source.destroy() });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    return orCommandError(() => this.#file.appendFile(text));
  }
}

async function orCommandError<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new CommandError(`cannot keep a copy of the trace in ${tmpdir()}: ${systemReason(error)}`);
  }
}
