// What `npm run test:asan` runs: the jest tests, with the addon built under AddressSanitizer and UndefinedBehaviorSanitizer.
// Arguments go to jest. Leaks are looked for in the native tests: Node itself never frees all it has.
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from './linux/root.mjs';
import { writeProtocol } from './protocol.mjs';

/** @param {string[]} args @param {NodeJS.ProcessEnv} [environment] added to our own */
function runNode(args, environment) {
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, args, { cwd: packageRoot, stdio: 'inherit', env }).status ?? 1;
}

/** The sanitizers must be there before Node is. */
function sanitizerLibraries() {
  const files = ['libasan.so', 'libubsan.so'].map((name) =>
    execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim(),
  );
  return files.join(':');
}

writeProtocol();
process.exitCode = runNode(['scripts/build-addon.mjs', 'cmake-js', '--sanitize=address,undefined']);
if (process.exitCode === 0)
  process.exitCode = runNode(['--expose-gc', 'node_modules/jest/bin/jest.js', ...process.argv.slice(2)], {
    LD_PRELOAD: sanitizerLibraries(),
    ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1:abort_on_error=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    GPU_BUDDY_ADDON: path.join(packageRoot, 'build/cmake/sanitized/RelWithDebInfo/gpu_buddy_test.node'),
  });
