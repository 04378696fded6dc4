// Decides whether files from a source may be used: known hash, signed by Debian, or let through by the user.

import { FetchError } from './fetch-error.mjs';
import { hashesOf } from './manifest.mjs';

/** @typedef {import('./manifest.mjs').Contents} Contents */
/**
 * Files as a source gave them.
 * @typedef {object} Found
 * @property {string} source where they come from, for people; names no folder of the machine
 * @property {string | undefined} version what the source says it is
 * @property {boolean} signed whether they came through apt's chain of signatures
 * @property {Contents} contents
 */
/**
 * What origin.json records.
 * @typedef {object} Origin
 * @property {string} version '7.3.4', or 'unknown'
 * @property {string} source
 * @property {boolean} verified whether vendor/linux.json knows the files
 * @property {Record<string, string>} files path to SHA-256
 */

const LICENCE_LINE = 'SPDX-License-Identifier: MIT';

/**
 * @param {Found} found
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {{ allowUnverified: boolean, warn: (message: string) => void }} options
 * @returns {Origin}
 */
export function verify({ source, version, signed, contents }, manifest, { allowUnverified, warn }) {
  const files = hashesOf(contents);
  const known = manifest.identify(files);
  if (known) return { version: known, source, verified: true, files };

  const named = version ? `${source} (Linux ${version})` : source;
  if (!signed && !allowUnverified) {
    throw new FetchError(
      `${named} is not a kernel that vendor/linux.json knows: ${mismatch(files, manifest)}. ` +
        'If you trust it, set GPU_BUDDY_ALLOW_UNVERIFIED=1.',
    );
  }
  for (const [path, content] of contents) {
    if (!content.toString('latin1', 0, 200).split('\n')[0].includes(LICENCE_LINE)) {
      throw new FetchError(`${named}: ${path} does not begin with "${LICENCE_LINE}", so it is not used.`);
    }
  }
  warn(
    `${named} is not a kernel that vendor/linux.json knows. It is used ` +
      (signed ? "because Debian's signature vouches for it" : 'because GPU_BUDDY_ALLOW_UNVERIFIED=1 is set') +
      '; run the tests before you rely on it.',
  );
  return { version: version ?? 'unknown', source, verified: false, files };
}

/**
 * @param {Record<string, string>} files
 * @param {import('./manifest.mjs').Manifest} manifest
 */
function mismatch(files, manifest) {
  const wrong = Object.keys(files).filter((path) => !manifest.identify({ [path]: files[path] }));
  if (wrong.length === 0) return 'its files belong to different versions';
  return wrong
    .map((path) => `${path} has SHA-256 ${files[path]}, expected ${manifest.expected(path)}`)
    .join('; ');
}
