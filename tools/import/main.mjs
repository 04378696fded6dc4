// Tries the importers on what is too large, or takes too long, for a test.
//
//   node tools/import/main.mjs rates [FOLDER]      a log of 5 million lines beside csv-parse alone, a snapshot of 1 GB
//   node tools/import/main.mjs fuzz [SECONDS]      pickles of random opcodes: a trace or a clear error comes out
//
// `npm run build` comes first. csv-parse is no dependency: `npm install --no-save csv-parse`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { root } from '../folders.mjs';
import { Random } from '../oracle/generator/random.mjs';
import { fuzzedPickle } from './fuzzed-pickle.mjs';
import { writeRmmLog } from './rmm-log.mjs';
import { writeSnapshot } from './snapshot.mjs';

const LINES = 5_000_000;
const SNAPSHOT_SIZE = 1e9;
const TURNS = 3;

const MAIN = path.join(root, 'dist/cli/main.js');
const CSV_PARSE = `
  import { parse } from 'csv-parse';
  import { createReadStream } from 'node:fs';
  let count = 0;
  for await (const record of createReadStream(process.argv[1]).pipe(parse())) count += record.length > 0;`;

/** Runs Node and tells what that took. @param {string[]} args */
function measured(args) {
  const report =
    'process.on("exit", () => { const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage(); process._rawDebug(JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e6, maxRSS })); })';
  const start = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(report)}`, ...args],
    { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  const { cpu, maxRSS } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
  return { wall: (performance.now() - start) / 1000, cpu, maxRSS: maxRSS / 1024 };
}

/** @param {string} name @param {{ wall: number, cpu: number, maxRSS: number }} result @param {number} amount @param {string} unit */
function printRate(name, { wall, cpu, maxRSS }, amount, unit) {
  const rate = (/** @type {number} */ seconds) => Math.round(amount / seconds).toLocaleString('en');
  const times = `${wall.toFixed(1)} s, ${cpu.toFixed(1)} s of the processor`;
  console.log(
    `${name}: ${times}, ${rate(wall)} ${unit}/s, ${rate(cpu)} ${unit}/s of the processor, ${Math.round(maxRSS)} MiB`,
  );
}

/** @param {string} folder */
async function rates(folder) {
  const log = path.join(folder, 'rmm.dev0.csv');
  const snapshot = path.join(folder, 'snapshot.pickle');
  const output = path.join(folder, 'out.trace');
  if (!existsSync(log)) await writeRmmLog(log, LINES);
  if (!existsSync(snapshot)) writeSnapshot(snapshot, SNAPSHOT_SIZE);
  for (let turn = 0; turn < TURNS; turn++) {
    printRate('import of the log', measured([MAIN, 'import', log, '-o', output]), LINES, 'lines');
    printRate('csv-parse alone', measured(['--input-type=module', '-e', CSV_PARSE, log]), LINES, 'lines');
  }
  const megabytes = statSync(snapshot).size / 1e6;
  printRate('import of the snapshot', measured([MAIN, 'import', snapshot, '-o', output]), megabytes, 'MB');
}

/** @param {number} seconds */
async function fuzz(seconds) {
  const { importTrace } = createRequire(import.meta.url)(path.join(root, 'dist/trace/index.js'));
  const random = new Random(`${Date.now()}`);
  const end = performance.now() + 1000 * seconds;
  let traces = 0;
  let errors = 0;
  while (performance.now() < end) {
    const bytes = fuzzedPickle(random);
    try {
      for await (const operation of importTrace(Readable.from([bytes]), { format: 'pytorch', frames: true }))
        if (typeof operation.kind !== 'string') throw new Error('An operation has no kind.');
      traces++;
    } catch (error) {
      if (/** @type {{ code?: string }} */ (error).code !== 'ERR_GPU_BUDDY_TRACE') {
        console.error(bytes.toString('base64'));
        throw error;
      }
      errors++;
    }
  }
  console.log(`${traces + errors} pickles: ${traces} traces, ${errors} clear errors`);
}

const [command, argument] = process.argv.slice(2);
if (command === 'fuzz') {
  await fuzz(Number(argument ?? 600));
} else if (command === 'rates') {
  const folder = argument ?? mkdtempSync(path.join(tmpdir(), 'gpu-buddy-import-'));
  try {
    await rates(folder);
  } finally {
    if (argument === undefined) rmSync(folder, { recursive: true });
  }
} else {
  console.error('Say rates or fuzz.');
  process.exitCode = 2;
}
