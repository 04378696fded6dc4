// `oracle build`: makes the kernel ready, so that the other commands find it.

import { parseArgs } from 'node:util';
import { readyKernel } from '../linux/kernel.mjs';

/** @param {string[]} args */
export async function run(args) {
  parseArgs({ args, options: {} });
  const { version, seconds } = await readyKernel();
  console.log(`Linux ${version} is ready; it took ${seconds} s to build.`);
  return 0;
}
