/** Opens a recording as decompressed bytes, which can be read from the start again and again. */
import { pipeline, Readable, type Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { systemReason } from '../system-reason';
import { TraceError } from '../trace-error';
import { ByteSource } from './byte-source';
import { copyToStore, openStore, type ByteStore } from './byte-store';
import { openZipEntry } from './zip-entry';

/** Larger ones are no faster for lines: what they hold outlives the cheap garbage collections. */
const CHUNK_SIZE = 64 * 1024;

const GZIP = Buffer.of(0x1f, 0x8b);
const ZIP = Buffer.from('PK\u0003\u0004');

export class Recording implements AsyncDisposable {
  /** Name in errors. */
  readonly name: string;
  readonly #store: ByteStore;

  /**
   * Opens a file. One that can be read only once, such as a pipe, is copied.
   *
   * @throws TraceError if it cannot be opened or copied
   */
  static async openFile(path: string): Promise<Recording> {
    return new Recording(path, await orTraceError(path, () => openStore(path)));
  }

  /**
   * Copies bytes, which can be read only once.
   *
   * @param name what errors call them
   * @throws TraceError if they cannot be read or copied
   */
  static async copy(source: AsyncIterable<Uint8Array | string>, name: string): Promise<Recording> {
    return new Recording(name, await orTraceError(name, () => copyToStore(source)));
  }

  private constructor(name: string, store: ByteStore) {
    this.name = name;
    this.#store = store;
  }

  /** Reads the first bytes, decompressed. @throws TraceError */
  async head(): Promise<Buffer> {
    return orTraceError(this.name, async () => {
      using source = await this.read();
      for await (const chunk of source) return chunk;
      return Buffer.alloc(0);
    });
  }

  /**
   * Opens the bytes, from the first one on, decompressed. Dispose of the source.
   *
   * @param chunkSize bytes that are read at a time
   */
  async read(chunkSize = CHUNK_SIZE): Promise<ByteSource> {
    const start = await this.#store.read(0, ZIP.length);
    if (isZip(start)) return openZipEntry(this.#store.content, this.name);

    let bytesRead = 0;
    const chunks = chunksOf(this.#store, chunkSize, (length) => (bytesRead += length));
    const decompressor = this.#decompressor(start);
    // The error of either reaches the reader through the last one.
    const stream = decompressor ? pipeline(chunks, decompressor, () => undefined) : Readable.from(chunks);
    return new ByteSource(stream, this.#store.size, () => bytesRead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close();
  }

  #decompressor(start: Buffer): Duplex | undefined {
    if (isGzip(start)) return createGunzip({ chunkSize: CHUNK_SIZE });
    if (isBrotli(this.name)) return createBrotliDecompress({ chunkSize: CHUNK_SIZE });
    return undefined;
  }
}

/** Reads a store in parts. */
async function* chunksOf(
  store: ByteStore,
  chunkSize: number,
  onRead: (length: number) => void,
): AsyncGenerator<Buffer, undefined> {
  for (let position = 0; ;) {
    const chunk = await store.read(position, chunkSize);
    if (chunk.length === 0) return undefined;
    position += chunk.length;
    onRead(chunk.length);
    yield chunk;
  }
}

/** Tells whether a file with this name and these first bytes is compressed. */
export function isCompressed(head: Buffer, name: string): boolean {
  return isGzip(head) || isZip(head) || isBrotli(name);
}

function isGzip(head: Buffer): boolean {
  return head.subarray(0, GZIP.length).equals(GZIP);
}

function isZip(head: Buffer): boolean {
  return head.subarray(0, ZIP.length).equals(ZIP);
}

/** Brotli has no magic bytes: the name tells. */
function isBrotli(name: string): boolean {
  return name.endsWith('.br');
}

/** Gives errors the name of what is read. */
export async function orTraceError<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof TraceError) throw error;
    throw new TraceError({ file: name }, `cannot be read: ${systemReason(error)}`, { cause: error });
  }
}
