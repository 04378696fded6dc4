/** Measures the parts that are asked for, one after the other, and tells what came out. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { judge, limits, tell } from './check.mjs';
import { machine } from './machine.mjs';
import { compare } from './parts/against.mjs';
import { otherRows, others } from './parts/others.mjs';
import { commonRows, measurePeers, peerRows } from './parts/peers.mjs';
import { measureScale, scaleRows } from './parts/scale.mjs';
import { measureStates, stateRows } from './parts/states.mjs';
import { drawReadmeChart, writeReport } from './report/report.mjs';
import { errorStates, states } from './states.mjs';
import { table } from './table.mjs';

const folder = new URL('results/', import.meta.url);

/** After each part, so that a later one that fails takes nothing along. @param {import('./report/report.mjs').Measured} measured */
function save(measured) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('results.json', folder), `${JSON.stringify(measured, null, 2)}\n`);
}

/** @param {[string[], string[][]]} rows */
function print(rows) {
  console.log(`\n${table(...rows)}`);
}

/** @param {ReturnType<typeof import('./options.mjs').parseOptions>} options @returns {Promise<number>} the exit code */
export async function run({ only, rounds, check, oracle, readme, against }) {
  if (against !== undefined) {
    await compare([...states.filter((state) => state.isCore), ...errorStates], rounds, against);
    return 0;
  }

  /** @type {Record<string, number>} by the ids of limits.json */
  const figures = {};
  /** @type {import('./report/report.mjs').Measured} */
  const measured = { machine: machine(), rounds, parts: only, figures, states: [], others: [] };

  const wanted = states.filter((state) => only.includes(state.isCore ? 'core' : 'states'));
  if (wanted.length) {
    measured.states = await measureStates(wanted, rounds, figures);
    print(stateRows(measured.states));
    save(measured);
  }
  if (only.includes('peers')) {
    console.error('\nthe common job …');
    measured.peers = await measurePeers(rounds, figures);
    print(commonRows(measured.peers));
    print(peerRows(measured.peers));
    save(measured);
  }
  for (const [part, measureOther] of Object.entries(others)) {
    if (!only.some((name) => name === part)) continue;
    console.error(`\n${part} …`);
    const found = await measureOther(rounds);
    Object.assign(figures, found.figures);
    measured.others.push(...found.rows);
    print(otherRows(found.rows));
    save(measured);
  }
  if (only.includes('scale')) {
    console.error('');
    measured.scale = await measureScale(Math.min(rounds, 5));
    print(scaleRows(measured.scale));
    save(measured);
  }
  if (oracle) {
    console.error('\nthe booted kernel …');
    const { kernelRows, measureKernel } = await import('./parts/kernel.mjs');
    measured.kernel = await measureKernel();
    print(kernelRows(measured.kernel, measured.states));
  }

  const verdicts = judge(limits, figures, only);
  save(measured);
  await writeReport(measured, verdicts, folder);
  if (readme) await drawReadmeChart(measured);
  console.error('\nresults/results.json and results/report.html are written');

  return check ? tell(verdicts) : 0;
}
