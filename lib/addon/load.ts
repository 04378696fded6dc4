/** Finds the addon's file and loads it, or says why that can't be done. What the addon can do stands in lib/native.ts. */
import { packageFolder } from './folder';
import { noBinary } from './load-error';
import { fits, mismatch } from './mismatch';
import { findBinary } from './places';

/** Names an addon that was built for tests, whatever its file is called. */
const other = process.env['GPU_BUDDY_ADDON'];

/**
 * The file of the addon: an own build before a prebuilt one.
 *
 * @throws Error of the code ERR_GPU_BUDDY_NO_BINARY
 */
export function findAddon(): string {
  if (other) return other;
  const file = findBinary(packageFolder);
  if (file === undefined) throw noBinary(packageFolder);
  return file;
}

/** @throws Error of the code ERR_GPU_BUDDY_NO_BINARY or ERR_GPU_BUDDY_ADDON_MISMATCH */
export function loadAddon(): unknown {
  const file = findAddon();
  const addon = open(file);
  if (!fits(addon)) throw mismatch(packageFolder, file, addon);
  return addon;
}

function open(file: string): unknown {
  try {
    return other ? loadFile(file) : load(file);
  } catch (cause) {
    throw noBinary(packageFolder, { file, cause });
  }
}

/** Once in an environment, however many copies of this module ask for it. */
function load(file: string): unknown {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- `import` knows no addons
  return require(file);
}

function loadFile(file: string): unknown {
  const loaded = { exports: {} };
  process.dlopen(loaded, file);
  return loaded.exports;
}
