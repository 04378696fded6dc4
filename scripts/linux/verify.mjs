// Decides whether files from a source may be used: known hash, signed by Debian, or let through by the user.

import { FetchError } from './fetch-error.mjs';
import { hashesOf } from './manifest.mjs';

/**
 * Files as a source gave them.
 * @typedef {object} Found
 * @property {string} source where they come from, for people; names no folder of the machine
 * @property {string | undefined} version what the source says it is
 * @property {boolean} signed whether Debian has signed them as a newer release of a series that we know
 * @property {import('./manifest.mjs').Contents} contents
 */
/**
 * The content of origin.json.
 * @typedef {object} Origin
 * @property {string} version '7.3.4', or 'unknown'
 * @property {string} source
 * @property {boolean} verified whether vendor/linux.json knows the files
 * @property {import('./manifest.mjs').Hashes} files
 */

const LICENCE_LINE = 'SPDX-License-Identifier: MIT';

/**
 * @param {Found} found
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {{ allowUnverified?: boolean, warn: (message: string) => void }} options without `allowUnverified` nobody can allow it
 * @returns {Origin}
 */
export function verify({ source, version, signed, contents }, manifest, { allowUnverified, warn }) {
  const files = hashesOf(contents);
  const known = manifest.identify(files);
  if (known) return { version: known, source, verified: true, files };

  const named = version ? `${source} (Linux ${version})` : source;
  if (!signed && !allowUnverified) {
    const hint = allowUnverified === false ? ' If you trust it, set GPU_BUDDY_ALLOW_UNVERIFIED=1.' : '';
    throw new FetchError(
      `${named} is not a kernel that vendor/linux.json knows: ${mismatch(files, manifest)}.${hint}`,
    );
  }
  for (const [path, content] of contents) {
    if (!content.toString('latin1', 0, 200).split('\n')[0].includes(LICENCE_LINE)) {
      throw new FetchError(`${named}: ${path} does not begin with "${LICENCE_LINE}", so it is not used.`);
    }
  }
  const why = signed ? "Debian's signature vouches for it" : 'GPU_BUDDY_ALLOW_UNVERIFIED=1 is set';
  warn(
    `${named} is not a kernel that vendor/linux.json knows. It is used because ${why}; ` +
      'run the tests before you rely on it.',
  );
  return { version: version ?? 'unknown', source, verified: false, files };
}

/** @param {import('./manifest.mjs').Hashes} files @param {import('./manifest.mjs').Manifest} manifest */
function mismatch(files, manifest) {
  const wrong = Object.keys(files).filter((path) => !manifest.identify({ [path]: files[path] }));
  const problems = wrong.map(
    (path) => `${path} has SHA-256 ${files[path]}, expected ${manifest.expected(path)}`,
  );
  return problems.join('; ') || 'its files belong to different versions';
}
