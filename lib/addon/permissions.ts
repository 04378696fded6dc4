/** Knows the flags of node, and the permissions of node and deno, without which no addon loads. */
import { accessSync } from 'node:fs';
import { join, relative } from 'node:path';
import { namedFile } from './named';

interface Permission {
  has(scope: string, reference?: string): boolean;
}

/** Tells whether this process may start threads: Node's permission model forbids it unless it is told otherwise. */
export function mayStartWorkers(): boolean {
  return permissionModel()?.has('worker') ?? true;
}

/** `undefined` while the permission model is off. */
function permissionModel(): Permission | undefined {
  return (process as { readonly permission?: Permission }).permission;
}

/**
 * Says what to change where a flag or a permission forbids to load the addon of the package in a folder; `undefined` where none does.
 *
 * @param cause what was thrown when it was loaded; `undefined` where it was not found
 */
export function flagLines(folder: string, cause: unknown): string[] | undefined {
  return 'deno' in process.versions ? denoLines(folder, cause) : nodeLines(folder, cause);
}

function nodeLines(folder: string, cause: unknown): string[] | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const isDisabled = code === 'ERR_DLOPEN_DISABLED';
  const permission = permissionModel();
  if (isDisabled && (!permission || process.execArgv.includes('--no-addons')))
    return [
      '  Leave out the flag --no-addons, in the arguments of node or in NODE_OPTIONS: gpu-buddy is an addon.',
    ];
  if (permission && (isDisabled || code === 'ERR_ACCESS_DENIED' || !mayRead(permission, folder)))
    return [
      "  Node's permission model is on. To load the addon, node needs these arguments:",
      `    --allow-addons "--allow-fs-read=${join(folder, '*')}"`,
    ];
  return undefined;
}

function mayRead(permission: Permission, folder: string): boolean {
  return ['build', 'prebuilds'].every((name) => permission.has('fs.read', join(folder, name)));
}

function denoLines(folder: string, cause: unknown): string[] | undefined {
  if (!isRefusal(cause) && !isUnreadable(join(folder, 'prebuilds'))) return undefined;
  const list = places(folder).join(',');
  return [
    '  Deno forbids it. To load the addon, deno needs these arguments:',
    `    "--allow-read=${list}" "--allow-ffi=${list}"`,
  ];
}

function isRefusal(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'NotCapable';
}

function isUnreadable(place: string): boolean {
  try {
    accessSync(place);
    return false;
  } catch (error) {
    return isRefusal(error);
  }
}

/** Gives the package's folder, and the file that the environment names where it lies elsewhere. */
function places(folder: string): string[] {
  if (namedFile === undefined || !relative(folder, namedFile).startsWith('..')) return [folder];
  return [folder, namedFile];
}
