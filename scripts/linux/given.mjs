// The kernel the user asks for with GPU_BUDDY_LINUX: a tree, an archive, or the URL of a raw tree.

import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { readArchive } from './archive.mjs';
import { FetchError, reason } from './fetch-error.mjs';
import { hashesOf } from './manifest.mjs';
import { readTree } from './tree.mjs';
import { readUrl } from './url.mjs';

/**
 * @param {string} value of GPU_BUDDY_LINUX
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {{ timeout: number }} options
 * @returns {Promise<import('./verify.mjs').Found>}
 */
export async function fromGiven(value, manifest, { timeout }) {
  if (/^\w+:\/\//.test(value)) {
    const { version, ...found } = await readUrl(value, manifest.paths, timeout);
    const known = manifest.identify(hashesOf(found.contents));
    return { ...found, version: known ?? (await version()), signed: false };
  }
  const place = resolve(value);
  const kind = await stat(place).catch((error) => {
    throw new FetchError(`GPU_BUDDY_LINUX names ${place}, which cannot be read: ${reason(error)}.`);
  });
  const [source, read] = kind.isDirectory()
    ? [`kernel tree ${basename(place)}`, readTree]
    : [`archive ${basename(place)}`, readArchive];
  const found = await read(place, manifest.paths, place);
  return { ...found, source, signed: false };
}
