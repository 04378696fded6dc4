// New traces: made up, recorded, and the answers compared with those of a library.

import { randomInt } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { packageRoot } from '../../scripts/linux/root.mjs';
import { compare, countsText } from './comparison.mjs';
import { copy, readLines } from './files.mjs';
import { FEWEST_OPERATIONS } from './generator/generate.mjs';
import { profiles } from './generator/profiles.mjs';
import { record } from './recorder.mjs';

/** @typedef {import('./comparison.mjs').Counts} Counts */
/** @typedef {Parameters<typeof import('./generator/generate.mjs').generate>[0]} GeneratorRequest */
/**
 * The library that is asked.
 * @typedef {object} Library
 * @property {(request: GeneratorRequest) => Iterable<string> | Promise<Iterable<string>>} generate the lines of a trace that
 *   aims at what this library allocates
 * @property {(trace: string) => Promise<string[]>} answers to a file
 * @property {string} [environment] what must stand before a command, so that it asks this one
 */

/** Where traces with a difference are kept; git ignores it. */
const KEPT = join(packageRoot, 'build', 'oracle');

/** How much is made up where nobody says how much, and with what seed. */
export const OPERATIONS = '1000000';
export const newSeed = () => String(randomInt(2 ** 32));

/**
 * One trace of each profile, until there are as many operations; the counts of each are printed.
 * @param {import('./linux/kernel.mjs').Kernel} kernel
 * @param {Library} library
 * @param {{ operations: number, seed: string }} options
 * @param {string} temp
 */
export async function checkGenerated(kernel, library, { operations, seed }, temp) {
  const names = Object.keys(profiles);
  const each = Math.max(Math.ceil(operations / names.length), FEWEST_OPERATIONS);
  let left = operations;
  /** @type {Counts[]} */
  const all = [];
  for (const profile of names) {
    if (left <= 0) break;
    const wanted = Math.max(Math.min(each, left), FEWEST_OPERATIONS);
    const lines = [...(await library.generate({ profile, seed, operations: wanted }))];
    left -= each;
    const trace = join(temp, 'new.trace');
    const expected = join(temp, 'new.expected');
    await writeFile(trace, lines.map((line) => `${line}\n`).join(''));
    // Where the two differ, the kernel may lack a block that the library has.
    await record(kernel, trace, expected, { skipMissing: true });
    const counts = compare(lines, await readLines(expected), await library.answers(trace));
    console.log(countsText(profile, counts));
    if (counts.different > 0) await keep(`${profile}-${seed}`, trace, expected, library);
    all.push(counts);
  }
  return all;
}

/** @param {string} name @param {string} trace @param {string} expected @param {Library} library */
async function keep(name, trace, expected, { environment = '' }) {
  await mkdir(KEPT, { recursive: true });
  const file = join(KEPT, name);
  await copy(trace, `${file}.trace`);
  await copy(expected, `${file}.expected`);
  const shown = relative(process.cwd(), file);
  console.log(`  kept: ${environment}npx gpu-buddy replay --check ${shown}.expected ${shown}.trace`);
}
