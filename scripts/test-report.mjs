// Counts tests in what test tools print. Runs nothing (test.mjs does).

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Counts the tests of a stage by the last line that tells: `2 passed, 1 failed`, or jest's `Tests: 1 failed, 2 passed, 3 total`. A
 * stage without such a line is one test; one that failed has a failure at least.
 * @param {string} output
 * @param {boolean} hasSucceeded whether it exited with 0
 * @returns {Counts}
 */
export function countsIn(output, hasSucceeded) {
  const lines = output.match(/^(?:Tests: +)?\d+ (?:passed|failed|skipped|todo)\b.*$/gm) ?? [];
  const line = lines.at(-1) ?? (hasSucceeded ? '1 passed' : '');
  const count = (/** @type {string} */ word) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  return {
    passed: count('passed'),
    failed: Math.max(count('failed'), hasSucceeded ? 0 : 1),
    skipped: count('skipped') + count('todo'),
  };
}

/** @param {Counts[]} all @returns {Counts} */
export function sumCounts(all) {
  const sum = (/** @type {keyof Counts} */ key) => all.reduce((total, counts) => total + counts[key], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** Gives `N passed, N failed`, and `, N skipped` where there are any. @param {Counts} counts */
export function countsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
