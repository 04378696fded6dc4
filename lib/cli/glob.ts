/** Patterns of file names, where the shell does not replace them: on Windows. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Gives the arguments with the files of each pattern in its place; where none fits, the pattern stays. */
export function expandGlobs(args: readonly string[], platform: string = process.platform): string[] {
  return platform === 'win32' ? args.flatMap(filesFor) : [...args];
}

/** `*` and `?` in the last part of a path stand for any characters, and for any one. */
function filesFor(argument: string): string[] {
  const name = basename(argument);
  const folder = dirname(argument);
  if (argument.startsWith('-') || !/[*?]/.test(name) || existsSync(argument)) return [argument];
  const source = name
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const pattern = new RegExp(`^${source}$`, 'i');
  const names = readFolder(folder).filter((file) => pattern.test(file) && !file.startsWith('.'));
  return names.length > 0 ? names.map((file) => join(folder, file)) : [argument];
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // The command says that there is no such file.
    return [];
  }
}
