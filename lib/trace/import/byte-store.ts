/** Stores bytes that can be read at any place, in a file or in memory. */
import { open, type FileHandle } from 'node:fs/promises';
import { openTemporaryFile } from '../temporary-file';

/** Bytes above which a temporary file is used. */
const MAX_IN_MEMORY = 2 ** 22;

export interface ByteStore {
  readonly size: number;
  /** The source for a reader of zips: a file descriptor, or the bytes. */
  readonly content: number | Buffer;
  /** Gives at most `length` bytes; none at the end. */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Opens a file; one that can be read only once, such as a pipe, is copied. */
export async function openStore(path: string): Promise<ByteStore> {
  const file = await open(path);
  const stats = await file.stat();
  return stats.isFile() ? new FileStore(file, stats.size) : copyToStore(file.createReadStream());
}

/** Copies bytes into memory or, if they are many, into a temporary file. */
export async function copyToStore(source: AsyncIterable<Uint8Array | string>): Promise<ByteStore> {
  const parts: Buffer[] = [];
  let file: FileHandle | undefined;
  let size = 0;
  try {
    for await (const chunk of source) {
      const bytes = Buffer.from(chunk as Uint8Array);
      size += bytes.length;
      parts.push(bytes);
      if (size <= MAX_IN_MEMORY) continue;
      file ??= await openTemporaryFile();
      for (const part of parts.splice(0)) await file.appendFile(part);
    }
    return file ? new FileStore(file, size) : new MemoryStore(Buffer.concat(parts));
  } catch (error) {
    await file?.close();
    throw error;
  }
}

class FileStore implements ByteStore {
  readonly size: number;
  readonly #file: FileHandle;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  get content(): number {
    return this.#file.fd;
  }

  async read(position: number, length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafeSlow(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

class MemoryStore implements ByteStore {
  readonly content: Buffer;

  constructor(bytes: Buffer) {
    this.content = bytes;
  }

  get size(): number {
    return this.content.length;
  }

  read(position: number, length: number): Promise<Buffer> {
    return Promise.resolve(this.content.subarray(position, position + length));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
