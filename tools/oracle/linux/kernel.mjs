// The kernel to ask: fetched, built and ready to boot.

import { execa } from 'execa';
import { buildKernel } from './build.mjs';
import { kernelTree, requireVendored } from './tree.mjs';

/** @typedef {{ program: string, version: string }} Kernel */

/**
 * @param {{ program?: string, kernel?: string }} chosen a program that is built already, or the series of the vendored files; the one
 *   that the library is built on unless given
 * @returns {Promise<Kernel>}
 */
export async function readyKernel({ program, kernel }) {
  if (program) return kernelOf(program);
  const tree = await kernelTree({ place: process.env['GPU_BUDDY_LINUX'], kernel });
  requireVendored(tree, kernel);
  return kernelOf(await buildKernel(tree));
}

/** @param {string} program @returns {Promise<Kernel>} */
export async function kernelOf(program) {
  return { program, version: (await execa(program, ['--version'])).stdout };
}
