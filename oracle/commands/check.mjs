// `oracle check`: the kernel against its recorded answers, and the library against the kernel on new traces.

import { randomInt } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { parseOperation, TraceReplayer } from 'gpu-buddy/trace';
import { packageRoot } from '../../scripts/linux/root.mjs';
import { run as runTool } from '../../scripts/linux/run.mjs';
import { withTempFolder } from '../../scripts/linux/temp.mjs';
import { compare, count, countsText, total } from '../comparison.mjs';
import { copy, readLines, recordingsIn } from '../files.mjs';
import { FEWEST_OPERATIONS, generate } from '../generator/generate.mjs';
import { profiles } from '../generator/profiles.mjs';
import { readyKernel } from '../linux/kernel.mjs';
import { OracleError } from '../linux/oracle-error.mjs';
import { record } from '../recorder.mjs';
import { wholeNumber } from '../whole-number.mjs';

/** @typedef {import('../linux/kernel.mjs').Kernel} Kernel */
/** @typedef {import('../comparison.mjs').Counts} Counts */

const DEFAULT_FOLDERS = ['../shared/golden', 'test/golden'].map((path) => join(packageRoot, path));
/** Where traces with a difference are kept; git ignores it. */
const KEPT = join(packageRoot, 'build', 'oracle');

/** @param {string[]} args */
export async function run(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      operations: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: String(randomInt(2 ** 32)) },
    },
  });
  const operations = wholeNumber('--operations', values.operations);
  const folder = positionals[0] ?? DEFAULT_FOLDERS.find((path) => existsSync(path));
  if (folder === undefined || positionals.length > 1) throw new OracleError('check takes one folder.');

  const kernel = await readyKernel();
  return withTempFolder(join(tmpdir(), 'gpu-buddy-check-'), async (temp) => {
    const all = [await checkRecorded(kernel, folder, temp)];
    if (operations > 0) all.push(await checkGenerated(kernel, { operations, seed: values.seed }, temp));
    return all.some(({ different }) => different > 0) ? 1 : 0;
  });
}

/** @param {Kernel} kernel @param {string} folder @param {string} temp */
async function checkRecorded(kernel, folder, temp) {
  const place = await unpacked(folder, join(temp, 'recorded'));
  const recordings = (await recordingsIn(place)).filter(({ expected }) => existsSync(expected));
  if (recordings.length === 0) throw new OracleError(`${folder} holds no recorded traces.`);
  console.log(`Recorded traces, recorded anew on a booted Linux ${kernel.version}:`);
  /** @type {Counts[]} */
  const all = [];
  for (const { name, trace, expected } of recordings) {
    const anew = join(temp, 'anew');
    await record(kernel, trace, anew);
    const counts = compare(await readLines(trace), await readLines(expected), await readLines(anew));
    console.log(countsText(name, counts));
    all.push(counts);
  }
  return summed(`${all.length} traces`, all);
}

/** The folder itself, or what the archive in it holds. @param {string} folder @param {string} target */
async function unpacked(folder, target) {
  const archive = readdirSync(folder).find((name) => /\.tar(\.\w+)?$/.test(name));
  if (!archive) return folder;
  await mkdir(target);
  await runTool([
    ['tar', '-x', '--no-same-owner', '--strip-components=1', '-C', target, '-f', join(folder, archive)],
  ]);
  return target;
}

/** @param {Kernel} kernel @param {{ operations: number, seed: string }} options @param {string} temp */
async function checkGenerated(kernel, { operations, seed }, temp) {
  console.log(`\nThis library against Linux ${kernel.version} on new traces (--seed ${seed}):`);
  const names = Object.keys(profiles);
  const each = Math.max(Math.ceil(operations / names.length), FEWEST_OPERATIONS);
  let left = operations;
  /** @type {Counts[]} */
  const all = [];
  for (const profile of names) {
    if (left <= 0) break;
    const lines = [
      ...generate({ profile, seed, operations: Math.max(Math.min(each, left), FEWEST_OPERATIONS) }),
    ];
    left -= each;
    const trace = join(temp, 'new.trace');
    const expected = join(temp, 'new.expected');
    await writeFile(trace, lines.map((line) => `${line}\n`).join(''));
    await record(kernel, trace, expected);
    const counts = compare(lines, await readLines(expected), replay(lines));
    console.log(countsText(profile, counts));
    if (counts.different > 0) await keep(`${profile}-${seed}`, trace, expected);
    all.push(counts);
  }
  return summed(`${all.length} profiles`, all);
}

/** This library's answers. @param {string[]} lines */
function replay(lines) {
  const replayer = new TraceReplayer();
  try {
    return lines.map((line) => replayer.execute(parseOperation(line)));
  } finally {
    replayer[Symbol.dispose]();
  }
}

/** @param {string} name @param {string} trace @param {string} expected */
async function keep(name, trace, expected) {
  await mkdir(KEPT, { recursive: true });
  const file = join(KEPT, name);
  await copy(trace, `${file}.trace`);
  await copy(expected, `${file}.expected`);
  const shown = relative(process.cwd(), file);
  console.log(`  kept: npx gpu-buddy replay --check ${shown}.expected ${shown}.trace`);
}

/** @param {string} name @param {Counts[]} all */
function summed(name, all) {
  const sum = total(all);
  console.log(`${name}: ${count(sum.operations)} operations. ${countsText('All', sum)}`);
  return sum;
}
