/** The error where no binary of the addon loads: what was looked for, on what platform, and what can be done. */
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeFolder } from './folder';
import { namedFile } from './named';
import { flagLines } from './permissions';
import { besideBundle, OWN_BUILDS, packageFrom, prebuiltFor } from './places';
import {
  platformText,
  PREBUILT,
  PREBUILT_TEXT,
  thisPlatform,
  whyUnsupported,
  type Platform,
} from './platform';
import { isInBundle, rebuildLines } from './way-out';

/** A file that was found, or named by the environment, but does not load. */
export interface Failure {
  readonly file: string;
  readonly cause: unknown;
}

/** An error for the package in a folder, on this platform unless told otherwise. */
export function noBinary(folder: string, failure?: Failure, platform: Platform = thisPlatform()): Error {
  const flags = flagLines(folder, failure?.cause);
  const text = [
    flags ? 'gpu-buddy may not load its binary in this process.' : 'gpu-buddy has no binary that runs here.',
    `  Platform: ${platformText(platform)}`,
    ...(failure ? [failureLine(failure)] : searchLines(folder, platform)),
    ...(flags ?? wayOutLines(folder, platform)),
  ].join('\n');
  const error = new Error(text, failure && { cause: failure.cause });
  return Object.assign(error, { code: 'ERR_GPU_BUDDY_NO_BINARY' });
}

function failureLine({ file, cause }: Failure): string {
  const why = file === namedFile ? whyNoFile(file) : undefined;
  if (why !== undefined) return `  GPU_BUDDY_ADDON names ${file}, which ${why}`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `  Found ${file}, which does not load: ${reason.trim()}`;
}

/** Says why something that was named can't be a file of an addon; `undefined` where it can, or nobody may look. */
function whyNoFile(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? "is a folder: it has to be the addon's file" : undefined;
  } catch (error) {
    return isMissing(error) ? 'is not there' : undefined;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function searchLines(folder: string, { platform, arch, libc }: Platform): string[] {
  const host = { platform, arch, libc: libc?.split(' ')[0] };
  if (isInBundle(folder)) return bundleLines(besideBundle(host).slice(0, 2));
  return [
    `  Looked for, below ${folder}:`,
    ...[...OWN_BUILDS, prebuiltFor(host)[0]].map(
      (name) => `    ${name}: the folder ${contents(join(folder, dirname(name)))}`,
    ),
    `  Platforms: prebuilds/ ${contents(join(folder, 'prebuilds'))}`,
  ];
}

function bundleLines(names: readonly string[]): string[] {
  const installed = packageFrom(codeFolder);
  return [
    `  Looked for, in the folder of the bundle, ${codeFolder}: ${names.join(', ')}`,
    `  And for the package gpu-buddy from there, which ${installed === undefined ? 'is not installed' : `has none in ${installed}`}`,
  ];
}

function contents(folder: string): string {
  try {
    return `has ${readdirSync(folder).sort().join(', ') || 'nothing'}`;
  } catch (error) {
    return isMissing(error) ? 'is not there' : 'cannot be read';
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
