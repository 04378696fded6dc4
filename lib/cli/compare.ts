/** The command `gpu-buddy compare`. */
import { diverge, measurePolicy, type Divergence, type PolicyOptions, type Workload } from '../trace';
import { helpText } from './command-spec';
import { ChunkedOutput } from './chunked-output';
import { COMPARE, parseCompareOptions, type CompareOptions } from './compare-options';
import {
  compareRecord,
  compareTable,
  csvText,
  divergenceText,
  rowName,
  type ComparedRow,
} from './compare-text';
import { droppedText } from './dropped-text';
import { openWorkload } from './open-workload';
import { orUsageError } from './or-usage-error';
import { ProgressBar } from './progress-bar';
import type { Terminal } from './terminal';
import { traceName } from './trace-name';
import { UsageError } from './usage-error';

/** A trace under one policy. */
interface Subject {
  readonly name: string;
  readonly workload: Workload;
  readonly policy: PolicyOptions;
}

/**
 * Runs the command.
 *
 * @returns the exit status
 * @throws UsageError, TraceError, CommandError, OutputError
 */
export async function compare(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseCompareOptions(args);
  const output = new ChunkedOutput(terminal.stdout);
  await output.write(options.help ? helpText(COMPARE) : await compareAll(options, terminal));
  await output.flush();
  return 0;
}

async function compareAll(options: CompareOptions, terminal: Terminal): Promise<string> {
  const { traces, byTime, format } = options;
  const rows: ComparedRow[] = [];
  const ends: Subject[] = [];
  let count = 0;
  for (const path of traces) {
    const name = traceName(path);
    const workload = await openWorkload(path, options, terminal);
    terminal.stderr.write(droppedText(name, workload.dropped));
    if (options.sizes.includes(undefined) && workload.recorded.size === undefined)
      throw new UsageError(`${path} does not tell the size of its space: say it by --size`);
    for (const policy of policiesOf(options)) {
      using bar = await ProgressBar.open(terminal.stderr, `${name} ${policy.mode ?? ''}`);
      const onProgress = (done: number, whole: number) => bar?.update(done, whole);
      rows.push({
        name,
        measures: await orUsageError(() => measurePolicy(workload, policy, { byTime, onProgress })),
      });
      // Two are compared with each other; a third one is not kept in memory.
      if (count++ < 2) ends.push({ name, workload, policy });
    }
  }
  const [first, second] = ends;
  const divergence = first && second && count === 2 ? diverge(first, second) : undefined;
  return resultText(rows, divergence, format);
}

function policiesOf({ modes, minBlockSizes, sizes, chunkSize }: CompareOptions): PolicyOptions[] {
  return sizes.flatMap((size) =>
    minBlockSizes.flatMap((minBlockSize) => modes.map((mode) => ({ mode, size, chunkSize, minBlockSize }))),
  );
}

function resultText(
  rows: readonly ComparedRow[],
  divergence: Divergence | undefined,
  format: CompareOptions['format'],
): string {
  const records = rows.map(compareRecord);
  if (format === 'csv') return csvText(records);
  if (format === 'json') return `${JSON.stringify({ rows: records, divergence }, undefined, 2)}\n`;
  const [first, second] = rows.map(rowName);
  const parting =
    divergence && first !== undefined && second !== undefined
      ? `\n${divergenceText([first, second], divergence)}`
      : '';
  return compareTable(rows) + parting;
}
