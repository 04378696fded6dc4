// Every public call with odd values in every position. What comes of it follows from the type of the position: an error
// with a documented code, before anything has happened, or the call itself, which then gives a right answer or refuses.
// Runs with numbers, with bigints, and with a chunk of 1.

import { describe, expect, test } from '@jest/globals';
import {
  AllocatedBlocks,
  BatchResult,
  GpuBuddy,
  GpuBuddyError,
  SZ_4K,
  SZ_64K,
  type AllocOptions,
  type Bytes,
  type GpuBuddyState,
} from 'gpu-buddy';
import { expectSound, stateOf } from '../support/allocator-state';

/** Thrown by the values themselves, when somebody looks into them. */
class OwnError extends Error {}

function fail(): never {
  throw new OwnError('on purpose');
}

/** An object of which every property, known or not, throws. */
function throwing(): object {
  const traps = Object.getOwnPropertyNames(Reflect).map((trap) => [trap, fail] as const);
  return new Proxy({}, Object.fromEntries(traps));
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

const names = [
  ...['size', 'chunkSize', 'baseOffset', 'bigint', 'maxNativeBytes', 'maxSteps', 'captureStacks'],
  ...['minBlockSize', 'mode', 'contiguous', 'clear', 'trimDisable', 'tag'],
  ...['range', 'start', 'end', 'at', 'alignment', 'cleared', 'atomic'],
  ...['type', 'id', 'buddy'],
  ...['offset', 'order', 'format', 'version', 'lists', 'blocks', 'free'],
  ...['tags', 'counts', 'offsets', 'orders'],
];

const values: [name: string, make: () => unknown][] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['true', () => true],
  ['false', () => false],
  ['NaN', () => NaN],
  ['Infinity', () => Infinity],
  ['-Infinity', () => -Infinity],
  ['0', () => 0],
  ['-0', () => -0],
  ['-1', () => -1],
  ['1', () => 1],
  ['1.5', () => 1.5],
  ['5e-324', () => 5e-324],
  ['2^32', () => 2 ** 32],
  ['2^53 - 1', () => 2 ** 53 - 1],
  ['2^53', () => 2 ** 53],
  ['2^64', () => 2 ** 64],
  ['-2^53', () => -(2 ** 53)],
  ['0n', () => 0n],
  ['-1n', () => -1n],
  ['4096n', () => 4096n],
  ['2n ** 53n', () => 2n ** 53n],
  ['2n ** 63n', () => 2n ** 63n],
  ['2n ** 64n - 1n', () => 2n ** 64n - 1n],
  ['2n ** 64n', () => 2n ** 64n],
  ['10n ** 30n', () => 10n ** 30n],
  ['an empty string', () => ''],
  ["'4096'", () => '4096'],
  ['a long string', () => 'x'.repeat(100_000)],
  ['a lone surrogate', () => '\ud800'],
  ['a symbol', () => Symbol('odd')],
  ['Symbol.iterator', () => Symbol.iterator],
  ['an empty object', () => ({})],
  ['a frozen object', () => Object.freeze({})],
  ['an object without a prototype', () => Object.create(null) as unknown],
  [
    'an object whose getters throw',
    () => Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, { get: fail }]))),
  ],
  ['an object whose valueOf throws', () => ({ valueOf: fail, toString: fail })],
  ['an object whose toPrimitive throws', () => ({ [Symbol.toPrimitive]: fail })],
  ['an object that turns into 4096', () => ({ valueOf: () => 4096, toString: () => '4096' })],
  ['an object with a length', () => ({ length: 2, 0: 0, 1: SZ_4K })],
  ['an empty proxy', () => new Proxy({}, {})],
  ['a proxy that throws', throwing],
  ['a revoked proxy', () => revoked({})],
  ['a revoked proxy of an array', () => revoked([])],
  ['an empty array', () => []],
  ['an array of one', () => [SZ_4K]],
  ['a nested array', () => [[SZ_4K], [[SZ_64K]]]],
  ['an array of odd values', () => [Symbol('odd'), throwing()]],
  ['an array with holes', () => new Array<unknown>(2)],
  [
    'an array of itself',
    () => {
      const array: unknown[] = [];
      array.push(array, array);
      return array;
    },
  ],
  ['a function', () => () => SZ_4K],
  ['a class', () => GpuBuddy],
  ['a date', () => new Date(4096)],
  ['a regular expression', () => /4096/],
  ['a map', () => new Map([['size', SZ_4K]])],
  ['a typed array', () => new Float64Array([SZ_4K, SZ_64K])],
  ['a big typed array', () => new BigUint64Array(2)],
  ['an array buffer', () => new SharedArrayBuffer(8)],
  ['a boxed number', () => Object(4096) as unknown],
  ['a boxed bigint', () => Object(4096n) as unknown],
  ['a boxed boolean', () => Object(false) as unknown],
  ['an error', () => new RangeError('odd')],
  ['a promise', () => Promise.resolve(SZ_4K)],
  ['another allocator', () => new GpuBuddy({ size: SZ_4K })],
  ['a list of another allocator', () => new GpuBuddy({ size: SZ_4K }).allocBlocks(SZ_4K)],
  ['a handle of another batch', () => new GpuBuddy({ size: SZ_4K }).batch().alloc(SZ_4K)],
  ['a handle of another pool', () => new GpuBuddy({ size: SZ_4K }).pool().alloc(SZ_4K)],
  ['an object that is made to look like a list', () => Object.create(AllocatedBlocks.prototype) as unknown],
];

/** The allocators that are tried. */
const forms = [
  { name: 'numbers', bigint: false, chunkSize: SZ_4K },
  { name: 'bigints', bigint: true, chunkSize: SZ_4K },
  { name: 'a chunk of 1', bigint: false, chunkSize: 1 },
] as const;

type Form = (typeof forms)[number];

/** Makes fresh objects for a call. */
function makeFixture({ bigint, chunkSize: chunk }: Form) {
  const form = { size: 256 * chunk, chunkSize: chunk, bigint };
  const buddy = new GpuBuddy<Bytes>(form);
  const three = buddy.allocBlocks(7 * chunk, { tag: 1 });
  const single = buddy.allocBlocks(16 * chunk, { tag: 2 });
  buddy.allocBlocks(16 * chunk).free({ cleared: true });
  const token = buddy.allocBlocks(chunk).transfer();
  const batch = buddy.batch();
  const done = batch.alloc(chunk);
  const result = batch.run();
  const planned = batch.alloc(chunk);
  const pool = buddy.pool();
  const handle = pool.alloc(chunk);
  return {
    ...{ form, chunk, end: form.size, kind: bigint ? 'bigint' : 'number' },
    ...{ buddy, three, single, token, shared: buddy.share() },
    ...{ batch, planned, result, done, pool, handle },
  };
}

type Fixture = ReturnType<typeof makeFixture>;

/** Outcome of a call: it is made, or the value is refused, or the value throws when it is read. */
type Outcome = 'call' | 'wrong type' | 'out of range' | 'look';

/** Gives the permitted outcomes of a value for a parameter of this kind. */
type Kind = (value: unknown) => readonly Outcome[];

const isObject = (value: unknown) => typeof value === 'object' && value !== null;

const bytes: Kind = (value) => {
  if (typeof value === 'number') return [Number.isSafeInteger(value) && value >= 0 ? 'call' : 'out of range'];
  if (typeof value === 'bigint') return [value >= 0n && value < 2n ** 64n ? 'call' : 'out of range'];
  return ['wrong type'];
};
const integer: Kind = (value) => (typeof value === 'number' ? bytes(value) : ['wrong type']);
const index: Kind = (value) => {
  if (typeof value !== 'number') return ['wrong type'];
  return [Number.isSafeInteger(value) ? 'call' : 'out of range'];
};
/** The argument of a batch's `free()`: an operation of its own, or a list. */
const owned: Kind = (value) => {
  if (typeof value === 'number') return ['call'];
  if (isList(value)) return ['call', 'look'];
  return hopeless(value);
};
const place: Kind = (value) => [typeof value === 'number' ? 'call' : 'wrong type'];
const flag: Kind = (value) => [typeof value === 'boolean' ? 'call' : 'wrong type'];
const optional =
  (kind: Kind): Kind =>
  (value) =>
    value === undefined ? ['call'] : kind(value);
const options: Kind = (value) => (isObject(value) ? ['call', 'wrong type', 'look'] : ['wrong type']);
/** The argument of `append()`: a list, which looks at nothing that others can make. */
const list: Kind = (value) => (isList(value) ? ['call', 'wrong type', 'look'] : hopeless(value));
/** Byte counts and entries of a state. */
const textOrNumber: Kind = (value) => [
  typeof value === 'number' || typeof value === 'string' ? 'call' : 'wrong type',
];
const text: Kind = (value) => [typeof value === 'string' ? 'call' : 'wrong type'];
/** None of the values has what it takes. */
const hopeless: Kind = (value) => (isObject(value) ? ['wrong type', 'look'] : ['wrong type']);
const ignored: Kind = () => ['call'];

function isList(value: unknown): boolean {
  try {
    return value instanceof AllocatedBlocks;
  } catch {
    return false;
  }
}

const byName = (key: string, value: unknown) => ({ [key]: value });
const withRange = (start: unknown, end: unknown) =>
  ({ mode: { range: { start, end } } }) as unknown as AllocOptions;

/** Checks that an object gives out the right kind of numbers: bigints if `bigint` is true. */
function ofKind<T extends { readonly size: Bytes }>(object: T, bigint: boolean | undefined): T {
  expect(typeof object.size).toBe(bigint === true ? 'bigint' : 'number');
  return object;
}

/** Makes an allocator of what another one has saved, but for some of it. */
function restoreWith(
  { buddy, form }: Fixture,
  change: (state: GpuBuddyState) => object,
  given: object = { bigint: form.bigint },
): unknown[] {
  const state = buddy.save();
  const restored = GpuBuddy.restore({ ...state, ...change(state) }, given);
  return [restored.buddy, ...restored.lists];
}

type Position = [name: string, kind: Kind, call: (given: Fixture, value: never) => unknown];

/** Every position of every public call. */
const positions: Position[] = [
  ['new GpuBuddy(…)', options, (_, value) => new GpuBuddy(value)],
  ['new GpuBuddy({ size })', bytes, ({ form }, size) => new GpuBuddy({ ...form, size })],
  ...(
    [
      ['chunkSize', bytes],
      ['baseOffset', bytes],
      ['maxNativeBytes', integer],
      ['maxSteps', integer],
      ['captureStacks', flag],
    ] as const
  ).map(([key, kind]): Position => [
    `new GpuBuddy({ ${key} })`,
    optional(kind),
    ({ form }, value) => ofKind(new GpuBuddy<Bytes>({ ...form, ...byName(key, value) }), form.bigint),
  ]),
  [
    'new GpuBuddy({ bigint })',
    optional(flag),
    ({ form }, bigint) => ofKind(new GpuBuddy<Bytes>({ ...form, bigint }), bigint),
  ],
  [
    'new GpuBuddy({ bigint }) beyond 2^53',
    optional(flag),
    (_, bigint) => ofKind(new GpuBuddy<Bytes>({ size: 2n ** 60n, bigint }), true),
  ],
  [
    'new GpuBuddy({ size }) of bytes',
    bytes,
    ({ form }, size) => new GpuBuddy({ size, chunkSize: 1, bigint: form.bigint }),
  ],
  [
    'new GpuBuddy({ baseOffset }) of bytes',
    optional(bytes),
    ({ form }, baseOffset) => new GpuBuddy({ size: 5, chunkSize: 1, baseOffset, bigint: form.bigint }),
  ],

  ...(['allocBlocks', 'tryAllocBlocks'] as const).flatMap((method): Position[] => {
    const alloc = ({ buddy, chunk }: Fixture, given: AllocOptions) => buddy[method](chunk, given);
    const scalars = [
      ['minBlockSize', bytes],
      ['contiguous', flag],
      ['clear', flag],
      ['trimDisable', flag],
      ['tag', integer],
      ['mode', hopeless],
    ] as const;
    return [
      [`${method}(…)`, bytes, ({ buddy }, value) => buddy[method](value)],
      [`${method}(size, …)`, optional(options), alloc],
      ...scalars.map(([key, kind]): Position => [
        `${method}(size, { ${key} })`,
        optional(kind),
        (given, value) => alloc(given, byName(key, value)),
      ]),
      [`${method}(size, { mode: { at } })`, bytes, (given, at) => alloc(given, { mode: { at } })],
      [`${method}(size, { mode: { range } })`, hopeless, (given, range) => alloc(given, { mode: { range } })],
      [
        `${method}(size, { mode: { range: { start } } })`,
        bytes,
        (given, value) => alloc(given, withRange(value, given.end)),
      ],
      [
        `${method}(size, { mode: { range: { end } } })`,
        bytes,
        (given, value) => alloc(given, withRange(0, value)),
      ],
      [
        `${method}(size, contiguous, { mode: { range: { start } } })`,
        bytes,
        (given, value) =>
          alloc(given, { ...withRange(value, given.end), contiguous: true, minBlockSize: 16 * given.chunk }),
      ],
    ];
  }),
  ['allocMany(…)', integer, ({ buddy, chunk }, value) => buddy.allocMany(value, chunk)],
  ['allocMany(count, …)', bytes, ({ buddy }, value) => buddy.allocMany(2, value)],
  [
    'allocMany(count, size, …)',
    optional(options),
    ({ buddy, chunk }, value) => buddy.allocMany(2, chunk, value),
  ],

  ['availIn(…)', hopeless, ({ buddy }, value) => buddy.availIn(value)],
  ['availIn({ start })', bytes, ({ buddy, end }, start) => buddy.availIn({ start, end })],
  ['availIn({ end })', bytes, ({ buddy }, end) => buddy.availIn({ start: 0, end })],
  ['findFree(…)', bytes, ({ buddy }, value) => buddy.findFree(value)],
  ['findFree(size, …)', optional(options), ({ buddy, chunk }, value) => buddy.findFree(chunk, value)],
  [
    'findFree(size, { alignment })',
    optional(bytes),
    ({ buddy, chunk }, alignment) => buddy.findFree(chunk, { alignment }),
  ],
  [
    'findFree(size, { range })',
    optional(hopeless),
    ({ buddy, chunk }, range) => buddy.findFree(chunk, { range }),
  ],
  [
    'findFree(size, { range: { start } })',
    bytes,
    ({ buddy, chunk, end }, start) => buddy.findFree(chunk, { range: { start, end } }),
  ],
  [
    'findFree(size, { range: { end } })',
    bytes,
    ({ buddy, chunk }, end) => buddy.findFree(chunk, { range: { start: 0, end } }),
  ],
  ['sizeIn(…)', hopeless, ({ three }, value) => three.sizeIn(value)],
  ['sizeIn({ start })', bytes, ({ three, end }, start) => three.sizeIn({ start, end })],
  ['sizeIn({ end })', bytes, ({ three }, end) => three.sizeIn({ start: 0, end })],
  ['segments(…)', optional(bytes), ({ three }, value) => three.segments(value)],
  ['blockAt()', bytes, ({ buddy }, value) => buddy.blockAt(value)],
  [
    'resetClear()',
    flag,
    ({ buddy }, value) => {
      buddy.resetClear(value);
    },
  ],
  ['tryExtend()', bytes, ({ three }, value) => [three.tryExtend(value)]],
  [
    'append()',
    list,
    ({ three }, value) => {
      three.append(value);
    },
  ],
  ['claim(…)', options, ({ buddy }, value) => buddy.claim(value)],
  ['claim([…])', hopeless, ({ buddy }, value) => buddy.claim([value])],
  ['claim([{ offset }])', bytes, ({ buddy }, offset) => buddy.claim([{ offset, order: 0 }])],
  ['claim([{ order }])', integer, ({ buddy }, order) => buddy.claim([{ offset: 0, order }])],
  [
    'claim(blocks, …)',
    optional(options),
    ({ buddy }, value) => buddy.claim([{ offset: 0, order: 0 }], value),
  ],
  ...(
    [
      ['tag', integer],
      ['clear', flag],
    ] as const
  ).map(([key, kind]): Position => [
    `claim(blocks, { ${key} })`,
    optional(kind),
    ({ buddy }, value) => buddy.claim([{ offset: 0, order: 0 }], byName(key, value)),
  ]),
  ['GpuBuddy.restore(…)', hopeless, (_, value) => [GpuBuddy.restore(value)]],
  ...(
    [
      ['format', text],
      ['version', place],
      ['size', textOrNumber],
      ['chunkSize', textOrNumber],
      ['baseOffset', textOrNumber],
      ['lists', hopeless],
      ['blocks', hopeless],
      ['free', hopeless],
    ] as const
  ).map(([key, kind]): Position => [
    `GpuBuddy.restore({ ${key} })`,
    kind,
    (given, value) => restoreWith(given, () => byName(key, value)),
  ]),
  ...(
    [
      ['lists', 'tags'],
      ['lists', 'counts'],
      ['blocks', 'offsets'],
      ['blocks', 'orders'],
      ['blocks', 'clear'],
      ['free', 'offsets'],
      ['free', 'orders'],
    ] as const
  ).flatMap(([part, column]): Position[] => [
    [
      `GpuBuddy.restore({ ${part}: { ${column} } })`,
      options,
      (given, value) =>
        restoreWith(given, (state) => ({ [part]: { ...state[part], ...byName(column, value) } })),
    ],
    [
      `GpuBuddy.restore({ ${part}: { ${column}: […] } })`,
      place,
      (given, value) =>
        restoreWith(given, (state) => {
          const values =
            (state[part] as Readonly<Record<string, readonly number[] | undefined>>)[column] ?? [];
          return { [part]: { ...state[part], [column]: [value, ...values.slice(1)] } };
        }),
    ],
  ]),
  [
    'GpuBuddy.restore(state, …)',
    optional(options),
    ({ buddy }, value) => [GpuBuddy.restore(buddy.save(), value)],
  ],
  ...(
    [
      ['bigint', flag],
      ['maxNativeBytes', integer],
      ['maxSteps', integer],
      ['captureStacks', flag],
    ] as const
  ).map(([key, kind]): Position => [
    `GpuBuddy.restore(state, { ${key} })`,
    optional(kind),
    (given, value) => restoreWith(given, () => ({}), byName(key, value)),
  ]),
  [
    'save(), which takes nothing',
    ignored,
    ({ buddy }, value) => Object.keys((buddy.save as (value: unknown) => object).call(buddy, value)),
  ],
  ['at()', place, ({ three }, value) => three.at(value)],
  [
    'trim(…)',
    bytes,
    ({ single }, value) => {
      single.trim(value);
    },
  ],
  [
    'trim(newSize, …)',
    optional(options),
    ({ single, chunk }, value) => {
      single.trim(chunk, value);
    },
  ],
  [
    'trim(newSize, { start })',
    optional(bytes),
    ({ single, chunk }, start) => {
      single.trim(chunk, { start });
    },
  ],
  [
    'freeBlock(…)',
    index,
    ({ three }, value) => {
      three.freeBlock(value);
    },
  ],
  [
    'freeBlock(index, …)',
    optional(options),
    ({ three }, value) => {
      three.freeBlock(0, value);
    },
  ],
  [
    'freeBlock(index, { cleared })',
    optional(flag),
    ({ three }, cleared) => {
      three.freeBlock(0, { cleared });
    },
  ],
  ...(['three', 'result'] as const).flatMap((owner): Position[] => [
    [
      `free(…) of ${owner}`,
      optional(options),
      (given, value) => {
        given[owner].free(value);
      },
    ],
    [
      `free({ cleared }) of ${owner}`,
      optional(flag),
      (given, cleared) => {
        given[owner].free({ cleared });
      },
    ],
  ]),

  ['batch.alloc(…)', bytes, ({ batch }, value) => [batch.alloc(value)]],
  ['batch.alloc(size, …)', optional(options), ({ batch, chunk }, value) => [batch.alloc(chunk, value)]],
  [
    'batch.alloc(size, { mode: { at } })',
    bytes,
    ({ batch, chunk }, at) => [batch.alloc(chunk, { mode: { at } })],
  ],
  ['batch.free(…)', owned, ({ batch }, value) => [batch.free(value)]],
  ['batch.free(handle, …)', optional(options), ({ batch, planned }, value) => [batch.free(planned, value)]],
  [
    'batch.free(handle, { cleared })',
    optional(flag),
    ({ batch, planned }, cleared) => [batch.free(planned, { cleared })],
  ],
  ['batch.free(list, …)', optional(options), ({ batch, three }, value) => [batch.free(three, value)]],
  ['batch.run(…)', optional(options), ({ batch }, value) => batch.run(value)],
  ['batch.run({ atomic })', optional(flag), ({ batch }, atomic) => batch.run({ atomic })],
  ...(['blocks', 'error', 'indexOf'] as const).map((method): Position => [
    `result.${method}(…)`,
    place,
    ({ result }, value) => [result[method](value)],
  ]),

  ...(['alloc', 'tryAlloc'] as const).flatMap((method): Position[] => {
    const alloc = ({ pool, chunk }: Fixture, given: AllocOptions) => [pool[method](chunk, given)];
    return [
      [`pool.${method}(…)`, bytes, ({ pool }, value) => [pool[method](value)]],
      [`pool.${method}(size, …)`, optional(options), alloc],
      [`pool.${method}(size, { tag })`, optional(integer), (given, tag) => alloc(given, { tag })],
      [`pool.${method}(size, { clear })`, optional(flag), (given, clear) => alloc(given, { clear })],
      [`pool.${method}(size, { mode })`, optional(hopeless), (given, mode) => alloc(given, { mode })],
      [`pool.${method}(size, { mode: { at } })`, bytes, (given, at) => alloc(given, { mode: { at } })],
      [
        `pool.${method}(size, { mode: { range: { start } } })`,
        bytes,
        (given, value) => alloc(given, withRange(value, given.end)),
      ],
    ];
  }),
  ...(['offset', 'size', 'blocks', 'free'] as const).map((method): Position => [
    `pool.${method}(…)`,
    place,
    ({ pool }, value) => pool[method](value),
  ]),
  [
    'pool.has(…), which never throws',
    ignored,
    ({ pool }, value) => {
      expect(pool.has(value)).toBe(false);
    },
  ],
  [
    'pool.free(handle, …)',
    optional(options),
    ({ pool, handle }, value) => {
      pool.free(handle, value);
    },
  ],
  [
    'pool.free(handle, { cleared })',
    optional(flag),
    ({ pool, handle }, cleared) => {
      pool.free(handle, { cleared });
    },
  ],
  [
    'pool.clear(…)',
    optional(options),
    ({ pool }, value) => {
      pool.clear(value);
    },
  ],
  [
    'pool.clear({ cleared })',
    optional(flag),
    ({ pool }, cleared) => {
      pool.clear({ cleared });
    },
  ],
  ...(['dispose', 'toJSON', Symbol.dispose, Symbol.iterator] as const).map((method): Position => [
    `${String(method)}() of a pool, which takes nothing`,
    ignored,
    ({ pool }, value) => (pool[method] as (value: unknown) => unknown).call(pool, value),
  ]),

  ['GpuBuddy.from(…)', hopeless, (_, value) => GpuBuddy.from(value)],
  ...(['type', 'id'] as const).map((key): Position => [
    `GpuBuddy.from({ ${key} })`,
    hopeless,
    ({ shared }, value) => GpuBuddy.from({ ...shared, ...byName(key, value) }),
  ]),
  [
    'GpuBuddy.from(token, …)',
    optional(options),
    ({ shared }, value) => ofKind(GpuBuddy.from(shared, value), false),
  ],
  [
    'GpuBuddy.from(token, { bigint })',
    optional(flag),
    ({ shared }, bigint) => ofKind<GpuBuddy<Bytes>>(GpuBuddy.from(shared, { bigint }), bigint),
  ],
  ['AllocatedBlocks.adopt(…)', hopeless, (_, value) => AllocatedBlocks.adopt(value)],
  [
    'AllocatedBlocks.revoke(…)',
    hopeless,
    (_, value) => {
      AllocatedBlocks.revoke(value);
    },
  ],
  ...(['type', 'id', 'buddy'] as const).map((key): Position => [
    `AllocatedBlocks.adopt({ ${key} })`,
    hopeless,
    ({ token }, value) => AllocatedBlocks.adopt({ ...token, ...byName(key, value) }),
  ]),
  ...(['type', 'id'] as const).map((key): Position => [
    `AllocatedBlocks.adopt({ buddy: { ${key} } })`,
    hopeless,
    ({ token }, value) =>
      AllocatedBlocks.adopt({ ...token, buddy: { ...token.buddy, ...byName(key, value) } }),
  ]),
  [
    'AllocatedBlocks.adopt(token, …)',
    optional(options),
    ({ token }, value) => ofKind(AllocatedBlocks.adopt(token, value), false),
  ],
  [
    'AllocatedBlocks.adopt(token, { bigint })',
    optional(flag),
    ({ token }, bigint) => ofKind<AllocatedBlocks<Bytes>>(AllocatedBlocks.adopt(token, { bigint }), bigint),
  ],

  ...(
    [
      'share',
      'stats',
      'snapshot',
      'freeSegments',
      'print',
      'batch',
      'pool',
      'freeAll',
      'parked',
      'toJSON',
      'dispose',
    ] as const
  ).map((method): Position => [
    `${method}(), which takes nothing`,
    ignored,
    ({ buddy }, value) => (buddy[method] as (value: unknown) => unknown).call(buddy, value),
  ]),
  ...(['transfer', 'park', 'toArrays', 'toJSON', Symbol.dispose, Symbol.iterator] as const).map(
    (method): Position => [
      `${String(method)}() of a list, which takes nothing`,
      ignored,
      ({ three }, value) => (three[method] as (value: unknown) => unknown).call(three, value),
    ],
  ),
  ...(['toJSON', Symbol.dispose, Symbol.iterator] as const).map((method): Position => [
    `${String(method)}() of a result, which takes nothing`,
    ignored,
    ({ result }, value) => (result[method] as (value: unknown) => unknown).call(result, value),
  ]),
  ...(['clear', 'toJSON'] as const).map((method): Position => [
    `${method}() of a batch, which takes nothing`,
    ignored,
    ({ batch }, value) => (batch[method] as (value: unknown) => unknown).call(batch, value),
  ]),
];

/** Documented codes. */
const codes = [
  'EINVAL',
  'ENOSPC',
  'ENOMEM',
  'ENXIO',
  'ERR_GPU_BUDDY_FREED',
  'ERR_GPU_BUDDY_DISPOSED',
  'ERR_GPU_BUDDY_WORK_LIMIT',
  'ERR_GPU_BUDDY_TOKEN',
];

function outcomeOf(error: unknown): Outcome {
  if (error instanceof OwnError) return 'look';
  if (!(error instanceof Error)) throw new Error('Something was thrown that is no error.', { cause: error });
  const { code } = error as { code?: unknown };
  // The latter is an option that is unknown.
  if (error instanceof TypeError && (code === 'ERR_INVALID_ARG_TYPE' || code === 'ERR_INVALID_ARG_VALUE'))
    return 'wrong type';
  // The language's own: of a revoked proxy, and of the getters of what only looks like a list.
  if (error instanceof TypeError && code === undefined && /revoked|private|Receiver/.test(error.message))
    return 'look';
  if (error instanceof RangeError && code === 'ERR_OUT_OF_RANGE') return 'out of range';
  if (error instanceof GpuBuddyError && codes.includes(error.code)) return 'call';
  throw error;
}

const isBytes = (value: unknown) => typeof value === 'number' || typeof value === 'bigint';

/** Checks the answer of a call: its shape, its truth, and the type of its byte counts. */
function expectRight(given: Fixture, result: unknown): void {
  if (isBytes(result)) expect(typeof result).toBe(given.kind);
  else if (result instanceof GpuBuddy) {
    const { baseOffset, size, chunkSize, avail, clearAvail, largestFree } = result;
    for (const count of [baseOffset, chunkSize, avail, clearAvail, largestFree])
      expect(typeof count).toBe(typeof size);
    expectSound(result);
  } else if (result instanceof AllocatedBlocks) {
    const list = result as AllocatedBlocks<Bytes>;
    const sizes = Array.from(list, ({ size }) => BigInt(size));
    expect(BigInt(list.size)).toBe(sizes.reduce((sum, size) => sum + size, 0n));
    expect(list.size >= list.buddy.chunkSize).toBe(true);
    for (const { offset, size } of list)
      expect([typeof offset, typeof size]).toEqual([typeof list.size, typeof list.buddy.size]);
    list.free();
  } else if (result instanceof BatchResult) {
    for (const { blocks } of result as BatchResult<Bytes>) expectRight(given, blocks);
  } else if (Array.isArray(result)) {
    // Not all numbers in an array are bytes: handles, for one.
    for (const item of result as unknown[]) if (!isBytes(item)) expectRight(given, item);
  } else if (hasSize(result) && isBytes(result.size)) expect(typeof result.size).toBe(given.kind);
}

function hasSize(value: unknown): value is { readonly size: unknown } {
  return typeof value === 'object' && value !== null && 'size' in value;
}

/** The batch and the result of before do what they would have done. */
function expectSame({ batch, planned, result, done, pool, handle }: Fixture): void {
  expect([pool.length, pool.has(handle), Number(pool.size(handle))]).toEqual([
    1,
    true,
    Number(pool.buddy.chunkSize),
  ]);
  expect([batch.length, result.indexOf(done), result.blocks(done)?.length]).toEqual([1, 0, 1]);
  expect(batch.run().blocks(planned)?.length).toBe(1);
}

describe.each(forms)('odd values, with $name', (form) => {
  test.each(positions)('in %s', (_, kind, call) => {
    for (const [name, make] of values) {
      const given = makeFixture(form);
      const value = make();
      const before = stateOf(given.buddy);
      let outcome: Outcome = 'call';
      let failed = true;
      let result: unknown;
      try {
        result = call(given, value as never);
        failed = false;
      } catch (error) {
        outcome = outcomeOf(error);
      }
      if (!kind(value).includes(outcome))
        throw new Error(`${name} came to "${outcome}", and not to "${kind(value).join('" or "')}".`);
      if (given.buddy.disposed) continue;
      if (failed) expect(stateOf(given.buddy)).toEqual(before);
      if (failed) expectSame(given);
      expectRight(given, result);
      given.batch.run().free();
      expectSound(given.buddy);
    }
  });
});
