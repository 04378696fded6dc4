// Tests that a bad operation, place or line is refused before anything is done.
import { describe, expect, test } from '@jest/globals';
import {
  parseOperation,
  TraceReplayer,
  type ReplayObserver,
  type TraceOperation,
  type TracePlace,
} from 'gpu-buddy/trace';
import { resultsOf } from './lines';

const INVALID_TYPE = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const OUT_OF_RANGE = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };

/** Values that no field of that kind can have, and the error of each. */
const NO_PRIMITIVES = [null, '4096', {}, [], Symbol('x'), () => 1].map(
  (value) => [value, INVALID_TYPE] as const,
);
const BAD = {
  bytes: [
    ...NO_PRIMITIVES,
    [true, INVALID_TYPE],
    ...[NaN, -1, 1.5, Infinity, 2 ** 53, -1n, 2n ** 64n].map((value) => [value, OUT_OF_RANGE] as const),
  ],
  integer: [
    ...NO_PRIMITIVES,
    [true, INVALID_TYPE],
    [1n, INVALID_TYPE],
    ...[NaN, -1, 1.5, Infinity, 2 ** 53].map((value) => [value, OUT_OF_RANGE] as const),
  ],
  boolean: [...NO_PRIMITIVES, [0, INVALID_TYPE], [1n, INVALID_TYPE]],
  text: [...NO_PRIMITIVES.filter(([value]) => value !== '4096'), [0, INVALID_TYPE], [true, INVALID_TYPE]],
} as const;

const GOOD: readonly TraceOperation[] = [
  { kind: 'comment', text: '# text' },
  { kind: 'init', size: 65536, chunkSize: 4096 },
  { kind: 'alloc', id: 2, start: 0, end: 0, size: 4096, minBlockSize: 4096, flags: 0 },
  { kind: 'free', id: 1, cleared: false },
  { kind: 'trim', id: 1, start: 0xc000, newSize: 4096 },
  { kind: 'free_block', id: 1, index: 0 },
  { kind: 'reset_clear', clear: true },
  { kind: 'lookup', address: 0 },
  { kind: 'print' },
  { kind: 'fini' },
];

const FIELDS: Readonly<Record<string, keyof typeof BAD>> = {
  text: 'text',
  size: 'bytes',
  chunkSize: 'bytes',
  id: 'integer',
  start: 'bytes',
  end: 'bytes',
  minBlockSize: 'bytes',
  flags: 'bytes',
  cleared: 'boolean',
  newSize: 'bytes',
  index: 'integer',
  clear: 'boolean',
  address: 'bytes',
};

function started(kind = ''): TraceReplayer {
  const replayer = new TraceReplayer();
  if (kind === 'init') return replayer;
  replayer.execute({ kind: 'init', size: 65536, chunkSize: 4096 });
  replayer.execute({ kind: 'alloc', id: 1, start: 0, end: 0, size: 16384, minBlockSize: 4096, flags: 0 });
  return replayer;
}

const stateOf = (replayer: TraceReplayer) => [
  replayer.isLive,
  replayer.size,
  replayer.errno,
  replayer.avail,
  replayer.clearAvail,
  replayer.stats(),
  replayer.snapshot(),
];

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return 'none';
}

/** Gives it to both entries, and looks whether the replayer is as before and goes on as if nothing had happened. */
function expectRefused(replayer: TraceReplayer, operation: unknown, error: object, message: string): void {
  const before = stateOf(replayer);
  const given = operation as TraceOperation;
  const isLeft = /^(alloc|free)$/.test(String((operation as { kind?: unknown } | undefined)?.kind));
  for (const entry of ['execute', 'enqueue'] as const) {
    if (entry === 'enqueue' && !isLeft) continue;
    const thrown = errorOf(() => replayer[entry](given));
    expect(thrown).toMatchObject(error);
    expect(String(thrown)).toContain(message);
  }
  expect([...replayer.run()]).toEqual([]);
  expect(stateOf(replayer)).toEqual(before);
}

test.each(GOOD)('an operation $kind is executed', (good) => {
  using replayer = started(good.kind);
  if (good.kind === 'fini') replayer.execute({ kind: 'free', id: 1, cleared: false });
  expect(typeof replayer.execute(good)).toBe('string');
});

const GOOD_FIELDS = GOOD.flatMap((good) =>
  Object.keys(good)
    .filter((field) => field !== 'kind')
    .map((field) => ({ good, kind: good.kind, field })),
);

test.each(GOOD_FIELDS)('an operation $kind with a wrong $field is refused', ({ good, field }) => {
  using replayer = started(good.kind);
  const name = `"operation.${field}"`;
  for (const [value, error] of BAD[FIELDS[field] ?? 'bytes'])
    expectRefused(replayer, { ...good, [field]: value }, error, name);
  const mayLack = good.kind === 'trim' && field === 'start';
  if (!mayLack) expectRefused(replayer, { ...good, [field]: undefined }, INVALID_TYPE, name);
  // The replayer works on as before.
  expect(typeof replayer.execute(good)).toBe('string');
});

test.each([undefined, null, 0, 'print', Symbol('print'), true, 1n, () => 1])(
  '%p is no operation',
  (operation) => {
    using replayer = started();
    expectRefused(replayer, operation, INVALID_TYPE, '"operation" argument must be of type object');
    for (const entry of ['enqueue', 'canEnqueue'] as const)
      expect(() => replayer[entry](operation as unknown as TraceOperation)).toThrow(TypeError);
  },
);

test.each([
  undefined,
  null,
  'nope',
  'constructor',
  '__proto__',
  'toString',
  '',
  7,
  Symbol('print'),
  ['print'],
])('%p is no kind of operation', (kind) => {
  using replayer = started();
  expectRefused(replayer, { kind, id: 1, text: '#' }, INVALID_TYPE, "must be one of 'comment', 'init',");
  expect(replayer.enqueue({ kind } as unknown as TraceOperation)).toBe(false);
});

test.each<[unknown, string]>([
  [null, '"place"'],
  ['some.trace:7', '"place"'],
  [{}, '"place.file"'],
  [{ file: Symbol('x'), line: 1 }, '"place.file"'],
  [{ file: 'some.trace' }, '"place.line"'],
  [{ file: 'some.trace', line: '7' }, '"place.line"'],
])('%p is no place', (place, name) => {
  using replayer = started();
  const before = stateOf(replayer);
  const at = place as TracePlace;
  for (const operation of GOOD) {
    expect(() => replayer.execute(operation, at)).toThrow(name);
    if (replayer.canEnqueue(operation)) expect(() => replayer.enqueue(operation, at)).toThrow(name);
  }
  expect([...replayer.run()]).toEqual([]);
  expect(stateOf(replayer)).toEqual(before);
  for (const line of ['jump', 'free', 'print\r']) {
    expect(errorOf(() => parseOperation(line, at))).toMatchObject(INVALID_TYPE);
  }
});

test.each([undefined, null, 7, {}, ['print'], Buffer.from('print')])('%p is no line', (line) => {
  expect(errorOf(() => parseOperation(line as string))).toMatchObject(INVALID_TYPE);
});

test('bigints are byte values, however small', () => {
  using replayer = new TraceReplayer();
  replayer.execute({ kind: 'init', size: 65536n, chunkSize: 4096n });
  const alloc = { kind: 'alloc', id: 0, start: 0n, end: 65536n, size: 4096n, minBlockSize: 4096n } as const;
  expect(replayer.execute({ ...alloc, flags: 2n ** 64n - 64n })).toBe(
    '0 0xf000:0:0 avail=0xf000 clear_avail=0x0',
  );
  expect(replayer.execute({ kind: 'lookup', address: 0xf000n })).toContain('0 0xf000:0:0');
});

test('fields are read once, and before anything is done', () => {
  using replayer = started();
  let reads = 0;
  const operation = {
    kind: 'trim' as const,
    start: undefined,
    newSize: 4096,
    get id() {
      reads++;
      // The allocator is another one now.
      replayer[Symbol.dispose]();
      replayer.execute({ kind: 'init', size: 65536, chunkSize: 4096 });
      return 1;
    },
  };
  expect(() => replayer.execute(operation)).toThrow('there is no list 1');
  expect(reads).toBe(1);
});

/** An object whose properties are these when they are read for the first time, and nonsense from then on. */
function fickle<T extends object>(good: T): { object: T; reads: Map<string, number> } {
  const reads = new Map<string, number>();
  const object = {} as T;
  for (const [name, value] of Object.entries(good))
    Object.defineProperty(object, name, {
      enumerable: true,
      get: () => {
        const count = (reads.get(name) ?? 0) + 1;
        reads.set(name, count);
        return count === 1 ? (value as unknown) : Symbol('another answer');
      },
    });
  return { object, reads };
}

describe('an object whose getters answer differently the second time', () => {
  test.each(GOOD)('is the operation $kind that it was the first time', (good) => {
    using replayer = started(good.kind);
    using plain = started(good.kind);
    if (good.kind === 'fini')
      for (const one of [replayer, plain]) one.execute({ kind: 'free', id: 1, cleared: false });
    const operation = fickle(good);
    const place = fickle({ file: 'some.trace', line: 7 });
    expect(replayer.execute(operation.object, place.object)).toBe(plain.execute(good));
    expect(stateOf(replayer)).toEqual(stateOf(plain));
    expect(operation.reads).toEqual(new Map(Object.keys(good).map((name) => [name, 1])));
    expect(place.reads).toEqual(
      new Map([
        ['file', 1],
        ['line', 1],
      ]),
    );
  });

  test.each(GOOD.filter(({ kind }) => kind === 'alloc' || kind === 'free'))(
    'is enqueued as the $kind that it was the first time, but for its kind, which is asked for twice',
    ({ kind, ...rest }) => {
      using replayer = started();
      const operation = fickle(rest);
      const place = fickle({ file: 'some.trace', line: 7 });
      const object = Object.defineProperty(operation.object, 'kind', { value: kind });
      expect(replayer.enqueue(object as TraceOperation, place.object)).toBe(true);
      expect([...operation.reads.values(), ...place.reads.values()].every((count) => count === 1)).toBe(true);
      expect(operation.reads.size).toBe(Object.keys(rest).length);
      expect([...replayer.run()]).toEqual([started().execute({ kind, ...rest } as TraceOperation)]);
    },
  );

  const FIELDS_OF_ALL = Object.assign({}, ...GOOD, { id: 2 }) as object;

  test.each<[first: string, second: unknown, isEnqueued: boolean]>([
    ['print', 'alloc', false],
    ['fini', 'free', false],
    ['nope', 'alloc', false],
    ['alloc', 'print', true],
    ['free', 'init', true],
    ['alloc', 'nope', true],
    ['free', undefined, true],
    ['free', 'alloc', true],
  ])(
    'is enqueued by what it is the first time, if at all: first %p, then %p',
    (first, second, isEnqueued) => {
      using replayer = started();
      using plain = started();
      const fields = { ...FIELDS_OF_ALL, id: first === 'free' ? 1 : 2 };
      let reads = 0;
      const operation = {
        ...fields,
        get kind() {
          return reads++ === 0 ? first : second;
        },
      } as unknown as TraceOperation;
      expect(replayer.enqueue(operation)).toBe(isEnqueued);
      expect([reads, ...replayer.run()]).toEqual([
        1,
        ...(isEnqueued ? [plain.execute({ ...fields, kind: first } as TraceOperation)] : []),
      ]);
    },
  );
});

/** Allocates from within. */
function withAct(operation: TraceOperation, field: string, act: () => void): TraceOperation {
  const value = (operation as unknown as Record<string, unknown>)[field];
  return Object.defineProperty({ ...operation }, field, {
    enumerable: true,
    get: () => {
      act();
      return value;
    },
  });
}

const alloc = (id: number): TraceOperation => ({
  ...{ kind: 'alloc', start: 0, end: 0, size: 4096, minBlockSize: 4096, flags: 0 },
  id,
});

describe('a getter that enqueues something itself', () => {
  // Nothing can be enqueued before an init.
  const fields = GOOD_FIELDS.filter(({ kind }) => kind !== 'init');

  test.each(fields)('keeps $kind from being executed (by its $field)', ({ good, kind, field }) => {
    using replayer = started(kind);
    const operation = withAct(good, field, () => replayer.enqueue(alloc(100)));
    expect(() => replayer.execute(operation)).toThrow('run() must come first');
    expect([...replayer.run()]).toEqual([started().execute(alloc(100))]);
    expect(typeof replayer.execute(good)).toBe('string');
  });

  test('comes first in the same batch', () => {
    using replayer = started();
    using plain = started();
    expect(replayer.enqueue(withAct(alloc(2), 'size', () => replayer.enqueue(alloc(3))))).toBe(true);
    expect([...replayer.run()]).toEqual([3, 2].map((id) => plain.execute(alloc(id))));
  });

  test('until the batch is full leaves no room for its own operation', () => {
    using replayer = started();
    let count = 0;
    const fill = () => {
      while (replayer.enqueue(alloc(10 + count))) count++;
    };
    expect(replayer.enqueue(withAct(alloc(2), 'size', fill))).toBe(false);
    expect([...replayer.run()]).toHaveLength(count);
    expect(count).toBeGreaterThan(1000);
  });
});

describe('an observer of a replay', () => {
  const LINES = [
    'init 0x10000 0x1000',
    'alloc 1 0 0 0x3000 0x1000 0x0',
    'free_block 1 0',
    'lookup 0',
    'free 1 0x0',
  ];
  const TRACE = LINES.map((line) => `${line}\n`).join('');
  const answersOf = (observer: ReplayObserver) =>
    resultsOf(TRACE, [observer]).catch((reason: unknown) => reason);

  test.each<[kind: string, field: string, value: unknown, error: object]>([
    ['init', 'size', -4096, OUT_OF_RANGE],
    ['init', 'chunkSize', '4096', INVALID_TYPE],
    ['free_block', 'id', '1', INVALID_TYPE],
    ['free_block', 'index', -1, OUT_OF_RANGE],
    ['free_block', 'index', 1.5, OUT_OF_RANGE],
    ['lookup', 'address', 2n ** 64n, OUT_OF_RANGE],
    ['lookup', 'address', {}, INVALID_TYPE],
    ['lookup', 'kind', 'nope', INVALID_TYPE],
    ['lookup', 'kind', 'alloc', INVALID_TYPE],
  ])('cannot make the %s of a trace have the %s %p', async (kind, field, value, error) => {
    const observer: ReplayObserver = {
      before: (operation) => {
        if (operation.kind === kind) Object.assign(operation, { [field]: value });
      },
      after: () => undefined,
    };
    expect(await answersOf(observer)).toMatchObject(error);
  });

  test('is shown allocations and frees when they are done, and cannot change them', async () => {
    const shown: string[] = [];
    const answers = await answersOf({
      before: ({ kind }) => {
        shown.push(`before ${kind}`);
      },
      after: ({ operation }) => {
        shown.push(operation.kind);
        Object.assign(operation, { kind: 'nope', id: -1, size: NaN, flags: {}, cleared: 1 });
        return undefined;
      },
    });
    expect(shown.join(', ')).toBe(
      'before init, init, alloc, before free_block, free_block, before lookup, lookup, free',
    );
    expect(answers).toEqual(await answersOf({ after: () => undefined }));
    expect(answers).toHaveLength(LINES.length);
  });

  test('that enqueues something itself keeps the next line from being executed', async () => {
    const observer: ReplayObserver = {
      before: ({ kind }, replayer) => {
        if (kind === 'lookup') replayer.enqueue(alloc(100));
      },
      after: () => undefined,
    };
    expect(String(await answersOf(observer))).toContain('run() must come first');
  });
});

test('disposal forgets what was enqueued', () => {
  const replayer = started();
  replayer.enqueue({ kind: 'free', id: 1, cleared: false });
  replayer[Symbol.dispose]();
  expect([...replayer.run()]).toEqual([]);
  expect(replayer.execute({ kind: 'init', size: 4096, chunkSize: 4096 })).toBe(
    '0 avail=0x1000 clear_avail=0x0',
  );
  replayer[Symbol.dispose]();
});
