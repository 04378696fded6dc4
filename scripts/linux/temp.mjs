// Temporary folders that do not outlive this process, however it ends.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { onExit } from 'signal-exit';

/**
 * @template T
 * @param {string} prefix of the folder's path; a random ending is added
 * @param {(folder: string) => T | Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withTempFolder(prefix, use) {
  mkdirSync(dirname(prefix), { recursive: true });
  const folder = mkdtempSync(prefix);
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
