// Prints the version of the kernel that is built ("7.3.4", or "unknown"), or with `--sha256` the hash of its buddy.c; the build
// makes defines of them. `--kernel SERIES` is another one than the built-in; `--root DIR` looks into another package folder.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot, script, ScriptError } from '../run.mjs';
import { inspect } from './folder.mjs';
import { hashesOf, Manifest } from './manifest.mjs';

await script('version', () => {
  const { root, kernel, sha256 } = parseArgs({
    options: {
      root: { type: 'string', default: packageRoot },
      kernel: { type: 'string' },
      sha256: { type: 'boolean', default: false },
    },
  }).values;
  const manifest = Manifest.read(root, kernel);
  const { folder } = manifest;
  const found = inspect(folder, manifest, { tests: false });
  if ('problem' in found && !found.complete)
    throw new ScriptError(`${folder}: ${found.problem}. Run scripts/fetch-linux.mjs.`);
  const source = readFileSync(join(folder, manifest.source));
  if (sha256) console.log(hashesOf(new Map([['', source]]))['']);
  else console.log('origin' in found ? found.origin.version : 'unknown');
});
