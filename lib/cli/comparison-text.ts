/** Writes the result of a comparison as text. */
import type { ComparisonCounts, Difference } from '../trace';
import { countText, pluralText } from '../trace/number-text';
import { withoutControls } from '../trace/printable';

/** Characters of a line that are shown, around the first one that differs. */
const SHOWN = 160;
const SHOWN_BEFORE = 60;

/** `NAME: N lines, N identical, N different`, and what one side lacks. */
export function countsText(name: string, counts: ComparisonCounts): string {
  const { lines, identical, different, missing, extra } = counts;
  const notes = [
    missing > 0 ? `; ${pluralText(missing, 'line')} beyond the end of the expected answers` : '',
    extra > 0 ? `; ${pluralText(extra, 'expected answer')} beyond the end of the trace` : '',
  ];
  const text = `${pluralText(lines, 'line')}, ${countText(identical)} identical, ${countText(different)} different`;
  return `${name}: ${text}${notes.join('')}\n`;
}

export function differenceText(
  file: string,
  { lineNumber, operation, actual, expected }: Difference,
): string {
  const at = firstDifference(actual ?? '', expected ?? '');
  return [
    `  first difference: ${file}:${lineNumber}`,
    `    operation: ${operation === undefined ? '(the trace has ended)' : excerpt(operation, 0)}`,
    `    expected:  ${expected === undefined ? '(the expected answers have ended)' : excerpt(expected, at)}`,
    `    got:       ${actual === undefined ? '(the trace has ended)' : excerpt(actual, at)}`,
    '',
  ].join('\n');
}

/** The sum of several comparisons. */
export function totalCounts(all: readonly ComparisonCounts[]): ComparisonCounts {
  const total = (key: keyof ComparisonCounts) => all.reduce((sum, counts) => sum + counts[key], 0);
  return {
    lines: total('lines'),
    identical: total('identical'),
    different: total('different'),
    operations: total('operations'),
    identicalOperations: total('identicalOperations'),
    missing: total('missing'),
    extra: total('extra'),
  };
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

function excerpt(text: string, at: number): string {
  const start = text.length > SHOWN ? Math.max(0, Math.min(at - SHOWN_BEFORE, text.length - SHOWN)) : 0;
  const end = start + SHOWN;
  const shown = withoutControls(text.slice(start, end));
  return `${start > 0 ? '…' : ''}${shown}${end < text.length ? '…' : ''}`;
}
