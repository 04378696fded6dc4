#!/usr/bin/env node
// The oracle: asks a booted kernel what its GPU buddy allocator answers. This is its command line.

import { ExecaError } from 'execa';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readLines, recordingsIn, writeLines } from '../traces.mjs';
import { recordedTraces, recordedTracesOf, writeAnswers } from './answers.mjs';
import { ask, Library, libraryOn, recordedTracesIn, replayRecorded } from './ask.mjs';
import { count } from './compare.mjs';
import { FEWEST_OPERATIONS, generate } from './generator/generate.mjs';
import { profiles } from './generator/profiles.mjs';
import { benchKernel, isPass, kernelKunit, record } from './jobs.mjs';
import { readyKernel } from './linux/kernel.mjs';
import { parity } from './parity.mjs';

const USAGE = `Usage: npm run oracle -- COMMAND [options]

  kunit           runs the kernel's own tests of the allocator in it, as KTAP
  bench           times the allocator in the kernel: a table, and JSON on standard output
  record DIR      records the kernel's answers to every *.trace and *.trace.gz in DIR, beside them
  record --kernel SERIES [TRACE ...]
                  records another kernel's answers to recorded traces (all, or those that are named): only those that
                  are not those of the kernel that this library is built on, in test/golden/linux-SERIES.answers.gz
  replay [DIR]    compares this library with what was recorded (all that is there, or that in DIR); boots nothing
  check [DIR]     records recorded traces anew (all that are there, or those in DIR) and newly generated ones, and
                  compares: the kernel with what was recorded, and this library with the kernel
  parity --linux PATH
                  the same for another kernel, a tree or an archive of Linux 6.12.107 or newer: builds this library on its
                  files, runs the tests, boots it and compares
  generate        writes a trace to standard output
                    --profile NAME    (mixed)
                    --list            only names the profiles
                    --all DIR         writes one of each profile, compressed, into DIR instead

  --operations N  how much is generated; 0 is none (1,000,000; for generate 10,000)
  --seed TEXT     to generate with (a new one each time; for generate 1)
  --kernel SERIES another kernel, such as 6.12, and the library on it (node dist/cli/main.js build --kernel 6.12)
  --program FILE  a kernel that is built already

Environment: GPU_BUDDY_LINUX, XDG_CACHE_HOME; see vendor/README.md and tools/oracle/README.md.`;

const OPTIONS = /** @satisfies {import('node:util').ParseArgsConfig['options']} */ ({
  help: { type: 'boolean', short: 'h' },
  kernel: { type: 'string' },
  program: { type: 'string' },
  linux: { type: 'string' },
  operations: { type: 'string' },
  seed: { type: 'string' },
  profile: { type: 'string', default: 'mixed' },
  all: { type: 'string' },
  list: { type: 'boolean' },
});

/** @typedef {Partial<Record<'kernel' | 'program' | 'linux' | 'operations' | 'seed' | 'profile' | 'all', string> & { list: boolean }>} Values */
/** @typedef {(values: Values, rest: string[]) => Promise<boolean>} Command gives whether all is well */

/** @type {Record<string, Command>} */
const commands = {
  async kunit(values) {
    const ktap = await kernelKunit(await readyKernel(values));
    console.log(ktap);
    return isPass(ktap);
  },

  async bench(values) {
    const kernel = await readyKernel(values);
    console.error('Timing in the booted kernel …');
    const result = await benchKernel(kernel);
    console.error(`${result.kernel}: one 4 KiB block allocated and freed, 1 TiB space`);
    const columns = ['state', 'live', 'median', 'lowest', 'highest'];
    new console.Console(process.stderr).table(result.states, columns);
    console.log(JSON.stringify(result, null, 2));
    return true;
  },

  async record(values, [folder, ...more]) {
    if (values.kernel) return recordSeries(values.kernel, values, [folder, ...more].filter(Boolean));
    if (!folder) throw new Error('record takes a folder.');
    const recordings = recordingsIn(folder);
    if (recordings.length === 0) throw new Error(`${folder} holds no *.trace and no *.trace.gz.`);
    const kernel = await readyKernel(values);
    for (const { name, trace, expected } of recordings) {
      const lines = readLines(trace);
      const answers = await record(kernel, lines);
      const skipped = answers.findIndex((answer, i) => answer.startsWith('#') && answer !== lines[i]);
      if (skipped >= 0) throw new Error(`${trace}: line ${skipped + 1} is about what is not there.`);
      writeLines(expected, answers);
      console.log(`${name}: ${count(answers.length)} lines recorded on Linux ${kernel.version}`);
    }
    return true;
  },

  async replay(values, [folder]) {
    const { library, traces } = await libraryAndTraces(values, folder);
    return (await replayRecorded(library, traces)).different === 0;
  },

  async check(values, [folder]) {
    const { library, traces } = await libraryAndTraces(values, folder);
    const kernel = await readyKernel(values);
    const { changed, different } = await ask(kernel, library, traces, newTracesOf(values));
    return changed + different === 0;
  },

  async parity(values) {
    if (!values.linux) throw new Error('parity takes --linux PATH, a kernel tree or an archive of one.');
    return parity(values.linux, newTracesOf(values));
  },

  async generate(values) {
    const options = newTracesOf({ operations: '10000', seed: '1', ...values });
    if (options.operations < FEWEST_OPERATIONS)
      throw new Error(`A trace has ${FEWEST_OPERATIONS} operations or more.`);
    if (values.list) {
      for (const [name, { about }] of Object.entries(profiles)) console.log(`${name.padEnd(18)} ${about}`);
    } else if (values.all) {
      for (const profile of Object.keys(profiles))
        writeLines(join(values.all, `${profile}.trace.gz`), generate({ profile, ...options }));
    } else {
      const { profile } = values;
      if (!Object.hasOwn(profiles, profile))
        throw new Error(`There is no profile ${profile}, but: ${Object.keys(profiles).join(', ')}.`);
      process.stdout.write(`${generate({ profile, ...options }).join('\n')}\n`);
    }
    return true;
  },
};

/** @param {Values} values @param {string} [folder] */
async function libraryAndTraces({ kernel: series }, folder) {
  return series
    ? { library: libraryOn(series), traces: recordedTracesOf(series) }
    : { library: new Library(), traces: await recordedTracesIn(folder) };
}

/**
 * Records the answers of another kernel that are not those of the library's own.
 * @param {string} series
 * @param {Values} values
 * @param {string[]} names of traces; all unless given
 */
async function recordSeries(series, values, names) {
  const kernel = await readyKernel(values);
  const answers = new Map();
  for (const { name, trace } of recordedTraces(names.length > 0 ? names : undefined)) {
    answers.set(name, await record(kernel, trace));
    console.log(`${name}: ${count(trace.length)} lines recorded on Linux ${kernel.version}`);
  }
  console.log(`${count(writeAnswers(series, kernel.version, answers))} answers are others.`);
  return true;
}

/** @param {Values} values @returns {import('./ask.mjs').NewTraces} */
function newTracesOf({ operations = '1000000', seed = String(randomInt(2 ** 32)) }) {
  const number = Number(operations.replaceAll(/[,_]/g, '') || NaN);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`--operations takes a whole number, not "${operations}".`);
  if (/\s/.test(seed)) throw new Error('--seed takes a text without spaces.');
  return { operations: number, seed };
}

/** @returns {Promise<number>} the exit status */
async function main() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const [command, ...rest] = positionals;
  if (values.help || !command) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  if (!Object.hasOwn(commands, command)) throw new Error(`There is no command ${command}.\n${USAGE}`);
  if (rest.length > 1 && !values.kernel) throw new Error(`${command} takes one folder.`);
  return (await commands[command](values, rest)) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const { message, stack, code, constructor } = /** @type {NodeJS.ErrnoException} */ (error);
  // Errors thrown on purpose, and those of the system, parseArgs and execa, read well without a stack.
  console.error(`oracle: ${code || constructor === Error || error instanceof ExecaError ? message : stack}`);
  process.exitCode = 2;
}
