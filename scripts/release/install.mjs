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
    // By force, since some are for other processors.
    await run(['npm', 'ci', '--force', '--prefer-offline', ...QUIETLY], { cwd: folder });
    writeFileSync(complete, wanted);
  }
  return path.join(folder, 'node_modules');
}

/**
 * Asks the registry for the newest release of a package and installs it; without a registry, takes the one that was found before.
 * @param {string} name
 * @returns {Promise<string>} its folder
 */
export async function newest(name) {
  const place = path.join(cacheFolder(), `newest-${name}`);
  const folder = path.join(place, 'node_modules', name);
  try {
    const version = newestOf(JSON.parse(await run(['npm', 'view', name, 'versions', '--json'])));
    if (existsSync(folder) && versionIn(folder) === version) return folder;
    mkdirSync(place, { recursive: true });
    console.log(`npm install ${name}@${version} in ${place}`);
    await run(['npm', 'install', '--prefix', place, '--no-save', ...QUIETLY, `${name}@${version}`]);
  } catch (error) {
    if (!(error instanceof ScriptError) || !existsSync(folder)) throw error;
    console.log(`npm cannot tell the newest ${name}, so the last one is taken: ${error.message}`);
  }
  return folder;
}

/** Releases only. The tag `latest` may be of an older line, which was published later. @param {readonly string[]} versions */
export function newestOf(versions) {
  const releases = versions.filter((version) => /^\d+\.\d+\.\d+$/.test(version));
  return releases.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? '';
}

/** @param {string} folder */
export function versionIn(folder) {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).version;
}
