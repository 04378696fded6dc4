/** The error where no binary of the addon loads: what was looked for, on what platform, and what can be done. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { flagLines } from './node-flags';
import { OWN_BUILDS, prebuiltFor } from './places';
import {
  platformText,
  PREBUILT,
  PREBUILT_TEXT,
  thisPlatform,
  whyUnsupported,
  type Platform,
} from './platform';
import { rebuildLines } from './way-out';

/** A file that was found but does not load. */
interface Failure {
  readonly file: string;
  readonly cause: unknown;
}

/** An error for the package in a folder, on this platform unless told otherwise. */
export function noBinary(folder: string, failure?: Failure, platform: Platform = thisPlatform()): Error {
  const flags = flagLines(folder, failure?.cause);
  const text = [
    flags ? 'gpu-buddy may not load its binary in this process.' : 'gpu-buddy has no binary that runs here.',
    `  Platform: ${platformText(platform)}`,
    ...(failure ? failureLines(failure) : searchLines(folder, platform)),
    ...(flags ?? wayOutLines(folder, platform)),
  ].join('\n');
  const error = new Error(text, failure && { cause: failure.cause });
  return Object.assign(error, { code: 'ERR_GPU_BUDDY_NO_BINARY' });
}

function failureLines({ file, cause }: Failure): string[] {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return [`  Found ${file}, which does not load: ${reason.trim()}`];
}

function searchLines(folder: string, { platform, arch, libc }: Platform): string[] {
  const wanted = [...OWN_BUILDS, prebuiltFor({ platform, arch, libc: libc?.split(' ')[0] })];
  return [
    `  Looked for, below ${folder}:`,
    ...wanted.map((name) => `    ${name}: the folder ${contents(join(folder, dirname(name)))}`),
    `  Platforms: prebuilds/ ${contents(join(folder, 'prebuilds'))}`,
  ];
}

function contents(folder: string): string {
  try {
    return `has ${readdirSync(folder).sort().join(', ') || 'nothing'}`;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing ? 'is not there' : 'cannot be read';
  }
}

function wayOutLines(folder: string, platform: Platform): string[] {
  const why = whyUnsupported(platform);
  if (why) return [`  ${why}`, `  Supported: ${PREBUILT_TEXT}.`];
  const isPrebuilt = PREBUILT.includes(`${platform.platform}-${platform.arch}`);
  return [
    '  What to do:',
    ...rebuildLines(folder),
    `    - or run it where it is prebuilt: ${PREBUILT_TEXT}` +
      (isPrebuilt
        ? ';\n      node_modules that were copied from another machine have to be installed anew'
        : ''),
  ];
}
