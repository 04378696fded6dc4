import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../linux/root.mjs';
import { run } from '../linux/run.mjs';
import { withTempFolder } from '../linux/temp.mjs';

/**
 * Makes the tarball of a checkout in a folder, of what is built already.
 * @param {string} folder
 * @param {string} [root] of the checkout
 * @returns {Promise<string>} its file
 */
export function pack(folder, root = packageRoot) {
  return withTempFolder(path.join(tmpdir(), 'gpu-buddy-pack-'), async (temporary) => {
    await run([['tar', '-xzf', await npmPack(root, temporary), '-C', temporary]]);
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
  const packed = JSON.parse(await run([['npm', 'pack', ...options]], { cwd: root }));
  // npm 12 names the packages, npm 11 lists them.
  const [{ filename }] = Object.values(packed);
  return path.join(folder, filename);
}
