/** Finds the packages that hold the allocator of another kernel, `@gpu-buddy/linux-6.12`: in a checkout, or installed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { codeFolder, packageFolder } from './folder';
import { exists } from './places';
import { VERSION } from './protocol';

/** Describes a package that has the allocator of a kernel. */
export interface KernelPackage {
  /** `gpu-buddy`, or `@gpu-buddy/linux-6.12`. */
  readonly name: string;
  readonly folder: string;
  /** The release of Linux whose allocator is inside, such as `6.12.117`. */
  readonly linux: string;
}

/**
 * Finds the package of a kernel other than this one's.
 *
 * @throws Error of the code ERR_GPU_BUDDY_NO_BINARY where there is none, or of another release of gpu-buddy
 */
export function findKernelPackage(series: string): KernelPackage {
  const name = `@gpu-buddy/linux-${series}`;
  const folder = builtFolder(series) ?? installedFolder(name);
  if (folder === undefined) throw noKernel(series, `${name} is neither installed nor built here`);
  const { version, linux } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    version: string;
    linux: string;
  };
  if (version !== VERSION)
    throw noKernel(series, `${folder} is of gpu-buddy ${version}, and this is gpu-buddy ${VERSION}`);
  return { name, folder, linux };
}

/** Looks where scripts/kernel-package.mjs makes it. */
function builtFolder(series: string): string | undefined {
  const folder = join(packageFolder, 'packages', `linux-${series}`);
  return exists(join(folder, 'build/Release/gpu_buddy.node')) ? folder : undefined;
}

function installedFolder(name: string): string | undefined {
  try {
    return dirname(createRequire(join(codeFolder, 'from.js')).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

function noKernel(series: string, why: string): Error {
  const isCheckout = exists(join(packageFolder, 'scripts/kernel-package.mjs'));
  const command = isCheckout
    ? `node dist/cli/main.js build --kernel ${series}`
    : `npm install @gpu-buddy/linux-${series}@${VERSION}`;
  return noAllocator(series, `${why}.\n  What to do:\n    - ${command}`);
}

/** Gives the error for a kernel whose allocator is not here. */
export function noAllocator(kernel: string, why: string): Error {
  const text = `gpu-buddy has no allocator of Linux ${kernel} that runs here: ${why}`;
  return Object.assign(new Error(text), { code: 'ERR_GPU_BUDDY_NO_BINARY' });
}
