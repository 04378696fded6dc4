// Numbers and tables as people read them.
import { expect, test } from '@jest/globals';
import { bytesText, countText, pluralText, shareText } from '../../lib/trace/number-text';
import { tableText } from '../../lib/cli/table-text';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [274012, '274,012'],
  [1234567, '1,234,567'],
])('the count %d is %s', (count, text) => {
  expect(countText(count)).toBe(text);
});

test.each([
  [0, '0 B'],
  [4096, '4 KiB'],
  [1.5 * 2 ** 20, '1.50 MiB'],
  [0x13c6000, '19.8 MiB'],
  [341.2 * 2 ** 20, '341 MiB'],
  [2 ** 50, '1 PiB'],
  [2 ** 64 - 4096, '16.0 EiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test('one is no plural, and nothing has no share', () => {
  expect([pluralText(0, 'line'), pluralText(1, 'line'), pluralText(1000, 'line')]).toEqual([
    '0 lines',
    '1 line',
    '1,000 lines',
  ]);
  expect([shareText(1, 3), shareText(0, 0)]).toEqual(['33.3 %', '-']);
});

test('the columns of a table are as wide as they must be', () => {
  expect(
    tableText([
      ['a', 'bcd', 'e'],
      ['abcd', 'b', '12345'],
    ]),
  ).toBe('a     bcd      e\nabcd    b  12345\n');
});
