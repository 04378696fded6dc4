// Fetches the kernel's files into vendor/linux/SERIES/. What may come from where: vendor/README.md. `--kernel SERIES` names another
// series than the built-in one. `--tests` asks for the kernel's
// tests too, which an npm package comes without. `--root DIR` is another package's folder, `--keyring FILE` another keyring of
// Debian's, `--timeout SECONDS` the time for trees behind URLs, all files together. `--archive FILE` only saves Debian's archive of
// the whole kernel, for the oracle.
import { copyFileSync } from 'node:fs';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { withPackage } from './linux/apt.mjs';
import { fetchLinux } from './linux/fetch.mjs';
import { Manifest } from './linux/manifest.mjs';
import { packageRoot, script, ScriptError } from './run.mjs';

await script('fetch-linux', async () => {
  const { root, kernel, tests, timeout, keyring, archive } = parseArgs({
    options: {
      tests: { type: 'boolean', default: false },
      root: { type: 'string', default: packageRoot },
      kernel: { type: 'string' },
      timeout: { type: 'string', default: '15' },
      keyring: { type: 'string' },
      archive: { type: 'string' },
    },
  }).values;
  if (!(Number(timeout) > 0)) throw new ScriptError(`--timeout takes seconds, not "${timeout}".`);
  if (archive)
    return withPackage(Manifest.read(root, kernel), keyring, async (file) => copyFileSync(file, archive));
  const options = { root, kernel, tests, timeout: Number(timeout) * 1000, keyring };
  const { origin, isFresh, folder } = await fetchLinux(options);
  const { version, source, verified } = origin;
  const name = `Linux ${version}${verified ? '' : ' (not known to vendor/linux.json)'}`;
  const holds = isFresh ? 'now holds' : 'already holds';
  console.log(`${relative(root, folder)} ${holds} ${name}, from ${source}.`);
});
