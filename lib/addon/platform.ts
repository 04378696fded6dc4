/** Names the platform of this process, and the platforms that have a prebuilt addon. */
import { glibcVersion, libcOfProcess } from './libc';

/** The folders in prebuilds/ that are published. */
export const PREBUILT = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-x64'];

export const PREBUILT_TEXT =
  'Linux (glibc 2.28 or newer, or musl) and macOS 11 or newer, each on x64 and arm64, and Windows on x64';

export interface Platform {
  readonly platform: string;
  readonly arch: string;
  /** `glibc 2.36`, `glibc` or `musl`; `undefined` where there is no choice. */
  readonly libc: string | undefined;
}

export function thisPlatform(): Platform {
  const { platform, arch } = process;
  return { platform, arch, libc: platform === 'linux' ? libcText() : undefined };
}

/** `linux-x64, glibc 2.36, Node 20.20.2 (ABI 115)` */
export function platformText({ platform, arch, libc }: Platform): string {
  const { node, modules } = process.versions;
  return [`${platform}-${arch}`, libc, `Node ${node} (ABI ${modules})`].filter(Boolean).join(', ');
}

/** Why the addon can't be compiled for it either; `undefined` where it can. */
export function whyUnsupported({ platform, arch }: Platform): string | undefined {
  if (['arm', 'ia32', 'mips', 'mipsel', 'ppc', 's390'].includes(arch))
    return "32-bit processors are not supported: the kernel's buddy.c counts pages in `unsigned long`, which has 32 bits there.";
  if (platform === 'win32' && arch !== 'x64')
    return `Windows on ${arch} is not supported: install the x64 build of Node, which runs there too.`;
  return undefined;
}

function libcText(): string {
  const version = glibcVersion();
  return version === undefined ? libcOfProcess() : `glibc ${version}`;
}
