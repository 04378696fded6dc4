// The user's cache folder: one folder a kernel version that we know, each like vendor/linux/7.3/. It spares a second download.

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { FetchError } from './fetch-error.mjs';
import { inspect, install } from './folder.mjs';

/** @typedef {import('./folder.mjs').Files} Files */

/** Follows the XDG base directory rules. */
export function cacheFolder() {
  const xdg = process.env['XDG_CACHE_HOME'];
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'gpu-buddy');
}

/** @param {string} version */
const folderOf = (version) => join(cacheFolder(), `linux-${version}`);

/** @param {import('./manifest.mjs').Manifest} manifest @returns {Files} */
export function fromCache(manifest) {
  for (const version of manifest.versions) {
    const found = inspect(folderOf(version), manifest, { tests: true });
    if ('origin' in found && found.origin.verified) return found;
  }
  throw new FetchError(`${cacheFolder()} holds no usable files yet`);
}

/** @param {Files} files */
export async function toCache(files) {
  await install(folderOf(files.origin.version), files);
}
