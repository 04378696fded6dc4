/** Knows the flags of node that forbid addons. */
import { join } from 'node:path';

interface Permission {
  has(scope: string, reference: string): boolean;
}

/**
 * Says what to change where a flag forbids to load the addon of the package in a folder; `undefined` where none does.
 *
 * @param cause what was thrown when it was loaded; `undefined` where it was not found
 */
export function flagLines(folder: string, cause: unknown): string[] | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const isDisabled = code === 'ERR_DLOPEN_DISABLED';
  // Only there while the permission model is on.
  const { permission } = process as { readonly permission?: Permission };
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
