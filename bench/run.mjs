/** Measures the parts that are asked for, one after the other, and tells what came out. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { judge, verdictCells } from './check.mjs';
import { machine } from './machine.mjs';
import { measureStates, stateRows } from './parts/states.mjs';
import { states } from './states.mjs';
import { table } from './table.mjs';

/** @type {import('./check.mjs').Limit[]} */
const limits = JSON.parse(readFileSync(new URL('limits.json', import.meta.url), 'utf8'));
const results = new URL('results/', import.meta.url);

/** @param {ReturnType<typeof import('./options.mjs').parseOptions>} options @returns {Promise<number>} the exit code */
export async function run({ only, rounds, check }) {
  /** @type {Record<string, number>} by the ids of limits.json */
  const figures = {};
  const measured = {};

  const wanted = states.filter((state) => only.includes(state.isCore ? 'core' : 'states'));
  if (wanted.length) {
    measured.states = await measureStates(wanted, rounds, figures);
    console.log(`\n${table(...stateRows(measured.states))}\n`);
  }

  mkdirSync(results, { recursive: true });
  const all = { machine: machine(), rounds, figures, ...measured };
  writeFileSync(new URL('results.json', results), `${JSON.stringify(all, null, 2)}\n`);

  if (!check) return 0;
  const verdicts = judge(limits, figures, only);
  console.log(table(['figure', 'limit', 'measured', ''], verdicts.map(verdictCells)));
  const missed = verdicts.filter(({ ok }) => !ok).length;
  console.log(missed ? `\n${missed} of ${verdicts.length} figures missed` : '\nall figures hold');
  return missed ? 1 : 0;
}
