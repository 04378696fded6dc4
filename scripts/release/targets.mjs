// The platforms that are published with a binary, and where it lies: prebuildify's layout, which lib/addon/places.ts knows.

/**
 * @typedef {object} Target
 * @property {string} platform
 * @property {string} arch as Node calls it
 * @property {'glibc' | 'musl' | undefined} libc
 * @property {string} triple as zig calls it
 */

/** The oldest systems that the binaries run on. */
export const GLIBC = '2.28';
export const MACOS = '11.0';

/** @type {readonly Target[]} */
export const TARGETS = [
  { platform: 'linux', arch: 'x64', libc: 'glibc', triple: `x86_64-linux-gnu.${GLIBC}` },
  { platform: 'linux', arch: 'arm64', libc: 'glibc', triple: `aarch64-linux-gnu.${GLIBC}` },
  { platform: 'linux', arch: 'x64', libc: 'musl', triple: 'x86_64-linux-musl' },
  { platform: 'linux', arch: 'arm64', libc: 'musl', triple: 'aarch64-linux-musl' },
  { platform: 'darwin', arch: 'x64', libc: undefined, triple: `x86_64-macos.${MACOS}` },
  { platform: 'darwin', arch: 'arm64', libc: undefined, triple: `aarch64-macos.${MACOS}` },
  { platform: 'win32', arch: 'x64', libc: undefined, triple: 'x86_64-windows-gnu' },
];

/** `linux-x64-glibc`, `darwin-arm64` @param {Target} target */
export function nameOf({ platform, arch, libc }) {
  return [platform, arch, libc].filter(Boolean).join('-');
}

/** Below the package's folder. @param {Target} target */
export function fileOf({ platform, arch, libc }) {
  return `prebuilds/${platform}-${arch}/gpu-buddy${libc ? `.${libc}` : ''}.node`;
}
