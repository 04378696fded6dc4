// Says what to do on this system when no source has the kernel's files.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheFolder } from './cache.mjs';

/** The command of each package manager that lets an archive be unpacked. */
const INSTALL = {
  'apt-get': 'apt-get install tar xz-utils',
  dnf: 'dnf install tar xz',
  apk: 'apk add tar xz',
  zypper: 'zypper install tar xz',
  pacman: 'pacman -S tar xz',
  brew: 'brew install xz',
};

/**
 * @param {string[]} problems that each source had
 * @param {import('./manifest.mjs').Manifest} manifest
 * @param {{ offline: boolean }} options
 */
export function advice(problems, { paths, trees, versions: [version] }, { offline }) {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const [manager, install] =
    Object.entries(INSTALL).find(([name]) => folders.some((folder) => existsSync(join(folder, name)))) ?? [];
  const hosts = trees.map((tree) => new URL(tree).host).join(' or ');
  const ways = [
    offline && 'unset GPU_BUDDY_OFFLINE, which forbids apt-get and public trees',
    !offline &&
      hosts &&
      `let this machine reach ${hosts}; a proxy is named by HTTPS_PROXY, a certificate of its own by NODE_EXTRA_CA_CERTS`,
    !offline &&
      manager === 'apt-get' &&
      'let apt-get reach a mirror of Debian, with `apt-get install debian-archive-keyring`',
    `get linux-${version}.tar.xz from kernel.org on another machine, and set GPU_BUDDY_LINUX to it` +
      (install ? ` (\`${install}\` lets it be unpacked)` : ''),
    `copy a filled ${cacheFolder()} from another machine`,
  ];
  return `The kernel's files (${paths.join(', ')}) were not found.
${problems.map((problem) => `  - ${problem}.`).join('\n')}
Do one of these and try again:
${ways
  .flatMap((way) => way || [])
  .map((way) => `  - ${way}`)
  .join(';\n')}.`;
}
