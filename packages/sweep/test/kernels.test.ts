// The kernels of a specification, on packages that stand beside gpu-buddy: 9.9 fails seven requests more, and 9.8 loads another kernel.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { kernelVersion } from 'gpu-buddy';
import { LIBRARY } from '../src/plan/make-sweep.js';
import type { Row } from '../src/replay/row.js';
import { temporaryFolder, writeSpecification } from './support/folder.js';
import { start } from './support/program.js';
import { writeTrace } from './support/traces.js';

const folder = temporaryFolder();
writeTrace(folder, 'one.trace', 1, 100);

/** Makes the package of a kernel, which measures as gpu-buddy does, and adds failures. */
function makeKernel(release: string, loads: string): void {
  const name = `@gpu-buddy/linux-${release.split('.', 2).join('.')}`;
  const at = path.join(folder, 'modules', name);
  const builtIn = createRequire(import.meta.url).resolve('gpu-buddy/trace');
  mkdirSync(at, { recursive: true });
  const exports = { '.': './index.js', './trace': './trace.js', './package.json': './package.json' };
  writeFileSync(
    path.join(at, 'package.json'),
    JSON.stringify({ name, version: LIBRARY, linux: release, exports }),
  );
  writeFileSync(path.join(at, 'index.js'), `exports.kernelVersion = '${loads}';`);
  writeFileSync(
    path.join(at, 'trace.js'),
    `const { measurePolicy } = require(${JSON.stringify(builtIn)});
    exports.measurePolicy = (...args) => {
      const measured = measurePolicy(...args);
      return { ...measured, failures: measured.failures + 7 };
    };`,
  );
}
makeKernel('9.9.1', '9.9.1');
makeKernel('9.8.1', kernelVersion);

async function runOn(name: string, kernels: readonly string[]) {
  const file = writeSpecification(
    folder,
    { traces: ['one.trace'], sizes: ['400%'], kernels },
    `${name}.json`,
  );
  const results = path.join(folder, `${name}.jsonl`);
  const env = { NODE_PATH: path.join(folder, 'modules'), GPU_BUDDY_ADDON: '' };
  const { exitCode, stderr } = await start(['run', file, '-o', results, '--threads', '1'], { env });
  return { exitCode, stderr: String(stderr), results };
}

test('each kernel has its own lines, which name its release', async () => {
  const { exitCode, stderr, results } = await runOn('both', ['9.9', 'built-in', '9.9.1']);
  assert.equal(exitCode, 0, stderr);
  const rows = readFileSync(results, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
  assert.deepEqual(
    rows.map(({ kernel, failures }) => [kernel, failures]),
    [
      ['9.9.1', 7],
      [kernelVersion, 0],
    ],
  );
});

test('a package that loads the allocator of another kernel is refused', async () => {
  const { exitCode, stderr } = await runOn('wrong', ['9.8']);
  assert.equal(exitCode, 2);
  assert.match(stderr, /linux-9\.8 has loaded the allocator of Linux 7\..*: leave out GPU_BUDDY_ADDON/);
});
