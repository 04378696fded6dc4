// Where the kernel's files come from, in order: GPU_BUDDY_LINUX if it is set, and nothing else then; what vendor/linux/SERIES/
// already holds; the user's cache; Debian's package.

import { isDeepStrictEqual } from 'node:util';
import { fromApt } from './apt.mjs';
import { cacheFolder, fromCache, toCache } from './cache.mjs';
import { FetchError } from './fetch-error.mjs';
import { inspect, install } from './folder.mjs';
import { fromGiven } from './given.mjs';
import { Manifest } from './manifest.mjs';
import { verify } from './verify.mjs';

/** @typedef {import('./verify.mjs').Found} Found */
/** @typedef {import('./verify.mjs').Origin} Origin */
/**
 * @typedef {object} FetchOptions
 * @property {string} root the folder that holds vendor/
 * @property {boolean} tests whether the kernel's tests must be there even if all else is
 * @property {number} timeout of each file from a URL, in milliseconds
 * @property {string | undefined} keyring Debian's, if not in its usual place
 */

/**
 * Makes the manifest's folder, vendor/linux/7.3/, hold the kernel's files.
 * @param {FetchOptions} options
 * @returns {Promise<{ origin: Origin, fresh: boolean, folder: string }>}
 */
export async function fetchLinux({ root, tests, timeout, keyring }) {
  const manifest = Manifest.read(root);
  const vendor = manifest.folder;
  const given = process.env['GPU_BUDDY_LINUX'];
  const checks = { allowUnverified: process.env['GPU_BUDDY_ALLOW_UNVERIFIED'] === '1', warn };

  const present = inspect(vendor, manifest, { tests });
  if (given) {
    const found = await fromGiven(given, manifest, { timeout });
    const origin = verify(found, manifest, checks);
    if (origin.verified) await remember(origin, found);
    if ('origin' in present && isDeepStrictEqual(present.origin.files, origin.files)) {
      return { origin: present.origin, fresh: false, folder: vendor };
    }
    await install(vendor, origin, found.contents);
    return { origin, fresh: true, folder: vendor };
  }
  if ('origin' in present) return { origin: present.origin, fresh: false, folder: vendor };

  const problems = [`${vendor}: ${present.problem}`];
  try {
    const found = fromCache(manifest, checks);
    const origin = verify(found, manifest, checks);
    await install(vendor, origin, found.contents);
    return { origin, fresh: true, folder: vendor };
  } catch (error) {
    problems.push(`Cache: ${message(error)}`);
  }
  try {
    const found = await fromApt(manifest, { keyring });
    const origin = verify(found, manifest, checks);
    await remember(origin, found);
    await install(vendor, origin, found.contents);
    return { origin, fresh: true, folder: vendor };
  } catch (error) {
    problems.push(`Debian's package: ${message(error)}`);
  }
  throw new FetchError(advice(problems, manifest));
}

/**
 * Fills the cache. That it cannot be written must not stop anyone.
 * @param {Origin} origin
 * @param {Found} found
 */
async function remember(origin, { contents }) {
  try {
    await toCache(origin, contents);
  } catch (error) {
    warn(`The cache stays empty: ${message(error)}.`);
  }
}

/**
 * @param {string[]} problems
 * @param {Manifest} manifest
 */
function advice(problems, { paths, versions }) {
  return `The kernel's files (${paths.join(', ')}) were not found.
${problems.map((problem) => `  - ${problem}.`).join('\n')}
Do one of these and try again:
  - set GPU_BUDDY_LINUX to a tree of Linux ${versions[0]}, to a linux-*.tar.* archive of it, or to the https URL of a raw tree;
  - on Debian 12 or newer, give apt-get access to a Debian mirror (needs debian-archive-keyring, dpkg, tar and xz-utils);
  - copy a filled ${cacheFolder()} from another machine.`;
}

/** @param {unknown} error */
function message(error) {
  if (!(error instanceof FetchError)) throw error;
  return error.message.replace(/\.$/, '');
}

/** @param {string} text */
function warn(text) {
  console.error(`Warning: ${text}`);
}
