// What `npm run fuzz -- --seconds N` runs: builds the fuzzer (test/fuzz, with clang) and lets it look for byte strings
// that break something, from the committed corpus on. With --update-corpus, what it found out goes into the corpus.
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** @typedef {{ code: number | null, executions: number, coverage: number, log: string }} Outcome */

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = 'build/native/fuzz';
const program = path.join(folder, 'test/fuzz/fuzz-buddy');
const findings = path.join(folder, 'findings');
const corpus = 'test/fuzz/corpus';
const compilers = ['clang', ...[22, 21, 20, 19, 18, 17, 16, 15, 14].map((version) => `clang-${version}`)];

/** A program takes well under a millisecond: longer ones and slower ones say nothing more. */
const limits = ['-max_len=2048', '-timeout=10', '-rss_limit_mb=2048'];

/**
 * @param {string[]} command
 * @param {(text: string) => void} [listen] to what it says
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function run([file, ...args], listen) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-(1 << 20));
        listen?.(output);
      });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** @param {string[]} command */
async function succeeds(command) {
  try {
    return (await run(command)).code === 0;
  } catch {
    return false;
  }
}

async function findClang() {
  const candidates = process.env.CC?.includes('clang') ? [process.env.CC] : compilers;
  for (const compiler of candidates) if (await succeeds([compiler, '--version'])) return compiler;
  throw new Error(
    'the fuzzer needs clang and its runtime libraries: on Debian, apt-get install clang libclang-rt-14-dev\n' +
      '(the number is that of `clang --version`)',
  );
}

/** @param {string} what @param {string[]} command */
async function build(what, command) {
  const { code, output } = await run(command);
  if (code !== 0) throw new Error(`${what} failed:\n${output.trimEnd()}`);
}

async function buildFuzzer() {
  const clang = await findClang();
  const ninja = (await succeeds(['ninja', '--version'])) ? ['-G', 'Ninja'] : [];
  const fresh = existsSync(path.join(root, folder, 'CMakeCache.txt')) ? [] : ninja;
  await build('configuring the fuzzer', [
    ...['cmake', '-S', '.', '-B', folder, ...fresh, '-DFUZZ=ON', `-DCMAKE_C_COMPILER=${clang}`],
    ...['-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DSANITIZE=address,undefined,fuzzer-no-link'],
  ]);
  await build('building the fuzzer', [
    ...['cmake', '--build', folder, '--parallel', String(availableParallelism())],
  ]);
}

/** @param {string} text what the fuzzer has said so far @param {RegExp} pattern of a number */
function lastNumber(text, pattern) {
  return Number([...text.matchAll(pattern)].at(-1)?.[1] ?? 0);
}

/** @param {string} text */
function executionsIn(text) {
  return Math.max(
    lastNumber(text, /stat::number_of_executed_units:\s*(\d+)/g),
    lastNumber(text, /^#(\d+)/gm),
  );
}

/**
 * Lets one fuzzer work; several share what they find.
 * @param {number} seconds
 * @param {string} found the folder for it
 * @param {(executions: number) => void} report
 * @returns {Promise<Outcome>}
 */
async function fuzz(seconds, found, report) {
  const { code, output } = await run(
    [
      ...[program, found, ...limits, `-max_total_time=${seconds}`, '-print_final_stats=1', '-reload=1'],
      `-artifact_prefix=${findings}/`,
    ],
    (text) => report(executionsIn(text)),
  );
  return {
    code,
    executions: executionsIn(output),
    coverage: lastNumber(output, /\bcov: (\d+)/g),
    log: output,
  };
}

/** @param {number} workers @param {number} seconds @param {string} found */
async function fuzzTogether(workers, seconds, found) {
  const executions = Array.from({ length: workers }, () => 0);
  const start = performance.now();
  const timer = setInterval(() => {
    const elapsed = ((performance.now() - start) / 1000).toFixed(0);
    console.log(
      `${elapsed} s, ${executions.reduce((sum, count) => sum + count).toLocaleString()} executions`,
    );
  }, 30_000);
  try {
    return await Promise.all(
      executions.map((_, worker) => fuzz(seconds, found, (count) => (executions[worker] = count))),
    );
  } finally {
    clearInterval(timer);
  }
}

/**
 * A few byte strings that reach, together, all that those in the folder reach. The shortest are left out: it would take
 * very many of them.
 * @param {string} found
 */
async function updateCorpus(found) {
  const merged = mkdtempSync(path.join(tmpdir(), 'gpu-buddy-corpus-'));
  for (const file of readdirSync(found))
    if (statSync(path.join(found, file)).size < 64) rmSync(path.join(found, file));
  await build('merging the corpus', [
    ...[program, '-merge=1', '-use_counters=0', '-max_len=512', merged, found],
  ]);
  rmSync(path.join(root, corpus), { recursive: true, force: true });
  cpSync(merged, path.join(root, corpus), { recursive: true });
  rmSync(merged, { recursive: true });
  console.log(`${corpus}: ${readdirSync(path.join(root, corpus)).length} byte strings`);
}

/** What is left of earlier runs would look like a finding. */
function emptyFindings() {
  const place = path.join(root, findings);
  if (existsSync(place) && readdirSync(place).length > 0) renameSync(place, `${place}-${Date.now()}`);
  mkdirSync(place, { recursive: true });
}

/** @param {Outcome[]} outcomes */
function showFindings(outcomes) {
  for (const { code, log } of outcomes) if (code !== 0) console.error(log.slice(-8000));
  for (const file of readdirSync(path.join(root, findings)))
    console.error(`to see it again: ${program} ${path.join(findings, file)}`);
}

/** @param {{ seconds: number, workers: number, update: boolean }} options */
async function main({ seconds, workers, update }) {
  await buildFuzzer();
  emptyFindings();
  const found = mkdtempSync(path.join(tmpdir(), 'gpu-buddy-fuzz-'));
  try {
    cpSync(path.join(root, corpus), found, { recursive: true });
    console.log(`fuzzing for ${seconds} s, ${workers} at a time`);
    const outcomes = await fuzzTogether(workers, seconds, found);
    const failed = outcomes.filter(({ code }) => code !== 0).length;
    showFindings(outcomes);
    if (update && failed === 0) await updateCorpus(found);

    const executions = outcomes.reduce((sum, outcome) => sum + outcome.executions, 0);
    const coverage = Math.max(...outcomes.map((outcome) => outcome.coverage));
    console.log(
      `fuzz: ${executions.toLocaleString('en')} executions in ${seconds} s, ${coverage} edges covered, ` +
        `${failed === 0 ? 'no findings' : `${failed} of ${workers} fuzzers found something`}`,
    );
    if (failed > 0) process.exitCode = 1;
  } finally {
    rmSync(found, { recursive: true, force: true });
  }
}

/** @param {string} name @param {string} text */
function count(name, text) {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} takes a number from 1 on`);
  return number;
}

try {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      workers: { type: 'string', default: String(Math.min(availableParallelism(), 8)) },
      'update-corpus': { type: 'boolean', default: false },
    },
  });
  await main({
    seconds: count('seconds', values.seconds),
    workers: count('workers', values.workers),
    update: values['update-corpus'],
  });
} catch (error) {
  console.error(`fuzz: ${error.message}`);
  process.exitCode = 1;
}
