/** The package as it is built: what a program that requires it gets. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/**
 * @typedef {object} Library
 * @property {typeof import('gpu-buddy').GpuBuddy} GpuBuddy
 * @property {typeof import('gpu-buddy/trace').TraceReplayer} TraceReplayer
 */

/** Loads the package from a checkout that is built. @param {string} folder @returns {Library} */
export function loadLibrary(folder) {
  const { GpuBuddy } = require(path.resolve(folder));
  const { TraceReplayer } = require(path.resolve(folder, 'dist/trace/index.js'));
  return { GpuBuddy, TraceReplayer };
}

/**
 * @typedef {object} NumberPool as far as it is measured
 * @property {(size: number, options?: import('gpu-buddy').AllocOptions) => number} alloc
 * @property {(size: number, options?: import('gpu-buddy').AllocOptions) => number | null} tryAlloc
 * @property {(handle: number, options?: import('gpu-buddy').FreeOptions) => void} free
 */

/** Opens a pool of an allocator. @param {any} buddy @returns {NumberPool} */
export function openPool(buddy) {
  return buddy.pool();
}

/** This checkout's. */
export const library = loadLibrary(fileURLToPath(new URL('..', import.meta.url)));

export const { GpuBuddy, TraceReplayer } = library;
