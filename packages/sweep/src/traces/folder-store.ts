/** Keeps traces in a folder that all machines see. */
import { createReadStream } from 'node:fs';
import { access, copyFile, mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TraceStore } from './trace-store.js';

export class FolderStore implements TraceStore {
  readonly #folder: string;

  constructor(url: URL) {
    this.#folder = fileURLToPath(url);
  }

  async has(hash: string): Promise<boolean> {
    return access(path.join(this.#folder, hash)).then(
      () => true,
      () => false,
    );
  }

  async put(hash: string, file: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const target = path.join(this.#folder, hash);
    const temporary = `${target}.${process.pid}.tmp`;
    await copyFile(file, temporary);
    await rename(temporary, target);
  }

  get(hash: string): AsyncIterable<Uint8Array> {
    return createReadStream(path.join(this.#folder, hash)) as AsyncIterable<Buffer>;
  }
}
