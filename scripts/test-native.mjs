// `npm run test:native`: the native tests, built and run once for each variant, or for those that are named. Beside them,
// `kunit` runs the kernel's own tests of buddy.c, printed as KTAP: `--seed N` chooses the random numbers (1; `random`: some), and
// `--repeat N` runs them that often, with other ones each time, and prints the first run and one that fails; `worst` measures the
// slowest calls. `--kernel 6.12,7.2` does it on other series of the kernel than the built-in one, and `--kernel all` on each that
// vendor/linux.json knows: `npm run build -- fetch --tests --kernel 6.12` gets their files.
import { randomInt } from 'node:crypto';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildNative, jobs } from './cmake.mjs';
import { seriesIn } from './linux/manifest.mjs';
import { CommandFailed, packageRoot, printTable, run, script, ScriptError, show } from './run.mjs';
import { countsLine, sumCounts } from './test-report.mjs';

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

/** Runs a program that may fail. @param {string[]} command @param {import('execa').Options} [options] */
async function outputOf(command, options) {
  try {
    return { hasSucceeded: true, output: await run(command, options) };
  } catch (error) {
    if (error instanceof CommandFailed) return { hasSucceeded: false, output: error.output };
    throw error;
  }
}

/** @param {string} name @param {string} [kernel] */
async function test(name, kernel) {
  const { options, env } = VARIANTS[name];
  const start = performance.now();
  const shown = kernel ? `${name} on Linux ${kernel}` : name;
  console.log(`${shown}:`);
  const folder = await buildNative(name, ['-DCMAKE_COMPILE_WARNING_AS_ERROR=ON', ...options], { kernel });
  const ctest = ['ctest', '--test-dir', folder, ...jobs, '--output-on-failure', '--no-tests=error'];
  const { hasSucceeded, output } = await outputOf(ctest, { cwd: packageRoot, env });
  if (!hasSucceeded) {
    console.log(output);
    process.exitCode = 1;
  }
  // ctest counts a skipped test among the passed ones.
  const skipped = output.match(/\*\*\*Skipped/g)?.length ?? 0;
  const [, failed = 1, total = 1] = (/(\d+) tests? failed out of (\d+)/.exec(output) ?? []).map(Number);
  return {
    name: shown,
    passed: total - failed - skipped,
    failed,
    skipped,
    seconds: (performance.now() - start) / 1000,
  };
}

/**
 * Runs the kernel's own tests, up to the first failure.
 * @param {{ seed: string, repeat: string }} options
 * @param {string} [kernel]
 */
async function testKunit({ seed, repeat }, kernel) {
  if (!(Number(repeat) >= 1)) throw new ScriptError(`--repeat takes a number from 1 on, not ${repeat}`);
  const folder = await buildNative('plain', [], { target: 'kunit', kernel });
  const program = path.join(folder, 'test/kunit/kunit');
  for (let i = 0; i < Number(repeat); i++) {
    const number = seed === 'random' ? randomInt(1, 2 ** 32) : Number(seed) + i;
    const { hasSucceeded, output } = await outputOf([program, String(number)]);
    const on = kernel ? `Linux ${kernel}, ` : '';
    if (i === 0 || !hasSucceeded) console.log(`# ${on}seed ${number}\n${output.trimEnd()}`);
    if (!hasSucceeded) throw new ScriptError(`the kernel's tests fail with seed ${number}`);
  }
  console.log(`# ${repeat} runs passed`);
}

await script('test-native', async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      repeat: { type: 'string', default: '1' },
      kernel: { type: 'string' },
    },
  });
  const kernels = values.kernel === undefined ? [undefined] : seriesIn(packageRoot, values.kernel);
  if (positionals[0] === 'kunit') {
    for (const kernel of kernels) await testKunit(values, kernel);
    return;
  }
  if (positionals[0] === 'worst') {
    const folder = await buildNative('worst', ['-DCMAKE_BUILD_TYPE=Release'], { target: 'worst' });
    return show([path.join(folder, 'worst')]);
  }
  const unknown = positionals.filter((name) => !Object.hasOwn(VARIANTS, name));
  if (unknown.length > 0)
    throw new ScriptError(
      `no variant ${unknown.join(', ')}: there are ${Object.keys(VARIANTS).join(', ')}, kunit, worst`,
    );
  const results = [];
  for (const kernel of kernels)
    for (const name of positionals.length > 0 ? positionals : Object.keys(VARIANTS))
      results.push(await test(name, kernel));
  const rows = results.map(({ seconds, ...counts }) => [
    counts.name,
    countsLine(counts),
    `${seconds.toFixed(1)} s`,
  ]);
  printTable([['variant', 'tests', 'time'], ...rows]);
  const total = sumCounts(results);
  console.log(`\n${countsLine(total)}`);
});
