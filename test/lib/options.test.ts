// Options that nobody knows are errors, in every method; and the modes of an allocation.

import { describe, expect, test } from '@jest/globals';
import { AllocatedBlocks, GpuBuddy, SZ_1M, SZ_4K, SZ_64K, SZ_8K } from 'gpu-buddy';
import { chunksOf, refusalOf, SZ_20K, thrownBy } from '../support/allocator-state';

function make() {
  const buddy = new GpuBuddy({ size: SZ_1M });
  return { buddy, blocks: buddy.allocBlocks(SZ_64K, { minBlockSize: SZ_64K }), batch: buddy.batch() };
}

describe('an unknown option', () => {
  const calls: [string, string, (given: ReturnType<typeof make>, options: never) => unknown][] = [
    ['new GpuBuddy()', 'chunksize', (_, options) => new GpuBuddy(options)],
    ['GpuBuddy.from()', 'bigInt', ({ buddy }, options) => GpuBuddy.from(buddy.share(), options)],
    [
      'AllocatedBlocks.adopt()',
      'Bigint',
      (_, options) =>
        AllocatedBlocks.adopt(new GpuBuddy({ size: SZ_4K }).allocBlocks(SZ_4K).transfer(), options),
    ],
    ['findFree()', 'align', ({ buddy }, options) => buddy.findFree(SZ_4K, options)],
    ['allocBlocks()', 'contigous', ({ buddy }, options) => buddy.allocBlocks(SZ_4K, options)],
    ['tryAllocBlocks()', 'minblocksize', ({ buddy }, options) => buddy.tryAllocBlocks(SZ_4K, options)],
    ['allocMany()', 'Clear', ({ buddy }, options) => buddy.allocMany(2, SZ_4K, options)],
    ['batch.alloc()', 'trimDisabled', ({ batch }, options) => batch.alloc(SZ_4K, options)],
    ['batch.free()', 'clear', ({ batch, blocks }, options) => batch.free(blocks, options)],
    ['batch.run()', 'atomik', ({ batch }, options) => batch.run(options)],
    [
      'result.free()',
      'cleard',
      ({ batch }, options) => {
        batch.run().free(options);
      },
    ],
    [
      'free()',
      'clear',
      ({ blocks }, options) => {
        blocks.free(options);
      },
    ],
    [
      'freeBlock()',
      'clered',
      ({ blocks }, options) => {
        blocks.freeBlock(0, options);
      },
    ],
    [
      'trim()',
      'strat',
      ({ blocks }, options) => {
        blocks.trim(SZ_4K, options);
      },
    ],
  ];

  test.each(calls)('is refused by %s, which does nothing: %s', (_, name, call) => {
    const given = make();
    const error = refusalOf(given.buddy, () => call(given, { [name]: true } as never));
    expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' });
    expect(error.message).toContain(`unknown option '${name}'`);
    expect(given.blocks.freed).toBe(false);
  });

  test.each([
    ['contigous', 'contiguous'],
    ['CLEAR', 'clear'],
    ['minBlockSiz', 'minBlockSize'],
    ['trim_disable', 'trimDisable'],
    ['tags', 'tag'],
  ])('%s is told from %s', (name, meant) => {
    const { buddy } = make();
    expect(thrownBy(() => buddy.allocBlocks(SZ_4K, { [name]: 1 })).message).toBe(
      `The "options" argument has an unknown option '${name}', did you mean '${meant}'?`,
    );
  });

  test.each([
    ['bigints', 'bigint'],
    ['BigInt', 'bigint'],
    ['chunk_size', 'chunkSize'],
    ['base_offset', 'baseOffset'],
  ])('is named for a new allocator: %s instead of %s', (name, meant) => {
    expect(thrownBy(() => new GpuBuddy({ size: SZ_1M, [name]: true })).message).toBe(
      `The "options" argument has an unknown option '${name}', did you mean '${meant}'?`,
    );
  });

  test('that is like none gets no advice', () => {
    const { buddy } = make();
    expect(thrownBy(() => buddy.allocBlocks(SZ_4K, { colour: 1 } as never)).message).toBe(
      'The "options" argument has an unknown option \'colour\'',
    );
  });

  test('that is inherited is refused too, as inherited ones are read', () => {
    const { buddy } = make();
    const options = Object.create({ contigous: true }) as never;
    expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_4K, options))).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
    });
  });

  test('is refused in a mode or a range', () => {
    const { buddy } = make();
    for (const mode of [{ at: 0, size: 1 }, { range: { start: 0, end: SZ_4K, length: 1 } }])
      expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_4K, { mode }))).toMatchObject({
        code: 'ERR_INVALID_ARG_VALUE',
      });
  });
});

describe('the mode { at }', () => {
  test.each([
    [0, SZ_4K, [[0, 1]]],
    [
      SZ_4K,
      SZ_20K,
      [
        [1, 1],
        [2, 2],
        [4, 2],
      ],
    ],
    [BigInt(SZ_8K), SZ_8K, [[2, 2]]],
  ])('takes the range at %s, and nothing else', (at, size, expected) => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    expect(chunksOf(buddy.allocBlocks(size, { mode: { at } }))).toEqual(expected);
    expect(buddy.tryAllocBlocks(size, { mode: { at } })).toBe(null);
  });

  test('counts from the base offset', () => {
    const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_4K, { mode: { at: SZ_1M + SZ_8K } });
    expect(blocks.at(0)?.offset).toBe(SZ_1M + SZ_8K);
    const batch = buddy.batch();
    batch.alloc(SZ_8K, { mode: { at: SZ_1M } });
    expect(batch.run().offsets[0]).toBe(SZ_1M);
  });

  test.each<[string, number | bigint, string]>([
    ['below the space', SZ_1M - SZ_4K, 'at (1044480) must lie within the space'],
    ['at the end of the space', 2 * SZ_1M, 'at (2097152) must lie within the space'],
    ['so late that the size does not fit', 2 * SZ_1M - SZ_4K, 'at (2093056) must lie within the space'],
    ['at the end of all addresses', 2n ** 64n - 4096n, 'at (18446744073709547520) must lie within the space'],
    ['within a chunk', SZ_1M + 1, 'at (1048577) must start and end on a multiple of the chunk size'],
  ])('%s is EINVAL', (_, at, sentence) => {
    const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: SZ_1M });
    expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_8K, { mode: { at } }))).toMatchObject({
      code: 'EINVAL',
      message: `EINVAL: ${sentence}, gpu_buddy_alloc_blocks`,
    });
  });

  test('and a range exclude each other', () => {
    const { buddy } = make();
    const mode = { at: 0, range: { start: 0, end: SZ_4K } } as never;
    expect(refusalOf(buddy, () => buddy.allocBlocks(SZ_4K, { mode }))).toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });
});
