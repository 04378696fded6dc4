// Workloads: what a program asked for, read from a trace, without addresses and without a policy.
import { describe, expect, test } from '@jest/globals';
import { peakOf, readWorkloads, RequestKind, type Workload } from 'gpu-buddy/trace';
import { linesOf } from './lines';

const KINDS = Object.entries(RequestKind);

/** The requests as text: kind, list, size, alignment, and the line. */
function requestsOf({ kinds, lists, sizes, alignments, lines }: Workload): string[] {
  return Array.from(kinds, (kind, index) => {
    const name = KINDS.find(([, number]) => number === kind)?.[0] ?? '?';
    const [list, size, alignment, line] = [lists, sizes, alignments, lines].map((column) => column[index]);
    return `${name} ${String(list)} ${String(size)} ${String(alignment)} @${String(line)}`;
  });
}

async function workloadsOf(lines: readonly string[]): Promise<Workload[]> {
  return readWorkloads(linesOf(lines.join('\n')));
}

async function workloadOf(lines: readonly string[]): Promise<Workload> {
  const [workload] = await workloadsOf(lines);
  if (!workload) throw new Error('no workload');
  return workload;
}

describe("the library's calls", () => {
  const NEW = 'buddy.new 0x10000 0x1000';

  test.each<[what: string, lines: readonly string[], requests: readonly string[]]>([
    [
      'allocations and frees; numbers of lists are used again',
      ['buddy.alloc 7 0x2000 minBlockSize=0x2000', 'blocks.free 7', 'buddy.alloc 9 0x1000'],
      ['ALLOC 0 8192 8192 @2', 'FREE 0 0 0 @3', 'ALLOC 0 4096 0 @4'],
    ],
    [
      'recorded failures are probes',
      ['buddy.alloc 1 0x2000 => -28 avail=0x0 clear_avail=0x0', 'buddy.probe 0x3000 free=0x1000'],
      ['PROBE -1 8192 0 @2', 'PROBE -1 12288 0 @3'],
    ],
    [
      'a claim is an allocation of as many bytes',
      ['buddy.claim 4 0x0:1 0x8000:2', 'blocks.undo 4'],
      ['ALLOC 0 24576 0 @2', 'FREE 0 0 0 @3'],
    ],
    [
      'what a list is trimmed to, loses and gains',
      [
        'buddy.alloc 1 0x8000',
        'blocks.trim 1 0x6000',
        'blocks.freeBlock 1 0 => 0 0x4000:1:0 avail=0xe000 clear_avail=0x0',
        'blocks.extend 1 0x3000',
        'buddy.alloc 2 0x1000',
        'blocks.append 1 2',
        'blocks.append - 1 tag=3',
      ],
      [
        'ALLOC 0 32768 0 @2',
        'SHRINK 0 24576 0 @3',
        'SHRINK 0 8192 0 @4',
        'GROW 0 12288 0 @5',
        'ALLOC 1 4096 0 @6',
        'APPEND 0 1 0 @7',
      ],
    ],
    [
      'calls that ask for no memory are left out',
      ['account.open 1', 'buddy.resetClear 1', 'begin', 'buddy.alloc 1 0x1000', 'account.close 1'],
      ['ALLOC 0 4096 0 @5'],
    ],
  ])('%s', async (_, lines, requests) => {
    expect(requestsOf(await workloadOf([NEW, ...lines]))).toEqual(requests);
  });

  test('leave out requests that no allocator serves: their lists are empty', async () => {
    const workload = await workloadOf([
      NEW,
      'buddy.alloc 1 0x0',
      'buddy.alloc 2 0x1000 minBlockSize=0x1800',
      'blocks.extend 1 0x0',
      'blocks.free 1',
      'buddy.alloc 3 0x1000',
    ]);
    expect(requestsOf(workload)).toEqual(['FREE 0 0 0 @5', 'ALLOC 0 4096 0 @6']);
    expect(workload.dropped.refused).toBe(2);
  });

  test('count the operations that are not kept', async () => {
    const { dropped } = await workloadOf([
      NEW,
      'buddy.claim 1 0x0:0 0x1000:0',
      'begin',
      'account.open 1',
      'buddy.alloc 2 0x1000 range=0x0..0x8000 account=1',
      'buddy.alloc 3 0x1001 => -22 avail=0xd000 clear_avail=0x0',
      'gap 3',
      'blocks.free 77',
    ]);
    expect(dropped).toEqual({ addresses: 2, ranges: 1, accounts: 1, refused: 1, afterGap: 1 });
  });

  test('times, labels and the recorded use are kept', async () => {
    const workload = await workloadOf([
      NEW,
      'buddy.alloc 1 0x2000 time=5 label="a" => 0 0xe000:1:0 avail=0xe000 clear_avail=0x0',
      'buddy.alloc 2 0x1000 time=7 label="b"',
      'blocks.free 1 label="a" => 0 avail=0xf000 clear_avail=0x0',
    ]);
    expect([...workload.times]).toEqual([5, 7, NaN]);
    expect(Array.from(workload.labels, (label) => workload.labelTexts[label])).toEqual(['a', 'b', 'a']);
    expect(workload.recorded).toEqual({ size: 0x10000, peak: 0x2000, reserved: undefined });
  });

  test.each([
    ['blocks.free 3', 'some.trace:2: there is no list 3'],
    ['blocks.append 3 4', 'some.trace:2: there is no list 4'],
    ['buddy.alloc 1 0x1000 on=2', 'some.trace:2: there is no allocator 2: buddy.new must come first'],
  ])('%s is refused', async (line, message) => {
    await expect(workloadsOf([NEW, line])).rejects.toThrow(message);
  });

  test('a list in use is refused, and left out leniently', async () => {
    const lines = [NEW, 'buddy.alloc 1 0x1000', 'buddy.alloc 1 0x1000', '', 'blocks.free 2', 'blocks.free 1'];
    await expect(workloadsOf(lines)).rejects.toThrow('some.trace:3: list 1 is in use: free must come first');
    const problems: unknown[] = [];
    const [workload] = await readWorkloads(linesOf(lines.join('\n')), {
      onSkipped: ({ problem, line }) => problems.push([problem, line]),
    });
    expect(problems).toEqual([
      ['live-list', 3],
      ['blank-line', 4],
      ['unknown-list', 5],
    ]);
    expect(workload && requestsOf(workload)).toEqual(['ALLOC 0 4096 0 @2', 'FREE 0 0 0 @6']);
  });
});

describe("the kernel's calls", () => {
  test('are replayed, to learn which have failed', async () => {
    const workload = await workloadOf([
      'init 0x10000 0x1000',
      'alloc 0 0 0 0xc000 0x1000 0',
      'alloc 1 0 0 0x8000 0x2000 0',
      'alloc 2 0 0 0x1001 0x1000 0',
      'alloc 3 0 0x8000 0x1000 0x1000 0x1',
      'free_block 0 0',
      'trim 0 - 0x2000',
      'free 1 0x0',
      'free 0 0x10',
    ]);
    expect(requestsOf(workload)).toEqual([
      'ALLOC 0 49152 4096 @2',
      'PROBE -1 32768 8192 @3',
      'ALLOC 1 4096 4096 @5',
      'SHRINK 0 16384 0 @6',
      'SHRINK 0 8192 0 @7',
      'FREE 0 0 0 @9',
    ]);
    expect(workload.dropped).toMatchObject({ ranges: 1, refused: 1 });
    expect(workload.recorded).toEqual({ size: 0x10000, peak: 0xd000, reserved: undefined });
  });

  test('each init that succeeds is an allocator', async () => {
    const round = (size: number) => [
      `init ${String(size)} 0x1000`,
      'alloc 0 0 0 0x1000 0x1000 0',
      'free 0 0x0',
      'fini',
    ];
    const workloads = await workloadsOf([
      ...round(0x4000),
      'init 0 0',
      'init 0x1000 0x1000',
      'fini',
      ...round(0x8000),
    ]);
    expect(workloads.map(({ allocator, recorded, length }) => [allocator, recorded.size, length])).toEqual([
      [0, 0x4000, 2],
      [2, 0x8000, 2],
    ]);
  });
});

test.each([
  [0x1000, 0x4000, 2],
  [0x2000, 0x6000, 2],
  [0x4000, 0xc000, 2],
])('the peak, with sizes rounded up to %i bytes, is %i', async (chunkSize, bytes, index) => {
  const workload = await workloadOf([
    'buddy.new - 0x1000',
    'buddy.alloc 0 0x1000',
    'buddy.alloc 1 0x2000',
    'blocks.extend 0 0x1000',
    'blocks.trim 1 0x1000',
    'blocks.append 0 1',
    'blocks.free 0',
    'buddy.alloc 2 0x3000',
    'buddy.probe 0x10000',
  ]);
  expect(peakOf(workload, chunkSize)).toEqual({ bytes, index });
});
