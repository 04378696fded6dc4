// A whole kernel tree of our own, from the same source as the vendored files, in the user's cache folder. Whether its
// allocator is one that we know is checked as for those files; a tree is taken as a whole or not at all.

import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { archiveCommands, sourceOf, withPackage } from '../../scripts/linux/apt.mjs';
import { cacheFolder } from '../../scripts/linux/cache.mjs';
import { inspect } from '../../scripts/linux/folder.mjs';
import { fromGiven } from '../../scripts/linux/given.mjs';
import { Manifest } from '../../scripts/linux/manifest.mjs';
import { progress } from '../../scripts/linux/progress.mjs';
import { packageRoot } from '../../scripts/linux/root.mjs';
import { run } from '../../scripts/linux/run.mjs';
import { withTempFolder } from '../../scripts/linux/temp.mjs';
import { readTree } from '../../scripts/linux/tree.mjs';
import { verify } from '../../scripts/linux/verify.mjs';
import { OracleError } from './oracle-error.mjs';

/** @typedef {import('../../scripts/linux/verify.mjs').Origin} Origin */
/** @typedef {import('../../scripts/linux/verify.mjs').Found} Found */
/**
 * @typedef {object} Tree
 * @property {string} home a folder of its own in the cache
 * @property {string} folder the kernel tree in it
 * @property {string} version
 */

/** Says what a home holds. Written last, so that a home without it holds nothing. */
const RECORD = 'tree.json';

const BAR_LABEL = 'Extracting the kernel tree';

/** @returns {Promise<Tree>} */
export async function kernelTree() {
  const manifest = Manifest.read(packageRoot);
  const given = process.env['GPU_BUDDY_LINUX'];
  if (!given) return fromDebian(manifest);
  if (/^\w+:\/\//.test(given)) {
    throw new OracleError(
      'The oracle builds a whole kernel: GPU_BUDDY_LINUX must name a tree or an archive, not a URL.',
    );
  }
  const place = resolve(given);
  return statSync(place, { throwIfNoEntry: false })?.isFile()
    ? fromArchive(place, manifest)
    : fromFolder(place, manifest);
}

/** The vendored files tell which kernel; the package must hold the same ones. @param {Manifest} manifest */
async function fromDebian(manifest) {
  const vendored = inspect(join(packageRoot, 'vendor', 'linux'), manifest, { tests: true });
  if (!('origin' in vendored)) {
    throw new OracleError(`vendor/linux cannot be used: ${vendored.problem}. Run \`npm run fetch\`.`);
  }
  const { origin } = vendored;
  const known = existing(homeOf(origin));
  if (known) return known;
  return withPackage(manifest, { keyring: undefined }, (deb, chosen) =>
    addTree(async (folder) => {
      const commands = archiveCommands(deb, chosen.name);
      await extract(
        [...commands, ['tar', '-x', '-J', ...UNOWNED, '-C', folder, '-f', '-']],
        statSync(deb).size,
      );
      const found = await readFound(folder, manifest, sourceOf(chosen), { signed: true });
      if (homeOf(check(found, manifest)) !== homeOf(origin)) {
        throw new OracleError(
          `vendor/linux holds Linux ${origin.version} from ${origin.source}, but ${found.source} has another ` +
            'allocator: set GPU_BUDDY_LINUX to the tree or archive that the vendored files come from.',
        );
      }
      return { found, manifest };
    }),
  );
}

/** @param {string} place @param {Manifest} manifest */
async function fromFolder(place, manifest) {
  const found = await fromGiven(place, manifest, { timeout: 0 });
  const known = existing(homeOf(check(found, manifest)));
  if (known) return known;
  return addTree(async (folder) => {
    const source = join(folder, 'linux');
    await mkdir(source);
    console.error(`Copying ${found.source} …`);
    await run([
      ['tar', '-c', '--exclude-vcs', '-C', place, '-f', '-', '.'],
      ['tar', '-x', ...UNOWNED, '-C', source, '-f', '-'],
    ]);
    // What was built there was not built for us.
    await run([['make', '-s', '-C', source, 'ARCH=um', 'mrproper']]);
    return { found, manifest };
  });
}

/** An archive that was extracted once is known by its name, size and time. @param {string} file @param {Manifest} manifest */
async function fromArchive(file, manifest) {
  const { size, mtimeMs } = statSync(file);
  const archive = `${basename(file)} ${size} ${Math.floor(mtimeMs)}`;
  const known = homes().find((home) => readRecord(home)?.archive === archive);
  if (known) return existing(known);
  return addTree(async (folder) => {
    console.error(`${BAR_LABEL} …`);
    await run([['tar', '-x', ...UNOWNED, '-C', folder, '-f', file]]);
    const found = await readFound(folder, manifest, `archive ${basename(file)}`, { signed: false });
    return { found, manifest, archive };
  });
}

const UNOWNED = ['--no-same-owner', '--no-same-permissions'];

/** @param {string[][]} commands @param {number} size */
async function extract(commands, size) {
  const bar = await progress(BAR_LABEL);
  try {
    await run(commands, { onBytes: (bytes) => bar.update(bytes / size) });
    bar.update(1);
  } finally {
    bar.done();
  }
}

/**
 * @param {string} folder
 * @param {Manifest} manifest
 * @param {string} source
 * @param {{ signed: boolean }} options
 * @returns {Promise<Found>}
 */
async function readFound(folder, manifest, source, { signed }) {
  return { ...(await readTree(await topFolder(folder), manifest.paths, source)), source, signed };
}

/**
 * Makes a home for the one tree that `make` puts into a folder.
 * @param {(folder: string) => Promise<{ found: Found, manifest: Manifest, archive?: string }>} make
 * @returns {Promise<Tree>}
 */
async function addTree(make) {
  return withTempFolder(join(oracleFolder(), '.new-'), async (staging) => {
    const { found, manifest, archive } = await make(staging);
    const origin = check(found, manifest);
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

/** An archive of a kernel has one top folder, or none. @param {string} folder */
async function topFolder(folder) {
  const entries = await readdir(folder);
  return entries.length === 1 ? join(folder, entries[0]) : folder;
}

/** Warnings are for the first time; whatever uses the tree later is about the same files. @param {Found} found @param {Manifest} manifest */
function check(found, manifest) {
  const allowUnverified = process.env['GPU_BUDDY_ALLOW_UNVERIFIED'] === '1';
  return verify(found, manifest, { allowUnverified, warn: (text) => console.error(`Warning: ${text}`) });
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
