/** Loads the built package, or a copy of it with steps; again, where an interruption has left the loaded one unusable. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Module, createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { instrument, instrumentFolder } from './instrument.mjs';
import { installSteps } from './steps.mjs';
import { unstoppable } from './unstoppable.mjs';

/** @typedef {import('./world.mjs').Package} Package */
/** @typedef {import('./instrument.mjs').Site} Site */
/** @typedef {{ load: () => Package, sites: readonly Site[] }} Library */

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
const { cache } = require;

export const distFolder = path.join(root, 'dist');

/** The package as it is. @returns {Library} */
export function plainLibrary() {
  return { load: () => loadFresh(distFolder), sites: [] };
}

/**
 * The package with steps in lib/*.ts, lib/trace/ and lib/queue/: not in what loads the addon, which is over before anybody can call
 * anything, nor in the commands.
 *
 * @param {string} scratch folder for the copy @returns {Library}
 */
export function steppedLibrary(scratch) {
  process.env['GPU_BUDDY_ADDON'] ??= require(path.join(distFolder, 'addon/places.js')).binariesIn(
    path.dirname(distFolder),
  )[0];
  installSteps();
  const copy = path.join(scratch, 'dist');
  const sites = instrumentFolder(distFolder, copy, isOfLibrary, unstoppable);
  return { load: () => loadFresh(copy), sites };
}

/** Tells by the comments of the bundler whether all code of a file comes from lib/*.ts, lib/native/, lib/trace/ or lib/queue/. @param {string} code */
function isOfLibrary(code) {
  const sources = code.match(/^\/\/ lib\/.*\.ts$/gm) ?? [];
  return (
    sources.length > 0 &&
    sources.every((line) => /^\/\/ lib\/((native|trace|queue)\/.*|[\w-]+\.ts)$/.test(line))
  );
}

/** A wrong library of toys.cjs, with steps where it is wrong. @param {string} scratch @param {string} name @returns {Library} */
export function toyLibrary(scratch, name) {
  installSteps();
  /** @type {Site[]} */
  const sites = [];
  const file = path.join(scratch, 'toys.cjs');
  const code = readFileSync(new URL('toys.cjs', import.meta.url), 'utf8');
  writeFileSync(file, instrument(code, 'toys.cjs', sites));
  const { toys } = require(file);
  return { load: () => toys[name](loadFresh(distFolder)), sites };
}

/** @param {string} folder @returns {Package} */
function loadFresh(folder) {
  for (const file of Object.keys(cache)) if (file.startsWith(folder + path.sep)) delete cache[file];
  // A module remembers all that it has ever required: not this one.
  const parent = new Module(import.meta.url);
  return {
    ...parent.require(path.join(folder, 'index.js')),
    ...parent.require(path.join(folder, 'trace/index.js')),
    ...parent.require(path.join(folder, 'queue/index.js')),
  };
}
