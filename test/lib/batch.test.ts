// Batches: the same as single calls, in one go; and what they keep, give back and refuse.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  GpuBuddy,
  SZ_16K,
  SZ_1M,
  SZ_4K,
  SZ_64K,
  SZ_8K,
  type AllocatedBlocks,
  type AllocOptions,
  type Batch,
} from 'gpu-buddy';
import {
  chunksOf,
  expectSound,
  firstOf,
  rangesOf,
  refusalOf,
  stateOf,
  SZ_12K,
  SZ_20K,
  thrownBy,
  withHoles,
} from './helpers';

const megabyte = (baseOffset = 0n) => new GpuBuddy({ size: SZ_1M, baseOffset });

describe('run()', () => {
  test('does the operations in their order, and tells of each at its place', () => {
    const buddy = megabyte(1n << 40n);
    const other = megabyte(1n << 40n);
    const batch = buddy.batch();
    const places = [
      batch.alloc(SZ_4K),
      batch.alloc(SZ_20K, { tag: 7 }),
      batch.free(0, { cleared: true }),
      batch.alloc(SZ_4K, { clear: true }),
      batch.alloc(SZ_4K + 1),
      batch.alloc(2n * BigInt(SZ_1M)),
    ];
    expect([places, batch.length]).toEqual([[0, 1, 2, 3, 4, 5], 6]);
    expect(stateOf(buddy)).toEqual(stateOf(other));

    const result = batch.run();
    expect(batch.length).toBe(0);
    const first = other.allocBlocks(SZ_4K);
    const firstOffset = firstOf(first).offset;
    const second = other.allocBlocks(SZ_20K, { tag: 7 });
    first.free({ cleared: true });
    const third = other.allocBlocks(SZ_4K, { clear: true });
    expect(stateOf(buddy)).toEqual(stateOf(other));

    expect(result.length).toBe(6);
    expect([...result.errnos]).toEqual([0, 0, 0, 0, -22, -22]);
    expect([...result.counts]).toEqual([1, 2, 0, 1, 0, 0]);
    expect([...result.offsets]).toEqual([
      firstOffset,
      firstOf(second).offset,
      0n,
      firstOf(third).offset,
      0n,
      0n,
    ]);
    expect([...result.orders]).toEqual([0, 2, 0, 0, 0, 0]);
    expect(places.map((place) => result.error(place)?.message)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'EINVAL: size must be a multiple of the chunk size (operation 4 of the batch), gpu_buddy_alloc_blocks',
      'EINVAL: size is larger than the whole space (operation 5 of the batch), gpu_buddy_alloc_blocks',
    ]);
    const lists = places.map((place) => result.blocks(place));
    expect(lists.map((list) => list && rangesOf(list))).toEqual([
      null,
      rangesOf(second),
      null,
      rangesOf(third),
      null,
      null,
    ]);
    expect(lists[1]?.tag).toBe(7);
    expect(lists[3]?.at(0)?.isClear).toBe(true);
    expect(result.blocks(1)).toBe(lists[1]);
    result.free();
    expect(buddy.avail).toBe(buddy.size);
    expectSound(buddy);
  });

  test('frees lists from before, and leaves those alone that are freed by then', () => {
    const buddy = megabyte();
    const [one, two, three] = [1, 2, 3].map(() => buddy.allocBlocks(SZ_8K)) as [
      AllocatedBlocks,
      AllocatedBlocks,
      AllocatedBlocks,
    ];
    const batch = buddy.batch();
    batch.free(one, { cleared: true });
    batch.free(one);
    batch.free(two);
    batch.free(three);
    expect([one, two, three].map((list) => list.freed)).toEqual([false, false, false]);
    two.free();
    const inBetween = buddy.allocBlocks(SZ_8K);
    expect([...batch.run().errnos]).toEqual([0, 0, 0, 0]);
    expect([one, two, three, inBetween].map((list) => list.freed)).toEqual([true, true, true, false]);
    expect(buddy.clearAvail).toBe(BigInt(SZ_8K));
    expect(buddy.avail).toBe(BigInt(SZ_1M - SZ_8K));
  });

  test('goes on after a failure', () => {
    const buddy = withHoles(16, { dirty: [3, 9] });
    const batch = buddy.batch();
    batch.alloc(SZ_8K, { contiguous: true });
    batch.free(0);
    batch.alloc(SZ_8K);
    expect([...batch.run().errnos]).toEqual([-28, 0, 0]);
    expect(buddy.avail).toBe(0n);
  });

  test('tells of the work limit, which has no number in the kernel, as EIO', () => {
    const buddy = new GpuBuddy({ size: SZ_1M, maxSteps: 1 });
    for (let i = 0; i < 128; i++) buddy.allocBlocks(SZ_4K).free();
    const lists = Array.from({ length: 256 }, () => buddy.allocBlocks(SZ_4K));
    for (let i = 0; i < lists.length; i += 2) lists[i]?.free();
    const batch = buddy.batch();
    const mode: AllocOptions['mode'] = { range: { start: 0, end: SZ_1M - SZ_4K } };
    batch.alloc(SZ_8K, { mode, minBlockSize: SZ_8K });
    const single = thrownBy(() => buddy.allocBlocks(SZ_8K, { mode, minBlockSize: SZ_8K }));
    const result = batch.run();
    expect(single.code).toBe('ERR_GPU_BUDDY_WORK_LIMIT');
    expect([result.errnos[0], result.error(0)?.code]).toEqual([-5, 'ERR_GPU_BUDDY_WORK_LIMIT']);
  });

  test('of nothing gives nothing', () => {
    const result = megabyte().batch().run({ atomic: true });
    expect([result.length, result.errnos.length]).toEqual([0, 0]);
    result.free();
  });

  test('can be done again with the same batch, which grows as needed', () => {
    const buddy = megabyte();
    const batch = buddy.batch();
    for (const count of [256, 3, 200]) {
      for (let i = 0; i < count; i++) batch.alloc(SZ_4K, { tag: i });
      using result = batch.run();
      expect([...result.errnos].every((errno) => errno === 0)).toBe(true);
      expect(new Set(result.offsets).size).toBe(count);
      expect(result.blocks(count - 1)?.tag).toBe(count - 1);
      expect(buddy.avail).toBe(BigInt(SZ_1M - count * SZ_4K));
    }
    expect(buddy.avail).toBe(buddy.size);
    expect(buddy.tryAllocBlocks(SZ_1M)?.length).toBe(1);
  });

  test('works on a shared allocator, for all who see it', () => {
    const buddy = megabyte();
    const other = GpuBuddy.from(buddy.share());
    const batch = other.batch();
    batch.alloc(SZ_64K);
    const result = batch.run();
    expect(buddy.avail).toBe(BigInt(SZ_1M - SZ_64K));
    expect(result.blocks(0)?.buddy).toBe(other);
    result.free();
    expect(buddy.avail).toBe(buddy.size);
  });
});

describe('an atomic run', () => {
  test('takes back what came before the failure, clear memory as clear', () => {
    const buddy = new GpuBuddy({ size: 200 * SZ_4K });
    buddy.resetClear(true);
    const held = buddy.allocBlocks(SZ_4K);
    const batch = buddy.batch();
    for (let i = 0; i < 199; i++) batch.alloc(SZ_4K, { clear: i % 2 === 0 });
    batch.free(17, { cleared: true });
    batch.alloc(SZ_4K);
    batch.alloc(SZ_4K);
    const error = refusalOf(buddy, () => batch.run({ atomic: true }));
    expect(error).toMatchObject({
      code: 'ENOSPC',
      errno: -28,
      message: 'ENOSPC: no free space fits the request (operation 201 of the batch), gpu_buddy_alloc_blocks',
    });

    // The batch is as it was.
    expect(batch.length).toBe(202);
    held.free();
    const result = batch.run({ atomic: true });
    expect([result.length, batch.length, buddy.avail]).toEqual([202, 0, 0n]);
    result.free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test('frees lists from before only when all else has succeeded', () => {
    const buddy = megabyte();
    const list = buddy.allocBlocks(SZ_64K);
    const batch = buddy.batch();
    batch.alloc(SZ_1M - SZ_64K);
    batch.alloc(SZ_4K);
    batch.free(list);
    expect(refusalOf(buddy, () => batch.run({ atomic: true }))).toMatchObject({ code: 'ENOSPC' });
    expect([list.freed, rangesOf(list)]).toEqual([false, [[BigInt(SZ_1M - SZ_64K), BigInt(SZ_64K)]]]);

    batch.clear();
    batch.alloc(SZ_4K);
    batch.free(list);
    batch.free(0);
    expect([...batch.run({ atomic: true }).errnos]).toEqual([0, 0, 0]);
    expect([list.freed, buddy.avail]).toEqual([true, buddy.size]);
  });

  test('cannot allocate after it has freed a list from before', () => {
    const buddy = megabyte();
    const list = buddy.allocBlocks(SZ_64K);
    const batch = buddy.batch();
    batch.free(list);
    batch.alloc(SZ_4K);
    expect(refusalOf(buddy, () => batch.run({ atomic: true }))).toMatchObject({ code: 'EINVAL' });
    expect([...batch.run({ atomic: false }).errnos]).toEqual([0, 0]);
  });
});

describe('what is refused leaves batch and allocator as they were', () => {
  const buddy = megabyte(1n << 20n);
  const list = buddy.allocBlocks(SZ_4K);
  const batch = buddy.batch();
  batch.alloc(SZ_4K);
  batch.alloc(SZ_4K);
  batch.free(1);

  const place = (given: string) =>
    `EINVAL: place (${given}) must be that of an allocation of this batch whose blocks are not freed yet, gpu_buddy_free_list`;
  test.each<[string, () => unknown, object]>([
    ['a size that is none', () => batch.alloc('4096' as never), { code: 'ERR_INVALID_ARG_TYPE' }],
    ['a negative size', () => batch.alloc(-1), { code: 'ERR_OUT_OF_RANGE' }],
    ['options that are none', () => batch.alloc(SZ_4K, 5 as never), { code: 'ERR_INVALID_ARG_TYPE' }],
    [
      'a range below the space',
      () => batch.alloc(SZ_4K, { mode: { range: { start: 0, end: SZ_4K } } }),
      { code: 'EINVAL' },
    ],
    ['a place of a freeing', () => batch.free(2), { message: place('2') }],
    ['a place of what is freed already', () => batch.free(1), { message: place('1') }],
    ['a place to come', () => batch.free(3), { message: place('3') }],
    ['a negative place', () => batch.free(-1), { message: place('-1') }],
    ['a place that is no integer', () => batch.free(0.5), { message: place('0.5') }],
    ['no number', () => batch.free(NaN), { message: place('NaN') }],
    ['nothing', () => batch.free(undefined as never), { code: 'ERR_INVALID_ARG_TYPE' }],
    ['a list that is none', () => batch.free({} as never), { code: 'ERR_INVALID_ARG_TYPE' }],
    ['a flag that is none', () => batch.free(0, { cleared: 1 as never }), { code: 'ERR_INVALID_ARG_TYPE' }],
    ['atomic, but how', () => batch.run({ atomic: 'yes' as never }), { code: 'ERR_INVALID_ARG_TYPE' }],
    [
      'a list of another allocator',
      () => batch.free(megabyte().allocBlocks(SZ_4K)),
      { message: 'EINVAL: blocks must come from the allocator of the batch, gpu_buddy_free_list' },
    ],
  ])('%s', (_, call, error) => {
    expect(refusalOf(buddy, call)).toMatchObject(error);
    expect([batch.length, list.freed]).toEqual([3, false]);
  });

  test('an allocator that was disposed of', () => {
    const gone = megabyte();
    const kept = gone.allocBlocks(SZ_4K);
    const ofGone = gone.batch();
    ofGone.alloc(SZ_4K);
    ofGone.free(kept);
    gone.dispose();
    expect(thrownBy(() => ofGone.run())).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
    expect(thrownBy(() => ofGone.run({ atomic: true }))).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
    expect([kept.freed, ofGone.length]).toEqual([false, 2]);
  });
});

describe('allocMany()', () => {
  test('gives lists like any other', () => {
    const buddy = megabyte();
    const lists = buddy.allocMany(20, SZ_12K, { tag: 3, mode: 'top-down' });
    expect(lists.map((list) => [list.size, list.tag, list.freed])).toEqual(
      Array.from({ length: 20 }, () => [BigInt(SZ_12K), 3, false]),
    );
    expect(new Set(lists.flatMap((list) => chunksOf(list).map(String))).size).toBe(
      lists.reduce((sum, list) => sum + list.length, 0),
    );
    for (const list of lists) list.free();
    expect(buddy.avail).toBe(buddy.size);
    expect(buddy.allocMany(0, SZ_4K)).toEqual([]);
  });

  test('gives more lists than one part has, or none of them', () => {
    const buddy = new GpuBuddy({ size: 10_000 * SZ_4K });
    buddy.resetClear(true);
    expect(refusalOf(buddy, () => buddy.allocMany(10_001, SZ_4K, { clear: true }))).toMatchObject({
      code: 'ENOSPC',
    });
    expect(refusalOf(buddy, () => buddy.allocMany(1e15, SZ_4K))).toMatchObject({ code: 'ENOSPC' });
    const lists = buddy.allocMany(10_000, SZ_4K);
    expect([lists.length, buddy.avail, new Set(lists).size]).toEqual([10_000, 0n, 10_000]);
  });

  test.each<[string, (buddy: GpuBuddy) => unknown, string]>([
    ['no count', (buddy) => buddy.allocMany('2' as never, SZ_4K), 'ERR_INVALID_ARG_TYPE'],
    ['half a list', (buddy) => buddy.allocMany(0.5, SZ_4K), 'ERR_OUT_OF_RANGE'],
    ['no size', (buddy) => buddy.allocMany(2, undefined as never), 'ERR_INVALID_ARG_TYPE'],
    ['a size that is refused', (buddy) => buddy.allocMany(2, 5000), 'EINVAL'],
  ])('refuses %s', (_, call, code) => {
    const buddy = megabyte();
    expect(refusalOf(buddy, () => call(buddy))).toMatchObject({ code });
  });
});

type Step =
  | { readonly size: number; readonly options: AllocOptions }
  | { readonly freed: number; readonly cleared: boolean };

const SPACE = 64;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      size: fc.integer({ min: 0, max: 12 }).map((chunks) => chunks * SZ_4K),
      options: fc.record(
        {
          minBlockSize: fc.constantFrom(SZ_4K, SZ_8K, SZ_16K),
          mode: fc.constantFrom<AllocOptions['mode']>('simple', 'top-down', {
            range: { start: 8 * SZ_4K, end: 40 * SZ_4K },
          }),
          contiguous: fc.boolean(),
          clear: fc.boolean(),
          tag: fc.integer({ min: 0, max: 9 }),
        },
        { requiredKeys: [] },
      ),
    }),
    fc.record({ freed: fc.nat(), cleared: fc.boolean() }),
  ),
  { maxLength: 150 },
);

const longProgram: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ size: fc.integer({ min: 1, max: 4 }).map((n) => n * SZ_4K), options: fc.constant({}) }),
    fc.record({ freed: fc.nat(), cleared: fc.boolean() }),
  ),
  { minLength: 4000, maxLength: 4000 },
);

/** The same steps, by single calls. */
function callAll(buddy: GpuBuddy, program: readonly Step[]): unknown[] {
  const lists: (AllocatedBlocks | undefined)[] = [];
  return program.map((step) => {
    if ('freed' in step) {
      const place = step.freed % Math.max(1, lists.length);
      lists[place]?.free({ cleared: step.cleared });
      lists[place] = undefined;
      return undefined;
    }
    try {
      const list = buddy.allocBlocks(step.size, step.options);
      lists.push(list);
      return rangesOf(list)[0];
    } catch (error) {
      lists.push(undefined);
      return (error as { code: unknown }).code;
    }
  });
}

function addAll(batch: Batch, program: readonly Step[]): number[] {
  const kept: (number | undefined)[] = [];
  return program.map((step) => {
    if ('freed' in step) {
      const index = step.freed % Math.max(1, kept.length);
      const place = kept[index];
      kept[index] = undefined;
      return place === undefined ? -1 : batch.free(place, { cleared: step.cleared });
    }
    const place = batch.alloc(step.size, step.options);
    kept.push(place);
    return place;
  });
}

/** One of the allocators does the steps by single calls, the other one in a batch. */
function expectSameOf(program: readonly Step[], single: GpuBuddy, batched: GpuBuddy): void {
  const expected = callAll(single, program);
  const batch = batched.batch();
  const places = addAll(batch, program);
  const result = batch.run();

  expect(stateOf(batched)).toEqual(stateOf(single));
  expectSound(batched);
  program.forEach((step, i) => {
    const place = places[i] ?? -1;
    if ('freed' in step) return;
    const told = result.error(place)?.code ?? result.offsets[place];
    const single = expected[i];
    expect(told).toEqual(Array.isArray(single) ? (single as unknown[])[0] : single);
  });
  result.free();
  expect(batched.avail).toBe(batched.size);
}

test('a batch of whatever operations does what single calls do', () => {
  fc.assert(
    fc.property(steps, fc.boolean(), (program, isClear) => {
      const [single, batched] = [SPACE, SPACE].map(
        (chunks) => new GpuBuddy({ size: chunks * SZ_4K, baseOffset: 1n << 30n }),
      ) as [GpuBuddy, GpuBuddy];
      const inSpace = program.map((step) =>
        'size' in step && typeof step.options.mode === 'object'
          ? {
              ...step,
              options: {
                ...step.options,
                mode: { range: { start: (1n << 30n) + 32768n, end: (1n << 30n) + 163840n } as const },
              },
            }
          : step,
      );
      for (const buddy of [single, batched]) buddy.resetClear(isClear);
      expectSameOf(inSpace, single, batched);
    }),
    { numRuns: 200, seed: 42 },
  );
});

test('so does a long one, in which lists are freed long after they were allocated', () => {
  fc.assert(
    fc.property(longProgram, (program) => {
      expectSameOf(program, new GpuBuddy({ size: 2 ** 23 }), new GpuBuddy({ size: 2 ** 23 }));
    }),
    { numRuns: 3, seed: 7, endOnFailure: true },
  );
});
