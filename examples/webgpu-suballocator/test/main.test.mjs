import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('npm start computes and finds every number right, or says in one line that no adapter is here', () => {
  const main = fileURLToPath(new URL('../main.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8' });
  if (status === 0) assert.match(stdout, /^640 results are right, 0 wrong$/m);
  else assert.match(stderr, /^There is no WebGPU adapter: .*apt-get install .*$/m);
});
