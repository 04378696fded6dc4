// `oracle kunit`: the kernel's own tests of the allocator, in the kernel itself.

import { parseArgs } from 'node:util';
import { kernelKunit, testsIn } from '../kunit.mjs';
import { readyKernel } from '../linux/kernel.mjs';

/** @param {string[]} args */
export async function run(args) {
  parseArgs({ args, options: {} });
  const ktap = await kernelKunit(await readyKernel());
  console.log(ktap);
  const { total, failed } = testsIn(ktap);
  return total > 0 && failed.length === 0 ? 0 : 1;
}
