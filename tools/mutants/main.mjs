// `npm run mutants`: each mutant of mutants.diff is built in a copy of the sources, in a temporary folder, and put
// before the levels of tests: the kernel's KUnit suite, recorded traces, the model, the native unit tests.
//
//   --first        stop at the first level that catches a mutant
//   --only TEXT    only mutants whose name or file has this in it
//   --jobs N       how many at a time; default 2
//
// Needs dist/ (npm run build -- lib). Ends with 0 where all are caught, with 1 where not, with 2 where it cannot tell.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, withTempFolder } from '../folders.mjs';
import { recordedFolders } from '../traces.mjs';
import { Workspace } from '../workspace.mjs';
import { levelsOf } from './levels.mjs';
import { mutate, readMutants } from './mutant.mjs';

/** @import { Mutant } from './mutant.mjs' */
/** @import { Level } from './levels.mjs' */
/** @typedef {'caught' | 'late' | '-' | ''} Mark what a level says of a mutant: it may not have been asked */
/** @typedef {{ level: Level, seconds: number }} Limited a level, and how long it may take before it counts as hanging */

/** Makes sure that a level catches nothing where there is nothing. @param {Workspace} workspace @param {Level} level @returns {Promise<Limited>} */
async function tryOriginal(workspace, level) {
  const start = performance.now();
  const { failed, output } = await level.test(workspace, 600);
  if (failed) throw new Error(`${level.name} fails on the sources as they are:\n${output.trimEnd()}`);
  return { level, seconds: 10 + (5 * (performance.now() - start)) / 1000 };
}

/**
 * Builds a mutant, asks the levels, and puts the original in its place again, which the next build compiles.
 * @param {Workspace} workspace
 * @param {Mutant} mutant
 * @param {Limited[]} levels
 * @param {boolean} stopAtFirst
 * @returns {Promise<Mark[]>}
 */
async function judge(workspace, mutant, levels, stopAtFirst) {
  const file = join(workspace.folder, mutant.file);
  const original = readFileSync(file, 'utf8');
  writeFileSync(file, mutate(mutant, original));
  try {
    await workspace.compile();
    /** @type {Mark[]} */
    const marks = [];
    for (const { level, seconds } of levels) {
      if (stopAtFirst && isCaught(marks)) {
        marks.push('');
        continue;
      }
      const { failed, late } = await level.test(workspace, seconds);
      marks.push(late ? 'late' : failed ? 'caught' : '-');
    }
    return marks;
  } finally {
    writeFileSync(file, original);
  }
}

/** @param {Mark[]} marks */
function isCaught(marks) {
  return marks.includes('caught') || marks.includes('late');
}

/** @param {string} title @param {string[]} cells */
function row(title, cells) {
  return [title.padEnd(78), ...cells.map((cell) => cell.padEnd(8))].join('').trimEnd();
}

async function main() {
  const { values } = parseArgs({
    options: {
      first: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      jobs: { type: 'string', default: '2' },
    },
  });
  const mutants = readMutants().filter(({ title }) => title.includes(values.only));
  if (mutants.length === 0) throw new Error(`no mutant has "${values.only}" in its name`);
  if (!existsSync(join(root, 'dist/cli/main.js'))) throw new Error('dist/ is missing: npm run build -- lib');

  const start = performance.now();
  await withTempFolder(async (temp) => {
    const workspaces = Array.from(
      { length: Number(values.jobs) },
      (_, i) => new Workspace(join(temp, `${i}`)),
    );
    for (const workspace of workspaces) {
      // Quick to compile, and no guessing what a mutant's undefined behaviour allows.
      await workspace.configure('mutant', '-O1');
      await workspace.compile();
    }
    /** @type {Limited[]} */
    const levels = [];
    for (const level of levelsOf(await recordedFolders(temp)))
      levels.push(await tryOriginal(workspaces[0], level));

    console.log(
      row(
        'mutant',
        levels.map(({ level }) => level.name),
      ),
    );
    const queue = [...mutants];
    /** @type {{ mutant: Mutant, marks: Mark[] }[]} */
    const results = [];
    await Promise.all(
      workspaces.map(async (workspace) => {
        for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
          const marks = await judge(workspace, mutant, levels, values.first);
          results.push({ mutant, marks });
          console.log(row(mutant.title, marks));
        }
      }),
    );

    const counts = levels.map((_, i) => `${results.filter(({ marks }) => isCaught([marks[i]])).length}`);
    console.log(row(`caught by this level, of ${results.length}`, counts));
    const survivors = results.filter(({ marks }) => !isCaught(marks));
    console.log(`\n${results.length - survivors.length} of ${results.length} mutants caught`);
    for (const { mutant } of survivors) console.log(`survives: ${mutant.title}`);
    console.log(`${Math.round((performance.now() - start) / 1000)} s`);
    if (survivors.length > 0) process.exitCode = 1;
  });
}

main().catch((/** @type {Error} */ error) => {
  console.error(`mutants: ${error.message}`);
  process.exit(2);
});
