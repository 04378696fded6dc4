// Decides whether files from a source may be used: known hash, signed by Debian, or let through by the user.
import { ScriptError } from '../run.mjs';
import { hashesOf } from './manifest.mjs';

/**
 * Files as a source gave them.
 * @typedef {object} Found
 * @property {string} source where they come from, for people; names no folder of the machine
 * @property {string | undefined} version what the source says it is
 * @property {boolean} [isSigned] whether Debian has signed them as a newer release of a series that we know
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
/** @typedef {{ origin: Origin, contents: import('./manifest.mjs').Contents }} Files */

const LICENCE_LINE = 'SPDX-License-Identifier: MIT';

/**
 * @param {Found} found
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {{ allowUnverified?: boolean }} [options] without `allowUnverified` nobody can allow it
 * @returns {Files}
 */
export function verify({ source, version, isSigned, contents }, manifest, { allowUnverified } = {}) {
  const files = hashesOf(contents);
  const known = manifest.identify(files);
  if (known) return { origin: { version: known, source, verified: true, files }, contents };

  const named = version ? `${source} (Linux ${version})` : source;
  const problem = `${named} is not a kernel that vendor/linux.json knows`;
  if (!isSigned && !allowUnverified) {
    const hint = allowUnverified === false ? ' If you trust it, set GPU_BUDDY_ALLOW_UNVERIFIED=1.' : '';
    throw new ScriptError(`${problem}: ${manifest.mismatch(files)}.${hint}`);
  }
  for (const [path, content] of contents)
    if (!content.toString('latin1', 0, 200).split('\n')[0].includes(LICENCE_LINE))
      throw new ScriptError(`${named}: ${path} does not begin with "${LICENCE_LINE}", so it is not used.`);

  const why = isSigned ? "Debian's signature vouches for it" : 'GPU_BUDDY_ALLOW_UNVERIFIED=1 is set';
  console.error(`Warning: ${problem}. It is used because ${why}; run the tests before you rely on it.`);
  return { origin: { version: version ?? 'unknown', source, verified: false, files }, contents };
}
