/** Measures what is asked for, one thing after the other, and tells what came out. */
import { Presets, SingleBar } from 'cli-progress';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { drawChart } from './chart.mjs';
import { judge, limits, printVerdicts } from './check.mjs';
import { library } from './library.mjs';
import { tasksAgainst, tasksOf } from './parts.mjs';

/** @typedef {ReturnType<typeof describeMachine>} Machine where the figures come from */

function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    buddy: `Linux ${library.kernelVersion}`,
  };
}

/** Writes results/results.json. @param {object} measured */
function save(measured) {
  const folder = new URL('results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('results.json', folder), `${JSON.stringify(measured, null, 2)}\n`);
}

/** @param {ReturnType<typeof import('./options.mjs').parseOptions>} options @returns {Promise<number>} the exit code */
export async function run({ only, rounds, check, readme, against }) {
  const parts = against === undefined ? only : [];
  const tasks =
    against === undefined ? parts.flatMap((part) => tasksOf(part, rounds)) : tasksAgainst(against, rounds);

  /** @type {import('./rows.mjs').Row[]} */
  const rows = [];
  const measured = { machine: describeMachine(), rounds, parts, rows };
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} {name}', noTTYOutput: true, notTTYSchedule: 10_000 },
    Presets.shades_classic,
  );
  bar.start(tasks.length, 0, { name: '' });
  try {
    for (const { name, run } of tasks) {
      bar.update({ name });
      rows.push(...(await run()));
      bar.increment();
      // After each, so that a later one that fails takes nothing along.
      save(measured);
    }
  } finally {
    bar.stop();
  }

  const code = printVerdicts(rows, judge(limits, rows, parts));
  if (readme) await drawChart(measured);
  return check ? code : 0;
}
