// What `npm run test:native` runs: the native tests, built and run once for each variant, or for those that are named:
// `npm run test:native -- plain`. What is built how is CMakeLists.txt's business.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Variant
 * @property {string} name also the folder's below build/native/
 * @property {string[]} options for cmake
 * @property {Record<string, string>} [environment] of the tests
 */

/** @typedef {{ name: string, tests: number, passed: number, seconds: number }} Result */

/** @type {Variant[]} */
const variants = [
  { name: 'plain', options: [] },
  {
    name: 'sanitized',
    options: ['-DSANITIZE=address,undefined'],
    environment: {
      ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  },
  {
    name: 'thread',
    options: ['-DSANITIZE=thread'],
    environment: { TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1' },
  },
  { name: 'lockdep', options: ['-DLOCKDEP=ON'] },
];

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const jobs = String(availableParallelism());

/**
 * Runs a command of the build and keeps what it says.
 * @param {string[]} command
 * @param {Record<string, string>} [environment] added to our own
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function run([program, ...args], environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** @param {string[]} command */
async function isThere(command) {
  try {
    return (await run(command)).code === 0;
  } catch {
    return false;
  }
}

/** The tools that the build needs, or one clear error. @returns {Promise<string>} cmake's name for what builds */
async function findGenerator() {
  const compilers = process.env.CC ? [process.env.CC] : ['cc', 'gcc', 'clang'];
  const found = await Promise.all(
    compilers.map((compiler) => isThere([...compiler.split(' '), '--version'])),
  );
  const missing = [];
  if (!(await isThere(['cmake', '--version']))) missing.push('CMake (3.24 or newer)');
  if (!found.some(Boolean))
    missing.push(process.env.CC ? `the C compiler in CC, ${process.env.CC}` : 'a C compiler');
  const ninja = await isThere(['ninja', '--version']);
  if (!ninja && !(await isThere(['make', '--version']))) missing.push('Ninja or make');
  if (missing.length > 0)
    throw new Error(
      `the native tests need ${missing.join(' and ')}: on Debian, apt-get install build-essential cmake`,
    );
  return ninja ? 'Ninja' : 'Unix Makefiles';
}

/** A step of the build, whose output is only of interest if it fails. @param {string} what @param {string[]} command */
async function build(what, command) {
  const { code, output } = await run(command);
  if (code !== 0) throw new Error(`${what} failed:\n${output.trimEnd()}`);
}

/**
 * What ctest says of tests that did not pass, and its last word.
 * @param {string} output
 * @param {boolean} succeeded
 */
function worthShowing(output, succeeded) {
  const lines = output.trimEnd().split('\n');
  const wanted = succeeded
    ? /tests passed|\*\*\*/
    : /^(?! *Start +\d| *\d+\/\d+ Test.* Passed |Internal ctest)/;
  return lines.filter((line) => wanted.test(line)).join('\n');
}

/** @param {Variant} variant @param {string} generator @returns {Promise<Result>} */
async function test({ name, options, environment }, generator) {
  const folder = path.join('build/native', name);
  const start = performance.now();
  const fresh = existsSync(path.join(root, folder, 'CMakeCache.txt')) ? [] : ['-G', generator];

  console.log(`${name}:`);
  await build(`configuring the ${name} tests`, [
    ...['cmake', '-S', '.', '-B', folder, ...fresh],
    ...['-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DCMAKE_COMPILE_WARNING_AS_ERROR=ON', ...options],
  ]);
  await build(`building the ${name} tests`, ['cmake', '--build', folder, '--parallel', jobs]);

  const ctest = [
    'ctest',
    '--test-dir',
    folder,
    '--parallel',
    jobs,
    '--output-on-failure',
    '--no-tests=error',
  ];
  const { code, output } = await run(ctest, environment);
  console.log(worthShowing(output, code === 0));
  const [, failed = '1', total = '0'] = /(\d+) tests? failed out of (\d+)/.exec(output) ?? [];
  const tests = Number(total);
  return { name, tests, passed: tests - Number(failed), seconds: (performance.now() - start) / 1000 };
}

/** @param {Result[]} results */
function printTable(results) {
  console.log(`\n${'variant'.padEnd(12)}${'tests'.padStart(7)}${'passed'.padStart(8)}${'time'.padStart(10)}`);
  for (const { name, tests, passed, seconds } of results) {
    const numbers = `${String(tests).padStart(7)}${String(passed).padStart(8)}${seconds.toFixed(1).padStart(8)} s`;
    console.log(`${name.padEnd(12)}${numbers}`);
  }
}

/** The variants that the command line names; all where it names none. @param {string[]} names */
function choose(names) {
  const unknown = names.filter((name) => !variants.some((variant) => variant.name === name));
  if (unknown.length > 0)
    throw new Error(
      `no variant ${unknown.join(', ')}: there are ${variants.map(({ name }) => name).join(', ')}`,
    );
  return names.length > 0 ? variants.filter(({ name }) => names.includes(name)) : variants;
}

try {
  const chosen = choose(process.argv.slice(2));
  const generator = await findGenerator();
  const results = [];
  for (const variant of chosen) results.push(await test(variant, generator));
  printTable(results);
  if (results.some(({ tests, passed }) => passed < tests || tests === 0)) process.exitCode = 1;
} catch (error) {
  console.error(`test-native: ${error.message}`);
  process.exitCode = 1;
}
