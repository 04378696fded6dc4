/** Formats the report of an import. */
import type { ImportReport } from '../trace';
import { bytesText, countText, pluralText } from '../trace/number-text';
import { tableText } from './table-text';

/** Totals, then a table of what was skipped, mapped and guessed. */
export function importText(report: ImportReport): string {
  const { file, format, device, unit, records, recordName, allocations, frees, probes } = report;
  const { peak, peakAt, live, liveBytes, reserved, notes } = report;
  const place = (record: number) => (record === 0 ? '' : `${recordName} ${countText(record)}`);
  const on = device === undefined ? '' : `, device ${device}`;
  const lines = [
    `${file}: ${format}${on}, ${pluralText(records, recordName)}, in units of ${bytesText(unit)}`,
    `${pluralText(allocations, 'allocation')}, ${pluralText(frees, 'free')}, ${pluralText(probes, 'probe')}`,
    `most in use: ${exactText(peak)}${peakAt === 0 ? '' : `, at ${place(peakAt)}`}`,
    ...(reserved === undefined ? [] : [`reserved by the recorded allocator: ${exactText(reserved)}`]),
    `never freed: ${pluralText(live, 'allocation')}, ${exactText(liveBytes)}`,
  ];
  const rows = notes.map(({ way, text, count, first }) => [
    `${way}: ${text}`,
    countText(count),
    place(first),
  ]);
  return `${lines.join('\n')}\n${tableText([['', 'count', 'first'], ...rows])}`;
}

function exactText(bytes: number): string {
  return bytes < 1024 ? bytesText(bytes) : `${bytesText(bytes)} (${countText(bytes)} bytes)`;
}
