// Tests which spaces a workload fits in: by answers counted by hand, and by a slow search of the model in test/model.
import { describe, expect, test } from '@jest/globals';
import { fitWorkload, measurePolicy, readWorkloads, type FitOptions, type Workload } from 'gpu-buddy/trace';
import { Memory } from '../model/memory';
import { Policy } from '../model/policy';
import { ChunkRequest } from '../model/request';
import { Random } from '../support/random';
import { linesOf } from './lines';

const CHUNK = 0x1000;

/** A request of a program, in chunks: an allocation into a list, or, without a size, its end. */
interface Step {
  readonly id: number;
  readonly size?: number;
}

async function workloadOf(steps: readonly Step[]): Promise<Workload> {
  const lines = steps.map(({ id, size }) =>
    size === undefined
      ? `blocks.free ${String(id)}`
      : `buddy.alloc ${String(id)} ${String(size * CHUNK)} label="list ${String(id)}"`,
  );
  const [workload] = await readWorkloads(linesOf(['buddy.new - 0x1000', ...lines].join('\n')));
  if (!workload) throw new Error('no workload');
  return workload;
}

/** Makes steps of words: `3` allocates three chunks into the next list, `-0` frees the first list. */
function stepsOf(text: string): Step[] {
  let lists = 0;
  return text
    .split(' ')
    .map((word) =>
      word.startsWith('-') ? { id: Number(word.slice(1)) } : { id: lists++, size: Number(word) },
    );
}

async function fitOf(text: string, options: FitOptions) {
  const workload = await workloadOf(stepsOf(text));
  const fit = await fitWorkload(workload, { step: CHUNK, ...options });
  return { ...fit, chunks: fit.size / CHUNK, lower: fit.lowerBound / CHUNK };
}

describe('known answers', () => {
  test('in pieces the rounded peak is enough, and nothing is tried', async () => {
    expect(await fitOf('5 3 -0 4 1 -1', {})).toMatchObject({
      chunks: 8,
      lower: 8,
      lowerBoundLine: 3,
      smallest: 'lower-bound',
      tried: [],
    });
  });

  test.each<[steps: string, options: FitOptions, chunks: number, lower: number]>([
    // Two roots, 4 and 1: the second list leaves the first root whole. In six chunks, roots of 4 and 2, it does not.
    ['2 1 -0 4', { mode: 'contiguous' }, 5, 5],
    ['5 1 -0 6 1', { mode: 'contiguous' }, 9, 8],
    ['3 2 3 6 -1 6 5', { mode: 'contiguous' }, 24, 23],
    // Three lists of a chunk take three aligned places for two.
    ['1 1 1', { minBlockSize: 2 * CHUNK }, 5, 3],
    ['1 1 1', { minBlockSize: CHUNK }, 3, 3],
    ['1 1 1', { chunkSize: 2 * CHUNK }, 6, 6],
  ])('%s with %j takes %i chunks', async (steps, options, chunks, lower) => {
    const workload = await workloadOf(stepsOf(steps));
    const step = options.chunkSize ?? CHUNK;
    const fit = await fitWorkload(workload, { step, exhaustive: true, ...options });
    expect([fit.size / CHUNK, fit.lowerBound / CHUNK]).toEqual([chunks, lower]);
    expect(fit.smallest).toBe(chunks === lower ? 'lower-bound' : 'exhaustive');
  });

  test('a larger space can be too small', async () => {
    const workload = await workloadOf(stepsOf('2 1 -0 4'));
    const failures = [5, 6, 7, 8].map(
      (chunks) => measurePolicy(workload, { mode: 'contiguous', size: chunks * CHUNK }).failures,
    );
    expect(failures).toEqual([0, 1, 0, 0]);
  });

  test('sizes between fail and success are halved; what is found so need not be the smallest', async () => {
    const steps = '4 2 3 4 -2 5 5 -1 5';
    const some = await fitOf(steps, { mode: 'contiguous' });
    expect(some).toMatchObject({ chunks: 32, lower: 23, smallest: undefined });
    expect(some.tried.map(({ size, failure }) => [size / CHUNK, failure === undefined])).toEqual([
      [23, false],
      [24, false],
      [25, false],
      [27, false],
      [31, false],
      [32, true],
      [33, true],
      [35, true],
      [39, true],
    ]);
    const all = await fitOf(steps, { mode: 'contiguous', exhaustive: true });
    expect(all).toMatchObject({ chunks: 28, smallest: 'exhaustive' });
    const below = all.tried.filter(({ size }) => size <= all.size);
    expect(below.map(({ size, failure }) => [size / CHUNK, failure === undefined])).toEqual([
      [23, false],
      [24, false],
      [25, false],
      [26, false],
      [27, false],
      [28, true],
    ]);
  });

  test('names the request that fails just below, and the free memory then', async () => {
    const { tried } = await fitOf('5 1 -0 6 1', { mode: 'contiguous' });
    expect(tried[0]).toEqual({
      size: 8 * CHUNK,
      failure: {
        line: 5,
        label: 'list 2',
        size: 6 * CHUNK,
        minBlockSize: CHUNK,
        avail: 7 * CHUNK,
        largestFree: 4 * CHUNK,
        longestRun: 5 * CHUNK,
      },
    });
  });
});

describe('the search', () => {
  test('takes steps of a 256th of the peak, in whole chunks', async () => {
    const workload = await workloadOf(stepsOf('300'));
    expect((await fitWorkload(workload, { mode: 'contiguous' })).step).toBe(2 * CHUNK);
    expect((await fitWorkload(workload, { mode: 'contiguous', step: 5000 })).step).toBe(2 * CHUNK);
  });

  test('tells of its progress', async () => {
    const progress: (readonly [number, number])[] = [];
    await fitOf('4 2 3 4 -2 5 5 -1 5', {
      mode: 'contiguous',
      exhaustive: true,
      onProgress: (...state) => progress.push(state),
    });
    expect(progress.map(([done]) => done)).toEqual(progress.map((_, index) => index + 1));
    expect(progress[0]).toEqual([1, 0]);
    // Four of the sizes from 23 to 31 chunks were not tried before; what lies behind the first that fits is left out.
    expect(progress.at(-1)).toEqual([11, 13]);
  });

  test('ends with the reason of a signal', async () => {
    const reason = new Error('enough');
    const given = { mode: 'contiguous', signal: AbortSignal.abort(reason) } as const;
    await expect(fitOf('3 2 3 6 -1 6 5', given)).rejects.toBe(reason);
  });

  test.each<[options: unknown, message: string]>([
    [{ step: 0 }, 'The value of "options.step" is out of range. It must be a size above 0.'],
    [{ minBlockSize: 3 }, 'The value of "policy.minBlockSize" is out of range.'],
    [{ size: 4096 }, 'The "options" argument has an unknown option \'size\''],
  ])('%j is refused', async (options, message) => {
    const workload = await workloadOf(stepsOf('1'));
    await expect(fitWorkload(workload, options as FitOptions)).rejects.toThrow(message);
  });
});

/** Tells whether the model, which has no tree, has room for all steps in a space of `chunks` chunks. */
function fitsModel(
  steps: readonly Step[],
  chunks: number,
  { mode = 'simple', minBlockSize = CHUNK }: FitOptions,
): boolean {
  const memory = new Memory(chunks);
  const space = { baseOffset: 0n, chunkSize: BigInt(CHUNK), size: BigInt(chunks * CHUNK) };
  for (const { id, size } of steps) {
    const owned = memory.lists.get(id);
    if (size === undefined) {
      if (owned) memory.give(owned, false);
      memory.lists.delete(id);
      continue;
    }
    const min = minBlockSize / CHUNK;
    const rounded = mode.startsWith('contiguous') ? 2 ** Math.ceil(Math.log2(size)) : size;
    if (Math.ceil(rounded / min) * min > chunks) return false;
    const request = new ChunkRequest(
      {
        size: BigInt(size * CHUNK),
        minBlockSize: BigInt(minBlockSize),
        mode: mode.endsWith('range')
          ? { range: { start: 0n, end: space.size } }
          : mode === 'top-down'
            ? mode
            : 'simple',
        contiguous: mode.startsWith('contiguous'),
        clear: false,
        trimDisable: false,
        tag: 0,
      },
      space,
    );
    if (size > memory.free.size) return false;
    const { lists, maySucceed, mayFail } = new Policy(memory, request).expectation();
    if (!maySucceed) return false;
    const [blocks, other] = lists;
    // Beside a free block of half the size is none of a power of two: that would be one block.
    if (!blocks && mode === 'contiguous' && Number.isInteger(Math.log2(size))) return false;
    if (!blocks || other || mayFail) throw new Error('The model leaves a choice.');
    memory.take(
      id,
      blocks.map((block) => ({ ...block, tag: 0 })),
    );
  }
  return true;
}

/** In one piece, sizes are powers of two: of others the model does not know where they go. */
function randomSteps(random: Random, mode: FitOptions['mode']): Step[] {
  const live: number[] = [];
  return Array.from({ length: 14 }, (_, id) => {
    if (live.length > 1 && random.chance(0.4))
      return { id: live.splice(random.below(live.length), 1)[0] ?? 0 };
    live.push(id);
    return { id, size: mode === 'contiguous' ? 2 ** random.below(4) : 1 + random.below(9) };
  });
}

describe('--exhaustive agrees with a slow search of the model', () => {
  test.each<FitOptions>([
    { mode: 'simple', minBlockSize: 2 * CHUNK },
    { mode: 'simple', minBlockSize: 4 * CHUNK },
    { mode: 'top-down', minBlockSize: 4 * CHUNK },
    { mode: 'range', minBlockSize: 2 * CHUNK },
    { mode: 'contiguous', minBlockSize: CHUNK },
    { mode: 'contiguous-range', minBlockSize: CHUNK },
    { mode: 'contiguous-range', minBlockSize: 4 * CHUNK },
  ])('%j', async (options) => {
    const random = new Random(20);
    let notMonotonic = 0;
    for (let round = 0; round < 25; round++) {
      const steps = randomSteps(random, options.mode);
      const workload = await workloadOf(steps);
      const fit = await fitWorkload(workload, { ...options, step: CHUNK, exhaustive: true });
      let smallest = fit.lowerBound / CHUNK;
      while (!fitsModel(steps, smallest, options)) smallest++;
      expect(fit.size / CHUNK).toBe(smallest);
      if ([1, 2, 3, 4].some((more) => !fitsModel(steps, smallest + more, options))) notMonotonic++;
    }
    // In the other modes a larger space is used as the smaller one is, from the same end.
    expect(notMonotonic > 0).toBe(options.mode === 'contiguous');
  });
});
