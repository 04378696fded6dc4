/** Summaries of one or more traces as text. */
import { constants } from 'node:os';
import type { OperationKind, TraceSummary } from '../trace';
import { withoutControls } from '../trace/printable';
import { bytesText, countText, shareText } from '../trace/number-text';
import { tableText } from './table-text';

/** A trace by its name. */
export interface NamedSummary {
  readonly name: string;
  readonly summary: TraceSummary;
}

/** The order in which the operations are listed: that of a list's life. Those of the library come behind them, as they appear. */
const KINDS: readonly OperationKind[] = [
  'init',
  'alloc',
  'trim',
  'free',
  'free_block',
  'reset_clear',
  'lookup',
  'print',
  'fini',
];

/** Labels of what was never freed that are listed. */
const SHOWN_LABELS = 10;

/** Counts by operation and result, of all traces together; then peak and end of each. */
export function summaryText(traces: readonly NamedSummary[]): string {
  const summaries = traces.map(({ summary }) => summary);
  const tables = [countRows(summaries), traceRows(traces), listRows(traces), leakRows(traces)];
  return tables
    .filter((rows) => rows.length > 0)
    .map(tableText)
    .join('\n');
}

function countRows(summaries: readonly TraceSummary[]): string[][] {
  const errnos = errnosOf(summaries);
  const kinds = [...new Set([...KINDS, ...summaries.flatMap(({ operations }) => [...operations.keys()])])];
  const counts = kinds.map((kind) =>
    errnos.map((errno) => sum(summaries.map(({ operations }) => operations.get(kind)?.get(errno) ?? 0))),
  );
  const totals = errnos.map((_, column) => sum(counts.map((row) => row[column] ?? 0)));
  return [
    ['operation', 'count', ...errnos.map((errno) => (errno === 0 ? 'ok' : errnoName(errno)))],
    ...kinds.flatMap((kind, i) => countRow(kind, counts[i] ?? [])),
    ...countRow('all', totals),
  ];
}

/** One row, or none where nothing was counted. */
function countRow(name: string, counts: readonly number[]): string[][] {
  const total = sum(counts);
  return total > 0
    ? [[name, ...[total, ...counts].map((count) => (count > 0 ? countText(count) : '-'))]]
    : [];
}

/** Names a negative errno. The kernel's have the same numbers everywhere; those of Node's own error names differ on Windows. */
function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, number]) => number === -errno)?.[0] ?? String(errno);
}

/** 0 first. */
function errnosOf(summaries: readonly TraceSummary[]): number[] {
  const errnos = new Set([0]);
  for (const { operations } of summaries) {
    for (const results of operations.values()) for (const errno of results.keys()) errnos.add(errno);
  }
  return [...errnos].sort((a, b) => b - a);
}

function traceRows(traces: readonly NamedSummary[]): string[][] {
  return [
    [
      'trace',
      'peak use',
      'of',
      'share',
      'at line',
      'free at end',
      'clear share',
      'free blocks',
      'largest',
      'longest run',
    ],
    ...traces.map(({ name, summary: { peak, end } }) => [
      name,
      ...(peak
        ? [
            bytesText(peak.used),
            bytesText(peak.size),
            shareText(peak.used, peak.size),
            countText(peak.lineNumber),
          ]
        : ['-', '-', '-', '-']),
      ...(end
        ? [
            bytesText(end.avail),
            shareText(end.clearAvail, end.avail),
            countText(end.freeBlocks),
            bytesText(end.largestFreeBlock),
            bytesText(end.longestFreeRun),
          ]
        : ['-', '-', '-', '-', '-']),
    ]),
  ];
}

/** Lists by their shape, and how far what is free at the end has fallen apart. */
function listRows(traces: readonly NamedSummary[]): string[][] {
  return [
    ['trace', 'lists', 'blocks a list', 'pieces a list', 'fragmented at end', 'by runs', 'never freed'],
    ...traces.map(({ name, summary: { end, lists } }) => [
      name,
      ...(lists && lists.lists > 0
        ? [
            countText(lists.lists),
            (lists.blocks / lists.lists).toFixed(2),
            (lists.pieces / lists.lists).toFixed(2),
          ]
        : ['-', '-', '-']),
      ...(end
        ? [
            shareText(end.avail - end.largestFreeBlock, end.avail),
            shareText(end.avail - end.longestFreeRun, end.avail),
          ]
        : ['-', '-']),
      bytesText(sum(lists?.leaks.map(({ bytes }) => bytes) ?? [])),
    ]),
  ];
}

/** Lists memory that was never freed, by label; none where nothing has a label. */
function leakRows(traces: readonly NamedSummary[]): string[][] {
  const rows = traces.flatMap(({ name, summary: { lists } }) => {
    const leaks = lists?.leaks ?? [];
    if (leaks.every(({ label }) => label === undefined)) return [];
    return leaks
      .slice(0, SHOWN_LABELS)
      .map(({ label, lists: count, bytes }) => [
        name,
        countText(count),
        bytesText(bytes),
        label === undefined ? '(no label)' : withoutControls(label),
      ]);
  });
  return rows.length > 0 ? [['trace', 'lists', 'never freed', 'label'], ...rows] : [];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
