// Turns the output of the test tools into counts. Pure: runs nothing, reads and prints nothing (test.mjs does).

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Counts all that ctest reported, which may be several runs one after another.
 * @param {string} output what ctest printed
 * @returns {Counts}
 */
export function ctestCounts(output) {
  const runs = [...output.matchAll(/(\d+) tests? failed out of (\d+)/g)].map(([, ...counts]) => counts);
  const [failed, total] = [0, 1].map((i) => runs.reduce((sum, counts) => sum + Number(counts[i]), 0));
  // ctest counts a skipped test among the passed ones.
  const skipped = [...output.matchAll(/^ *\d+\/\d+ +Test +#\d+: .*\*\*\*Skipped/gm)].length;
  return { passed: total - failed - skipped, failed, skipped };
}

/**
 * Counts a jest run. A file that could not be run at all is one failure.
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   numRuntimeErrorTestSuites: number }} report what `jest --json` wrote
 * @returns {Counts}
 */
export function jestCounts(report) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/**
 * Gives what a stage counts for: a stage that failed, or ran no test, has at least one failure.
 * @param {boolean} hasSucceeded whether its command exited with 0
 * @param {Counts} counts
 * @returns {Counts}
 */
export function stageCounts(hasSucceeded, counts) {
  const hasRun = counts.passed + counts.failed > 0;
  return { ...counts, failed: hasSucceeded && hasRun ? counts.failed : Math.max(counts.failed, 1) };
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
