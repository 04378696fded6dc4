/** The command `gpu-buddy compare`. */
import { diverge, measurePolicy, type Divergence } from '../trace';
import { helpText } from './command-spec';
import { ChunkedOutput } from './chunked-output';
import { compareKernels } from './compare-kernels';
import { COMPARE, parseCompareOptions, type CompareOptions } from './compare-options';
import {
  compareRecord,
  compareTable,
  csvText,
  divergenceText,
  rowName,
  type ComparedRow,
} from './compare-text';
import { subjectsOf, titleOf, type Subject } from './compare-subjects';
import { orUsageError } from './or-usage-error';
import { ProgressBar } from './progress-bar';
import type { Terminal } from './terminal';

/**
 * Runs the command.
 *
 * @returns the exit status
 * @throws UsageError, TraceError, CommandError, OutputError; Error of the code ERR_GPU_BUDDY_NO_BINARY
 */
export async function compare(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseCompareOptions(args);
  const output = new ChunkedOutput(terminal.stdout);
  if (options.help) await output.write(helpText(COMPARE));
  else if (options.kernels.length > 0) await output.write(await compareKernels(options, terminal));
  else await output.write(await compareAll(options, terminal));
  await output.flush();
  return 0;
}

async function compareAll(options: CompareOptions, terminal: Terminal): Promise<string> {
  const rows: ComparedRow[] = [];
  const ends: Subject[] = [];
  for await (const subject of subjectsOf(options, terminal)) {
    const { name, workload, policy } = subject;
    using bar = await ProgressBar.open(terminal.stderr, titleOf(subject));
    const onProgress = (done: number, whole: number) => bar?.update(done, whole);
    rows.push({
      name,
      measures: await orUsageError(() =>
        measurePolicy(workload, policy, { byTime: options.byTime, onProgress }),
      ),
    });
    // Two are compared with each other; a third one is not kept in memory.
    if (rows.length <= 2) ends.push(subject);
  }
  const [first, second] = ends;
  const divergence = first && second && rows.length === 2 ? diverge(first, second) : undefined;
  return resultText(rows, divergence, options.format);
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
