// Records a booted kernel's answers to traces. Each trace gets a kernel of its own, freshly booted.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withTempFolder } from '../../scripts/linux/temp.mjs';
import { copy, readLines } from './files.mjs';
import { bootFor } from './linux/boot.mjs';
import { OracleError } from './linux/oracle-error.mjs';

/**
 * @param {import('./linux/kernel.mjs').Kernel} kernel
 * @param {string} trace the file to read
 * @param {string} expected the file to write
 * @param {{ skipMissing?: boolean }} [options] with it, an operation on a list or block that is not there is passed over, and its
 *   answer is a comment that says so; else it ends the recording
 * @returns {Promise<{ lines: number, seconds: number }>} the lines of the trace, and how long the kernel ran
 */
export async function record({ program }, trace, expected, { skipMissing = false } = {}) {
  return withTempFolder(join(tmpdir(), 'gpu-buddy-oracle-'), async (folder) => {
    await copy(trace, join(folder, 'trace'));
    const start = performance.now();
    const job = { trace: 'trace', result: 'result', ...(skipMissing && { skip_missing: '1' }) };
    const lines = await bootFor(program, folder, job);
    const seconds = (performance.now() - start) / 1000;
    const answers = (await readLines(join(folder, 'result'))).length;
    if (answers !== lines) {
      throw new OracleError(`The kernel gave ${answers} answers to ${lines} lines.`);
    }
    await copy(join(folder, 'result'), expected);
    return { lines, seconds };
  });
}
