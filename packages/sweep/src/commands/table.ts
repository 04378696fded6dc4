/** The command `table`: shows results. */
import { writeFile } from 'node:fs/promises';
import { MEASURES } from '../plan/measures.js';
import { drawChart, FIT } from '../report/chart.js';
import { csvText } from '../report/csv-text.js';
import { tablesText } from '../report/tables.js';
import { readRows } from '../results/results.js';
import { SweepError } from '../sweep-error.js';
import { parseCommand, usageError, type Command } from './command.js';

/** Measures that a chart can have: those that are numbers. */
const DRAWN: readonly string[] = [
  FIT,
  'failures',
  ...MEASURES.filter((measure) => measure !== 'firstFailure'),
];

const TABLE = {
  name: 'table',
  operands: ['FILE'],
  summary: 'Shows results: policies, the best one of each trace, the smallest size for all.',
  options: {
    csv: { type: 'boolean', default: false, help: 'write comma-separated values, a line a job' },
    chart: { type: 'string', value: 'FILE', help: 'draw a chart by size, as SVG' },
    measure: { type: 'string', value: 'NAME', default: FIT, help: `what the chart shows. Default: ${FIT}` },
  },
} as const;

export const table: Command = {
  spec: TABLE,
  async run(args) {
    const { values, positionals } = parseCommand(TABLE, args);
    const [file = ''] = positionals;
    if (!DRAWN.includes(values.measure))
      throw usageError(`--measure takes ${DRAWN.join(', ')}, not "${values.measure}"`);
    const rows = readRows(file);
    if (rows.length === 0) throw new SweepError('ERR_SWEEP_RESULTS', `${file}: holds no results`);
    if (values.chart !== undefined) await writeFile(values.chart, await drawChart(rows, values.measure));
    if (values.csv || values.chart === undefined)
      process.stdout.write(values.csv ? csvText(rows) : tablesText(rows));
    return 0;
  },
};
