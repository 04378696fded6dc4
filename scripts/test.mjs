// What `npm test` runs: every check and every test suite, one stage after another, going on after a failure.
// Ends with a table and, as the last line, `N passed, N failed`. Tests nothing itself; counting is in test-report.mjs.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { packageRoot, printTable, script, withTempFolder } from './run.mjs';
import { countsLine, ctestCounts, jestCounts, stageCounts, sumCounts } from './test-report.mjs';

const NONE = { passed: 0, failed: 0, skipped: 0 };

/** @typedef {(command: string[]) => Promise<import('./test-report.mjs').Counts>} Stage */

/** Runs an npm script, whose output is shown and kept. @param {string[]} command */
async function npmRun([name, ...args]) {
  const { failed, stdout } = await execa('npm', ['run', '--silent', name, '--', ...args], {
    cwd: packageRoot,
    stdin: 'ignore',
    stdout: ['inherit', 'pipe'],
    stderr: 'inherit',
    reject: false,
  });
  return { hasSucceeded: !failed, output: stripVTControlCharacters(stdout) };
}

/** A check counts as one test. @type {Stage} */
async function runCheck(command) {
  const { hasSucceeded } = await npmRun(command);
  return stageCounts(hasSucceeded, { ...NONE, passed: hasSucceeded ? 1 : 0 });
}

/** @type {Stage} */
async function runCtest(command) {
  const { hasSucceeded, output } = await npmRun(command);
  return stageCounts(hasSucceeded, ctestCounts(output));
}

/** @type {Stage} */
function runJest(command) {
  return withTempFolder(async (folder) => {
    const report = path.join(folder, 'report.json');
    const { hasSucceeded } = await npmRun([...command, '--json', `--outputFile=${report}`]);
    return stageCounts(hasSucceeded, countsIn(report));
  });
}

/** Jest leaves no report when it could not start. @param {string} file */
function countsIn(file) {
  try {
    return jestCounts(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return NONE;
  }
}

/** @type {readonly [Stage, string[]][]} */
const STAGES = [
  [runCheck, ['lint']],
  [runCtest, ['test:native']],
  [runJest, ['test:js']],
];

await script('test', async () => {
  const rows = [];
  const all = [];
  for (const [run, command] of STAGES) {
    const name = command.join(' ');
    console.log(`\n── ${name}`);
    const start = performance.now();
    const counts = await run(command);
    all.push(counts);
    const time = `${((performance.now() - start) / 1000).toFixed(1)} s`;
    console.log(`── ${name}: ${countsLine(counts)} in ${time}`);
    rows.push([counts.failed > 0 ? '✗' : '✓', name, time, countsLine(counts)]);
  }
  const total = sumCounts(all);
  console.log();
  printTable(rows);
  console.log(`\n${countsLine(total)}`);
  if (total.failed > 0) process.exitCode = 1;
});
