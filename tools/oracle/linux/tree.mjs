// A kernel tree of our own in the user's cache folder: a copy, or extracted from an archive. It is there as a whole or not at all.

import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { root, withTempFolder } from '../../folders.mjs';

const { builtIn, series } = JSON.parse(readFileSync(join(root, 'vendor/linux.json'), 'utf8'));

/** The files of the allocator and its tests, as paths in a kernel tree. */
export const FILES = Object.keys(Object.values(series[builtIn].versions)[0]);

/** The folder of the files that this library is built from, at the same paths. */
export const vendored = folderOf();

/**
 * Makes the tree ready.
 * @param {{ place?: string, kernel?: string }} chosen a tree or an archive of one; without it, Debian's package of the series is
 *   fetched, that of the built-in one unless given
 * @returns {Promise<string>} its folder
 */
export async function kernelTree({ place, kernel }) {
  if (place && /^\w+:\/\//.test(place)) {
    throw new Error(`A whole kernel is built: name a tree or an archive, not the URL ${place}.`);
  }
  if (kernel) await fetchFiles(kernel);
  const cache = process.env['XDG_CACHE_HOME'];
  const trees = join(cache && isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'gpu-buddy', 'oracle');
  const tree = join(trees, nameOf(place || folderOf(kernel)), 'linux');
  if (existsSync(tree)) return tree;

  await withTempFolder(async (staging) => {
    const made = join(staging, 'linux');
    mkdirSync(made);
    if (!place) {
      const archive = join(staging, 'archive');
      await runFetch('--archive', archive, ...optionOf(kernel));
      await extract(archive, made);
      requireVendored(made, kernel);
    } else if (statSync(place).isDirectory()) {
      await copyTree(resolve(place), made);
    } else {
      await extract(place, made);
      hashOf(made);
    }
    mkdirSync(dirname(tree), { recursive: true });
    renameSync(made, tree);
  }, trees);
  return tree;
}

/** Gives the folder of the vendored files of a series. */
function folderOf(kernel = builtIn) {
  return join(root, 'vendor/linux', kernel);
}

/** Puts another series' files, tests too, where they are kept. @param {string} kernel */
function fetchFiles(kernel) {
  return runFetch('--tests', ...optionOf(kernel));
}

/** @param {string} [kernel] */
function optionOf(kernel) {
  return kernel ? ['--kernel', kernel] : [];
}

/** @param {string[]} args */
async function runFetch(...args) {
  const command = [join(root, 'scripts/fetch-linux.mjs'), ...args];
  await execa(process.execPath, command, { stdout: process.stderr, stderr: 'inherit' });
}

/** Names a tree by its allocator, and an archive, which is slow to look into, by its name, size and time. @param {string} place */
function nameOf(place) {
  const stat = statSync(place);
  if (stat.isDirectory()) return hashOf(place);
  return digest([`${basename(place)} ${stat.size} ${stat.mtimeMs}`]);
}

/** Names an allocator. @param {string} folder of a tree, or of vendored files */
function hashOf(folder) {
  const missing = FILES.find((path) => !existsSync(join(folder, path)));
  if (missing) throw new Error(`${folder} has no ${missing}: it must be Linux 6.12.107 or newer.`);
  return digest(FILES.map((path) => readFileSync(join(folder, path))));
}

/** @param {(string | Buffer)[]} contents */
function digest(contents) {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content);
  return hash.digest('hex').slice(0, 8);
}

/** Makes sure that a tree's allocator is the one that is vendored. @param {string} tree @param {string} [kernel] its series */
export function requireVendored(tree, kernel) {
  const folder = folderOf(kernel);
  if (hashOf(tree) === hashOf(folder)) return;
  throw new Error(
    `${tree} has another allocator than ${folder}: run \`npm run build -- fetch\` with GPU_BUDDY_LINUX, or \`npm run oracle -- parity\`.`,
  );
}

/** @param {string} from @param {string} to */
async function copyTree(from, to) {
  console.error(`Copying ${from} …`);
  cpSync(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => basename(file) !== '.git',
  });
  // Objects in a given tree were not built for us.
  await execa('make', ['-s', '-C', to, 'ARCH=um', 'mrproper']);
}

/** @param {string} archive @param {string} to */
async function extract(archive, to) {
  console.error('Extracting the kernel tree …');
  const unowned = ['--no-same-owner', '--no-same-permissions'];
  await execa('tar', ['-x', ...unowned, '--strip-components=1', '-C', to, '-f', archive]);
}
