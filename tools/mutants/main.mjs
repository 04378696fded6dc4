// What `npm run mutants` runs: each mutant of tools/mutants/in-*.mjs is built in a copy of the sources, in a temporary folder,
// and put before the levels of tests: the kernel's KUnit suite, recorded traces, the model, the native unit tests.
//
//   --first           stop at the first level that catches a mutant
//   --only TEXT       only mutants whose name or file has this in it
//   --jobs N          how many at a time; default 2
//   --least PERCENT   how many must be caught; default 92
//
// Needs dist/ (npm run build:lib). Ends with 0 where enough are caught, with 1 where not, with 2 where it cannot tell.
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutantsInBuddy } from './in-buddy.mjs';
import { mutantsInKernel } from './in-kernel.mjs';
import { mutantsInRange } from './in-range.mjs';
import { levelsOf, Traces } from './levels.mjs';
import { withMutant } from './mutant.mjs';
import { headLine, isCaught, resultLine, title, totalLines } from './report.mjs';
import { Workspace } from '../workspace.mjs';

/** @import { Mutant } from './mutant.mjs' */
/** @import { Level, Verdict } from './levels.mjs' */
/** @import { Mark, Result } from './report.mjs' */

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @param {Verdict} verdict @returns {Mark} */
function markOf({ caught, late }) {
  if (late) return 'late';
  return caught ? 'caught' : 'missed';
}

/**
 * @typedef {object} Limited a level, and how long it may take before it counts as hanging
 * @property {Level} level
 * @property {number} seconds
 */

/** A test that fails without any mutant catches nothing. @param {Workspace} workspace @param {Level[]} levels */
async function tryOriginal(workspace, levels) {
  /** @type {Limited[]} */
  const limited = [];
  for (const level of levels) {
    const start = performance.now();
    const { caught, output } = await level.test(workspace, 600);
    if (caught) throw new Error(`${level.name} fails on the sources as they are:\n${output.trimEnd()}`);
    limited.push({ level, seconds: 10 + (5 * (performance.now() - start)) / 1000 });
  }
  return limited;
}

/** @param {Workspace} workspace @param {Limited[]} levels @param {boolean} stopAtFirst @returns {Promise<Mark[]>} */
async function judge(workspace, levels, stopAtFirst) {
  /** @type {Mark[]} */
  const marks = [];
  for (const { level, seconds } of levels) {
    const isDone = stopAtFirst && marks.some((mark) => mark !== 'missed');
    marks.push(isDone ? 'not run' : markOf(await level.test(workspace, seconds)));
  }
  return marks;
}

/** Takes mutants from the queue until it is empty. */
async function work(
  /** @type {Workspace} */ workspace,
  /** @type {Mutant[]} */ queue,
  /** @type {(mutant: Mutant) => Promise<void>} */ test,
) {
  for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
    const current = mutant;
    await withMutant(workspace, current, () => test(current));
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      first: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      jobs: { type: 'string', default: '2' },
      least: { type: 'string', default: '92' },
    },
  });
  const mutants = [...mutantsInBuddy, ...mutantsInKernel, ...mutantsInRange].filter((mutant) =>
    title(mutant).includes(values.only),
  );
  if (mutants.length === 0) throw new Error(`no mutant has "${values.only}" in its name`);
  if (!existsSync(path.join(root, 'dist/cli/main.js')))
    throw new Error('dist/ is missing: npm run build:lib');

  const start = performance.now();
  const traces = new Traces(root);
  const levels = levelsOf(root, traces);
  const names = levels.map(({ name }) => name);
  /** @type {Workspace[]} */
  const workspaces = [];
  /** @type {Result[]} */
  const results = [];
  // Whatever happens: programs that still run are stopped likewise (command.mjs).
  process.on('exit', () => {
    for (const workspace of workspaces) workspace.remove();
    traces.remove();
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(2));

  for (let job = 0; job < Number(values.jobs); job++) {
    const workspace = new Workspace(root, mkdtempSync(path.join(tmpdir(), 'gpu-buddy-mutants-')));
    workspaces.push(workspace);
    // Quick to compile, and no guessing what a mutant's undefined behaviour allows.
    await workspace.configure({ kernelVersion: 'mutant', optimize: '-O1' });
    await workspace.compile();
  }
  const limited = await tryOriginal(workspaces[0], levels);
  console.log(headLine(names));
  const queue = [...mutants];
  await Promise.all(
    workspaces.map((workspace) =>
      work(workspace, queue, async (mutant) => {
        const result = { mutant, marks: await judge(workspace, limited, values.first) };
        results.push(result);
        console.log(resultLine(result));
      }),
    ),
  );

  console.log(totalLines(names, results).join('\n'));
  console.log(`${Math.round((performance.now() - start) / 1000)} s`);
  const caught = results.filter(isCaught).length;
  if (caught * 100 < Number(values.least) * results.length) process.exitCode = 1;
}

main().catch((/** @type {Error} */ error) => {
  console.error(`mutants: ${error.message}`);
  process.exit(2);
});
