// The kernel to ask: fetched, built and ready to boot.

import { buildKernel } from './build.mjs';
import { kernelTree } from './tree.mjs';

/** @typedef {{ version: string, program: string, seconds: number }} Kernel */

/** @returns {Promise<Kernel>} */
export async function readyKernel() {
  const tree = await kernelTree();
  return { version: tree.version, ...(await buildKernel(tree)) };
}
