// Tests who owns a range, and for how long. Freed objects can't be used, and no other value passes for one.

import { describe, expect, test } from '@jest/globals';
import { inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import {
  AllocatedBlock,
  AllocatedBlocks,
  Batch,
  BatchResult,
  GpuBuddy,
  GpuBuddyError,
  Pool,
  SZ_16K,
  SZ_1M,
  SZ_4K,
  SZ_64K,
  type Bytes,
} from 'gpu-buddy';
import { allocatorOf } from '../../lib/gpu-buddy';
import {
  expectSound,
  firstOf,
  rangesOf,
  refusalOf,
  SZ_20K,
  SZ_24K,
  thrownBy,
} from '../support/allocator-state';

const FREED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_FREED', errno: undefined };
const DISPOSED = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_DISPOSED', errno: undefined };
const TOKEN = { name: 'GpuBuddyError', code: 'ERR_GPU_BUDDY_TOKEN', errno: undefined };

const megabyte = () => new GpuBuddy({ size: SZ_1M });

describe('an allocator', () => {
  test('lives until its last object and its last list are gone, in whatever order', () => {
    const orders = [
      ['object', 'opened', 'list', 'other list'],
      ['list', 'object', 'other list', 'opened'],
      ['other list', 'list', 'opened', 'object'],
      ['opened', 'list', 'object', 'other list'],
    ] as const;
    for (const order of orders) {
      const buddy = megabyte();
      const token = buddy.share();
      const opened = GpuBuddy.from(token);
      const [list, other] = [buddy.allocBlocks(SZ_4K), opened.allocBlocks(SZ_20K)];
      const ends = {
        object: () => {
          buddy.dispose();
        },
        opened: () => {
          opened.dispose();
        },
        list: () => {
          list.free();
        },
        'other list': () => {
          other.free();
        },
      };
      for (const end of order) {
        // Still there. The object that looks is gone at once.
        GpuBuddy.from(token).dispose();
        ends[end]();
      }
      expect(thrownBy(() => GpuBuddy.from(token))).toMatchObject(TOKEN);
    }
  });

  test('that is disposed of gives nothing more, and its lists can be read, trimmed and freed', () => {
    const buddy = megabyte();
    const observer = GpuBuddy.from(buddy.share());
    const [one, two] = [buddy.allocBlocks(SZ_64K), buddy.allocBlocks(SZ_20K)];
    const block = firstOf(one);
    buddy.dispose();
    for (const use of [
      () => buddy.allocBlocks(SZ_4K),
      () => buddy.tryAllocBlocks(SZ_4K),
      () => buddy.avail,
      () => buddy.clearAvail,
      () => buddy.stats(),
      () => buddy.snapshot(),
      () => buddy.print(),
      () => buddy.blockAt(0),
      () => buddy.share(),
      () => {
        buddy.resetClear(true);
      },
    ])
      expect(refusalOf(observer, use)).toMatchObject(DISPOSED);
    expect([buddy.disposed, buddy.size, buddy.chunkSize, buddy.baseOffset, buddy.maxOrder]).toEqual([
      true,
      SZ_1M,
      4096,
      0,
      8,
    ]);

    expect(block.offset).toBe(SZ_1M - SZ_64K);
    one.trim(SZ_16K);
    two.freeBlock(1);
    expect([rangesOf(one).length, two.size]).toEqual([1, SZ_16K]);
    const adopted = AllocatedBlocks.adopt(one.transfer());
    expect(adopted.buddy.disposed).toBe(false);
    adopted.free();
    two.free();
    expect(observer.avail).toBe(observer.size);
  });

  test('can be disposed of again and again', () => {
    const buddy = megabyte();
    const next = megabyte();
    for (let i = 0; i < 3; i++) buddy.dispose();
    const later = megabyte();
    buddy[Symbol.dispose]();
    for (const other of [next, later]) expect(other.avail).toBe(other.size);
  });
});

describe('an allocator that is opened as numbers and as bigints', () => {
  /** The first object gives out numbers, or bigints, and the second the other. */
  const makers: [string, () => { numbers: GpuBuddy; bigints: GpuBuddy<bigint> }][] = [
    [
      'made for numbers',
      () => {
        const numbers = megabyte();
        return { numbers, bigints: GpuBuddy.from(numbers.share(), { bigint: true }) };
      },
    ],
    [
      'made for bigints',
      () => {
        const bigints = new GpuBuddy({ size: SZ_1M, bigint: true });
        return { numbers: GpuBuddy.from(bigints.share()), bigints };
      },
    ],
  ];

  test.each(makers)('is one, and each object has its own kind of numbers: %s', (_, make) => {
    const { numbers, bigints } = make();
    const mine = numbers.allocBlocks(SZ_20K, { tag: 5 });
    const other = bigints.allocBlocks(SZ_4K);
    expect([numbers.avail, bigints.avail]).toEqual([SZ_1M - SZ_24K, BigInt(SZ_1M - SZ_24K)]);
    expect([mine.size, other.size, mine.offset, other.offset]).toEqual([
      SZ_20K,
      4096n,
      SZ_1M - SZ_20K,
      BigInt(SZ_1M - SZ_24K),
    ]);
    expect(numbers.blockAt(SZ_1M - 1)).toEqual({
      offset: SZ_1M - SZ_16K,
      order: 2,
      size: SZ_16K,
      isClear: false,
      tag: 5,
    });
    expect(bigints.blockAt(SZ_1M - 1)).toEqual({
      offset: BigInt(SZ_1M - SZ_16K),
      order: 2,
      size: 16384n,
      isClear: false,
      tag: 5,
    });
    const [one, two] = [numbers.snapshot(), bigints.snapshot()];
    expect([one.offsets.constructor, two.offsets.constructor]).toEqual([Float64Array, BigUint64Array]);
    expect({ ...one, offsets: Array.from(one.offsets, BigInt) }).toEqual({
      ...two,
      offsets: Array.from(two.offsets),
    });
    for (const buddy of [numbers, bigints]) expectSound(buddy);
    mine.free();
    other.free();
    expect([numbers.avail, bigints.avail]).toEqual([SZ_1M, BigInt(SZ_1M)]);
  });

  test.each(makers)('gives each list that is adopted to the object of its kind: %s', (_, make) => {
    const { numbers, bigints } = make();
    for (const from of [numbers, bigints]) {
      const token = () => from.allocBlocks(SZ_4K).transfer();
      const lists = [
        AllocatedBlocks.adopt(token()),
        AllocatedBlocks.adopt(token(), { bigint: true }),
        AllocatedBlocks.adopt(token(), { bigint: false }),
        AllocatedBlocks.adopt(token(), { bigint: true }),
      ];
      expect(lists.map(({ buddy }) => [numbers, bigints].findIndex((one) => one === buddy))).toEqual([
        0, 1, 0, 1,
      ]);
      expect(lists.map(({ size }) => size)).toEqual([4096, 4096n, 4096, 4096n]);
      for (const list of lists) list.free();
    }
    expect(numbers.avail).toBe(numbers.size);
  });

  test.each(makers)('frees lists of either kind in batches of either kind: %s', (_, make) => {
    const { numbers, bigints } = make();
    for (const [buddy, other] of [
      [numbers, bigints],
      [bigints, numbers],
    ] as const) {
      const lists = [buddy.allocBlocks(SZ_20K), other.allocBlocks(SZ_4K)];
      const batch = buddy.batch();
      for (const list of lists) batch.free(list);
      expect([...batch.run().errnos]).toEqual([0, 0]);
      expect(lists.map(({ freed }) => freed)).toEqual([true, true]);
    }
    expect(numbers.avail).toBe(numbers.size);
  });

  test.each(makers)('ends with its last object and its last list of either kind: %s', (_, make) => {
    const ends = ['numbers', 'bigints', 'list of numbers', 'list of bigints'] as const;
    for (const first of ends) {
      const { numbers, bigints } = make();
      const token = numbers.share();
      const owners = {
        numbers,
        bigints,
        'list of numbers': numbers.allocBlocks(SZ_4K),
        'list of bigints': bigints.allocBlocks(SZ_4K),
      };
      for (const end of [first, ...ends.filter((end) => end !== first)]) {
        GpuBuddy.from(token).dispose();
        GpuBuddy.from(token, { bigint: true }).dispose();
        owners[end][Symbol.dispose]();
      }
      expect(thrownBy(() => GpuBuddy.from(token))).toMatchObject(TOKEN);
      expect(thrownBy(() => GpuBuddy.from(token, { bigint: true }))).toMatchObject(TOKEN);
    }
  });

  test.each<[string, Bytes, Bytes]>([
    ['ends above 2^53 - 1', 2n ** 60n, 0],
    ['begins above it', SZ_1M, 2n ** 63n],
    ['ends one chunk above it', SZ_4K, 2 ** 53 - SZ_4K],
  ])('is refused as numbers where the space %s, and nothing is lost', (_, size, baseOffset) => {
    const buddy = new GpuBuddy({ size, baseOffset, bigint: true });
    const [shared, token] = [buddy.share(), buddy.allocBlocks(SZ_4K).transfer()];
    const tooLarge = { name: 'GpuBuddyError', code: 'EINVAL', errno: -22 };
    for (const options of [undefined, {}, { bigint: false }, { bigint: undefined }]) {
      const errors = [
        refusalOf(buddy, () => GpuBuddy.from(shared, options)),
        refusalOf(buddy, () => AllocatedBlocks.adopt(token, options)),
      ];
      for (const error of errors) {
        expect(error).toMatchObject(tooLarge);
        expect(error.message).toContain('{ bigint: true }');
      }
    }
    const adopted = AllocatedBlocks.adopt(token, { bigint: true });
    expect([adopted.buddy === buddy, adopted.size]).toEqual([true, 4096n]);
    adopted.free();
    expect(buddy.avail).toBe(buddy.size);
    // Refused objects keep nothing alive.
    buddy.dispose();
    expect(thrownBy(() => GpuBuddy.from(shared, { bigint: true }))).toMatchObject(TOKEN);
  });

  test('up to 2^53 - 1 is opened as numbers, which are exact', () => {
    const buddy = new GpuBuddy({ size: SZ_4K, baseOffset: 2n ** 53n - 4097n, bigint: true });
    const numbers = GpuBuddy.from(buddy.share());
    const blocks = numbers.allocBlocks(SZ_4K);
    expect([numbers.baseOffset, numbers.size, blocks.offset]).toEqual([
      2 ** 53 - 4097,
      SZ_4K,
      2 ** 53 - 4097,
    ]);
    expect(buddy.blockAt(2n ** 53n - 2n)?.offset).toBe(2n ** 53n - 4097n);
    blocks.free();
  });
});

describe('objects that cannot be made by hand', () => {
  const buddy = megabyte();
  const blocks = buddy.allocBlocks(SZ_20K);
  const block = firstOf(blocks);
  const batch = buddy.batch();
  batch.alloc(SZ_4K);
  const batchResult = batch.run();
  batch.alloc(SZ_4K);
  const pool = buddy.pool();
  pool.alloc(SZ_4K);

  test('lists and blocks have no constructor to call', () => {
    const make: (new (...values: unknown[]) => unknown)[] = [
      AllocatedBlocks as never,
      AllocatedBlock as never,
      Batch as never,
      BatchResult as never,
      Pool as never,
      blocks.constructor as never,
      block.constructor as never,
    ];
    for (const Class of make)
      for (const values of [[], [undefined, buddy], [Symbol('gpu-buddy.internal'), buddy, { slot: 0 }, 0]])
        expect(refusalOf(buddy, () => new Class(...values))).toMatchObject({
          name: 'TypeError',
          code: 'ERR_ILLEGAL_CONSTRUCTOR',
        });
  });

  /**
   * The answers of at(), isEmpty and an iterator for an object without a length, an error without a place, and what is printed of
   * an object that is none.
   */
  function knowsNothing(result: unknown): boolean {
    if (typeof result === 'string') return /^\w+ \{\}$/.test(result);
    if (typeof result !== 'object' || result === null) return result === undefined || result === false;
    return 'done' in result ? result.done === true : result instanceof GpuBuddyError;
  }

  /** Lists the methods and getters of a class, those named by symbols too, as functions of their `this`. */
  function membersOf(Class: { prototype: object }): [string, (self: unknown) => unknown][] {
    return Reflect.ownKeys(Class.prototype)
      .filter((key) => key !== 'constructor')
      .map((key) => {
        const property: PropertyDescriptor | undefined = Object.getOwnPropertyDescriptor(
          Class.prototype,
          key,
        );
        // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with a `this` of all kinds below
        const member = (property?.value ?? property?.get) as (...values: unknown[]) => unknown;
        return [
          `${Class.prototype.constructor.name}: ${String(key)}`,
          (self) => {
            const result = member.call(self, SZ_4K, {});
            // A generator does nothing until it is asked.
            return key === Symbol.iterator ? (result as Iterator<unknown>).next() : result;
          },
        ];
      });
  }

  const classes = [GpuBuddy, AllocatedBlocks, AllocatedBlock, Batch, BatchResult, Pool];

  test.each(classes.flatMap(membersOf))(
    '%s is a TypeError, or knows nothing, on all that only looks like one',
    async (name, member) => {
      // Its class is none of the others, whose members it must not have either.
      const own = classes.find((Class) => name.startsWith(`${Class.name}:`));
      // Members of an allocator find some of their own names in a pool, and use what they find.
      const isOfPool = own === Pool;
      const objects = [buddy, blocks, block, batch, batchResult, ...(isOfPool ? [pool] : [])];
      const real = objects.filter((object) => object.constructor !== own);
      const forged = [
        undefined,
        null,
        0,
        {},
        ...classes
          .filter((Class) => isOfPool || Class !== Pool)
          .map((Class) => Object.create(Class.prototype) as unknown),
        ...objects.map((object) => Object.create(object) as unknown),
        ...objects.map((object) => new Proxy(object, {})),
        ...objects.map((object) => Object.assign(Object.create(null), object) as unknown),
        ...real,
      ];
      for (const self of forged) {
        let result: unknown;
        try {
          result = await member(self);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
        expect(knowsNothing(result)).toBe(true);
      }
      expect([rangesOf(blocks).length, buddy.disposed, blocks.freed]).toEqual([2, false, false]);
      expect([pool.length, pool.disposed]).toEqual([1, false]);
    },
  );

  test.each([
    ['an allocator', buddy],
    ['a list', blocks],
    ['a block', block],
  ])('a clone of %s is an empty object, and nothing of what it was', (_, object) => {
    for (const clone of [structuredClone(object), deserialize(serialize(object)) as object]) {
      expect(Reflect.ownKeys(clone)).toEqual([]);
      expect(Object.getPrototypeOf(clone)).not.toBe(Object.getPrototypeOf(object));
    }
    expect(Object.assign({}, object)).toEqual({});
  });
});

describe('printing', () => {
  const decimalOrHexadecimalPointer = /0x[0-9a-f]{6,}|\b\d{12,}\b/i;

  test.each([
    { bigint: false, n: '' },
    { bigint: true, n: 'n' },
  ])(
    'says what a user wants to know, and gives no address of memory away (bigint: $bigint)',
    ({ bigint, n }) => {
      const buddy = new GpuBuddy<Bytes>({ size: SZ_1M, bigint });
      const blocks = buddy.allocBlocks(SZ_20K, { tag: 7 });
      const block = blocks.at(0);
      const batch = buddy.batch();
      batch.alloc(SZ_4K);
      const waiting = inspect(batch);
      using result = batch.run();
      const values: [unknown, string | RegExp][] = [
        [
          buddy,
          `GpuBuddy { baseOffset: 0${n}, size: 1048576${n}, chunkSize: 4096${n}, avail: 1024000${n}, clearAvail: 0${n} }`,
        ],
        [block, `AllocatedBlock { offset: 1032192${n}, order: 2, size: 16384${n}, isClear: false, tag: 7 }`],
        [blocks, /^AllocatedBlocks\(2\) \[ AllocatedBlock \{/],
        [batch, 'Batch { length: 0 }'],
        [result, new RegExp(`^BatchResult\\(1\\) \\{.* offsets: \\w+Array\\(1\\) \\[ 1024000${n} ?[,\\]]`)],
        [thrownBy(() => buddy.allocBlocks(5)), /EINVAL: size \(5\)/],
      ];
      for (const [value, expected] of values)
        for (const options of [
          {},
          { showHidden: true },
          { showProxy: true },
          { getters: true },
          { depth: null },
        ]) {
          const text = inspect(value, { breakLength: Infinity, ...options }).replace(/\n\s+at .*/g, '');
          if (typeof expected === 'string') expect(text).toBe(expected);
          else expect(text).toMatch(expected);
          expect(text).not.toMatch(decimalOrHexadecimalPointer);
        }
      expect(waiting).toBe('Batch { length: 1 }');
      blocks.free();
      buddy.dispose();
      expect([buddy, blocks, block].map((value) => inspect(value))).toEqual([
        'GpuBuddy { disposed }',
        'AllocatedBlocks { freed }',
        'AllocatedBlock { freed }',
      ]);
    },
  );

  test('shows no more of a long list than is asked for', () => {
    const buddy = new GpuBuddy({ size: 4 * SZ_1M });
    const lists = Array.from({ length: 1024 }, () => buddy.allocBlocks(SZ_4K));
    lists.forEach((list, i) => {
      list.free({ cleared: i % 2 === 0 });
    });
    using blocks = buddy.allocBlocks(4 * SZ_1M - SZ_4K, {
      mode: { range: { start: 0, end: 4 * SZ_1M - SZ_4K } },
    });
    expect(blocks.length).toBeGreaterThan(500);
    expect(inspect(blocks)).toMatch(/ \.\.\. \d+ more$/);
    expect(inspect(blocks, { maxArrayLength: 0 })).toMatch(/^AllocatedBlocks\(\d+\) \[\] \.\.\. \d+ more$/);
    expect(inspect(blocks, { maxArrayLength: null })).not.toContain('more');
    expect(inspect({ deep: { down: { there: blocks } } })).toMatch(/AllocatedBlocks\(\d+\)/);
  });

  test('shows an error by its message, without a handle', () => {
    const buddy = megabyte();
    buddy.dispose();
    const error = thrownBy(() => buddy.avail);
    expect(Object.keys(error).sort()).toEqual(['code', 'errno', 'name', 'syscall']);
  });
});

describe('a list', () => {
  test('can be freed twice, by whatever way', () => {
    const buddy = megabyte();
    const blocks = buddy.allocBlocks(SZ_4K);
    blocks.free();
    const other = buddy.allocBlocks(SZ_4K);
    blocks.free();
    blocks.free({ cleared: true });
    blocks[Symbol.dispose]();
    expect([buddy.avail, other.freed, blocks.freed]).toEqual([SZ_1M - SZ_4K, false, true]);
  });

  test('that was given away is freed, and its blocks are not', () => {
    const buddy = megabyte();
    const blocks = buddy.allocBlocks(SZ_4K);
    const token = blocks.transfer();
    expect([blocks.freed, buddy.avail]).toEqual([true, SZ_1M - SZ_4K]);
    blocks.free();
    expect(refusalOf(buddy, () => blocks.transfer())).toMatchObject(FREED);
    AllocatedBlocks.adopt(token).free();
    expect(buddy.avail).toBe(buddy.size);
  });

  test.each(['at()', 'an iterator'])('that is freed while %s runs is freed for it too', (how) => {
    const buddy = megabyte();
    const blocks = buddy.allocBlocks(SZ_20K);
    const index = {
      valueOf() {
        blocks.free();
        return 0;
      },
    };
    const use = () => {
      if (how === 'at()') return blocks.at(index as never)?.offset;
      const offsets = [];
      for (const { offset } of blocks) {
        offsets.push(offset);
        blocks.free();
      }
      return offsets;
    };
    expect((thrownBy(use) as { code?: unknown }).code).toMatch(/^ERR_(GPU_BUDDY_FREED|INVALID_ARG_TYPE)$/);
  });
});

describe('a list that has lost all of its blocks gives up its allocator', () => {
  function emptied(): { readonly buddy: GpuBuddy; readonly blocks: AllocatedBlocks } {
    const buddy = new GpuBuddy({ size: SZ_1M });
    const blocks = buddy.allocBlocks(SZ_4K);
    blocks.freeBlock(0);
    return { buddy, blocks };
  }

  const ways: readonly (readonly [string, (buddy: GpuBuddy, blocks: AllocatedBlocks) => void])[] = [
    [
      'when it is freed',
      (buddy, blocks) => {
        blocks.free();
        buddy.dispose();
      },
    ],
    [
      'when it is freed after the allocator was disposed of',
      (buddy, blocks) => {
        buddy.dispose();
        blocks.free();
      },
    ],
    [
      'when a batch frees it',
      (buddy, blocks) => {
        const batch = buddy.batch();
        batch.free(blocks);
        batch.run();
        buddy.dispose();
      },
    ],
    [
      'when another list takes over its blocks',
      (buddy, blocks) => {
        const other = buddy.allocBlocks(SZ_4K);
        other.append(blocks);
        other.free();
        buddy.dispose();
      },
    ],
  ];

  test.each(ways)('%s', (_, end) => {
    // A handle that is given up makes room for the next one.
    const slots = Array.from({ length: 3 }, () => {
      const { buddy, blocks } = emptied();
      end(buddy, blocks);
      return allocatorOf(buddy).handle.slot;
    });
    expect(new Set(slots).size).toBe(1);
  });
});
