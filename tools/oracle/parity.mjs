// Another kernel: builds this library on that kernel's files, in a folder of its own, runs the tests, boots that kernel and asks
// both. The checkout's vendor/linux and build/ stay as they are.

import { execa } from 'execa';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { root } from '../folders.mjs';
import { runLimited } from '../limited.mjs';
import { Workspace } from '../workspace.mjs';
import { ask, Library, recordedTracesIn } from './ask.mjs';
import { count } from './compare.mjs';
import { isPass, kernelKunit } from './jobs.mjs';
import { buildKernel } from './linux/build.mjs';
import { kernelOf } from './linux/kernel.mjs';
import { FILES, kernelTree, vendored } from './linux/tree.mjs';

/** Longer than any test takes. */
const SECONDS = 1800;

const { compare: compareVersions } = new Intl.Collator('en', { numeric: true });

/**
 * Prints a report.
 * @param {string} linux a tree or an archive
 * @param {import('./ask.mjs').NewTraces} newTraces
 * @returns {Promise<boolean>} whether this library, built on that kernel, is that kernel's
 */
export async function parity(linux, newTraces) {
  const tree = await kernelTree({ place: linux });
  await printChanges(tree);
  const { library, passes } = await buildAndTest(tree);

  const kernel = await kernelOf(await buildKernel(tree));
  console.log('\nThat kernel, booted:');
  const ktap = await kernelKunit(kernel);
  const kernelPasses = printTests("the kernel's own tests", { failed: !isPass(ktap), output: ktap });
  const { changed, different } = await ask(kernel, library, await recordedTracesIn(), newTraces);

  const problems = [
    !library && 'it cannot be built',
    !(passes && kernelPasses) && 'tests fail',
    different > 0 && `${count(different)} answers are not the kernel's`,
  ].filter(Boolean);
  console.log(`\nOf the recorded answers, ${count(changed)} are others with Linux ${kernel.version}.`);
  const holds = "all tests pass, and every answer is that kernel's";
  console.log(`gpu-buddy on it: ${problems.join(', ') || holds}.`);
  return problems.length === 0;
}

/** Shows how its files differ from the vendored ones, the header in full. @param {string} tree */
async function printChanges(tree) {
  console.log(`Files, compared with ${relative(process.cwd(), vendored)}:`);
  for (const path of FILES) {
    const files = [join(vendored, path), join(tree, path)];
    const kind = path.endsWith('.h') ? '--patch' : '--stat';
    const { stdout } = await execa('git', ['diff', '--no-index', kind, ...files], { reject: false });
    console.log(`  ${path}: ${stdout ? `changed\n${stdout}` : 'the same'}`);
  }
}

/** Builds the library. A failure is a finding, not an error. @param {string} tree @returns {Promise<{ library?: Library, passes: boolean }>} */
async function buildAndTest(tree) {
  const folder = join(root, 'build', 'parity', basename(dirname(tree)));
  const shown = relative(process.cwd(), folder);
  console.log(`\nThis library, built on it in ${shown}:`);
  const workspace = new Workspace(folder);
  for (const path of FILES) {
    cpSync(join(tree, path), join(folder, relative(root, vendored), path));
  }
  chooseSeam(folder, tree);
  try {
    await workspace.configure('parity', '-O2');
    await workspace.compile();
  } catch (error) {
    const lines = /** @type {Error} */ (error).message.split('\n');
    const errors = lines.filter((line) => /\berror\b|undefined reference/i.test(line));
    console.log('  It cannot be built. A function that is new to buddy.c needs a stand-in in native/kernel.');
    console.log((errors.length > 0 ? errors : lines).slice(0, 10).join('\n').replaceAll(/^/gm, '  '));
    return { passes: true };
  }
  const options = { cwd: workspace.build, seconds: SECONDS };
  const kunit = printTests("the kernel's own tests", await runLimited(workspace.kunit, options));
  const native = printTests('native tests', await runLimited(workspace.ctest, options));
  return { library: new Library(workspace.addon), passes: kunit && native };
}

/**
 * Lets a copy of the sources use the folder of native/linux/ that leads to this kernel: the newest that is not of a later one.
 * @param {string} folder of the copy
 * @param {string} tree
 */
function chooseSeam(folder, tree) {
  const makefile = readFileSync(join(tree, 'Makefile'), 'utf8');
  const [major, minor] = ['VERSION', 'PATCHLEVEL'].map((name) =>
    Number(new RegExp(`^${name} *= *(\\d+)$`, 'm').exec(makefile)?.[1]),
  );
  const seams = readdirSync(join(folder, 'native/linux'))
    .filter((name) => /^\d+\.\d+$/.test(name))
    .filter((name) => compareVersions(name, `${major}.${minor}`) <= 0)
    .sort(compareVersions);
  const sources = join(folder, 'native/sources.json');
  const text = readFileSync(sources, 'utf8').replace(
    /"native\/linux\/[^"]+"/,
    `"native/linux/${seams.at(-1)}"`,
  );
  writeFileSync(sources, text);
}

/** Shows the totals of a run, and what fails, as KTAP and ctest say it. @param {string} name @param {{ failed: boolean, output: string }} run */
function printTests(name, { failed, output }) {
  console.log(`  ${name} ${failed ? 'fail' : 'pass'}:`);
  const lines = output.match(/^# .*pass:.*|^.*tests passed.*| *not ok .*|^\t *\d+ - .*/gm);
  for (const line of lines ?? ['none was run to its end']) console.log(`    ${line.trim()}`);
  return !failed;
}
