// vendor/linux.json: which kernel files are wanted of each series, the SHA-256 they have in each version that we know, and where
// they can be had.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScriptError } from '../run.mjs';

/** @typedef {{ sha256: string, licence: string, neededFor: 'addon' | 'tests' }} KnownFile */
/** @typedef {Record<string, string>} Hashes path to SHA-256 */
/** @typedef {Map<string, Buffer>} Contents path to content */

/**
 * @typedef {object} Series
 * @property {string} interface the folder in native/linux/ that leads to it
 * @property {string[]} suites of Debian, which have a package with it
 * @property {Record<string, Record<string, KnownFile>>} versions the newest first
 */
/** @typedef {{ builtIn: string, trees?: string[], series: Record<string, Series> }} Known the content of vendor/linux.json */

/** One series of the kernel. */
export class Manifest {
  #versions;

  /**
   * @param {string} root the folder that holds vendor/
   * @param {Known} known
   * @param {string} [series] the one that the addon is built on, unless given
   */
  constructor(root, { builtIn, trees = [], series: all }, series = builtIn) {
    if (!Object.hasOwn(all, series))
      throw new ScriptError(
        `Linux ${series} is not known, only ${Object.keys(all).join(', ')} (vendor/linux.json)`,
      );
    const { versions, suites, interface: seam } = all[series];
    this.#versions = Object.entries(versions);
    const [[newest, files]] = this.#versions;
    /** Versions we know, newest first. */
    this.versions = Object.keys(versions);
    this.series = series;
    /** Whether the addon is built on it. */
    this.isBuiltIn = series === builtIn;
    /** The folder in native/linux/ whose interface.h leads to it. */
    this.interface = seam;
    /** The suites of Debian that have a package with it. */
    this.suites = suites;
    /** Holds the files of the series: vendor/linux/7.3. */
    this.folder = join(root, 'vendor', 'linux', series);
    /** The URLs of public trees of the newest version, to which paths are appended. */
    this.trees = trees.map((tree) => tree.replace('VERSION', newest));
    /** Wanted paths. */
    this.paths = Object.keys(files);
    /** Paths that a build needs. */
    this.addonPaths = this.paths.filter((path) => files[path].neededFor === 'addon');
    /** The path of the allocator itself. */
    this.source = this.addonPaths.find((path) => path.endsWith('.c')) ?? '';
  }

  /** @param {string} root the folder that holds vendor/ @param {string} [series] */
  static read(root, series) {
    const file = join(root, 'vendor', 'linux.json');
    let known;
    try {
      known = JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
      throw new ScriptError(`${file} cannot be read: ${reason(error)}.`);
    }
    return new Manifest(root, known, series);
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

/**
 * Reads a choice of series: `6.12,7.2`, or `all`.
 * @param {string} root the folder that holds vendor/
 * @param {string} choice
 */
export function seriesIn(root, choice) {
  if (choice !== 'all') return choice.split(',');
  return Object.keys(JSON.parse(readFileSync(join(root, 'vendor', 'linux.json'), 'utf8')).series);
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
