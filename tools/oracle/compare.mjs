// Compares answers line by line, and says what was found.

/**
 * @typedef {object} Counts
 * @property {number} lines
 * @property {number} operations lines but for comments
 * @property {number} identical
 * @property {number} different
 * @property {Record<string, number>} kinds how many are different, by the first word of the operation
 * @property {Difference} [first]
 */
/** @typedef {{ line: number, operation: string, expected: string, actual: string }} Difference `line` counts from 1 */

/** How many characters of a line are shown. */
const SHOWN = 300;
const NOTHING = '(nothing)';

/**
 * @param {readonly string[]} trace
 * @param {readonly string[]} expected
 * @param {readonly string[]} actual
 * @returns {Counts}
 */
export function compare(trace, expected, actual) {
  const lines = Math.max(trace.length, expected.length, actual.length);
  const operations = trace.filter((line) => !line.startsWith('#')).length;
  /** @type {Counts} */
  const counts = { lines, operations, identical: 0, different: 0, kinds: {} };
  for (let i = 0; i < lines; i++) {
    const operation = trace[i] ?? NOTHING;
    if (expected[i] !== undefined && expected[i] === actual[i]) {
      counts.identical++;
      continue;
    }
    const [kind] = operation.split(' ', 1);
    counts.different++;
    counts.kinds[kind] = (counts.kinds[kind] ?? 0) + 1;
    counts.first ??= {
      line: i + 1,
      operation,
      expected: expected[i] ?? NOTHING,
      actual: actual[i] ?? NOTHING,
    };
  }
  return counts;
}

/** @param {Counts[]} all @returns {Counts} without a first difference */
export function total(all) {
  /** @type {Counts} */
  const sum = { lines: 0, operations: 0, identical: 0, different: 0, kinds: {} };
  for (const { lines, operations, identical, different, kinds } of all) {
    sum.lines += lines;
    sum.operations += operations;
    sum.identical += identical;
    sum.different += different;
    for (const [kind, number] of Object.entries(kinds)) sum.kinds[kind] = (sum.kinds[kind] ?? 0) + number;
  }
  return sum;
}

/** @param {string} name @param {Counts} counts */
export function countsText(name, { lines, operations, identical, different, kinds, first }) {
  const text = [
    `${name}: ${count(lines)} lines (${count(operations)} operations), ` +
      `${count(identical)} identical, ${count(different)} different`,
  ];
  if (different > 0)
    text.push(
      `  by operation: ${Object.entries(kinds)
        .map((kind) => kind.join(' '))
        .join(', ')}`,
    );
  if (first) {
    text.push(`  first difference: line ${first.line}`);
    for (const word of /** @type {const} */ (['operation', 'expected', 'actual']))
      text.push(`    ${`${word}:`.padEnd(10)} ${first[word].slice(0, SHOWN)}`);
  }
  return text.join('\n');
}

/** @param {number} value */
export function count(value) {
  return value.toLocaleString('en-US');
}
