// What `npm run prove` runs: whether the binaries in a tarball run, target by target, with a table in the end. Packs the checkout, or
// takes `--tarball FILE`. Exit status 1 where one does not run; with `--all`, also where it could not be tried.

import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { withTempFolder } from './linux/temp.mjs';
import { findHosts } from './release/hosts.mjs';
import { pack } from './release/pack.mjs';
import { emptyProject } from './release/project.mjs';
import { proveByReading, proveByRunning } from './release/proofs.mjs';
import { findRuntimes } from './release/runtimes.mjs';
import { TARGETS } from './release/targets.mjs';

const { values } = parseArgs({
  options: { tarball: { type: 'string' }, all: { type: 'boolean', default: false } },
});

/** @param {import('./release/proofs.mjs').Row[]} rows */
function printTable(rows) {
  const cells = rows.map(({ target, how, result }) => [target, how, result]);
  const table = [['target', 'how tested', 'result'], ...cells];
  const widths = [0, 1].map((column) => Math.max(...table.map((row) => row[column].length)));
  console.log();
  for (const row of table) console.log(row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
}

await withTempFolder(path.join(tmpdir(), 'gpu-buddy-proof-'), async (folder) => {
  const tarball = values.tarball ? path.resolve(values.tarball) : await pack(folder);
  const rows = [];
  for (const runtime of [...(await findRuntimes(console.log)), ...(await findHosts(console.log))]) {
    console.log(`${runtime.target}: ${runtime.how}`);
    rows.push(await proveByRunning(tarball, runtime));
  }
  await emptyProject(folder, tarball);
  const ran = new Set(rows.filter(({ status }) => status === 'passed').map(({ target }) => target));
  for (const target of TARGETS) {
    const row = proveByReading(path.join(folder, 'node_modules/gpu-buddy'), target);
    rows.push(ran.has(row.target) ? row : { ...row, how: `only read, not run: ${row.how}` });
  }
  printTable(rows);
  const bad = rows.filter(({ status }) => status === 'failed' || (values.all && status === 'missing'));
  if (bad.length > 0) process.exitCode = 1;
});
