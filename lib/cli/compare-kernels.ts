/** `gpu-buddy compare --kernel`: the same requests, served by the allocators of several kernels. */
import { kernelPackage, type Divergence, type KernelPackage } from '../trace';
import { divergenceOf, type ServedSubject } from '../trace/policy/diverge';
import type { CompareOptions } from './compare-options';
import { subjectsOf, titleOf, type Subject } from './compare-subjects';
import {
  compareRecord,
  compareTable,
  csvText,
  divergenceText,
  rowName,
  type ComparedRow,
} from './compare-text';
import { resultOf } from './kernel-process';
import type { Terminal } from './terminal';

/** Answers of one kernel to a subject. */
interface Served extends ServedSubject {
  readonly row: ComparedRow;
}

/** Two kernels, and where they part on one subject. */
interface Parting {
  readonly rows: readonly [ComparedRow, ComparedRow];
  readonly divergence: Divergence;
}

/**
 * Asks one kernel after another about each subject, and compares each with the first. This one reads the traces: where a trace does
 * not say which calls failed, its own allocator does.
 *
 * @throws UsageError, TraceError, CommandError; Error of the code ERR_GPU_BUDDY_NO_BINARY
 */
export async function compareKernels(options: CompareOptions, terminal: Terminal): Promise<string> {
  const kernels = options.kernels.map(kernelPackage);
  const rows: ComparedRow[] = [];
  const partings: Parting[] = [];
  for await (const subject of subjectsOf(options, terminal)) {
    let first: Served | undefined;
    for (const kernel of kernels) {
      const served = await serve(kernel, subject, options.byTime);
      rows.push(served.row);
      first ??= served;
      if (served !== first)
        partings.push({ rows: [first.row, served.row], divergence: divergenceOf(first, served, true) });
    }
  }
  return resultText(rows, partings, options.format);
}

async function serve(kernel: KernelPackage, subject: Subject, byTime: boolean): Promise<Served> {
  const { name, workload, policy } = subject;
  const task = { kind: 'measure', title: `${titleOf(subject)} on Linux ${kernel.linux}` } as const;
  const { measures, answers } = await resultOf(kernel, { ...task, workload, policy, byTime });
  return { row: { name, kernel: kernel.linux, measures }, lines: workload.lines, answers };
}

function resultText(
  rows: readonly ComparedRow[],
  partings: readonly Parting[],
  format: CompareOptions['format'],
): string {
  const records = rows.map(compareRecord);
  if (format === 'csv') return csvText(records);
  if (format === 'json')
    return `${JSON.stringify({ rows: records, divergences: partings.map(partingRecord) }, undefined, 2)}\n`;
  return compareTable(rows) + partings.map(partingText).join('');
}

function partingRecord({ rows: [one, other], divergence }: Parting): object {
  const { mode, size, minBlockSize = null } = one.measures.policy;
  return { trace: one.name, mode, size, minBlockSize, kernels: [one.kernel, other.kernel], ...divergence };
}

function partingText({ rows: [one, other], divergence }: Parting): string {
  const names = [one, other].map(({ kernel = '' }) => `Linux ${kernel}`) as [string, string];
  return `\n${rowName({ ...one, kernel: undefined })}: ${divergenceText(names, divergence)}`;
}
