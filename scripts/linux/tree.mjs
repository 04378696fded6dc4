// A kernel tree in a folder. Besides the wanted files only the version in its top Makefile is read.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FetchError, reason } from './fetch-error.mjs';

/** @typedef {import('./manifest.mjs').Contents} Contents */
/** @typedef {{ version: string | undefined, contents: Contents }} Tree */

const FIRST_FILE = 'drivers/gpu/buddy.c';

/**
 * @param {string} folder
 * @param {string[]} paths the wanted files
 * @param {string} name what a message calls the tree
 * @returns {Promise<Tree>}
 */
export async function readTree(folder, paths, name) {
  /** @type {Contents} */
  const contents = new Map();
  const version = versionIn(String(read(folder, 'Makefile', name) ?? ''));
  for (const path of paths) {
    const content = read(folder, path, name);
    if (content) contents.set(path, content);
  }
  if (contents.size === paths.length) return { version, contents };

  const missing = paths.filter((path) => !contents.has(path)).join(', ');
  if (contents.has(FIRST_FILE)) throw new FetchError(`${name} is incomplete: it has no ${missing}.`);
  throw new FetchError(
    version || contents.size > 0
      ? `${name} holds Linux ${version ?? 'of an unknown version'}, which is too old: it has no ${FIRST_FILE}. ` +
          'Older kernels have the allocator in drivers/gpu/drm/drm_buddy.c; take Linux 7.3 or newer.'
      : `${name} holds no kernel tree: it has neither ${FIRST_FILE} nor a Makefile with a kernel version.`,
  );
}

/** Reads the version in a kernel's top Makefile. @param {string} makefile @returns {string | undefined} */
export function versionIn(makefile) {
  const numbers = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(
    (name) => new RegExp(`^${name} *= *(\\d+)$`, 'm').exec(makefile)?.[1],
  );
  return numbers.includes(undefined) ? undefined : numbers.join('.');
}

/** @param {string} folder @param {string} path @param {string} name */
function read(folder, path, name) {
  try {
    return readFileSync(join(folder, path));
  } catch (error) {
    const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code)) return undefined;
    throw new FetchError(`${name} cannot be read: ${path}: ${reason(error)}.`);
  }
}
