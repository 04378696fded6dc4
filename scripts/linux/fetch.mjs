// Fetches the kernel's files from the first source that has them: GPU_BUDDY_LINUX if it is set, and nothing else then; files
// already in vendor/linux/SERIES/; the user's cache; Debian's package; public trees.
import { isThere, library, ScriptError } from '../run.mjs';
import { fromApt } from './apt.mjs';
import { fromCache, inspect, install, toCache } from './folder.mjs';
import { Manifest, seriesOf } from './manifest.mjs';
import { readGiven } from './tree.mjs';
import { fromTrees, readUrl } from './url.mjs';
import { verify } from './verify.mjs';

/** @typedef {import('./verify.mjs').Files} Files */

/**
 * Makes the folder of a series, such as vendor/linux/7.3/, hold the kernel's files.
 * @param {{ root: string, kernel?: string, tests: boolean, timeout: number, keyring?: string }} options `root` holds vendor/; `kernel`
 *   is the series, the built-in one unless given; `timeout` is of all that is read from trees behind URLs, in milliseconds
 * @returns {Promise<{ origin: import('./verify.mjs').Origin, isFresh: boolean, folder: string }>}
 */
export async function fetchLinux({ root, kernel, tests, timeout, keyring }) {
  const manifest = Manifest.read(root, kernel);
  const { folder, series } = manifest;
  const given = process.env['GPU_BUDDY_LINUX'];
  const present = inspect(folder, manifest, { tests });
  if (!given && 'origin' in present) return { origin: present.origin, isFresh: false, folder };

  const files = given
    ? await readChoice(given, manifest, timeout)
    : await search(manifest, { timeout, keyring }, 'problem' in present ? present.problem : '');
  const { origin } = files;
  if (origin.version !== 'unknown' && seriesOf(origin.version) !== series)
    throw new ScriptError(
      `${origin.source} holds Linux ${origin.version}, and ${folder} is for Linux ${series}. To try another ` +
        'series, use `npm run oracle -- parity` (docs/internals/parity.md); to move to it, see vendor/README.md.',
    );
  // A cache that cannot be written must not stop anyone.
  if (origin.verified)
    await toCache(files).catch((error) => console.error(`Warning: The cache stays empty: ${textOf(error)}.`));
  await install(folder, files);
  return { origin, isFresh: true, folder };
}

const isOffline = () => process.env['GPU_BUDDY_OFFLINE'] === '1';

/**
 * Reads what GPU_BUDDY_LINUX names: a tree, an archive, or the URL of a raw tree.
 * @param {string} given
 * @param {Manifest} manifest
 * @param {number} timeout
 */
async function readChoice(given, manifest, timeout) {
  const isUrl = /^\w+:\/\//.test(given);
  if (isUrl && isOffline())
    throw new ScriptError('GPU_BUDDY_LINUX is a URL, which GPU_BUDDY_OFFLINE=1 forbids: unset one of them.');
  const found = await (isUrl ? readUrl(given, manifest, timeout) : readGiven(given, manifest.paths));
  return verify(found, manifest, { allowUnverified: process.env['GPU_BUDDY_ALLOW_UNVERIFIED'] === '1' });
}

/**
 * @param {Manifest} manifest
 * @param {{ timeout: number, keyring?: string }} options
 * @param {string} problem with what is there
 * @returns {Promise<Files>}
 */
async function search(manifest, { timeout, keyring }, problem) {
  /** @type {[name: string, read: () => Files | Promise<Files>][]} */
  const sources = [
    ['Cache', () => fromCache(manifest)],
    ["Debian's package", () => fromApt(manifest, keyring)],
    ['Public trees', () => fromTrees(manifest, timeout)],
  ];
  const problems = [`${manifest.folder}: ${problem}`];
  for (const [name, read] of isOffline() ? sources.slice(0, 1) : sources) {
    try {
      return await read();
    } catch (error) {
      problems.push(`${name}: ${textOf(error)}`);
    }
  }
  throw new ScriptError(await advice(problems, manifest));
}

/** Says what to do on this system when no source has the files. @param {string[]} problems @param {Manifest} manifest */
async function advice(problems, { paths, trees, versions: [version] }) {
  const hosts = trees.map((tree) => new URL(tree).host).join(' or ') || 'a mirror of Debian';
  const canUnpack = (await isThere(['tar'])) && (await isThere(['xz']));
  return `The kernel's files (${paths.join(', ')}) were not found.
${problems.map((problem) => `  - ${problem}.`).join('\n')}
Do one of these and try again:
  - ${
    isOffline()
      ? 'unset GPU_BUDDY_OFFLINE, which forbids apt-get and public trees'
      : `let this machine reach ${hosts}; HTTPS_PROXY names a proxy, NODE_EXTRA_CA_CERTS a certificate of its own`
  };
  - get linux-${version}.tar.xz from kernel.org on another machine, and set GPU_BUDDY_LINUX to it.
${canUnpack ? '' : library('install-text').installText(['archives'])}`.trimEnd();
}

/** @param {unknown} error */
function textOf(error) {
  if (!(error instanceof ScriptError)) throw error;
  return error.message.replace(/\.$/, '');
}
