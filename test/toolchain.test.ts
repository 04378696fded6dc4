// Tests how `npm test` reads the output of its tools. Runs none of them.
import { describe, expect, test } from '@jest/globals';
import { countsIn, countsLine, sumCounts } from '../scripts/test-report.mjs';

describe('the output of a stage', () => {
  test.each([
    ['counts by its last line that tells', '9 passed, 9 failed\n12 passed, 0 failed\n\n', [12, 0, 0]],
    [
      "counts by jest's line, not by those of files and snapshots",
      'Test Suites: 1 failed, 3 passed, 4 total\nTests:       1 failed, 2 skipped, 3 todo, 7 passed, 13 total\n' +
        'Snapshots:   1 passed, 1 total\nTime:        3.1 s\n',
      [7, 1, 5],
    ],
    ['counts as one test if no line tells', 'All is well: 3 passed the door\n', [1, 0, 0]],
  ])('%s', (_, output, [passed, failed, skipped]) => {
    expect(countsIn(output, failed === 0)).toEqual({ passed, failed, skipped });
  });

  test.each([
    ['Tests:       7 passed, 7 total\n', [7, 1]],
    ['Tests:       2 failed, 7 passed, 9 total\n', [7, 2]],
    ['', [0, 1]],
  ])('has at least one failure if the stage fails: %j', (output, [passed, failed]) => {
    expect(countsIn(output, false)).toEqual({ passed, failed, skipped: 0 });
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
