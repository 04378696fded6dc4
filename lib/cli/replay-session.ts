/** Replays the traces of one command, one after another, and writes results or comparisons. */
import {
  Comparison,
  LineReader,
  openLines,
  replayTrace,
  type SummaryCollector,
  TraceReplayer,
  type ComparisonCounts,
  type ReplayObserver,
  type SpaceSnapshot,
  type TraceSummary,
} from '../trace';
import type { ChunkedOutput } from './chunked-output';
import { countsText, differenceText } from './comparison-text';
import { CommandError } from './command-error';
import { openInput } from './open-input';
import { PerfettoFile } from './perfetto-file';
import { ProgressBar } from './progress-bar';
import { RecordingNotes } from './recording-notes';
import { SkippedLines } from './skipped-lines';
import type { Terminal } from './terminal';
import type { TraceCopy } from './trace-copy';
import { MAX_LINE_LENGTH, STDIN, STDIN_NAME, traceName } from './trace-name';

/** The parts of a trace to keep besides its results. */
export interface Watch {
  readonly collector: SummaryCollector;
  /** Numbers of the lines after which the space is wanted, in ascending order. */
  readonly lines: readonly number[];
  /** Receives every line. */
  readonly copy: TraceCopy | undefined;
  /** Leave out lines with small mistakes, and count them. */
  readonly isLenient: boolean;
  /** The file that Perfetto's trace is written to. */
  readonly perfetto: string | undefined;
  /** Bytes of a space whose size the trace does not tell. */
  readonly size: number | undefined;
}

/** Describes how the replay of one trace ended. */
export interface Outcome {
  readonly path: string;
  readonly name: string;
  readonly summary: TraceSummary;
  /** Bytes of a space whose size the trace does not tell. */
  readonly size: number | undefined;
  /** Is `undefined` if nothing was compared. */
  readonly counts: ComparisonCounts | undefined;
  readonly isLenient: boolean;
  /** The space after each of the lines that were wanted and reached; `undefined` where there was no allocator. */
  readonly snapshots: ReadonlyMap<number, SpaceSnapshot | undefined>;
  /** Notes on the recording, a line each. */
  readonly notes: readonly string[];
}

type Replayed = Pick<Outcome, 'summary' | 'snapshots' | 'notes' | 'size' | 'isLenient'>;

export class ReplaySession {
  readonly #terminal: Terminal;
  readonly #output: ChunkedOutput;

  constructor(terminal: Terminal, output: ChunkedOutput) {
    this.#terminal = terminal;
    this.#output = output;
  }

  /** Writes the results of a trace. */
  async writeResults(path: string, watch: Watch): Promise<Outcome> {
    const writer: ReplayObserver = { after: ({ result }) => this.#output.write(`${result}\n`) };
    try {
      // A bar among the lines on one terminal would spoil both.
      const replayed = await this.#replay(path, watch, writer, this.#terminal.stdout.isTTY !== true);
      return { path, name: traceName(path), ...replayed, counts: undefined };
    } finally {
      await this.#output.flush();
    }
  }

  /**
   * Compares the results of a trace with recorded ones, and writes what was found.
   *
   * @param expectedPath `undefined`: the answers stand in the trace
   * @throws CommandError if there are none
   */
  async check(path: string, expectedPath: string | undefined, watch: Watch): Promise<Outcome> {
    const name = traceName(path);
    using expected = expectedPath === undefined ? undefined : this.#openExpected(expectedPath);
    const comparison = new Comparison(expected);
    let isComplete = false;
    try {
      const replayed = await this.#replay(path, watch, comparison, true);
      await comparison.finish();
      if (!expected && comparison.counts.lines === 0)
        throw new CommandError(
          `${path} has no answers to compare with: --check FILE TRACE names a file that has`,
        );
      isComplete = true;
      return { path, name, ...replayed, counts: comparison.counts };
    } finally {
      const { counts, firstDifference } = comparison;
      if (isComplete) await this.#output.write(countsText(name, counts));
      if (firstDifference)
        await this.#output.write(differenceText(path === STDIN ? STDIN_NAME : path, firstDifference));
      await this.#output.flush();
    }
  }

  #openExpected(path: string): LineReader {
    const options = { maxLineLength: MAX_LINE_LENGTH };
    return path === STDIN
      ? new LineReader(this.#terminal.stdin, STDIN_NAME, options)
      : openLines(path, options);
  }

  async #replay(
    path: string,
    { collector, lines, copy, size, isLenient, perfetto }: Watch,
    observer: ReplayObserver,
    mayShowBar: boolean,
  ): Promise<Replayed> {
    using bar = mayShowBar ? await ProgressBar.open(this.#terminal.stderr, traceName(path)) : undefined;
    using trace = await openInput(path, this.#terminal, bar);
    const skipped = isLenient ? new SkippedLines() : undefined;
    using replayer = new TraceReplayer({ size });
    using drawing = perfetto === undefined ? undefined : await PerfettoFile.open(perfetto);
    const notes = new RecordingNotes(path === STDIN ? STDIN_NAME : path);
    const observers = [collector, observer, notes, drawing?.writer, copy].filter((one) => one !== undefined);
    const snapshots = new Map<number, SpaceSnapshot | undefined>();
    for (const line of [...lines, Infinity]) {
      await replayTrace(trace, replayer, observers, { lastLine: line, onSkipped: skipped?.add });
      if (trace.line === line) snapshots.set(line, replayer.snapshot());
    }
    const undrawn = await drawing?.commit();
    return {
      summary: collector.summary(replayer),
      snapshots,
      notes: [...notes.lines, ...(skipped?.lines ?? []), ...(undrawn ?? [])],
      size,
      isLenient,
    };
  }
}
