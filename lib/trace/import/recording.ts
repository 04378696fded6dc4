/** A recording as bytes: decompressed, and readable from the start as often as an importer needs. */
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline, Readable, type Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { systemReason } from '../system-reason';
import { openTemporaryFile } from '../temporary-file';
import { TraceError } from '../trace-error';
import { ByteSource } from './byte-source';
import { openZipEntry } from './zip-entry';

const CHUNK_SIZE = 64 * 1024;
const HEAD_SIZE = 64 * 1024;

const GZIP = Buffer.of(0x1f, 0x8b);
const ZIP = Buffer.from('PK\u0003\u0004');

export class Recording implements AsyncDisposable {
  /** What errors call it. */
  readonly name: string;
  /** Bytes of the file, before decompression. */
  readonly size: number;
  readonly #file: FileHandle;

  /**
   * Opens a file. One that can be read only once, such as a pipe, is copied first, into the folder for temporary files.
   *
   * @throws TraceError where it cannot be opened or copied
   */
  static async openFile(path: string): Promise<Recording> {
    return orTraceError(path, async () => {
      const file = await open(path);
      const stats = await file.stat();
      if (stats.isFile()) return new Recording(path, file, stats.size);
      return Recording.copy(file.createReadStream(), path);
    });
  }

  /**
   * Copies bytes into the folder for temporary files, and opens the copy.
   *
   * @param name what errors call it
   * @throws TraceError where they cannot be read or copied
   */
  static async copy(source: AsyncIterable<Uint8Array | string>, name: string): Promise<Recording> {
    return orTraceError(name, async () => {
      const file = await openTemporaryFile();
      try {
        for await (const chunk of source) await file.appendFile(chunk);
        const { size } = await file.stat();
        return new Recording(name, file, size);
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  private constructor(name: string, file: FileHandle, size: number) {
    this.name = name;
    this.#file = file;
    this.size = size;
  }

  /** Reads the first bytes, decompressed. */
  async head(): Promise<Buffer> {
    return orTraceError(this.name, async () => {
      const parts: Buffer[] = [];
      let length = 0;
      using source = await this.read();
      for await (const chunk of source) {
        parts.push(chunk);
        length += chunk.length;
        if (length >= HEAD_SIZE) break;
      }
      return Buffer.concat(parts);
    });
  }

  /** Opens the bytes, from the first one on, decompressed. Dispose of the source. */
  async read(): Promise<ByteSource> {
    const start = Buffer.alloc(ZIP.length);
    await this.#file.read(start, 0, start.length, 0);
    if (start.equals(ZIP)) return openZipEntry(this.#file.fd, this.name);

    let bytesRead = 0;
    const chunks = chunksOf(this.#file, (length) => (bytesRead += length));
    const decompressor = this.#decompressor(start);
    // The error of either reaches the reader through the last one.
    const stream = decompressor ? pipeline(chunks, decompressor, () => undefined) : Readable.from(chunks);
    return new ByteSource(stream, this.size, () => bytesRead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  #decompressor(start: Buffer): Duplex | undefined {
    if (start.subarray(0, GZIP.length).equals(GZIP)) return createGunzip({ chunkSize: CHUNK_SIZE });
    if (this.name.endsWith('.br')) return createBrotliDecompress({ chunkSize: CHUNK_SIZE });
    return undefined;
  }
}

/** Reads a file that stays open, which a stream of its own would close. */
async function* chunksOf(
  file: FileHandle,
  onRead: (length: number) => void,
): AsyncGenerator<Buffer, undefined> {
  for (let position = 0; ;) {
    const { buffer, bytesRead } = await file.read(
      Buffer.allocUnsafeSlow(CHUNK_SIZE),
      0,
      CHUNK_SIZE,
      position,
    );
    if (bytesRead === 0) return undefined;
    position += bytesRead;
    onRead(bytesRead);
    yield buffer.subarray(0, bytesRead);
  }
}

async function orTraceError<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof TraceError) throw error;
    throw new TraceError({ file: name }, `cannot be read: ${systemReason(error)}`, { cause: error });
  }
}
