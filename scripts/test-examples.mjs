// `npm run test:examples`: installs each example from its lock file, and runs its tests; or those that are named. An example whose
// parts can't be had here is skipped, with the reason. Needs what `npm ci` builds, and npm's registry for the examples' own packages.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { testPackage } from './packages.mjs';
import { packageRoot, printTable, script, ScriptError } from './run.mjs';
import { countsLine, sumCounts } from './test-report.mjs';

const folder = path.join(packageRoot, 'examples');

/** Gives the examples that are named, or all. @param {string[]} names */
function chosen(names) {
  const all = readdirSync(folder).filter((name) => existsSync(path.join(folder, name, 'package.json')));
  const unknown = names.find((name) => !all.includes(name));
  if (unknown) throw new ScriptError(`there is no example ${unknown}, only ${all.join(', ')}`);
  return names.length > 0 ? names : all;
}

await script('test:examples', async () => {
  const { positionals } = parseArgs({ allowPositionals: true });
  if (!existsSync(path.join(packageRoot, 'dist/index.js')))
    throw new ScriptError('nothing is built: run `npm ci`');
  const results = [];
  for (const name of chosen(positionals)) results.push(await testPackage(name, path.join(folder, name)));

  const total = sumCounts(results.map(({ counts }) => counts));
  console.log();
  printTable(results.map(({ name, note, counts }) => [name, countsLine(counts), note]));
  console.log(`\n${countsLine(total)}`);
  if (total.failed > 0) process.exitCode = 1;
});
