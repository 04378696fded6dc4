// Chunks below 4096 bytes, which the kernel does not take: it places the blocks as ever, and all numbers are in the user's unit.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from 'node:util';
import {
  AllocatedBlocks,
  GpuBuddy,
  GpuBuddyError,
  STATE_ALLOCATED,
  STATE_CLEAR,
  type AddressRange,
  type AllocOptions,
  type Bytes,
} from 'gpu-buddy';
import {
  chunksOf,
  describeBlock,
  expectSound,
  firstOf,
  freeChunksOf,
  rangesOf,
  refusalOf,
  span,
  takeAll,
  thrownBy,
} from '../support/allocator-state';

const UNITS = [1, 2, 256, 512, 2048];
const CHUNKS = 256;
/** Aligned to nothing. */
const BASE = 7777;

const ALLOC = 'gpu_buddy_alloc_blocks';

describe.each(
  UNITS.flatMap((chunk) =>
    [false, true].map((bigint) => ({ chunk, bigint, type: bigint ? 'bigints' : 'numbers' })),
  ),
)('an allocator with chunks of $chunk bytes, in $type,', ({ chunk, bigint }) => {
  const given = (value: number): Bytes => (bigint ? BigInt(value) : value);
  /** Gives a number of chunks in bytes: as an argument, and as the allocator gives it out. */
  const bytes = (chunks: number) => given(chunks * chunk);
  const at = (chunks: number) => given(BASE + chunks * chunk);
  const range = (first: number, end: number): AddressRange => ({ start: at(first), end: at(end) });
  /** Whatever the chunk size, all space that does not make up a chunk is left over. */
  const make = () =>
    new GpuBuddy<Bytes>({ size: CHUNKS * chunk + chunk - 1, chunkSize: chunk, baseOffset: BASE, bigint });
  /** The same with the kernel's own chunks. */
  const makeTwin = () => new GpuBuddy({ size: CHUNKS * 4096 });
  /** An allocator of which only these chunks are free. */
  const withFree = (chunks: readonly number[]) => {
    const buddy = make();
    const lists = takeAll(buddy);
    for (const i of chunks) lists[i]?.free();
    return { buddy, lists };
  };

  test('shows what it was given', () => {
    const buddy = make();
    expect({
      size: buddy.size,
      chunkSize: buddy.chunkSize,
      baseOffset: buddy.baseOffset,
      avail: buddy.avail,
      clearAvail: buddy.clearAvail,
      largestFree: buddy.largestFree,
      maxOrder: buddy.maxOrder,
      isEmpty: buddy.isEmpty,
      fragmentation: buddy.fragmentation,
    }).toEqual({
      size: bytes(CHUNKS),
      chunkSize: bytes(1),
      baseOffset: at(0),
      avail: bytes(CHUNKS),
      clearAvail: given(0),
      largestFree: bytes(CHUNKS),
      maxOrder: 8,
      isEmpty: true,
      fragmentation: 0,
    });
    expectSound(buddy);
  });

  test.each<[string, number, (options: typeof range) => AllocOptions, [number, number][]]>([
    [
      'simple',
      5,
      () => ({}),
      [
        [252, 4],
        [251, 1],
      ],
    ],
    [
      'top-down',
      3,
      () => ({ mode: 'top-down' }),
      [
        [254, 2],
        [253, 1],
      ],
    ],
    ['a range', 2, (range) => ({ mode: { range: range(3, 9) } }), [[4, 2]]],
    [
      'an exact range',
      5,
      (range) => ({ mode: { range: range(3, 8) } }),
      [
        [3, 1],
        [4, 4],
      ],
    ],
    [
      'an address',
      3,
      () => ({ mode: { at: at(7) } }),
      [
        [7, 1],
        [8, 2],
      ],
    ],
    [
      'a min block size',
      6,
      () => ({ minBlockSize: bytes(2) }),
      [
        [252, 4],
        [250, 2],
      ],
    ],
    ['a min block size above the size', 1, () => ({ minBlockSize: bytes(16) }), [[240, 1]]],
    [
      'a min block size above the size, in a range',
      1,
      (range) => ({ minBlockSize: bytes(16), mode: { range: range(1, CHUNKS) } }),
      [[16, 1]],
    ],
    [
      'contiguous',
      7,
      () => ({ contiguous: true }),
      [
        [248, 4],
        [252, 2],
        [254, 1],
      ],
    ],
    [
      'contiguous in a range',
      7,
      (range) => ({ contiguous: true, mode: { range: range(1, CHUNKS) } }),
      [
        [8, 4],
        [12, 2],
        [14, 1],
      ],
    ],
    ['contiguous without trimming', 7, () => ({ contiguous: true, trimDisable: true }), [[248, 8]]],
    [
      'a min block size without trimming',
      3,
      () => ({ minBlockSize: bytes(4), trimDisable: true }),
      [[252, 4]],
    ],
    ['the whole space', CHUNKS, () => ({}), [[0, 256]]],
  ])('allocates by %s', (_, chunks, options, expected) => {
    const buddy = make();
    const blocks = buddy.allocBlocks(bytes(chunks), { ...options(range), tag: 5 });
    expect(chunksOf(blocks)).toEqual(expected);
    expect(rangesOf(blocks)).toEqual(expected.map(([first, count]) => [at(first), bytes(count)]));
    const taken = expected.reduce((sum, [, count]) => sum + count, 0);
    expect([blocks.size, buddy.avail]).toEqual([bytes(taken), bytes(CHUNKS - taken)]);
    expect(buddy.blockAt(at(expected[0]?.[0] ?? 0))).toEqual(describeBlock(firstOf(blocks)));
    expectSound(buddy);
    blocks.free();
    expect(buddy.isEmpty).toBe(true);
  });

  test('hands out every chunk, and takes it back', () => {
    const buddy = make();
    const lists = buddy.allocMany(CHUNKS, bytes(1), { tag: 3 });
    expect(lists.map((list) => rangesOf(list))).toEqual(
      span(0, CHUNKS - 1).map((i) => [[at(CHUNKS - 1 - i), bytes(1)]]),
    );
    expect([buddy.avail, buddy.tryAllocBlocks(bytes(1))]).toEqual([given(0), null]);
    expectSound(buddy);
    for (const list of lists) list.free();
    expect([buddy.isEmpty, buddy.largestFree]).toEqual([true, bytes(CHUNKS)]);
  });

  test('trims, and frees single blocks', () => {
    const buddy = make();
    const blocks = buddy.allocBlocks(bytes(16));
    expect(chunksOf(blocks)).toEqual([[240, 16]]);
    blocks.trim(bytes(7), { start: at(243) });
    expect(rangesOf(blocks)).toEqual([
      [at(243), bytes(1)],
      [at(244), bytes(4)],
      [at(248), bytes(2)],
    ]);
    expect([blocks.size, buddy.avail, blocks.offset]).toEqual([bytes(7), bytes(CHUNKS - 7), at(243)]);
    blocks.freeBlock(1, { cleared: true });
    expect(chunksOf(blocks)).toEqual([
      [243, 1],
      [248, 2],
    ]);
    expect([buddy.clearAvail, blocks.offset]).toEqual([bytes(4), undefined]);
    blocks.freeBlock(0);
    blocks.trim(bytes(1));
    expect(rangesOf(blocks)).toEqual([[at(248), bytes(1)]]);
    expectSound(buddy);
  });

  test('finds blocks by every byte of them, and nothing beside', () => {
    const buddy = make();
    const blocks = buddy.allocBlocks(bytes(2), { mode: { at: at(100) }, tag: 8 });
    const found = { offset: at(100), order: 1, size: bytes(2), isClear: false, tag: 8 };
    const [start, end] = [BASE + 100 * chunk, BASE + 102 * chunk];
    for (const address of new Set([start, start + 1, start + chunk - 1, start + chunk, end - 1]))
      expect(buddy.blockAt(given(address))).toEqual(found);
    for (const address of [BASE, start - 1, end, BASE + CHUNKS * chunk - 1])
      expect(buddy.blockAt(given(address))).toBeNull();
    expect(buddy.blockAt(start + 1)).toEqual(describeBlock(firstOf(blocks)));
    for (const address of [BASE + CHUNKS * chunk, 2n ** 52n, 2n ** 52n + BigInt(start), 2n ** 64n - 1n])
      expect(refusalOf(buddy, () => buddy.blockAt(address))).toMatchObject({
        code: 'ENXIO',
        message: `ENXIO: address (${address}) lies outside the space, gpu_buddy_allocated_addr_to_block`,
      });
    expect(refusalOf(buddy, () => buddy.blockAt(BASE - 1))).toMatchObject({ code: 'ENXIO' });
  });

  test('shows all blocks in snapshots, lists as arrays, and numbers by order', () => {
    const buddy = make();
    buddy.resetClear(true);
    const blocks = buddy.allocBlocks(bytes(3), { mode: { at: at(253) }, tag: 6 });
    const column = (chunks: number[]) =>
      bigint ? BigUint64Array.from(chunks.map(at), BigInt) : Float64Array.from(chunks.map(at), Number);
    const { nativeBytes, ...stats } = buddy.stats();
    const twin = makeTwin();
    twin.resetClear(true);
    const taken = twin.allocBlocks(3 * 4096, { mode: { at: 253 * 4096 } });
    expect(buddy.snapshot()).toEqual({
      offsets: column([0, 128, 192, 224, 240, 248, 252, 253, 254]),
      orders: Uint8Array.of(7, 6, 5, 4, 3, 2, 0, 0, 1),
      states: Uint8Array.from(
        [0, 0, 0, 0, 0, 0, 0, STATE_ALLOCATED, STATE_ALLOCATED],
        (bits) => bits | STATE_CLEAR,
      ),
      tags: Float64Array.of(0, 0, 0, 0, 0, 0, 0, 6, 6),
    });
    expect(blocks.toArrays()).toEqual({
      offsets: column([253, 254]),
      orders: Uint8Array.of(0, 1),
      states: new Uint8Array(2).fill(STATE_ALLOCATED | STATE_CLEAR),
      tags: Float64Array.of(6, 6),
    });
    expect(stats).toEqual({
      size: bytes(CHUNKS),
      chunkSize: bytes(1),
      avail: bytes(CHUNKS - 3),
      clearAvail: bytes(CHUNKS - 3),
      reserved: bytes(0),
      kernelWarnings: 0,
      orders: twin.stats().orders.map((order) => ({ ...order, blockSize: bytes(2 ** order.order) })),
    });
    // The bookkeeping costs the same.
    expect(nativeBytes).toBe(twin.stats().nativeBytes);
    expect(chunksOf(blocks)).toEqual(chunksOf(taken));
  });

  test('tells segments, as long as they may be', () => {
    const buddy = make();
    const blocks = buddy.allocBlocks(bytes(13), { mode: { at: at(33) } });
    blocks.freeBlock(2);
    expect(chunksOf(blocks)).toEqual([
      [33, 1],
      [34, 2],
      [40, 4],
      [44, 2],
    ]);
    const segments = (maxLength?: Bytes) =>
      blocks.segments(maxLength).map(({ offset, size }) => [offset, size]);
    expect(segments()).toEqual([
      [at(33), bytes(3)],
      [at(40), bytes(6)],
    ]);
    expect(segments(bytes(4))).toEqual([
      [at(33), bytes(3)],
      [at(40), bytes(4)],
      [at(44), bytes(2)],
    ]);
    expect(segments(bytes(1))).toEqual(
      [33, 34, 35, 40, 41, 42, 43, 44, 45].map((first) => [at(first), bytes(1)]),
    );
    expect(segments(2n ** 64n - BigInt(chunk))).toEqual(segments());
    for (const maxLength of chunk === 1 ? [0] : [0, 1, chunk - 1, chunk + 1])
      expect(thrownBy(() => segments(maxLength))).toMatchObject({
        code: 'EINVAL',
        message: `EINVAL: maxLength (${maxLength}) must be a multiple of the chunk size, and not 0, gpu_buddy_block`,
      });
  });

  test('counts what is free, and what a list has, between any two addresses', () => {
    const { buddy } = withFree([2, 3, 6]);
    const blocks = buddy.allocBlocks(bytes(1), { mode: { at: at(3) } });
    expect(blocks.length).toBe(1);
    // Within a chunk, where one has more than one address.
    const part = chunk >> 1;
    const between = (first: number, end: number) => ({ start: given(BASE + first), end: given(BASE + end) });
    expect(buddy.availIn(range(0, CHUNKS))).toBe(bytes(2));
    expect(buddy.availIn(range(3, 6))).toBe(given(0));
    expect(buddy.availIn(between(2 * chunk + part, 7 * chunk))).toBe(given(2 * chunk - part));
    expect(buddy.availIn(between(0, 6 * chunk + part + 1))).toBe(given(chunk + part + 1));
    expect(buddy.availIn(between(2 * chunk, 2 * chunk + 1))).toBe(given(1));
    expect(blocks.sizeIn(range(0, CHUNKS))).toBe(bytes(1));
    expect(blocks.sizeIn(between(3 * chunk + part, 9 * chunk))).toBe(given(chunk - part));
    expect(blocks.sizeIn(between(0, 3 * chunk + part))).toBe(given(part));
    expect(buddy.freeSegments()).toEqual([
      { offset: at(2), size: bytes(1) },
      { offset: at(6), size: bytes(1) },
    ]);
  });

  test('finds free runs, from an address on, and aligned', () => {
    const { buddy } = withFree([...span(3, 11), ...span(21, 60)]);
    expect(buddy.freeSegments()).toEqual([
      { offset: at(3), size: bytes(9) },
      { offset: at(21), size: bytes(40) },
    ]);
    expect(buddy.findFree(bytes(9))).toBe(at(3));
    expect(buddy.findFree(bytes(10))).toBe(at(21));
    expect(buddy.findFree(bytes(41))).toBeNull();
    expect(buddy.findFree(bytes(1), { alignment: 1 })).toBe(at(3));
    expect(buddy.findFree(bytes(5), { alignment: bytes(4) })).toBe(at(4));
    expect(buddy.findFree(bytes(5), { alignment: bytes(16) })).toBe(at(32));
    expect(buddy.findFree(bytes(5), { alignment: 2n ** 63n })).toBeNull();
    expect(buddy.findFree(bytes(8), { range: range(4, CHUNKS) })).toBe(at(4));
    expect(buddy.findFree(bytes(9), { range: range(4, CHUNKS) })).toBe(at(21));
    // From within a chunk on, so from the next one.
    const start = given(BASE + 3 * chunk + (chunk >> 1));
    expect(buddy.findFree(bytes(1), { range: { start, end: at(CHUNKS) } })).toBe(chunk === 1 ? at(3) : at(4));
    const found = buddy.findFree(bytes(40)) ?? 0;
    expect(buddy.allocBlocks(bytes(40), { mode: { at: found } }).segments()).toEqual([
      { offset: at(21), size: bytes(40) },
    ]);
  });

  test('prints what the kernel knows, below a line with the scale', () => {
    const [buddy, twin] = [make(), makeTwin()];
    buddy.allocBlocks(bytes(5));
    twin.allocBlocks(5 * 4096);
    const [first, ...rest] = buddy.print().split('\n');
    expect(first).toBe(`scale: ${4096 / chunk}, by which all bytes below are larger`);
    expect(rest.join('\n')).toBe(twin.print());
    expect(twin.print()).toMatch(/^chunk_size: 4KiB, total: 1MiB, free: 0MiB, /);
  });

  test('is declared clear or dirty, and prefers what is asked for', () => {
    const buddy = make();
    buddy.resetClear(true);
    expect([buddy.clearAvail, buddy.avail]).toEqual([bytes(CHUNKS), bytes(CHUNKS)]);
    buddy.resetClear(false);
    expect([buddy.clearAvail, buddy.avail]).toEqual([given(0), bytes(CHUNKS)]);
    const { buddy: holes, lists } = withFree([3]);
    lists[9]?.free({ cleared: true });
    expect(holes.clearAvail).toBe(bytes(1));
    expect(chunksOf(holes.allocBlocks(bytes(1), { clear: true }))).toEqual([[9, 1]]);
    expect(chunksOf(holes.allocBlocks(bytes(1), { clear: true }))).toEqual([[3, 1]]);
  });

  test('does batches', () => {
    const buddy = make();
    const before = buddy.allocBlocks(bytes(1));
    const batch = buddy.batch();
    const first = batch.alloc(bytes(6));
    const handles = [
      first,
      batch.alloc(bytes(2), { mode: { at: at(8) }, tag: 2 }),
      batch.free(first),
      batch.alloc(bytes(CHUNKS)),
      batch.alloc(bytes(CHUNKS + 1)),
      batch.free(before),
    ];
    const result = batch.run();
    expect([...result.errnos]).toEqual([0, 0, 0, -28, -22, 0]);
    expect([...result.offsets]).toEqual([at(248), at(8), given(0), given(0), given(0), given(0)]);
    expect([...result.counts]).toEqual([2, 1, 0, 0, 0, 0]);
    expect(handles.map((handle) => result.blocks(handle)?.size)).toEqual([
      undefined,
      bytes(2),
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(buddy.avail).toBe(bytes(CHUNKS - 2));
    expectSound(buddy);
    const error = refusalOf(buddy, () => {
      batch.alloc(bytes(100));
      batch.alloc(bytes(200));
      batch.run({ atomic: true });
    });
    expect(error).toMatchObject({ code: 'ENOSPC' });
    expect(refusalOf(buddy, () => buddy.allocMany(3, bytes(100)))).toMatchObject({ code: 'ENOSPC' });
    result.free();
    expect(buddy.isEmpty).toBe(true);
  });

  test('is shared, and gives its lists away', () => {
    const buddy = make();
    const other: GpuBuddy<Bytes> = GpuBuddy.from(buddy.share(), { bigint: !bigint });
    expect([other.size, other.chunkSize, other.baseOffset].map(Number)).toEqual([
      CHUNKS * chunk,
      chunk,
      BASE,
    ]);
    const blocks = other.allocBlocks(bytes(7), { mode: { at: at(1) }, tag: 4 });
    expect(buddy.availIn(range(0, 16))).toBe(bytes(9));
    const adopted: AllocatedBlocks<Bytes> = AllocatedBlocks.adopt(blocks.transfer(), { bigint });
    expect(adopted.buddy).toBe(buddy);
    expect([adopted.tag, adopted.size, adopted.offset]).toEqual([4, bytes(7), at(1)]);
    expect(chunksOf(adopted)).toEqual([
      [1, 1],
      [2, 2],
      [4, 4],
    ]);
    adopted.free({ cleared: true });
    expect([Number(other.avail), Number(other.clearAvail)]).toEqual([CHUNKS * chunk, 7 * chunk]);
    expectSound(other);
  });

  test.each<[string, number, (options: typeof range) => AllocOptions, string, string]>([
    ['full', 9, () => ({}), 'full', `${5 * chunk} free`],
    [
      'fragmented',
      4,
      () => ({ contiguous: true }),
      'fragmented',
      `${5 * chunk} free, but no block larger than ${2 * chunk}`,
    ],
    [
      'range',
      3,
      (range) => ({ mode: { range: range(0, 8) } }),
      'range',
      `${2 * chunk} free in the range ${BASE} to ${BASE + 8 * chunk}`,
    ],
    ['range', 2, () => ({ mode: { at: at(3) } }), 'range', `${chunk} free at ${BASE + 3 * chunk}`],
  ])('says why there is no space: %s', (_, chunks, options, reason, free) => {
    // Blocks of one chunk at 2, at 4, and at 22, and of two at 20.
    const { buddy } = withFree([2, 4, 20, 21, 22]);
    const error = refusalOf(buddy, () =>
      buddy.allocBlocks(bytes(chunks), options(range)),
    ) as unknown as GpuBuddyError;
    expect(error).toMatchObject({
      code: 'ENOSPC',
      reason,
      requested: bytes(chunks),
      avail: bytes(5),
      largestFree: bytes(2),
      message: `ENOSPC: no free space fits the request (${chunks * chunk} bytes asked for, ${free}), ${ALLOC}`,
    });
    expect(buddy.tryAllocBlocks(bytes(chunks), options(range))).toBeNull();
    expect(buddy.fragmentation).toBe(1 - 2 / 4);
  });

  const below = chunk > 1 ? chunk - 1 : 0;
  const odd = chunk + 1;
  test.each<[string, string, string, (buddy: GpuBuddy<Bytes>) => unknown]>([
    ['size', `size (${below}) must be at least one chunk`, ALLOC, (buddy) => buddy.allocBlocks(below)],
    [
      'size',
      `size (${bytes(CHUNKS + 1)}) is larger than the whole space`,
      ALLOC,
      (buddy) => buddy.allocBlocks(bytes(CHUNKS + 1)),
    ],
    [
      'size',
      `size (${2n ** 64n - BigInt(chunk)}) is larger than the whole space`,
      ALLOC,
      (buddy) => buddy.allocBlocks(2n ** 64n - BigInt(chunk)),
    ],
    [
      'size',
      `size (${bytes(200)}) rounded up to a multiple of the min block size is larger than the whole space`,
      ALLOC,
      (buddy) => buddy.allocBlocks(bytes(200), { minBlockSize: bytes(512) }),
    ],
    [
      'minBlockSize',
      `minBlockSize (${below}) must be at least one chunk`,
      ALLOC,
      (buddy) => buddy.allocBlocks(bytes(1), { minBlockSize: below }),
    ],
    [
      'minBlockSize',
      `minBlockSize (${bytes(3)}) must be a power of two`,
      ALLOC,
      (buddy) => buddy.allocBlocks(bytes(1), { minBlockSize: bytes(3) }),
    ],
    [
      'range',
      `range (${BASE} to ${BASE + (CHUNKS + 1) * chunk}) must lie within the space`,
      ALLOC,
      (buddy) => buddy.allocBlocks(bytes(1), { mode: { range: range(0, CHUNKS + 1) } }),
    ],
    [
      'range',
      `range (${at(3)} to ${at(3)}) must start below its end`,
      ALLOC,
      (buddy) => buddy.allocBlocks(bytes(1), { mode: { range: range(3, 3) } }),
    ],
    [
      'range',
      `range (${BASE} to 18446744073709551615) must lie within the space`,
      ALLOC,
      (buddy) => buddy.allocBlocks(bytes(1), { mode: { range: { start: BASE, end: 2n ** 64n - 1n } } }),
    ],
    [
      'at',
      `at (${at(CHUNKS)}) must lie within the space`,
      ALLOC,
      (buddy) => buddy.allocBlocks(bytes(1), { mode: { at: at(CHUNKS) } }),
    ],
    [
      'at',
      'at (18446744073709551615) must lie within the space',
      ALLOC,
      (buddy) => buddy.allocBlocks(bytes(1), { mode: { at: 2n ** 64n - 1n } }),
    ],
    [
      'newSize',
      `newSize (${bytes(5)}) is larger than the block`,
      'gpu_buddy_block_trim',
      (buddy) => {
        buddy.allocBlocks(bytes(4)).trim(bytes(5));
      },
    ],
    [
      'newSize',
      `newSize (${2n ** 64n - BigInt(chunk)}) is larger than the block`,
      'gpu_buddy_block_trim',
      (buddy) => {
        buddy.allocBlocks(bytes(4)).trim(2n ** 64n - BigInt(chunk));
      },
    ],
    [
      'start',
      `start (${at(255)}) and the new size after it must lie within the block`,
      'gpu_buddy_block_trim',
      (buddy) => {
        buddy.allocBlocks(bytes(4)).trim(bytes(2), { start: at(255) });
      },
    ],
    [
      'findFree()',
      `size (${bytes(CHUNKS + 1)}) is larger than the whole space`,
      'gpu_buddy',
      (buddy) => buddy.findFree(bytes(CHUNKS + 1)),
    ],
    [
      'availIn()',
      `range (${BASE} to ${BASE + CHUNKS * chunk + 1}) must lie within the space`,
      'gpu_buddy',
      (buddy) => buddy.availIn({ start: BASE, end: BASE + CHUNKS * chunk + 1 }),
    ],
    ...(chunk === 1
      ? []
      : ([
          [
            'size',
            `size (${odd}) must be a multiple of the chunk size`,
            ALLOC,
            (buddy) => buddy.allocBlocks(odd),
          ],
          [
            'minBlockSize',
            `minBlockSize (${chunk / 2}) must be at least one chunk`,
            ALLOC,
            (buddy) => buddy.allocBlocks(bytes(1), { minBlockSize: chunk / 2 }),
          ],
          [
            'range',
            `range (${BASE + 1} to ${at(9)}) must start and end on a multiple of the chunk size`,
            ALLOC,
            (buddy) => buddy.allocBlocks(bytes(1), { mode: { range: { start: BASE + 1, end: at(9) } } }),
          ],
          [
            'at',
            `at (${BASE + chunk - 1}) must start and end on a multiple of the chunk size`,
            ALLOC,
            (buddy) => buddy.allocBlocks(bytes(1), { mode: { at: BASE + chunk - 1 } }),
          ],
          [
            'newSize',
            `newSize (${odd}) must be a multiple of the chunk size`,
            'gpu_buddy_block_trim',
            (buddy) => {
              buddy.allocBlocks(bytes(4)).trim(odd);
            },
          ],
          [
            'start',
            `start (${BASE + 252 * chunk + 1}) must be a multiple of the chunk size`,
            'gpu_buddy_block_trim',
            (buddy) => {
              buddy.allocBlocks(bytes(4)).trim(bytes(1), { start: BASE + 252 * chunk + 1 });
            },
          ],
          [
            'findFree()',
            `size (${odd}) must be a multiple of the chunk size`,
            'gpu_buddy',
            (buddy) => buddy.findFree(odd),
          ],
        ] as [string, string, string, (buddy: GpuBuddy<Bytes>) => unknown][])),
  ])('names what is wrong in the user’s numbers: %s, %s', (_, sentence, syscall, call) => {
    const buddy = make();
    expect(thrownBy(() => call(buddy))).toMatchObject({
      code: 'EINVAL',
      errno: -22,
      message: `EINVAL: ${sentence}, ${syscall}`,
    });
    expectSound(buddy);
  });

  test('is shown by util.inspect(), and written as JSON, in its own bytes', () => {
    const buddy = make();
    const blocks = buddy.allocBlocks(bytes(1), { tag: 2 });
    const n = bigint ? 'n' : '';
    const shown = (value: unknown) => inspect(value, { breakLength: Infinity, compact: true });
    const text = (value: number) => (bigint ? String(value) : value);
    const offset = BASE + 255 * chunk;
    expect(shown(buddy)).toBe(
      `GpuBuddy { baseOffset: ${BASE}${n}, size: ${CHUNKS * chunk}${n}, chunkSize: ${chunk}${n}, avail: ${255 * chunk}${n}, clearAvail: 0${n} }`,
    );
    expect(shown(blocks)).toBe(
      `AllocatedBlocks(1) [ AllocatedBlock { offset: ${offset}${n}, order: 0, size: ${chunk}${n}, isClear: false, tag: 2 } ]`,
    );
    expect(JSON.parse(JSON.stringify(blocks))).toEqual({
      tag: 2,
      size: text(chunk),
      blocks: [{ offset: text(offset), order: 0, size: text(chunk), isClear: false, tag: 2 }],
    });
  });
});

test('print() names no scale for chunks of 4096 bytes or more', () => {
  for (const chunkSize of [4096, 8192, 2 ** 20])
    expect(new GpuBuddy({ size: 2 ** 20, chunkSize }).print()).toMatch(/^chunk_size: \d+KiB, /);
});

describe.each(UNITS)('the largest space with chunks of %d bytes', (chunk) => {
  const unit = BigInt(chunk);
  /** As many chunks as the kernel can count in its own. */
  const MOST = 2n ** 52n - 1n;
  const size = MOST * unit;

  test('has 2^52 - 1 chunks: one byte more than fit into another chunk is refused', () => {
    const largest = 2n ** 52n * unit - 1n;
    const buddy = new GpuBuddy({ size: largest, chunkSize: chunk, bigint: true });
    expect([buddy.size, buddy.avail, buddy.maxOrder]).toEqual([size, size, 51]);
    expect([...buddy.snapshot().orders]).toEqual(span(0, 51).reverse());
    expectSound(buddy);
    for (const tooLarge of [largest + 1n, 2n ** 64n - 1n])
      expect(thrownBy(() => new GpuBuddy({ size: tooLarge, chunkSize: chunk, bigint: true }))).toMatchObject({
        code: 'EINVAL',
        message: `EINVAL: size (${tooLarge}) times 4096 / chunkSize, which the kernel is told, must be below 2^64, gpu_buddy_init`,
      });
  });

  test('is allocated to the last chunk, and told exactly', () => {
    const buddy = new GpuBuddy({ size, chunkSize: chunk, bigint: true });
    const last = buddy.allocBlocks(unit, { mode: { at: size - unit } });
    const first = buddy.allocBlocks(unit, { mode: { range: { start: 0, end: size } } });
    expect([rangesOf(first), rangesOf(last)]).toEqual([[[0n, unit]], [[size - unit, unit]]]);
    expect(buddy.blockAt(size - 1n)).toMatchObject({ offset: size - unit, size: unit });
    expect(thrownBy(() => buddy.blockAt(size))).toMatchObject({ code: 'ENXIO' });
    expect(thrownBy(() => buddy.blockAt(2n ** 64n - 1n))).toMatchObject({ code: 'ENXIO' });
    expect(buddy.avail).toBe(size - 2n * unit);
    expect(buddy.freeSegments()).toEqual([{ offset: unit, size: size - 2n * unit }]);
    expect(buddy.findFree(size - 2n * unit)).toBe(unit);
    expect(buddy.availIn({ start: 1n, end: size - 1n })).toBe(size - 2n * unit);
    expect(last.sizeIn({ start: 0, end: size })).toBe(unit);
    last.free();
    first.free();
    const all = buddy.allocBlocks(size);
    expect([all.length, all.size, buddy.avail]).toEqual([52, size, 0n]);
    expect(all.sizeIn({ start: 1n, end: size - 1n })).toBe(size - 2n);
    const offsets = Array.from(all.toArrays().offsets);
    expect(offsets.at(-1)).toBe(size - unit);
    all.free({ cleared: true });
    expect([buddy.avail, buddy.clearAvail]).toEqual([size, size]);
    expectSound(buddy);
  });

  test('may end at the end of all addresses', () => {
    const baseOffset = 2n ** 64n - 1n - size;
    const buddy = new GpuBuddy({ size, chunkSize: chunk, baseOffset, bigint: true });
    expect(rangesOf(buddy.allocBlocks(unit))).toEqual([[baseOffset + size - unit, unit]]);
    expect(
      thrownBy(() => new GpuBuddy({ size, chunkSize: chunk, baseOffset: baseOffset + 1n, bigint: true })),
    ).toMatchObject({
      code: 'EINVAL',
      message: `EINVAL: baseOffset (${baseOffset + 1n}) plus size must be below 2^64, gpu_buddy_init`,
    });
  });

  test('takes a min block size of 2^51 chunks, and none above', () => {
    const buddy = new GpuBuddy({ size, chunkSize: chunk, bigint: true });
    const [half, small] = [2n ** 51n * unit, new GpuBuddy({ size: 256 * chunk, chunkSize: chunk })];
    expect(rangesOf(buddy.allocBlocks(half, { minBlockSize: half }))).toEqual([[0n, half]]);
    expect(chunksOf(small.allocBlocks(chunk, { minBlockSize: half }))).toEqual([[0, 1]]);
    for (const minBlockSize of [2n * half, 2n ** 63n].filter((min) => min >= 2n * half))
      for (const any of [buddy, small])
        expect(refusalOf(any, () => any.allocBlocks(chunk, { minBlockSize }))).toMatchObject({
          code: 'EINVAL',
          message: `EINVAL: minBlockSize (${minBlockSize}) times 4096 / chunkSize, which the kernel is told, must be below 2^64, ${ALLOC}`,
        });
  });
});

test('the largest space with chunks of 1 byte needs no bigints', () => {
  const size = 2 ** 52 - 1;
  const buddy = new GpuBuddy({ size, chunkSize: 1 });
  expect([buddy.size, buddy.avail, buddy.largestFree]).toEqual([size, size, 2 ** 51]);
  expect(rangesOf(buddy.allocBlocks(3))).toEqual([
    [size - 3, 2],
    [size - 1, 1],
  ]);
  expectSound(buddy);
});

/** Sizes and addresses in chunks. */
type Step =
  | {
      readonly alloc: bigint;
      readonly min: bigint;
      readonly mode:
        'simple' | 'top-down' | { readonly start: bigint; readonly length: bigint } | { readonly at: bigint };
      readonly flags: Pick<AllocOptions, 'contiguous' | 'clear' | 'trimDisable' | 'tag'>;
      readonly batched: boolean;
    }
  | { readonly free: number; readonly cleared: boolean; readonly batched: boolean }
  | { readonly freeBlock: number; readonly index: number; readonly cleared: boolean }
  | { readonly trim: number; readonly newSize: bigint; readonly start: bigint | undefined }
  | { readonly findFree: bigint; readonly alignment: bigint; readonly start: bigint; readonly length: bigint }
  | { readonly lookAt: bigint; readonly list: number }
  | { readonly resetClear: boolean };

/** Does the steps with chunks of so many bytes. Tells all that was seen, in chunks. */
function play(
  steps: readonly Step[],
  chunks: bigint,
  unit: bigint,
  base: bigint,
  bigint: boolean,
): unknown[] {
  const buddy = new GpuBuddy<Bytes>({
    size: chunks * unit,
    chunkSize: unit,
    baseOffset: base,
    bigint,
  });
  const lists: AllocatedBlocks<Bytes>[] = [];
  const listAt = (index: number) => lists[index % Math.max(1, lists.length)];
  const at = (chunk: bigint) => base + chunk * unit;
  const inChunks = (bytes: Bytes): bigint => {
    if (BigInt(bytes) % unit !== 0n) throw new Error(`${bytes} is no multiple of ${unit}.`);
    return BigInt(bytes) / unit;
  };
  const placeOf = (address: Bytes): bigint => inChunks(BigInt(address) - base);
  const told = (list: AllocatedBlocks<Bytes>) => [
    Array.from(list, (block) => [
      placeOf(block.offset),
      block.order,
      inChunks(block.size),
      block.isClear,
      block.tag,
    ]),
    inChunks(list.size),
    list.offset === undefined ? undefined : placeOf(list.offset),
    list.segments().map(({ offset, size }) => [placeOf(offset), inChunks(size)]),
  ];

  const take = (step: Step): unknown => {
    if ('alloc' in step) {
      const { alloc, min, mode, flags, batched } = step;
      const options: AllocOptions = {
        ...flags,
        minBlockSize: min * unit,
        mode:
          typeof mode === 'string'
            ? mode
            : 'at' in mode
              ? { at: at(mode.at) }
              : { range: { start: at(mode.start), end: at(mode.start + mode.length) } },
      };
      if (!batched) {
        const list = buddy.allocBlocks(alloc * unit, options);
        lists.push(list);
        return told(list);
      }
      const batch = buddy.batch();
      const handle = batch.alloc(alloc * unit, options);
      const result = batch.run();
      const error = result.error(handle);
      if (error) throw error;
      const list = result.blocks(handle);
      if (list) lists.push(list);
      return [list && told(list), placeOf(result.offsets[0] ?? 0), [...result.orders]];
    }
    if ('free' in step) {
      const list = listAt(step.free);
      if (!list) return 'no list';
      lists.splice(lists.indexOf(list), 1);
      if (!step.batched) {
        list.free({ cleared: step.cleared });
        return 'freed';
      }
      const batch = buddy.batch();
      batch.free(list, { cleared: step.cleared });
      return [...batch.run().errnos];
    }
    if ('freeBlock' in step) {
      const list = listAt(step.freeBlock);
      if (!list) return 'no list';
      list.freeBlock(step.index, { cleared: step.cleared });
      return told(list);
    }
    if ('trim' in step) {
      const list = listAt(step.trim);
      if (!list) return 'no list';
      const first = list.at(0);
      // The address must fit in 64 bits.
      const inSpace = (chunk: bigint) => at(chunk < chunks ? chunk : chunks - 1n);
      const start =
        step.start === undefined || !first ? undefined : inSpace(placeOf(first.offset) + step.start);
      list.trim(step.newSize * unit, { start });
      return told(list);
    }
    if ('findFree' in step) {
      const { alignment, start, length } = step;
      const range = { start: at(start), end: at(start + length) };
      const found = buddy.findFree(step.findFree * unit, { alignment: alignment * unit, range });
      return [found === null ? null : placeOf(found), inChunks(buddy.availIn(range))];
    }
    if ('lookAt' in step) {
      const block = buddy.blockAt(at(step.lookAt));
      const list = listAt(step.list);
      const range = { start: at(0n), end: at(step.lookAt) };
      return [
        block && { ...block, offset: placeOf(block.offset), size: inChunks(block.size) },
        list && inChunks(list.sizeIn(range)),
      ];
    }
    buddy.resetClear(step.resetClear);
    return 'reset';
  };

  return steps.map((step) => {
    let answer: unknown;
    try {
      answer = take(step);
    } catch (error) {
      if (!(error instanceof GpuBuddyError)) throw error;
      const { code, reason, requested, avail, largestFree } = error;
      answer = {
        code,
        reason,
        numbers: [requested, avail, largestFree].map((n) => n !== undefined && inChunks(n)),
      };
    }
    const { size, chunkSize, kernelWarnings, nativeBytes, orders: counts } = buddy.stats();
    const { offsets, orders, states, tags } = buddy.snapshot();
    return {
      answer,
      // Compared as text, which is much faster.
      blocks: Array.from<Bytes, string>(
        offsets,
        (offset, i) => `${placeOf(offset)} ${orders[i]} ${states[i]} ${tags[i]}`,
      ).join('; '),
      numbers: [buddy.avail, buddy.clearAvail, buddy.largestFree, size, chunkSize].map(inChunks),
      counts: counts.map(
        ({ order, blockSize, freeBlocks, usedBlocks }) =>
          `${order} ${inChunks(blockSize)} ${freeBlocks} ${usedBlocks}`,
      ),
      rest: [buddy.fragmentation, buddy.isEmpty, kernelWarnings, nativeBytes],
      runs: buddy.freeSegments().map(({ offset, size }) => [placeOf(offset), inChunks(size)]),
      printed: buddy.print().replace(/^scale: .*\n/, ''),
    };
  });
}

/** Steps in a space of so many chunks. @param sizes of allocations; @param mins of blocks */
function stepsIn(
  chunks: bigint,
  sizes: fc.Arbitrary<bigint>,
  mins: fc.Arbitrary<bigint>,
): fc.Arbitrary<Step[]> {
  const place = fc.oneof(
    fc.bigInt({ min: 0n, max: chunks - 1n }),
    sizes.filter((size) => size < chunks),
  );
  const reach = place.chain((start) =>
    fc.record({ start: fc.constant(start), length: fc.bigInt({ min: 1n, max: chunks - start }) }),
  );
  const alloc = fc.record({
    alloc: sizes,
    min: fc.oneof({ weight: 2, arbitrary: fc.constant(1n) }, mins),
    mode: fc.oneof(
      fc.constantFrom<'simple' | 'top-down'>('simple', 'top-down'),
      reach,
      fc.record({ at: place }),
    ),
    flags: fc.record(
      { contiguous: fc.boolean(), clear: fc.boolean(), trimDisable: fc.boolean(), tag: fc.nat(9) },
      { requiredKeys: [] },
    ),
    batched: fc.boolean(),
  });
  const other = fc.oneof(
    { weight: 4, arbitrary: fc.record({ free: fc.nat(), cleared: fc.boolean(), batched: fc.boolean() }) },
    fc.record({ freeBlock: fc.nat(), index: fc.integer({ min: -2, max: 2 }), cleared: fc.boolean() }),
    {
      weight: 2,
      arbitrary: fc.record({
        trim: fc.nat(),
        newSize: sizes,
        start: fc.option(fc.oneof(place, fc.bigInt({ min: 0n, max: 4n })), { nil: undefined }),
      }),
    },
    fc.tuple(sizes, mins, reach).map(([findFree, alignment, range]) => ({ findFree, alignment, ...range })),
    fc.record({ lookAt: place.map((chunk) => chunk + 1n), list: fc.nat() }),
    fc.record({ resetClear: fc.boolean() }),
  );
  return fc.array(fc.oneof({ weight: 3, arbitrary: alloc }, { weight: 2, arbitrary: other }), {
    minLength: 10,
    maxLength: 40,
  });
}

describe('placement does not depend on the unit', () => {
  test('in a small space, whatever is done, in units of 4096, 256 and 1, in numbers and bigints', () => {
    const program = fc
      .bigInt({ min: 1n, max: 100n })
      .chain((chunks) =>
        fc.tuple(
          fc.constant(chunks),
          stepsIn(
            chunks,
            fc.oneof(
              { weight: 5, arbitrary: fc.bigInt({ min: 1n, max: chunks < 12n ? chunks : 12n }) },
              fc.bigInt({ min: 0n, max: chunks + 1n }),
            ),
            fc.constantFrom(1n, 2n, 4n, 16n, 128n, 3n),
          ),
        ),
      );
    const answers = { given: 0, refused: 0 };
    fc.assert(
      fc.property(program, fc.boolean(), ([chunks, steps], bigint) => {
        const expected = play(steps, chunks, 4096n, 0n, bigint);
        expect(play(steps, chunks, 256n, 12345n, !bigint)).toEqual(expected);
        expect(play(steps, chunks, 1n, 2n ** 40n + 1n, bigint)).toEqual(expected);
        for (const { answer } of expected as { answer: unknown }[])
          if (Array.isArray(answer)) answers.given++;
          else if (typeof answer === 'object') answers.refused++;
      }),
      { numRuns: 200, seed: 17 },
    );
    // Most steps do something.
    expect(answers.given).toBeGreaterThan(1500);
    expect(answers.refused).toBeGreaterThan(300);
  });

  test('at the limit: in the largest space of each unit', () => {
    const chunks = 2n ** 52n - 1n;
    const sizes = fc.constantFrom(
      1n,
      3n,
      2n ** 31n,
      2n ** 32n,
      2n ** 32n + 1n,
      2n ** 40n - 1n,
      2n ** 50n,
      3n * 2n ** 49n,
      2n ** 51n - 1n,
      2n ** 51n,
      2n ** 51n + 1n,
      chunks - 1n,
      chunks,
    );
    const mins = fc.constantFrom(1n, 2n, 2n ** 31n, 2n ** 32n, 2n ** 50n, 2n ** 51n);
    fc.assert(
      fc.property(stepsIn(chunks, sizes, mins), (steps) => {
        const expected = play(steps, chunks, 4096n, 0n, true);
        expect(play(steps, chunks, 256n, 1n, true)).toEqual(expected);
        expect(play(steps, chunks, 1n, 2n ** 63n + 1n, true)).toEqual(expected);
        expect(play(steps, chunks, 1n, 2n ** 52n, false)).toEqual(expected);
      }),
      { numRuns: 60, seed: 23 },
    );
  });

  test('in a space that was filled and partly freed', () => {
    const free = (chunk: number) => {
      const buddy = new GpuBuddy({ size: 100 * chunk, chunkSize: chunk });
      const lists = takeAll(buddy);
      lists.forEach((list, i) => {
        if (i % 3) list.free({ cleared: i % 2 === 0 });
      });
      return freeChunksOf(buddy);
    };
    for (const chunk of UNITS) expect(free(chunk)).toEqual(free(4096));
  });
});
