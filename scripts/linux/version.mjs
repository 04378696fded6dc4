// Prints the version of the kernel in vendor/linux/ ("7.3.4", or "unknown"); the build makes a define of it. `--root DIR` looks into
// another package folder.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inspect } from './folder.mjs';
import { Manifest } from './manifest.mjs';
import { packageRoot } from './root.mjs';

const { root } = parseArgs({ options: { root: { type: 'string', default: packageRoot } } }).values;
const found = inspect(join(root, 'vendor', 'linux'), Manifest.read(root), { tests: false });
if ('origin' in found) console.log(found.origin.version);
else if (found.complete) console.log('unknown');
else {
  console.error(`vendor/linux: ${found.problem}. Run scripts/fetch-linux.mjs.`);
  process.exitCode = 1;
}
