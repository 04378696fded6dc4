// Comparing answers line by line.
import { expect, test } from '@jest/globals';
import { compare, countsText, total } from '../../tools/oracle/compare.mjs';

const trace = ['# c', 'init 1 1', 'fini'];

test('equal answers are identical', () => {
  expect(compare(trace, ['a', 'b', 'c'], ['a', 'b', 'c'])).toEqual({
    lines: 3,
    operations: 2,
    identical: 3,
    different: 0,
    kinds: {},
  });
});

test('the first difference is kept', () => {
  const counts = compare(trace, ['a', 'b', 'c'], ['a', 'x', 'y']);
  expect(counts).toMatchObject({ identical: 1, different: 2 });
  expect(counts.first).toEqual({ line: 2, operation: 'init 1 1', expected: 'b', actual: 'x' });
});

test.each([
  ['answers are missing', ['a', 'b', 'c'], ['a', 'b']],
  ['recorded answers are missing', ['a', 'b'], ['a', 'b', 'c']],
])('the line is different if %s', (_, expected, actual) => {
  expect(compare(trace, expected, actual)).toMatchObject({ lines: 3, identical: 2, different: 1 });
});

test('nothing on both sides is no agreement', () => {
  expect(compare(trace, ['a'], ['a'])).toMatchObject({ lines: 3, identical: 1, different: 2 });
});

test('counts add up and read well', () => {
  const counts = compare(trace, ['a', 'b', 'c'], ['a', 'b', 'x']);
  expect(countsText('all', total([counts, counts]))).toBe(
    'all: 6 lines (4 operations), 4 identical, 2 different\n  by operation: fini 2',
  );
  expect(countsText('one', counts).split('\n')).toEqual([
    'one: 3 lines (2 operations), 2 identical, 1 different',
    '  by operation: fini 1',
    '  first difference: line 3',
    '    operation: fini',
    '    expected:  c',
    '    actual:    x',
  ]);
});
