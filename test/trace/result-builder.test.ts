// Result lines, to the letter.
import { expect, test } from '@jest/globals';
import { STATE_ALLOCATED, STATE_CLEAR } from 'gpu-buddy';
import { ResultBuilder } from '../../lib/trace/result-builder';

test.each([
  [0, '0x0'],
  [1, '0x1'],
  [0xf, '0xf'],
  [0x10, '0x10'],
  [0xffffffff, '0xffffffff'],
  [0x100000000, '0x100000000'],
  [0x123456789abcd, '0x123456789abcd'],
  [2 ** 53, '0x20000000000000'],
  [2 ** 63 + 3 * 4096, '0x8000000000003000'],
  [2 ** 64 - 4096, '0xfffffffffffff000'],
])('the number %d is written %s', (value, text) => {
  const builder = new ResultBuilder();
  builder.begin(0);
  expect(builder.end(value, 0, 0)).toBe(`0 avail=${text} clear_avail=0x0`);
});

test('a line has its parts in order', () => {
  const builder = new ResultBuilder();
  builder.begin(-28);
  builder.block(0x1000, 9, true);
  builder.block(0, 51, false);
  builder.text(' null');
  expect(builder.end(4096, 8192, 2)).toBe(
    '-28 0x1000:9:1 0x0:51:0 null avail=0x1000 clear_avail=0x2000 warn=2',
  );
});

test('columns of blocks are written as single ones, however many there are', () => {
  const count = 1000;
  // Up to 2^64 - 4096.
  const offsetAt = (i: number) => (i < 900 ? i * 2 ** 40 : 2 ** 64 - 4096 * (count - i));
  const columns = {
    offsets: Float64Array.from({ length: count }, (_, i) => offsetAt(i)),
    orders: Uint8Array.from({ length: count }, (_, i) => i % 52),
    states: Uint8Array.from({ length: count }, (_, i) => STATE_ALLOCATED | (i % 2 ? STATE_CLEAR : 0)),
    tags: new Float64Array(count),
  };
  const many = new ResultBuilder();
  const single = new ResultBuilder();
  many.begin(0);
  single.begin(0);
  many.blocks(count, columns);
  for (let i = 0; i < count; i++) single.block(offsetAt(i), i % 52, i % 2 === 1);
  expect(many.end(0, 0, 0)).toBe(single.end(0, 0, 0));
});
