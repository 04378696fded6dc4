/** Finds the page of `@gpu-buddy/web`, which the server shows, and reads its files. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { codeFolder, packageFolder } from '../addon/folder';

/** A file of the page. */
export interface PageFile {
  /** The value of `Content-Type`. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** The files of a page by their paths, with `/` before each: nothing else can be asked for. */
export type Page = ReadonlyMap<string, PageFile>;

/** The page is not there, or has not been built. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly code = 'ERR_GPU_BUDDY_NO_PAGE';
}

const INDEX = 'index.html';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/**
 * Gives the folder of the built page: of the package `@gpu-buddy/web` where it is installed, else of this checkout.
 *
 * @throws {PageError} `ERR_GPU_BUDDY_NO_PAGE`
 */
export function findPage(): string {
  const folders = [installedFolder(), join(packageFolder, 'packages', 'web', 'dist')];
  const found = folders.find((folder) => folder !== undefined && existsSync(join(folder, INDEX)));
  if (found !== undefined) return found;
  throw new PageError(
    existsSync(join(packageFolder, 'packages', 'web'))
      ? 'The page has not been built. Build it: npm run build -- web'
      : 'The package @gpu-buddy/web, which has the page, is not installed. Install it: npm install @gpu-buddy/web',
  );
}

function installedFolder(): string | undefined {
  try {
    const require = createRequire(join(codeFolder, 'page.js'));
    return join(dirname(require.resolve('@gpu-buddy/web/package.json')), 'dist');
  } catch {
    return undefined;
  }
}

/**
 * Reads the page: what is built anew later changes nothing. Leaves out links and files of unknown types.
 *
 * @throws {PageError} `ERR_GPU_BUDDY_NO_PAGE`
 */
export function readPage(folder: string): Page {
  const page = new Map<string, PageFile>();
  if (!existsSync(join(folder, INDEX))) throw new PageError(`There is no ${INDEX} in ${folder}`);
  const root = realpathSync(folder);
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const file = join(root, name);
    const type = TYPES[extname(name)];
    if (type !== undefined && realpathSync(file) === file)
      page.set(`/${name.replaceAll('\\', '/')}`, { type, bytes: readFileSync(file) });
  }
  const index = page.get(`/${INDEX}`);
  if (index) page.set('/', index);
  return page;
}
