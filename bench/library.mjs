/** The package as it is built: what a program that requires it gets. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/**
 * @typedef {object} Library
 * @property {typeof import('gpu-buddy').GpuBuddy} GpuBuddy
 * @property {typeof import('gpu-buddy/trace').TraceReplayer} TraceReplayer
 * @property {string} kernelVersion
 */

/** Loads the package from a checkout that is built. @param {string} folder @returns {Library} */
export function loadLibrary(folder) {
  const { GpuBuddy, kernelVersion } = require(path.resolve(folder));
  const { TraceReplayer } = require(path.resolve(folder, 'dist/trace/index.js'));
  return { GpuBuddy, TraceReplayer, kernelVersion };
}

const root = fileURLToPath(new URL('..', import.meta.url));

export const library = loadLibrary(root);

/** @typedef {import('gpu-buddy/queue').AllocQueue} AllocQueue */
export const { AllocQueue } = /** @type {typeof import('gpu-buddy/queue')} */ (
  require(path.join(root, 'dist/queue/index.js'))
);
