// Values that no such argument can have: a TypeError or a RangeError, before anything happens.

import { describe, expect, test } from '@jest/globals';
import { AllocatedBlocks, GpuBuddy, SZ_16K, SZ_1M, SZ_4K, type OpenOptions } from 'gpu-buddy';
import { stateOf, thrownBy } from '../support/allocator-state';

type Kind = 'bytes' | 'integer' | 'index' | 'flag' | 'options' | 'mode' | 'range';

interface Argument {
  /** Name in the error message. */
  readonly name: string;
  readonly kind: Kind;
  /** May be left out, or be undefined. */
  readonly optional?: true;
  readonly pass: (value: never, buddy: GpuBuddy, blocks: AllocatedBlocks) => unknown;
}

const SIZE = SZ_4K;

/** The arguments that allocBlocks() and tryAllocBlocks() have in common. */
function allocArguments(method: 'allocBlocks' | 'tryAllocBlocks'): Argument[] {
  return [
    { name: 'size', kind: 'bytes', pass: (size, buddy) => buddy[method](size) },
    {
      name: 'options',
      kind: 'options',
      optional: true,
      pass: (options, buddy) => buddy[method](SIZE, options),
    },
    {
      name: 'minBlockSize',
      kind: 'bytes',
      optional: true,
      pass: (minBlockSize, buddy) => buddy[method](SIZE, { minBlockSize }),
    },
    { name: 'mode', kind: 'mode', optional: true, pass: (mode, buddy) => buddy[method](SIZE, { mode }) },
    { name: 'mode.range', kind: 'range', pass: (range, buddy) => buddy[method](SIZE, { mode: { range } }) },
    {
      name: 'mode.range.start',
      kind: 'bytes',
      pass: (start, buddy) => buddy[method](SIZE, { mode: { range: { start, end: SZ_1M } } }),
    },
    {
      name: 'mode.range.end',
      kind: 'bytes',
      pass: (end, buddy) => buddy[method](SIZE, { mode: { range: { start: 0, end } } }),
    },
    {
      name: 'contiguous',
      kind: 'flag',
      optional: true,
      pass: (contiguous, buddy) => buddy[method](SIZE, { contiguous }),
    },
    { name: 'clear', kind: 'flag', optional: true, pass: (clear, buddy) => buddy[method](SIZE, { clear }) },
    {
      name: 'trimDisable',
      kind: 'flag',
      optional: true,
      pass: (trimDisable, buddy) => buddy[method](SIZE, { trimDisable }),
    },
    { name: 'tag', kind: 'integer', optional: true, pass: (tag, buddy) => buddy[method](SIZE, { tag }) },
  ];
}

/** The arguments behind the token of GpuBuddy.from() and AllocatedBlocks.adopt(). */
function openArguments(open: (options: OpenOptions | undefined, buddy: GpuBuddy) => unknown): Argument[] {
  return [
    { name: 'options', kind: 'options', optional: true, pass: (options, buddy) => open(options, buddy) },
    { name: 'bigint', kind: 'flag', optional: true, pass: (bigint, buddy) => open({ bigint }, buddy) },
  ];
}

const methods: [method: string, Argument[]][] = [
  [
    'new GpuBuddy',
    [
      { name: 'options', kind: 'options', pass: (options) => new GpuBuddy(options) },
      { name: 'size', kind: 'bytes', pass: (size) => new GpuBuddy({ size }) },
      {
        name: 'chunkSize',
        kind: 'bytes',
        optional: true,
        pass: (chunkSize) => new GpuBuddy({ size: SIZE, chunkSize }),
      },
      {
        name: 'baseOffset',
        kind: 'bytes',
        optional: true,
        pass: (baseOffset) => new GpuBuddy({ size: SIZE, baseOffset }),
      },
      {
        name: 'maxNativeBytes',
        kind: 'integer',
        optional: true,
        pass: (maxNativeBytes) => new GpuBuddy({ size: SIZE, maxNativeBytes }),
      },
      {
        name: 'maxSteps',
        kind: 'integer',
        optional: true,
        pass: (maxSteps) => new GpuBuddy({ size: SIZE, maxSteps }),
      },
      {
        name: 'bigint',
        kind: 'flag',
        optional: true,
        pass: (bigint) => new GpuBuddy({ size: SIZE, bigint }),
      },
    ],
  ],
  ['GpuBuddy.from', openArguments((options, buddy) => GpuBuddy.from(buddy.share(), options))],
  [
    'AllocatedBlocks.adopt',
    openArguments((options) =>
      AllocatedBlocks.adopt(new GpuBuddy({ size: SIZE }).allocBlocks(SIZE).transfer(), options),
    ),
  ],
  ['allocBlocks', allocArguments('allocBlocks')],
  ['tryAllocBlocks', allocArguments('tryAllocBlocks')],
  ['blockAt', [{ name: 'address', kind: 'bytes', pass: (address, buddy) => buddy.blockAt(address) }]],
  [
    'resetClear',
    [
      {
        name: 'isClear',
        kind: 'flag',
        pass: (isClear, buddy) => {
          buddy.resetClear(isClear);
        },
      },
    ],
  ],
  [
    'trim',
    [
      {
        name: 'newSize',
        kind: 'bytes',
        pass: (newSize, _, blocks) => {
          blocks.trim(newSize);
        },
      },
      {
        name: 'options',
        kind: 'options',
        optional: true,
        pass: (options, _, blocks) => {
          blocks.trim(SIZE, options);
        },
      },
      {
        name: 'start',
        kind: 'bytes',
        optional: true,
        pass: (start, _, blocks) => {
          blocks.trim(SIZE, { start });
        },
      },
    ],
  ],
  [
    'freeBlock',
    [
      {
        name: 'index',
        kind: 'index',
        pass: (index, _, blocks) => {
          blocks.freeBlock(index);
        },
      },
      {
        name: 'options',
        kind: 'options',
        optional: true,
        pass: (options, _, blocks) => {
          blocks.freeBlock(0, options);
        },
      },
      {
        name: 'cleared',
        kind: 'flag',
        optional: true,
        pass: (cleared, _, blocks) => {
          blocks.freeBlock(0, { cleared });
        },
      },
    ],
  ],
  [
    'free',
    [
      {
        name: 'options',
        kind: 'options',
        optional: true,
        pass: (options, _, blocks) => {
          blocks.free(options);
        },
      },
      {
        name: 'cleared',
        kind: 'flag',
        optional: true,
        pass: (cleared, _, blocks) => {
          blocks.free({ cleared });
        },
      },
    ],
  ],
];

const all = methods.flatMap(([method, args]) =>
  args.map((argument) => [method, argument.name, argument] as const),
);

/** Values that must not be converted, even if they could be, and their names in error messages. */
const values: [value: unknown, received: string][] = [
  [undefined, 'undefined'],
  [null, 'null'],
  ['', "type string ('')"],
  ['4096', "type string ('4096')"],
  ['Simple', "type string ('Simple')"],
  [true, 'type boolean (true)'],
  [false, 'type boolean (false)'],
  [Symbol('4096'), 'type symbol (Symbol(4096))'],
  [{}, 'an object'],
  [{ valueOf: () => 4096, range: 0 }, 'an object'],
  [[], 'an object'],
  [[4096], 'an object'],
  [[0, 4096, 8192], 'an object'],
  [new Date(0), 'an object'],
  [() => 4096, 'a function'],
  [4096, 'type number (4096)'],
  [4096n, 'type bigint (4096)'],
];

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Types that each kind takes. Values may still be refused for other reasons. */
const takes: Record<Kind, (value: unknown) => boolean> = {
  bytes: (value) => typeof value === 'number' || typeof value === 'bigint',
  integer: (value) => typeof value === 'number',
  index: (value) => typeof value === 'number',
  flag: (value) => typeof value === 'boolean',
  options: (value) => value === undefined || isObject(value),
  mode: () => false,
  range: (value) => isObject(value) && !Array.isArray(value),
};

const expectations: Record<Kind, string> = {
  bytes: 'of type number or bigint',
  integer: 'of type number',
  index: 'of type number',
  flag: 'of type boolean',
  options: 'of type object',
  mode: "'simple', 'top-down', { range: { start, end } } or { at: address }",
  range: 'of the form { start, end }',
};

/** An allocator with one list of one block. */
function make(): { buddy: GpuBuddy; blocks: AllocatedBlocks } {
  const buddy = new GpuBuddy({ size: SZ_1M });
  buddy.resetClear(true);
  return { buddy, blocks: buddy.allocBlocks(SZ_16K, { tag: 1 }) };
}

/** Passes each value, and gives the refusals. Checks that allocator and list are unchanged. */
function refusals(argument: Argument, given: unknown[]): string[] {
  const { buddy, blocks } = make();
  const before = stateOf(buddy);
  return given.map((value) => {
    const error = thrownBy(() => argument.pass(value as never, buddy, blocks));
    expect(stateOf(buddy)).toEqual(before);
    expect([blocks.freed, blocks.length]).toEqual([false, 1]);
    return `${error.name} ${String(error.code)}: ${error.message}`;
  });
}

describe('a value of the wrong type', () => {
  test.each(all)('%s refuses as %s', (_, name, argument) => {
    const { kind, optional } = argument;
    const wrong = values.filter(([value]) => !takes[kind](value) && !(optional && value === undefined));
    expect(wrong.length).toBeGreaterThan(6);
    // An object that has a range is refused for what that is.
    const hasRange = (value: unknown) => kind === 'mode' && isObject(value) && 'range' in value;
    const refused = refusals(
      argument,
      wrong.map(([value]) => value),
    );
    expect(refused).toEqual(
      wrong.map(([value, received]) =>
        hasRange(value)
          ? 'TypeError ERR_INVALID_ARG_TYPE: The "mode.range" argument must be of the form { start, end }. Received type number (0)'
          : `TypeError ERR_INVALID_ARG_TYPE: The "${name}" argument must be ${expectations[kind]}. Received ${received}`,
      ),
    );
  });

  test('new GpuBuddy refuses as size where there are no options', () => {
    for (const options of [[], [undefined], [{}]])
      expect(thrownBy(() => Reflect.construct(GpuBuddy, options))).toMatchObject({
        code: 'ERR_INVALID_ARG_TYPE',
        message: 'The "size" argument must be of type number or bigint. Received undefined',
      });
  });

  test.each(all.filter(([, , argument]) => argument.optional))(
    '%s takes undefined as no %s',
    (_, __, argument) => {
      const { buddy, blocks } = make();
      expect(() => argument.pass(undefined as never, buddy, blocks)).not.toThrow();
    },
  );
});

describe('a number that no such argument can be', () => {
  const badNumbers = [
    -1,
    -4096,
    0.5,
    4096.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 53,
    2 ** 64,
    1e300,
    -Number.MIN_VALUE,
  ];
  const badBigints = [-1n, -4096n, 1n << 64n, (1n << 64n) + 4096n, 1n << 100n, -(1n << 64n)];

  test.each(all.filter(([, , { kind }]) => kind === 'bytes'))('%s refuses as %s', (_, name, argument) => {
    const outOfRange = `RangeError ERR_OUT_OF_RANGE: The value of "${name}" is out of range. It must be`;
    expect(refusals(argument, badNumbers)).toEqual(
      badNumbers.map((value) => `${outOfRange} a safe integer >= 0, or a bigint. Received ${value}`),
    );
    expect(refusals(argument, badBigints)).toEqual(
      badBigints.map((value) => `${outOfRange} >= 0 and < 2^64. Received ${value}`),
    );
  });

  test.each(all.filter(([, , { kind }]) => kind === 'integer'))('%s refuses as %s', (_, name, argument) => {
    expect(refusals(argument, badNumbers)).toEqual(
      badNumbers.map(
        (value) =>
          `RangeError ERR_OUT_OF_RANGE: The value of "${name}" is out of range. It must be a safe integer >= 0. Received ${value}`,
      ),
    );
  });
});

test.each([0.5, NaN, Infinity, 2 ** 53])('freeBlock refuses %d as index', (index) => {
  const { blocks } = make();
  const error = thrownBy(() => {
    blocks.freeBlock(index);
  });
  expect(error).toMatchObject({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' });
  expect(blocks.length).toBe(1);
});

describe('the error', () => {
  test('is a TypeError for a wrong type, a RangeError for a wrong number', () => {
    const { buddy } = make();
    expect(thrownBy(() => buddy.blockAt('0' as never))).toBeInstanceOf(TypeError);
    expect(thrownBy(() => buddy.blockAt(-1))).toBeInstanceOf(RangeError);
  });

  test('shows no more than the beginning of a long string', () => {
    const { buddy } = make();
    expect(thrownBy(() => buddy.blockAt('x'.repeat(10_000) as never)).message).toBe(
      `The "address" argument must be of type number or bigint. Received type string ('${'x'.repeat(25)}...')`,
    );
  });

  test('looks at nothing in what it is about', () => {
    const { buddy } = make();
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('looked');
        },
      },
    );
    expect(thrownBy(() => buddy.blockAt(hostile as never))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  });
});

describe('options that are wrong in several ways', () => {
  test('leave no trace, whichever is found first', () => {
    const { buddy, blocks } = make();
    const before = stateOf(buddy);
    const options = { minBlockSize: -1, mode: 'best', contiguous: 1, tag: 'x' } as never;
    expect(thrownBy(() => buddy.allocBlocks(SIZE, options))).toBeInstanceOf(Error);
    expect(
      thrownBy(() => {
        blocks.trim('x' as never, 5 as never);
      }),
    ).toBeInstanceOf(TypeError);
    expect(stateOf(buddy)).toEqual(before);
  });

  test('are read before anything is done, so that their getters may use the allocator', () => {
    const { buddy } = make();
    const nested: AllocatedBlocks[] = [];
    const options = {
      get tag() {
        nested.push(buddy.allocBlocks(SZ_4K, { tag: 2 }));
        return 3;
      },
      get minBlockSize() {
        nested.push(buddy.allocBlocks(SZ_4K, { tag: 2 }));
        return SZ_16K;
      },
    };
    const blocks = buddy.allocBlocks(SZ_16K, options);
    expect([blocks.tag, blocks.size, nested.map((list) => [list.tag, list.size])]).toEqual([
      3,
      16384,
      [
        [2, 4096],
        [2, 4096],
      ],
    ]);
  });
});
