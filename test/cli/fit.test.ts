// The command `gpu-buddy fit` from its arguments to its exit status, within this process.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { temporaryFolder } from '../support/temporary-folder';
import { runCli } from './fake-terminal';

const at = temporaryFolder();

/** In one piece it fits in 5 chunks, and not in 6: test/trace/fit.test.ts says why. */
const ODD = [
  'buddy.alloc 0 0x2000',
  'buddy.alloc 1 0x1000',
  'blocks.free 0',
  'buddy.alloc 2 0x4000 label="map"',
];
const LONGER = [4, 2, 3, 4, -2, 5, 5, -1, 5].reduce<string[]>((lines, size) => {
  const id = lines.filter((line) => line.startsWith('buddy.alloc')).length;
  return [
    ...lines,
    size < 0 ? `blocks.free ${String(-size)}` : `buddy.alloc ${String(id)} ${String(size * 4096)}`,
  ];
}, []);

beforeAll(() => {
  writeFileSync(at('odd.trace'), ['buddy.new 0x8000 0x1000', ...ODD, ''].join('\n'));
  writeFileSync(at('longer.trace'), ['buddy.new - 0x1000', ...LONGER, ''].join('\n'));
});

test('in pieces it tells the peak, and compares it with the recorded space', async () => {
  expect(await runCli(['fit', at('odd.trace')])).toEqual({
    status: 0,
    stderr: '',
    stdout: [
      'odd: 4 requests; its own allocator had a space of 32 KiB',
      'odd simple: fits in 20,480 bytes (20 KiB), 37.5 % less than the recorded space',
      '  as much is in use at line 5: nothing smaller fits',
      '',
    ].join('\n'),
  });
});

test('otherwise a size that fits, and what does not fit below', async () => {
  const { stdout } = await runCli(['fit', '--mode', 'contiguous', '--step', '4K', at('longer.trace')]);
  expect(stdout).toBe(
    [
      'longer: 9 requests',
      'longer contiguous: fits in 131,072 bytes (128 KiB)',
      '  at least 94,208 bytes (92 KiB) are needed: in use at line 10',
      '  in 126,976 bytes (124 KiB) not: line 10: no space for 20 KiB: 52 KiB free, in blocks of at most 16 KiB, runs of at most 16 KiB',
      '  tried below it, does not fit (5 sizes): 92 KiB, 96 KiB, 100 KiB, 108 KiB, 124 KiB',
      '  a smaller size between these may fit: --exhaustive tries all',
      '',
    ].join('\n'),
  );
});

test('only --exhaustive says "smallest", and larger sizes that do not fit', async () => {
  const { stdout } = await runCli([
    'fit',
    '--mode',
    'contiguous',
    '--step',
    '4K',
    '--exhaustive',
    at('longer.trace'),
  ]);
  expect(stdout.split('\n').slice(1)).toEqual([
    'longer contiguous: fits in 114,688 bytes (112 KiB)',
    '  at least 94,208 bytes (92 KiB) are needed: in use at line 10',
    expect.stringMatching(/^ {2}in 110,592 bytes \(108 KiB\) not: line \d+: no space for 20 KiB: /),
    '  tried below it, does not fit (5 sizes): 92 KiB, 96 KiB, 100 KiB, 104 KiB, 108 KiB',
    '  larger, does not fit (1 size): 124 KiB',
    '  smallest of all sizes from there on, 4,096 bytes (4 KiB) apart: all were tried',
    '',
  ]);
});

test('JSON has one record for each trace and policy', async () => {
  const { stdout } = await runCli([
    ...['fit', '--json', '--mode', 'simple,contiguous', '--min-block-size', '4K,8K'],
    ...[at('odd.trace'), at('longer.trace')],
  ]);
  const records = JSON.parse(stdout) as Record<string, unknown>[];
  expect(
    records.map(({ trace, mode, minBlockSize, size, smallest }) => [
      trace,
      mode,
      minBlockSize,
      size,
      smallest,
    ]),
  ).toEqual([
    ['odd', 'simple', 4096, 20480, 'lower-bound'],
    ['odd', 'contiguous', 4096, 20480, 'lower-bound'],
    ['odd', 'simple', 8192, 20480, 'lower-bound'],
    ['odd', 'contiguous', 8192, 20480, 'lower-bound'],
    ['longer', 'simple', 4096, 94208, 'lower-bound'],
    ['longer', 'contiguous', 4096, 131072, null],
    ['longer', 'simple', 8192, expect.any(Number), null],
    ['longer', 'contiguous', 8192, expect.any(Number), null],
  ]);
  expect(records[0]).toMatchObject({
    recordedSize: 0x8000,
    recordedPeak: null,
    recordedReserved: null,
    lowerBound: 20480,
    tried: [],
  });
});

test('a recording of another allocator is taken as it is', async () => {
  const log = ['1: malloc 0x10 100', '1: malloc 0x20 30', '1: free 0x10', '1: malloc 0x30 64', ''].join('\n');
  const { status, stdout } = await runCli(['fit', '--mode', 'simple,contiguous', '-'], { stdin: log });
  expect([status, stdout.split('\n').filter((line) => line.includes('fits in'))]).toEqual([
    0,
    [
      'standard input simple: fits in 144 bytes (144 B)',
      'standard input contiguous: fits in 160 bytes (160 B)',
    ],
  ]);
});

test('compares the memory that the recorded allocator had reserved with the size that fits', async () => {
  const stdin = JSON.stringify({
    Stats: {},
    TotalBytes: 1024,
    Suballocations: [
      { Offset: 0, Type: 'BUFFER', Size: 64 },
      { Offset: 256, Type: 'IMAGE', Size: 24 },
    ],
  });
  const { stdout } = await runCli(['fit', '-'], { stdin });
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    'standard input: 2 requests; its own allocator had 1 KiB reserved at most',
    'standard input simple: fits in 88 bytes (88 B), 91.4 % less than was reserved',
  ]);
});

describe('wrong command lines', () => {
  test.each<[args: readonly string[], message: string]>([
    [[], 'no TRACE is given'],
    [['--step', '0', 'odd.trace'], 'The value of --step is out of range'],
    [['--threads', '2', 'odd.trace'], '--threads needs --exhaustive'],
    [['--exhaustive', '--threads', '0', 'odd.trace'], '--threads takes a number from 1 on, not "0"'],
    [['--mode', 'first', 'odd.trace'], '--mode takes simple, top-down,'],
    [['--size', '4K', 'odd.trace'], "Unknown option '--size'"],
  ])('%j', async (args, message) => {
    const given = args.map((arg) => (arg.endsWith('.trace') ? at(arg) : arg));
    const { status, stderr } = await runCli(['fit', ...given]);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});

test('help has examples', async () => {
  const { status, stdout } = await runCli(['fit', '--help']);
  expect([status, stdout]).toEqual([0, expect.stringContaining('\nExamples:\n')]);
});
