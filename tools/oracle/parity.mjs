// Another kernel: builds this library on that kernel's files, in a folder of its own, runs the tests, boots that kernel and asks
// both. The checkout's vendor/linux and build/ stay as they are.

import { execa } from 'execa';
import { cpSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { root, withTempFolder } from '../folders.mjs';
import { runLimited } from '../limited.mjs';
import { recordedFolders } from '../traces.mjs';
import { Workspace } from '../workspace.mjs';
import { askNew, askRecorded, Library } from './ask.mjs';
import { count, countsText } from './compare.mjs';
import { kernelKunit, testsIn } from './kunit.mjs';
import { kernelIn } from './linux/kernel.mjs';
import { FILES, kernelTree, vendored } from './linux/tree.mjs';

/** @typedef {{ total: number, failed: string[] }} Tests */

/** Longer than any test takes. */
const SECONDS = 1800;

/**
 * Prints a report.
 * @param {string} linux a tree or an archive
 * @param {import('./ask.mjs').NewTraces} newTraces
 * @returns {Promise<boolean>} whether this library, built on that kernel, is that kernel's
 */
export async function parity(linux, newTraces) {
  const tree = await kernelTree(linux);
  await printChanges(tree);
  const { library, tests } = await buildAndTest(tree);

  const kernel = await kernelIn(tree);
  console.log(`\nThat kernel, Linux ${kernel.version}, booted:`);
  tests.push(printTests("the kernel's own tests (KUnit)", testsIn(await kernelKunit(kernel))));

  console.log('\nThe recorded traces, recorded anew on it (a difference may bring on those that follow):');
  const { changed, different } = await withTempFolder(async (temp) =>
    askRecorded(kernel, library, await recordedFolders(temp)),
  );
  console.log(countsText('All', changed));
  const ours = [different];
  if (library) {
    console.log('\nThis library, built on it, against that kernel:');
    console.log(countsText('The recorded traces', different));
    if (newTraces.operations > 0) {
      console.log(`New traces (--seed ${newTraces.seed}):`);
      ours.push(await askNew(kernel, library, newTraces));
      console.log(countsText('All', ours[1]));
    }
  }

  const failed = tests.flatMap((test) => test.failed).length;
  const wrong = ours.reduce((sum, counts) => sum + counts.different, 0);
  const problems = [
    ...(library ? [] : ['it cannot be built']),
    ...(failed > 0 ? [`${count(failed)} ${failed === 1 ? 'test fails' : 'tests fail'}`] : []),
    ...(wrong > 0 ? [`${count(wrong)} answers are not the kernel's`] : []),
  ];
  console.log(
    `\nOf the recorded answers, ${count(changed.different)} are others with Linux ${kernel.version}.`,
  );
  console.log(
    `gpu-buddy on it: ${problems.join(', ') || "all tests pass, and every answer is that kernel's"}.`,
  );
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

/** That it cannot be built is a finding. @param {string} tree @returns {Promise<{ library?: Library, tests: Tests[] }>} */
async function buildAndTest(tree) {
  const folder = join(root, 'build', 'parity', basename(dirname(tree)));
  const shown = relative(process.cwd(), folder);
  console.log(`\nThis library, built on it in ${shown}:`);
  const workspace = new Workspace(folder);
  for (const path of FILES) {
    cpSync(join(tree, path), join(folder, relative(root, vendored), path));
  }
  try {
    await workspace.configure('parity', '-O2');
    await workspace.compile();
  } catch (error) {
    const lines = /** @type {Error} */ (error).message.split('\n');
    const errors = lines.filter((line) => /\berror\b|undefined reference/i.test(line));
    console.log('  It cannot be built. A function that is new to buddy.c needs a stand-in in native/kernel.');
    console.log((errors.length > 0 ? errors : lines).slice(0, 10).join('\n').replaceAll(/^/gm, '  '));
    return { tests: [] };
  }
  const options = { cwd: workspace.build, seconds: SECONDS };
  const kunit = await runLimited(workspace.kunit, options);
  const native = await runLimited(workspace.ctest, options);
  return {
    library: new Library(workspace.addon),
    tests: [
      printTests("the kernel's own tests (KUnit)", testsIn(kunit.output)),
      printTests('native tests', nativeTestsIn(native.output)),
    ],
  };
}

/** @param {string} output of ctest @returns {Tests} */
export function nativeTestsIn(output) {
  const [, total = '0'] = /tests failed out of (\d+)/.exec(output) ?? [];
  const [, list = ''] = /The following tests FAILED:\n([^]*?)\n(?!\s)/.exec(output) ?? [];
  const failed = [...list.matchAll(/^\s*\d+ - (.*) \(\w[^()]*\)/gm)].map(([, name]) => name);
  if (total === '0') failed.push('(none was run)');
  return { total: Math.max(Number(total), failed.length), failed };
}

/** @param {string} name @param {Tests} tests */
function printTests(name, tests) {
  console.log(`  ${name}: ${count(tests.total - tests.failed.length)} of ${count(tests.total)} pass`);
  for (const test of tests.failed) console.log(`    fails: ${test}`);
  return tests;
}
