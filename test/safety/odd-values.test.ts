// Every public call with odd values in every position. What comes of it follows from the type of the position: an error
// with a documented code, before anything has happened, or the call itself, which then gives a right answer or refuses.

import { describe, expect, test } from '@jest/globals';
import { AllocatedBlocks, GpuBuddy, GpuBuddyError, SZ_1M, SZ_4K, SZ_64K, type AllocOptions } from 'gpu-buddy';
import { expectSound, stateOf, SZ_24K } from '../lib/helpers';

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
  'size',
  'chunkSize',
  'minBlockSize',
  'mode',
  'range',
  'start',
  'cleared',
  'tag',
  'type',
  'id',
  'buddy',
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
  ['an object that is made to look like a list', () => Object.create(AllocatedBlocks.prototype) as unknown],
];

/** What is used, fresh for every call. */
function makeFixture() {
  const buddy = new GpuBuddy({ size: SZ_1M });
  const three = buddy.allocBlocks(SZ_24K + SZ_4K, { tag: 1 });
  const single = buddy.allocBlocks(SZ_64K, { tag: 2 });
  buddy.allocBlocks(SZ_64K).free({ cleared: true });
  const token = buddy.allocBlocks(SZ_4K).transfer();
  return { buddy, three, single, token, shared: buddy.share() };
}

type Fixture = ReturnType<typeof makeFixture>;

/** What a call comes to: it is made, or the value is wrong, or it throws when somebody looks into it. */
type Outcome = 'call' | 'wrong type' | 'out of range' | 'look';

/** What may come of a value in a position of this kind. */
type Kind = (value: unknown) => readonly Outcome[];

const isObject = (value: unknown) => typeof value === 'object' && value !== null;

const bytes: Kind = (value) => {
  if (typeof value === 'number') return [Number.isSafeInteger(value) && value >= 0 ? 'call' : 'out of range'];
  if (typeof value === 'bigint') return [value >= 0n && value < 2n ** 64n ? 'call' : 'out of range'];
  return ['wrong type'];
};
const integer: Kind = (value) => (typeof value === 'number' ? bytes(value) : ['wrong type']);
const place: Kind = (value) => [typeof value === 'number' ? 'call' : 'wrong type'];
const flag: Kind = (value) => [typeof value === 'boolean' ? 'call' : 'wrong type'];
const optional =
  (kind: Kind): Kind =>
  (value) =>
    value === undefined ? ['call'] : kind(value);
const options: Kind = (value) => (isObject(value) ? ['call', 'wrong type', 'look'] : ['wrong type']);
/** None of the values has what it takes. */
const hopeless: Kind = (value) => (isObject(value) ? ['wrong type', 'look'] : ['wrong type']);
const ignored: Kind = () => ['call'];

const byName = (key: string, value: unknown) => ({ [key]: value });
const withRange = (start: unknown, end: unknown) =>
  ({ mode: { range: { start, end } } }) as unknown as AllocOptions;

/** Every position of every public call. */
const positions: [name: string, kind: Kind, call: (given: Fixture, value: never) => unknown][] = [
  ['new GpuBuddy(…)', options, (_, value) => new GpuBuddy(value)],
  ['new GpuBuddy({ size })', bytes, (_, size) => new GpuBuddy({ size })],
  ...(
    [
      ['chunkSize', bytes],
      ['baseOffset', bytes],
      ['maxNativeBytes', integer],
      ['maxSteps', integer],
      ['captureStacks', flag],
    ] as const
  ).map(
    ([key, kind]) =>
      [
        `new GpuBuddy({ ${key} })`,
        optional(kind),
        (_: Fixture, value: never) => new GpuBuddy({ size: SZ_1M, ...byName(key, value) }),
      ] as (typeof positions)[number],
  ),

  ...(['allocBlocks', 'tryAllocBlocks'] as const).flatMap((method) => {
    const alloc = ({ buddy }: Fixture, given: AllocOptions) => buddy[method](SZ_4K, given);
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
      ...scalars.map(([key, kind]) => [
        `${method}(size, { ${key} })`,
        optional(kind),
        (given: Fixture, value: never) => alloc(given, byName(key, value)),
      ]),
      [`${method}(size, { mode: { at } })`, bytes, (given, at) => alloc(given, { mode: { at } })],
      [`${method}(size, { mode: { range } })`, hopeless, (given, range) => alloc(given, { mode: { range } })],
      [
        `${method}(size, { mode: { range: { start } } })`,
        bytes,
        (given, value) => alloc(given, withRange(value, SZ_1M)),
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
          alloc(given, { ...withRange(value, SZ_1M), contiguous: true, minBlockSize: SZ_64K }),
      ],
    ] as typeof positions;
  }),

  ['blockAt()', bytes, ({ buddy }, value) => buddy.blockAt(value)],
  [
    'resetClear()',
    flag,
    ({ buddy }, value) => {
      buddy.resetClear(value);
    },
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
    ({ single }, value) => {
      single.trim(SZ_4K, value);
    },
  ],
  [
    'trim(newSize, { start })',
    optional(bytes),
    ({ single }, start) => {
      single.trim(SZ_4K, { start });
    },
  ],
  [
    'freeBlock(…)',
    integer,
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
  [
    'free(…)',
    optional(options),
    ({ three }, value) => {
      three.free(value);
    },
  ],
  [
    'free({ cleared })',
    optional(flag),
    ({ three }, cleared) => {
      three.free({ cleared });
    },
  ],
  ['GpuBuddy.from(…)', hopeless, (_, value) => GpuBuddy.from(value)],
  ...(['type', 'id'] as const).map(
    (key) =>
      [
        `GpuBuddy.from({ ${key} })`,
        hopeless,
        ({ shared }: Fixture, value: never) => GpuBuddy.from({ ...shared, ...byName(key, value) }),
      ] as (typeof positions)[number],
  ),
  ['AllocatedBlocks.adopt(…)', hopeless, (_, value) => AllocatedBlocks.adopt(value)],
  ...(['type', 'id', 'buddy'] as const).map(
    (key) =>
      [
        `AllocatedBlocks.adopt({ ${key} })`,
        hopeless,
        ({ token }: Fixture, value: never) => AllocatedBlocks.adopt({ ...token, ...byName(key, value) }),
      ] as (typeof positions)[number],
  ),
  ...(['type', 'id'] as const).map(
    (key) =>
      [
        `AllocatedBlocks.adopt({ buddy: { ${key} } })`,
        hopeless,
        ({ token }: Fixture, value: never) =>
          AllocatedBlocks.adopt({ ...token, buddy: { ...token.buddy, ...byName(key, value) } }),
      ] as (typeof positions)[number],
  ),

  ...(['share', 'stats', 'snapshot', 'print', 'dispose'] as const).map(
    (method) =>
      [
        `${method}(), which takes nothing`,
        ignored,
        ({ buddy }: Fixture, value: never) =>
          (buddy[method] as (value: unknown) => unknown).call(buddy, value),
      ] as (typeof positions)[number],
  ),
  ...(['transfer', Symbol.dispose, Symbol.iterator] as const).map(
    (method) =>
      [
        `${String(method)}(), which takes nothing`,
        ignored,
        ({ three }: Fixture, value: never) =>
          (three[method] as (value: unknown) => unknown).call(three, value),
      ] as (typeof positions)[number],
  ),
];

/** All codes that the documents know. */
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

/** What a call gave must be what it says, and what it says must be so. */
function expectRight(result: unknown): void {
  if (result instanceof GpuBuddy) expectSound(result);
  if (!(result instanceof AllocatedBlocks)) return;
  expect(result.size).toBe(Array.from(result, ({ size }) => size).reduce((sum, size) => sum + size, 0n));
  expect(result.size).toBeGreaterThanOrEqual(4096n);
  result.free();
}

test(`${positions.length} positions and ${values.length} values are ${positions.length * values.length} calls`, () => {
  expect(values.length).toBeGreaterThanOrEqual(40);
  expect(new Set(values.map(([name]) => name)).size).toBe(values.length);
  expect(new Set(positions.map(([name]) => name)).size).toBe(positions.length);
});

describe('odd values', () => {
  test.each(positions)('in %s', (_, kind, call) => {
    for (const [name, make] of values) {
      const given = makeFixture();
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
      expectRight(result);
      expectSound(given.buddy);
    }
  });
});
