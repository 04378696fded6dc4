// What `npm run test:native` runs: the native tests, built and run once for each variant, or for those that are named. Beside them,
// `kunit` runs the kernel's own tests of buddy.c, printed as KTAP: `--seed N` chooses the random numbers (1; `random`: some), and
// `--repeat N` runs them that often and prints only what fails; `worst` measures the slowest calls.
import { randomInt } from 'node:crypto';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildNative, jobs } from './cmake.mjs';
import { CommandFailed, packageRoot, printTable, run, script, ScriptError, show } from './run.mjs';
import { ctestCounts } from './test-report.mjs';

/** @type {Record<string, { options: string[], env?: Record<string, string> }>} */
const VARIANTS = {
  plain: { options: [] },
  sanitized: {
    options: ['-DSANITIZE=address,undefined'],
    env: {
      ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
    },
  },
  thread: {
    options: ['-DSANITIZE=thread'],
    env: { TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1' },
  },
  lockdep: { options: ['-DLOCKDEP=ON'] },
};
const HIGHEST_SEED = 0xffff_ffff;

/** Runs a program that may fail. @param {string[]} command @param {import('execa').Options} [options] */
async function outputOf(command, options) {
  try {
    return { hasSucceeded: true, output: await run(command, options) };
  } catch (error) {
    if (error instanceof CommandFailed) return { hasSucceeded: false, output: error.output };
    throw error;
  }
}

/** @param {string} name */
async function test(name) {
  const { options, env } = VARIANTS[name];
  const start = performance.now();
  console.log(`${name}:`);
  const folder = await buildNative(name, ['-DCMAKE_COMPILE_WARNING_AS_ERROR=ON', ...options]);
  const ctest = ['ctest', '--test-dir', folder, ...jobs, '--output-on-failure', '--no-tests=error'];
  const { hasSucceeded, output } = await outputOf(ctest, { cwd: packageRoot, env });
  const wanted = hasSucceeded
    ? /tests passed|\*\*\*/
    : /^(?! *Start +\d| *\d+\/\d+ Test.* Passed |Internal ctest)/;
  console.log(
    output
      .trimEnd()
      .split('\n')
      .filter((line) => wanted.test(line))
      .join('\n'),
  );
  const { passed, failed } = ctestCounts(output);
  if (!hasSucceeded || passed === 0) process.exitCode = 1;
  return [name, passed + failed, passed, `${((performance.now() - start) / 1000).toFixed(1)} s`];
}

/** @param {string} name @param {string} text */
function toCount(name, text) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= HIGHEST_SEED) return number;
  throw new ScriptError(`--${name} takes a whole number from 1 to 2^32 - 1, not ${text}`);
}

/** @param {{ seed: string, repeat?: string }} options */
async function testKunit({ seed, repeat }) {
  const count = toCount('repeat', repeat ?? '1');
  const first = seed === 'random' ? 0 : toCount('seed', seed);
  const program = path.join(await buildNative('plain', [], 'kunit'), 'test/kunit/kunit');
  const sums = { passed: 0, failed: 0 };
  for (let i = 0; i < count; i++) {
    const number = first ? ((first - 1 + i) % HIGHEST_SEED) + 1 : randomInt(1, HIGHEST_SEED + 1);
    const { hasSucceeded, output } = await outputOf([program, String(number)]);
    const [, passed = '0', failed = '0'] = /pass:(\d+) fail:(\d+)/.exec(output) ?? [];
    if (!repeat || !hasSucceeded) console.log(`# seed ${number}\n${output.trimEnd()}`);
    sums.passed += Number(passed);
    // A program that was killed has no totals.
    sums.failed += Number(failed) || (hasSucceeded ? 0 : 1);
  }
  const { passed, failed } = sums;
  console.log(`# Totals: pass:${passed} fail:${failed} skip:0 total:${passed + failed}`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

await script('test-native', async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string', default: '1' }, repeat: { type: 'string' } },
  });
  if (positionals[0] === 'kunit') return testKunit(values);
  if (positionals[0] === 'worst') {
    const folder = await buildNative('worst', ['-DCMAKE_BUILD_TYPE=Release'], 'worst');
    return show([path.join(folder, 'worst')]);
  }
  const unknown = positionals.filter((name) => !Object.hasOwn(VARIANTS, name));
  if (unknown.length > 0)
    throw new ScriptError(
      `no variant ${unknown.join(', ')}: there are ${Object.keys(VARIANTS).join(', ')}, kunit, worst`,
    );
  const rows = [];
  for (const name of positionals.length > 0 ? positionals : Object.keys(VARIANTS))
    rows.push(await test(name));
  console.log();
  printTable([['variant', 'tests', 'passed', 'time'], ...rows]);
});
