// The kernel to ask: fetched, built and ready to boot.

import { execa } from 'execa';
import { buildKernel } from './build.mjs';
import { kernelTree, requireVendored } from './tree.mjs';

/** @typedef {{ program: string, version: string }} Kernel */

/** @param {string} [program] built already; without it, the kernel of the vendored files @returns {Promise<Kernel>} */
export async function readyKernel(program) {
  if (program) return kernelOf(program);
  const tree = await kernelTree(process.env['GPU_BUDDY_LINUX']);
  requireVendored(tree);
  return kernelOf(await buildKernel(tree));
}

/** @param {string} program @returns {Promise<Kernel>} */
export async function kernelOf(program) {
  return { program, version: (await execa(program, ['--version'])).stdout };
}
