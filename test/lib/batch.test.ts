// Batches: the same as single calls, in one go; and what they keep, give back and refuse.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from 'node:util';
import {
  Batch,
  BatchResult,
  GpuBuddy,
  SZ_16K,
  SZ_1M,
  SZ_4K,
  SZ_64K,
  SZ_8K,
  type AllocatedBlocks,
  type AllocOptions,
  type BatchHandle,
  type BatchOutcome,
  type Bytes,
} from 'gpu-buddy';
import {
  chunksOf,
  expectSound,
  firstOf,
  rangesOf,
  refusalOf,
  span,
  stateOf,
  SZ_12K,
  SZ_20K,
  thrownBy,
  withHoles,
} from '../support/allocator-state';

/** Returns the element at an index, which must be there. */
function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new Error(`There is nothing at ${String(index)}.`);
  return value;
}

const megabyte = (baseOffset = 0) => new GpuBuddy({ size: SZ_1M, baseOffset });

describe('run()', () => {
  test('does the operations in their order, and tells of each by its handle, and in that order', () => {
    const buddy = megabyte(2 ** 40);
    const other = megabyte(2 ** 40);
    const batch = buddy.batch();
    const small = batch.alloc(SZ_4K);
    const large = batch.alloc(SZ_20K, { tag: 7 });
    const handles = [
      small,
      large,
      batch.free(small, { cleared: true }),
      batch.alloc(SZ_4K, { clear: true }),
      batch.alloc(SZ_4K + 1),
      batch.alloc(BigInt(2 * SZ_1M)),
    ];
    expect([new Set(handles).size, batch.length]).toEqual([6, 6]);
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
    expect(handles.map((handle) => result.indexOf(handle))).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...result.errnos]).toEqual([0, 0, 0, 0, -22, -22]);
    expect([...result.counts]).toEqual([1, 2, 0, 1, 0, 0]);
    expect([...result.offsets]).toEqual([
      firstOffset,
      firstOf(second).offset,
      0,
      firstOf(third).offset,
      0,
      0,
    ]);
    expect([...result.orders]).toEqual([0, 2, 0, 0, 0, 0]);
    expect(handles.map((handle) => result.error(handle)?.message)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'EINVAL: size must be a multiple of the chunk size (operation 4 of the batch), gpu_buddy_alloc_blocks',
      'EINVAL: size is larger than the whole space (operation 5 of the batch), gpu_buddy_alloc_blocks',
    ]);
    const lists = handles.map((handle) => result.blocks(handle));
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
    expect(result.blocks(large)).toBe(lists[1]);
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
    expect(buddy.clearAvail).toBe(SZ_8K);
    expect(buddy.avail).toBe(SZ_1M - SZ_8K);
  });

  test('goes on after a failure', () => {
    const buddy = withHoles(16, { dirty: [3, 9] });
    const batch = buddy.batch();
    batch.free(batch.alloc(SZ_8K, { contiguous: true }));
    batch.alloc(SZ_8K);
    expect([...batch.run().errnos]).toEqual([-28, 0, 0]);
    expect(buddy.avail).toBe(0);
  });

  test('tells of the work limit, which has no number in the kernel, as EIO', () => {
    const buddy = new GpuBuddy({ size: SZ_1M, maxSteps: 1 });
    for (let i = 0; i < 128; i++) buddy.allocBlocks(SZ_4K).free();
    const lists = Array.from({ length: 256 }, () => buddy.allocBlocks(SZ_4K));
    for (let i = 0; i < lists.length; i += 2) lists[i]?.free();
    const batch = buddy.batch();
    const mode: AllocOptions['mode'] = { range: { start: 0, end: SZ_1M - SZ_4K } };
    const handle = batch.alloc(100 * SZ_4K, { mode });
    const single = thrownBy(() => buddy.allocBlocks(100 * SZ_4K, { mode }));
    const result = batch.run();
    expect(single.code).toBe('ERR_GPU_BUDDY_WORK_LIMIT');
    expect([result.errnos[0], result.error(handle)?.code]).toEqual([-5, 'ERR_GPU_BUDDY_WORK_LIMIT']);
  });

  test('gives an empty result for an empty batch', () => {
    const result = megabyte().batch().run({ atomic: true });
    expect([result.length, result.errnos.length, [...result]]).toEqual([0, 0, []]);
    result.free();
  });

  test('can be done again with the same batch, which grows as needed', () => {
    const buddy = megabyte();
    const batch = buddy.batch();
    for (const count of [256, 3, 200]) {
      const handles = span(0, count - 1).map((tag) => batch.alloc(SZ_4K, { tag }));
      using result = batch.run();
      expect([...result.errnos].every((errno) => errno === 0)).toBe(true);
      expect(new Set(result.offsets).size).toBe(count);
      expect(handles.map((handle) => result.blocks(handle)?.tag)).toEqual(span(0, count - 1));
      expect(buddy.avail).toBe(SZ_1M - count * SZ_4K);
    }
    expect(buddy.avail).toBe(buddy.size);
    expect(buddy.tryAllocBlocks(SZ_1M)?.length).toBe(1);
  });

  test('works on a shared allocator, for all who see it', () => {
    const buddy = megabyte();
    const other = GpuBuddy.from(buddy.share());
    const batch = other.batch();
    const handle = batch.alloc(SZ_64K);
    const result = batch.run();
    expect(buddy.avail).toBe(SZ_1M - SZ_64K);
    expect(result.blocks(handle)?.buddy).toBe(other);
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
    const handles = span(0, 198).map((i) => batch.alloc(SZ_4K, { clear: i % 2 === 0 }));
    batch.free(at(handles, 17), { cleared: true });
    handles.push(batch.alloc(SZ_4K), batch.alloc(SZ_4K));
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
    expect([result.length, batch.length, buddy.avail]).toEqual([202, 0, 0]);
    // So are its handles.
    expect(handles.map((handle) => result.blocks(handle)?.size)).toEqual(
      span(0, 200).map((i) => (i === 17 ? undefined : SZ_4K)),
    );
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
    expect([list.freed, rangesOf(list)]).toEqual([false, [[SZ_1M - SZ_64K, SZ_64K]]]);

    batch.clear();
    const handle = batch.alloc(SZ_4K);
    batch.free(list);
    batch.free(handle);
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

describe('a refusal leaves batch and allocator as they were', () => {
  const buddy = megabyte(SZ_1M);
  const list = buddy.allocBlocks(SZ_4K);
  const batch = buddy.batch();
  const kept = batch.alloc(SZ_4K);
  const gone = batch.alloc(SZ_4K);
  const freeing = batch.free(gone);
  const handle = (given: unknown) => given as BatchHandle;

  const unknown = (given: unknown) => ({
    name: 'GpuBuddyError',
    code: 'EINVAL',
    errno: -22,
    message: `EINVAL: handle (${String(given)}) must be that of an allocation of this batch whose blocks are not freed yet, gpu_buddy_free_list`,
  });
  test.each<[string, () => unknown, object]>([
    ['a size that is none', () => batch.alloc('4096' as never), { code: 'ERR_INVALID_ARG_TYPE' }],
    ['a negative size', () => batch.alloc(-1), { code: 'ERR_OUT_OF_RANGE' }],
    ['options that are none', () => batch.alloc(SZ_4K, 5 as never), { code: 'ERR_INVALID_ARG_TYPE' }],
    [
      'a range below the space',
      () => batch.alloc(SZ_4K, { mode: { range: { start: 0, end: SZ_4K } } }),
      { code: 'EINVAL' },
    ],
    ['the handle of a freeing', () => batch.free(freeing), unknown(freeing)],
    ['the handle of what is freed already', () => batch.free(gone), unknown(gone)],
    ['a handle to come', () => batch.free(handle(freeing + 1)), unknown(freeing + 1)],
    ['the number before the first handle', () => batch.free(handle(kept - 1)), unknown(kept - 1)],
    ...[NaN, 0, -0, -1, 1.5, 1e300, 2 ** 53, Infinity, -Infinity].map(
      (value): [string, () => unknown, object] => [
        `the handle ${String(value)}`,
        () => batch.free(handle(value)),
        unknown(value),
      ],
    ),
    ...[
      undefined,
      null,
      String(kept),
      BigInt(kept),
      true,
      {},
      [kept],
      { valueOf: () => kept },
      Symbol('x'),
    ].map((value): [string, () => unknown, object] => [
      `a list that is ${inspect(value)}`,
      () => batch.free(value as never),
      { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' },
    ]),
    [
      'a flag that is none',
      () => batch.free(kept, { cleared: 1 as never }),
      { code: 'ERR_INVALID_ARG_TYPE' },
    ],
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

describe('a handle', () => {
  const refusal = (given: number) => ({
    name: 'GpuBuddyError',
    code: 'EINVAL',
    errno: -22,
    syscall: 'gpu_buddy_alloc_blocks',
    message: `EINVAL: handle (${String(given)}) must be that of an operation of this run of the batch, gpu_buddy_alloc_blocks`,
  });

  /** The questions that a result answers to a handle. */
  const questions: ((result: BatchResult<Bytes>, handle: BatchHandle) => unknown)[] = [
    (result, handle) => result.indexOf(handle),
    (result, handle) => result.blocks(handle),
    (result, handle) => result.error(handle),
  ];

  function expectUnknown(result: BatchResult<Bytes>, handles: readonly number[]): void {
    for (const handle of handles)
      for (const ask of questions)
        expect(thrownBy(() => ask(result, handle as BatchHandle))).toMatchObject(refusal(handle));
  }

  function expectNotFreed(batch: Batch<Bytes>, handles: readonly BatchHandle[]): void {
    const { length } = batch;
    for (const handle of handles)
      expect(thrownBy(() => batch.free(handle))).toMatchObject({
        code: 'EINVAL',
        syscall: 'gpu_buddy_free_list',
      });
    expect(batch.length).toBe(length);
  }

  const addTo = (batch: Batch<Bytes>, count: number) =>
    Array.from({ length: count }, () => batch.alloc(SZ_4K));

  test('is refused by another batch, of the same allocator or of another one', () => {
    const buddy = megabyte();
    const batch = buddy.batch();
    const own = addTo(batch, 3);
    for (const other of [buddy.batch(), megabyte().batch()]) {
      const foreign = addTo(other, 3);
      expectNotFreed(batch, foreign);
      expectNotFreed(other, own);
      expectUnknown(other.run(), own);
    }
    const result = batch.run();
    expect(own.map((handle) => result.indexOf(handle))).toEqual([0, 1, 2]);
  });

  test('is refused by later runs and results of its batch, and still known to its own result', () => {
    const batch = megabyte().batch();
    const runs = [1, 5, 64, 65, 3].map((count) => ({ handles: addTo(batch, count), result: batch.run() }));
    // Operations that are added now do not change the result.
    const last = addTo(batch, 70);
    for (const { handles, result } of runs) {
      expect(handles.map((handle) => result.indexOf(handle))).toEqual(span(0, handles.length - 1));
      expect(handles.map((handle) => result.blocks(handle)?.size)).toEqual(handles.map(() => SZ_4K));
      expectUnknown(result, last);
      for (const other of runs) if (other.result !== result) expectUnknown(result, other.handles);
      expectNotFreed(batch, handles);
    }
    expect(batch.free(at(last, 69))).toBe(at(last, 69) + 1);
  });

  test('is refused after its run, even if nothing has been added to the batch since', () => {
    const batch = megabyte().batch();
    const handle = batch.alloc(SZ_4K);
    const result = batch.run();
    expectNotFreed(batch, [handle]);
    expect(result.blocks(handle)?.size).toBe(SZ_4K);
  });

  test.each([1, 63, 64, 65, 200])('is refused after clear() of a batch of %d', (count) => {
    const batch = megabyte().batch();
    const cleared = addTo(batch, count);
    batch.clear();
    expectNotFreed(batch, cleared);
    const handles = addTo(batch, count);
    expectNotFreed(batch, cleared);
    const result = batch.run();
    expectUnknown(result, cleared);
    expect(handles.map((handle) => result.indexOf(handle))).toEqual(span(0, count - 1));
  });

  test.each([1, 64, 65, 128, 129, 192, 1000, 1001, 5000])(
    'is known however far the batch grows: to %d operations',
    (count) => {
      const buddy = new GpuBuddy({ size: 8192 * SZ_4K });
      const batch = buddy.batch();
      for (let run = 0; run < 2; run++) {
        const handles = addTo(batch, count);
        const freed = handles.filter((_, i) => i % 3 === 0).map((handle) => batch.free(handle));
        const all = [...handles, ...freed];
        const result = batch.run();
        expect(new Set(all).size).toBe(all.length);
        expect(all.map((handle) => result.indexOf(handle))).toEqual(span(0, all.length - 1));
        expect(Array.from(result, ({ handle }) => handle)).toEqual(all);
        expectUnknown(result, [at(all, 0) - 1, at(all, all.length - 1) + 1]);
        result.free();
        expect(buddy.isEmpty).toBe(true);
      }
    },
  );

  test('is known where two batches were filled in turns, and their numbers lie in turns too', () => {
    const buddy = new GpuBuddy({ size: 8192 * SZ_4K });
    const batches = [buddy.batch(), buddy.batch()] as const;
    for (let run = 0; run < 3; run++) {
      const handles: [BatchHandle[], BatchHandle[]] = [[], []];
      for (let i = 0; i < 300; i++) {
        handles[0].push(batches[0].alloc(SZ_4K, { tag: i }));
        handles[1].push(batches[1].alloc(SZ_4K, { tag: 1000 + i }));
      }
      const steps = handles[0].slice(1).map((handle, i) => handle - at(handles[0], i));
      // The numbers of one batch have gaps.
      expect(steps.filter((step) => step !== 1).length).toBeGreaterThan(0);
      expectNotFreed(batches[0], handles[1]);
      expectNotFreed(batches[1], handles[0]);

      for (const [i, batch] of batches.entries()) {
        const own = i === 0 ? handles[0] : handles[1];
        const result = batch.run();
        expect(own.map((handle) => result.indexOf(handle))).toEqual(span(0, 299));
        expect(own.map((handle) => result.blocks(handle)?.tag)).toEqual(span(1000 * i, 1000 * i + 299));
        expect(Array.from(result, ({ handle }) => handle)).toEqual(own);
        expectUnknown(result, i === 0 ? handles[1] : handles[0]);
        result.free();
      }
    }
  });

  test.each([NaN, 0, -0, -1, 0.5, 1e300, 2 ** 53, Infinity, -Infinity])(
    'is no such number as %d, which results refuse',
    (value) => {
      const batch = megabyte().batch();
      addTo(batch, 2);
      expectUnknown(batch.run(), [value]);
    },
  );

  test('is a whole number: what lies between two is refused', () => {
    const batch = megabyte().batch();
    const [first, second] = addTo(batch, 2) as [BatchHandle, BatchHandle];
    expect(second - first).toBe(1);
    expectUnknown(batch.run(), [first + 0.5, first - 1, second + 1]);
  });

  test.each<[string, (handle: number) => unknown]>([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a string', String],
    ['a bigint', BigInt],
    ['a list of one', (handle) => [handle]],
    ['what can be converted', (handle) => ({ valueOf: () => handle })],
    ['a symbol', () => Symbol('handle')],
  ])('is a number: %s is no argument for a result', (_, convert) => {
    const batch = megabyte().batch();
    const [handle] = addTo(batch, 1);
    const result = batch.run();
    for (const ask of questions)
      expect(thrownBy(() => ask(result, convert(handle ?? 0) as BatchHandle))).toMatchObject({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_TYPE',
        message: expect.stringContaining('The "handle" argument must be a handle of the batch'),
      });
  });

  test('is not given for a refused operation; the next ones work as before', () => {
    const buddy = megabyte();
    const batch = buddy.batch();
    const [one] = addTo(batch, 1) as [BatchHandle];
    expect(() => batch.alloc(-1)).toThrow(RangeError);
    expect(() => batch.free(one, { cleared: 1 as never })).toThrow(TypeError);
    const two = batch.free(one);
    expect(() => batch.free(one)).toThrow('EINVAL');
    const [three] = addTo(batch, 1) as [BatchHandle];
    const result = batch.run();
    expect([one, two, three].map((handle) => result.indexOf(handle))).toEqual([0, 1, 2]);
    expect([one, two, three].map((handle) => result.blocks(handle)?.size)).toEqual([
      undefined,
      undefined,
      SZ_4K,
    ]);
  });

  test('works on after a failed atomic run: to free, and in the next run', () => {
    const buddy = megabyte();
    const batch = buddy.batch();
    const [first, large] = [batch.alloc(SZ_4K), batch.alloc(SZ_1M)];
    for (let i = 0; i < 3; i++)
      expect(refusalOf(buddy, () => batch.run({ atomic: true })).message).toContain('operation 1');
    const freeing = batch.free(first);
    expect(refusalOf(buddy, () => batch.run({ atomic: true }))).toMatchObject({ code: 'ENOSPC' });
    const result = batch.run();
    expect([first, large, freeing].map((handle) => result.indexOf(handle))).toEqual([0, 1, 2]);
    expect(result.error(large)).toMatchObject({ code: 'ENOSPC' });
    expect([...result.errnos]).toEqual([0, -28, 0]);
  });

  type Command =
    | { readonly add: number; readonly batch: number }
    | { readonly free: number; readonly batch: number }
    | { readonly end: 'run' | 'atomic' | 'clear' | 'fail'; readonly batch: number };

  const command: fc.Arbitrary<Command> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ add: fc.constantFrom(1, 2, 3, 63, 64, 65, 130), batch: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ free: fc.nat(), batch: fc.nat(2) }) },
    {
      weight: 3,
      arbitrary: fc.record({ end: fc.constantFrom('run', 'atomic', 'clear', 'fail'), batch: fc.nat(2) }),
    },
  );

  test('is given only once, and accepted only by its own run, whatever is done with several batches', () => {
    const given = new Set<number>();
    fc.assert(
      fc.property(
        fc.array(command, { minLength: 10, maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (commands, random) => {
          const buddy = new GpuBuddy({ size: 2 ** 14 * SZ_4K });
          const all: number[] = [];
          const runs: { result: BatchResult; handles: readonly BatchHandle[] }[] = [];
          const batches = span(0, 2).map(() => ({
            batch: buddy.batch(),
            handles: [] as BatchHandle[],
            kept: [] as BatchHandle[],
          }));
          const note = (handles: BatchHandle[], handle: BatchHandle) => {
            if (given.has(handle)) throw new Error(`The handle ${String(handle)} was given before.`);
            given.add(handle);
            all.push(handle);
            handles.push(handle);
            return handle;
          };
          for (const step of commands) {
            const { batch, handles, kept } = at(batches, step.batch);
            if ('add' in step)
              for (let i = 0; i < step.add; i++) kept.push(note(handles, batch.alloc(SZ_4K)));
            else if ('free' in step) {
              const [freed] = kept.splice(step.free % Math.max(1, kept.length), 1);
              if (freed !== undefined) note(handles, batch.free(freed));
            } else if (step.end === 'fail') {
              note(handles, batch.alloc(2 * buddy.size));
              expect(() => batch.run({ atomic: true })).toThrow('EINVAL');
            } else {
              if (step.end === 'clear') batch.clear();
              else {
                const failing = handles.length;
                let result: BatchResult | undefined;
                try {
                  result = batch.run({ atomic: step.end === 'atomic' });
                } catch {
                  // An operation of an earlier 'fail' is among them.
                  expect([step.end, batch.length]).toEqual(['atomic', failing]);
                }
                if (!result) continue;
                runs.push({ result, handles: [...handles] });
              }
              handles.length = 0;
              kept.length = 0;
            }
            expect(batch.length).toBe(handles.length);
          }
          for (const { result, handles } of runs) {
            expect(Array.from(result, ({ handle }) => handle)).toEqual(handles);
            expect(handles.map((handle) => result.indexOf(handle))).toEqual(span(0, handles.length - 1));
            const own = new Set<number>(handles);
            const others = Array.from(
              { length: 20 },
              () => all[(random.next().value as number) % all.length] ?? 0,
            );
            const near = handles.length ? [at(handles, 0) - 1, at(handles, handles.length - 1) + 1] : [];
            expectUnknown(
              result,
              [...others, ...near].filter((handle) => !own.has(handle)),
            );
          }
        },
      ),
      { numRuns: 60, seed: 5 },
    );
    expect(given.size).toBeGreaterThan(10_000);
  });
});

describe('a result', () => {
  /** An allocation, one that fails, the freeing of the first, one that stays, the freeing of a list from before. */
  function make() {
    const buddy = megabyte();
    const before = buddy.allocBlocks(SZ_4K);
    const batch = buddy.batch();
    const first = batch.alloc(SZ_8K);
    const handles = [
      first,
      batch.alloc(SZ_1M),
      batch.free(first),
      batch.alloc(SZ_20K, { tag: 4 }),
      batch.free(before),
    ] as const;
    return { buddy, batch, handles, result: batch.run() };
  }

  test('is iterated in the order of its operations, as often as wanted', () => {
    const { handles, result } = make();
    const outcomes: BatchOutcome[] = [];
    for (const outcome of result) outcomes.push(outcome);
    expect(outcomes.map(({ handle }) => handle)).toEqual(handles);
    expect(outcomes.map(({ blocks }) => blocks && rangesOf(blocks))).toEqual([
      null,
      null,
      null,
      [
        [SZ_1M - 2 * SZ_16K, SZ_16K],
        [SZ_1M - SZ_8K, SZ_4K],
      ],
      null,
    ]);
    expect(outcomes.map(({ error }) => error?.code)).toEqual([
      undefined,
      'ENOSPC',
      undefined,
      undefined,
      undefined,
    ]);
    expect(outcomes.map((outcome) => Object.keys(outcome))).toEqual(
      handles.map(() => ['handle', 'blocks', 'error']),
    );
    // Lists are the same whoever asks; errors are told anew.
    for (const { handle, blocks, error } of result) {
      const outcome = at(outcomes, result.indexOf(handle));
      expect(blocks).toBe(outcome.blocks);
      expect(blocks).toBe(result.blocks(handle));
      expect(error).toEqual(outcome.error);
      expect(error).toEqual(result.error(handle));
    }
  });

  test('has in its columns what it tells of each handle', () => {
    const { handles, result } = make();
    for (const handle of handles) {
      const index = result.indexOf(handle);
      const blocks = result.blocks(handle);
      expect(result.errnos[index]).toBe(result.error(handle)?.errno ?? 0);
      if (!blocks) continue;
      expect(result.counts[index]).toBe(blocks.length);
      expect(result.offsets[index]).toBe(firstOf(blocks).offset);
      expect(result.orders[index]).toBe(firstOf(blocks).order);
    }
    expect([...result.counts]).toEqual([1, 0, 0, 2, 0]);
  });

  test('has columns that are the caller’s: what is written there is seen nowhere else', () => {
    const { handles, result } = make();
    const seen = () => [
      JSON.stringify(result),
      inspect(result),
      handles.map((handle) => result.error(handle)?.code),
      Array.from(result, ({ handle, blocks }) => [handle, blocks]),
    ];
    const before = seen();
    result.errnos.fill(-12);
    result.offsets.fill(99);
    result.orders.fill(9);
    result.counts.fill(9);
    expect(seen()).toEqual(before);
    // Asked again, it gives the same column.
    expect([...result.errnos]).toEqual(handles.map(() => -12));
  });

  test('gives handles and errors, but no lists, once it is freed', () => {
    const { buddy, handles, result } = make();
    result.free();
    expect(buddy.isEmpty).toBe(true);
    expect(Array.from(result, ({ handle, blocks }) => [handle, blocks])).toEqual(
      handles.map((handle) => [handle, null]),
    );
    expect(Array.from(result, ({ error }) => error?.errno)).toEqual([
      undefined,
      -28,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('may be iterated while its batch collects, runs and frees', () => {
    const { batch, handles, result } = make();
    const seen: BatchHandle[] = [];
    for (const { handle, blocks } of result) {
      seen.push(handle);
      batch.alloc(SZ_4K);
      if (blocks) batch.free(blocks);
      batch.run().free();
    }
    expect(seen).toEqual(handles);
  });

  test.each([
    ['Batch', Batch],
    ['BatchResult', BatchResult],
  ])('is made by the library only: class %s', (name, Class) => {
    expect(Class.name).toBe(name);
    for (const args of [[], [megabyte()], [Symbol('gpu-buddy.internal'), megabyte()]])
      expect(thrownBy(() => Reflect.construct(Class, args) as unknown)).toMatchObject({
        name: 'TypeError',
        code: 'ERR_ILLEGAL_CONSTRUCTOR',
      });
  });
});

describe('allocMany()', () => {
  test('gives lists like any other', () => {
    const buddy = megabyte();
    const lists = buddy.allocMany(20, SZ_12K, { tag: 3, mode: 'top-down' });
    expect(lists.map((list) => [list.size, list.tag, list.freed])).toEqual(
      Array.from({ length: 20 }, () => [SZ_12K, 3, false]),
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
    expect([lists.length, buddy.avail, new Set(lists).size]).toEqual([10_000, 0, 10_000]);
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
function callAll(buddy: GpuBuddy<Bytes>, program: readonly Step[]): unknown[] {
  const lists: (AllocatedBlocks<Bytes> | undefined)[] = [];
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

function addAll(batch: Batch<Bytes>, program: readonly Step[]): (BatchHandle | undefined)[] {
  const kept: (BatchHandle | undefined)[] = [];
  return program.map((step) => {
    if ('freed' in step) {
      const index = step.freed % Math.max(1, kept.length);
      const freed = kept[index];
      kept[index] = undefined;
      return freed && batch.free(freed, { cleared: step.cleared });
    }
    const handle = batch.alloc(step.size, step.options);
    kept.push(handle);
    return handle;
  });
}

/** One of the allocators does the steps by single calls, the other one in a batch. */
function expectSameOf(program: readonly Step[], single: GpuBuddy<Bytes>, batched: GpuBuddy<Bytes>): void {
  const expected = callAll(single, program);
  const batch = batched.batch();
  const handles = addAll(batch, program);
  const result = batch.run();
  const outcomes = [...result];

  expect(stateOf(batched)).toEqual(stateOf(single));
  expectSound(batched);
  expect(outcomes.map(({ handle }) => handle)).toEqual(handles.filter((handle) => handle !== undefined));
  program.forEach((step, i) => {
    const handle = handles[i];
    if ('freed' in step || handle === undefined) return;
    const place = result.indexOf(handle);
    const told = result.error(handle)?.code ?? result.offsets[place];
    const single = expected[i];
    expect(told).toEqual(Array.isArray(single) ? (single as unknown[])[0] : single);
    expect(outcomes[place]?.error?.code).toBe(result.error(handle)?.code);
    expect(outcomes[place]?.blocks).toBe(result.blocks(handle));
  });
  result.free();
  expect(batched.avail).toBe(batched.size);
}

test('a batch of whatever operations does what single calls do', () => {
  fc.assert(
    fc.property(steps, fc.boolean(), fc.boolean(), (program, isClear, bigint) => {
      const make = () => new GpuBuddy<Bytes>({ size: SPACE * SZ_4K, baseOffset: 1n << 30n, bigint });
      const [single, batched] = [make(), make()];
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
