// Packages that a release needs and the project does not: installed from a committed lock file into the user's cache folder.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../linux/cache.mjs';
import { CommandFailed, run } from '../linux/run.mjs';

export class ToolMissing extends Error {
  name = 'ToolMissing';
}

/**
 * Where the packages of a folder beside this file are installed.
 * @param {'zig' | 'nodes' | 'hosts' | 'consumers'} name
 * @param {(message: string) => void} say
 */
export async function installed(name, say) {
  const manifest = fileURLToPath(new URL(`${name}/`, import.meta.url));
  const folder = path.join(cacheFolder(), name);
  const wanted = readFileSync(path.join(manifest, 'package-lock.json'), 'utf8');
  const complete = path.join(folder, 'complete');
  if (existsSync(complete) && readFileSync(complete, 'utf8') === wanted) return folder;
  rmSync(complete, { force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(manifest, folder, { recursive: true });
  say(`npm ci in ${folder}`);
  try {
    // By force, since some are for other processors.
    const options = ['--force', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    await run([['npm', 'ci', '--loglevel=error', ...options]], { cwd: folder });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new ToolMissing(
      `npm cannot fetch what scripts/release/${name}/package.json lists: ${error.message}`,
    );
  }
  writeFileSync(complete, wanted);
  return folder;
}
