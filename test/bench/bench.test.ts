// The parts of the benchmark that measure nothing.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, limits, type Limits } from '../../bench/check.mjs';
import { interleave } from '../../bench/interleave.mjs';
import { parseOptions, parts } from '../../bench/options.mjs';
import { Job } from '../../bench/peers/job.mjs';
import { nextRandom, SEED } from '../../bench/random.mjs';
import { row, summarize } from '../../bench/rows.mjs';
import { findState, states } from '../../bench/states.mjs';
import { table } from '../../bench/table.mjs';
import { JavaScript } from '../../bench/ways/javascript.mjs';
import { apiOptions } from '../../bench/ways/requests.mjs';
import { agree } from '../../bench/ways/way.mjs';

const root = join(__dirname, '../..');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpu-buddy-bench-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a row', () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
    [[10, 9, 100], 10],
  ])('has the median of %j, which is %d', (values, expected) => {
    expect(summarize(values).median).toBe(expected);
  });

  test.each([
    [5, 1, 5],
    [9, 2, 8],
    [45, 16, 30],
  ])('bounds the median of %d rounds by the rounds %d and %d', (count, from, to) => {
    const rounds = Array.from({ length: count }, (_, i) => count - i);
    expect(summarize(rounds)).toMatchObject({ from, to, rounds });
  });

  test('has a ratio of rounds, not of medians', () => {
    expect(row('id', 'name', 'ns', [10, 40, 90], [10, 20, 30]).ratio).toMatchObject({
      median: 2,
      rounds: [1, 2, 3],
    });
  });
});

test('each round measures everything once, not always in the same order', async () => {
  const seen: string[] = [];
  const measurement = (name: string) => () => {
    seen.push(name);
    return seen.length;
  };
  const names = ['a', 'b', 'c'];
  const results = await interleave(Object.fromEntries(names.map((name) => [name, measurement(name)])), 20);
  expect(Object.values(results).map((rounds) => rounds.length)).toEqual([20, 20, 20]);
  const orders = Array.from({ length: 20 }, (_, round) => seen.slice(3 * round, 3 * round + 3));
  expect(orders.map((order) => order.toSorted())).toEqual(Array(20).fill(names));
  expect(new Set(orders.map((order) => order.join())).size).toBeGreaterThan(3);
});

describe('random numbers', () => {
  test('are those of C', () => {
    const source = join(folder, 'random.c');
    const program = join(folder, 'random');
    writeFileSync(
      source,
      `#include <stdio.h>
#include "random.h"
int main(void)
{
	u32 state = ${SEED}U;
	for (int i = 0; i < 1000; i++)
		printf("%u\\n", next_random(&state));
	return 0;
}
`,
    );
    const includes = ['-I', join(root, 'bench/c'), '-I', join(root, 'native/kernel/include')];
    execFileSync(process.env['CC'] ?? 'cc', ['-std=gnu11', ...includes, source, '-o', program]);
    const numbers = execFileSync(program, { encoding: 'utf8' }).trim().split('\n').map(Number);
    let state = SEED;
    expect(numbers).toEqual(Array.from({ length: 1000 }, () => (state = nextRandom(state)) >>> 0));
  });
});

test('states have names of their own', () => {
  expect(new Set(states.map(({ id }) => id)).size).toBe(states.length);
  expect(states.map(({ id }) => findState(id))).toEqual(states);
  expect(() => findState('nowhere')).toThrow('There is no state nowhere');
});

describe('a request', () => {
  const plain = { size: 4096, mode: 'simple', contiguous: false, clear: false } as const;

  test('without anything out of the ordinary has no options', () => {
    expect(apiOptions(plain)).toEqual({ alloc: undefined, free: undefined });
  });

  test.each([
    [{ mode: 'top-down' } as const, { alloc: { mode: 'top-down' }, free: undefined }],
    [{ contiguous: true }, { alloc: { contiguous: true }, free: undefined }],
    [{ clear: true }, { alloc: { clear: true }, free: { cleared: true } }],
  ])('with %j has the options %j', (more, options) => {
    expect(apiOptions({ ...plain, ...more })).toEqual(options);
  });
});

describe('the blocks of two ways', () => {
  const way = (offsets: Float64Array | BigUint64Array, order = 0) => ({
    blocks: () => ({ offsets, orders: Uint8Array.of(0, order), states: new Uint8Array(2) }),
  });
  const numbers = Float64Array.of(0, 2 ** 40);

  test.each([
    [true, 'are the same', way(Float64Array.of(0, 2 ** 40))],
    [true, 'are the same, given out as bigints', way(BigUint64Array.of(0n, 2n ** 40n))],
    [false, 'lie elsewhere', way(Float64Array.of(0, 2 ** 39))],
    [false, 'lie elsewhere, given out as bigints', way(BigUint64Array.of(0n, 2n ** 39n))],
    [false, 'are of another order', way(numbers, 1)],
    [false, 'are more', way(Float64Array.of(0, 2 ** 40, 2 ** 41))],
  ])('agree: %p, where they %s', (expected, _, other) => {
    expect(agree(way(numbers), other)).toBe(expected);
    expect(agree(other, way(numbers))).toBe(expected);
  });
});

const request = { size: 4096, mode: 'simple', contiguous: false, clear: false } as const;

/** An allocator whose batch and whose pool are these. */
function allocatorWith(batch: object, pool: object) {
  class GpuBuddy {
    batch() {
      return batch;
    }
    pool() {
      return pool;
    }
    tryAllocBlocks() {
      return {};
    }
  }
  return { GpuBuddy } as never;
}

/** A fake allocator: each allocation is an object of its own, and freed ones are kept. */
function fakePool() {
  const given: object[] = [];
  const freed: object[] = [];
  const fake = {
    get length() {
      return given.length + freed.length;
    },
    alloc: () => given[given.push({}) - 1],
    free: (allocation: object) => freed.push(allocation),
    run: () => ({ errnos: new Int32Array(0), free: () => undefined }),
  };
  return { given, freed, fake };
}

test.each(['batch', 'pool'])('a %s gets back what it has given, whatever that is', (name) => {
  const { given, freed, fake } = fakePool();
  const way = JavaScript.open(name, { size: 2 ** 20, chunkSize: 4096 }, allocatorWith(fake, fake));
  way.fill(request, 4);
  way.keepEverySecond(request);
  expect(freed).toHaveLength(2);
  way.churn(request, 10);
  expect(given).toHaveLength(14);
  expect(freed).toHaveLength(12);
  expect(new Set(freed).size).toBe(12);
  expect(freed.filter((allocation) => !given.includes(allocation))).toEqual([]);
});

test('a checkerboard keeps every second block', () => {
  const { given, freed, fake } = fakePool();
  const way = JavaScript.open('pool', { size: 2 ** 20, chunkSize: 4096 }, allocatorWith(fake, fake));
  way.fill(request, 8);
  way.keepEverySecond(request);
  expect(freed.map((one) => given.indexOf(one)).sort()).toEqual([1, 3, 5, 7]);
});

test('half of the blocks at random is not the first half', () => {
  const { given, freed, fake } = fakePool();
  const way = JavaScript.open('pool', { size: 2 ** 20, chunkSize: 4096 }, allocatorWith(fake, fake));
  way.fill(request, 1000);
  way.keepRandomHalf(request);
  const places = freed.map((one) => given.indexOf(one));
  expect(new Set(places).size).toBe(500);
  expect(Math.min(...places)).toBeLessThan(100);
  expect(Math.max(...places)).toBeGreaterThan(900);
});

test.each(['batch', 'pool', 'api'])('a %s that finds room where there should be none is refused', (name) => {
  const found = {
    alloc: () => ({}),
    tryAlloc: () => ({}),
    run: () => ({ errnos: Int32Array.of(-28, 0), free: () => undefined }),
  };
  const way = JavaScript.open(name, { size: 2 ** 20, chunkSize: 4096 }, allocatorWith(found, found));
  expect(() => {
    way.run('failures', request, 1);
  }).toThrow('There should be no room.');
});

test('a pool is not told to allocate one run, which it does anyway', () => {
  const options: unknown[] = [];
  const pool = {
    alloc: (...given: unknown[]) => options.push(given[1]),
    free: (...given: unknown[]) => options.push(given[1]),
  };
  const way = JavaScript.open('pool', { size: 2 ** 20, chunkSize: 4096 }, allocatorWith({}, pool));
  way.pairs({ ...request, contiguous: true }, 1);
  way.pairs({ ...request, contiguous: true, clear: true }, 1);
  expect(options).toEqual([undefined, undefined, { clear: true }, { cleared: true }]);
});

test('the common job fills half of the space and knows what is live', () => {
  const live = new Map<number, number>();
  let used = 0;
  let highest = 0;
  let next = 0;
  const job = new Job(
    {
      alloc(size: number) {
        live.set(next, size);
        used += size;
        highest = Math.max(highest, used);
        return next++;
      },
      free(allocation: number) {
        used -= live.get(allocation) ?? NaN;
        live.delete(allocation);
      },
    },
    2 ** 25,
  );
  job.run(5000);
  expect(job.live).toBe(live.size);
  expect(used).toBeGreaterThan(2 ** 23);
  expect(highest).toBe(2 ** 24);
});

describe('the command line', () => {
  test('measures everything unless told otherwise', () => {
    expect(parseOptions([])).toMatchObject({ only: parts, rounds: 9, check: false });
    expect(parseOptions(['--only', 'core', '--only', 'load', '--check'])).toMatchObject({
      only: ['core', 'load'],
      check: true,
    });
  });

  test('checks the parts that have limits, and measures no others then', () => {
    const { only } = parseOptions(['--check']);
    expect(new Set(only)).toEqual(new Set(Object.keys(limits)));
  });

  test.each([
    [['--rounds', '4'], '--rounds'],
    [['--rounds', 'many'], '--rounds'],
    [['--only', 'everything'], '--only everything'],
    [['--fast'], '--fast'],
  ])('%j is refused', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});

describe('the check', () => {
  const some: Limits = { core: { time: { atMost: 2 } }, threads: { rate: { atLeast: 0.5 } } };
  const oks = (figures: Record<string, number>, measured: string[]) => {
    const rows = Object.entries(figures).map(([id, value]) => row(id, id, '', [value]));
    return judge(some, rows, measured).map(({ id, ok }) => [id, ok]);
  };

  test('lets the limit itself pass, and nothing beyond it', () => {
    expect(oks({ time: 2, rate: 0.5 }, ['core', 'threads'])).toEqual([
      ['time', true],
      ['rate', true],
    ]);
    expect(oks({ time: 2.01, rate: 0.49 }, ['core', 'threads'])).toEqual([
      ['time', false],
      ['rate', false],
    ]);
  });

  test('judges the ratio of what is compared', () => {
    const [verdict] = judge(some, [row('time', 'time', 'ns', [100], [60])], ['core']);
    expect(verdict).toMatchObject({ id: 'time', ok: true });
  });

  test('misses what should have been measured, and was not', () => {
    expect(oks({}, ['core'])).toEqual([['time', false]]);
    expect(oks({ time: NaN }, ['core'])).toEqual([['time', false]]);
  });

  const all = Object.values(limits).flatMap((part) => Object.entries(part));

  test('every limit is of a part, and has one bound', () => {
    for (const part of Object.keys(limits)) expect(parts).toContain(part);
    expect(new Set(all.map(([id]) => id)).size).toBe(all.length);
    for (const [, { atMost, atLeast }] of all)
      expect([atMost, atLeast].filter((bound) => bound !== undefined)).toHaveLength(1);
  });

  test.each([
    ['all hold', 0, 0, 'all figures hold'],
    ['one is missed', 1, 1, `1 of ${all.length} figures missed`],
  ])('the exit code where %s is %d', (_, misses, code, words) => {
    const rows = all.map(([id, { atMost, atLeast }], i) => {
      const bound = atMost ?? atLeast ?? NaN;
      const beyond = atMost === undefined ? -0.1 : 0.1;
      return row(id, id, '', [i < misses ? bound + beyond : bound]);
    });
    const file = join(folder, `results-${misses}.json`);
    writeFileSync(file, JSON.stringify({ rows, parts }));
    const { status, stdout } = spawnSync(process.execPath, ['bench/main.mjs', '--from', file], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stdout).toContain(words);
    expect(status).toBe(code);
  });

  test('a mistake in the command line is no missed figure', () => {
    const { status, stderr } = spawnSync(process.execPath, ['bench/main.mjs', '--rounds', '1'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stderr).toContain('--rounds: a whole number from 5 on');
    expect(status).toBe(2);
  });
});

test('a table has its first column to the left, the others to the right', () => {
  expect(
    table(
      ['name', 'ns'],
      [
        ['a', '1'],
        ['long name', '100'],
      ],
    ),
  ).toBe(['name        ns', '---------  ---', 'a            1', 'long name  100'].join('\n'));
});
