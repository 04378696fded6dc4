// An empty project with the tarball, installed as a user would who has neither a compiler nor install scripts.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../run.mjs';

/**
 * Fills an empty folder.
 * @param {string} folder
 * @param {string} tarball
 * @returns {Promise<string>} a PATH with node and npm alone
 */
export async function emptyProject(folder, tarball) {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const npm = (await run(['sh', '-c', 'realpath "$(command -v npm)"'])).trim();
  symlinkSync(process.execPath, path.join(bin, 'node'));
  symlinkSync(npm, path.join(bin, 'npm'));
  symlinkSync(path.join(path.dirname(npm), 'npx-cli.js'), path.join(bin, 'npx'));
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run([process.execPath, npm, 'install', ...options, tarball], { cwd: folder, env: { PATH: bin } });
  return bin;
}
