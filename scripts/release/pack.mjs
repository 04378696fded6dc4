// The tarball of a checkout, and an empty project with it, installed as a user would who has neither a compiler nor install scripts.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot, run, withTempFolder } from '../run.mjs';

/**
 * Makes the tarball of a checkout in a folder, of what is built already.
 * @param {string} folder
 * @param {string} [root] of the checkout
 * @returns {Promise<string>} its file
 */
export function pack(folder, root = packageRoot) {
  return withTempFolder(async (temporary) => {
    await run(['tar', '-xzf', await npmPack(root, temporary), '-C', temporary]);
    const unpacked = path.join(temporary, 'package');
    const manifest = path.join(unpacked, 'package.json');
    const text = JSON.stringify(publishedManifest(JSON.parse(readFileSync(manifest, 'utf8'))), null, 2);
    writeFileSync(manifest, `${text}\n`);
    return npmPack(unpacked, folder);
  });
}

/**
 * Leaves out what only a checkout needs: npm 12 warns of a `prepare` that it does not run.
 * @param {Record<string, unknown>} manifest
 * @returns {Record<string, unknown>}
 */
export function publishedManifest(manifest) {
  return { ...manifest, scripts: undefined, devDependencies: undefined, overrides: undefined };
}

/** @param {string} root @param {string} folder */
async function npmPack(root, folder) {
  const options = ['--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
  const packed = JSON.parse(await run(['npm', 'pack', ...options], { cwd: root }));
  // npm 12 names the packages, npm 11 lists them.
  const [{ filename }] = Object.values(packed);
  return path.join(folder, filename);
}

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
