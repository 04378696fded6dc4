/** Compares the result lines of a replay with recorded ones, line by line: those of another file, or those in the trace itself. */
import type { LineReader } from './line-reader';
import { HEADER } from './operation-forms';
import type { ReplayObserver, ReplayStep } from './replay-trace';

/** Describes a result that differs from the recorded one. */
export interface Difference {
  /** Counted from 1, the same in both files. */
  readonly lineNumber: number;
  /** The line of the trace; `undefined` where the trace has ended. */
  readonly operation: string | undefined;
  /** The result; `undefined` where the trace has ended. */
  readonly actual: string | undefined;
  /** The recorded result; `undefined` where the recorded ones have ended. */
  readonly expected: string | undefined;
}

/** Counts of a comparison. A line that only one side has counts as different. */
export interface ComparisonCounts {
  readonly lines: number;
  readonly identical: number;
  readonly different: number;
  /** Lines of the trace that are no comments, and how many of them gave an identical result. */
  readonly operations: number;
  readonly identicalOperations: number;
  /** Results beyond the last recorded one. */
  readonly missing: number;
  /** Recorded results beyond the last line of the trace. */
  readonly extra: number;
}

/** Observes a replay; `finish()` must follow it. */
export class Comparison implements ReplayObserver {
  readonly #expected: LineReader | undefined;
  #lines = 0;
  #identical = 0;
  #operations = 0;
  #identicalOperations = 0;
  #missing = 0;
  #extra = 0;
  #first: Difference | undefined;

  /** @param expected the recorded lines. Without them the answers in the trace are compared; a line that has none counts for nothing. */
  constructor(expected?: LineReader) {
    this.#expected = expected;
  }

  /** Counts so far. */
  get counts(): ComparisonCounts {
    return {
      lines: this.#lines,
      identical: this.#identical,
      different: this.#lines - this.#identical,
      operations: this.#operations,
      identicalOperations: this.#identicalOperations,
      missing: this.#missing,
      extra: this.#extra,
    };
  }

  /** The first result that differs; `undefined` if none does. */
  get firstDifference(): Difference | undefined {
    return this.#first;
  }

  after(step: ReplayStep): Promise<void> | undefined {
    const expected = this.#expected;
    if (!expected) {
      const answer = 'answer' in step.operation ? step.operation.answer : undefined;
      if (answer !== undefined) this.#compare(step, answer);
      return undefined;
    }
    if (!expected.isReady) return this.#fillAndCompare(step, expected);
    this.#compare(step, expected.next());
    return undefined;
  }

  /** Reads on to the end of the recorded results: the trace has ended. */
  async finish(): Promise<void> {
    const lines = this.#expected;
    while (lines && (lines.isReady || (await lines.fill()))) {
      const expected = lines.next();
      const lineNumber = ++this.#lines;
      this.#extra++;
      this.#first ??= { lineNumber, operation: undefined, actual: undefined, expected };
    }
  }

  async #fillAndCompare(step: ReplayStep, expected: LineReader): Promise<void> {
    this.#compare(step, (await expected.fill()) ? expected.next() : undefined);
  }

  #compare({ operation, line, lineNumber, result }: ReplayStep, expected: string | undefined): void {
    const isOperation = operation.kind !== 'comment' && operation.kind !== HEADER;
    this.#lines++;
    if (isOperation) this.#operations++;
    if (result === expected) {
      this.#identical++;
      if (isOperation) this.#identicalOperations++;
      return;
    }
    if (expected === undefined) this.#missing++;
    this.#first ??= { lineNumber, operation: line, actual: result, expected };
  }
}
