/** Knows the folders that the package's files are looked for in. */
import { dirname, join } from 'node:path';

/**
 * The folder of the file that this code runs from: in the package, in a bundle's folder, or beside a single executable. Bundles that
 * are ES modules know no `__dirname`: there it is the program's.
 */
export const codeFolder =
  typeof __dirname === 'string' ? __dirname : dirname(process.argv[1] ?? process.execPath);

/** The package's folder: at the same distance from lib/addon/ and from dist/chunks/. Of no use in a bundle. */
export const packageFolder = join(codeFolder, '..', '..');
