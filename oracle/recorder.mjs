// Records a booted kernel's answers to traces. Each trace gets a kernel of its own, freshly booted.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withTempFolder } from '../scripts/linux/temp.mjs';
import { copy, readLines } from './files.mjs';
import { bootFor } from './linux/boot.mjs';
import { OracleError } from './linux/oracle-error.mjs';

/**
 * @param {import('./linux/kernel.mjs').Kernel} kernel
 * @param {string} trace the file to read
 * @param {string} expected the file to write
 * @returns {Promise<{ lines: number, seconds: number }>} the lines of the trace, and how long the kernel ran
 */
export async function record({ program }, trace, expected) {
  return withTempFolder(join(tmpdir(), 'gpu-buddy-oracle-'), async (folder) => {
    await copy(trace, join(folder, 'trace'));
    const start = performance.now();
    const lines = await bootFor(program, folder, { trace: 'trace', result: 'result' });
    const seconds = (performance.now() - start) / 1000;
    const answers = (await readLines(join(folder, 'result'))).length;
    if (answers !== lines) {
      throw new OracleError(`The kernel gave ${answers} answers to ${lines} lines.`);
    }
    await copy(join(folder, 'result'), expected);
    return { lines, seconds };
  });
}
