// `npm run test:packages`: installs each package of examples/ and packages/ from its lock file, and runs its tests; or those that are
// named. One whose parts can't be had here is skipped, with the reason. Needs what `npm ci` builds, and npm's registry.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { testPackage } from './packages.mjs';
import { packageRoot, printTable, script, ScriptError } from './run.mjs';
import { countsLine, sumCounts } from './test-report.mjs';

/** Gives the folders of the packages that are named, or of all. @param {string[]} names */
function chosen(names) {
  const all = ['examples', 'packages']
    .flatMap((group) => readdirSync(path.join(packageRoot, group)).map((name) => path.join(group, name)))
    .filter((folder) => existsSync(path.join(packageRoot, folder, 'package-lock.json')));
  const unknown = names.find((name) => !all.some((folder) => path.basename(folder) === name));
  if (unknown)
    throw new ScriptError(
      `there is no package ${unknown}, only ${all.map((folder) => path.basename(folder)).join(', ')}`,
    );
  return names.length > 0 ? all.filter((folder) => names.includes(path.basename(folder))) : all;
}

await script('test:packages', async () => {
  const { positionals } = parseArgs({ allowPositionals: true });
  if (!existsSync(path.join(packageRoot, 'dist/index.js')))
    throw new ScriptError('nothing is built: run `npm ci`');
  const results = [];
  for (const folder of chosen(positionals)) results.push(await testPackage(folder));

  const total = sumCounts(results.map(({ counts }) => counts));
  console.log();
  printTable(results.map(({ name, note, counts }) => [name, countsLine(counts), note]));
  console.log(`\n${countsLine(total)}`);
  if (total.failed > 0) process.exitCode = 1;
});
