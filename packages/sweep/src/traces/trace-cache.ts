/** Fetches traces to this machine, once each, and checks that they are what their hash says. The folder may be emptied at any time. */
import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { SweptTrace } from '../plan/sweep.js';
import { SweepError } from '../sweep-error.js';
import type { TraceStore } from './trace-store.js';

export class TraceCache {
  readonly #folder: string;
  readonly #store: TraceStore;
  readonly #files = new Map<string, Promise<string>>();

  constructor(folder: string, store: TraceStore) {
    this.#folder = folder;
    this.#store = store;
  }

  /**
   * Gives the file of a trace, which is fetched where it is not here. The thread that reads it checks its hash.
   *
   * @throws SweepError `ERR_SWEEP_TRACE` where it can't be had, or is another file
   */
  file(trace: SweptTrace): Promise<string> {
    const known = this.#files.get(trace.hash);
    if (known) return known;
    const file = this.#fetch(trace);
    this.#files.set(trace.hash, file);
    // Another try fetches it again.
    file.catch(() => this.#files.delete(trace.hash));
    return file;
  }

  /** Removes a file that has turned out to be another one. */
  async forget({ hash }: SweptTrace): Promise<void> {
    this.#files.delete(hash);
    await rm(path.join(this.#folder, hash), { force: true });
  }

  async #fetch({ name, hash, bytes }: SweptTrace): Promise<string> {
    const target = path.join(this.#folder, hash);
    const known = await stat(target).catch(() => undefined);
    if (known?.size === bytes) return target;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const temporary = `${target}.${process.pid}.tmp`;
    const file = await open(temporary, 'w', 0o600);
    try {
      const actual = createHash('sha256');
      let length = 0;
      for await (const chunk of await this.#store.get(hash)) {
        length += chunk.length;
        if (length > bytes) break;
        actual.update(chunk);
        await file.writeFile(chunk);
      }
      if (length !== bytes || actual.digest('hex') !== hash)
        throw new SweepError(
          'ERR_SWEEP_TRACE',
          `${name}: what the store holds is not the trace that was submitted`,
        );
      await rename(temporary, target);
    } finally {
      await file.close();
      await rm(temporary, { force: true });
    }
    return target;
  }
}
