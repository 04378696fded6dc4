// Recorded traces as files, compressed or not: which are there, which answers belong to which, and their lines.

import { execa } from 'execa';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { root } from './folders.mjs';

/** @typedef {{ name: string, trace: string, expected: string }} Recording paths of the two files */

/** The larger set may lie beside the checkout. */
const FOLDERS = ['../shared/golden', 'test/golden', 'examples/traces'];

/** Finds all folders of recorded traces, or takes the one named; unpacks archives in `temp`. @param {string} temp @param {string} [folder] */
export async function recordedFolders(temp, folder) {
  const places = folder
    ? [folder]
    : FOLDERS.map((path) => join(root, path)).filter((path) => existsSync(path));
  return Promise.all(places.map((place) => unpacked(place, temp)));
}

/** Gives a folder itself or, where it holds an archive, what is in that. @param {string} folder @param {string} temp */
async function unpacked(folder, temp) {
  const archive = readdirSync(folder).find((name) => /\.tar(\.\w+)?$/.test(name));
  if (!archive) return folder;
  const target = mkdtempSync(join(temp, 'recorded-'));
  const options = ['--no-same-owner', '--strip-components=1'];
  await execa('tar', ['-x', ...options, '-C', target, '-f', join(folder, archive)]);
  return target;
}

/** Lists the traces of a folder, whether they have been recorded or not. @param {string} folder @returns {Recording[]} */
export function recordingsIn(folder) {
  const names = readdirSync(folder).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return names.flatMap((file) => {
    const [, name, gz = ''] = /^(.+)\.trace(\.gz)?$/.exec(file) ?? [];
    return name ? [{ name, trace: join(folder, file), expected: join(folder, `${name}.expected${gz}`) }] : [];
  });
}

/** @param {string} file */
export function readLines(file) {
  const content = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(content) : content).toString('utf8');
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Compresses them where the name says so. @param {string} file @param {readonly string[]} lines */
export function writeLines(file, lines) {
  const text = lines.map((line) => `${line}\n`).join('');
  writeFileSync(file, file.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);
}
