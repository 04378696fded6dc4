#!/usr/bin/env node
// Fetches the kernel's files into vendor/linux/SERIES/. What may come from where: vendor/README.md.

import { copyFileSync } from 'node:fs';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { withPackage } from './linux/apt.mjs';
import { FetchError } from './linux/fetch-error.mjs';
import { fetchLinux } from './linux/fetch.mjs';
import { Manifest } from './linux/manifest.mjs';
import { packageRoot } from './linux/root.mjs';

const USAGE = `Usage: node scripts/fetch-linux.mjs [options]

  --tests            the kernel's tests are needed too (an npm package comes without them)
  --root DIR         the package folder, whose vendor/linux.json says what is wanted
  --timeout SECONDS  how long trees behind URLs may take, all files together (15)
  --keyring FILE     Debian's archive keyring, if not in its usual place
  --archive FILE     only saves Debian's archive of the whole kernel here, for the oracle

Environment: GPU_BUDDY_LINUX, GPU_BUDDY_OFFLINE and more; see vendor/README.md.`;

async function main() {
  const { help, root, tests, timeout, keyring, archive } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      tests: { type: 'boolean', default: false },
      root: { type: 'string', default: packageRoot },
      timeout: { type: 'string', default: '15' },
      keyring: { type: 'string' },
      archive: { type: 'string' },
    },
  }).values;
  if (help) {
    console.log(USAGE);
    return;
  }
  if (archive) {
    await withPackage(Manifest.read(root), { keyring }, async (file) => copyFileSync(file, archive));
    return;
  }
  if (!(Number(timeout) > 0)) throw new FetchError(`--timeout takes seconds, not "${timeout}".`);
  const { origin, fresh, folder } = await fetchLinux({
    root,
    tests,
    timeout: Number(timeout) * 1000,
    keyring,
  });
  const { version, source, verified } = origin;
  const kernel = `Linux ${version}${verified ? '' : ' (not known to vendor/linux.json)'}`;
  console.log(
    `${relative(root, folder)} ${fresh ? 'now holds' : 'already holds'} ${kernel}, from ${source}.`,
  );
}

try {
  await main();
} catch (error) {
  const { code = '', message, syscall } = /** @type {NodeJS.ErrnoException} */ (error);
  const isUsage = code.startsWith('ERR_PARSE_ARGS');
  // The system's own complaints (disk full, no rights) read well enough, too.
  if (!(error instanceof FetchError || syscall || isUsage)) throw error;
  console.error(`fetch-linux: ${message}${isUsage ? `\n${USAGE}` : ''}`);
  // A name that nobody resolves would keep the process waiting.
  process.exit(1);
}
