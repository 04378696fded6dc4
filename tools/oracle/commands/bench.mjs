// `oracle bench`: JSON on standard output, the same as a table on standard error.

import { parseArgs } from 'node:util';
import { benchKernel } from '../bench.mjs';
import { count } from '../comparison.mjs';
import { readyKernel } from '../linux/kernel.mjs';

/** @param {string[]} args */
export async function run(args) {
  parseArgs({ args, options: {} });
  const kernel = await readyKernel();
  console.error('Timing in the booted kernel …');
  const result = await benchKernel(kernel);
  console.error(`${result.kernel}: one 4 KiB block allocated and freed, 1 TiB space`);
  console.error(row(['state', 'live blocks', 'ns', 'lowest', 'highest']));
  for (const { state, live, median, lowest, highest } of result.states) {
    console.error(row([state, count(live), ...[median, lowest, highest].map((time) => time.toFixed(0))]));
  }
  console.log(JSON.stringify(result, null, 2));
  return 0;
}

/** @param {string[]} cells */
function row([name, ...numbers]) {
  return [name.padEnd(14), ...numbers.map((number) => number.padStart(12))].join('');
}
