// Interrupts the library at every statement and at random moments, and prints what it has found by scenario:
// `npm run soak:interruptions -- [--overflows N] [--timeouts N] [--workers N] [--sigints N] [--seed N] [--only SCENARIO]
// [--addon FILE | --asan]`. Exits with 1 where anything was lost or had two owners.
// --asan takes the addon that `npm run test:asan` has built under AddressSanitizer, and a tenth of the counts.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sanitized = path.join(root, 'build/cmake/sanitized/RelWithDebInfo/gpu_buddy_test.node');

const { values } = parseArgs({
  options: {
    overflows: { type: 'string', default: '100000' },
    timeouts: { type: 'string', default: '2000' },
    workers: { type: 'string', default: '100' },
    sigints: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    addon: { type: 'string' },
    asan: { type: 'boolean', default: false },
  },
});

if (values.addon) process.env.GPU_BUDDY_ADDON = path.resolve(values.addon);
if (values.asan) useSanitizers();
// Reads the environment.
const { randomParts, runMemory, runRandom, runSteps } = await import('../../test/interruption/run.mjs');

const share = values.asan ? 10 : 1;
const seed = Number(values.seed);
const counts = {
  overflow: Number(values.overflows),
  timeouts: Number(values.timeouts),
  workers: Number(values.workers),
  sigint: Number(values.sigints),
};

/** The sanitizers must be there before Node is: in the processes to come. */
function useSanitizers() {
  if (!existsSync(sanitized)) throw new Error('Build it first: npm run test:asan -- --listTests');
  const libraries = ['libasan.so', 'libubsan.so'].map((name) =>
    execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim(),
  );
  Object.assign(process.env, {
    LD_PRELOAD: libraries.join(':'),
    ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1:abort_on_error=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    GPU_BUDDY_ADDON: sanitized,
  });
}

/** @returns {{ name: string, run: () => Promise<import('../../test/interruption/report.mjs').PlainReport> }[]} */
function parts() {
  const kinds = /** @type {const} */ (['throw', 'throw-on', 'terminate']);
  const steps = kinds.map((kind) => ({
    name: `${kind} at each step`,
    run: () => runSteps({ kind, seed, every: share, only: values.only ?? '' }),
  }));
  if (values.only !== undefined) return steps;
  const random = randomParts
    .filter((part) => counts[part] > 0)
    .map((part) => ({
      name: part,
      run: () => runRandom(part, { count: Math.ceil(counts[part] / share), seed }),
    }));
  // A sanitizer holds on to what is freed.
  const memory = values.asan
    ? []
    : [{ name: 'memory of lost allocators', run: () => runMemory({ rounds: 60 }) }];
  return [...steps, ...memory, ...random];
}

/** @param {(string | number)[]} cells @param {string} name */
function line(name, ...cells) {
  return name.padEnd(66) + cells.map((cell) => String(cell).padStart(15)).join('');
}

const totals = { interruptions: 0, violations: 0 };
for (const { name, run } of parts()) {
  const begin = performance.now();
  const { interruptions, violations, rows, examples } = await run();
  totals.interruptions += interruptions;
  totals.violations += violations;
  console.log(`\n${line(name, 'statements', 'steps', 'interruptions', 'violations')}`);
  for (const row of rows)
    console.log(line(row.name, row.statements, row.steps, row.interruptions, row.violations));
  for (const { scenario, how, where, problems } of examples)
    console.log(`  ${scenario}, ${how}, ${where}:\n    ${problems.join('\n    ')}`);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log(line(`${name}: ${seconds} s`, '', '', interruptions, violations));
}
console.log(`\nseed ${seed}: ${totals.interruptions} interruptions, ${totals.violations} violations`);
if (totals.violations > 0) process.exitCode = 1;
