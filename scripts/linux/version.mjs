// Prints the version of the kernel that is built ("7.3.4", or "unknown"), or with `--sha256` the hash of its buddy.c; the build
// makes defines of them. `--root DIR` looks into another package folder.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inspect } from './folder.mjs';
import { Manifest } from './manifest.mjs';
import { packageRoot } from './root.mjs';

const { root, sha256 } = parseArgs({
  options: { root: { type: 'string', default: packageRoot }, sha256: { type: 'boolean', default: false } },
}).values;
const manifest = Manifest.read(root);
const { folder } = manifest;
const found = inspect(folder, manifest, { tests: false });
if (sha256 && ('origin' in found || found.complete)) {
  const source = readFileSync(join(folder, 'drivers/gpu/buddy.c'));
  console.log(createHash('sha256').update(source).digest('hex'));
} else if ('origin' in found) console.log(found.origin.version);
else if (found.complete) console.log('unknown');
else {
  console.error(`${folder}: ${found.problem}. Run scripts/fetch-linux.mjs.`);
  process.exitCode = 1;
}
