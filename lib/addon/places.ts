/** Knows where in the package the addon's file may lie. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
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

/** Names the prebuilt binary for a platform, as prebuildify does. */
export function prebuiltFor({ platform, arch, libc }: Host): string {
  const flavour = platform === 'linux' ? `.${libc ?? libcOfProcess()}` : '';
  return `prebuilds/${platform}-${arch}/gpu-buddy${flavour}.node`;
}

/** Finds the binary in a package's folder. */
export function findBinary(folder: string, host: Host = process): string | undefined {
  const own = OWN_BUILDS.map((name) => join(folder, name)).find(exists);
  if (own !== undefined) return own;
  const prebuilt = join(folder, prebuiltFor(host));
  return exists(prebuilt) ? prebuilt : undefined;
}

/** Tells whether a file is there: under the permission model existsSync() throws where it may not look. */
export function exists(file: string): boolean {
  try {
    return existsSync(file);
  } catch {
    return false;
  }
}
