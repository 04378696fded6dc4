// Where recorded traces lie: those of this repository, and the larger set that may lie beside it.

import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../scripts/linux/root.mjs';
import { run } from '../../scripts/linux/run.mjs';
import { recordingsIn } from './files.mjs';
import { OracleError } from './linux/oracle-error.mjs';

/** Relative to the package's folder; the largest first. */
const FOLDERS = ['../shared/golden', 'test/golden'];

/** The folders that are there. */
export function recordedFolders() {
  return FOLDERS.map((path) => join(packageRoot, path)).filter((path) => existsSync(path));
}

/**
 * The recordings of a folder or, where it holds an archive, of that.
 * @param {string} folder
 * @param {string} temp an archive is unpacked into a new folder in it
 */
export async function recordedIn(folder, temp) {
  const place = await unpacked(folder, join(temp, 'recorded'));
  const recordings = (await recordingsIn(place)).filter(({ expected }) => existsSync(expected));
  if (recordings.length === 0) throw new OracleError(`${folder} holds no recorded traces.`);
  return recordings;
}

/** @param {string} folder @param {string} target */
async function unpacked(folder, target) {
  const archive = readdirSync(folder).find((name) => /\.tar(\.\w+)?$/.test(name));
  if (!archive) return folder;
  await mkdir(target);
  await run([
    ['tar', '-x', '--no-same-owner', '--strip-components=1', '-C', target, '-f', join(folder, archive)],
  ]);
  return target;
}
