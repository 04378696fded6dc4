// Where the kernel's files come from, in order: GPU_BUDDY_LINUX if it is set, and nothing else then; what vendor/linux/SERIES/
// already holds; the user's cache; Debian's package; public trees.

import { isDeepStrictEqual } from 'node:util';
import { advice } from './advice.mjs';
import { fromApt } from './apt.mjs';
import { fromCache, toCache } from './cache.mjs';
import { FetchError } from './fetch-error.mjs';
import { inspect, install } from './folder.mjs';
import { fromGiven } from './given.mjs';
import { Manifest, seriesOf } from './manifest.mjs';
import { fromTrees } from './url.mjs';
import { verify } from './verify.mjs';

/** @typedef {import('./verify.mjs').Found} Found */
/** @typedef {import('./folder.mjs').Files} Files */
/**
 * @typedef {object} FetchOptions
 * @property {string} root the folder that holds vendor/
 * @property {boolean} tests whether the kernel's tests must be there even if all else is
 * @property {number} timeout of all that is read from trees behind URLs, in milliseconds
 * @property {string | undefined} keyring Debian's, if not in its usual place
 */

/**
 * Makes the manifest's folder, vendor/linux/7.3/, hold the kernel's files.
 * @param {FetchOptions} options
 * @returns {Promise<{ origin: import('./verify.mjs').Origin, fresh: boolean, folder: string }>}
 */
export async function fetchLinux({ root, tests, timeout, keyring }) {
  const manifest = Manifest.read(root);
  const { folder, series } = manifest;
  const given = process.env['GPU_BUDDY_LINUX'];
  const present = inspect(folder, manifest, { tests });
  if (!given && 'origin' in present) return { origin: present.origin, fresh: false, folder };

  const files = given
    ? await userChoice(given, manifest, timeout)
    : await search(manifest, { timeout, keyring }, 'problem' in present ? present.problem : '');
  const { origin } = files;
  if (origin.version !== 'unknown' && seriesOf(origin.version) !== series) {
    throw new FetchError(
      `${origin.source} holds Linux ${origin.version}, and ${folder} is for Linux ${series}. ` +
        'To try another series, use `npm run oracle -- parity` (docs/parity.md); to move to it, see vendor/README.md.',
    );
  }
  // A cache that cannot be written must not stop anyone.
  if (origin.verified)
    await toCache(files).catch((error) => warn(`The cache stays empty: ${message(error)}.`));
  if ('origin' in present && isDeepStrictEqual(present.origin.files, origin.files))
    return { origin: present.origin, fresh: false, folder };
  await install(folder, files);
  return { origin, fresh: true, folder };
}

const isOffline = () => process.env['GPU_BUDDY_OFFLINE'] === '1';

/**
 * @param {string} given the value of GPU_BUDDY_LINUX
 * @param {Manifest} manifest
 * @param {number} timeout
 * @returns {Promise<Files>}
 */
async function userChoice(given, manifest, timeout) {
  if (isOffline() && given.includes('://'))
    throw new FetchError('GPU_BUDDY_LINUX is a URL, which GPU_BUDDY_OFFLINE=1 forbids: unset one of them.');
  const found = await fromGiven(given, manifest, { timeout });
  const allowUnverified = process.env['GPU_BUDDY_ALLOW_UNVERIFIED'] === '1';
  return { origin: verify(found, manifest, { allowUnverified, warn }), contents: found.contents };
}

/**
 * @param {Manifest} manifest
 * @param {Pick<FetchOptions, 'timeout' | 'keyring'>} options
 * @param {string} problem with what is there
 * @returns {Promise<Files>}
 */
async function search(manifest, { timeout, keyring }, problem) {
  /** @param {Found} found @returns {Files} */
  const take = (found) => ({ origin: verify(found, manifest, { warn }), contents: found.contents });
  /** @type {[name: string, read: () => Files | Promise<Files>][]} */
  const sources = [
    ['Cache', () => fromCache(manifest)],
    ["Debian's package", () => fromApt(manifest, { keyring }, take)],
    ['Public trees', () => fromTrees(manifest, timeout, take)],
  ];
  const problems = [`${manifest.folder}: ${problem}`];
  for (const [name, read] of isOffline() ? sources.slice(0, 1) : sources) {
    try {
      return await read();
    } catch (error) {
      problems.push(`${name}: ${message(error)}`);
    }
  }
  throw new FetchError(advice(problems, manifest, { offline: isOffline() }));
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
