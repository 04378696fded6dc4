/** A trace that was replayed, and all of its moments. */
import { toInteger } from '../arguments';
import { invalidArgType, outOfRange } from '../errors';
import { toOptions, type Names } from '../options';
import { EffectsRecorder } from '../trace/effects/effects-recorder';
import { EffectsTable } from '../trace/effects/effects-table';
import { StepKind } from '../trace/effects/frame';
import { LENIENT_NAMES } from '../trace/lenient';
import type { LineReader, TraceError } from 'gpu-buddy/trace';
import { replayTrace, type ReplayObserver } from '../trace/replay-trace';
import { SummaryCollector } from '../trace/summary-collector';
import { TraceReplayer } from '../trace/trace-replayer';
import type { TraceSummary } from '../trace/trace-summary';
import type { Bytes } from 'gpu-buddy';
import { analyse, type Analysis } from './analysis';

/** How to read a trace. */
export interface HistoryOptions {
  /** Called with what is wrong with a line that can be left out, as in `replayTrace()`. Default: that is thrown. */
  readonly onSkipped?: ((error: TraceError) => void) | undefined;
  /** Name in pictures and reports. Default: the name of the file. */
  readonly name?: string | undefined;
  /** Bytes of a space whose size the trace does not tell. */
  readonly size?: Bytes | undefined;
}

const HISTORY_NAMES: Names<HistoryOptions> = { ...LENIENT_NAMES, name: true, size: true };

/**
 * A moment of a trace: after the line of a number, counted from 1; after the line that brought most into use first; at the end, which is before the last `fini`;
 * or after the first allocation that failed.
 */
export type Moment = number | 'peak' | 'end' | 'first-failure';

/** @internal The parts of a history that pictures and reports are made of. */
export interface HistoryParts {
  readonly table: EffectsTable;
  /** The frames that the table was read from. */
  readonly frames: readonly Uint8Array[];
  readonly analysis: Analysis;
  readonly summary: TraceSummary;
}

/** @internal */
export let partsOf: (history: TraceHistory) => HistoryParts;

/** @internal The labels of the blocks at a line, by their addresses from the start of the space. */
export let labelsAt: (history: TraceHistory, line: number) => ReadonlyMap<number, string>;

/** @internal */
export let makeHistory: (name: string, allocator: number, parts: HistoryParts) => TraceHistory;

/** One allocator of a trace that was replayed. `readHistories()` makes it; pictures and reports are drawn of it. */
export class TraceHistory {
  /** The name of the trace. */
  readonly name: string;
  /** The number of the allocator in the trace. */
  readonly allocator: number;
  readonly #parts: HistoryParts;

  private constructor(name: string, allocator: number, parts: HistoryParts) {
    this.name = name;
    this.allocator = allocator;
    this.#parts = parts;
  }

  /** Lines of the trace. */
  get lines(): number {
    return this.#parts.summary.lines;
  }

  /** Operations that were refused. */
  get failures(): number {
    return this.#parts.analysis.failures.length;
  }

  /**
   * The line of a moment: of the last operation up to then that has done something. `undefined` where there is no such moment, or no allocator then.
   *
   * @throws RangeError `ERR_OUT_OF_RANGE` where a number is no line of the trace
   */
  lineOf(moment: Moment): number | undefined {
    return this.#parts.table.steps.columns.line[this.#stepOf(moment)];
  }

  #stepOf(moment: Moment): number {
    const { table, analysis, summary } = this.#parts;
    if (moment === 'peak') return analysis.peak;
    if (moment === 'end') return analysis.end;
    if (moment === 'first-failure') return analysis.firstFailure;
    if (!(toInteger('moment', moment) >= 1 && moment <= summary.lines))
      throw outOfRange('moment', `a line of the trace, from 1 to ${String(summary.lines)}`, moment);
    let step = table.stepAtLine(moment);
    while (step >= 0 && table.spaceAt(step)?.allocator !== this.allocator) step--;
    return table.steps.columns.kind[step] === StepKind.END ? -1 : step;
  }

  static {
    partsOf = (history) => {
      const given: unknown = history;
      if (typeof given !== 'object' || given === null || !(#parts in given))
        throw invalidArgType('history', 'a TraceHistory', given);
      return history.#parts;
    };
    labelsAt = (history, line) => {
      const { table } = history.#parts;
      const { offset, list } = table.blocks.columns;
      const labels = [...table.liveRows(history.#stepOf(line))].map((row): [number, string] => [
        offset[row] ?? 0,
        table.texts[table.lists.columns.label[list[row] ?? 0] ?? 0] ?? '',
      ]);
      return new Map(labels);
    };
    makeHistory = (name, allocator, parts) => new TraceHistory(name, allocator, parts);
  }
}

/**
 * Replays a trace, and gives a history for each of its allocators, in the order of their numbers. Keeps some 60 bytes in memory for each operation.
 *
 * @throws TraceError where the trace cannot be read, parsed or replayed
 * @throws TypeError, RangeError where an option is wrong
 */
export function readHistories(trace: LineReader, options?: HistoryOptions): Promise<TraceHistory[]> {
  return replayHistories(trace, toOptions('options', options, HISTORY_NAMES), []);
}

/** @internal The same, seen by others too. */
export async function replayHistories(
  trace: LineReader,
  { name = trace.file, size, onSkipped }: HistoryOptions,
  observers: readonly ReplayObserver[],
): Promise<TraceHistory[]> {
  const table = new EffectsTable();
  const frames: Uint8Array[] = [];
  const recorder = new EffectsRecorder((frame) => {
    table.append(frame);
    frames.push(frame);
    return undefined;
  });
  const collector = new SummaryCollector();
  using replayer = new TraceReplayer({ size });
  await replayTrace(trace, replayer, [recorder, collector, ...observers], { onSkipped });
  await recorder.finish();
  const summary = collector.summary(replayer);
  const allocators = new Set(table.spaces.map(({ allocator }) => allocator));
  return [...allocators]
    .sort((a, b) => a - b)
    .map((allocator) =>
      makeHistory(name, allocator, { table, frames, analysis: analyse(table, allocator), summary }),
    );
}
