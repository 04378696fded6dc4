// Policies, on workloads whose answers can be counted by hand.
import { describe, expect, test } from '@jest/globals';
import {
  diverge,
  measurePolicy,
  PLACEMENTS,
  readWorkloads,
  type PolicyOptions,
  type Workload,
} from 'gpu-buddy/trace';
import { linesOf } from './lines';

async function workloadOf(lines: readonly string[], size = '0x8000'): Promise<Workload> {
  const [workload] = await readWorkloads(linesOf([`buddy.new ${size} 0x1000`, ...lines].join('\n')));
  if (!workload) throw new Error('no workload');
  return workload;
}

/** Eight chunks, of which every second one is freed; then two chunks, and one. */
const CHECKERBOARD = [
  ...Array.from(
    { length: 8 },
    (_, id) => `buddy.alloc ${String(id)} 0x1000 time=${String(id)} label="small"`,
  ),
  ...[0, 2, 4, 6].map((id) => `blocks.free ${String(id)} time=${String(10 + id)}`),
  'buddy.alloc 20 0x2000 time=20 label="large"',
  'buddy.alloc 21 0x1000 time=120',
  'buddy.probe 0x1000 free=0x0 time=120',
];

describe('measurePolicy()', () => {
  test('in pieces, everything fits', async () => {
    const { seconds, ...measures } = measurePolicy(await workloadOf(CHECKERBOARD), {});
    expect(seconds).toBeGreaterThan(0);
    expect(measures).toMatchObject({
      policy: { mode: 'simple', size: 0x8000, chunkSize: 0x1000, minBlockSize: undefined },
      allocations: 10,
      failures: 0,
      firstFailure: undefined,
      utilisation: undefined,
      probes: 1,
      probesThatFit: 1,
      peak: 0x8000,
      peakLine: 9,
      bytesAtEnd: 0x7000,
      // Nine lists of one block, and one of two apart.
      blocksPerList: 1.1,
      piecesPerList: 1.1,
    });
  });

  test('in one piece, two chunks do not fit between the others', async () => {
    const measures = measurePolicy(await workloadOf(CHECKERBOARD), { mode: 'contiguous' });
    expect(measures).toMatchObject({
      allocations: 10,
      failures: 1,
      firstFailure: {
        line: 14,
        label: 'large',
        size: 0x2000,
        minBlockSize: 0x1000,
        avail: 0x4000,
        largestFree: 0x1000,
        longestRun: 0x1000,
      },
      utilisation: 0.5,
      blocksPerList: 1,
    });
  });

  test('fragmentation is 1 minus the largest block, or the longest run, by what is free', async () => {
    // Takes the first four of 12 chunks (roots of 8 and 4), then the fifth, and gives the first four back.
    const { blockFragmentation, runFragmentation } = measurePolicy(
      await workloadOf(['buddy.alloc 0 0x4000', 'buddy.alloc 1 0x1000', 'blocks.free 0'], '0xc000'),
      { mode: 'range' },
    );
    // After each request 8, 7 and 11 chunks are free: blocks of at most 4, 4, 4 and runs of at most 8, 7, 7.
    expect(blockFragmentation.mean).toBeCloseTo((1 / 2 + 3 / 7 + 7 / 11) / 3);
    expect(blockFragmentation.worst).toBeCloseTo(7 / 11);
    expect(runFragmentation.mean).toBeCloseTo((0 + 0 + 4 / 11) / 3);
    expect(runFragmentation.worst).toBeCloseTo(4 / 11);
  });

  test('means can be weighed by time', async () => {
    const lines = ['buddy.alloc 0 0x1000 time=0', 'buddy.alloc 1 0x1000 time=90', 'blocks.free 0 time=100'];
    const workload = await workloadOf(lines, '0x2000');
    // Free are 0 to 90, one chunk, and the end.
    expect(measurePolicy(workload, {}).blockFragmentation.mean).toBe(0);
    const apart = await workloadOf(
      ['buddy.alloc 0 0x1000 time=0', 'buddy.alloc 1 0x1000 time=10', 'blocks.free 0 time=30'],
      '0x4000',
    );
    const byTime = measurePolicy(apart, { mode: 'top-down' }, { byTime: true });
    // Three chunks are free for 10 ns, in blocks of at most two; two for 20 ns, in one block.
    expect(byTime.blockFragmentation.mean).toBeCloseTo((10 * (1 / 3) + 20 * 0) / 30);
  });

  test('without times they cannot', async () => {
    const workload = await workloadOf(['buddy.alloc 0 0x1000', 'blocks.free 0']);
    expect(() => measurePolicy(workload, {}, { byTime: true })).toThrow(
      'The recording has no times to weigh by',
    );
  });

  test.each(PLACEMENTS)('%s shrinks, extends and joins lists, and loses nothing', async (mode) => {
    const workload = await workloadOf(
      [
        'buddy.alloc 0 0x7000',
        'blocks.trim 0 0x3000',
        'buddy.alloc 1 0x2000',
        'blocks.extend 1 0x1000',
        'blocks.append 0 1',
        'blocks.trim 0 0x1000',
        'buddy.alloc 2 0x4000',
      ],
      '0x10000',
    );
    expect(measurePolicy(workload, { mode })).toMatchObject({ failures: 0, bytesAtEnd: 0x5000 });
  });

  test('sizes are rounded up to the chunk size', async () => {
    const workload = await workloadOf(['buddy.alloc 0 0x1000', 'buddy.alloc 1 0x1000']);
    expect(measurePolicy(workload, { chunkSize: 0x4000 })).toMatchObject({ peak: 0x8000, failures: 0 });
  });

  test('an allocation that fails is not freed, nor changed', async () => {
    const workload = await workloadOf([
      'buddy.alloc 0 0x10000',
      'blocks.trim 0 0x1000',
      'blocks.extend 0 0x1000',
      'buddy.alloc 1 0x1000',
      'blocks.append 0 1',
      'blocks.free 0',
    ]);
    expect(measurePolicy(workload, {})).toMatchObject({ allocations: 3, failures: 1, bytesAtEnd: 0 });
  });

  test.each<[policy: unknown, message: string]>([
    [
      { size: 0x800 },
      'The value of "policy.size" is out of range. It must be at least the chunk size, 4096.',
    ],
    [{ minBlockSize: 0x800 }, 'The value of "policy.minBlockSize" is out of range.'],
    [{ chunkSize: 3 }, 'The value of "policy.chunkSize" is out of range. It must be a power of two.'],
    [{ mode: 'best' }, 'The "policy.mode" argument must be one of simple, top-down, range,'],
    [{ sise: 3 }, "The \"policy\" argument has an unknown option 'sise', did you mean 'size'?"],
    [{ size: '1G' }, 'The "policy.size" argument must be'],
  ])('%j is refused', async (policy, message) => {
    const workload = await workloadOf(CHECKERBOARD);
    expect(() => measurePolicy(workload, policy as PolicyOptions)).toThrow(message);
  });

  test('an unknown option is refused', async () => {
    const workload = await workloadOf(CHECKERBOARD);
    const options = { bytime: true } as object;
    expect(() => measurePolicy(workload, {}, options)).toThrow(
      "unknown option 'bytime', did you mean 'byTime'?",
    );
  });

  test('the size must be known', async () => {
    const workload = await workloadOf(['buddy.alloc 0 0x1000'], '-');
    expect(() => measurePolicy(workload, {})).toThrow(
      '"policy.size" argument must be given: the recording does not know it',
    );
    expect(measurePolicy(workload, { size: 0x1000 }).failures).toBe(0);
  });
});

describe('diverge()', () => {
  test('one recording by two policies: where they part, and what follows', async () => {
    const workload = await workloadOf(CHECKERBOARD);
    const divergence = diverge({ workload, policy: {} }, { workload, policy: { mode: 'contiguous' } });
    expect(divergence).toEqual({
      request: undefined,
      compared: 15,
      // Another list has got the chunk that the large one would have had.
      placement: { index: 13, lines: [15, 15] },
      placedElsewhere: 1,
      outcome: { index: 12, lines: [14, 14] },
      failedOnlyInFirst: 0,
      failedOnlyInSecond: 1,
    });
  });

  test('two recordings are compared up to the first request that differs', async () => {
    const first = await workloadOf([
      'buddy.alloc 0 0x1000',
      '# a comment',
      'buddy.alloc 1 0x1000',
      'blocks.free 1',
    ]);
    const second = await workloadOf(['buddy.alloc 5 0x1000', 'buddy.alloc 6 0x2000']);
    expect(diverge({ workload: first, policy: {} }, { workload: second, policy: {} })).toMatchObject({
      request: { index: 1, lines: [4, 3] },
      compared: 1,
      placement: undefined,
      outcome: undefined,
    });
  });

  test('the same twice never parts', async () => {
    const [first, second] = [await workloadOf(CHECKERBOARD), await workloadOf(CHECKERBOARD)];
    expect(diverge({ workload: first, policy: {} }, { workload: second, policy: {} })).toMatchObject({
      request: undefined,
      placement: undefined,
      outcome: undefined,
      compared: 15,
    });
  });

  test('one recording that ends earlier parts there', async () => {
    const first = await workloadOf(CHECKERBOARD);
    const second = await workloadOf(CHECKERBOARD.slice(0, 3));
    const { request } = diverge({ workload: first, policy: {} }, { workload: second, policy: {} });
    expect(request).toEqual({ index: 3, lines: [5, undefined] });
  });
});
