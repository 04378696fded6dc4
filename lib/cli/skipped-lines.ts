/** Counts the lines that a lenient command leaves out. */
import type { LineProblem, TraceError } from '../trace';
import { pluralText } from '../trace/number-text';

/** The verb, and the noun in singular and plural. */
const WORDS: Readonly<Record<LineProblem, readonly [string, string, string]>> = {
  'blank-line': ['skipped', 'blank line', 'blank lines'],
  'carriage-return': ['removed', 'carriage return', 'carriage returns'],
  'unknown-list': ['skipped', 'call on an unknown list', 'calls on unknown lists'],
  'live-list': ['skipped', 'allocation into a list in use', 'allocations into lists in use'],
};

export class SkippedLines {
  readonly #counts = new Map<LineProblem, { count: number; readonly first: TraceError }>();

  /** Counts one. */
  readonly add = (error: TraceError): void => {
    const { problem } = error;
    if (problem === undefined) return;
    const known = this.#counts.get(problem);
    if (known) known.count++;
    else this.#counts.set(problem, { count: 1, first: error });
  };

  /** A sentence for each kind, with the first of them. */
  get lines(): string[] {
    return [...this.#counts].map(([problem, { count, first }]) => {
      const [verb, noun, nouns] = WORDS[problem];
      return `${verb} ${pluralText(count, noun, nouns)}, first: ${first.message}`;
    });
  }
}
