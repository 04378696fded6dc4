// The kernel to ask: fetched, built and ready to boot.

import { buildKernel } from './build.mjs';
import { kernelTree } from './tree.mjs';

/** @typedef {{ version: string, program: string, seconds: number }} Kernel */

/** @param {import('./tree.mjs').Choice} [choice] GPU_BUDDY_LINUX chooses where the caller does not @returns {Promise<Kernel>} */
export async function readyKernel(choice = { linux: process.env['GPU_BUDDY_LINUX'] }) {
  const tree = await kernelTree(choice);
  return { version: tree.version, ...(await buildKernel(tree)) };
}
