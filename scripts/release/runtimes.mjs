// The Nodes that a proof can run on: this machine's kernel and processor, an emulated processor, another C library.

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../linux/run.mjs';
import { installed } from './installed.mjs';
import { fetchZig } from './zig.mjs';

/**
 * @typedef {object} Runtime
 * @property {string} target as nameOf() has it
 * @property {string} how for people
 * @property {string[]} command what runs a script
 * @property {Record<string, string>} env
 */
/** @typedef {{ target: string, how: string, missing: string }} Lacking */

const QEMU = '/usr/bin/qemu-aarch64-static';
const ARM64_LIBRARIES = '/usr/aarch64-linux-gnu';
const WINE = '/usr/bin/wine';
const MUSL_LOADER = '/lib/ld-musl-x86_64.so.1';

/** @param {(message: string) => void} say @returns {Promise<(Runtime | Lacking)[]>} */
export async function findRuntimes(say) {
  const folder = await installed('nodes', say);
  const modules = path.join(folder, 'node_modules');
  const named = (/** @type {string} */ kind, program = 'bin/node') =>
    readdirSync(modules)
      .filter((name) => name.startsWith(`${kind}-`))
      .sort()
      .map((name) => ({
        node: path.join(modules, name, program),
        version: versionOf(path.join(modules, name)),
      }));
  return [
    ...named('x64').map(({ node, version }) => ({
      target: 'linux-x64-glibc',
      how: `Node ${version}`,
      command: [node],
      env: {},
    })),
    ...named('arm64').map(({ node, version }) => emulated(node, version)),
    await onMusl(path.join(modules, 'musl-x64/pnpm'), say),
    ...named('win32', 'bin/node.exe').map(({ node, version }) => onWine(node, version, folder)),
  ];
}

/** @param {string} folder */
function versionOf(folder) {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).version;
}

/** @param {string} node @param {string} version @returns {Runtime | Lacking} */
function emulated(node, version) {
  const found = { target: 'linux-arm64-glibc', how: `Node ${version}, qemu-user` };
  const needed = [QEMU, `${ARM64_LIBRARIES}/lib/libc.so.6`, `${ARM64_LIBRARIES}/lib/libstdc++.so.6`];
  if (!needed.every((file) => existsSync(file)))
    return { ...found, missing: 'apt-get install qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross' };
  return { ...found, command: [QEMU, '-L', ARM64_LIBRARIES, node], env: {} };
}

/**
 * Windows' own Node. It can't write into a pipe of wine's, only into a file.
 * @param {string} node
 * @param {string} version
 * @param {string} folder for what wine keeps
 * @returns {Runtime | Lacking}
 */
function onWine(node, version, folder) {
  const found = { target: 'win32-x64', how: `Node ${version}, wine` };
  if (!existsSync(WINE)) return { ...found, missing: 'apt-get install wine wine64' };
  const script = '"$0" "$@" > output.txt 2>&1; status=$?; cat output.txt; exit $status';
  return {
    ...found,
    command: ['sh', '-c', script, WINE, node],
    env: {
      WINEPREFIX: path.join(folder, 'wine'),
      WINEDEBUG: '-all',
      // Neither .NET nor a browser is needed.
      WINEDLLOVERRIDES: 'mscoree,mshtml=',
      // Node is told of an older Windows than it wants.
      NODE_SKIP_PLATFORM_CHECK: '1',
    },
  };
}

/**
 * npm has no Node for musl but the one inside pnpm's executable. It needs a libstdc++, of which Debian has one for glibc only: that
 * one, and a shim for what musl lacks (musl/shim.cc).
 * @param {string} executable
 * @param {(message: string) => void} say
 * @returns {Promise<Runtime | Lacking>}
 */
async function onMusl(executable, say) {
  const found = { target: 'linux-x64-musl', how: `musl's loader, the Node in pnpm's executable` };
  const libraries = ['libstdc++.so.6', 'libgcc_s.so.1'].map((name) => ({
    name,
    file: ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu']
      .map((folder) => path.join(folder, name))
      .find((file) => existsSync(file)),
  }));
  if (!existsSync(MUSL_LOADER) || !libraries.every(({ file }) => file))
    return { ...found, missing: 'apt-get install musl libstdc++6 libgcc-s1' };
  const folder = path.join(path.dirname(executable), '.musl');
  mkdirSync(path.join(folder, 'dist'), { recursive: true });
  cpSync(executable, path.join(folder, 'node'), { mode: 0 });
  await run([['chmod', '+x', path.join(folder, 'node')]]);
  const here = (/** @type {string} */ name) => fileURLToPath(new URL(`musl/${name}`, import.meta.url));
  cpSync(here('start.mjs'), path.join(folder, 'dist/pnpm.mjs'));
  for (const { name, file } of libraries) cpSync(file, path.join(folder, name), { dereference: true });
  const { zig, env } = await fetchZig(say);
  const compile = [zig, 'c++', '-target', 'x86_64-linux-musl', '-O2', '-shared', '-fPIC', '-nostdlib++'];
  await run([[...compile, here('shim.cc'), '-o', path.join(folder, 'shim.so')]], { env });
  // libstdc++ asks for glibc's loader by name, and needs nothing of it.
  writeFileSync(path.join(folder, 'nothing.c'), '');
  const empty = path.join(folder, 'ld-linux-x86-64.so.2');
  await run(
    [[...compile.with(1, 'cc').toSpliced(-1), '-nostdlib', path.join(folder, 'nothing.c'), '-o', empty]],
    { env },
  );
  return {
    ...found,
    command: [path.join(folder, 'node')],
    env: { LD_LIBRARY_PATH: folder, LD_PRELOAD: path.join(folder, 'shim.so') },
  };
}
