// `oracle record DIR`: the kernel's answers to every trace of a folder, written beside the traces.

import { parseArgs } from 'node:util';
import { count } from '../comparison.mjs';
import { recordingsIn } from '../files.mjs';
import { readyKernel } from '../linux/kernel.mjs';
import { OracleError } from '../linux/oracle-error.mjs';
import { record } from '../recorder.mjs';

/** @param {string[]} args */
export async function run(args) {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new OracleError('record takes one folder.');
  const recordings = await recordingsIn(folder);
  if (recordings.length === 0) throw new OracleError(`${folder} holds no *.trace and no *.trace.gz.`);

  const kernel = await readyKernel();
  for (const { name, trace, expected } of recordings) {
    const { lines, seconds } = await record(kernel, trace, expected);
    console.log(
      `${name}: ${count(lines)} lines recorded on Linux ${kernel.version} in ${seconds.toFixed(1)} s`,
    );
  }
  return 0;
}
