// `oracle parity`: all of it for another kernel. Builds this library on that kernel's files, runs the tests, boots that kernel
// and asks it, and reports what differs from the kernel that this library is made for.

import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { fromGiven } from '../../../scripts/linux/given.mjs';
import { Manifest } from '../../../scripts/linux/manifest.mjs';
import { packageRoot } from '../../../scripts/linux/root.mjs';
import { withTempFolder } from '../../../scripts/linux/temp.mjs';
import { verify } from '../../../scripts/linux/verify.mjs';
import { summaryText, total } from '../comparison.mjs';
import { checkGenerated, newSeed, OPERATIONS } from '../generated.mjs';
import { kernelKunit, testsIn } from '../kunit.mjs';
import { readyKernel } from '../linux/kernel.mjs';
import { OracleError } from '../linux/oracle-error.mjs';
import { BuildFailed, KernelLibrary } from '../parity/library.mjs';
import { checkRecordedTraces } from '../parity/recorded-traces.mjs';
import {
  kernelName,
  missingText,
  operationsText,
  sourcesText,
  sumByOperation,
  testsText,
  verdict,
} from '../parity/report.mjs';
import { compareSources, referenceFiles } from '../parity/sources.mjs';
import { recordedFolders } from '../recorded.mjs';
import { wholeNumber } from '../whole-number.mjs';

/** @typedef {import('../parity/sources.mjs').Files} Files */
/** @typedef {import('../kunit.mjs').Tests} Tests */
/** @typedef {{ operations: number, seed: string }} NewTraces */

const SETTING = '--linux';
/** One folder a kernel; git ignores it. */
const BUILDS = join(packageRoot, 'build', 'parity');

/** @param {string[]} args */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      linux: { type: 'string' },
      operations: { type: 'string', default: OPERATIONS },
      seed: { type: 'string', default: newSeed() },
    },
  });
  const { linux, seed } = values;
  const operations = wholeNumber('--operations', values.operations);
  if (!linux) throw new OracleError(`parity takes ${SETTING} DIR, a kernel tree or an archive of one.`);
  if (/^\w+:\/\//.test(linux))
    throw new OracleError(`A whole kernel is built: ${SETTING} must name a tree or an archive, not a URL.`);

  const manifest = Manifest.read(packageRoot);
  const reference = referenceFiles(manifest);
  const files = await readFiles(linux, manifest);
  const { origin } = files;
  const { version } = reference.origin;
  console.log(`Parity with ${kernelName(origin)}\n`);

  const changes = compareSources(reference, files);
  console.log(sourcesText(changes, version));
  if (changes.missing.length > 0) throw new OracleError(missingText(origin, changes.missing));

  const { library, tests } = await buildAndTest(files);
  const kernel = await readyKernel({ linux, setting: SETTING, trusted: true });
  tests.push(await kernelTests(kernel));
  const answers = await checkAnswers(kernel, library, version, { operations, seed });
  const { text, holds } = verdict({ origin, version, built: library !== undefined, tests, ...answers });
  console.log(`\n${text}`);
  return holds ? 0 : 1;
}

/** Whoever names a tree here trusts it: it is built and booted. @param {string} linux @param {Manifest} manifest @returns {Promise<Files>} */
async function readFiles(linux, manifest) {
  const found = await fromGiven(linux, manifest, { timeout: 0, setting: SETTING });
  const origin = verify(found, manifest, { allowUnverified: true, warn: () => {} });
  return { origin, contents: found.contents };
}

/** @param {Files} files @returns {Promise<{ library: KernelLibrary | undefined, tests: Tests[] }>} */
async function buildAndTest(files) {
  const hash = createHash('sha256').update(JSON.stringify(files.origin.files)).digest('hex');
  const folder = join(BUILDS, `${files.origin.version}-${hash.slice(0, 8)}`);
  const shown = relative(process.cwd(), folder);
  console.error(`Building this library on it, in ${shown} …`);
  try {
    const library = await KernelLibrary.build(files, folder);
    console.log(`\nThis library, built on it in ${shown}:`);
    const kunit = await library.kunit();
    console.log(testsText("  the kernel's own tests (KUnit)", kunit));
    const native = await library.nativeTests();
    console.log(testsText('  native tests', native));
    return { library, tests: [kunit, native] };
  } catch (error) {
    if (!(error instanceof BuildFailed)) throw error;
    console.log(
      `\nThis library cannot be built on it. A function that is new to buddy.c needs a stand-in in native/kernel.`,
    );
    console.log(error.message.replaceAll(/^/gm, '  '));
    return { library: undefined, tests: [] };
  }
}

/** @param {import('../linux/kernel.mjs').Kernel} kernel */
async function kernelTests(kernel) {
  const tests = testsIn(await kernelKunit(kernel));
  console.log('\nThat kernel, booted:');
  console.log(testsText("  the kernel's own tests (KUnit)", tests));
  return tests;
}

/**
 * @param {import('../linux/kernel.mjs').Kernel} kernel
 * @param {KernelLibrary | undefined} built
 * @param {string} version that the recorded traces are of
 * @param {NewTraces} newTraces
 * @returns {Promise<{ changed: number, different: number }>}
 */
function checkAnswers(kernel, built, version, { operations, seed }) {
  const library = built && {
    generate: built.generate.bind(built),
    answers: built.answers.bind(built),
    environment: `GPU_BUDDY_ADDON=${relative(process.cwd(), built.addon)} `,
  };
  return withTempFolder(join(tmpdir(), 'gpu-buddy-parity-'), async (temp) => {
    console.log(
      `\nThe recorded answers of Linux ${version}, recorded anew on it (a difference may bring on those that follow):`,
    );
    const recorded = await checkRecordedTraces(kernel, library, recordedFolders(), temp);
    console.log(summaryText(`${recorded.changed.length} traces`, recorded.changed));
    const { different: changed } = total(recorded.changed);
    if (changed > 0) console.log(`By operation: ${operationsText(sumByOperation(recorded.operations))}`);
    if (!library) return { changed, different: 0 };

    const ours = recorded.ours;
    console.log('\nThis library, built on it, against that kernel:');
    console.log(summaryText(`${ours.length} recorded traces`, ours));
    if (operations > 0) {
      console.log(`New traces (--seed ${seed}):`);
      const generated = await checkGenerated(kernel, library, { operations, seed }, temp);
      console.log(summaryText(`${generated.length} profiles`, generated));
      ours.push(...generated);
    }
    return { changed, different: total(ours).different };
  });
}
