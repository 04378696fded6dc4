// A kernel archive (tar, bare or compressed with xz, gzip, bzip2 or zstd), streamed through the system's tar. Only the
// wanted files are ever unpacked, into a temporary folder.

import { open, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FetchError, reason } from './fetch-error.mjs';
import { progress } from './progress.mjs';
import { CommandFailed, run } from './run.mjs';
import { withTempFolder } from './temp.mjs';
import { readTree } from './tree.mjs';

/** @typedef {import('./tree.mjs').Tree} Tree */

/** How each format begins, and what tells tar about it. */
const FORMATS = [
  { magic: Buffer.from('ustar'), at: 257, tarOptions: [] },
  { magic: Buffer.from([0xfd, ...Buffer.from('7zXZ'), 0]), at: 0, tarOptions: ['-J'] },
  { magic: Buffer.from([0x1f, 0x8b]), at: 0, tarOptions: ['-z'] },
  { magic: Buffer.from('BZh'), at: 0, tarOptions: ['-j'] },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), at: 0, tarOptions: ['--zstd'] },
];

/**
 * @param {string} file
 * @param {string[]} paths the wanted files
 * @param {string} name what a message calls the archive
 * @returns {Promise<Tree>}
 */
export async function readArchive(file, paths, name) {
  const handle = await open(file).catch((error) => {
    throw new FetchError(`${name} cannot be read: ${reason(error)}.`);
  });
  try {
    const { buffer: head } = await handle.read({ buffer: Buffer.alloc(512), position: 0 });
    const format = FORMATS.find(({ magic, at }) => head.subarray(at, at + magic.length).equals(magic));
    if (!format) throw new FetchError(`${name} is no tar archive (bare, xz, gzip, bzip2 or zstd).`);
    const { size } = await handle.stat();
    const input = handle.createReadStream({ start: 0, autoClose: false });
    return await unpack([], { input, size, tarOptions: format.tarOptions }, paths, name);
  } finally {
    await handle.close();
  }
}

/**
 * Takes the wanted files out of the tar stream that `input` or the last of `commands` gives.
 * @param {string[][]} commands
 * @param {{ input?: import('node:stream').Readable, size: number, tarOptions: string[] }} stream
 * @param {string[]} paths
 * @param {string} name
 * @returns {Promise<Tree>}
 */
export function unpack(commands, { size, tarOptions, ...options }, paths, name) {
  return withTempFolder(join(tmpdir(), 'gpu-buddy-'), async (folder) => {
    const patterns = ['Makefile', ...paths].flatMap((path) => [path, `*/${path}`]);
    const unowned = ['--no-same-owner', '--no-same-permissions'];
    const tar = ['tar', '-x', ...unowned, ...tarOptions, '-C', folder, '-f', '-', ...patterns];
    const bar = await progress(`Extracting from ${name}`);
    try {
      await run([...commands, tar], {
        ...options,
        // GNU tar must be asked for patterns; other tars know neither this variable nor the option.
        env: { TAR_OPTIONS: '--wildcards --no-wildcards-match-slash' },
        onBytes: (bytes) => bar.update(bytes / size),
      }).catch((error) => explain(error, name));
      bar.update(1);
    } finally {
      bar.done();
    }
    await refuseLinks(folder, name);
    return readTree(await topFolder(folder), paths, name);
  });
}

/**
 * A link could show us any file of the machine.
 * @param {string} folder
 * @param {string} name
 */
async function refuseLinks(folder, name) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  if (entries.some((entry) => entry.isSymbolicLink())) {
    throw new FetchError(`${name} is no kernel archive: it has links in place of the wanted files.`);
  }
}

/**
 * Throws unless tar's only complaint is that a pattern matched nothing.
 * @param {unknown} error
 * @param {string} name
 */
function explain(error, name) {
  if (!(error instanceof CommandFailed)) throw error;
  const tool = error.missing ?? /: (\w+): Cannot exec/.exec(error.stderr)?.[1];
  if (tool) throw new FetchError(`${name} cannot be unpacked: ${tool} is not installed.`);
  const complaints = error.stderr
    .split('\n')
    .filter(
      (line) => line && !/Not found in archive|due to previous errors|delayed from previous/.test(line),
    );
  if (error.onlyLast && error.stderr && complaints.length === 0) return;
  throw new FetchError(`${name} is truncated or damaged: ${error.message}.`);
}

/**
 * An archive of a kernel has one top folder, or none.
 * @param {string} folder
 */
async function topFolder(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const [only] = entries;
  if (entries.length !== 1 || !only?.isDirectory() || ['drivers', 'include'].includes(only.name))
    return folder;
  return join(folder, only.name);
}
