// What `npm run test:kunit` runs: the kernel's own tests of buddy.c, printed as KTAP. `--seed N` chooses the random numbers
// (default 1; `random`: some), `--repeat N` runs them that often, with the seeds that follow or a random one each time, and
// prints only what fails, with its seed.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = path.join(root, 'build/native/kunit');

const HIGHEST_SEED = 0xffff_ffff;

/** @param {string} name @param {string} text */
function toCount(name, text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > HIGHEST_SEED)
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

/** @param {string} text of --seed @param {number} count @returns {number[]} */
function seedsFrom(text, count) {
  if (text === 'random') return Array.from({ length: count }, () => randomInt(1, HIGHEST_SEED + 1));
  const first = toCount('seed', text);
  return Array.from({ length: count }, (_, i) => ((first - 1 + i) % HIGHEST_SEED) + 1);
}

/** @param {number} seed */
function runAlone(seed) {
  console.log(`# seed ${seed}`);
  const { ktap, passed, failed } = runOnce(seed);
  process.stdout.write(ktap);
  console.log(`# Totals: pass:${passed} fail:${failed} skip:0 total:${passed + failed}`);
  return passed > 0 && failed === 0;
}

/** @param {number[]} seeds */
function runAll(seeds) {
  const results = seeds.map((seed) => {
    const result = runOnce(seed);
    if (result.failed || !result.passed) process.stdout.write(`# seed ${seed}\n${result.ktap}`);
    return result;
  });
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  // The cases of a run are the same each time; a run that ended early has fewer.
  const cases = Math.max(...results.map((result) => result.passed + result.failed));
  const good = results.filter((result) => result.passed === cases).length;
  console.log(`# ${good} of ${seeds.length} runs: ${cases} of ${cases} cases pass`);
  console.log(`# Totals: pass:${passed} fail:${failed} skip:0 total:${passed + failed}`);
  return good === seeds.length && cases > 0;
}

try {
  const { values } = parseArgs({
    options: { seed: { type: 'string', default: '1' }, repeat: { type: 'string' } },
  });
  const seeds = seedsFrom(values.seed, values.repeat === undefined ? 1 : toCount('repeat', values.repeat));
  build(['cmake', '-S', '.', '-B', folder, '-DCMAKE_BUILD_TYPE=RelWithDebInfo']);
  build(['cmake', '--build', folder, '--target', 'kunit']);
  const good = values.repeat === undefined ? runAlone(seeds[0]) : runAll(seeds);
  if (!good) process.exitCode = 1;
} catch (error) {
  console.error(`test-kunit: ${error.message}`);
  process.exitCode = 2;
}
