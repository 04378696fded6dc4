/** Names of traces, and of the files that hold their recorded results. */
import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UsageError } from './usage-error';

/** Means standard input where a file is expected. */
export const STDIN = '-';

/** Means standard output where a file is expected. */
export const STDOUT = '-';

/** Its name in messages. */
export const STDIN_NAME = '<stdin>';

/** Bytes of a line: a list may have many blocks, and all of them stand on its line. */
export const MAX_LINE_LENGTH = 2 ** 28;

/** Names a trace: its file without folder and endings. */
export function traceName(path: string): string {
  if (path === STDIN) return 'standard input';
  return basename(path)
    .replace(/\.(gz|br)$/, '')
    .replace(/\.trace$/, '');
}

/**
 * Whether a file can be read only once: standard input, a pipe, a socket or a device. Whatever stands in /dev counts as one:
 * on some systems /dev/fd/N goes on where the one that opened it before has stopped.
 */
export function isReadOnce(path: string): boolean {
  if (path === STDIN || resolve(path).startsWith('/dev/')) return true;
  try {
    const stats = statSync(path);
    return !stats.isFile() && !stats.isDirectory();
  } catch {
    // Opening the file fails later, with an error that says why.
    return false;
  }
}

/**
 * The file of recorded results for each trace.
 *
 * @param check a file, for one trace, or a folder
 * @throws UsageError if there is none
 */
export function expectedFiles(traces: readonly string[], check: string): string[] {
  if (statSync(check, { throwIfNoEntry: false })?.isDirectory()) {
    return traces.map((trace) => expectedIn(check, trace));
  }
  if (traces.length > 1) throw new UsageError(`--check ${check} is no folder, but there are several traces`);
  return [check];
}

function expectedIn(folder: string, trace: string): string {
  if (trace === STDIN) throw new UsageError('--check needs a file, not a folder, for standard input');
  const name = `${traceName(trace)}.expected`;
  const file = ['', '.gz', '.br']
    .map((ending) => join(folder, name + ending))
    .find((path) => existsSync(path));
  if (file === undefined) throw new UsageError(`${trace}: there is no ${name}, .gz or .br in ${folder}`);
  return file;
}
