// Turns the output of the test tools into counts. Pure: runs nothing, reads and prints nothing (test.mjs does).

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * The counts of everything ctest reported, which may be several runs one after another.
 * @param {string} output what ctest printed
 * @returns {Counts}
 */
export function ctestCounts(output) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, failed, total] of output.matchAll(/(\d+) tests? failed out of (\d+)/g)) {
    counts.failed += Number(failed);
    counts.passed += Number(total) - Number(failed);
  }
  // ctest counts a skipped test among the passed ones.
  for (const _ of output.matchAll(/^ *\d+\/\d+ +Test +#\d+: .*\*\*\*Skipped/gm)) {
    counts.passed -= 1;
    counts.skipped += 1;
  }
  return counts;
}

/**
 * The counts of a jest run. A file that could not be run at all is one failure.
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
 * What a stage counts for: a stage that failed, or ran no test, has at least one failure.
 * @param {boolean} succeeded whether its command exited with 0
 * @param {Counts} counts
 * @returns {Counts}
 */
export function stageCounts(succeeded, counts) {
  const ranNothing = counts.passed + counts.failed === 0;
  return { ...counts, failed: succeeded && !ranNothing ? counts.failed : Math.max(counts.failed, 1) };
}

/**
 * @param {Counts[]} all
 * @returns {Counts}
 */
export function sumCounts(all) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}

/**
 * `N passed, N failed`, and `, N skipped` where there are any.
 * @param {Counts} counts
 */
export function countsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
