// claim(): exactly these blocks, or none.

import { describe, expect, test } from '@jest/globals';
import { GpuBuddy, SZ_16K, SZ_1G, SZ_1M, SZ_4K, SZ_8K, type BlockPlace, type Bytes } from 'gpu-buddy';
import {
  chunksOf,
  describeBlock,
  expectSound,
  freeChunksOf,
  refusalOf,
  SZ_12K,
  stateOf,
  thrownBy,
} from '../support/allocator-state';
import { Random } from '../support/random';

function make(options = {}) {
  return new GpuBuddy({ size: SZ_1M, ...options });
}

/** Places from numbers of chunks. */
function places(...chunks: [offset: number, order: number][]): BlockPlace[] {
  return chunks.map(([offset, order]) => ({ offset: offset * SZ_4K, order }));
}

describe('claim()', () => {
  test('takes each block as one block, in the order given', () => {
    const buddy = make();
    const list = buddy.claim(places([16, 0], [0, 4], [17, 0]), { tag: 7 });
    expect(chunksOf(list)).toEqual([
      [16, 1],
      [0, 16],
      [17, 1],
    ]);
    expect([list.tag, buddy.blockAt(0)?.tag, list.size]).toEqual([7, 7, 18 * SZ_4K]);
    expectSound(buddy);
    list.free();
    expect(buddy.isEmpty).toBe(true);
  });

  test('takes the whole space', () => {
    const buddy = make();
    expect(buddy.claim(places([0, 8])).length).toBe(1);
    expect(buddy.avail).toBe(0);
  });

  test('takes what other calls tell of blocks, and anything iterable', () => {
    const from = make();
    const list = from.allocBlocks(SZ_12K, { tag: 1 });
    const found = from.blockAt(SZ_1M - SZ_4K);
    const expected = chunksOf(list);
    expect(chunksOf(make().claim(list))).toEqual(expected);
    expect(chunksOf(make().claim(Array.from(list, describeBlock)))).toEqual(expected);
    expect(chunksOf(make().claim(new Set(list)))).toEqual(expected);
    expect(chunksOf(make().claim(found ? [found] : []))).toHaveLength(1);
    expect(
      chunksOf(
        make().claim(
          (function* () {
            yield* list;
          })(),
        ),
      ),
    ).toEqual(expected);
  });

  test.each([
    [undefined, [true, false]],
    [true, [true, true]],
    [false, [false, false]],
  ])('counts blocks as clear as `clear` says: %p', (clear, expected) => {
    const buddy = make();
    buddy.claim(places([0, 0])).free({ cleared: true });
    const list = buddy.claim(places([0, 0], [1, 0]), { clear });
    expect(Array.from(list, ({ isClear }) => isClear)).toEqual(expected);
    expect(buddy.clearAvail).toBe(0);
    list.free();
    expect(buddy.clearAvail).toBe(0);
  });

  test('has roots of every size', () => {
    const buddy = make({ size: 211 * SZ_4K });
    const { offsets, orders } = buddy.snapshot();
    buddy.claim(Array.from(offsets, (offset, i) => ({ offset, order: orders[i] ?? 0 })));
    expect(buddy.avail).toBe(0);
  });

  test('works with base offsets, any unit and bigints', () => {
    const buddy = new GpuBuddy({ size: 100, chunkSize: 1, baseOffset: 2n ** 63n + 1n, bigint: true });
    const list = buddy.claim([{ offset: 2n ** 63n + 5n, order: 2 }]);
    expect(list.at(0)).toMatchObject({ offset: 2n ** 63n + 5n, size: 4n });
    const huge = new GpuBuddy({ size: 2n ** 60n, bigint: true });
    expect(huge.claim([{ offset: 2n ** 59n + 4096n, order: 0 }]).offset).toBe(2n ** 59n + 4096n);
  });

  test.each<[string, (buddy: GpuBuddy) => BlockPlace[], string, number]>([
    ['no block', () => [], 'EINVAL', -1],
    ['a block behind the space', () => places([0, 0], [256, 0]), 'EINVAL', 1],
    ['a block that reaches behind the space', () => places([0, 0], [0, 9]), 'EINVAL', 1],
    ['an order of no block', () => places([0, 64]), 'EINVAL', 0],
    ['an order that is endless', () => places([0, Number.MAX_SAFE_INTEGER]), 'EINVAL', 0],
    ['a block that is not aligned', () => places([1, 1]), 'EINVAL', 0],
    ['an address within a chunk', () => places([1 / 4096, 0]), 'EINVAL', 0],
    ['the same block twice', () => places([5, 0], [9, 0], [5, 0]), 'EINVAL', 2],
    ['a block within another', () => places([5, 0], [4, 2]), 'EINVAL', 1],
    ['a block that is in use', () => places([9, 0], [255, 0], [254, 0]), 'ENOSPC', 1],
    ['a block of which a part is in use', () => places([9, 0], [248, 3]), 'ENOSPC', 1],
    ['free blocks that are not one', () => places([2, 0], [0, 1]), 'ENOSPC', 1],
    ['overlapping blocks behind one in use', () => places([255, 0], [5, 0], [4, 1]), 'EINVAL', 2],
  ])('refuses %s, and leaves all as it is', (_, blocks, code, index) => {
    const buddy = make();
    buddy.claim(places([255, 0]), { tag: 1 });
    buddy.claim(places([0, 0])).free({ cleared: true });
    const error = refusalOf(buddy, () => buddy.claim(blocks(buddy)));
    expect(error).toMatchObject({ code, syscall: 'gpu_buddy_alloc_blocks' });
    if (index >= 0) expect(error.message).toContain(`blocks[${index}] (offset `);
  });

  test('refuses addresses below the space', () => {
    const buddy = make({ baseOffset: SZ_1G });
    expect(refusalOf(buddy, () => buddy.claim([{ offset: 0, order: 0 }]))).toMatchObject({ code: 'EINVAL' });
  });

  test('leaves clear memory clear that it had taken before it failed', () => {
    const buddy = make();
    buddy.claim(places([0, 4])).free({ cleared: true });
    const before = freeChunksOf(buddy);
    buddy.claim(places([200, 0]));
    expect(thrownBy(() => buddy.claim(places([3, 0], [8, 1], [200, 0]), { clear: false }))).toMatchObject({
      code: 'ENOSPC',
    });
    expect(freeChunksOf(buddy)[0]).toEqual(before[0]);
  });

  test.each<[string, unknown, string]>([
    ['no object', 5, 'blocks'],
    ['null', null, 'blocks'],
    ['a string', 'blocks', 'blocks'],
    ['an object that can not be iterated', {}, 'blocks'],
    ['numbers', [5], 'blocks[0]'],
    ['a block without an offset', [{ order: 0 }], 'blocks[0].offset'],
    ['a block without an order', [{ offset: 0, order: 0 }, { offset: 0 }], 'blocks[1].order'],
  ])('is a TypeError with %s', (_, blocks, name) => {
    const error = refusalOf(make(), () => make().claim(blocks as BlockPlace[]));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(error.message).toContain(`"${name}"`);
  });

  test('ends iterables that do not end by themselves', () => {
    let isEnded = false;
    const endless = function* () {
      try {
        for (let chunk = 0; ; chunk = (chunk + 1) % 256) yield { offset: chunk * SZ_4K, order: 0 };
      } finally {
        isEnded = true;
      }
    };
    expect(refusalOf(make(), () => make().claim(endless()))).toMatchObject({ code: 'EINVAL' });
    expect(isEnded).toBe(true);
  });

  test('reads getters once, and lets them do what they like', () => {
    const buddy = make();
    const asked: string[] = [];
    const tricky = {
      get offset() {
        asked.push('offset');
        buddy.allocBlocks(SZ_4K, { mode: { at: 0 } });
        return SZ_4K;
      },
      get order() {
        asked.push('order');
        return 0;
      },
    };
    expect(chunksOf(buddy.claim([tricky]))).toEqual([[1, 1]]);
    expect(asked).toEqual(['offset', 'order']);
    const disposing = [
      {
        get offset() {
          buddy.dispose();
          return SZ_16K;
        },
        order: 0,
      },
    ];
    expect(thrownBy(() => buddy.claim(disposing))).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
  });

  test('is ENOMEM, with nothing taken, where the bookkeeping is used up', () => {
    const buddy = new GpuBuddy({ size: 64 * SZ_1M, maxNativeBytes: 70_000 });
    const all = Array.from({ length: 8192 }, (_, i) => ({ offset: i * SZ_8K, order: 0 }));
    expect(refusalOf(buddy, () => buddy.claim(all))).toMatchObject({ code: 'ENOMEM' });
  });

  test('takes all blocks of a snapshot in whatever order', () => {
    const random = new Random(5);
    const buddy = make();
    for (let i = 0; i < 40; i++) buddy.tryAllocBlocks((1 + random.below(9)) * SZ_4K, { mode: 'top-down' });
    const { offsets, orders } = buddy.snapshot();
    const all = Array.from<Bytes, BlockPlace>(offsets, (offset, i) => ({ offset, order: orders[i] ?? 0 }));
    const mixed = all.map((place) => ({ place, key: random.next() })).sort((a, b) => a.key - b.key);
    const anew = make();
    anew.claim(mixed.map(({ place }) => place));
    expect([anew.avail, stateOf(anew).blocks.length]).toEqual([0, all.length]);
  });
});
