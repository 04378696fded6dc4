// Adds our module to a kernel tree and builds it as User-Mode Linux: once for each module, config and compiler.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandFailed, run } from '../../../scripts/linux/run.mjs';
import { OracleError } from './oracle-error.mjs';
import { progress } from './progress.mjs';
import { requireTools } from './tools.mjs';

/** @typedef {import('./tree.mjs').Tree} Tree */

const MODULE = fileURLToPath(new URL('../kernel', import.meta.url));
const MODULE_PATH = 'drivers/gpu/oracle';
const FRAGMENT = `${MODULE_PATH}/config.fragment`;
/** What makes the kernel's own build look into our folder. */
const HOOKS = {
  'drivers/gpu/Kconfig': `source "${MODULE_PATH}/Kconfig"`,
  'drivers/gpu/Makefile': 'obj-$(CONFIG_GPU_BUDDY_ORACLE) += oracle/',
};
const RECORD = 'built.json';
const LOG = 'build.log';
/** About as much as a whole build prints, for the bar. */
const LOG_BYTES = 40_000;

/**
 * @param {Tree} tree
 * @returns {Promise<{ program: string, seconds: number }>} the kernel, and how long it took to build
 */
export async function buildKernel({ home, folder, version }) {
  const program = join(folder, 'linux');
  const stamp = stampOf();
  const built = readRecord(home);
  if (built?.stamp === stamp && existsSync(program)) return { program, seconds: built.seconds };

  requireTools();
  installModule(folder);
  const start = performance.now();
  await configure(folder);
  await make(home, folder, version);
  const seconds = Math.round((performance.now() - start) / 1000);
  writeFileSync(join(home, RECORD), `${JSON.stringify({ stamp, seconds }, null, 2)}\n`);
  console.error(`Built Linux ${version} in ${seconds} s.`);
  return { program, seconds };
}

/** Changes when a new build is needed. */
function stampOf() {
  const hash = createHash('sha256');
  for (const name of readdirSync(MODULE).sort()) hash.update(readFileSync(join(MODULE, name)));
  hash.update(spawnSync('gcc', ['--version'], { encoding: 'utf8' }).stdout ?? '');
  return hash.digest('hex');
}

/** @param {string} home @returns {{ stamp: string, seconds: number } | undefined} */
function readRecord(home) {
  try {
    return JSON.parse(readFileSync(join(home, RECORD), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Files that are the same stay as they are, so that make builds no more than it must. @param {string} folder */
function installModule(folder) {
  const target = join(folder, MODULE_PATH);
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(MODULE)) {
    const content = readFileSync(join(MODULE, name));
    const file = join(target, name);
    if (!existsSync(file) || !readFileSync(file).equals(content)) writeFileSync(file, content);
  }
  for (const [path, line] of Object.entries(HOOKS)) {
    const file = join(folder, path);
    if (!existsSync(file)) throw new OracleError(`This kernel has no ${path}: Linux 7.3 or newer is needed.`);
    if (!readFileSync(file, 'utf8').includes(line)) appendFileSync(file, `\n${line}\n`);
  }
}

/** @param {string} folder */
async function configure(folder) {
  await runMake(folder, ['-s', `KCONFIG_ALLCONFIG=${FRAGMENT}`, 'allnoconfig']);
  const config = readFileSync(join(folder, '.config'), 'utf8').split('\n');
  const wanted = readFileSync(join(folder, FRAGMENT), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('CONFIG_'));
  const refused = wanted.filter((line) => !config.includes(line));
  if (refused.length > 0) {
    throw new OracleError(`This kernel's configuration does not take ${refused.join(', ')}.`);
  }
}

/** @param {string} home @param {string} folder @param {string} version */
async function make(home, folder, version) {
  const bar = await progress(`Building Linux ${version} (some minutes)`);
  const log = join(home, LOG);
  try {
    await runMake(folder, [`-j${availableParallelism()}`], {
      log,
      onBytes: (bytes) => bar.update(Math.min(bytes / LOG_BYTES, 0.99)),
    });
    bar.update(1);
  } finally {
    bar.done();
  }
}

/**
 * @param {string} folder
 * @param {string[]} args
 * @param {{ log?: string, onBytes?: (bytes: number) => void }} [options]
 */
async function runMake(folder, args, { log, onBytes } = {}) {
  // Nothing of the machine's names gets into the kernel.
  const env = { KBUILD_BUILD_USER: 'gpu-buddy', KBUILD_BUILD_HOST: 'oracle', MAKEFLAGS: '' };
  const command = ['nice', '-n', '10', 'make', '-C', folder, 'ARCH=um', ...args];
  try {
    await run([command, log ? ['tee', log] : ['cat']], { env, onBytes });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const lines = error.stderr.split('\n').filter((line) => /error|Error|\*\*\*/.test(line));
    const shown = lines.slice(0, 10).join('\n');
    throw new OracleError(
      `The kernel could not be built${log ? `; the log is ${log}` : ''}.\n${shown || error.message}`,
    );
  }
}
