// Runs the jest tests with the addon built under AddressSanitizer and UndefinedBehaviorSanitizer (`npm run test:asan`).
// Arguments go to jest. Leaks are looked for in the native tests: Node itself never frees all it has.
import path from 'node:path';
import { writeProtocol } from './protocol.mjs';
import { packageRoot, run, script, show } from './run.mjs';

await script('test-asan', async () => {
  writeProtocol();
  const build = ['scripts/build-addon.mjs', 'cmake-js', '--sanitize=address,undefined'];
  await show([process.execPath, ...build], { cwd: packageRoot });
  const libraries = await Promise.all(
    ['libasan.so', 'libubsan.so'].map((name) => run(['gcc', `-print-file-name=${name}`])),
  );
  const jest = ['--expose-gc', 'node_modules/jest/bin/jest.js', ...process.argv.slice(2)];
  await show([process.execPath, ...jest], {
    cwd: packageRoot,
    env: {
      // The sanitizers must be there before Node is.
      LD_PRELOAD: libraries.map((file) => file.trim()).join(':'),
      ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1:abort_on_error=1',
      UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
      GPU_BUDDY_ADDON: path.join(packageRoot, 'build/cmake/sanitized/RelWithDebInfo/gpu_buddy_test.node'),
    },
  });
});
