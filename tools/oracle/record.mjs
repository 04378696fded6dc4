// Records a booted kernel's answers to a trace. Each trace gets a kernel of its own, freshly booted.

import { join } from 'node:path';
import { withTempFolder } from '../folders.mjs';
import { readLines, writeLines } from '../traces.mjs';
import { bootFor } from './linux/boot.mjs';

/**
 * @param {import('./linux/kernel.mjs').Kernel} kernel
 * @param {readonly string[]} trace
 * @param {{ skipMissing?: boolean }} [options] with it, an operation on a list or block that is not there is passed over, and its
 *   answer is a comment that says so; else it ends the recording
 * @returns {Promise<string[]>} one answer a line
 */
export function record({ program }, trace, { skipMissing = false } = {}) {
  return withTempFolder(async (folder) => {
    writeLines(join(folder, 'trace'), trace);
    const job = { trace: 'trace', result: 'result', ...(skipMissing && { skip_missing: '1' }) };
    const lines = await bootFor(program, folder, job);
    const answers = readLines(join(folder, 'result'));
    if (answers.length !== lines) {
      throw new Error(`The kernel gave ${answers.length} answers to ${lines} lines.`);
    }
    return answers;
  });
}
