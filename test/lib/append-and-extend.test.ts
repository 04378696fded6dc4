// append() and tryExtend(): lists that take over the blocks of others, and lists that get the memory behind them.

import { describe, expect, test } from '@jest/globals';
import {
  GpuBuddy,
  SZ_16K,
  SZ_1G,
  SZ_1M,
  SZ_32K,
  SZ_4K,
  SZ_64K,
  SZ_8K,
  type AllocatedBlocks,
  type Bytes,
} from 'gpu-buddy';
import {
  chunksOf,
  expectSound,
  firstOf,
  refusalOf,
  SZ_12K,
  SZ_20K,
  stateOf,
  thrownBy,
} from '../support/allocator-state';

function make(options = {}) {
  return new GpuBuddy({ size: SZ_1M, ...options });
}

/** A list without blocks. */
function emptyList(buddy: GpuBuddy, tag?: number): AllocatedBlocks {
  const list = buddy.allocBlocks(SZ_4K, { tag });
  list.freeBlock(0);
  return list;
}

/** Takes exactly this memory. */
function at(buddy: GpuBuddy, offset: number, size: number, tag?: number): AllocatedBlocks {
  return buddy.allocBlocks(size, { mode: { at: offset }, tag });
}

describe('append()', () => {
  test('puts the blocks behind those of the list, with its tag', () => {
    const buddy = make();
    const list = at(buddy, SZ_64K, SZ_12K, 7);
    const other = at(buddy, 0, SZ_20K, 9);
    list.append(other);
    expect(chunksOf(list)).toEqual([
      [16, 2],
      [18, 1],
      [0, 4],
      [4, 1],
    ]);
    expect([list.tag, list.size, list.length]).toEqual([7, SZ_32K, 4]);
    expect(Array.from(list, ({ tag }) => tag)).toEqual([7, 7, 7, 7]);
    expect(buddy.blockAt(0)?.tag).toBe(7);
    expectSound(buddy);
    list.free();
    expect(buddy.isEmpty).toBe(true);
  });

  test('leaves the other list freed', () => {
    const buddy = make();
    const list = buddy.allocBlocks(SZ_4K);
    const other = buddy.allocBlocks(SZ_4K);
    const block = firstOf(other);
    list.append(other);
    expect(other.freed).toBe(true);
    expect(thrownBy(() => other.length)).toMatchObject({ code: 'ERR_GPU_BUDDY_FREED' });
    expect(thrownBy(() => block.offset)).toMatchObject({ code: 'ERR_GPU_BUDDY_FREED' });
    const before = stateOf(buddy);
    other.free();
    expect(stateOf(buddy)).toEqual(before);
  });

  test('leaves blocks valid that were read from the list', () => {
    const buddy = make();
    const list = buddy.allocBlocks(SZ_12K);
    const blocks = [...list];
    const offsets = blocks.map(({ offset }) => offset);
    list.append(buddy.allocBlocks(SZ_4K));
    expect(blocks.map(({ offset }) => offset)).toEqual(offsets);
  });

  test('works with lists that are empty', () => {
    const buddy = make();
    const empty = emptyList(buddy, 3);
    const list = buddy.allocBlocks(SZ_8K, { tag: 5 });
    list.append(empty);
    expect([list.length, list.tag, empty.freed]).toEqual([1, 5, true]);

    const second = emptyList(buddy, 4);
    second.append(list);
    expect([second.length, second.size, second.tag, firstOf(second).tag]).toEqual([1, SZ_8K, 4, 4]);
    expect(list.freed).toBe(true);

    const third = emptyList(buddy, 6);
    third.append(emptyList(buddy));
    expect([third.isEmpty, third.tag]).toEqual([true, 6]);
    third.append(second);
    expect(third.size).toBe(SZ_8K);
    third.free();
    expect(buddy.isEmpty).toBe(true);
  });

  test('is told of by whatever the list is asked for', () => {
    const buddy = make();
    const list = at(buddy, 0, SZ_4K);
    list.append(at(buddy, SZ_4K, SZ_4K));
    list.append(at(buddy, SZ_16K, SZ_4K));
    expect(list.segments()).toEqual([
      { offset: 0, size: SZ_8K },
      { offset: SZ_16K, size: SZ_4K },
    ]);
    expect([list.offset, list.sizeIn({ start: SZ_4K, end: SZ_64K })]).toEqual([undefined, SZ_8K]);
    list.freeBlock(1);
    expect(chunksOf(list)).toEqual([
      [0, 1],
      [4, 1],
    ]);
  });

  test('lets the list be freed, given away, and freed by a batch', () => {
    const buddy = make();
    const merged = (): AllocatedBlocks => {
      const list = buddy.allocBlocks(SZ_4K);
      list.append(buddy.allocBlocks(SZ_12K));
      return list;
    };
    merged().free({ cleared: true });
    expect(buddy.clearAvail).toBe(SZ_16K);
    const batch = buddy.batch();
    batch.free(merged());
    batch.run();
    const list = merged();
    buddy.freeAll();
    expect([list.freed, buddy.isEmpty]).toEqual([true, true]);
  });

  test.each([false, true])('joins lists of two objects for one allocator, disposed: %p', (isDisposed) => {
    const buddy = make();
    const token = buddy.share();
    const same = GpuBuddy.from(token, { bigint: true });
    const list = buddy.allocBlocks(SZ_4K, { tag: 1 });
    const other = same.allocBlocks(SZ_8K, { tag: 2 });
    if (isDisposed) same.dispose();
    list.append(other);
    expect([list.size, other.freed, buddy.avail]).toEqual([SZ_12K, true, SZ_1M - SZ_12K]);
    buddy.dispose();
    expect(list.size).toBe(SZ_12K);
    list.free();
    same.dispose();
    // The list is not used any more.
    expect(thrownBy(() => GpuBuddy.from(token))).toMatchObject({ code: 'ERR_GPU_BUDDY_TOKEN' });
  });

  test('keeps an allocator alive through the list that has the blocks', () => {
    const buddy = make();
    const token = buddy.share();
    const same = GpuBuddy.from(token);
    const list = emptyList(buddy);
    list.append(same.allocBlocks(SZ_4K));
    same.dispose();
    buddy.dispose();
    expect(list.size).toBe(SZ_4K);
    GpuBuddy.from(token).dispose();
    list.free();
    expect(thrownBy(() => GpuBuddy.from(token))).toMatchObject({ code: 'ERR_GPU_BUDDY_TOKEN' });
  });

  test('refuses lists that are freed', () => {
    const buddy = make();
    const list = buddy.allocBlocks(SZ_4K);
    const freed = buddy.allocBlocks(SZ_4K);
    freed.free();
    for (const call of [
      () => {
        list.append(freed);
      },
      () => {
        freed.append(list);
      },
      () => {
        freed.append(freed);
      },
    ])
      expect(refusalOf(buddy, call)).toMatchObject({ code: 'ERR_GPU_BUDDY_FREED' });
    expect([list.freed, list.size]).toEqual([false, SZ_4K]);
  });

  test('refuses itself and lists of other allocators', () => {
    const buddy = make();
    const list = buddy.allocBlocks(SZ_4K);
    const foreign = make().allocBlocks(SZ_4K);
    expect(
      refusalOf(buddy, () => {
        list.append(list);
      }),
    ).toMatchObject({ code: 'EINVAL' });
    expect(
      refusalOf(buddy, () => {
        list.append(foreign);
      }),
    ).toMatchObject({ code: 'EINVAL' });
    expect([list.size, foreign.size]).toEqual([SZ_4K, SZ_4K]);
  });
});

describe('tryExtend()', () => {
  test('adds the memory right behind the highest block', () => {
    const buddy = make();
    const list = at(buddy, SZ_64K, SZ_4K, 7);
    expect(list.tryExtend(SZ_12K)).toBe(true);
    expect(chunksOf(list)).toEqual([
      [16, 1],
      [17, 1],
      [18, 2],
    ]);
    expect(Array.from(list, ({ tag }) => tag)).toEqual([7, 7, 7]);
    expect(list.segments()).toEqual([{ offset: SZ_64K, size: SZ_16K }]);
    expectSound(buddy);
    list.free();
    expect(buddy.isEmpty).toBe(true);
  });

  test('looks for the highest block wherever it stands', () => {
    const buddy = make();
    const list = at(buddy, SZ_64K, SZ_4K);
    list.append(at(buddy, 0, SZ_4K));
    expect(list.tryExtend(SZ_4K)).toBe(true);
    expect(chunksOf(list)).toEqual([
      [16, 1],
      [0, 1],
      [17, 1],
    ]);
  });

  test.each<[string, (buddy: GpuBuddy) => AllocatedBlocks]>([
    ['that memory is in use', (buddy) => (at(buddy, SZ_64K + SZ_8K, SZ_4K), at(buddy, SZ_64K, SZ_4K))],
    ['the space ends there', (buddy) => at(buddy, SZ_1M - SZ_4K, SZ_4K)],
    ['the space ends before it', (buddy) => at(buddy, SZ_1M - SZ_8K, SZ_4K)],
    ['the list is empty', emptyList],
    ['there is not as much free', (buddy) => buddy.allocBlocks(SZ_1M - SZ_4K)],
  ])('is false where %s', (_, arrange) => {
    const buddy = make();
    const list = arrange(buddy);
    const before = [stateOf(buddy), list.toJSON()];
    expect(list.tryExtend(SZ_8K)).toBe(false);
    expect([stateOf(buddy), list.toJSON()]).toEqual(before);
  });

  test('leaves blocks valid that were read from the list, whether it grows or not', () => {
    const buddy = make();
    const list = at(buddy, 0, SZ_12K);
    const blocks = [...list];
    expect([list.tryExtend(SZ_1M - SZ_4K), list.tryExtend(SZ_4K)]).toEqual([false, true]);
    expect(blocks.map(({ offset }) => offset)).toEqual([0, SZ_8K]);
  });

  test('takes memory whose freeing is still to come', () => {
    const buddy = make();
    const list = at(buddy, 0, SZ_4K);
    at(buddy, SZ_4K, SZ_4K).free();
    expect(list.tryExtend(SZ_4K)).toBe(true);
  });

  test('takes clear and dirty memory alike, and keeps it as it is', () => {
    const buddy = make();
    const list = at(buddy, 0, SZ_4K);
    at(buddy, SZ_4K, SZ_4K).free({ cleared: true });
    expect(list.tryExtend(SZ_8K)).toBe(true);
    expect(Array.from(list, ({ isClear }) => isClear)).toEqual([false, true, false]);
  });

  test.each<[string, Bytes]>([
    ['0', 0],
    ['no multiple of the chunk size', SZ_4K + 1],
    ['larger than the space', SZ_1G],
    ['below the chunk size', 1n],
  ])('refuses a size that is %s, as allocBlocks() does', (_, size) => {
    const buddy = make();
    const list = buddy.allocBlocks(SZ_4K);
    const { code, message } = refusalOf(buddy, () => buddy.allocBlocks(size));
    expect(refusalOf(buddy, () => list.tryExtend(size))).toMatchObject({ code, message });
    expect(refusalOf(buddy, () => emptyList(buddy).tryExtend(size))).toMatchObject({ code, message });
  });

  test('works with any unit, base offset and bigints', () => {
    const buddy = new GpuBuddy({ size: 100, chunkSize: 1, baseOffset: 2n ** 60n, bigint: true });
    const list = buddy.allocBlocks(1, { mode: { at: 2n ** 60n + 5n } });
    expect(list.tryExtend(7)).toBe(true);
    expect(list.segments()).toEqual([{ offset: 2n ** 60n + 5n, size: 8n }]);
  });

  test('is refused where the list is freed, or its allocator disposed of', () => {
    const buddy = make();
    const list = at(buddy, 0, SZ_4K);
    const other = at(buddy, SZ_64K, SZ_4K);
    list.free();
    expect(thrownBy(() => list.tryExtend(SZ_4K))).toMatchObject({ code: 'ERR_GPU_BUDDY_FREED' });
    buddy.dispose();
    expect(thrownBy(() => other.tryExtend(SZ_4K))).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
    expect(other.size).toBe(SZ_4K);
  });

  test('is ENOMEM, with nothing allocated, where the bookkeeping is used up', () => {
    const buddy = new GpuBuddy({ size: 64 * SZ_1M, maxNativeBytes: 70_000 });
    const first = at(buddy, 0, SZ_4K);
    useUp(buddy);
    expect(refusalOf(buddy, () => first.tryExtend(20 * SZ_1M + SZ_4K))).toMatchObject({ code: 'ENOMEM' });
  });

  test('is ERR_GPU_BUDDY_WORK_LIMIT where that takes too many steps', () => {
    const buddy = new GpuBuddy({ size: 64 * SZ_1M, maxSteps: 200 });
    const list = at(buddy, 0, SZ_4K);
    // Clear and dirty chunks in turn can't merge.
    const many = buddy.allocMany(2048, SZ_4K, { mode: { range: { start: SZ_4K, end: 16 * SZ_1M } } });
    many.forEach((one, i) => {
      one.free({ cleared: i % 2 === 0 });
    });
    expect(refusalOf(buddy, () => list.tryExtend(2047 * SZ_4K))).toMatchObject({
      code: 'ERR_GPU_BUDDY_WORK_LIMIT',
    });
  });
});

/** Takes chunks at the end of the space until there is no memory for another block. */
function useUp(buddy: GpuBuddy): void {
  const mode = { range: { start: 48 * SZ_1M, end: 64 * SZ_1M } };
  const take = () => buddy.allocBlocks(SZ_4K, { mode });
  expect(
    thrownBy(() => {
      for (const lists = [take()]; ;) lists.push(take());
    }),
  ).toMatchObject({ code: 'ENOMEM' });
}
