/** Gives the lines of an error that say what to do where the addon does not load. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeFolder } from './folder';
import { namedFile } from './named';
import { exists } from './places';

/** Says how to get an addon that fits the package in a folder: another one may be named by the environment. */
export function rebuildLines(folder: string): string[] {
  return [
    ...(namedFile === undefined ? [] : ['    - leave out GPU_BUDDY_ADDON, or name another file by it']),
    getLine(folder),
  ];
}

function getLine(folder: string): string {
  if (isInBundle(folder))
    return (
      `    - copy prebuilds/ from the package that was bundled to ${join(codeFolder, 'prebuilds/')},\n` +
      '      or name its file for this platform by the environment variable GPU_BUDDY_ADDON'
    );
  return exists(join(folder, 'binding.gyp'))
    ? '    - build it and lib/ from one state of the sources: npm run build'
    : '    - compile it here, from the sources in the package: npx gpu-buddy build';
}

/** Tells whether this code was put into a bundle: then the package is not where it should be. */
export function isInBundle(folder: string): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown };
    return typeof name !== 'string' || !/^(@gpu-buddy\/linux-[\d.]+|gpu-buddy)$/.test(name);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}
