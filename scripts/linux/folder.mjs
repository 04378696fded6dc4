// A folder that holds the kernel's files at the kernel's own paths, with origin.json beside them: vendor/linux/7.3/, and one
// for each kernel version in the user's cache, which spares a second download. A file appears in it whole or not at all.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { ScriptError, withTempFolder } from '../run.mjs';
import { hashesOf, reason } from './manifest.mjs';

/** @typedef {import('./manifest.mjs').Manifest} Manifest */
/** @typedef {import('./verify.mjs').Files} Files */

/**
 * Tells whose files a folder holds, or why they cannot be used.
 * @param {string} folder
 * @param {Manifest} manifest
 * @param {{ tests: boolean }} options whether the kernel's tests must be there too
 * @returns {Files | { problem: string, complete: boolean }}
 */
export function inspect(folder, manifest, { tests }) {
  /** @type {import('./manifest.mjs').Contents} */
  const contents = new Map();
  for (const path of manifest.paths) {
    const content = read(join(folder, path));
    if (content) contents.set(path, content);
    else if (tests || manifest.addonPaths.includes(path))
      return { problem: `it has no ${path}`, complete: false };
  }
  const files = hashesOf(contents);
  const record = recordIn(folder);
  const isRecorded = Object.keys(files).every((path) => record.files?.[path] === files[path]);
  const known = manifest.identify(files);
  if (!known && !isRecorded) {
    const problem = 'its files are neither known to vendor/linux.json nor those that origin.json records';
    return { problem, complete: true };
  }
  const source = (isRecorded && record.source) || 'an unrecorded source';
  const version = known ?? record.version ?? 'unknown';
  return { contents, origin: { version, source, verified: !!known, files } };
}

/** Puts files in place, each by a rename. @param {string} folder @param {Files} files */
export async function install(folder, { origin, contents }) {
  const record = Buffer.from(`${JSON.stringify(origin, null, 2)}\n`);
  const files = new Map([...contents, ['origin.json', record]]);
  const fill = (/** @type {string} */ staging) => {
    for (const [path, content] of files) {
      mkdirSync(dirname(join(staging, path)), { recursive: true });
      writeFileSync(join(staging, path), content);
    }
    for (const path of files.keys()) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      renameSync(join(staging, path), join(folder, path));
    }
  };
  await withTempFolder(fill, join(folder, '.new-')).catch((error) => {
    throw new ScriptError(`${folder} cannot be written: ${reason(error)}.`);
  });
}

/** Follows the XDG base directory rules. */
export function cacheFolder() {
  const xdg = process.env['XDG_CACHE_HOME'];
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'gpu-buddy');
}

/** @param {string} version */
const cacheOf = (version) => join(cacheFolder(), `linux-${version}`);

/** @param {Manifest} manifest @returns {Files} */
export function fromCache(manifest) {
  for (const version of manifest.versions) {
    const found = inspect(cacheOf(version), manifest, { tests: true });
    if ('origin' in found && found.origin.verified) return found;
  }
  throw new ScriptError(`${cacheFolder()} holds no usable files yet`);
}

/** @param {Files} files */
export async function toCache(files) {
  await install(cacheOf(files.origin.version), files);
}

/** @param {string} folder @returns {Partial<import('./verify.mjs').Origin>} */
function recordIn(folder) {
  try {
    return JSON.parse(String(read(join(folder, 'origin.json')))) ?? {};
  } catch {
    return {};
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
