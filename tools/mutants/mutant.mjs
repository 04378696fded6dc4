// A mutant: one thing changed at one place of one file, and how that place is found.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** @import { Workspace } from '../workspace.mjs' */

/**
 * @typedef {object} Mutant
 * @property {string} name what it gets wrong
 * @property {string} file in the repository
 * @property {string} [within] the function that the place is in
 * @property {string | RegExp} find what stands there; matches exactly once, in the function or in the file
 * @property {string} replace what stands there instead
 * @property {string} [survives] why no test can tell it from the original
 */

/** The whole of a function in the kernel's layout: its head at the start of a line, its end a brace alone. @param {string} name */
function functionPattern(name) {
  return new RegExp(`^(?:[^\\s#][^\\n;]*)?\\b${name}\\([^;{}]*\\)\\n\\{\\n[^]*?^\\}`, 'gm');
}

/** @param {string} text @param {string | RegExp} find @returns {{ index: number, length: number }[]} */
function places(text, find) {
  const pattern =
    typeof find === 'string'
      ? new RegExp(find.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'g')
      : new RegExp(find, `${find.flags.replace('g', '')}g`);
  return [...text.matchAll(pattern)].map(({ index, 0: match }) => ({ index, length: match.length }));
}

/** @param {string} what @param {{ index: number, length: number }[]} found */
function single(what, found) {
  if (found.length !== 1) throw new Error(`${what} is there ${found.length} times instead of once`);
  return found[0];
}

/**
 * The text of the mutant's file with the one change made.
 * @param {Mutant} mutant
 * @param {string} original the text of its file
 */
export function mutate({ name, file, within, find, replace }, original) {
  const scope = within
    ? single(`${file}: function ${within} of "${name}"`, places(original, functionPattern(within)))
    : { index: 0, length: original.length };
  const text = original.slice(scope.index, scope.index + scope.length);
  const place = single(`${file}: the place of "${name}"`, places(text, find));
  const start = scope.index + place.index;
  const mutated = original.slice(0, start) + replace + original.slice(start + place.length);
  if (mutated === original) throw new Error(`${file}: "${name}" changes nothing`);
  return mutated;
}

/**
 * Builds a mutant, calls back, and puts the original in its place again (which the next build compiles).
 * @template T
 * @param {Workspace} workspace
 * @param {Mutant} mutant
 * @param {() => Promise<T>} callback
 */
export async function withMutant(workspace, mutant, callback) {
  const file = path.join(workspace.folder, mutant.file);
  const original = readFileSync(file, 'utf8');
  writeFileSync(file, mutate(mutant, original));
  try {
    await workspace.compile();
    return await callback();
  } finally {
    writeFileSync(file, original);
  }
}
