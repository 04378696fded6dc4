// Temporary folders and child processes: neither outlives this process, however it ends.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';

/** @type {Set<string>} */
const folders = new Set();
/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
let watching = false;

/**
 * @template T
 * @param {string} prefix of the folder's path; a random ending is added
 * @param {(folder: string) => T | Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withTempFolder(prefix, use) {
  watchExit();
  mkdirSync(dirname(prefix), { recursive: true });
  const folder = mkdtempSync(prefix);
  folders.add(folder);
  try {
    return await use(folder);
  } finally {
    remove(folder);
  }
}

/**
 * Kills the child's whole process group with us. The child must have been spawned `detached`.
 * @param {import('node:child_process').ChildProcess} child
 */
export function endWithUs(child) {
  watchExit();
  children.add(child);
  child.once('exit', () => children.delete(child));
}

function watchExit() {
  if (watching) return;
  watching = true;
  process.once('exit', () => {
    for (const { pid } of children) killGroup(pid);
    for (const folder of folders) remove(folder);
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}

/** @param {number | undefined} pid */
function killGroup(pid) {
  try {
    if (pid) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** @param {string} folder */
function remove(folder) {
  // A killed child may still be making its last file: try again.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.delete(folder);
}
