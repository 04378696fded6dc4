// Traces and their answers as files, compressed or not; which belongs to which is in their names.

import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, gunzipSync } from 'node:zlib';

/** @typedef {{ name: string, trace: string, expected: string }} Recording paths of the two files */

const TRACE = /^(.+)\.trace(\.gz)?$/;

/** The traces in a folder, whether they have been recorded or not. @param {string} folder @returns {Promise<Recording[]>} */
export async function recordingsIn(folder) {
  const names = (await readdir(folder)).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return names.flatMap((file) => {
    const [, name, gz = ''] = TRACE.exec(file) ?? [];
    return name ? [{ name, trace: join(folder, file), expected: join(folder, `${name}.expected${gz}`) }] : [];
  });
}

/** Copies a file, compressing or decompressing it as the names say. @param {string} from @param {string} to */
export async function copy(from, to) {
  const decompress = from.endsWith('.gz') ? createGunzip() : new PassThrough();
  const compress = to.endsWith('.gz') ? createGzip({ level: 9 }) : new PassThrough();
  await pipeline(createReadStream(from), decompress, compress, createWriteStream(to));
}

/** @param {string} file */
export async function readLines(file) {
  const content = await readFile(file);
  const text = (file.endsWith('.gz') ? gunzipSync(content) : content).toString('utf8');
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
