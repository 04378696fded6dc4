/** Finds the addon's file and loads it, or says why that can't be done. What the addon can do stands in lib/native/. */
import { createRequire } from 'node:module';
import { codeFolder, packageFolder } from './folder';
import { noBinary, type Failure } from './load-error';
import { fits, mismatch } from './mismatch';
import { namedFile } from './named';
import { findBinaries } from './places';

interface Loaded {
  readonly file: string;
  readonly addon: unknown;
}

/**
 * Loads the file that the environment names, or else the first of those found that can be loaded.
 *
 * @throws Error of the code ERR_GPU_BUDDY_NO_BINARY or ERR_GPU_BUDDY_ADDON_MISMATCH
 */
export function loadAddon(): Loaded {
  let failure: Failure | undefined;
  for (const file of namedFile === undefined ? findBinaries(codeFolder) : [namedFile]) {
    const opened = open(file);
    if ('cause' in opened) {
      failure ??= opened;
      continue;
    }
    if (!fits(opened.addon)) throw mismatch(packageFolder, file, opened.addon);
    return opened;
  }
  throw noBinary(packageFolder, failure);
}

function open(file: string): Loaded | Failure {
  try {
    return { file, addon: file === namedFile ? loadFile(file) : load(file) };
  } catch (cause) {
    return { file, cause };
  }
}

/** Once in an environment, however many copies of this module ask for it. Bundlers would look into `require()`. */
function load(file: string): unknown {
  return createRequire(file)(file);
}

function loadFile(file: string): unknown {
  const module = { exports: {} };
  process.dlopen(module, file);
  return module.exports;
}
