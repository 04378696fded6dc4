// What `npm test` makes of the output of its tools. The tools themselves are not run here.
import { describe, expect, test } from '@jest/globals';
import { countsLine, ctestCounts, jestCounts, stageCounts, sumCounts } from '../scripts/test-report.mjs';

const ctestRun = (lines: string[], summary: string) =>
  [...lines, '', summary, '', 'Total Test time (real) =   0.02 sec', ''].join('\n');

describe('ctest output', () => {
  test.each([
    ['a clean run', ['100% tests passed, 0 tests failed out of 12'], { passed: 12, failed: 0, skipped: 0 }],
    ['a run of one', ['0% tests passed, 1 test failed out of 1'], { passed: 0, failed: 1, skipped: 0 }],
    [
      'two runs',
      ['50% tests passed, 1 tests failed out of 2', '100% tests passed, 0 tests failed out of 3'],
      { passed: 4, failed: 1, skipped: 0 },
    ],
    ['no tests', ['No tests were found!!!'], { passed: 0, failed: 0, skipped: 0 }],
    ['nothing', [], { passed: 0, failed: 0, skipped: 0 }],
  ])('of %s is counted', (_, summaries, expected) => {
    expect(ctestCounts(summaries.map((summary) => ctestRun([], summary)).join('\n'))).toEqual(expected);
  });

  test('counts a skipped test as skipped, not as passed', () => {
    const output = ctestRun(
      [
        ' 1/12 Test  #1: rbtree ...........................   Passed    0.00 sec',
        '12/12 Test #12: leak .............................***Skipped   0.00 sec',
      ],
      '100% tests passed, 0 tests failed out of 12',
    );
    expect(ctestCounts(output)).toEqual({ passed: 11, failed: 0, skipped: 1 });
  });
});

test('a jest file that cannot run is a failure, a todo is skipped', () => {
  const report = {
    numPassedTests: 7,
    numFailedTests: 2,
    numPendingTests: 3,
    numTodoTests: 1,
    numRuntimeErrorTestSuites: 1,
  };
  expect(jestCounts(report)).toEqual({ passed: 7, failed: 3, skipped: 4 });
});

describe('a stage', () => {
  const some = { passed: 3, failed: 0, skipped: 1 };
  const none = { passed: 0, failed: 0, skipped: 0 };

  test.each([
    ['that succeeds keeps its counts', true, some, some],
    ['that fails has a failure', false, some, { ...some, failed: 1 }],
    ['that fails keeps its failures', false, { ...some, failed: 2 }, { ...some, failed: 2 }],
    ['that ran nothing has a failure', true, none, { ...none, failed: 1 }],
    [
      'that skipped everything has a failure',
      true,
      { ...none, skipped: 4 },
      { ...none, failed: 1, skipped: 4 },
    ],
  ])('%s', (_, succeeded, counts, expected) => {
    expect(stageCounts(succeeded, counts)).toEqual(expected);
  });
});

describe('the last line', () => {
  const counts = { passed: 3, failed: 1, skipped: 0 };

  test('is the sum of all stages', () => {
    expect(countsLine(sumCounts([counts, counts]))).toBe('6 passed, 2 failed');
  });

  test('names skipped tests where there are any', () => {
    expect(countsLine({ ...counts, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
  });
});
