// Adds our module to a kernel tree and builds it as User-Mode Linux: once for each state of the module.

import { Presets, SingleBar } from 'cli-progress';
import { execa, ExecaError } from 'execa';
import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULE = fileURLToPath(new URL('../kernel', import.meta.url));
const MODULE_PATH = 'drivers/gpu/oracle';
/** Options to switch on, as the module's config.fragment says it for this kernel. */
const FRAGMENT = 'oracle.fragment';
/** Options that older kernels lack, and what serves them instead. */
const BEFORE = { KUNIT_UML_PCI: ['VIRTIO_UML', 'UML_PCI_OVER_VIRTIO'], KUNIT_AUTORUN_ENABLED: [] };
/** Makes the kernel's own build look into our folder. */
const HOOKS = {
  'drivers/gpu/Kconfig': `source "${MODULE_PATH}/Kconfig"`,
  'drivers/gpu/Makefile': 'obj-$(CONFIG_GPU_BUDDY_ORACLE) += oracle/',
};
const PACKAGES = 'build-essential flex bison bc libelf-dev libssl-dev xz-utils';
/** About as much as a whole build prints, for the bar. */
const LOG_BYTES = 40_000;

/** @param {string} tree @returns {Promise<string>} the kernel, a program */
export async function buildKernel(tree) {
  const program = join(tree, 'linux');
  if (existsSync(program) && hasModule(tree)) return program;

  rmSync(program, { force: true });
  installModule(tree);
  console.error(`Building the kernel in ${tree} (some minutes) …`);
  const log = join(dirname(tree), 'build.log');
  const bar = new SingleBar({ format: '{bar} {percentage} %' }, Presets.shades_classic);
  try {
    await make(tree, ['-s', `KCONFIG_ALLCONFIG=${FRAGMENT}`, 'allnoconfig']);
    checkConfig(tree);
    const making = make(tree, [`-j${availableParallelism()}`], log);
    bar.start(LOG_BYTES, 0);
    making.stdout.on('data', (chunk) => bar.increment(chunk.length));
    await making;
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    const errors = String(error.stderr)
      .split('\n')
      .filter((line) => /error|\*\*\*|not found/i.test(line));
    throw new Error(
      `The kernel could not be built; the log is ${log}.\n${errors.slice(0, 10).join('\n')}\n` +
        `It needs: apt-get install ${PACKAGES}`,
      { cause: error },
    );
  } finally {
    bar.stop();
  }
  return program;
}

/** @param {string} tree */
function hasModule(tree) {
  return readdirSync(MODULE).every((name) => {
    const file = join(tree, MODULE_PATH, name);
    return existsSync(file) && readFileSync(file).equals(readFileSync(join(MODULE, name)));
  });
}

/** @param {string} tree */
function installModule(tree) {
  cpSync(MODULE, join(tree, MODULE_PATH), { recursive: true });
  for (const [path, line] of Object.entries(HOOKS)) {
    const file = join(tree, path);
    if (!readFileSync(file, 'utf8').includes(line)) appendFileSync(file, `\n${line}\n`);
  }
  writeFragment(tree);
}

/** Writes what is switched on in this kernel. @param {string} tree */
function writeFragment(tree) {
  const kunit = readFileSync(join(tree, 'lib/kunit/Kconfig'), 'utf8');
  let fragment = readFileSync(join(MODULE, 'config.fragment'), 'utf8');
  for (const [option, instead] of Object.entries(BEFORE))
    if (!new RegExp(`^config ${option}$`, 'm').test(kunit))
      fragment = fragment.replace(
        `CONFIG_${option}=y\n`,
        instead.map((name) => `CONFIG_${name}=y\n`).join(''),
      );
  writeFileSync(join(tree, FRAGMENT), fragment);
}

/** Finds settings that the kernel's configuration has dropped in silence. @param {string} tree */
function checkConfig(tree) {
  const [config, fragment] = ['.config', FRAGMENT].map((path) =>
    readFileSync(join(tree, path), 'utf8').split('\n'),
  );
  const dropped = fragment.filter((line) => line.startsWith('CONFIG_') && !config.includes(line));
  if (dropped.length > 0) throw new Error(`This kernel does not take ${dropped.join(', ')}.`);
}

/** @param {string} tree @param {string[]} args @param {string} [log] a file */
function make(tree, args, log = '/dev/null') {
  return execa('nice', ['-n', '10', 'make', '-C', tree, 'ARCH=um', ...args], {
    // Keeps the names of this machine out of the kernel.
    env: { KBUILD_BUILD_USER: 'gpu-buddy', KBUILD_BUILD_HOST: 'oracle', MAKEFLAGS: '' },
    stdin: 'ignore',
    stdout: ['pipe', { file: log }],
  });
}
