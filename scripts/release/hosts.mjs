// The programs that a proof runs on: Nodes of this machine, of an emulated processor, of another C library and of Windows, the newest
// Node, Node's permission model, Bun and Deno.
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { packageRoot, run } from '../run.mjs';
import { installed, newestNodeFolder, versionIn } from './install.mjs';
import { fetchZig } from './zig.mjs';

/**
 * @typedef {object} Host
 * @property {string} target as nameOf() has it
 * @property {string} how for people
 * @property {string[]} command what runs a script; PROJECT stands for the folder of a proof
 * @property {Record<string, string>} [env]
 * @property {string[]} [files] without which it can't run
 * @property {string} [packages] Debian's that bring them
 */

/** The flags that README.md names. */
const PERMISSION = ['--permission', '--allow-addons', '--allow-fs-read=PROJECT'];
const DENO = ['run', '--no-prompt', '--allow-read=PROJECT', '--allow-ffi=PROJECT'];

/** @returns {Promise<Host[]>} */
export async function findHosts() {
  const modules = await installed('nodes');
  const named = (/** @type {string} */ kind, program = 'bin/node') =>
    readdirSync(modules)
      .filter((name) => name.startsWith(`${kind}-`))
      .sort()
      .map((name) => ({
        node: path.join(modules, name, program),
        version: versionIn(path.join(modules, name)),
      }));
  const latest = await newestNode();
  const own = [...named('x64'), latest];
  return [
    ...own.map(({ node, version }) => glibc(`Node ${version}`, [node])),
    ...own
      .slice(-2)
      .map(({ node, version }) => glibc(`Node ${version}, --permission`, [node, ...PERMISSION])),
    ...Object.values(await otherHosts()),
    ...named('arm64').map(({ node, version }) => emulated(node, version)),
    await onMusl(path.join(await installed('hosts'), 'bun-musl')),
    ...named('win32', 'bin/node.exe').map(({ node, version }) => onWine(node, version, modules)),
  ];
}

export async function newestNode() {
  const folder = await newestNodeFolder();
  return { node: path.join(folder, 'bin/node'), version: versionIn(folder) };
}

export async function otherHosts() {
  const modules = await installed('hosts');
  const [bun, deno] = ['bun', 'deno'].map((name) => path.join(modules, name));
  return {
    bun: glibc(`Bun ${versionIn(bun)}`, [path.join(bun, 'bin/bun')]),
    deno: glibc(`Deno ${versionIn(deno)}`, [path.join(deno, 'deno'), ...DENO]),
  };
}

/** @param {string} how @param {string[]} command @returns {Host} */
function glibc(how, command) {
  return { target: 'linux-x64-glibc', how, command };
}

/** @param {string} node @param {string} version @returns {Host} */
function emulated(node, version) {
  const [qemu, libraries] = ['/usr/bin/qemu-aarch64-static', '/usr/aarch64-linux-gnu'];
  return {
    target: 'linux-arm64-glibc',
    how: `Node ${version}, qemu-user`,
    command: [qemu, '-L', libraries, node],
    files: [qemu, `${libraries}/lib/libc.so.6`, `${libraries}/lib/libstdc++.so.6`],
    packages: 'qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross',
  };
}

/** Node of Windows. It can't write into a pipe of wine's, only into a file. @param {string} node @param {string} version @param {string} modules @returns {Host} */
function onWine(node, version, modules) {
  const wine = '/usr/bin/wine';
  const toFile = '"$0" "$@" > output.txt 2>&1; status=$?; cat output.txt; exit $status';
  return {
    target: 'win32-x64',
    how: `Node ${version}, wine`,
    command: ['sh', '-c', toFile, wine, node],
    files: [wine],
    packages: 'wine wine64',
    env: {
      WINEPREFIX: path.join(modules, '../wine'),
      WINEDEBUG: '-all',
      // Neither .NET nor a browser is needed.
      WINEDLLOVERRIDES: 'mscoree,mshtml=',
      // Node is told of an older Windows than it wants.
      NODE_SKIP_PLATFORM_CHECK: '1',
    },
  };
}

/**
 * Bun for musl needs a libstdc++, of which Debian has one for glibc only: it gets that one, and musl-shim.c for what it asks of glibc.
 * @param {string} bun the package's folder
 * @returns {Promise<Host>}
 */
async function onMusl(bun) {
  const folder = path.join(bun, '../../musl');
  const loader = '/lib/ld-musl-x86_64.so.1';
  const libraries = ['libstdc++.so.6', 'libgcc_s.so.1'].map((name) => `/usr/lib/x86_64-linux-gnu/${name}`);
  const host = {
    target: 'linux-x64-musl',
    how: `Bun ${versionIn(bun)}, musl's loader`,
    command: [path.join(bun, 'bin/bun')],
    files: [loader, ...libraries],
    packages: 'musl libstdc++6 libgcc-s1',
    env: { LD_LIBRARY_PATH: folder },
  };
  if (!host.files.every((file) => existsSync(file))) return host;
  const place = (/** @type {string} */ name) => path.join(folder, name);
  mkdirSync(folder, { recursive: true });
  for (const file of libraries) cpSync(file, place(path.basename(file)), { dereference: true });
  // The names that Alpine gives to musl, and glibc to its loader.
  cpSync(loader, place('libc.musl-x86_64.so.1'), { dereference: true });
  const { zig, env } = await fetchZig();
  const target = ['-target', 'x86_64-linux-musl', '-shared', '-fPIC', '-nostdlib'];
  const shim = path.join(packageRoot, 'scripts/release/musl-shim.c');
  await run([zig, 'cc', ...target, shim, '-o', place('ld-linux-x86-64.so.2')], { env });
  return host;
}
