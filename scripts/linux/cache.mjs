// The user's cache folder: one folder a kernel version, each like vendor/linux/7.3/. It spares a second download.

import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { FetchError } from './fetch-error.mjs';
import { inspect, install } from './folder.mjs';

/** @typedef {import('./verify.mjs').Found} Found */

const PREFIX = 'linux-';

/** Follows the XDG base directory rules. */
export function cacheFolder() {
  const xdg = process.env['XDG_CACHE_HOME'];
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'gpu-buddy');
}

/**
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {{ allowUnverified: boolean }} options
 * @returns {Found}
 */
export function fromCache(manifest, { allowUnverified }) {
  const folder = cacheFolder();
  const usable = versionsIn(folder).flatMap((version) => {
    const found = inspect(join(folder, `${PREFIX}${version}`), manifest, { tests: true });
    return 'origin' in found ? [found] : [];
  });
  const best = usable.find(({ origin }) => origin.verified) ?? usable[0];
  if (!best) throw new FetchError(`${folder} holds no usable files yet`);
  const { contents, origin } = best;
  if (!origin.verified && !allowUnverified) {
    throw new FetchError(
      `${folder} holds only Linux ${origin.version}, which vendor/linux.json does not know ` +
        '(GPU_BUDDY_ALLOW_UNVERIFIED=1 would take it)',
    );
  }
  return { source: origin.source, version: origin.version, signed: false, contents };
}

/**
 * @param {import('./verify.mjs').Origin} origin
 * @param {import('./manifest.mjs').Contents} contents
 */
export async function toCache(origin, contents) {
  await install(join(cacheFolder(), `${PREFIX}${origin.version}`), origin, contents);
}

/**
 * Newest first.
 * @param {string} folder
 */
function versionsIn(folder) {
  /** @type {string[]} */
  let names = [];
  try {
    names = readdirSync(folder);
  } catch {
    // No cache yet.
  }
  return names
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
}
