// Questions with short answers: what is free, where, and in how large pieces. Each is compared with what snapshot() shows.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AllocatedBlocks } from 'gpu-buddy';
import {
  GpuBuddy,
  STATE_ALLOCATED,
  SZ_128K,
  SZ_16K,
  SZ_1G,
  SZ_1M,
  SZ_256M,
  SZ_2M,
  SZ_4K,
  SZ_64K,
  SZ_8K,
  type AddressRange,
  type Bytes,
  type Segment,
} from 'gpu-buddy';
import { expectSound, SZ_12K, SZ_20K, thrownBy, withHoles } from '../support/allocator-state';

interface Piece {
  readonly offset: bigint;
  readonly size: bigint;
}

const roundUp = (value: bigint, unit: bigint) => ((value + unit - 1n) / unit) * unit;
const overlap = (offset: bigint, size: bigint, start: bigint, end: bigint) => {
  const first = offset > start ? offset : start;
  const last = offset + size < end ? offset + size : end;
  return last > first ? last - first : 0n;
};

/** Turns bytes into what the allocator gives out. */
const givenOut = (buddy: GpuBuddy<Bytes>) => (bytes: bigint) =>
  typeof buddy.size === 'bigint' ? bytes : Number(bytes);

/** The free blocks, as a snapshot tells of them. */
function freeBlocks(buddy: GpuBuddy<Bytes>): Piece[] {
  const { offsets, orders, states } = buddy.snapshot();
  return Array.from<Bytes, Piece>(offsets, (offset, i) => ({
    offset: BigInt(offset),
    size: BigInt(buddy.chunkSize) << BigInt(orders[i] ?? 0),
  })).filter((_, i) => !((states[i] ?? 0) & STATE_ALLOCATED));
}

/** The free runs, chunk by chunk. */
function freeRuns(buddy: GpuBuddy<Bytes>): Piece[] {
  const runs: Piece[] = [];
  for (const { offset, size } of freeBlocks(buddy)) {
    const last = runs.at(-1);
    if (last && last.offset + last.size === offset)
      runs[runs.length - 1] = { ...last, size: last.size + size };
    else runs.push({ offset, size });
  }
  return runs;
}

/** The lowest free place, looked for at every chunk. */
function lowestFree(
  buddy: GpuBuddy<Bytes>,
  size: bigint,
  alignment: bigint,
  start: bigint,
  end: bigint,
): bigint | null {
  const [baseOffset, chunkSize] = [BigInt(buddy.baseOffset), BigInt(buddy.chunkSize)];
  const unit = alignment > chunkSize ? alignment : chunkSize;
  const runs = freeRuns(buddy);
  for (let at = baseOffset + roundUp(start - baseOffset, unit); at + size <= end; at += unit)
    if (runs.some((run) => at >= run.offset && at + size <= run.offset + run.size)) return at;
  return null;
}

/** The largest power of two that fits. */
function roundDown(bytes: bigint): bigint {
  return bytes === 0n ? 0n : 1n << BigInt(bytes.toString(2).length - 1);
}

function expectSameAnswers(
  buddy: GpuBuddy<Bytes>,
  lists: readonly AllocatedBlocks<Bytes>[],
  ranges: readonly AddressRange[],
) {
  const given = givenOut(buddy);
  const blocks = freeBlocks(buddy);
  const chunkSize = BigInt(buddy.chunkSize);
  const largest = blocks.reduce((most, { size }) => (size > most ? size : most), 0n);
  const root = chunkSize << BigInt(buddy.maxOrder);
  const fitting = roundDown(BigInt(buddy.avail));
  const possible = fitting < root ? fitting : root;
  expect(buddy.largestFree).toBe(given(largest));
  expect(buddy.isEmpty).toBe(blocks.reduce((sum, { size }) => sum + size, 0n) === BigInt(buddy.size));
  expect(buddy.fragmentation).toBe(possible === 0n ? 0 : 1 - Number(largest) / Number(possible));
  expect(buddy.freeSegments()).toEqual(
    freeRuns(buddy).map(({ offset, size }) => ({ offset: given(offset), size: given(size) })),
  );

  for (const range of ranges) {
    const [start, end] = [BigInt(range.start), BigInt(range.end)];
    const within = (all: Iterable<Segment<Bytes>>) =>
      Array.from(all).reduce(
        (sum, { offset, size }) => sum + overlap(BigInt(offset), BigInt(size), start, end),
        0n,
      );
    expect(buddy.availIn(range)).toBe(given(within(blocks)));
    for (const list of lists) expect(list.sizeIn(range)).toBe(given(within(list)));
    for (const chunks of [1n, 2n, 3n, 5n, 8n])
      for (const alignment of [1n, chunkSize, 4n * chunkSize]) {
        const size = chunks * chunkSize;
        if (size > buddy.size) continue;
        const lowest = lowestFree(buddy, size, alignment, start, end);
        expect(buddy.findFree(size, { alignment, range })).toBe(lowest === null ? null : given(lowest));
      }
  }

  for (const list of lists) {
    const ascending = Array.from(list, ({ offset, size }) => ({
      offset: BigInt(offset),
      size: BigInt(size),
    }));
    ascending.sort((a, b) => (a.offset < b.offset ? -1 : 1));
    const isOnePiece = ascending.every((block, i) => {
      const before = ascending[i - 1];
      return !before || before.offset + before.size === block.offset;
    });
    const [first] = ascending;
    expect(list.offset).toBe(first && isOnePiece ? given(first.offset) : undefined);
  }
}

const step = fc.oneof(
  fc.record({ chunks: fc.integer({ min: 1, max: 9 }), place: fc.nat(), contiguous: fc.boolean() }),
  fc.record({ freed: fc.nat(), cleared: fc.boolean() }),
  fc.record({ emptied: fc.nat(), cleared: fc.boolean() }),
);

test('every answer is what a snapshot shows, whatever has been done, over several roots, clear and dirty memory, in every unit', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 61 }),
      fc.constantFrom(1, 2, 256, SZ_4K, SZ_64K),
      fc.constantFrom<[bigint, boolean]>(
        [0n, false],
        [1n, false],
        [1n << 30n, false],
        [1n << 52n, false],
        [1n << 30n, true],
        [(1n << 63n) + 12345n, true],
      ),
      fc.array(step, { maxLength: 40 }),
      fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 4 }),
      (chunks, chunkSize, [baseOffset, bigint], steps, places) => {
        const size = chunks * chunkSize;
        const buddy = new GpuBuddy<Bytes>({ size, chunkSize, baseOffset, bigint });
        const lists: AllocatedBlocks<Bytes>[] = [];
        const listAt = (place: number) => lists[place % Math.max(1, lists.length)];
        for (const given of steps) {
          if ('freed' in given) listAt(given.freed)?.free({ cleared: given.cleared });
          else if ('emptied' in given) {
            const list = listAt(given.emptied);
            if (list && !list.freed && !list.isEmpty) list.freeBlock(0, { cleared: given.cleared });
          } else {
            const wanted = Math.min(given.chunks, chunks) * chunkSize;
            const start = baseOffset + BigInt((given.place % chunks) * chunkSize);
            const options = given.contiguous
              ? { contiguous: true }
              : { mode: { range: { start, end: baseOffset + BigInt(size) } } };
            if (given.contiguous || start + BigInt(wanted) <= baseOffset + BigInt(size)) {
              const list = buddy.tryAllocBlocks(wanted, options);
              if (list) lists.push(list);
            }
          }
        }
        const whole = { start: baseOffset, end: baseOffset + BigInt(size) };
        const ranges = places.map(([place, length]) => {
          const start = place % size;
          return {
            start: baseOffset + BigInt(start),
            end: baseOffset + BigInt(start + 1 + (length % (size - start))),
          };
        });
        const kept = lists.filter(({ freed }) => !freed);
        expectSameAnswers(buddy, kept, [whole, ...ranges]);
        expectSound(buddy);
        for (const list of kept) list.free();
        expect([buddy.isEmpty, buddy.availIn(whole)]).toEqual([true, givenOut(buddy)(BigInt(size))]);
      },
    ),
    { numRuns: 300, seed: 11 },
  );
});

describe('an empty space', () => {
  test.each([
    [BigInt(SZ_4K), BigInt(SZ_4K), false],
    [BigInt(SZ_20K), BigInt(SZ_16K), false],
    [BigInt(SZ_20K), BigInt(SZ_16K), true],
    [(1n << 53n) - 4096n, 1n << 52n, false],
    [1n << 63n, 1n << 63n, true],
    [(1n << 64n) - 4096n, 1n << 63n, true],
  ])('has its largest root free: of %s bytes, %s (bigint: %s)', (size, largest, bigint) => {
    const buddy = new GpuBuddy<Bytes>({ size, bigint });
    const given = givenOut(buddy);
    expect(buddy).toMatchObject({ largestFree: given(largest), fragmentation: 0, isEmpty: true });
    expect(buddy.freeSegments()).toEqual([{ offset: given(0n), size: given(size) }]);
    expect(buddy.availIn({ start: 1n, end: size })).toBe(given(size - 1n));
    expect(buddy.findFree(size)).toBe(given(0n));
    const blocks = buddy.allocBlocks(size);
    expect(buddy).toMatchObject({ largestFree: given(0n), fragmentation: 0, isEmpty: false });
    expect(buddy.freeSegments()).toEqual([]);
    expect(buddy.availIn({ start: 0, end: size })).toBe(given(0n));
    expect(blocks.sizeIn({ start: 1n, end: size - 1n })).toBe(given(size - 2n));
    expect(buddy.findFree(SZ_4K)).toBeNull();
  });
});

describe('a list', () => {
  test('has its lowest address as its offset, in whatever order its blocks are', () => {
    const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: 2 ** 40 });
    const blocks = buddy.allocBlocks(SZ_20K);
    // The larger block first, which is behind the other.
    expect([...blocks].map(({ size }) => size)).toEqual([16384, 4096]);
    expect(blocks.offset).toBe(2 ** 40 + SZ_1M - 20480);
    blocks.freeBlock(0);
    expect(blocks.offset).toBe(2 ** 40 + SZ_1M - 20480);
    blocks.freeBlock(0);
    expect([blocks.isEmpty, blocks.offset]).toEqual([true, undefined]);
    expect(blocks.sizeIn({ start: 2 ** 40, end: 2 ** 40 + SZ_1M })).toBe(0);
  });

  test('with a gap has none', () => {
    const buddy = withHoles(16, { dirty: [1, 3] });
    expect(buddy.allocBlocks(SZ_8K).offset).toBeUndefined();
  });

  test('that is freed has no answers', () => {
    const blocks = new GpuBuddy({ size: SZ_1M }).allocBlocks(SZ_20K);
    blocks.free();
    expect(thrownBy(() => blocks.offset)).toMatchObject({ code: 'ERR_GPU_BUDDY_FREED' });
    expect(thrownBy(() => blocks.sizeIn({ start: 0, end: 1 }))).toMatchObject({
      code: 'ERR_GPU_BUDDY_FREED',
    });
  });
});

describe('arguments', () => {
  const make = () => {
    const buddy = new GpuBuddy({ size: SZ_1M, baseOffset: SZ_64K });
    return { buddy, blocks: buddy.allocBlocks(SZ_4K) };
  };
  type Ask = (made: ReturnType<typeof make>, range: AddressRange) => unknown;
  const asks: [string, Ask][] = [
    ['availIn()', ({ buddy }, range) => buddy.availIn(range)],
    ['sizeIn()', ({ blocks }, range) => blocks.sizeIn(range)],
    ['findFree()', ({ buddy }, range) => buddy.findFree(SZ_4K, { range })],
  ];

  test.each(asks)('are named in the error if they are wrong: %s', (_, ask) => {
    const named = (range: unknown) => thrownBy(() => ask(make(), range as AddressRange));
    expect(named(null).message).toContain('The "range" argument must be of the form { start, end }');
    expect(named({ start: 'x', end: 1 })).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(named({ start: 'x', end: 1 }).message).toContain('"range.start"');
    expect(named({ start: 0 }).message).toContain('"range.end"');
    expect(named({ start: 0, end: -1 })).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    expect(named({ start: 0, end: 1.5 }).message).toContain('"range.end"');
    // Below the space.
    expect(named({ start: SZ_64K - 1, end: SZ_128K })).toMatchObject({ code: 'EINVAL' });
    expect(named({ start: SZ_64K, end: SZ_64K })).toMatchObject({ code: 'EINVAL' });
    expect(named({ start: SZ_64K, end: SZ_64K + SZ_1M + 1 })).toMatchObject({ code: 'EINVAL' });
  });

  test('are the same for findFree() and for an allocation', () => {
    const { buddy } = make();
    const code = (call: () => unknown) => thrownBy(call).code;
    expect(code(() => buddy.findFree('4096' as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(thrownBy(() => buddy.findFree(SZ_4K, { alignment: '8' as never })).message).toContain(
      '"alignment"',
    );
    expect(code(() => buddy.findFree(SZ_4K, { alignment: -8 }))).toBe('ERR_OUT_OF_RANGE');
    for (const size of [0, 1, SZ_4K + 1, SZ_1M + SZ_4K])
      expect(code(() => buddy.findFree(size))).toBe('EINVAL');
    for (const alignment of [0, 3, SZ_12K])
      expect(code(() => buddy.findFree(SZ_4K, { alignment }))).toBe('EINVAL');
    expect(buddy.findFree(SZ_4K, { alignment: 1n << 63n })).toBe(SZ_64K);
    expect(
      buddy.findFree(SZ_4K, { alignment: 1n << 63n, range: { start: SZ_64K + 1, end: SZ_1M } }),
    ).toBeNull();
  });

  test.each<[string, (buddy: GpuBuddy) => unknown]>([
    ['largestFree', (buddy) => buddy.largestFree],
    ['isEmpty', (buddy) => buddy.isEmpty],
    ['fragmentation', (buddy) => buddy.fragmentation],
    ['freeSegments()', (buddy) => buddy.freeSegments()],
    ['availIn()', (buddy) => buddy.availIn({ start: SZ_64K, end: SZ_1M })],
    ['availIn() outside the space', (buddy) => buddy.availIn({ start: 0, end: 1 })],
    ['findFree()', (buddy) => buddy.findFree(SZ_4K)],
    ['findFree() outside the space', (buddy) => buddy.findFree(SZ_4K, { range: { start: 0, end: 1 } })],
  ])('%s is refused after dispose()', (_, ask) => {
    const { buddy } = make();
    buddy.dispose();
    expect(thrownBy(() => ask(buddy))).toMatchObject({ code: 'ERR_GPU_BUDDY_DISPOSED' });
  });
});

describe('findFree()', () => {
  /** Takes exactly what was found. */
  function takeFound(buddy: GpuBuddy, size: number): AllocatedBlocks {
    const start = buddy.findFree(size);
    if (start === null) throw new Error(`There are no ${String(size)} bytes in a row.`);
    return buddy.allocBlocks(size, { mode: { at: start } });
  }

  test('finds 5 MiB in pieces of 1, 2 and 2 MiB, where contiguous finds none', () => {
    const buddy = new GpuBuddy({ size: 16 * SZ_1M });
    const lists = Array.from({ length: 16 }, () => buddy.allocBlocks(SZ_1M));
    for (const list of lists.slice(2, 7)) list.free();
    expect(thrownBy(() => buddy.allocBlocks(5 * SZ_1M, { contiguous: true }))).toMatchObject({
      code: 'ENOSPC',
      reason: 'fragmented',
      requested: 5 * SZ_1M,
      avail: 5 * SZ_1M,
      largestFree: 2 * SZ_1M,
    });
    expect(buddy).toMatchObject({ largestFree: SZ_2M, fragmentation: 0.5 });
    expect(buddy.findFree(5 * SZ_1M)).toBe(9 * SZ_1M);
    expect(takeFound(buddy, 5 * SZ_1M).segments()).toEqual([{ offset: 9 * SZ_1M, size: 5 * SZ_1M }]);
  });

  test('finds 17 MiB in a run of 22, where contiguous finds none', () => {
    const buddy = new GpuBuddy({ size: 56 * SZ_1M });
    const first = buddy.allocBlocks(34 * SZ_1M, { contiguous: true });
    expect(first.segments()).toHaveLength(1);
    expect(thrownBy(() => buddy.allocBlocks(17 * SZ_1M, { contiguous: true }))).toMatchObject({
      code: 'ENOSPC',
      reason: 'fragmented',
    });
    const [run] = buddy.freeSegments();
    expect(run?.size).toBe(22 * SZ_1M);
    expect(buddy.findFree(17 * SZ_1M)).toBe(run?.offset);
    expect(takeFound(buddy, 17 * SZ_1M)).toMatchObject({ offset: run?.offset });
  });

  test('by exact ranges fits twelve lists where contiguous does not', () => {
    const sizes = Array.from({ length: 12 }, (_, i) => (17 + 11 * i) * SZ_4K);
    const byFinding = new GpuBuddy({ size: 1000 * SZ_4K });
    const found = sizes.map((size) => takeFound(byFinding, size));
    expect(byFinding.avail).toBe(70 * SZ_4K);
    expect(byFinding.freeSegments()).toEqual([{ offset: 930 * SZ_4K, size: 70 * SZ_4K }]);
    for (const list of found) expect(list.offset).toBeDefined();

    const byKernel = new GpuBuddy({ size: 1000 * SZ_4K });
    expect(sizes.filter((size) => !byKernel.tryAllocBlocks(size, { contiguous: true }))).not.toEqual([]);
  });

  test('ends at the work limit, and tells what is near', () => {
    const buddy = new GpuBuddy({ size: 2048 * SZ_4K, maxSteps: 1000 });
    const lists = buddy.allocMany(2048, SZ_4K);
    for (let i = 0; i < lists.length; i += 2) lists[i]?.free();
    expect(thrownBy(() => buddy.findFree(SZ_8K))).toMatchObject({
      code: 'ERR_GPU_BUDDY_WORK_LIMIT',
      syscall: 'gpu_buddy',
    });
    expect(buddy.findFree(SZ_4K)).toBe(4096);
    const range = { start: SZ_1M, end: SZ_1M + SZ_64K };
    expect(buddy.findFree(SZ_8K, { range })).toBeNull();
    // The others do not count.
    expect([buddy.availIn({ start: 0, end: buddy.size }), buddy.freeSegments().length]).toEqual([
      4 * SZ_1M,
      1024,
    ]);
    expectSound(buddy);
  });
});

test('in a full window of a large space nothing is free, and an allocation there says so', () => {
  const buddy = new GpuBuddy({ size: 16 * SZ_1G });
  const window = { start: 0, end: SZ_256M };
  const list = buddy.allocBlocks(SZ_256M, { mode: { range: window } });
  const error = thrownBy(() => buddy.allocBlocks(SZ_4K, { mode: { range: window } }));
  expect(error).toMatchObject({ code: 'ENOSPC', reason: 'range', requested: 4096, avail: buddy.avail });
  expect(error.message).toContain('(4096 bytes asked for, 0 free in the range 0 to 268435456)');
  expect(error.message).not.toContain(String(buddy.avail));
  expect(buddy.availIn({ start: 0, end: SZ_256M })).toBe(0);
  expect(list.sizeIn({ start: SZ_256M - 1, end: SZ_1G })).toBe(1);
});

test('a shared allocator gives the same answers to all who have opened it', () => {
  const buddy = new GpuBuddy({ size: SZ_1M });
  const other = GpuBuddy.from(buddy.share());
  using blocks = buddy.allocBlocks(SZ_20K);
  expect(blocks.length).toBe(2);
  expect(other).toMatchObject({ largestFree: buddy.largestFree, isEmpty: false });
  expect(other.freeSegments()).toEqual(buddy.freeSegments());
  expect(other.findFree(SZ_1M / 2 + SZ_4K)).toBe(0);
});
