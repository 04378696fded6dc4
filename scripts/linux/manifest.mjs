// vendor/linux.json: which kernel files are wanted, the SHA-256 they have in each kernel version we know, and which public trees
// have them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScriptError } from '../run.mjs';

/** @typedef {{ sha256: string, licence: string, neededFor: 'addon' | 'tests' }} KnownFile */
/** @typedef {Record<string, string>} Hashes path to SHA-256 */
/** @typedef {Map<string, Buffer>} Contents path to content */

export class Manifest {
  #versions;

  /**
   * @param {string} root the folder that holds vendor/
   * @param {{ versions: Record<string, Record<string, KnownFile>>, trees?: string[] }} content with the newest version first
   */
  constructor(root, { versions, trees = [] }) {
    this.#versions = Object.entries(versions);
    const [[newest, files]] = this.#versions;
    /** Versions we know, newest first. */
    this.versions = Object.keys(versions);
    /** The series that is built. */
    this.series = seriesOf(newest);
    /** Holds the files of that series: vendor/linux/7.3. */
    this.folder = join(root, 'vendor', 'linux', this.series);
    /** The URLs of public trees of the newest version, to which paths are appended. */
    this.trees = trees.map((tree) => tree.replace('VERSION', newest));
    /** Wanted paths. */
    this.paths = Object.keys(files);
    /** Paths that a build needs. */
    this.addonPaths = this.paths.filter((path) => files[path].neededFor === 'addon');
  }

  /** @param {string} root the folder that holds vendor/ */
  static read(root) {
    const file = join(root, 'vendor', 'linux.json');
    try {
      return new Manifest(root, JSON.parse(readFileSync(file, 'utf8')));
    } catch (error) {
      throw new ScriptError(`${file} cannot be read: ${reason(error)}.`);
    }
  }

  /** Gives the kernel version whose files these all are. @param {Hashes} hashes @returns {string | undefined} */
  identify(hashes) {
    const paths = Object.keys(hashes);
    return this.#versions.find(([, files]) =>
      paths.every((path) => files[path]?.sha256 === hashes[path]),
    )?.[0];
  }

  /** Names the files with unknown hashes. @param {Hashes} hashes */
  mismatch(hashes) {
    const wrong = Object.entries(hashes).filter(([path, hash]) => !this.identify({ [path]: hash }));
    const expected = (/** @type {string} */ path) =>
      this.#versions.map(([version, files]) => `${files[path]?.sha256} (Linux ${version})`).join(' or ');
    const problems = wrong.map(([path, hash]) => `${path} has SHA-256 ${hash}, expected ${expected(path)}`);
    return problems.join('; ') || 'its files belong to different versions';
  }
}

/** Gives the series of a version: 7.3 of 7.3.4. @param {string} version */
export function seriesOf(version) {
  return version.split('.', 2).join('.');
}

/** @param {Contents} contents @returns {Hashes} */
export function hashesOf(contents) {
  return Object.fromEntries(
    [...contents].map(([path, content]) => [path, createHash('sha256').update(content).digest('hex')]),
  );
}

/**
 * Says what went wrong in the words of the system rather than of Node ("permission denied", not "EACCES: …, open '…'").
 * @param {unknown} error
 * @returns {string}
 */
export function reason(error) {
  const { message, cause } = /** @type {Error} */ (error);
  const [, text = message] = /^[A-Z]+: ([^,]+)/.exec(message) ?? [];
  return cause instanceof Error ? `${text} (${reason(cause) || cause.name})` : text;
}
