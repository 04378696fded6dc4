import path from 'node:path';
import { run } from '../linux/run.mjs';
import { packageRoot } from '../linux/root.mjs';

/** Makes the tarball of the checkout in a folder, of what is built already. @param {string} folder */
export async function pack(folder) {
  const command = [
    'npm',
    'pack',
    '--json',
    '--ignore-scripts',
    '--loglevel=error',
    '--pack-destination',
    folder,
  ];
  const packed = JSON.parse(await run([command], { cwd: packageRoot }));
  // npm 12 names the packages, npm 11 lists them.
  const [{ filename }] = Object.values(packed);
  return path.join(folder, filename);
}
