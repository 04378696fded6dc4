// Results beside recorded ones.
import { expect, test } from '@jest/globals';
import { Comparison, type ComparisonCounts, type Difference } from 'gpu-buddy/trace';
import { linesOf, resultsOf } from './lines';

const TRACE = '# text\ninit 0x2000 0x1000\nalloc 0 0 0 0x1000 0x1000 0\nfree 0 0x0\nfini\n';
const EXPECTED = [
  '# text',
  '0 avail=0x2000 clear_avail=0x0',
  '0 0x1000:0:0 avail=0x1000 clear_avail=0x0',
  '0 avail=0x2000 clear_avail=0x0',
  '0 avail=0x0 clear_avail=0x0',
];
const ALL: ComparisonCounts = {
  lines: 5,
  identical: 5,
  different: 0,
  operations: 4,
  identicalOperations: 4,
  missing: 0,
  extra: 0,
};

test.each<[string, string[], Partial<ComparisonCounts>, Difference | undefined]>([
  ['identical', EXPECTED, {}, undefined],
  [
    'different in two lines',
    EXPECTED.with(2, '-28 avail=0x2000 clear_avail=0x0').with(4, 'x'),
    { identical: 3, different: 2, identicalOperations: 2 },
    {
      lineNumber: 3,
      operation: 'alloc 0 0 0 0x1000 0x1000 0',
      expected: '-28 avail=0x2000 clear_avail=0x0',
      actual: '0 0x1000:0:0 avail=0x1000 clear_avail=0x0',
    },
  ],
  [
    'different in a comment',
    EXPECTED.with(0, '# Text'),
    { identical: 4, different: 1 },
    { lineNumber: 1, operation: '# text', expected: '# Text', actual: '# text' },
  ],
  [
    'too few',
    EXPECTED.slice(0, 3),
    { identical: 3, different: 2, identicalOperations: 2, missing: 2 },
    { lineNumber: 4, operation: 'free 0 0x0', expected: undefined, actual: EXPECTED[3] },
  ],
  [
    'none at all',
    [],
    { identical: 0, different: 5, identicalOperations: 0, missing: 5 },
    { lineNumber: 1, operation: '# text', expected: undefined, actual: '# text' },
  ],
  [
    'too many',
    [...EXPECTED, 'a', 'b'],
    { lines: 7, different: 2, extra: 2 },
    { lineNumber: 6, operation: undefined, expected: 'a', actual: undefined },
  ],
])('recorded results that are %s', async (_, expected, counts, difference) => {
  const comparison = new Comparison(linesOf(expected.map((line) => `${line}\n`).join('')));
  await resultsOf(TRACE, [comparison]);
  await comparison.finish();
  expect(comparison.counts).toEqual({ ...ALL, ...counts });
  expect(comparison.firstDifference).toEqual(difference);
});

test('the last recorded line may lack its line feed', async () => {
  const comparison = new Comparison(linesOf(EXPECTED.join('\n')));
  await resultsOf(TRACE, [comparison]);
  await comparison.finish();
  expect(comparison.counts).toEqual(ALL);
});
