// What `npm test` runs: every check and every test suite, one stage after another, going on after a failure.
// Ends with a table and, as the last line, `N passed, N failed`. Tests nothing itself; counting is in test-report.mjs.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { countsLine, ctestCounts, jestCounts, stageCounts, sumCounts } from './test-report.mjs';

/** @import { Counts } from './test-report.mjs' */
/** @typedef {{ name: string, seconds: number, counts: Counts }} Result */

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const none = { passed: 0, failed: 0, skipped: 0 };

const stages = [
  { name: 'format:check', run: runCheck },
  { name: 'lint:ts', run: runCheck },
  { name: 'lint:c', run: runCheck },
  { name: 'test:native', run: runCtest },
  { name: 'test:js', run: runJest },
];

/** A check counts as one test. @param {string} script */
async function runCheck(script) {
  const { succeeded } = await npmRun(script);
  return stageCounts(succeeded, { ...none, passed: succeeded ? 1 : 0 });
}

/** @param {string} script */
async function runCtest(script) {
  const { succeeded, output } = await npmRun(script, { capture: true });
  return stageCounts(succeeded, ctestCounts(stripVTControlCharacters(output)));
}

/** @param {string} script */
async function runJest(script) {
  const folder = mkdtempSync(path.join(tmpdir(), 'gpu-buddy-jest-'));
  try {
    const report = path.join(folder, 'report.json');
    const { succeeded } = await npmRun(script, { args: ['--json', `--outputFile=${report}`] });
    return stageCounts(succeeded, jestReport(report));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Jest leaves no report when it could not start. @param {string} file */
function jestReport(file) {
  try {
    return jestCounts(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return none;
  }
}

/**
 * @param {string} script
 * @param {{ args?: string[], capture?: boolean }} [options] with `capture`, standard output is shown and kept
 * @returns {Promise<{ succeeded: boolean, output: string }>}
 */
function npmRun(script, { args = [], capture = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', '--silent', script, '--', ...args], {
      cwd: root,
      stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      output += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ succeeded: code === 0, output }));
  });
}

/** @returns {Promise<Result[]>} */
async function runAll() {
  const results = [];
  for (const { name, run } of stages) {
    console.log(`\n── ${name}`);
    const start = performance.now();
    const counts = await run(name);
    const seconds = (performance.now() - start) / 1000;
    console.log(`── ${name}: ${countsLine(counts)} in ${seconds.toFixed(1)} s`);
    results.push({ name, seconds, counts });
  }
  return results;
}

/** @param {Result[]} results */
function printTable(results) {
  console.log();
  for (const { name, seconds, counts } of results) {
    const mark = counts.failed > 0 ? '✗' : '✓';
    console.log(`${mark} ${name.padEnd(14)}${seconds.toFixed(1).padStart(7)} s   ${countsLine(counts)}`);
  }
  console.log();
}

const results = await runAll();
const total = sumCounts(results.map(({ counts }) => counts));
printTable(results);
console.log(countsLine(total));
if (total.failed > 0) process.exitCode = 1;
