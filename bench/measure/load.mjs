// How long a process takes that requires the package, and one that does nothing, in milliseconds: ROUNDS.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { interleave } from '../interleave.mjs';
import { report } from './report.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @param {string} script */
function start(script) {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - begin;
}

const measurements = {
  empty: () => start(''),
  // By its name, which is how the package may call itself.
  loaded: () => start("require('gpu-buddy')"),
};
await interleave(measurements, 2);
report(await interleave(measurements, 3 * Number(process.argv[2])));
