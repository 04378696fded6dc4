// An empty project with the tarball in it, installed as a user would who has neither a compiler nor install scripts.

import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../linux/run.mjs';

/** The folder of node and npm alone, for PATH. @param {string} folder where to make it */
export async function barePath(folder) {
  const bin = path.join(folder, 'bin');
  if (existsSync(bin)) return bin;
  mkdirSync(bin, { recursive: true });
  const npm = (await run([['sh', '-c', 'realpath "$(command -v npm)"']])).trim();
  symlinkSync(process.execPath, path.join(bin, 'node'));
  symlinkSync(npm, path.join(bin, 'npm'));
  symlinkSync(path.join(path.dirname(npm), 'npx-cli.js'), path.join(bin, 'npx'));
  return bin;
}

/** @param {string} folder @param {string} tarball */
export async function emptyProject(folder, tarball) {
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run([[process.execPath, await npmOf(), 'install', ...options, tarball]], {
    cwd: folder,
    env: { PATH: await barePath(folder) },
  });
}

async function npmOf() {
  return (await run([['sh', '-c', 'realpath "$(command -v npm)"']])).trim();
}
