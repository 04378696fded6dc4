/** Knows where the addon's file may lie: beside a bundle, or in the package. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { libcOfProcess } from './libc';

/**
 * Builds made here, which come before a prebuilt binary, in this order: by node-gyp or by the compilers alone, by cmake-js, and
 * those for debugging. scripts/build-addon.mjs leaves one of the first two, the one that was built last.
 */
export const OWN_BUILDS = ['Release', 'cmake/Release', 'Debug', 'cmake/Debug'].map(
  (folder) => `build/${folder}/gpu_buddy.node`,
);

interface Host {
  readonly platform: string;
  readonly arch: string;
  /** On Linux only. Asked for where it is not given. */
  readonly libc?: string | undefined;
}

/** Names the prebuilt binaries for a platform, as prebuildify does; on Linux, the one for another C library comes second. */
export function prebuiltFor({ platform, arch, libc }: Host): [string, ...string[]] {
  const name = `prebuilds/${platform}-${arch}/gpu-buddy`;
  if (platform !== 'linux') return [`${name}.node`];
  const [first, second] = (libc ?? libcOfProcess()) === 'musl' ? ['musl', 'glibc'] : ['glibc', 'musl'];
  return [`${name}.${first}.node`, `${name}.${second}.node`];
}

/** Names what is looked for beside a bundle: the file alone, or the package's whole folder of them. */
export function besideBundle(host: Host): [string, ...string[]] {
  const [first, ...others] = prebuiltFor(host);
  return [basename(first), first, ...others.flatMap((name) => [basename(name), name])];
}

/**
 * Finds the files that may be the addon, the best first: the others are for where it does not load.
 *
 * @param code the folder of the code that asks, which may be a bundle's
 */
export function findBinaries(code: string, host: Host = process): string[] {
  const beside = thereIn(code, besideBundle(host));
  if (beside.length > 0) return beside;
  const inPackage = binariesIn(join(code, '..', '..'), host);
  if (inPackage.length > 0) return inPackage;
  const installed = packageFrom(code);
  return installed === undefined ? [] : binariesIn(installed, host);
}

/** Finds the binaries in a package's folder: an own build alone, or the prebuilt ones. */
export function binariesIn(folder: string, host: Host = process): string[] {
  const [own] = thereIn(folder, OWN_BUILDS);
  return own === undefined ? thereIn(folder, prebuiltFor(host)) : [own];
}

/** Finds the folder of the package that code in a folder would load; `undefined` where it is not installed. */
export function packageFrom(code: string): string | undefined {
  try {
    return dirname(createRequire(join(code, 'bundle.js')).resolve('gpu-buddy/package.json'));
  } catch {
    return undefined;
  }
}

function thereIn(folder: string, names: readonly string[]): string[] {
  return names.map((name) => join(folder, name)).filter(exists);
}

/** Tells whether a file is there: without leave to look, existsSync() throws. */
export function exists(file: string): boolean {
  try {
    return existsSync(file);
  } catch {
    return false;
  }
}
