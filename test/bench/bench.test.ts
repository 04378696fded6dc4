// The parts of the benchmark that measure nothing.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, limits, type Limit } from '../../bench/check.mjs';
import { interleave } from '../../bench/interleave.mjs';
import { parseOptions, parts } from '../../bench/options.mjs';
import { Job } from '../../bench/peers/job.mjs';
import { nextRandom, SEED } from '../../bench/random.mjs';
import { errorStates, findState, jobState, states } from '../../bench/states.mjs';
import { median, quantile, ratios } from '../../bench/statistics.mjs';
import { table } from '../../bench/table.mjs';
import { Batch } from '../../bench/ways/batch.mjs';
import { takeEverySecond, takeRandomHalf } from '../../bench/ways/halves.mjs';
import { Pool } from '../../bench/ways/pool.mjs';
import { apiOptions, kernelArguments } from '../../bench/ways/requests.mjs';
import { agree } from '../../bench/ways/way.mjs';

const root = join(__dirname, '../..');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpu-buddy-bench-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('statistics', () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
    [[10, 9, 100], 10],
  ])('the median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  test('quantiles lie between the values', () => {
    expect(quantile([10, 20, 30, 40, 50], 0.25)).toBe(20);
    expect(quantile([10, 20], 0.75)).toBe(17.5);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('a ratio is one of rounds, not of medians', () => {
    expect(ratios([10, 40, 90], [10, 20, 30])).toEqual({
      median: 2,
      lowest: 1,
      highest: 3,
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

  test('choose halves that together are the whole', () => {
    const whole = Array.from({ length: 1000 }, (_, i) => i);
    const kept = [...whole];
    const { taken, random } = takeRandomHalf(kept, SEED);
    expect(kept).toHaveLength(500);
    expect([...kept, ...taken].sort((a, b) => a - b)).toEqual(whole);
    expect(random).not.toBe(SEED);
    expect(kept).not.toEqual(whole.slice(0, 500));
  });
});

test('a checkerboard keeps every second block', () => {
  const items = [0, 1, 2, 3, 4, 5, 6, 7];
  const taken = takeEverySecond(items);
  expect(items).toEqual([0, 2, 4, 6]);
  expect(taken.sort()).toEqual([1, 3, 5, 7]);
});

test('states have names of their own', () => {
  const all = [...states, ...errorStates, jobState];
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  expect(all.map(({ id }) => findState(id))).toEqual(all);
  expect(findState('scale-77').live).toBe(77);
  expect(() => findState('nowhere')).toThrow('There is no state nowhere');
});

test.each(errorStates.map((state) => [state.name, state] as const))(
  'in the state "%s" nothing fits',
  (_, { layout, live, blockSize, request, space }) => {
    const blocks = layout === 'full' ? live : 2 * live;
    expect(blocks * blockSize).toBe(space.size);
    const largestHole = layout === 'full' ? 0 : blockSize;
    expect(kernelArguments(request, space).minBlockSize).toBeGreaterThan(largestHole);
  },
);

describe('a request', () => {
  const plain = { size: 4096, mode: 'simple', contiguous: false, clear: false } as const;

  test('without anything out of the ordinary has no options', () => {
    expect(apiOptions(plain)).toEqual({ alloc: undefined, free: undefined });
  });

  test.each([
    [{ mode: 'top-down' } as const, { alloc: { mode: 'top-down' }, free: undefined }],
    [{ contiguous: true }, { alloc: { contiguous: true }, free: undefined }],
    [{ clear: true }, { alloc: { clear: true }, free: { cleared: true } }],
    [{ minBlockSize: 8192 }, { alloc: { minBlockSize: 8192 }, free: undefined }],
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
  }
  return { GpuBuddy } as never;
}

test.each([
  ['batch', Batch],
  ['pool', Pool],
] as const)('a %s gets back what it has given for an allocation, whatever that is', (_, Way) => {
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
  const way = new Way({ size: 2 ** 20, chunkSize: 4096 }, allocatorWith(fake, fake));
  way.fill(request, 4);
  way.keepEverySecond(request);
  expect(freed).toHaveLength(2);
  way.churn(request, 10);
  expect(given).toHaveLength(14);
  expect(freed).toHaveLength(12);
  expect(new Set(freed).size).toBe(12);
  expect(freed.filter((allocation) => !given.includes(allocation))).toEqual([]);
});

test('a pool is not told to allocate one run, which it does anyway', () => {
  const options: unknown[] = [];
  const pool = {
    alloc: (...given: unknown[]) => options.push(given[1]),
    free: (...given: unknown[]) => options.push(given[1]),
  };
  const way = new Pool({ size: 2 ** 20, chunkSize: 4096 }, allocatorWith({}, pool));
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
    expect(new Set(only)).toEqual(new Set(limits.map(({ part }) => part)));
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
  const some: Limit[] = [
    { part: 'core', figure: 'time', id: 'time', atMost: 2 },
    { part: 'threads', figure: 'rate', id: 'rate', atLeast: 0.5 },
  ];
  const oks = (figures: Record<string, number>, measured: string[]) =>
    judge(some, figures, measured).map(({ id, ok }) => [id, ok]);

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

  test('misses what should have been measured, and was not', () => {
    expect(oks({}, ['core'])).toEqual([['time', false]]);
    expect(oks({ time: NaN }, ['core'])).toEqual([['time', false]]);
  });

  test('every limit is of a part, and has one bound', () => {
    expect(new Set(limits.map(({ id }) => id)).size).toBe(limits.length);
    for (const { part, atMost, atLeast } of limits) {
      expect(parts).toContain(part);
      expect([atMost, atLeast].filter((bound) => bound !== undefined)).toHaveLength(1);
    }
  });

  test.each([
    ['all hold', 0, 0, 'all figures hold'],
    ['one is missed', 1, 1, `1 of ${limits.length} figures missed`],
  ])('the exit code where %s is %d', (_, misses, code, words) => {
    const figures = Object.fromEntries(
      limits.map(({ id, atMost, atLeast }, i) => {
        const bound = atMost ?? atLeast ?? NaN;
        return [id, i < misses ? bound + (atMost === undefined ? -0.1 : 0.1) : bound];
      }),
    );
    const file = join(folder, `results-${misses}.json`);
    writeFileSync(file, JSON.stringify({ figures, parts }));
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
