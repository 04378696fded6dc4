// A folder that holds the kernel's files at the kernel's own paths, with origin.json beside them: vendor/linux/7.3/ and
// each folder of the cache. A file appears in it whole or not at all.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FetchError, reason } from './fetch-error.mjs';
import { hashesOf } from './manifest.mjs';
import { withTempFolder } from './temp.mjs';

/** @typedef {import('./manifest.mjs').Contents} Contents */
/** @typedef {import('./manifest.mjs').Manifest} Manifest */
/** @typedef {import('./verify.mjs').Origin} Origin */
/** @typedef {{ origin: Origin, contents: Contents }} Files */

/**
 * Tells whose files a folder holds, or why they cannot be used.
 * @param {string} folder
 * @param {Manifest} manifest
 * @param {{ tests: boolean }} options whether the kernel's tests must be there too
 * @returns {Files | { problem: string, complete: boolean }}
 */
export function inspect(folder, manifest, { tests }) {
  /** @type {Contents} */
  const contents = new Map();
  for (const path of manifest.paths) {
    const content = read(join(folder, path));
    if (content) contents.set(path, content);
    else if (tests || manifest.addonPaths.includes(path))
      return { problem: `it has no ${path}`, complete: false };
  }
  const files = hashesOf(contents);
  const record = readRecord(join(folder, 'origin.json'));
  const recorded = Object.keys(files).every((path) => record.files?.[path] === files[path]);
  const known = manifest.identify(files);
  if (!known && !recorded) {
    const problem = 'its files are neither known to vendor/linux.json nor those that origin.json records';
    return { problem, complete: true };
  }
  const source = (recorded && record.source) || 'an unrecorded source';
  return {
    contents,
    origin: { version: known ?? record.version ?? 'unknown', source, verified: !!known, files },
  };
}

/** Puts files in place, each by a rename. @param {string} folder @param {Files} files */
export async function install(folder, { origin, contents }) {
  const record = Buffer.from(`${JSON.stringify(origin, null, 2)}\n`);
  const files = new Map([...contents, ['origin.json', record]]);
  try {
    await withTempFolder(join(folder, '.new-'), (staging) => {
      for (const [path, content] of files) {
        mkdirSync(dirname(join(staging, path)), { recursive: true });
        writeFileSync(join(staging, path), content);
      }
      for (const path of files.keys()) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        renameSync(join(staging, path), join(folder, path));
      }
    });
  } catch (error) {
    throw new FetchError(`${folder} cannot be written: ${reason(error)}.`);
  }
}

/** @param {string} file @returns {Partial<Origin>} */
function readRecord(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) ?? {};
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
