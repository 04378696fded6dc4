import Table from 'cli-table3';
import { SZ_1G, SZ_1M } from 'gpu-buddy';

/** @param {number} part @param {number} whole */
const percent = (part, whole) => (whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : '-');

/** @typedef {ReturnType<typeof import('./simulate.mjs').simulate> & { name: string, smallest?: number }} Result */

/** @type {readonly { title: string, cell: (result: Result) => string }[]} */
const columns = [
  { title: 'in use', cell: ({ utilisation }) => percent(utilisation, 1) },
  { title: 'longest run', cell: ({ longestRun }) => `${(longestRun / SZ_1M).toFixed(0)} MiB` },
  { title: 'failed adapters', cell: ({ failedAdapters, adapters }) => percent(failedAdapters, adapters) },
  { title: 'grown in place', cell: ({ grownInPlace, grown }) => percent(grownInPlace, grown) },
  { title: 'preempted', cell: ({ preemptions }) => String(preemptions) },
  { title: 'waited', cell: ({ waited, requests }) => percent(waited, requests) },
  { title: 'wait (p95)', cell: ({ wait95 }) => `${wait95.toFixed(2)} s` },
  { title: 'smallest space', cell: ({ smallest = 0 }) => `${(smallest / SZ_1G).toFixed(2)} GiB` },
];

/** Writes a table with a line a policy. @param {readonly Result[]} results */
export function table(results) {
  const shown = columns.filter(({ title }) => title !== 'smallest space' || results[0]?.smallest);
  const lines = new Table({
    head: ['policy', ...shown.map(({ title }) => title)],
    colAligns: ['left', ...shown.map(() => /** @type {const} */ ('right'))],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  for (const result of results) lines.push([result.name, ...shown.map(({ cell }) => cell(result))]);
  return lines.toString();
}
