// Runs every check and every test suite, one stage after another, and goes on after a failure (`npm test`).
// Ends with a table and, as the last line, `N passed, N failed`. Counting is in test-report.mjs.
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { packageRoot, printTable, script } from './run.mjs';
import { countsIn, countsLine, sumCounts } from './test-report.mjs';

/** Runs an npm script, whose output is shown and counted. @param {string} name */
async function runStage(name) {
  const { failed, all } = await execa('npm', ['run', '--silent', name], {
    cwd: packageRoot,
    stdin: 'ignore',
    stdout: ['inherit', 'pipe'],
    stderr: ['inherit', 'pipe'],
    all: true,
    reject: false,
  });
  return countsIn(stripVTControlCharacters(all), !failed);
}

await script('test', async () => {
  const rows = [];
  const all = [];
  for (const name of ['lint', 'test:native', 'test:js']) {
    console.log(`\n── ${name}`);
    const start = performance.now();
    const counts = await runStage(name);
    all.push(counts);
    const time = `${((performance.now() - start) / 1000).toFixed(1)} s`;
    rows.push([counts.failed > 0 ? '✗' : '✓', name, time, countsLine(counts)]);
  }
  const total = sumCounts(all);
  console.log();
  printTable(rows);
  console.log(`\n${countsLine(total)}`);
  if (total.failed > 0) process.exitCode = 1;
});
