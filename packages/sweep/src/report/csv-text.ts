/** Formats results as comma-separated values, a line a job. */
import { stringify } from 'csv-stringify/sync';
import type { Row } from '../replay/row.js';

export function csvText(rows: readonly Row[]): string {
  const records = rows.map(flatten);
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return stringify(records, { header: true, columns });
}

/** Gives each part of a value a column of its own: `blockFragmentation.mean`. */
function flatten(row: Row): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      if (value === null) return [];
      return typeof value === 'object'
        ? Object.entries(value).map(([part, inner]) => [`${name}.${part}`, inner])
        : [[name, value]];
    }),
  );
}
