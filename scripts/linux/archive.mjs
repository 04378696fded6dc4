// A kernel archive (tar, bare or compressed), unpacked by the system's tar. Only the wanted files are ever unpacked, into a
// temporary folder.

import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FetchError } from './fetch-error.mjs';
import { CommandFailed, run } from './run.mjs';
import { withTempFolder } from './temp.mjs';
import { readTree } from './tree.mjs';

/** Makes tar ignore whose files they were. */
export const UNOWNED = ['--no-same-owner', '--no-same-permissions'];

/**
 * @param {string} file
 * @param {string[]} paths the wanted files
 * @param {string} name what a message calls the archive
 * @returns {Promise<import('./tree.mjs').Tree>}
 */
export function readArchive(file, paths, name) {
  return withTempFolder(join(tmpdir(), 'gpu-buddy-'), async (folder) => {
    const patterns = ['Makefile', ...paths].flatMap((path) => [path, `*/${path}`]);
    // GNU tar must be asked for patterns; other tars know neither this variable nor the option.
    const env = { TAR_OPTIONS: '--wildcards --no-wildcards-match-slash' };
    await run([['tar', '-x', ...UNOWNED, '-C', folder, '-f', file, ...patterns]], { env }).catch((error) =>
      explain(error, name),
    );
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    // A link could show us any file of the machine.
    if (entries.some((entry) => entry.isSymbolicLink()))
      throw new FetchError(`${name} is no kernel archive: it has links in place of the wanted files.`);
    return readTree(await topFolder(folder), paths, name);
  });
}

/** Throws unless tar's only complaint is that a pattern matched nothing. @param {unknown} error @param {string} name */
function explain(error, name) {
  if (!(error instanceof CommandFailed)) throw error;
  const tool = error.missing ?? /: (\w+): Cannot exec/.exec(error.stderr)?.[1];
  if (tool) throw new FetchError(`${name} cannot be unpacked: ${tool} is not installed.`);
  const harmless = /^$|Not found in archive|due to previous errors|delayed from previous/;
  const complaints = error.stderr.split('\n').filter((line) => !harmless.test(line));
  if (complaints.length > 0 || !error.stderr.trim())
    throw new FetchError(
      `${name} is no archive of a kernel, or damaged: ${complaints.slice(-3).join(', ') || error.message}.`,
    );
}

/** Finds the folder that holds the tree: an archive of a kernel has one top folder, or none. @param {string} folder */
export async function topFolder(folder) {
  const [only, ...others] = await readdir(folder, { withFileTypes: true });
  const isTop = only?.isDirectory() && others.length === 0 && !['drivers', 'include'].includes(only.name);
  return isTop ? join(folder, only.name) : folder;
}
