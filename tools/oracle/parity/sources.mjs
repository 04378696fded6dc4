// The three kernel files that matter, of the kernel that this library is made for and of another one: what is different.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from '../../../scripts/linux/folder.mjs';
import { packageRoot } from '../../../scripts/linux/root.mjs';
import { OracleError } from '../linux/oracle-error.mjs';
import { apiOf, callsIn, changesOf, includesOf, kunitCasesOf } from './api.mjs';

/** @typedef {import('../../../scripts/linux/manifest.mjs').Contents} Contents */
/** @typedef {import('../../../scripts/linux/verify.mjs').Origin} Origin */
/** @typedef {import('./api.mjs').Changes} Changes */
/** @typedef {{ origin: Origin, contents: Contents }} Files */
/** @typedef {{ path: string, before: string, after: string }} FileChange the SHA-256s */
/** @typedef {{ name: string, files: string[] }} Call a function and who calls it */

/**
 * @typedef {object} SourceChanges
 * @property {FileChange[]} files all of them, changed or not
 * @property {Changes} api
 * @property {Changes} cases of the kernel's own tests
 * @property {Call[]} missing functions that we call and the kernel has not
 * @property {Call[]} altered functions that we call and that the kernel declares otherwise
 * @property {string[]} headers that it includes and native/kernel has not
 */

const HEADER = 'include/linux/gpu_buddy.h';
const TESTS = 'drivers/gpu/tests/gpu_buddy_test.c';
const OURS = 'native/buddy';
const STAND_INS = 'native/kernel/include';

/** The kernel that this library is made for. @param {import('../../../scripts/linux/manifest.mjs').Manifest} manifest @returns {Files} */
export function referenceFiles(manifest) {
  const found = inspect(manifest.folder, manifest, { tests: true });
  if ('origin' in found && found.origin.verified) return found;
  throw new OracleError(
    `To compare with, ${manifest.folder} must hold a kernel that vendor/linux.json knows (Linux ${manifest.versions.join(', ')}): ` +
      'run `npm run fetch` without GPU_BUDDY_LINUX.',
  );
}

/** The sources that call the kernel's functions. @returns {Map<string, string>} path to text */
export function ourSources() {
  const names = readdirSync(join(packageRoot, OURS)).filter((name) => /\.[ch]$/.test(name));
  return new Map(
    names
      .map((name) => `${OURS}/${name}`)
      .map((path) => [path, readFileSync(join(packageRoot, path), 'utf8')]),
  );
}

/** @param {string} header such as linux/list.h */
function hasStandIn(header) {
  return existsSync(join(packageRoot, STAND_INS, header));
}

/**
 * @param {Files} before
 * @param {Files} after
 * @param {Map<string, string>} [sources] of ours
 * @returns {SourceChanges}
 */
export function compareSources(before, after, sources = ourSources()) {
  /** @param {Files} files @param {string} path */
  const text = ({ contents }, path) => contents.get(path)?.toString('utf8') ?? '';
  const api = changesOf(apiOf(text(before, HEADER)), apiOf(text(after, HEADER)));
  const calls = [...callsIn(sources)].map(([name, files]) => ({ name, files }));
  const headers = [...after.contents.values()].flatMap((content) => includesOf(content.toString('utf8')));
  return {
    files: Object.entries(before.origin.files).map(([path, hash]) => ({
      path,
      before: hash,
      after: after.origin.files[path],
    })),
    api,
    cases: changesOf(kunitCasesOf(text(before, TESTS)), kunitCasesOf(text(after, TESTS))),
    missing: calls.filter(({ name }) => api.lost.includes(name)),
    altered: calls.filter(({ name }) => api.changed.includes(name)),
    headers: [...new Set(headers)].filter((header) => `include/${header}` !== HEADER && !hasStandIn(header)),
  };
}
