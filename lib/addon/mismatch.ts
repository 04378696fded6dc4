/** Compares the protocol that the addon was built for with the one that lib/ was built for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROTOCOL } from './protocol';
import { rebuildLines } from './way-out';

/** Tells whether an addon is of this package, and of the same protocol. */
export function fits(addon: unknown): boolean {
  return textIn(addon, 'protocol') === PROTOCOL;
}

/** Makes the error for an addon that does not fit the package in a folder. */
export function mismatch(folder: string, file: string, addon: unknown): Error {
  const text = [
    'gpu-buddy has found a binary that does not fit it.',
    `  Found ${file}, ${originText(addon)}`,
    `  Expected one for protocol ${short(PROTOCOL)}: gpu-buddy ${versionOf(folder)} in ${folder}`,
    '  What to do:',
    ...rebuildLines(folder),
  ].join('\n');
  return Object.assign(new Error(text), { code: 'ERR_GPU_BUDDY_ADDON_MISMATCH' });
}

function originText(addon: unknown): string {
  const protocol = textIn(addon, 'protocol');
  const kernelVersion = textIn(addon, 'kernelVersion');
  const built = protocol === undefined ? 'which names no protocol' : `built for protocol ${short(protocol)}`;
  if (kernelVersion !== undefined) return `${built}, from Linux ${kernelVersion}`;
  return protocol === undefined ? `${built}: another addon than gpu-buddy's` : built;
}

function short(digest: string): string {
  return digest.slice(0, 12);
}

/** Reads a property of what an addon exports, which may be anything. */
function textIn(exports: unknown, name: string): string | undefined {
  if (typeof exports !== 'object' || exports === null) return undefined;
  const value = (exports as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : undefined;
}

function versionOf(folder: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return version;
  } catch {
    return '(of unknown version)';
  }
}
