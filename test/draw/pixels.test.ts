// The pixels of a report's map, without a browser.
import { describe, expect, test } from '@jest/globals';
import {
  COLUMNS,
  orderLook,
  paint,
  ROW_HEIGHT,
  ROWS,
  type Look,
  type Paintable,
} from '../../lib/draw/page/pixels';

const FREE = [200, 200, 200] as const;
const BACK = [255, 255, 255] as const;
const LOOKS: readonly Look[] = [
  { color: [0, 0, 100], pattern: 'plain' },
  { color: [0, 100, 0], pattern: 'up' },
];

/** The colours of some pixels of a space whose blocks have a start, a size and a look. */
function painted(size: number, blocks: readonly (readonly [start: number, size: number, look: number])[]) {
  const pixels = new Uint8ClampedArray(COLUMNS * ROWS * ROW_HEIGHT * 4);
  const paintable: Paintable = {
    size,
    count: blocks.length,
    startOf: (index) => blocks[index]?.[0] ?? 0,
    sizeOf: (index) => blocks[index]?.[1] ?? 0,
    lookOf: (index) => blocks[index]?.[2] ?? 0,
  };
  paint(pixels, paintable, LOOKS, [FREE, BACK]);
  return (x: number, row: number, y = 0) => {
    const at = 4 * ((row * ROW_HEIGHT + y) * COLUMNS + x);
    return [...pixels.subarray(at, at + 4)];
  };
}

describe('a map', () => {
  const cell = 4096;
  const size = COLUMNS * ROWS * cell;

  test('has a block where its addresses are, and free memory elsewhere', () => {
    const at = painted(size, [[COLUMNS * cell, 2 * cell, 0]]);
    expect([at(0, 1), at(1, 1), at(2, 1), at(COLUMNS - 1, 0)]).toEqual([
      [0, 0, 100, 255],
      [0, 0, 100, 255],
      [...FREE, 255],
      [...FREE, 255],
    ]);
  });

  test('goes on in the next row', () => {
    const at = painted(size, [[(COLUMNS - 1) * cell, 2 * cell, 0]]);
    expect([at(COLUMNS - 1, 0), at(0, 1), at(1, 1)].map(([red]) => red)).toEqual([0, 0, 200]);
  });

  test('paints what is used in part paler, however many blocks it is of', () => {
    const at = painted(size, [
      [0, cell / 4, 0],
      [cell / 2, cell / 4, 0],
    ]);
    expect(at(0, 0)).toEqual([100, 100, 150, 255]);
  });

  test('has lines of a pattern, and gaps between rows', () => {
    const at = painted(size, [[0, COLUMNS * cell, 1]]);
    expect([at(0, 0), at(1, 0)]).toEqual([
      [127, 177, 127, 255].map((value) => expect.closeTo(value, -0.5) as unknown),
      [0, 100, 0, 255],
    ]);
    expect(at(0, 0, ROW_HEIGHT - 1)).toEqual([...BACK, 255]);
  });

  test('fits spaces of fewer chunks than pixels', () => {
    const at = painted(2 * cell, [[cell, cell, 0]]);
    expect([at(0, ROWS / 2 - 1), at(0, ROWS / 2), at(COLUMNS - 1, ROWS - 1)].map(([red]) => red)).toEqual([
      200, 0, 0,
    ]);
  });
});

test('neighbouring orders differ in colour and in pattern', () => {
  for (let order = 0; order < 9; order++) {
    expect(orderLook(order, 10).color).not.toEqual(orderLook(order + 1, 10).color);
    expect(orderLook(order, 10).pattern).not.toBe(orderLook(order + 1, 10).pattern);
  }
});
