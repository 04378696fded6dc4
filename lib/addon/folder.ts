import { join } from 'node:path';

/** The package's folder: at the same distance from lib/addon/ and from dist/addon/. */
export const packageFolder = join(__dirname, '..', '..');
