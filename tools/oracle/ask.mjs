// Asks a booted kernel and a build of this library the same: recorded traces, whose answers are known, and new ones.

import { execa } from 'execa';
import { existsSync, mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, withTempFolder } from '../folders.mjs';
import { readLines, recordedFolders, recordingsIn, writeLines } from '../traces.mjs';
import { compare, countsText, total } from './compare.mjs';
import { FEWEST_OPERATIONS } from './generator/generate.mjs';
import { profiles } from './generator/profiles.mjs';
import { record } from './jobs.mjs';

/** @typedef {import('./compare.mjs').Counts} Counts */
/** @typedef {import('./answers.mjs').Recorded} Recorded */
/** @typedef {import('./linux/kernel.mjs').Kernel} Kernel */
/** @typedef {{ operations: number, seed: string }} NewTraces */

/** The folder of traces with a difference; git ignores it. */
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

/** Gives the library on another series of the kernel. @param {string} series @throws {Error} where it was not built */
export function libraryOn(series) {
  const addon = addonOn(series);
  if (existsSync(addon)) return new Library(addon);
  throw new Error(
    `The library on Linux ${series} is missing: node dist/cli/main.js build --kernel ${series}`,
  );
}

/** @param {string} series */
export function addonOn(series) {
  return join(root, `packages/linux-${series}/build/Release/gpu_buddy.node`);
}

/** Reads recorded traces. @param {string} [folder] that holds them; all that are there unless given @returns {Promise<Recorded[]>} */
export function recordedTracesIn(folder) {
  return withTempFolder(async (temp) => {
    const recordings = (await recordedFolders(temp, folder)).flatMap(recordingsIn);
    if (recordings.length === 0) throw new Error(`${folder ?? 'This checkout'} holds no recorded traces.`);
    return recordings.map(({ name, trace, expected }) => ({
      name,
      trace: readLines(trace),
      expected: readLines(expected),
    }));
  });
}

/** Compares a library's answers to recorded traces with what was recorded, and prints what comes out. @param {Library} library @param {Recorded[]} traces */
export async function replayRecorded(library, traces) {
  const all = [];
  for (const { name, trace, expected } of traces) {
    const counts = await askLibrary(library, name, trace, expected);
    if (counts.different > 0) console.log(countsText(name, counts));
    all.push(counts);
  }
  console.log(countsText('The recorded traces', total(all)));
  return total(all);
}

/**
 * Asks for the recorded traces and for new ones, and prints what comes out.
 * @param {Kernel} kernel
 * @param {Library | undefined} library
 * @param {Recorded[]} traces that have been recorded
 * @param {NewTraces} newTraces
 * @returns {Promise<{ changed: number, different: number }>} how many recorded answers are not the kernel's, and how many of the
 *   library's
 */
export async function ask(kernel, library, traces, newTraces) {
  console.log(`Recorded anew on Linux ${kernel.version} (a difference may bring on those that follow):`);
  const { changed, recorded } = await askRecorded(kernel, library, traces);
  console.log(countsText('All', changed));
  if (!library) return { changed: changed.different, different: 0 };

  console.log('\nThis library against that kernel:');
  console.log(countsText('The recorded traces', recorded));
  const ours = [recorded];
  if (newTraces.operations > 0) {
    console.log(`New traces (--seed ${newTraces.seed}):`);
    ours.push(await askNew(kernel, library, newTraces));
    console.log(countsText('All', ours[1]));
  }
  return { changed: changed.different, different: total(ours).different };
}

/** @param {Kernel} kernel @param {Library | undefined} library @param {Recorded[]} traces */
async function askRecorded(kernel, library, traces) {
  /** The kernel against the recorded answers. @type {Counts[]} */
  const changed = [];
  /** The library against the kernel. @type {Counts[]} */
  const recorded = [];
  for (const { name, trace, expected } of traces) {
    // A BUG in another kernel may end it.
    const answers = await record(kernel, trace).catch((/** @type {Error} */ { message }) => {
      console.log(`${name}: ${message}`);
      return [];
    });
    const counts = compare(trace, expected, answers);
    console.log(countsText(name, counts));
    changed.push(counts);
    if (!library) continue;
    const ours = await askLibrary(library, name, trace, answers);
    if (ours.different > 0) console.log(countsText(`${name}, this library against that kernel`, ours));
    recorded.push(ours);
  }
  return { changed: total(changed), recorded: total(recorded) };
}

/**
 * Asks for one trace of each profile, until there are as many operations.
 * @param {Kernel} kernel
 * @param {Library} library
 * @param {NewTraces} options
 */
async function askNew(kernel, library, { operations, seed }) {
  const names = Object.keys(profiles);
  const each = Math.max(Math.ceil(operations / names.length), FEWEST_OPERATIONS);
  /** @type {Counts[]} */
  const all = [];
  for (const [i, profile] of names.entries()) {
    const left = operations - i * each;
    if (left <= 0) break;
    const wanted = Math.max(Math.min(each, left), FEWEST_OPERATIONS);
    const trace = await library.generate(profile, { seed, operations: wanted });
    const answers = await record(kernel, trace);
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
  // A line that the kernel has skipped is not asked: its comment stands there instead.
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
