/** Gives the lines of an error that say what to do where the addon does not load. */
import { join } from 'node:path';
import { exists } from './places';

/** Says how to get an addon that fits the package in a folder: another one may be named by the environment. */
export function rebuildLines(folder: string): string[] {
  const isNamed = Boolean(process.env['GPU_BUDDY_ADDON']);
  return [
    ...(isNamed ? ['    - leave out GPU_BUDDY_ADDON, which names this file'] : []),
    exists(join(folder, 'binding.gyp'))
      ? '    - build it and lib/ from one state of the sources: npm run build:all'
      : '    - compile it here, from the sources in the package: npx gpu-buddy build',
  ];
}
