/** Writes what was measured for people: report.html with its charts, and the chart of README.md. */
import { writeFileSync } from 'node:fs';
import { verdictCells } from '../check.mjs';
import { otherRows } from '../parts/others.mjs';
import { commonRows, peerRows } from '../parts/peers.mjs';
import { scaleRows } from '../parts/scale.mjs';
import { stateRows } from '../parts/states.mjs';
import { peersChart, scaleChart, statesChart } from './charts.mjs';

/**
 * @typedef {object} Measured
 * @property {ReturnType<typeof import('../machine.mjs').machine>} machine
 * @property {number} rounds
 * @property {readonly import('../options.mjs').Part[]} parts
 * @property {Record<string, number>} figures
 * @property {import('../parts/states.mjs').Measured[]} states
 * @property {import('../parts/others.mjs').Row[]} others
 * @property {Awaited<ReturnType<typeof import('../parts/peers.mjs').measurePeers>>} [peers]
 * @property {Awaited<ReturnType<typeof import('../parts/scale.mjs').measureScale>>} [scale]
 * @property {Awaited<ReturnType<typeof import('../parts/kernel.mjs').measureKernel>>} [kernel]
 */

/** @param {Measured['machine']} machine */
function whereOf({ cpu, cores, node, buddy }) {
  return `${cpu}, ${cores} cores; Node ${node}; ${buddy}`;
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** @param {[string[], string[][]]} rows */
function htmlTable([head, rows]) {
  const row = (cells, tag) => `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('\n')}</table>`;
}

/** @param {Measured} measured @param {import('../check.mjs').Verdict[]} verdicts @param {URL} folder */
export async function writeReport(measured, verdicts, folder) {
  const { machine, states, peers, scale, others } = measured;
  const where = whereOf(machine);
  /** @type {[string, string][]} by the names of their files */
  const charts = [];
  if (states.length) charts.push(['states', await statesChart(states, where)]);
  if (scale?.length) charts.push(['scale', await scaleChart(scale, where)]);
  if (peers) charts.push(['peers', await peersChart(peers, where)]);
  for (const [name, svg] of charts) writeFileSync(new URL(`${name}.svg`, folder), svg);

  const tables = [
    verdicts.length && [['figure', 'limit', 'measured', ''], verdicts.map(verdictCells)],
    states.length && stateRows(states),
    scale?.length && scaleRows(scale),
    peers && commonRows(peers),
    peers && peerRows(peers),
    others.length && otherRows(others),
  ].filter(Boolean);
  const page = `<!doctype html>
<meta charset="utf-8">
<title>gpu-buddy, measured</title>
<style>
body { font: 14px sans-serif; max-width: 1100px; margin: 2em auto; color: #333 }
table { border-collapse: collapse; margin: 2em 0 }
td, th { padding: 2px 10px; text-align: right; border-bottom: 1px solid #ddd }
td:first-child, th:first-child { text-align: left }
</style>
<h1>gpu-buddy, measured</h1>
<p>${escape(where)}; ${measured.rounds} rounds. How it is measured: docs/bench.md.</p>
${charts.map(([, svg]) => svg).join('\n')}
${tables.map(htmlTable).join('\n')}
`;
  writeFileSync(new URL('report.html', folder), page);
}

/** @param {Measured} measured */
export async function drawReadmeChart({ machine, states }) {
  const core = states.filter(({ isCore, operation }) => isCore && operation !== 'failures');
  if (!core.length) throw new Error('--readme draws what `core` measures: leave it in.');
  const svg = await statesChart(core, whereOf(machine));
  writeFileSync(new URL('../../docs/bench.svg', import.meta.url), `${svg}\n`);
}
