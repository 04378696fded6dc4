// Asks a booted kernel and a build of this library the same: recorded traces, whose answers are known, and new ones.

import { execa } from 'execa';
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, withTempFolder } from '../folders.mjs';
import { readLines, recordingsIn, writeLines } from '../traces.mjs';
import { compare, countsText, total } from './compare.mjs';
import { FEWEST_OPERATIONS } from './generator/generate.mjs';
import { profiles } from './generator/profiles.mjs';
import { record } from './record.mjs';

/** @typedef {import('./compare.mjs').Counts} Counts */
/** @typedef {import('./linux/kernel.mjs').Kernel} Kernel */
/** @typedef {{ operations: number, seed: string }} NewTraces */

/** Where traces with a difference are kept; git ignores it. */
const KEPT = 'build/oracle';

/** A build of this library, asked through the commands that use it. */
export class Library {
  #env;

  /** @param {string} [addon] the checkout's own where there is none */
  constructor(addon) {
    this.#env = addon ? { GPU_BUDDY_ADDON: addon } : {};
    /** Stands before a command, so that it asks this library. */
    this.prefix = addon ? `GPU_BUDDY_ADDON=${relative(process.cwd(), addon)} ` : '';
  }

  /** Makes up a trace that aims at what this library allocates. @param {string} profile @param {NewTraces} options */
  generate(profile, { seed, operations }) {
    const options = ['--profile', profile, '--seed', seed, '--operations', `${operations}`];
    return this.#lines('tools/oracle/main.mjs', 'generate', ...options);
  }

  /** Gives its answers to a trace. @param {readonly string[]} trace */
  answers(trace) {
    return withTempFolder((folder) => {
      const file = join(folder, 'trace');
      writeLines(file, trace);
      return this.#lines('dist/cli/main.js', 'replay', file);
    });
  }

  /** @param {string} program @param {string[]} args @returns {Promise<string[]>} */
  async #lines(program, ...args) {
    const options = /** @type {const} */ ({ env: this.#env, lines: true, maxBuffer: Infinity });
    return (await execa(process.execPath, [join(root, program), ...args], options)).stdout;
  }
}

/**
 * Records traces anew, and prints a line for each.
 * @param {Kernel} kernel
 * @param {Library | undefined} library
 * @param {string[]} folders of recorded traces
 * @returns {Promise<{ changed: Counts, different: Counts }>} the kernel against the recorded answers; the library against the
 *   kernel
 */
export async function askRecorded(kernel, library, folders) {
  /** @type {Counts[]} */
  const changed = [];
  /** @type {Counts[]} */
  const different = [];
  for (const { name, trace: file, expected } of folders.flatMap(recordingsIn)) {
    const trace = readLines(file);
    const answers = await answersOrNone(kernel, name, trace);
    const counts = compare(trace, readLines(expected), answers);
    console.log(countsText(name, counts));
    changed.push(counts);
    if (!library) continue;
    const ours = await askLibrary(library, name, trace, answers);
    if (ours.different > 0) console.log(countsText(`${name}, this library against that kernel`, ours));
    different.push(ours);
  }
  if (changed.length === 0) throw new Error(`${folders.join(', ')} holds no recorded traces.`);
  return { changed: total(changed), different: total(different) };
}

/** A BUG in another kernel may end it. @param {Kernel} kernel @param {string} name @param {readonly string[]} trace */
async function answersOrNone(kernel, name, trace) {
  try {
    // Where this kernel has allocated fewer blocks, a trace may free one that is not there.
    return await record(kernel, trace, { skipMissing: true });
  } catch (error) {
    console.log(`${name}: ${/** @type {Error} */ (error).message}`);
    return [];
  }
}

/**
 * Asks for new traces, one of each profile, until there are as many operations, and prints a line for each.
 * @param {Kernel} kernel
 * @param {Library} library
 * @param {NewTraces} options
 */
export async function askNew(kernel, library, { operations, seed }) {
  const names = Object.keys(profiles);
  const each = Math.max(Math.ceil(operations / names.length), FEWEST_OPERATIONS);
  /** @type {Counts[]} */
  const all = [];
  for (const [i, profile] of names.entries()) {
    const left = operations - i * each;
    if (left <= 0) break;
    const wanted = Math.max(Math.min(each, left), FEWEST_OPERATIONS);
    const trace = await library.generate(profile, { seed, operations: wanted });
    const answers = await record(kernel, trace, { skipMissing: true });
    const counts = await askLibrary(library, `${profile}-${seed}`, trace, answers);
    console.log(countsText(profile, counts));
    all.push(counts);
  }
  return total(all);
}

/**
 * Compares a library's answers with a kernel's. Keeps a trace with a difference.
 * @param {Library} library
 * @param {string} name
 * @param {readonly string[]} trace
 * @param {readonly string[]} answers
 */
async function askLibrary(library, name, trace, answers) {
  // What the kernel has skipped is not asked: the comment that it has put in its place stands in the trace, too.
  const asked = trace.map((line, i) => (answers[i]?.startsWith('#') ? answers[i] : line));
  const counts = compare(asked, answers, await library.answers(asked));
  if (counts.different > 0) {
    mkdirSync(KEPT, { recursive: true });
    const file = join(KEPT, name);
    writeLines(`${file}.trace`, asked);
    writeLines(`${file}.expected`, answers);
    console.log(`Kept: ${library.prefix}npx gpu-buddy replay --check ${file}.expected ${file}.trace`);
  }
  return counts;
}
