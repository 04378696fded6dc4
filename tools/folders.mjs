// The checkout's folder, and temporary folders that do not outlive this process, however it ends.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { onExit } from 'signal-exit';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Makes a folder, which is removed when `use` has ended.
 * @template T
 * @param {(folder: string) => T | Promise<T>} use
 * @param {string} [parent] where it is made
 * @returns {Promise<T>}
 */
export async function withTempFolder(use, parent = tmpdir()) {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'gpu-buddy-'));
  // A killed child may still be making its last file: try again.
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const forget = onExit(remove, { alwaysLast: true });
  try {
    return await use(folder);
  } finally {
    forget();
    remove();
  }
}
