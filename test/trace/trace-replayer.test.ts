// Operations executed by the kernel's allocator, answered as recorded.
import { describe, expect, test } from '@jest/globals';
import { parseOperation, TraceError, TraceReplayer, type ReplayObserver } from 'gpu-buddy/trace';
import { returnGuard, spareSlot, takeGuard } from '../../lib/guard';
import * as native from '../../lib/native';
import { resultsOf } from './lines';

const trace = (...lines: string[]) => lines.map((line) => `${line}\n`).join('');
const INIT = 'init 0x100000 0x1000';

describe('the answer to', () => {
  test.each<[name: string, lines: string[], last: string]>([
    ['a comment is the comment', ['# grüße'], '# grüße'],
    ['init is the whole space', [INIT], '0 avail=0x100000 clear_avail=0x0'],
    ['init rounds down to chunks', ['init 0x100fff 0x1000'], '0 avail=0x100000 clear_avail=0x0'],
    ['a bad init is EINVAL and nothing', ['init 0x100000 0x1001'], '-22 avail=0x0 clear_avail=0x0'],
    [
      'init with a chunk below 4096 is EINVAL, as in the kernel',
      ['init 0x100000 0x800'],
      '-22 avail=0x0 clear_avail=0x0',
    ],
    ['init with a chunk of 1 is EINVAL', ['init 0x100000 0x1'], '-22 avail=0x0 clear_avail=0x0'],
    ['init after one with a small chunk', ['init 0x100000 0x800', INIT], '0 avail=0x100000 clear_avail=0x0'],
    ['init above 2^53', ['init 0xfffffffffffff000 0x1000'], '0 avail=0xfffffffffffff000 clear_avail=0x0'],
    [
      'alloc is its blocks',
      [INIT, 'alloc 0 0 0x100000 0x3000 0x1000 0'],
      '0 0xfe000:1:0 0xfd000:0:0 avail=0xfd000 clear_avail=0x0',
    ],
    [
      'an alloc that fails is none',
      [INIT, 'alloc 0 0 0x100000 0x200000 0x1000 0'],
      '-22 avail=0x100000 clear_avail=0x0',
    ],
    [
      'an alloc without space',
      [INIT, 'alloc 0 0 0 0x100000 0x1000 0', 'alloc 1 0 0 0x1000 0x1000 0'],
      '-28 avail=0x0 clear_avail=0x0',
    ],
    [
      'alloc with flags that mean nothing',
      [INIT, 'alloc 0 0 0 0x1000 0x1000 0xffffffffffffffc0'],
      '0 0xff000:0:0 avail=0xff000 clear_avail=0x0',
    ],
    [
      'trim is the list after it',
      [INIT, 'alloc 0 0 0 0x10000 0x1000 0', 'trim 0 - 0x3000'],
      '0 0xf0000:1:0 0xf2000:0:0 avail=0xfd000 clear_avail=0x0',
    ],
    [
      'trim with a start',
      [INIT, 'alloc 0 0 0 0x10000 0x1000 0', 'trim 0 0xf4000 0x1000'],
      '0 0xf4000:0:0 avail=0xff000 clear_avail=0x0',
    ],
    [
      'a trim that fails is the list as it was',
      [INIT, 'alloc 0 0 0 0x10000 0x1000 0', 'trim 0 - 0x123'],
      '-22 0xf0000:4:0 avail=0xf0000 clear_avail=0x0',
    ],
    [
      'trim of an empty list',
      [INIT, 'alloc 0 0 0 0x200000 0x1000 0', 'trim 0 - 0x1000'],
      '-22 avail=0x100000 clear_avail=0x0',
    ],
    [
      'free gives back',
      [INIT, 'alloc 0 0 0 0x10000 0x1000 0', 'free 0 0x0'],
      '0 avail=0x100000 clear_avail=0x0',
    ],
    [
      'free gives back clear',
      [INIT, 'alloc 0 0 0 0x10000 0x1000 0', 'free 0 0x10'],
      '0 avail=0x100000 clear_avail=0x10000',
    ],
    [
      'free of an empty list',
      [INIT, 'alloc 0 0 0 0x200000 0x1000 0', 'free 0 0x10'],
      '0 avail=0x100000 clear_avail=0x0',
    ],
    [
      'a clear block',
      [INIT, 'reset_clear 1', 'alloc 0 0 0 0x1000 0x1000 0x8'],
      '0 0xff000:0:1 avail=0xff000 clear_avail=0xff000',
    ],
    [
      'free_block is the list without it',
      [INIT, 'alloc 0 0 0 0x3000 0x1000 0', 'free_block 0 0'],
      '0 0xfd000:0:0 avail=0xff000 clear_avail=0x0',
    ],
    [
      'free_block of the last block',
      [INIT, 'alloc 0 0 0 0x1000 0x1000 0', 'free_block 0 0'],
      '0 avail=0x100000 clear_avail=0x0',
    ],
    [
      'lookup of a block',
      [INIT, 'alloc 0 0 0 0x10000 0x1000 0', 'lookup 0xf1234'],
      '0 0xf0000:4:0 avail=0xf0000 clear_avail=0x0',
    ],
    ['lookup of free memory', [INIT, 'lookup 0x1234'], '0 null avail=0x100000 clear_avail=0x0'],
    ['lookup outside', [INIT, 'lookup 0xffffffffffffffff'], '-6 avail=0x100000 clear_avail=0x0'],
    ['fini is nothing', [INIT, 'fini'], '0 avail=0x0 clear_avail=0x0'],
    [
      'fini with an empty list',
      [INIT, 'alloc 0 0 0 0x200000 0x1000 0', 'fini'],
      '0 avail=0x0 clear_avail=0x0',
    ],
    ['init after fini', [INIT, 'fini', 'init 0x2000 0x1000'], '0 avail=0x2000 clear_avail=0x0'],
    ['init after a bad init', ['init 0 0', INIT], '0 avail=0x100000 clear_avail=0x0'],
  ])('%s', async (_, lines, last) => {
    expect((await resultsOf(trace(...lines))).at(-1)).toBe(last);
  });

  test('print joins its lines', async () => {
    const [, printed] = await resultsOf(trace('init 0x3000 0x1000', 'print'));
    expect(printed).toBe(
      '0 [chunk_size: 4KiB, total: 0MiB, free: 0MiB, clear_free: 0MiB|' +
        'order- 1 free:        8 KiB, used:        0 KiB, free_blocks: 1, used_blocks: 0|' +
        'order- 0 free:        4 KiB, used:        0 KiB, free_blocks: 1, used_blocks: 0] avail=0x3000 clear_avail=0x0',
    );
  });
});

test('an ID is free again after free, and after fini', async () => {
  const ALLOC = 'alloc 5 0 0 0x1000 0x1000 0';
  const FAILED = 'alloc 5 0 0 0x200000 0x1000 0';
  const results = await resultsOf(
    trace(INIT, ALLOC, 'free 5 0x0', ALLOC, 'free 5 0x0', FAILED, 'fini', INIT, ALLOC),
  );
  expect(results).toHaveLength(9);
});

describe('an operation that no recorded trace can have', () => {
  const ALLOC = 'alloc 1 0 0 0x1000 0x1000 0';

  test.each([
    ['before init', ['print'], 'print before an init that succeeds'],
    ['after a bad init', ['init 0 0', 'lookup 0'], 'lookup before an init that succeeds'],
    ['after fini', [INIT, 'fini', ALLOC], 'alloc before an init that succeeds'],
    ['a second init', [INIT, INIT], 'init while an allocator lives: fini must come first'],
    ['a second fini', [INIT, 'fini', 'fini'], 'fini before an init that succeeds'],
    ['fini with blocks', [INIT, ALLOC, 'fini'], 'fini while list 1 holds blocks: free must come first'],
    ['an ID in use', [INIT, ALLOC, ALLOC], 'list 1 is in use: free must come first'],
    ['free of no list', [INIT, 'free 1 0x0'], 'there is no list 1'],
    ['a second free', [INIT, ALLOC, 'free 1 0x0', 'free 1 0x0'], 'there is no list 1'],
    ['trim of no list', [INIT, 'trim 1 - 0x1000'], 'there is no list 1'],
    ['free_block of no list', [INIT, 'free_block 1 0'], 'there is no list 1'],
    [
      'free_block of no block',
      [INIT, ALLOC, 'free_block 1 1'],
      'list 1 has no block 1: it holds 1, counted from 0',
    ],
    ['a line that means nothing', [INIT, 'jump'], 'unknown operation "jump"'],
  ])('%s: names file and line', async (_, lines, reason) => {
    const error: unknown = await resultsOf(trace(...lines)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TraceError);
    expect(error).toMatchObject({ file: 'some.trace', line: lines.length });
    expect(String(error)).toContain(reason);
  });

  test('leaves the state as it was', () => {
    using replayer = new TraceReplayer();
    replayer.execute(parseOperation(INIT));
    replayer.execute(parseOperation(ALLOC));
    expect(() => replayer.execute(parseOperation('fini'))).toThrow(
      '<text>:1: fini while list 1 holds blocks',
    );
    expect(replayer.execute(parseOperation('lookup 0xff000'))).toContain('0 0xff000:0:0 avail=0xff000');
  });
});

test('getters tell the state after the last operation', () => {
  using replayer = new TraceReplayer();
  const state = () => [replayer.isLive, replayer.size, replayer.errno, replayer.avail, replayer.clearAvail];
  const after = (line: string) => {
    replayer.execute(parseOperation(line));
    return state();
  };
  expect(state()).toEqual([false, 0, 0, 0, 0]);
  expect(after('init 0 0')).toEqual([false, 0, -22, 0, 0]);
  expect(after(INIT)).toEqual([true, 0x100000, 0, 0x100000, 0]);
  expect(after('alloc 0 0 0 0x100000 0x1000 0')).toEqual([true, 0x100000, 0, 0, 0]);
  expect(after('alloc 1 0 0 0x1000 0x1000 0')).toEqual([true, 0x100000, -28, 0, 0]);
  expect(after('free 0 0x10')).toEqual([true, 0x100000, 0, 0x100000, 0x100000]);
  expect(replayer.snapshot()).toMatchObject({ size: 0x100000, chunkSize: 4096, clearAvail: 0x100000 });
  expect(after('fini')).toEqual([false, 0, 0, 0, 0]);
  expect([replayer.stats(), replayer.snapshot()]).toEqual([undefined, undefined]);
});

test.each([0, 1023, 1024, 5000, 2 ** 24 - 1, 2 ** 24, Number.MAX_SAFE_INTEGER])(
  'the ID %d stands for a list like any other, as often as it comes back',
  (id) => {
    using replayer = new TraceReplayer();
    const execute = (line: string) => replayer.execute(parseOperation(line));
    execute(INIT);
    execute('alloc 7 0 0 0x2000 0x1000 0');
    for (let i = 0; i < 3; i++) {
      expect(execute(`alloc ${id} 0 0 0x1000 0x1000 0`)).toBe('0 0xfd000:0:0 avail=0xfd000 clear_avail=0x0');
      expect(() => execute(`alloc ${id} 0 0 0x1000 0x1000 0`)).toThrow(`list ${id} is in use`);
      expect(() => execute('fini')).toThrow(/list \d+ holds blocks/);
      expect(execute(`free ${id} 0x0`)).toBe('0 avail=0xfe000 clear_avail=0x0');
      expect(() => execute(`free ${id} 0x0`)).toThrow(`there is no list ${id}`);
    }
    expect(() => execute('fini')).toThrow('list 7 holds blocks');
    execute('free 7 0x0');
    expect(execute('fini')).toBe('0 avail=0x0 clear_avail=0x0');
  },
);

describe('IDs, whatever the numbers,', () => {
  const ROUND = ['init 65536 4096', 'alloc 16777215 0 0 0 4096 0x0', 'fini'];

  test('cost a fini no more than there are lists', async () => {
    const rounds = Array.from({ length: 300 }, () => ROUND).flat();
    const start = performance.now();
    const results = await resultsOf(trace(...rounds));
    // Milliseconds, where a walk through all smaller IDs takes half a minute.
    expect(performance.now() - start).toBeLessThan(5000);
    expect(results).toHaveLength(900);
    expect(new Set(results)).toEqual(
      new Set([
        '0 avail=0x10000 clear_avail=0x0',
        '-22 avail=0x10000 clear_avail=0x0',
        '0 avail=0x0 clear_avail=0x0',
      ]),
    );
  });

  test.each([2 ** 24 - 1, 2 ** 24, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER])(
    'cost no memory for those between: %d',
    (id) => {
      using replayer = new TraceReplayer();
      replayer.execute(parseOperation(INIT));
      replayer.execute(parseOperation('alloc 0 0 0 0x1000 0x1000 0'));
      const before = process.memoryUsage().arrayBuffers;
      replayer.execute(parseOperation(`alloc ${id} 0 0 0x1000 0x1000 0`));
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000);
    },
  );

  test('stay with their lists while more and more are added', () => {
    using replayer = new TraceReplayer();
    const execute = (line: string) => replayer.execute(parseOperation(line));
    const strays = [1023, 1024, 4095, 4096, 9999, 70_000, 2 ** 24 - 1, 2 ** 24, 2 ** 32, 2 ** 40];
    for (let round = 0; round < 3; round++) {
      execute('init 0x10000000 0x1000');
      for (const id of strays) execute(`alloc ${id} 0 0 0x1000 0x1000 0`);
      for (let id = 100_000; id < 130_000; id++) {
        execute(`alloc ${id} 0 0 0x1000 0x1000 0`);
        if (id % 5000 !== 0) continue;
        for (const stray of strays) {
          expect(() => execute(`alloc ${stray} 0 0 0x1000 0x1000 0`)).toThrow(`list ${stray} is in use`);
        }
      }
      for (let id = 100_000; id < 130_000; id++) execute(`free ${id} 0x0`);
      for (const [i, stray] of strays.entries()) {
        expect(() => execute('fini')).toThrow(/list (\d+) holds blocks/);
        // Every second one becomes an empty list, which fini forgets.
        execute(i % 2 === 0 ? `free ${stray} 0x0` : `free_block ${stray} 0`);
      }
      execute('fini');
      execute(INIT);
      for (const stray of strays) expect(() => execute(`free ${stray} 0x0`)).toThrow('there is no list');
      execute('fini');
    }
  });
});

describe('many operations at a time', () => {
  const ALLOC = 'alloc 1 0 0 0x1000 0x1000 0';
  const parsed = (lines: readonly string[]) => lines.map((line) => parseOperation(line));
  /** Lists of up to 500 blocks: every second chunk of 4 MiB is free. */
  const scattered = [
    'init 0x400000 0x1000',
    ...Array.from({ length: 1024 }, (_, i) => `alloc ${i} 0 0 0x1000 0x1000 0`),
    ...Array.from({ length: 512 }, (_, i) => `free ${2 * i} ${i % 3 === 0 ? '0x10' : '0x0'}`),
    'alloc 5000 0 0 0x1000 0x1000 0',
    'alloc 5001 0 0 0x1f0000 0x1000 0',
    'free 5000 0x0',
    'alloc 5002 0 0 0x5000 0x1000 0',
    'free 5001 0x10',
    'alloc 5003 0 0 0x100000 0x1000 0x8',
    'alloc 5004 0 0 0x1000 0x1000 0',
    'alloc 5005 0 0 0x100000 0x1000 0x8',
    'free 5003 0x0',
    'free 5002 0x0',
  ];

  test('give the lines that they give one by one, and the getters tell of the line that was given last', () => {
    using single = new TraceReplayer();
    using batched = new TraceReplayer();
    const stateOf = (replayer: TraceReplayer) => [replayer.errno, replayer.avail, replayer.clearAvail];
    const expected = parsed(scattered).map((operation) => [single.execute(operation), stateOf(single)]);
    const told: unknown[] = [];
    const run = () => {
      for (const line of batched.run()) told.push([line, stateOf(batched)]);
    };
    for (const operation of parsed(scattered)) {
      if (!batched.canEnqueue(operation)) run();
      if (!batched.enqueue(operation)) told.push([batched.execute(operation), stateOf(batched)]);
    }
    run();
    expect(told).toEqual(expected);
    expect([...batched.run()]).toEqual([]);
  });

  test.each([
    ['many lists of many blocks', scattered],
    [
      'numbers above 2^53',
      [
        'init 0xfffffffffffff000 0x1000',
        'alloc 1 0 0 0x8000000000001000 0x1000 0x0',
        'lookup 0x8000000000000000',
      ],
    ],
    ['chunks that the kernel refuses', ['init 0x100000 0x800', 'init 0x100000 1', INIT, 'print']],
  ])('give the same lines whether they were parsed or made by a program: %s', async (_, lines) => {
    using replayer = new TraceReplayer();
    const made = parsed(lines).map((operation) => replayer.execute({ ...operation }));
    expect(await resultsOf(trace(...lines))).toEqual(made);
  });

  test('are no more than can be done at a time', () => {
    using replayer = new TraceReplayer();
    replayer.execute(parseOperation(INIT));
    const operations = parsed(Array.from({ length: 1200 }, (_, i) => `alloc ${i} 0 0 0x1000 0x1000 0`));
    const taken = operations.filter((operation) => replayer.enqueue(operation)).length;
    expect([taken, replayer.canEnqueue(parseOperation('free 0 0x0'))]).toEqual([1024, false]);
    expect([...replayer.run()].length).toBe(1024);
    expect(replayer.canEnqueue(parseOperation('free 0 0x0'))).toBe(true);
  });

  test('must be done before any other', () => {
    using replayer = new TraceReplayer();
    replayer.execute(parseOperation(INIT));
    replayer.enqueue(parseOperation(ALLOC));
    expect(() => replayer.execute(parseOperation('print'))).toThrow('run() must come first');
    expect([...replayer.run()]).toHaveLength(1);
  });

  test('up to a line that is wrong are told of before the error', async () => {
    const seen: string[] = [];
    const observer: ReplayObserver = {
      after: ({ line }) => {
        seen.push(line);
        return undefined;
      },
    };
    const lines = [INIT, ALLOC, 'free 1 0x0', 'free 1 0x0', ALLOC];
    const error: unknown = await resultsOf(trace(...lines), [observer]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ line: 4, reason: 'there is no list 1' });
    expect(seen).toEqual(lines.slice(0, 3));
  });
});

describe('disposal', () => {
  const startMany = (replayer: TraceReplayer) => {
    replayer.execute(parseOperation(INIT));
    for (let id = 0; id < 50; id++) replayer.execute(parseOperation(`alloc ${id} 0 0 0x1000 0x1000 0`));
  };
  const CONFIG = { size: 4096, chunkSize: 4096, baseOffset: 0, anyUnit: false, memoryLimit: 0, stepLimit: 0 };
  /** The slots that come next, for lists and for allocators. Slots that are given back come first, in some order. */
  const nextSlots = () => {
    const lists = Array.from({ length: 60 }, () => ({ slot: spareSlot(), guard: takeGuard() }));
    const allocators = Array.from({ length: 3 }, () => {
      const owner = {};
      expect(native.create(owner, CONFIG)).toBe(native.OK);
      return { owner, handle: native.created() };
    });
    for (const { slot, guard } of [...lists].reverse()) returnGuard(guard, slot);
    for (const { owner, handle } of [...allocators].reverse()) native.dispose(owner, handle);
    return {
      lists: new Set(lists.map(({ slot }) => slot)),
      allocators: new Set(allocators.map(({ handle }) => handle.slot)),
    };
  };

  test('gives every native slot back, wherever the trace stopped', () => {
    const before = nextSlots();
    for (let i = 0; i < 100; i++) {
      using replayer = new TraceReplayer();
      startMany(replayer);
    }
    expect(nextSlots()).toEqual(before);
  });

  test('leaves a replayer that can begin again', () => {
    const before = nextSlots();
    const replayer = new TraceReplayer();
    startMany(replayer);
    replayer[Symbol.dispose]();
    expect(replayer.isLive).toBe(false);
    startMany(replayer);
    replayer[Symbol.dispose]();
    replayer[Symbol.dispose]();
    expect(nextSlots()).toEqual(before);
  });
});
