/** The file of `replay --perfetto`. */
import { PerfettoWriter } from '../trace';
import { pluralText } from '../trace/number-text';
import { OutputFile } from './output-file';

export class PerfettoFile implements Disposable {
  readonly writer: PerfettoWriter;
  readonly #file: OutputFile;
  readonly #path: string;

  /** @throws CommandError if it cannot be written */
  static async open(path: string): Promise<PerfettoFile> {
    const file = new OutputFile(path);
    try {
      return new PerfettoFile(path, file, await PerfettoWriter.open((bytes) => file.writeBytes(bytes)));
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(path: string, file: OutputFile, writer: PerfettoWriter) {
    this.#path = path;
    this.#file = file;
    this.writer = writer;
  }

  /** Puts the file in its place; gives what is to be said of it. @throws CommandError */
  async commit(): Promise<string[]> {
    await this.writer.finish();
    await this.#file.commit();
    const { notDrawn } = this.writer;
    if (notDrawn === 0) return [];
    return [`${this.#path}: all lanes were taken: ${pluralText(notDrawn, 'allocation')} not drawn`];
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
