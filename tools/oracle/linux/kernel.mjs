// The kernel to ask: fetched, built and ready to boot.

import { execa } from 'execa';
import { buildKernel } from './build.mjs';
import { kernelTree, requireVendored } from './tree.mjs';

/** @typedef {{ program: string, version: string }} Kernel */

/** @param {string} [program] a kernel that is built already @returns {Promise<Kernel>} the one of the vendored files */
export async function readyKernel(program) {
  if (program) return kernelOf(program);
  const tree = await kernelTree(process.env['GPU_BUDDY_LINUX']);
  requireVendored(tree);
  return kernelIn(tree);
}

/** @param {string} tree @returns {Promise<Kernel>} */
export async function kernelIn(tree) {
  return kernelOf(await buildKernel(tree));
}

/** @param {string} program */
async function kernelOf(program) {
  const { stdout } = await execa(program, ['--version']);
  return { program, version: stdout.trim() };
}
