// Numbers and bigints, small and large: sizes and addresses mean the same in both, up to the last of 64 bits.

import { describe, expect, test } from '@jest/globals';
import { inspect } from 'node:util';
import {
  AllocatedBlocks,
  GpuBuddy,
  SZ_16K,
  SZ_1G,
  SZ_1M,
  SZ_1T,
  SZ_256K,
  SZ_2M,
  SZ_4G,
  SZ_4K,
  SZ_64K,
  SZ_8K,
  type AllocatedBlock,
  type Bytes,
  type GpuBuddyError,
  type GpuBuddyOptions,
} from 'gpu-buddy';
import {
  chunksOf,
  describeBlock,
  expectSound,
  firstOf,
  rangesOf,
  refusalOf,
  stateOf,
  SZ_12K,
  SZ_20K,
  takeAll,
  thrownBy,
} from '../support/allocator-state';

type Mode = 'numbers' | 'bigints';

const MODES: readonly Mode[] = ['numbers', 'bigints'];

/** Turns a number into what an allocator of this mode gives out. */
const givenOut =
  (mode: Mode) =>
  (value: Bytes): Bytes =>
    mode === 'bigints' ? BigInt(value) : Number(value);

/** An allocator that gives out what the mode says. */
function make(mode: Mode, options: Omit<GpuBuddyOptions, 'bigint'>): GpuBuddy<Bytes> {
  return new GpuBuddy({ ...options, bigint: mode === 'bigints' });
}

describe('numbers and bigints as arguments', () => {
  /** Every argument that is a byte count or an address, once. */
  const scenario = (mode: Mode, bytes: (value: number) => Bytes) => {
    const buddy = make(mode, {
      size: bytes(16 * SZ_1G + 5),
      chunkSize: bytes(SZ_8K),
      baseOffset: bytes(2 ** 40),
    });
    const at = (value: number) => bytes(2 ** 40 + value);
    const behind = (list: AllocatedBlocks<Bytes> | undefined) =>
      list && bytes(Number(firstOf(list).offset) + SZ_8K);
    const lists = [
      buddy.allocBlocks(bytes(5 * SZ_1G)),
      buddy.allocBlocks(bytes(SZ_16K), { minBlockSize: bytes(SZ_64K), mode: 'top-down' }),
      buddy.allocBlocks(bytes(SZ_1M), {
        mode: { range: { start: at(SZ_1G), end: at(SZ_1G + SZ_1M) } },
        tag: 5,
      }),
      buddy.allocBlocks(bytes(SZ_64K), { contiguous: true }),
      buddy.allocBlocks(bytes(SZ_64K), { mode: { at: at(SZ_64K) } }),
      ...buddy.allocMany(2, bytes(SZ_8K)),
    ];
    lists[3]?.trim(bytes(SZ_8K), { start: behind(lists[3]) });
    lists[1]?.trim(bytes(SZ_8K), { start: behind(lists[1]) });
    const batch = buddy.batch();
    batch.alloc(bytes(SZ_64K), { minBlockSize: bytes(SZ_64K) });
    const result = batch.run();
    const range = { start: at(SZ_64K + 1), end: at(2 * SZ_1G - 1) };
    return {
      found: buddy.blockAt(at(SZ_1G + 99)),
      nothing: buddy.blockAt(at(0)),
      avail: buddy.availIn(range),
      sizes: lists.map((list) => list.sizeIn(range)),
      lowest: buddy.findFree(bytes(SZ_1G), { alignment: bytes(SZ_1G), range }),
      pieces: lists[0]?.segments(bytes(SZ_1G)),
      offsets: [...result.offsets],
      lists: lists.map((list) => Array.from(list, describeBlock)),
      state: stateOf(buddy),
    };
  };

  test.each(MODES)('give the same answers, in %s', (mode) => {
    const answers = scenario(mode, (value) => value);
    expect(answers.lists.map((list) => list.length)).toEqual([2, 1, 1, 1, 1, 1, 1]);
    expect(scenario(mode, BigInt)).toEqual(answers);
  });

  test.each(MODES)('at zero are zero, with a sign or without, in %s', (mode) => {
    const given = givenOut(mode);
    for (const zero of [0, -0, 0n]) {
      const buddy = make(mode, { size: SZ_64K, baseOffset: zero });
      expect(buddy.baseOffset).toBe(given(0));
      expect(buddy.blockAt(zero)).toBeNull();
      expect(rangesOf(buddy.allocBlocks(SZ_4K, { mode: { range: { start: zero, end: SZ_8K } } }))).toEqual([
        [given(0), given(4096)],
      ]);
    }
  });
});

/** 1 MiB at 1 MiB, clear, of which lists have 20 KiB, 8 KiB and, by a batch, 4 KiB. */
function makeAll(mode: Mode) {
  const buddy = make(mode, { size: SZ_1M, baseOffset: SZ_1M });
  buddy.resetClear(true);
  const blocks = buddy.allocBlocks(SZ_20K, { tag: 7 });
  const [block, lower] = blocks as Iterable<AllocatedBlock<Bytes>>;
  const other = buddy.allocBlocks(SZ_8K, { mode: { at: SZ_1M } });
  const batch = buddy.batch();
  const handle = batch.alloc(SZ_4K);
  const failing = batch.alloc(2 * SZ_1M);
  const result = batch.run();
  const error = thrownBy(() => buddy.allocBlocks(SZ_1M)) as unknown as GpuBuddyError;
  const inRange = thrownBy(() =>
    buddy.allocBlocks(SZ_8K, { mode: { at: SZ_1M } }),
  ) as unknown as GpuBuddyError;
  return { buddy, blocks, block, lower, other, result, handle, failing, error, inRange };
}

type All = ReturnType<typeof makeAll>;

const FREE = SZ_1M - SZ_20K - SZ_8K - SZ_4K;

/** The byte counts and addresses that come out, and their values. */
const bytesOut: [name: string, read: (all: All) => unknown, expected: number | null | number[]][] = [
  ['baseOffset', ({ buddy }) => buddy.baseOffset, SZ_1M],
  ['size', ({ buddy }) => buddy.size, SZ_1M],
  ['chunkSize', ({ buddy }) => buddy.chunkSize, SZ_4K],
  ['avail', ({ buddy }) => buddy.avail, FREE],
  ['clearAvail', ({ buddy }) => buddy.clearAvail, FREE],
  ['largestFree', ({ buddy }) => buddy.largestFree, SZ_256K],
  ['availIn()', ({ buddy }) => buddy.availIn({ start: SZ_1M + 1, end: SZ_1M + SZ_12K - 1 }), SZ_4K - 1],
  ['availIn() of nothing', ({ buddy }) => buddy.availIn({ start: SZ_1M, end: SZ_1M + 1 }), 0],
  ['findFree()', ({ buddy }) => buddy.findFree(SZ_4K), SZ_1M + SZ_8K],
  ['findFree() of nothing', ({ buddy }) => buddy.findFree(SZ_1M), null],
  [
    'freeSegments()',
    ({ buddy }) => buddy.freeSegments().flatMap(({ offset, size }) => [offset, size]),
    [SZ_1M + SZ_8K, FREE],
  ],
  ['blockAt().offset', ({ buddy }) => buddy.blockAt(SZ_1M + 5)?.offset, SZ_1M],
  ['blockAt().size', ({ buddy }) => buddy.blockAt(SZ_1M + 5)?.size, SZ_8K],
  ['stats().size', ({ buddy }) => buddy.stats().size, SZ_1M],
  ['stats().chunkSize', ({ buddy }) => buddy.stats().chunkSize, SZ_4K],
  ['stats().avail', ({ buddy }) => buddy.stats().avail, FREE],
  ['stats().clearAvail', ({ buddy }) => buddy.stats().clearAvail, FREE],
  [
    'stats().orders[].blockSize',
    ({ buddy }) => buddy.stats().orders.map(({ blockSize }) => blockSize),
    [0, 1, 2, 3, 4, 5, 6, 7, 8].map((order) => SZ_4K << order),
  ],
  ['snapshot().offsets', ({ buddy }) => [...buddy.snapshot().offsets].slice(0, 2), [SZ_1M, SZ_1M + SZ_8K]],
  ['a list’s size', ({ blocks }) => blocks.size, SZ_20K],
  ['a list’s offset', ({ blocks }) => blocks.offset, 2 * SZ_1M - SZ_20K],
  [
    'a list’s sizeIn()',
    ({ blocks }) => blocks.sizeIn({ start: SZ_1M, end: 2 * SZ_1M - SZ_16K + 1 }),
    SZ_4K + 1,
  ],
  [
    'a list’s segments()',
    ({ blocks }) => blocks.segments(SZ_8K).flatMap(({ offset, size }) => [offset, size]),
    [2 * SZ_1M - SZ_16K, SZ_8K, 2 * SZ_1M - SZ_8K, SZ_8K, 2 * SZ_1M - SZ_20K, SZ_4K],
  ],
  [
    'a list’s toArrays()',
    ({ blocks }) => [...blocks.toArrays().offsets],
    [2 * SZ_1M - SZ_16K, 2 * SZ_1M - SZ_20K],
  ],
  ['the offset of a first block', ({ block }) => block?.offset, 2 * SZ_1M - SZ_16K],
  ['the size of a first block', ({ block }) => block?.size, SZ_16K],
  ['the offset of another block', ({ lower }) => lower?.offset, 2 * SZ_1M - SZ_20K],
  ['the size of another block', ({ lower }) => lower?.size, SZ_4K],
  ['a result’s offsets', ({ result }) => [...result.offsets], [2 * SZ_1M - SZ_20K - SZ_4K, 0]],
  [
    'the offset of a list of a batch',
    ({ result, handle }) => result.blocks(handle)?.offset,
    2 * SZ_1M - SZ_20K - SZ_4K,
  ],
  ['an error’s requested', ({ error }) => error.requested, SZ_1M],
  ['an error’s avail', ({ error }) => error.avail, FREE],
  ['an error’s largestFree', ({ error }) => error.largestFree, SZ_256K],
  ['the requested of an error in a range', ({ inRange }) => inRange.requested, SZ_8K],
];

describe.each(MODES)('an allocator that gives out %s', (mode) => {
  const given = givenOut(mode);

  test.each(bytesOut)('gives them out as %s', (_, read, expected) => {
    const value = read(makeAll(mode));
    if (Array.isArray(expected)) expect(value).toEqual(expected.map(given));
    else expect(value).toBe(expected === null ? null : given(expected));
  });

  test('has columns of offsets of that type, which are the caller’s', () => {
    const { buddy, blocks, result } = makeAll(mode);
    const Column = mode === 'bigints' ? BigUint64Array : Float64Array;
    for (const read of [() => buddy.snapshot().offsets, () => blocks.toArrays().offsets]) {
      const [column, again] = [read(), read()];
      expect(column).toBeInstanceOf(Column);
      expect(column.buffer).not.toBe(again.buffer);
      column[0] = given(99);
      expect(read()).toEqual(again);
    }
    expect(result.offsets).toBeInstanceOf(Column);
    expect(result.offsets).toBe(result.offsets);
  });

  test('has numbers for whatever is no byte count', () => {
    const { buddy, blocks, block, result } = makeAll(mode);
    const { nativeBytes, kernelWarnings, orders } = buddy.stats();
    const table = buddy.snapshot();
    expect({
      orders: [buddy.maxOrder, block?.order, table.orders[0], result.orders[0], orders[1]?.order],
      counts: [blocks.length, result.length, result.counts[0], orders[1]?.usedBlocks, orders[6]?.freeBlocks],
      tags: [blocks.tag, block?.tag, table.tags.at(-1), buddy.blockAt(2 * SZ_1M - 1)?.tag],
      rest: [buddy.fragmentation, kernelWarnings, typeof nativeBytes],
    }).toEqual({
      orders: [8, 2, 1, 0, 1],
      counts: [2, 2, 1, 1, 2],
      tags: [7, 7, 7, 7],
      rest: [0.5, 0, 'number'],
    });
    expect([...result.errnos]).toEqual([0, -22]);
  });

  test('says the same in the words of its errors', () => {
    const { error, inRange, result, failing } = makeAll(mode);
    expect([error.message, inRange.message, result.error(failing)?.message]).toEqual([
      `ENOSPC: no free space fits the request (${SZ_1M} bytes asked for, ${FREE} free), gpu_buddy_alloc_blocks`,
      `ENOSPC: no free space fits the request (8192 bytes asked for, 0 free at ${SZ_1M}), gpu_buddy_alloc_blocks`,
      'EINVAL: size is larger than the whole space (operation 1 of the batch), gpu_buddy_alloc_blocks',
    ]);
  });

  test('is JSON with its numbers, or with decimal strings for bigints', () => {
    const { buddy, blocks, block, result, error, other } = makeAll(mode);
    const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    const text = (bytes: number) => (mode === 'bigints' ? String(bytes) : bytes);
    const [first, second] = [
      { offset: text(2 * SZ_1M - SZ_16K), order: 2, size: text(SZ_16K), isClear: true, tag: 7 },
      { offset: text(2 * SZ_1M - SZ_20K), order: 0, size: text(SZ_4K), isClear: true, tag: 7 },
    ];
    expect(json(buddy)).toEqual({
      baseOffset: text(SZ_1M),
      size: text(SZ_1M),
      chunkSize: text(SZ_4K),
      avail: text(FREE),
      clearAvail: text(FREE),
    });
    expect(json(block)).toEqual(first);
    expect(json(blocks)).toEqual({ tag: 7, size: text(SZ_20K), blocks: [first, second] });
    expect(json(buddy.blockAt(2 * SZ_1M - 1))).toEqual(first);
    expect(json(result)).toEqual({
      errnos: [0, -22],
      offsets: [text(2 * SZ_1M - SZ_20K - SZ_4K), text(0)],
      orders: [0, 0],
      counts: [1, 0],
    });
    expect(json(error)).toMatchObject({
      requested: text(SZ_1M),
      avail: text(FREE),
      largestFree: text(SZ_256K),
    });
    expect(json(buddy.stats())).toMatchObject({
      size: text(SZ_1M),
      chunkSize: text(SZ_4K),
      avail: text(FREE),
      clearAvail: text(FREE),
      orders: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((order) => ({ order, blockSize: text(SZ_4K << order) })),
    });
    other.free();
    expect(json(other)).toEqual({ freed: true });
  });

  test('shows them to util.inspect()', () => {
    const { buddy, blocks, block, result } = makeAll(mode);
    const n = mode === 'bigints' ? 'n' : '';
    const shown = (value: unknown) => inspect(value, { breakLength: Infinity, compact: true });
    const first = `AllocatedBlock { offset: 2080768${n}, order: 2, size: 16384${n}, isClear: true, tag: 7 }`;
    const second = `AllocatedBlock { offset: 2076672${n}, order: 0, size: 4096${n}, isClear: true, tag: 7 }`;
    expect(shown(buddy)).toBe(
      `GpuBuddy { baseOffset: 1048576${n}, size: 1048576${n}, chunkSize: 4096${n}, avail: ${FREE}${n}, clearAvail: ${FREE}${n} }`,
    );
    expect(shown(block)).toBe(first);
    expect(shown(blocks)).toBe(`AllocatedBlocks(2) [ ${first}, ${second} ]`);
    const Column = mode === 'bigints' ? 'BigUint64Array' : 'Float64Array';
    expect(shown(result)).toContain(`offsets: ${Column}(2) [ 2072576${n}, 0${n} ]`);
  });
});

describe('the limit of numbers, 2^53 - 1,', () => {
  const MOST = Number.MAX_SAFE_INTEGER;
  const NEEDS_BIGINT = { name: 'GpuBuddyError', code: 'EINVAL', errno: -22 };

  test('is the last number that is taken: the next must be given as a bigint', () => {
    expect(new GpuBuddy({ size: MOST }).size).toBe(2 ** 53 - 4096);
    expect(() => new GpuBuddy({ size: MOST + 1 })).toThrow(RangeError);
    expect(() => new GpuBuddy({ size: MOST + 1, bigint: true })).toThrow(RangeError);
    expect(new GpuBuddy({ size: BigInt(MOST) + 1n, bigint: true }).size).toBe(2n ** 53n);
  });

  // The rest after the last whole chunk does not count.
  describe.each<[chunkSize: number, size: number, managed: number]>([
    [1, 1, 1],
    [1, SZ_1M, SZ_1M],
    [1, 2 ** 52 - 1, 2 ** 52 - 1],
    [2, 2 ** 53 - 1, 2 ** 53 - 2],
    [256, SZ_1M + 255, SZ_1M],
    [SZ_4K, SZ_1M, SZ_1M],
    [SZ_4K, 2 * SZ_4K - 1, SZ_4K],
    [SZ_4K, MOST, 2 ** 53 - SZ_4K],
    [SZ_1T, 2 ** 52 + 5, 2 ** 52],
    [2 ** 52, MOST, 2 ** 52],
  ])('in a space with chunks of %d bytes, made with %d', (chunkSize, size, managed) => {
    const baseOffset = MOST - managed;

    test('may be the end of the space', () => {
      const buddy = new GpuBuddy({ size, chunkSize, baseOffset });
      const { chunkSize: chunk, avail, largestFree } = buddy;
      expect([buddy.baseOffset, buddy.size, chunk, avail]).toEqual([baseOffset, managed, chunkSize, managed]);
      expect(buddy.freeSegments()).toEqual([{ offset: baseOffset, size: managed }]);
      expect(largestFree).toBe(chunkSize * 2 ** buddy.maxOrder);

      const at = MOST - chunkSize;
      const blocks = buddy.allocBlocks(chunkSize, { mode: { at } });
      expect(rangesOf(blocks)).toEqual([[at, chunkSize]]);
      expect(buddy.blockAt(MOST - 1)).toMatchObject({ offset: at, size: chunkSize });
      expect(thrownBy(() => buddy.blockAt(MOST))).toMatchObject({ code: 'ENXIO' });
      expect(buddy.availIn({ start: baseOffset, end: MOST })).toBe(managed - chunkSize);
      expect(blocks.sizeIn({ start: baseOffset, end: MOST })).toBe(chunkSize);
      expect([...buddy.snapshot().offsets].at(-1)).toBe(at);
      blocks.free();
      expect(buddy.allocBlocks(managed).size).toBe(managed);
      expectSound(buddy);
    });

    test('cannot be exceeded by one byte without bigints', () => {
      const error = thrownBy(() => new GpuBuddy({ size, chunkSize, baseOffset: baseOffset + 1 }));
      expect(error).toMatchObject({
        ...NEEDS_BIGINT,
        syscall: 'gpu_buddy_init',
        message: `EINVAL: size (${size}) plus baseOffset is above 2^53 - 1: addresses there need { bigint: true }, gpu_buddy_init`,
      });
      expect(
        thrownBy(() => new GpuBuddy({ size, chunkSize, baseOffset: baseOffset + 1, bigint: false })),
      ).toEqual(error);

      const buddy = new GpuBuddy({ size, chunkSize, baseOffset: baseOffset + 1, bigint: true });
      const at = 2n ** 53n - BigInt(chunkSize);
      const blocks = buddy.allocBlocks(chunkSize, { mode: { at } });
      expect(rangesOf(blocks)).toEqual([[at, BigInt(chunkSize)]]);
      expect(buddy.blockAt(2n ** 53n - 1n)).toMatchObject({ offset: at });
      expectSound(buddy);
    });
  });

  test('is refused where a base offset alone, or a size alone, exceeds it', () => {
    for (const options of [
      { size: SZ_4K, baseOffset: 2n ** 53n },
      { size: SZ_4K, baseOffset: 2n ** 64n - 4097n },
      { size: 2n ** 53n },
      { size: 2n ** 64n - 1n },
    ]) {
      expect(thrownBy(() => new GpuBuddy(options))).toMatchObject(NEEDS_BIGINT);
      expect(new GpuBuddy({ ...options, bigint: true }).avail).toBe((BigInt(options.size) >> 12n) << 12n);
    }
  });
});

describe('an allocator that is opened in the other mode, in one thread,', () => {
  /** The allocator, and how else it is seen. */
  const openBoth = (mode: Mode, options: Omit<GpuBuddyOptions, 'bigint'>) => {
    const made = make(mode, options);
    const opened: GpuBuddy<Bytes> = GpuBuddy.from(made.share(), { bigint: mode === 'numbers' });
    return mode === 'numbers'
      ? { made, opened, other: givenOut('bigints') }
      : { made, opened, other: givenOut('numbers') };
  };

  test.each(MODES)('is the same allocator: made with %s', (mode) => {
    const { made, opened, other } = openBoth(mode, { size: SZ_1M, baseOffset: SZ_1M, chunkSize: SZ_8K });
    const given = givenOut(mode);
    expect([opened.baseOffset, opened.size, opened.chunkSize, opened.avail]).toEqual(
      [SZ_1M, SZ_1M, SZ_8K, SZ_1M].map(other),
    );
    const here = made.allocBlocks(SZ_8K, { tag: 4 });
    const there = opened.allocBlocks(SZ_8K);
    expect(rangesOf(here)).toEqual([[given(2 * SZ_1M - SZ_8K), given(SZ_8K)]]);
    expect(rangesOf(there)).toEqual([[other(2 * SZ_1M - 2 * SZ_8K), other(SZ_8K)]]);
    expect(opened.blockAt(2 * SZ_1M - 1)).toEqual({
      offset: other(2 * SZ_1M - SZ_8K),
      order: 0,
      size: other(SZ_8K),
      isClear: false,
      tag: 4,
    });
    expect([made.avail, opened.avail]).toEqual([given(SZ_1M - SZ_16K), other(SZ_1M - SZ_16K)]);
    expect(stateOf(opened).blocks).toEqual(
      stateOf(made).blocks.map((block) => ({ ...block, offset: other((block as { offset: Bytes }).offset) })),
    );
    expectSound(made);
    expectSound(opened);

    // A batch takes lists of both.
    const batch = opened.batch();
    batch.free(here);
    batch.free(there);
    expect([...batch.run().errnos]).toEqual([0, 0]);
    expect([here.freed, there.freed, made.isEmpty, opened.isEmpty]).toEqual([true, true, true, true]);
  });

  test.each(MODES)('gives lists to the other side and back: made with %s', (mode) => {
    const { made, opened, other } = openBoth(mode, { size: SZ_1M, baseOffset: SZ_1M });
    const given = givenOut(mode);
    const blocks = made.allocBlocks(SZ_20K, { tag: 9 });
    const ranges = rangesOf(blocks);
    const block = firstOf(blocks);

    const away: AllocatedBlocks<Bytes> = AllocatedBlocks.adopt(blocks.transfer(), {
      bigint: mode === 'numbers',
    });
    expect(blocks.freed).toBe(true);
    expect(thrownBy(() => block.offset)).toMatchObject({ code: 'ERR_GPU_BUDDY_FREED' });
    expect(away.buddy).toBe(opened);
    expect([away.tag, away.size, away.offset]).toEqual([9, other(SZ_20K), other(2 * SZ_1M - SZ_20K)]);
    expect(rangesOf(away)).toEqual(ranges.map((range) => range.map(other)));

    const back: AllocatedBlocks<Bytes> = AllocatedBlocks.adopt(away.transfer(), {
      bigint: mode === 'bigints',
    });
    expect(back.buddy).toBe(made);
    expect([back.tag, back.size, rangesOf(back)]).toEqual([9, given(SZ_20K), ranges]);
    back.free();
    expect(opened.isEmpty).toBe(true);
  });

  test('is opened by adopt() where this thread has not opened it so, and again after dispose()', () => {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const adopt = () => AllocatedBlocks.adopt(buddy.allocBlocks(SZ_4K).transfer(), { bigint: true });
    const [one, two] = [adopt(), adopt()];
    expect([one.offset, two.offset]).toEqual([1044480n, 1040384n]);
    expect(one.buddy).toBe(two.buddy);
    expect(one.buddy).not.toBe(buddy);
    one.buddy.dispose();
    const three = adopt();
    expect(three.buddy).not.toBe(one.buddy);
    expect([three.buddy.avail, buddy.avail]).toEqual([1036288n, 1036288]);
    expect(AllocatedBlocks.adopt(three.transfer()).buddy).toBe(buddy);
  });

  test('without options gives out numbers', () => {
    const buddy = new GpuBuddy({ size: SZ_1M, bigint: true });
    for (const options of [undefined, {}, { bigint: undefined }, { bigint: false }] as const) {
      expect(GpuBuddy.from(buddy.share(), options).size).toBe(SZ_1M);
      expect(AllocatedBlocks.adopt(buddy.allocBlocks(SZ_4K).transfer(), options).size).toBe(SZ_4K);
    }
  });

  test.each<[string, GpuBuddyOptions & { bigint: true }, string]>([
    ['one byte too far', { size: SZ_1M, baseOffset: 2 ** 53 - SZ_1M, bigint: true }, '1048576'],
    ['2^64 - 4096', { size: 2n ** 64n - 1n, bigint: true }, '18446744073709547520'],
    ['at the end of all addresses', { size: SZ_4K, baseOffset: 2n ** 64n - 4097n, bigint: true }, '4096'],
  ])('is refused where its space is %s', (_, options, size) => {
    const buddy = new GpuBuddy(options);
    const token = buddy.share();
    const refused = {
      name: 'GpuBuddyError',
      code: 'EINVAL',
      errno: -22,
      syscall: 'gpu_buddy',
      message: `EINVAL: size (${size}) plus baseOffset is above 2^53 - 1: addresses there need { bigint: true }, gpu_buddy`,
    };
    expect(refusalOf(buddy, () => GpuBuddy.from(token))).toMatchObject(refused);

    // The list still waits for somebody.
    const parked = buddy.allocBlocks(SZ_4K, { tag: 3 }).transfer();
    expect(refusalOf(buddy, () => AllocatedBlocks.adopt(parked))).toMatchObject(refused);
    const blocks = AllocatedBlocks.adopt(parked, { bigint: true });
    expect([blocks.buddy, blocks.tag, blocks.size]).toEqual([buddy, 3, 4096n]);
    expect(GpuBuddy.from(token, { bigint: true }).avail).toBe(buddy.avail);
  });

  test('does not stay alive by calls that were refused', () => {
    const buddy = new GpuBuddy({ size: 2n ** 60n, bigint: true });
    const token = buddy.share();
    for (let i = 0; i < 100; i++)
      expect(thrownBy(() => GpuBuddy.from(token))).toMatchObject({ code: 'EINVAL' });
    buddy.dispose();
    // The block is in no list any more.
    expect(thrownBy(() => GpuBuddy.from(token, { bigint: true }))).toMatchObject({
      code: 'ERR_GPU_BUDDY_TOKEN',
    });
  });
});

describe('a space above 2^53', () => {
  test('takes and gives exact addresses', () => {
    const buddy = new GpuBuddy({ size: 1n << 60n, bigint: true });
    const start = (1n << 59n) + 4096n;
    using low = buddy.allocBlocks(SZ_4K, { mode: { range: { start: start, end: start + 4096n } } });
    using high = buddy.allocBlocks(SZ_4K, { mode: 'top-down' });
    expect(rangesOf(low)).toEqual([[start, 4096n]]);
    expect(rangesOf(high)).toEqual([[(1n << 60n) - 4096n, 4096n]]);
    expect(buddy.avail).toBe((1n << 60n) - 8192n);
    expect(buddy.blockAt(start + 4095n)).toMatchObject({ offset: start });
    expect([buddy.blockAt(start - 1n), buddy.blockAt(start + 4096n)]).toEqual([null, null]);
    expectSound(buddy);
  });

  test('trims at exact addresses', () => {
    const buddy = new GpuBuddy({ size: 1n << 60n, bigint: true });
    const blocks = buddy.allocBlocks(1n << 59n);
    blocks.trim((1n << 58n) - 4096n, { start: (1n << 59n) + 4096n });
    expect([firstOf(blocks).offset, blocks.size]).toEqual([(1n << 59n) + 4096n, (1n << 58n) - 4096n]);
    expect(buddy.avail).toBe((1n << 60n) - (1n << 58n) + 4096n);
    expectSound(buddy);
  });

  test('has sizes that are exact too', () => {
    const buddy = new GpuBuddy({ size: (1n << 60n) + (1n << 53n) + 4096n, bigint: true });
    expect(buddy.size).toBe((1n << 60n) + (1n << 53n) + 4096n);
    expect(buddy.stats()).toMatchObject({ size: buddy.size, avail: buddy.size });
    using blocks = buddy.allocBlocks((1n << 54n) + 4096n);
    expect(blocks.size).toBe((1n << 54n) + 4096n);
    expect(buddy.avail).toBe(buddy.size - blocks.size);
  });
});

describe('a size above 4 GiB', () => {
  test.each([
    ['4 GiB', SZ_4G, [[12 * SZ_1G, 4 * SZ_1G]]],
    ['a power of two', 8 * SZ_1G, [[8 * SZ_1G, 8 * SZ_1G]]],
    [
      'a sum of two',
      6 * SZ_1G,
      [
        [12 * SZ_1G, 4 * SZ_1G],
        [10 * SZ_1G, 2 * SZ_1G],
      ],
    ],
    [
      'one with a small rest',
      SZ_4G + SZ_4K,
      [
        [12 * SZ_1G, 4 * SZ_1G],
        [12 * SZ_1G - SZ_4K, SZ_4K],
      ],
    ],
    ['all of it', 16 * SZ_1G, [[0, 16 * SZ_1G]]],
  ])('is allocated: %s', (_, size, expected) => {
    const buddy = new GpuBuddy({ size: 16 * SZ_1G });
    const blocks = buddy.allocBlocks(size);
    expect(rangesOf(blocks)).toEqual(expected);
    expect(buddy.avail).toBe(16 * SZ_1G - size);
    blocks.free();
    expect(buddy.avail).toBe(16 * SZ_1G);
  });
});

describe('a space that is no power of two', () => {
  test('is made of powers of two, the largest first', () => {
    const buddy = new GpuBuddy({ size: SZ_1M + SZ_64K + SZ_4K });
    const { offsets, orders } = buddy.snapshot();
    expect([...offsets]).toEqual([0, SZ_1M, SZ_1M + SZ_64K]);
    expect([...orders]).toEqual([8, 4, 0]);
    expect(buddy.maxOrder).toBe(8);
    expectSound(buddy);
  });

  test('is allocated as a whole, in one list of its roots', () => {
    const buddy = new GpuBuddy({ size: SZ_1M + SZ_64K + SZ_4K });
    const blocks = buddy.allocBlocks(SZ_1M + SZ_64K + SZ_4K);
    expect(rangesOf(blocks)).toEqual([
      [0, SZ_1M],
      [SZ_1M, SZ_64K],
      [SZ_1M + SZ_64K, 4096],
    ]);
    expect(buddy.avail).toBe(0);
    expect(buddy.tryAllocBlocks(SZ_4K)).toBeNull();
    blocks.free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test.each([3, 5, 6, 7, 11, 100, 255, 257])('hands out every one of its %d chunks', (chunks) => {
    const buddy = new GpuBuddy({ size: chunks * SZ_4K });
    const lists = Array.from({ length: chunks }, () => buddy.allocBlocks(SZ_4K));
    const starts = lists.map((list) => firstOf(list).offset / SZ_4K).sort((a, b) => a - b);
    expect(starts).toEqual(Array.from({ length: chunks }, (_, i) => i));
    expect([buddy.avail, buddy.tryAllocBlocks(SZ_4K)]).toEqual([0, null]);
    for (const list of lists) list.free();
    expect([...buddy.snapshot().orders].map((order) => 2 ** order).reduce((a, b) => a + b)).toBe(chunks);
    expectSound(buddy);
  });
});

describe.each(MODES)('a space of 1 PiB, in %s,', (mode) => {
  const given = givenOut(mode);
  const PIB = 2 ** 50;

  test.each([1024 * SZ_1T, 1n << 50n])('is as good as any other, given as %p', (size) => {
    const buddy = make(mode, { size });
    expect([buddy.size, buddy.maxOrder]).toEqual([given(PIB), 38]);
    using half = buddy.allocBlocks(PIB / 2);
    using small = buddy.allocBlocks(SZ_4K);
    expect(rangesOf(half)).toEqual([[given(PIB / 2), given(PIB / 2)]]);
    expect(rangesOf(small)).toEqual([[given(PIB / 2 - 4096), given(4096)]]);
    expect(buddy.avail).toBe(given(PIB / 2 - 4096));
    expect(buddy.blockAt(PIB - 1)).toMatchObject({ size: given(PIB / 2) });
    expectSound(buddy);
  });

  test('less one chunk can be had in one call', () => {
    const buddy = make(mode, { size: PIB });
    using blocks = buddy.allocBlocks(PIB - 4096);
    expect([blocks.length, blocks.size, buddy.avail]).toEqual([38, given(PIB - 4096), given(4096)]);
    expectSound(buddy);
  });
});

describe('the largest space', () => {
  const LARGEST = (1n << 64n) - 4096n;

  test.each([LARGEST, LARGEST + 1n, LARGEST + 4095n])('has 52 roots, for a size of %d', (size) => {
    const buddy = new GpuBuddy({ size, bigint: true });
    expect([buddy.size, buddy.avail, buddy.maxOrder]).toEqual([LARGEST, LARGEST, 51]);
    expect([...buddy.snapshot().orders]).toEqual(Array.from({ length: 52 }, (_, i) => 51 - i));
    expect(buddy.stats().orders).toHaveLength(52);
    expectSound(buddy);
  });

  test('is allocated as a whole and comes back', () => {
    const buddy = new GpuBuddy({ size: LARGEST, bigint: true });
    const blocks = buddy.allocBlocks(LARGEST);
    expect([blocks.length, blocks.size, buddy.avail]).toEqual([52, LARGEST, 0n]);
    blocks.free({ cleared: true });
    expect([buddy.avail, buddy.clearAvail]).toEqual([LARGEST, LARGEST]);
    expectSound(buddy);
  });

  test('has a first and a last chunk like any other', () => {
    const buddy = new GpuBuddy({ size: LARGEST, bigint: true });
    using last = buddy.allocBlocks(SZ_4K, { mode: { range: { start: LARGEST - 4096n, end: LARGEST } } });
    using first = buddy.allocBlocks(SZ_4K, { mode: { range: { start: 0, end: LARGEST } } });
    expect([rangesOf(first), rangesOf(last)]).toEqual([[[0n, 4096n]], [[LARGEST - 4096n, 4096n]]]);
    expect(buddy.blockAt(LARGEST - 1n)).toMatchObject({ offset: LARGEST - 4096n });
    expect(() => buddy.blockAt(LARGEST)).toThrow(expect.objectContaining({ code: 'ENXIO' }));
    expect(() => buddy.blockAt((1n << 64n) - 1n)).toThrow(expect.objectContaining({ code: 'ENXIO' }));
    expectSound(buddy);
  });

  test('may be one huge chunk', () => {
    const buddy = new GpuBuddy({ size: (1n << 64n) - 1n, chunkSize: 1n << 63n, bigint: true });
    expect([buddy.size, buddy.chunkSize, buddy.maxOrder]).toEqual([1n << 63n, 1n << 63n, 0]);
    using blocks = buddy.allocBlocks(1n << 63n);
    expect(rangesOf(blocks)).toEqual([[0n, 1n << 63n]]);
    expect(buddy.print()).toContain('used_blocks: 1');
  });
});

describe('a larger chunk size', () => {
  test.each<[string, Bytes, Mode]>([
    ['8 KiB', SZ_8K, 'numbers'],
    ['8 KiB', SZ_8K, 'bigints'],
    ['64 KiB', SZ_64K, 'numbers'],
    ['2 MiB', SZ_2M, 'numbers'],
    ['1 GiB', SZ_1G, 'numbers'],
    ['1 TiB', SZ_1T, 'numbers'],
    ['1 TiB', SZ_1T, 'bigints'],
    ['2^53', 1n << 53n, 'bigints'],
    ['2^59', 1n << 59n, 'bigints'],
  ])('gives the same blocks, that many times larger: %s', (_, chunkSize, mode) => {
    const chunk = BigInt(chunkSize);
    const layout = (buddy: GpuBuddy<Bytes>) => {
      const size = BigInt(buddy.chunkSize);
      const lists = [
        buddy.allocBlocks(5n * size),
        buddy.allocBlocks(size, { mode: { range: { start: 3n * size, end: 6n * size } } }),
        buddy.allocBlocks(3n * size, { contiguous: true }),
        buddy.allocBlocks(size, { minBlockSize: 2n * size }),
      ];
      return { lists: lists.map(chunksOf), stats: buddy.stats().orders.map(({ usedBlocks }) => usedBlocks) };
    };
    const buddy = make(mode, { size: 16n * chunk + chunk - 1n, chunkSize });
    expect(buddy.size).toBe(givenOut(mode)(16n * chunk));
    expect(layout(buddy)).toEqual(layout(new GpuBuddy({ size: SZ_64K })));
    expect(takeAll(make(mode, { size: 5n * chunk, chunkSize }))).toHaveLength(5);
    expectSound(buddy);
  });

  test('is the least that is allocated', () => {
    const buddy = new GpuBuddy({ size: SZ_1M, chunkSize: SZ_64K });
    for (const size of [SZ_4K, SZ_64K - SZ_4K, SZ_64K + SZ_4K])
      expect(() => buddy.allocBlocks(size)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(buddy.allocBlocks(SZ_64K).size).toBe(65536);
  });
});

describe('more than 2^32 chunks in one allocation', () => {
  // The kernel's own function to find the order counts in 32 bits: it would hand out 2^32 + 1 blocks of one chunk.
  test.each([
    ['exactly 2^32', 1n << 44n, [[48 * SZ_1T, 16 * SZ_1T]]],
    [
      'one more',
      (1n << 44n) + 4096n,
      [
        [48 * SZ_1T, 16 * SZ_1T],
        [48 * SZ_1T - 4096, 4096],
      ],
    ],
    [
      'three times as many',
      3n << 44n,
      [
        [32 * SZ_1T, 32 * SZ_1T],
        [16 * SZ_1T, 16 * SZ_1T],
      ],
    ],
  ])('are as few blocks as possible: %s', (_, size, expected) => {
    const buddy = new GpuBuddy({ size: 2 ** 46 });
    expect(rangesOf(buddy.allocBlocks(size, { minBlockSize: SZ_4K }))).toEqual(expected);
    expectSound(buddy);
  });

  test('go with range, contiguous and an offset aligned to more than the size', () => {
    const make = () => new GpuBuddy({ size: 1n << 46n });
    const range = { start: 0, end: 1n << 46n };
    expect(rangesOf(make().allocBlocks(1n << 44n, { mode: { range } }))).toEqual([[0, 16 * SZ_1T]]);
    expect(rangesOf(make().allocBlocks(1n << 44n, { minBlockSize: 1n << 45n }))).toEqual([
      [32 * SZ_1T, 16 * SZ_1T],
    ]);
    expect(rangesOf(make().allocBlocks((1n << 44n) + 4096n, { contiguous: true }))).toEqual([
      [32 * SZ_1T, 16 * SZ_1T],
      [48 * SZ_1T, 4096],
    ]);
  });
});

test('the sum of a list of sizes is what was asked for, whatever the size', () => {
  const buddy = new GpuBuddy({ size: SZ_1G });
  for (const size of [SZ_4K, SZ_12K, SZ_20K, 77 * SZ_4K, SZ_1M - SZ_4K, SZ_1M + SZ_4K, 1000 * SZ_64K]) {
    using blocks = buddy.allocBlocks(size);
    expect(blocks.size).toBe(size);
    expect(Array.from(blocks, (block) => block.size).reduce((a, b) => a + b)).toBe(size);
    expect(blocks.length).toBe((size / SZ_4K).toString(2).replaceAll('0', '').length);
  }
});
