// A whole kernel tree of our own, from the same source as the vendored files, in the user's cache folder. Whether its
// allocator is one that we know is checked as for those files; a tree is taken as a whole or not at all.

import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { withPackage } from '../../../scripts/linux/apt.mjs';
import { topFolder, UNOWNED } from '../../../scripts/linux/archive.mjs';
import { cacheFolder } from '../../../scripts/linux/cache.mjs';
import { inspect } from '../../../scripts/linux/folder.mjs';
import { fromGiven } from '../../../scripts/linux/given.mjs';
import { Manifest } from '../../../scripts/linux/manifest.mjs';
import { packageRoot } from '../../../scripts/linux/root.mjs';
import { run } from '../../../scripts/linux/run.mjs';
import { withTempFolder } from '../../../scripts/linux/temp.mjs';
import { readTree } from '../../../scripts/linux/tree.mjs';
import { verify } from '../../../scripts/linux/verify.mjs';
import { OracleError } from './oracle-error.mjs';

/** @typedef {import('../../../scripts/linux/verify.mjs').Origin} Origin */
/** @typedef {import('../../../scripts/linux/verify.mjs').Found} Found */
/**
 * @typedef {object} Tree
 * @property {string} home a folder of its own in the cache
 * @property {string} folder the kernel tree in it
 * @property {string} version
 */

/**
 * Which tree, and whether it is trusted though nobody knows it.
 * @typedef {object} Choice
 * @property {string} [linux] a tree or an archive; without it, what the vendored files come from
 * @property {string} [setting] what a message calls the setting that has named it
 * @property {boolean} [trusted]
 */
/** @typedef {{ manifest: Manifest, check: (found: Found) => Origin }} Checks */

/** Says what a home holds. Written last, so that a home without it holds nothing. */
const RECORD = 'tree.json';

/** @param {Choice} choice @returns {Promise<Tree>} */
export async function kernelTree({ linux, setting = 'GPU_BUDDY_LINUX', trusted = false }) {
  const manifest = Manifest.read(packageRoot);
  /** Whoever trusts it needs no warning. @param {string} text */
  const warn = (text) => {
    if (!trusted) console.error(`Warning: ${text}`);
  };
  const allowUnverified = trusted || process.env['GPU_BUDDY_ALLOW_UNVERIFIED'] === '1';
  const checks = {
    manifest,
    check: (/** @type {Found} */ found) => verify(found, manifest, { allowUnverified, warn }),
  };
  if (!linux) return fromDebian(checks);
  if (/^\w+:\/\//.test(linux)) {
    throw new OracleError(
      `The oracle builds a whole kernel: ${setting} must name a tree or an archive, not a URL.`,
    );
  }
  const place = resolve(linux);
  return statSync(place, { throwIfNoEntry: false })?.isFile()
    ? fromArchive(place, checks)
    : fromFolder(place, { ...checks, setting });
}

/** The vendored files tell which kernel; the package must hold the same ones. @param {Checks} checks */
async function fromDebian(checks) {
  const { manifest } = checks;
  const vendored = inspect(manifest.folder, manifest, { tests: true });
  if (!('origin' in vendored)) {
    throw new OracleError(`${manifest.folder} cannot be used: ${vendored.problem}. Run \`npm run fetch\`.`);
  }
  const { origin } = vendored;
  const known = existing(homeOf(origin));
  if (known) return known;
  return withPackage(manifest, { keyring: undefined }, (archive, source) =>
    addTree(checks, async (folder) => {
      const found = { ...(await extract(archive, folder, manifest, source)), signed: true };
      if (homeOf(checks.check(found)) !== homeOf(origin)) {
        throw new OracleError(
          `vendor/linux holds Linux ${origin.version} from ${origin.source}, but ${found.source} has another ` +
            'allocator: set GPU_BUDDY_LINUX to the tree or archive that the vendored files come from.',
        );
      }
      return { found };
    }),
  );
}

/** @param {string} place @param {Checks & { setting: string }} checks */
async function fromFolder(place, { setting, ...checks }) {
  const found = await fromGiven(place, checks.manifest, { timeout: 0, setting });
  const known = existing(homeOf(checks.check(found)));
  if (known) return known;
  return addTree(checks, async (folder) => {
    const source = join(folder, 'linux');
    await mkdir(source);
    console.error(`Copying ${found.source} …`);
    await run([
      ['tar', '-c', '--exclude-vcs', '-C', place, '-f', '-', '.'],
      ['tar', '-x', ...UNOWNED, '-C', source, '-f', '-'],
    ]);
    // What was built there was not built for us.
    await run([['make', '-s', '-C', source, 'ARCH=um', 'mrproper']]);
    return { found };
  });
}

/** An archive that was extracted once is known by its name, size and time. @param {string} file @param {Checks} checks */
async function fromArchive(file, checks) {
  const { size, mtimeMs } = statSync(file);
  const archive = `${basename(file)} ${size} ${Math.floor(mtimeMs)}`;
  const known = homes().find((home) => readRecord(home)?.archive === archive);
  if (known) return existing(known);
  return addTree(checks, async (folder) => {
    return { found: await extract(file, folder, checks.manifest, `archive ${basename(file)}`), archive };
  });
}

/**
 * Extracts the whole tree.
 * @param {string} archive
 * @param {string} folder
 * @param {Manifest} manifest
 * @param {string} source what people call it
 * @returns {Promise<Found>}
 */
async function extract(archive, folder, manifest, source) {
  console.error('Extracting the kernel tree …');
  await run([['tar', '-x', ...UNOWNED, '-C', folder, '-f', archive]]);
  const tree = await readTree(await topFolder(folder), manifest.paths, source);
  return { ...tree, source, signed: false };
}

/**
 * Makes a home for the one tree that `make` puts into a folder.
 * @param {Checks} checks
 * @param {(folder: string) => Promise<{ found: Found, archive?: string }>} make
 * @returns {Promise<Tree>}
 */
async function addTree({ check }, make) {
  return withTempFolder(join(oracleFolder(), '.new-'), async (staging) => {
    const { found, archive } = await make(staging);
    const origin = check(found);
    const home = homeOf(origin);
    // A tree that is there already came from elsewhere, but has the same allocator.
    const known = existing(home);
    if (known) return known;
    await mkdir(home, { recursive: true });
    renameSync(await topFolder(staging), join(home, 'linux'));
    writeFileSync(join(home, RECORD), `${JSON.stringify({ ...origin, archive }, null, 2)}\n`);
    return existing(home);
  });
}

function oracleFolder() {
  return join(cacheFolder(), 'oracle');
}

/** One folder for each version and each content of the allocator's files. @param {Origin} origin */
function homeOf({ version, files }) {
  const hash = createHash('sha256').update(JSON.stringify(Object.entries(files).sort()));
  return join(oracleFolder(), `${version}-${hash.digest('hex').slice(0, 8)}`);
}

function homes() {
  const folder = oracleFolder();
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** @param {string} home @returns {Tree | undefined} */
function existing(home) {
  const version = readRecord(home)?.version;
  return version === undefined ? undefined : { home, folder: join(home, 'linux'), version };
}

/** @param {string} home @returns {{ version: string, archive?: string } | undefined} */
function readRecord(home) {
  try {
    return JSON.parse(readFileSync(join(home, RECORD), 'utf8'));
  } catch {
    return undefined;
  }
}
