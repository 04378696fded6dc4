/** The tables of a report. */
import { NEVER, type EffectsTable } from '../../trace/effects/effects-table';
import { bytesText, countText, pluralText, shareText } from '../../trace/number-text';
import type { OperationKind, TraceSummary } from '../../trace/trace-summary';
import type { Analysis, Interval, ListLife } from '../analysis';
import { shortened } from '../text';
import { failureReason } from './failure-reason';
import { tableHtml, type Cell } from './html';

/** Failures that a table has, and lists. The map steps through all failures. */
const FAILURES = 1000;
const LISTS = 20;

const LABEL_LENGTH = 120;

function count(value: number): Cell {
  return { number: countText(value) };
}

function bytes(value: number): Cell {
  return { number: bytesText(value) };
}

function label(table: EffectsTable, text: number): string {
  return text === 0 ? '(no label)' : shortened(table.texts[text] ?? '', LABEL_LENGTH);
}

/** Summary of the use of memory, in some numbers. */
export function summaryTable(table: EffectsTable, analysis: Analysis, summary: TraceSummary): string {
  const { line, used } = table.steps.columns;
  const { peak, end, intervals, lives, failures } = analysis;
  const size = table.spaceAt(Math.max(end, 0))?.size ?? 0;
  const last = intervals.at(-1);
  const leaked = lives.filter(({ lastStep, bytes: held }) => lastStep === NEVER && held > 0);
  const rows: Cell[][] = [
    ['Lines', count(summary.lines), ''],
    ['Space', bytes(size), ''],
    ...(peak < 0
      ? []
      : [
          [
            'Peak',
            bytes(used[peak] ?? 0),
            `at line ${countText(line[peak] ?? 0)}, ${shareText(used[peak] ?? 0, table.spaceAt(peak)?.size ?? 0)} of the space`,
          ],
        ]),
    ['In use at the end', bytes(end < 0 ? 0 : (used[end] ?? 0)), `in ${pluralText(leaked.length, 'list')}`],
    ['Longest free run at the end', bytes(last?.longestRun ?? 0), ''],
    ['Lists', count(lives.length), ''],
    ['Failed operations', count(failures.length), ''],
  ];
  return tableHtml('Summary', ['What', 'How much', 'Where'], rows);
}

/** How often each operation of the trace ended how. */
export function operationsTable({ operations }: TraceSummary): string {
  const rows = [...operations].flatMap(([kind, results]: [OperationKind, ReadonlyMap<number, number>]) =>
    [...results].map(([errno, times]): Cell[] => [
      kind,
      errno === 0 ? 'succeeded' : `failed (errno ${errno})`,
      count(times),
    ]),
  );
  return tableHtml(
    'Operations by result, all allocators of the trace',
    ['Operation', 'Result', 'Count'],
    rows,
  );
}

/** The curves as numbers, some of the intervals. */
export function timelineTable(intervals: readonly Interval[]): string {
  const rows = thinned(intervals).map((interval): Cell[] => [
    count(interval.lastLine),
    bytes(interval.used),
    bytes(interval.mostUsed),
    bytes(interval.size - interval.used),
    bytes(interval.longestRun),
    { number: shareText(interval.size - interval.used - interval.longestRun, interval.size - interval.used) },
    count(interval.failures),
  ]);
  return tableHtml(
    'Use from line to line',
    ['Up to line', 'Used', 'At most', 'Free', 'Longest free run', 'Fragmented', 'Failures'],
    rows,
  );
}

/** Bytes in blocks of each size as numbers, some of the intervals. */
export function ordersTable(intervals: readonly Interval[], chunkSize: number): string {
  const orders = Array.from({ length: 64 }, (_, order) => order).filter((order) =>
    intervals.some(({ byOrder }) => (byOrder[order] ?? 0) > 0),
  );
  const rows = thinned(intervals).map((interval): Cell[] => [
    count(interval.lastLine),
    ...orders.map((order) => bytes(interval.byOrder[order] ?? 0)),
  ]);
  const head = orders.map((order) => bytesText(chunkSize * 2 ** order));
  return tableHtml('Bytes in blocks of each size', ['Up to line', ...head], orders.length > 0 ? rows : []);
}

/** Intervals that a table has. */
const ROWS = 40;

function thinned(intervals: readonly Interval[]): readonly Interval[] {
  const step = Math.ceil(intervals.length / ROWS);
  return intervals.filter((_, index) => (intervals.length - 1 - index) % step === 0);
}

/** Failures with their reasons. */
export function failuresTable(table: EffectsTable, { failures }: Analysis): string {
  const rows = failures.slice(0, FAILURES).map((entry): Cell[] => {
    const { failure } = entry;
    const code = table.texts[failure.code] ?? '';
    return [
      count(entry.line),
      table.texts[failure.operation] ?? '',
      bytes(failure.size),
      code,
      failureReason(entry, code),
      label(table, failure.label),
    ];
  });
  const more =
    failures.length > FAILURES ? `, the first ${countText(FAILURES)} of ${countText(failures.length)}` : '';
  return tableHtml(`Failures${more}`, ['Line', 'Operation', 'Size', 'Code', 'Why', 'Label'], rows);
}

/** The lists that lived longest, and the largest ones. */
export function listsTables(table: EffectsTable, { lives }: Analysis): string {
  const endOf = ({ lastStep }: ListLife) => Math.min(lastStep, table.steps.length - 1);
  const { line, time } = table.steps.columns;
  const at = table.hasTimes ? time : line;
  const ageOf = (life: ListLife) => (at[endOf(life)] ?? 0) - (at[life.firstStep] ?? 0);
  const rowOf = (life: ListLife): Cell[] => [
    label(table, table.lists.columns.label[life.list] ?? 0),
    count(table.lists.columns.id[life.list] ?? 0),
    bytes(life.bytes),
    count(line[life.firstStep] ?? 0),
    life.lastStep === NEVER ? { number: 'never' } : count(line[life.lastStep] ?? 0),
    { number: table.hasTimes ? `${(ageOf(life) / 1e9).toFixed(6)} s` : pluralText(ageOf(life), 'line') },
  ];
  const head = ['Label', 'List', 'Size', 'From line', 'To line', 'Lived'];
  const held = lives.filter((life) => life.bytes > 0);
  return [
    tableHtml(
      'Longest-lived allocations',
      head,
      [...held]
        .sort((a, b) => ageOf(b) - ageOf(a))
        .slice(0, LISTS)
        .map(rowOf),
    ),
    tableHtml(
      'Largest allocations',
      head,
      [...held]
        .sort((a, b) => b.bytes - a.bytes)
        .slice(0, LISTS)
        .map(rowOf),
    ),
  ].join('\n');
}

/** Leaks, by label. */
export function leaksTable(table: EffectsTable, { lives }: Analysis): string {
  const sums = new Map<number, { lists: number; bytes: number }>();
  for (const { list, lastStep, bytes: held } of lives) {
    if (lastStep !== NEVER || held === 0) continue;
    const text = table.lists.columns.label[list] ?? 0;
    const sum = sums.get(text) ?? { lists: 0, bytes: 0 };
    sums.set(text, { lists: sum.lists + 1, bytes: sum.bytes + held });
  }
  const sorted = [...sums].sort((a, b) => b[1].bytes - a[1].bytes);
  const rows = sorted
    .slice(0, FAILURES)
    .map(([text, sum]): Cell[] => [label(table, text), count(sum.lists), bytes(sum.bytes)]);
  return tableHtml('Never freed, by label', ['Label', 'Lists', 'Bytes'], rows);
}
