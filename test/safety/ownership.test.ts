// Who owns what, and for how long. What belongs to nobody can't be used; what is no allocator, list or block is none.

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
  SZ_16K,
  SZ_1M,
  SZ_4K,
  SZ_64K,
} from 'gpu-buddy';
import { firstOf, rangesOf, refusalOf, SZ_20K, thrownBy } from '../lib/helpers';

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
      BigInt(SZ_1M),
      4096n,
      0n,
      8,
    ]);

    expect(block.offset).toBe(BigInt(SZ_1M - SZ_64K));
    one.trim(SZ_16K);
    two.freeBlock(1);
    expect([rangesOf(one).length, two.size]).toEqual([1, BigInt(SZ_16K)]);
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

describe('what cannot be made by hand', () => {
  const buddy = megabyte();
  const blocks = buddy.allocBlocks(SZ_20K);
  const block = firstOf(blocks);
  const batch = buddy.batch();
  batch.alloc(SZ_4K);
  const batchResult = batch.run();
  batch.alloc(SZ_4K);

  test('lists and blocks have no constructor to call', () => {
    const make: (new (...values: unknown[]) => unknown)[] = [
      AllocatedBlocks as never,
      AllocatedBlock as never,
      Batch as never,
      BatchResult as never,
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

  /** All methods and getters of a class, those with symbols for names too, as functions of their `this`. */
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

  const classes = [GpuBuddy, AllocatedBlocks, AllocatedBlock, Batch, BatchResult];

  test.each(classes.flatMap(membersOf))(
    '%s is a TypeError, or knows nothing, on all that only looks like one',
    (name, member) => {
      // Its class is none of the others, whose members it must not have either.
      const own = classes.find((Class) => name.startsWith(`${Class.name}:`));
      const objects = [buddy, blocks, block, batch, batchResult];
      const real = objects.filter((object) => object.constructor !== own);
      const forged = [
        undefined,
        null,
        0,
        {},
        ...classes.map((Class) => Object.create(Class.prototype) as unknown),
        ...objects.map((object) => Object.create(object) as unknown),
        ...objects.map((object) => new Proxy(object, {})),
        ...objects.map((object) => Object.assign(Object.create(null), object) as unknown),
        ...real,
      ];
      for (const self of forged) {
        let result: unknown;
        try {
          result = member(self);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
        expect(knowsNothing(result)).toBe(true);
      }
      expect([rangesOf(blocks).length, buddy.disposed, blocks.freed]).toEqual([2, false, false]);
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

describe('what is printed', () => {
  const decimalOrHexadecimalPointer = /0x[0-9a-f]{6,}|\b\d{12,}\b/i;

  test('says what a user wants to know, and gives no address of memory away', () => {
    const buddy = megabyte();
    const blocks = buddy.allocBlocks(SZ_20K, { tag: 7 });
    const block = firstOf(blocks);
    const values: [unknown, RegExp][] = [
      [
        buddy,
        /^GpuBuddy \{ baseOffset: 0n, size: 1048576n, chunkSize: 4096n, avail: 1028096n, clearAvail: 0n \}$/,
      ],
      [block, /^AllocatedBlock \{ offset: 1032192n, order: 2, size: 16384n, isClear: false, tag: 7 \}$/],
      [blocks, /^AllocatedBlocks\(2\) \[ AllocatedBlock \{/],
      [thrownBy(() => buddy.allocBlocks(5)), /EINVAL: size \(5\)/],
    ];
    for (const [value, pattern] of values)
      for (const options of [
        {},
        { showHidden: true },
        { showProxy: true },
        { getters: true },
        { depth: null },
      ]) {
        const text = inspect(value, { breakLength: Infinity, ...options }).replace(/\n\s+at .*/g, '');
        expect(text).toMatch(pattern);
        expect(text).not.toMatch(decimalOrHexadecimalPointer);
      }
    blocks.free();
    buddy.dispose();
    expect([buddy, blocks, block].map((value) => inspect(value))).toEqual([
      'GpuBuddy { disposed }',
      'AllocatedBlocks { freed }',
      'AllocatedBlock { freed }',
    ]);
  });

  test('of a long list is no more than is asked for', () => {
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

  test('of an error says the same in its message, and holds no handle', () => {
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
    expect([buddy.avail, other.freed, blocks.freed]).toEqual([BigInt(SZ_1M - SZ_4K), false, true]);
  });

  test('that was given away is freed, and its blocks are not', () => {
    const buddy = megabyte();
    const blocks = buddy.allocBlocks(SZ_4K);
    const token = blocks.transfer();
    expect([blocks.freed, buddy.avail]).toEqual([true, BigInt(SZ_1M - SZ_4K)]);
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
