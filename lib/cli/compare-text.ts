/** Formats the output of `gpu-buddy compare`: a table, JSON or comma-separated values. */
import type { DifferencePoint, Divergence, PolicyMeasures } from '../trace';
import { withoutControls } from '../trace/printable';
import { bytesText, countText, pluralText } from '../trace/number-text';
import { tableText } from './table-text';

/** Measures of a trace by its name. */
export interface ComparedRow {
  readonly name: string;
  /** The release of Linux whose allocator it was, where several were asked. */
  readonly kernel?: string | undefined;
  readonly measures: PolicyMeasures;
}

interface Column {
  readonly title: string;
  readonly text: (row: ComparedRow) => string;
}

const KERNEL_COLUMN: Column = { title: 'kernel', text: ({ kernel = '' }) => kernel };

const COLUMNS: readonly Column[] = [
  { title: 'trace', text: ({ name }) => name },
  { title: 'mode', text: ({ measures }) => measures.policy.mode },
  { title: 'min block', text: ({ measures: { policy } }) => minBlockText(policy.minBlockSize) },
  { title: 'size', text: ({ measures }) => bytesText(measures.policy.size) },
  { title: 'failures', text: ({ measures }) => countText(measures.failures) },
  { title: 'used at first', text: ({ measures }) => percentText(measures.utilisation) },
  { title: 'peak', text: ({ measures }) => bytesText(measures.peak) },
  { title: 'fragmented', text: ({ measures }) => percentText(measures.blockFragmentation.mean) },
  { title: 'worst', text: ({ measures }) => percentText(measures.blockFragmentation.worst) },
  { title: 'by runs', text: ({ measures }) => percentText(measures.runFragmentation.mean) },
  { title: 'worst', text: ({ measures }) => percentText(measures.runFragmentation.worst) },
  { title: 'blocks', text: ({ measures }) => measures.blocksPerList.toFixed(2) },
  { title: 'pieces', text: ({ measures }) => measures.piecesPerList.toFixed(2) },
  { title: 'time', text: ({ measures }) => `${measures.seconds.toFixed(3)} s` },
];

export function compareTable(rows: readonly ComparedRow[]): string {
  const probes = rows.filter(({ measures }) => measures.probes > 0).map(probesText);
  const failures = rows.filter(({ measures }) => measures.firstFailure).map(failureText);
  const columns = rows.some(({ kernel }) => kernel !== undefined) ? [KERNEL_COLUMN, ...COLUMNS] : COLUMNS;
  const table = tableText([
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ text }) => text(row))),
  ]);
  return [table, ...[...failures, ...probes].map((line) => `${line}\n`)].join('');
}

/** Values by their names. */
export type CsvRecord = Readonly<Record<string, string | number | null | undefined>>;

/** The measures as records with plain names: of JSON, and of comma-separated values. */
export function compareRecord({ name, kernel, measures }: ComparedRow): CsvRecord {
  const { policy, firstFailure, blockFragmentation, runFragmentation, ...counts } = measures;
  return {
    ...(kernel === undefined ? {} : { kernel }),
    trace: name,
    ...policy,
    minBlockSize: policy.minBlockSize ?? null,
    ...counts,
    utilisation: counts.utilisation ?? null,
    firstFailureLine: firstFailure?.line ?? null,
    firstFailureSize: firstFailure?.size ?? null,
    firstFailureAvail: firstFailure?.avail ?? null,
    blockFragmentationMean: blockFragmentation.mean,
    blockFragmentationWorst: blockFragmentation.worst,
    runFragmentationMean: runFragmentation.mean,
    runFragmentationWorst: runFragmentation.worst,
  };
}

/** Records of one shape as comma-separated values: RFC 4180, with a header. */
export function csvText(records: readonly CsvRecord[]): string {
  const names = Object.keys(records[0] ?? {});
  const lines = [names, ...records.map((record) => names.map((name) => record[name]))];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(value: CsvRecord[string]): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Says in sentences where the two rows part. */
export function divergenceText([first, second]: readonly [string, string], divergence: Divergence): string {
  const { request, placement, outcome, compared, placedElsewhere } = divergence;
  const { failedOnlyInFirst, failedOnlyInSecond } = divergence;
  const lines: string[] = [];
  if (request) lines.push(`the recordings part at ${pointText(request)}; what follows is not compared`);
  if (placement)
    lines.push(
      `placed elsewhere first at ${pointText(placement)}, in all ${pluralText(placedElsewhere, 'allocation')}`,
    );
  if (outcome)
    lines.push(
      `first with another outcome: ${pointText(outcome)}`,
      `failed in ${first} alone: ${countText(failedOnlyInFirst)}; in ${second} alone: ${countText(failedOnlyInSecond)}`,
    );
  if (lines.length === 0) return `${first} and ${second}: ${pluralText(compared, 'request')}, all the same\n`;
  return `${first} and ${second}, ${pluralText(compared, 'request')} in common:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function pointText({ index, lines: [one, other] }: DifferencePoint): string {
  const where =
    one === other
      ? `line ${lineText(one)}`
      : `line ${lineText(one)} of the first, line ${lineText(other)} of the second`;
  return `request ${countText(index + 1)} (${where})`;
}

function lineText(line: number | undefined): string {
  return line === undefined ? '(ended)' : countText(line);
}

/** A row's trace and policy, as far as that is told apart. */
export function rowName({ name, kernel, measures: { policy } }: ComparedRow): string {
  const { mode, minBlockSize, size } = policy;
  const min = minBlockSize === undefined ? '' : ` ${minBlockText(minBlockSize)}`;
  const on = kernel === undefined ? '' : ` on Linux ${kernel}`;
  return `${name} ${mode}${min} in ${bytesText(size)}${on}`;
}

function failureText(row: ComparedRow): string {
  const failure = row.measures.firstFailure;
  return `${rowName(row)}: ${failure ? requestText(failure) : ''}`;
}

/** Says in one sentence what failed, and what was free. */
export function requestText({
  line,
  label,
  size,
  avail,
  largestFree,
  longestRun,
}: NonNullable<PolicyMeasures['firstFailure']>): string {
  const what = label === undefined ? '' : ` ("${withoutControls(label)}")`;
  const free =
    avail < size
      ? `${bytesText(avail)} free`
      : `${bytesText(avail)} free, in blocks of at most ${bytesText(largestFree)}, runs of at most ${bytesText(longestRun)}`;
  return `line ${countText(line)}${what}: no space for ${bytesText(size)}: ${free}`;
}

function probesText(row: ComparedRow): string {
  const { probes, probesThatFit } = row.measures;
  return `${rowName(row)}: of ${pluralText(probes, 'recorded failure')}, ${countText(probesThatFit)} would have had space`;
}

function minBlockText(bytes: number | undefined): string {
  return bytes === undefined ? 'recorded' : bytesText(bytes);
}

function percentText(share: number | undefined): string {
  return share === undefined ? '-' : `${(100 * share).toFixed(1)} %`;
}
