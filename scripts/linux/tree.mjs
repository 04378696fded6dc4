// A kernel tree, in a folder or in an archive (tar, bare or compressed), which the system's tar unpacks. Besides the wanted files
// only the version in its top Makefile is read.
import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CommandFailed, run, ScriptError, withTempFolder } from '../run.mjs';
import { reason } from './manifest.mjs';

/** @typedef {{ version: string | undefined, contents: import('./manifest.mjs').Contents }} Tree */

/**
 * Reads the tree or the archive that GPU_BUDDY_LINUX names.
 * @param {string} place
 * @param {string[]} paths the wanted files
 * @returns {Promise<import('./verify.mjs').Found>}
 */
export async function readGiven(place, paths) {
  const file = resolve(place);
  const kind = await stat(file).catch((error) => {
    throw new ScriptError(`GPU_BUDDY_LINUX names ${file}, which cannot be read: ${reason(error)}.`);
  });
  return kind.isDirectory()
    ? { ...readTree(file, paths, file), source: `kernel tree ${basename(file)}` }
    : { ...(await readArchive(file, paths, file)), source: `archive ${basename(file)}` };
}

/**
 * Unpacks the wanted files alone, into a temporary folder.
 * @param {string} file
 * @param {string[]} paths the wanted files
 * @param {string} name what a message calls the archive
 * @returns {Promise<Tree>}
 */
export function readArchive(file, paths, name) {
  return withTempFolder(async (folder) => {
    const patterns = ['Makefile', ...paths].flatMap((path) => [path, `*/${path}`]);
    // GNU tar must be asked for patterns; other tars know neither this variable nor the option.
    const env = { TAR_OPTIONS: '--wildcards --no-wildcards-match-slash' };
    const unowned = ['--no-same-owner', '--no-same-permissions'];
    await run(['tar', '-x', ...unowned, '-C', folder, '-f', file, ...patterns], { env }).catch((error) =>
      checkComplaints(error, name),
    );
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    // A link could show us any file of the machine.
    if (entries.some((entry) => entry.isSymbolicLink()))
      throw new ScriptError(`${name} is no kernel archive: it has links in place of the wanted files.`);
    // An archive of a kernel has one top folder, or none.
    const [top, ...others] = await readdir(folder, { withFileTypes: true });
    const hasTop = top?.isDirectory() && others.length === 0 && !['drivers', 'include'].includes(top.name);
    return readTree(hasTop ? join(folder, top.name) : folder, paths, name);
  });
}

/** Throws unless tar's only complaint is that a pattern matched nothing. @param {unknown} error @param {string} name */
function checkComplaints(error, name) {
  if (!(error instanceof CommandFailed)) throw error;
  const tool = error.missing ?? /: (\w+): Cannot exec/.exec(error.stderr)?.[1];
  if (tool) throw new ScriptError(`${name} cannot be unpacked: ${tool} is not installed.`);
  const harmless = /^$|Not found in archive|due to previous errors|delayed from previous/;
  const complaints = error.stderr.split('\n').filter((line) => !harmless.test(line));
  if (complaints.length === 0 && error.stderr.trim()) return;
  const why = complaints.slice(-3).join(', ') || error.message;
  throw new ScriptError(`${name} is no archive of a kernel, or damaged: ${why}.`);
}

/**
 * @param {string} folder
 * @param {string[]} paths the wanted files
 * @param {string} name what a message calls the tree
 * @returns {Tree}
 */
function readTree(folder, paths, name) {
  const version = versionIn(String(read(folder, 'Makefile', name) ?? ''));
  const contents = new Map();
  for (const path of paths) {
    const content = read(folder, path, name);
    if (content) contents.set(path, content);
  }
  const missing = paths.filter((path) => !contents.has(path));
  if (missing.length === 0) return { version, contents };
  const what = version ? `${name} (Linux ${version})` : name;
  throw new ScriptError(`${what} has no ${missing.join(', ')}: a whole kernel tree is needed.`);
}

/** Reads the version in a kernel's top Makefile. @param {string} makefile @returns {string | undefined} */
export function versionIn(makefile) {
  const numbers = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map(
    (name) => new RegExp(`^${name} *= *(\\d+)$`, 'm').exec(makefile)?.[1],
  );
  return numbers.includes(undefined) ? undefined : numbers.join('.');
}

/** @param {string} folder @param {string} path @param {string} name @returns {Buffer | undefined} */
function read(folder, path, name) {
  try {
    return readFileSync(join(folder, path));
  } catch (error) {
    const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code)) return undefined;
    throw new ScriptError(`${name} cannot be read: ${path}: ${reason(error)}.`);
  }
}
