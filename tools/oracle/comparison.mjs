// Compares answers line by line, and says what was found.

/** @typedef {{ lines: number, operations: number, identical: number, different: number, first?: Difference }} Counts */
/** @typedef {{ line: number, operation: string, expected: string, actual: string }} Difference `line` counts from 1 */

/** Of a line that is shown. */
const SHOWN = 300;
const NOTHING = '(nothing)';

/**
 * @param {string[]} trace
 * @param {string[]} expected
 * @param {string[]} actual
 * @returns {Counts}
 */
export function compare(trace, expected, actual) {
  const lines = Math.max(trace.length, expected.length, actual.length);
  const operations = trace.filter((line) => !line.startsWith('#')).length;
  /** @type {Counts} */
  const counts = { lines, operations, identical: 0, different: 0 };
  for (let i = 0; i < lines; i++) {
    if (expected[i] !== undefined && expected[i] === actual[i]) {
      counts.identical++;
      continue;
    }
    counts.different++;
    counts.first ??= {
      line: i + 1,
      operation: trace[i] ?? NOTHING,
      expected: expected[i] ?? NOTHING,
      actual: actual[i] ?? NOTHING,
    };
  }
  return counts;
}

/** @param {Counts[]} all @returns {Counts} */
export function total(all) {
  /** @param {'lines' | 'operations' | 'identical' | 'different'} key */
  const sum = (key) => all.reduce((whole, counts) => whole + counts[key], 0);
  return {
    lines: sum('lines'),
    operations: sum('operations'),
    identical: sum('identical'),
    different: sum('different'),
  };
}

/**
 * @param {string} name
 * @param {Counts} counts
 * @param {{ expected: string, actual: string }} [words] for the two sides of a difference
 */
export function countsText(
  name,
  { lines, operations, identical, different, first },
  { expected, actual } = { expected: 'expected', actual: 'got' },
) {
  const text = [
    `${name}: ${count(lines)} lines (${count(operations)} operations), ` +
      `${count(identical)} identical, ${count(different)} different`,
  ];
  if (first) {
    text.push(
      `  first difference: line ${first.line}`,
      ...[
        ['operation', first.operation],
        [expected, first.expected],
        [actual, first.actual],
      ].map(([word, line]) => `    ${`${word}:`.padEnd(10)} ${shown(line)}`),
    );
  }
  return text.join('\n');
}

/** All together. @param {string} name @param {Counts[]} all */
export function summaryText(name, all) {
  const sum = total(all);
  return `${name}: ${count(sum.operations)} operations. ${countsText('All', sum)}`;
}

/** @param {number} value */
export function count(value) {
  return value.toLocaleString('en-US');
}

/** @param {string} line */
function shown(line) {
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}
