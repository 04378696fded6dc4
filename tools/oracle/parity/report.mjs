// The text of a parity report, section by section. Pure: reads nothing, prints nothing.

import { count, countsText } from '../comparison.mjs';

/** @typedef {import('../comparison.mjs').Counts} Counts */
/** @typedef {import('../kunit.mjs').Tests} Tests */
/** @typedef {import('./sources.mjs').SourceChanges} SourceChanges */
/** @typedef {import('../../../scripts/linux/verify.mjs').Origin} Origin */
/** @typedef {Map<string, { lines: number, different: number }>} OperationCounts by the first word of an operation */

/** @param {Origin} origin */
export function kernelName({ version, source }) {
  return `Linux ${version} (${source})`;
}

/** @param {SourceChanges} changes @param {string} version of the kernel that it is compared with */
export function sourcesText({ files, api, cases, altered, headers }, version) {
  const lines = [`Files, compared with Linux ${version}:`];
  for (const { path, before, after } of files) {
    if (before === after) lines.push(`  ${path}: the same`);
    else lines.push(`  ${path}: changed`, `    SHA-256 ${before}`, `    now     ${after}`);
  }
  lines.push(...changesLines('Functions and macros of gpu_buddy.h', api));
  for (const { name, files: callers } of altered)
    lines.push(`  declared otherwise, and called in ${callers.join(', ')}: ${name}`);
  lines.push(...changesLines("Cases of the kernel's own tests", cases));
  if (headers.length > 0)
    lines.push(`Headers that are included and have no stand-in in native/kernel: ${headers.join(', ')}`);
  return lines.join('\n');
}

/** @param {string} title @param {import('./api.mjs').Changes} changes */
function changesLines(title, changes) {
  const kinds = Object.entries(changes).filter(([, names]) => names.length > 0);
  if (kinds.length === 0) return [`${title}: the same`];
  return [`${title}:`, ...kinds.map(([kind, names]) => `  ${kind}: ${names.join(', ')}`)];
}

/** @param {Origin} origin @param {SourceChanges['missing']} missing */
export function missingText(origin, missing) {
  const calls = missing.map(({ name, files }) => `  ${name} (called in ${files.join(', ')})`);
  return (
    `${kernelName(origin)} lacks functions that gpu-buddy calls:\n${calls.join('\n')}\n` +
    'Nothing can be built on it. Linux 7.3 is the first kernel that has them all.'
  );
}

/** @param {string} name @param {Tests} tests */
export function testsText(name, { total, failed }) {
  const text = `${name}: ${count(total - failed.length)} of ${count(total)} pass`;
  return [text, ...failed.map((test) => `  fails: ${test}`)].join('\n');
}

/**
 * Counts lines by their operation.
 * @param {string[]} trace
 * @param {string[]} before
 * @param {string[]} after
 * @returns {OperationCounts}
 */
export function byOperation(trace, before, after) {
  /** @type {OperationCounts} */
  const counts = new Map();
  for (const [i, line] of trace.entries())
    add(counts, line.startsWith('#') ? 'comment' : line.split(' ', 1)[0], {
      lines: 1,
      different: before[i] === after[i] ? 0 : 1,
    });
  return counts;
}

/** @param {OperationCounts[]} all @returns {OperationCounts} */
export function sumByOperation(all) {
  /** @type {OperationCounts} */
  const sum = new Map();
  for (const counts of all) for (const [operation, entry] of counts) add(sum, operation, entry);
  return sum;
}

/** @param {OperationCounts} counts @param {string} operation @param {{ lines: number, different: number }} more */
function add(counts, operation, more) {
  const { lines, different } = counts.get(operation) ?? { lines: 0, different: 0 };
  counts.set(operation, { lines: lines + more.lines, different: different + more.different });
}

/** @param {OperationCounts} counts */
export function operationsText(counts) {
  return [...counts]
    .filter(([, { different }]) => different > 0)
    .map(([operation, { lines, different }]) => `${operation} ${count(different)} of ${count(lines)}`)
    .join(', ');
}

/**
 * One line for a trace whose answers have not changed, some for another.
 * @param {string} name
 * @param {Counts} counts
 * @param {OperationCounts} operations
 * @returns {string}
 */
export function changedAnswersText(name, counts, operations) {
  const [first, ...rest] = countsText(name, counts, { expected: 'recorded', actual: 'now' }).split('\n');
  if (counts.different === 0) return first;
  return [first, `  by operation: ${operationsText(operations)}`, ...rest].join('\n');
}

/**
 * What the whole comes to.
 * @param {object} findings
 * @param {Origin} findings.origin
 * @param {string} findings.version of the kernel that it is compared with
 * @param {boolean} findings.built whether this library could be built on it
 * @param {Tests[]} findings.tests that had to pass
 * @param {number} findings.changed answers that are not the recorded ones
 * @param {number} findings.different answers of this library that are not the kernel's
 * @returns {{ text: string, holds: boolean }} `holds` where this library, built on that kernel, is that kernel's
 */
export function verdict({ origin, version, built, tests, changed, different }) {
  const failed = tests.reduce((sum, test) => sum + test.failed.length, 0);
  const problems = [
    ...(built ? [] : ['it cannot be built']),
    ...(failed > 0 ? [`${count(failed)} ${failed === 1 ? 'test fails' : 'tests fail'}`] : []),
    ...(different > 0 ? [`${count(different)} answers are not the kernel's`] : []),
  ];
  const holds = problems.length === 0;
  return {
    holds,
    text: [
      `${kernelName(origin)} ${changed === 0 ? 'answers as' : `answers ${count(changed)} recorded lines otherwise than`} Linux ${version}.`,
      `gpu-buddy on it: ${holds ? "all tests pass, and every answer is that kernel's" : problems.join(', ')}.`,
    ].join('\n'),
  };
}
