// What `npm run test:asan` runs: the jest tests, with the addon built under AddressSanitizer and UndefinedBehaviorSanitizer.
// Arguments go to jest. Leaks are looked for in the native tests: Node itself never frees all it has.
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { protocolDigest, writeProtocol } from './protocol.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = path.join(root, 'build/native/asan');
const require = createRequire(import.meta.url);

/** @param {string} program @param {string[]} args */
function ask(program, ...args) {
  return execFileSync(program, args, { cwd: root, encoding: 'utf8' }).trim();
}

/** A step of the build, whose output is only of interest if it fails. @param {string[]} command */
function build([program, ...args]) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (error) throw new Error(`${program} cannot be run: apt-get install build-essential cmake`);
  if (status !== 0) throw new Error(`${program} failed:\n${stdout}${stderr}`);
}

const headers = [require('node-api-headers').include_dir, require('node-addon-api').include_dir];

writeProtocol();
build([
  ...['cmake', '-S', '.', '-B', folder, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DSANITIZE=address,undefined'],
  `-DADDON_INCLUDES=${headers.map((header) => path.resolve(root, header.replaceAll('"', ''))).join(';')}`,
  `-DKERNEL_VERSION=${ask('node', 'scripts/linux/version.mjs')}`,
  `-DPROTOCOL=${protocolDigest()}`,
]);
build(['cmake', '--build', folder, '--target', 'addon', '--parallel', '2']);

// The sanitizers must be there before Node is.
const runtime = ['libasan.so', 'libubsan.so'].map((name) => ask('gcc', `-print-file-name=${name}`)).join(':');
const { status } = spawnSync(
  process.execPath,
  ['--expose-gc', 'node_modules/jest/bin/jest.js', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      LD_PRELOAD: runtime,
      ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1:abort_on_error=1',
      UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
      GPU_BUDDY_ADDON: path.join(folder, 'test/addon/gpu_buddy.node'),
    },
  },
);
process.exitCode = status ?? 1;
