// Spaces drawn as cells.
import { describe, expect, test } from '@jest/globals';
import { drawSpace, type CellKind, type SpaceSnapshot } from 'gpu-buddy/trace';
import { STATE_ALLOCATED, STATE_CLEAR } from 'gpu-buddy';

const STATES = { used: STATE_ALLOCATED, free: 0, clear: STATE_CLEAR };
type Block = readonly [state: keyof typeof STATES, order: number];

/** Blocks one after another, in chunks of 4096 bytes. */
function space(...blocks: Block[]): SpaceSnapshot {
  const ends = blocks.map((_, i) =>
    blocks.slice(0, i + 1).reduce((sum, [, order]) => sum + 4096 * 2 ** order, 0),
  );
  const size = ends.at(-1) ?? 0;
  return {
    size,
    chunkSize: 4096,
    avail: 0,
    clearAvail: 0,
    blocks: {
      offsets: Float64Array.from([0, ...ends.slice(0, -1)]),
      orders: Uint8Array.from(blocks, ([, order]) => order),
      states: Uint8Array.from(blocks, ([state]) => STATES[state]),
      tags: new Float64Array(blocks.length),
    },
  };
}

describe('a cell of four chunks', () => {
  test.each<[CellKind, Block[]]>([
    ['used', [['used', 2]]],
    [
      'mostly-used',
      [
        ['used', 1],
        ['used', 0],
        ['free', 0],
      ],
    ],
    [
      'mostly-used',
      [
        ['used', 1],
        ['clear', 1],
      ],
    ],
    [
      'partly-used',
      [
        ['used', 0],
        ['free', 0],
        ['clear', 1],
      ],
    ],
    ['free', [['free', 2]]],
    [
      'partly-clear',
      [
        ['free', 1],
        ['free', 0],
        ['clear', 0],
      ],
    ],
    [
      'clear',
      [
        ['clear', 1],
        ['clear', 1],
      ],
    ],
  ])('is %s', (kind, blocks) => {
    expect(drawSpace(space(...blocks), { columns: 1, rows: 1 })).toMatchObject({
      cellSize: 4 * 4096,
      cells: [kind],
    });
  });
});

test('a large block covers many cells', () => {
  const picture = drawSpace(space(['used', 4], ['clear', 3], ['free', 3]), { columns: 4, rows: 2 });
  expect(picture).toEqual({
    size: 32 * 4096,
    cellSize: 4 * 4096,
    columns: 4,
    cells: ['used', 'used', 'used', 'used', 'clear', 'clear', 'free', 'free'],
  });
});

test('a cell is never smaller than a chunk', () => {
  const { cells, cellSize } = drawSpace(space(['used', 0], ['free', 0], ['clear', 0]));
  expect([cells, cellSize]).toEqual([['used', 'free', 'clear'], 4096]);
});

test('the last cell may be cut short', () => {
  const { cells, cellSize } = drawSpace(space(['free', 2], ['used', 0]), { columns: 2, rows: 1 });
  expect([cells, cellSize]).toEqual([['free', 'mostly-used'], 3 * 4096]);
});

test('a space of almost 2^64 bytes fits the picture', () => {
  const blocks: Block[] = Array.from({ length: 52 }, (_, i) => ['used', 51 - i]);
  const { cells, columns } = drawSpace(space(...blocks));
  expect(cells.length).toBeLessThanOrEqual(16 * columns);
  expect(new Set(cells)).toEqual(new Set(['used']));
});
