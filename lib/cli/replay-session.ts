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
  type TraceSummary,
} from '../trace';
import type { ChunkedOutput } from './chunked-output';
import { countsText, differenceText } from './comparison-text';
import { ProgressBar } from './progress-bar';
import type { Terminal } from './terminal';
import { STDIN, STDIN_NAME, traceName } from './trace-name';

/** A list may have many blocks, and all of them stand on its line. */
const MAX_RESULT_LENGTH = 2 ** 28;

/** What has become of a trace. */
export interface Outcome {
  readonly path: string;
  readonly name: string;
  readonly summary: TraceSummary;
  /** Where results were compared. */
  readonly counts: ComparisonCounts | undefined;
}

export class ReplaySession {
  readonly #terminal: Terminal;
  readonly #output: ChunkedOutput;

  constructor(terminal: Terminal, output: ChunkedOutput) {
    this.#terminal = terminal;
    this.#output = output;
  }

  /** Writes the results of a trace. */
  async writeResults(path: string, collector: SummaryCollector): Promise<Outcome> {
    const writer: ReplayObserver = { after: ({ result }) => this.#output.write(`${result}\n`) };
    try {
      // A bar among the lines on one terminal would spoil both.
      const summary = await this.#replay(path, collector, writer, this.#terminal.stdout.isTTY !== true);
      return { path, name: traceName(path), summary, counts: undefined };
    } finally {
      await this.#output.flush();
    }
  }

  /** Compares the results of a trace with recorded ones, and writes what was found. */
  async check(path: string, expectedPath: string, collector: SummaryCollector): Promise<Outcome> {
    const name = traceName(path);
    using expected = openLines(expectedPath, { maxLineLength: MAX_RESULT_LENGTH });
    const comparison = new Comparison(expected);
    let isComplete = false;
    try {
      const summary = await this.#replay(path, collector, comparison, true);
      await comparison.finish();
      isComplete = true;
      return { path, name, summary, counts: comparison.counts };
    } finally {
      const { counts, firstDifference } = comparison;
      if (isComplete) await this.#output.write(countsText(name, counts));
      if (firstDifference)
        await this.#output.write(differenceText(path === STDIN ? STDIN_NAME : path, firstDifference));
      await this.#output.flush();
    }
  }

  async #replay(
    path: string,
    collector: SummaryCollector,
    observer: ReplayObserver,
    mayShowBar: boolean,
  ): Promise<TraceSummary> {
    using bar = mayShowBar ? await ProgressBar.open(this.#terminal.stderr, traceName(path)) : undefined;
    using trace = this.#open(path, bar);
    using replayer = new TraceReplayer();
    await replayTrace(trace, replayer, [collector, observer]);
    return collector.summary(replayer);
  }

  #open(path: string, bar: ProgressBar | undefined): LineReader {
    if (path === STDIN) return new LineReader(this.#terminal.stdin, STDIN_NAME);
    return openLines(
      path,
      bar && {
        onProgress: (bytesRead, size) => {
          bar.update(bytesRead, size);
        },
      },
    );
  }
}
