// What `npm run test:kunit` runs: the kernel's own tests of buddy.c, printed as KTAP. `--seed N` chooses the random numbers
// (default 1), `--repeat N` runs them that often with the seeds that follow and prints only what fails.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = path.join(root, 'build/native/kunit');

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, repeat: { type: 'string' } },
});

/** @param {string} name @param {string} text */
function toCount(name, text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 0xffff_ffff)
    throw new Error(`--${name} takes a whole number from 1 to 2^32 - 1, not ${text}`);
  return number;
}

/** A step of the build, whose output is only of interest if it fails. @param {string[]} command */
function build([program, ...args]) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (error) throw new Error(`${program} cannot be run: apt-get install build-essential cmake`);
  if (status !== 0) throw new Error(`${program} failed:\n${stdout}${stderr}`);
}

/** @param {number} seed */
function runOnce(seed) {
  const { status, stdout, stderr } = spawnSync(path.join(folder, 'test/kunit/kunit'), [String(seed)], {
    encoding: 'utf8',
  });
  const [, passed = '0', failed = '0'] = /pass:(\d+) fail:(\d+)/.exec(stdout) ?? [];
  // A program that was killed has no totals.
  return {
    ktap: stdout + stderr,
    passed: Number(passed),
    failed: Number(failed) || (status === 0 ? 0 : 1),
  };
}

try {
  const first = toCount('seed', values.seed);
  const count = values.repeat === undefined ? 1 : toCount('repeat', values.repeat);
  build(['cmake', '-S', '.', '-B', folder, '-DCMAKE_BUILD_TYPE=RelWithDebInfo']);
  build(['cmake', '--build', folder, '--target', 'kunit']);

  let passed = 0;
  let failed = 0;
  for (let seed = first; seed < first + count; seed++) {
    const result = runOnce(seed);
    passed += result.passed;
    failed += result.failed;
    if (values.repeat === undefined) process.stdout.write(result.ktap);
    else if (result.failed) process.stdout.write(`# seed ${seed}\n${result.ktap}`);
  }
  console.log(`# Totals: pass:${passed} fail:${failed} skip:0 total:${passed + failed}`);
  if (failed || !passed) process.exitCode = 1;
} catch (error) {
  console.error(`test-kunit: ${error.message}`);
  process.exitCode = 2;
}
