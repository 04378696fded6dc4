/** Shows why the model allows several answers: if clear and dirty memory lie side by side, the kernel may miss free memory. */
import { describe, expect, test } from '@jest/globals';
import { SZ_16K, SZ_32K, SZ_4K } from 'gpu-buddy';
import { chunksOf, freeChunksOf, withHoles } from '../support/allocator-state';

describe('a merger of clear and dirty memory, of which there is one a try, may be of no use', () => {
  test('in a range, where it reaches beyond its end: ENOSPC at first, and blocks the second time', () => {
    const buddy = withHoles(16, { clear: [0, 1, 12, 13], dirty: [2, 3, 14, 15] });
    const request = { minBlockSize: SZ_16K, mode: { range: { start: 0, end: 14 * SZ_4K } } } as const;
    expect(buddy.tryAllocBlocks(SZ_16K, request)).toBeNull();
    expect(freeChunksOf(buddy)).toEqual([
      [0, 2, 'clear'],
      [2, 2, 'dirty'],
      [12, 4, 'dirty'],
    ]);
    expect(chunksOf(buddy.allocBlocks(SZ_16K, request))).toEqual([[0, 4]]);
  });

  test('for a size below minBlockSize, where it is at the wrong address', () => {
    const buddy = withHoles(8, { clear: [0, 1, 4, 5], dirty: [2, 3, 6, 7] });
    expect(buddy.tryAllocBlocks(SZ_16K, { minBlockSize: SZ_32K })).toBeNull();
    expect(freeChunksOf(buddy)).toEqual([
      [0, 2, 'clear'],
      [2, 2, 'dirty'],
      [4, 4, 'dirty'],
    ]);
  });
});

test('a wish for clear memory in a range is only heard where a whole root is clear', () => {
  const mode = { range: { start: 0, end: SZ_32K } } as const;
  const mixed = withHoles(8, { dirty: [1], clear: [6] });
  expect(chunksOf(mixed.allocBlocks(SZ_4K, { mode, clear: true }))).toEqual([[1, 1]]);
  // Roots of eight and of four chunks.
  const buddy = withHoles(12, { dirty: [1], clear: [8, 9, 10, 11] });
  const all = { range: { start: 0, end: 12 * SZ_4K } } as const;
  expect(chunksOf(buddy.allocBlocks(SZ_4K, { mode: all, clear: true }))).toEqual([[8, 1]]);
});
