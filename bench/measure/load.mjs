import { execaSync } from 'execa';
import { fileURLToPath } from 'node:url';
import { interleave } from '../interleave.mjs';
import { row } from '../rows.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @param {string} script @returns {number} milliseconds */
function start(script) {
  const begin = performance.now();
  execaSync(process.execPath, ['-e', script], { cwd: root });
  return performance.now() - begin;
}

/** Measures how long a process takes that requires the package, and one that does nothing. @param {number} rounds */
export async function measure(rounds) {
  const measurements = {
    empty: () => start(''),
    // Loads the package by its own name.
    loaded: () => start("require('gpu-buddy')"),
  };
  await interleave(measurements, 2);
  const { empty, loaded } = await interleave(measurements, 3 * rounds);
  const more = loaded.map((time, i) => time - empty[i]);
  return [
    row('load.empty', 'a process that does nothing', 'ms', empty),
    row('load.more', "require('gpu-buddy'), more than that", 'ms', more),
  ];
}
