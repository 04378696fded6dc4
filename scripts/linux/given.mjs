// The kernel the user asks for, mostly with GPU_BUDDY_LINUX: a tree, an archive, or the URL of a raw tree.

import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { readArchive } from './archive.mjs';
import { FetchError, reason } from './fetch-error.mjs';
import { readTree } from './tree.mjs';
import { readUrl } from './url.mjs';

/**
 * @param {string} value of the setting
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {{ timeout: number, setting?: string }} options `setting` is what a message calls it
 * @returns {Promise<import('./verify.mjs').Found>}
 */
export async function fromGiven(value, manifest, { timeout, setting = 'GPU_BUDDY_LINUX' }) {
  if (/^\w+:\/\//.test(value)) return readUrl(value, manifest, timeout);
  const place = resolve(value);
  const kind = await stat(place).catch((error) => {
    throw new FetchError(`${setting} names ${place}, which cannot be read: ${reason(error)}.`);
  });
  const [what, read] = kind.isDirectory() ? ['kernel tree', readTree] : ['archive', readArchive];
  const found = await read(place, manifest.paths, place);
  return { ...found, source: `${what} ${basename(place)}`, signed: false };
}
