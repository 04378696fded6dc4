// The command `gpu-buddy compare` from its arguments to its exit status, within this process.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { temporaryFolder } from '../support/temporary-folder';
import { runCli } from './fake-terminal';

/** Eight chunks, of which every second one is freed, and then two chunks. */
const TRACE = [
  'gpu-buddy-trace 2',
  'buddy.new 0x8000 0x1000',
  ...Array.from({ length: 8 }, (_, id) => `buddy.alloc ${String(id)} 0x1000`),
  ...[0, 2, 4, 6].map((id) => `blocks.free ${String(id)}`),
  'buddy.alloc 20 0x2000 label="large"',
  'buddy.probe 0x1000',
  '',
];

const at = temporaryFolder();

beforeAll(() => {
  writeFileSync(at('run.trace'), TRACE.join('\n'));
  writeFileSync(at('after.trace'), TRACE.filter((line) => !line.includes('probe')).join('\n'));
  writeFileSync(at('unknown.trace'), TRACE.join('\n').replace('0x8000', '-'));
  writeFileSync(
    at('two.trace'),
    `${TRACE.join('\n')}buddy.new 0x8000 0x1000 on=1\nbuddy.alloc 0 0x1000 on=1\n`,
  );
  writeFileSync(at('state.trace'), 'buddy.new 0x8000 0x1000\nbuddy.claim 0 0x0:0\nbegin\nblocks.free 0\n\n');
  writeFileSync(at('empty.trace'), 'gpu-buddy-trace 2\n');
});

/** Without the time, which nobody knows before. */
function withoutTime(text: string): string {
  return text.replace(/ +\d+\.\d{3} s$/gm, '').replace(/ +time$/gm, '');
}

test('a table has a row for each combination, in their order', async () => {
  const { status, stdout, stderr } = await runCli([
    ...[
      'compare',
      '--mode',
      'simple,contiguous',
      '--size',
      '32K,64K',
      '--min-block-size',
      '4K',
      at('run.trace'),
    ],
  ]);
  expect([status, stderr]).toEqual([0, '']);
  expect(withoutTime(stdout)).toBe(
    [
      'trace        mode  min block    size  failures  used at first    peak  fragmented   worst  by runs   worst  blocks  pieces',
      'run        simple      4 KiB  32 KiB         0              -  32 KiB      30.1 %  75.0 %   20.8 %  75.0 %    1.11    1.11',
      'run    contiguous      4 KiB  32 KiB         1         50.0 %  32 KiB      33.7 %  75.0 %   24.4 %  75.0 %    1.00    1.00',
      'run        simple      4 KiB  64 KiB         0              -  32 KiB      30.8 %  60.0 %   12.3 %  40.0 %    1.00    1.00',
      'run    contiguous      4 KiB  64 KiB         0              -  32 KiB      30.8 %  60.0 %   12.3 %  40.0 %    1.00    1.00',
      'run contiguous 4 KiB in 32 KiB: line 15 ("large"): no space for 8 KiB: 16 KiB free, in blocks of at most 4 KiB, runs of at most 4 KiB',
      'run simple 4 KiB in 32 KiB: of 1 recorded failure, 1 would have had space',
      'run contiguous 4 KiB in 32 KiB: of 1 recorded failure, 1 would have had space',
      'run simple 4 KiB in 64 KiB: of 1 recorded failure, 1 would have had space',
      'run contiguous 4 KiB in 64 KiB: of 1 recorded failure, 1 would have had space',
      '',
    ].join('\n'),
  );
});

test('JSON has the same numbers, and where two policies part', async () => {
  const { stdout } = await runCli(['compare', '--json', '--mode', 'simple,contiguous', at('run.trace')]);
  const { rows, divergence } = JSON.parse(stdout) as Record<string, unknown>;
  expect(rows).toMatchObject([
    {
      trace: 'run',
      mode: 'simple',
      size: 0x8000,
      chunkSize: 0x1000,
      minBlockSize: null,
      failures: 0,
      utilisation: null,
    },
    {
      trace: 'run',
      mode: 'contiguous',
      failures: 1,
      firstFailureLine: 15,
      firstFailureAvail: 0x4000,
      utilisation: 0.5,
    },
  ]);
  expect(divergence).toMatchObject({ outcome: { index: 12, lines: [15, 15] }, failedOnlyInSecond: 1 });
});

test('comma-separated values have a header, and a line for each row', async () => {
  const { stdout } = await runCli(['compare', '--csv', '--mode', 'simple,top-down,range', at('run.trace')]);
  const [header = '', ...lines] = stdout.split('\r\n');
  expect(header).toMatch(/^trace,mode,size,chunkSize,minBlockSize,allocations,failures,utilisation,/);
  expect(lines.map((line) => line.split(',').slice(0, 7).join(','))).toEqual([
    'run,simple,32768,4096,,9,0',
    'run,top-down,32768,4096,,9,0',
    'run,range,32768,4096,,9,0',
    '',
  ]);
  expect(new Set(lines.slice(0, 3).map((line) => line.split(',').length))).toEqual(
    new Set([header.split(',').length]),
  );
});

test('two recordings: where they part', async () => {
  const { stdout } = await runCli(['compare', at('run.trace'), at('after.trace')]);
  expect(stdout.split('\n\n')[1]).toBe(
    [
      'run simple in 32 KiB and after simple in 32 KiB, 13 requests in common:',
      '  the recordings part at request 14 (line 16 of the first, line (ended) of the second); what follows is not compared',
      '',
    ].join('\n'),
  );
});

test('standard error names the parts of a recording that are left out', async () => {
  const { status, stderr } = await runCli(['compare', '--lenient', at('state.trace')]);
  expect([status, stderr]).toEqual([
    0,
    [
      `gpu-buddy: skipped 1 blank line, first: ${at('state.trace')}:5:1: the line is empty`,
      'gpu-buddy: state: left out: the addresses of 1 block of a state',
      '',
    ].join('\n'),
  ]);
});

describe('wrong command lines', () => {
  test.each<[args: readonly string[], message: string]>([
    [[], 'no TRACE is given'],
    [['--mode', 'best', 'run.trace'], '--mode takes simple, top-down, range, contiguous,'],
    [['--size', '4X', 'run.trace'], '--size takes sizes such as 4096, 4K, 64M or 1.5G, not "4X"'],
    [['--size', '0.3K', 'run.trace'], '--size takes sizes such as'],
    [
      ['--size', '1K', 'run.trace'],
      'The value of --size is out of range. It must be at least the chunk size, 4096.',
    ],
    [['--min-block-size', '1K', 'run.trace'], 'The value of --min-block-size is out of range'],
    [['--json', '--csv', 'run.trace'], '--json and --csv exclude each other'],
    [['--by-time', 'run.trace'], 'The recording has no times to weigh by'],
    [['--on', 'x', 'run.trace'], '--on takes a number from 0 on, not "x"'],
    [['--on', '1', 'run.trace'], 'has no allocator 1: choose one by --on: 0 (14 requests)'],
    [['two.trace'], 'has 2 allocators: choose one by --on: 0 (14 requests), 1 (1 request)'],
    [['unknown.trace'], 'does not tell the size of its space: say it by --size'],
    [['empty.trace'], 'nothing is allocated'],
    [['--colour', 'run.trace'], "Unknown option '--colour'"],
  ])('%j', async (args, message) => {
    const given = args.map((arg) => (arg.endsWith('.trace') ? at(arg) : arg));
    const { status, stdout, stderr } = await runCli(['compare', ...given]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

test('an allocator of several is chosen by its number; - is standard input', async () => {
  const stdin = `${TRACE.join('\n')}buddy.new 0x8000 0x1000 on=1\nbuddy.alloc 0 0x1000 on=1\n`;
  const { stdout } = await runCli(['compare', '--csv', '--on', '1', '-'], { stdin });
  expect(stdout.split('\r\n')[1]).toMatch(/^standard input,simple,32768,4096,,1,0,/);
});

test('help has examples', async () => {
  const { status, stdout } = await runCli(['compare', '--help']);
  expect([status, stdout]).toEqual([0, expect.stringContaining('\nExamples:\n')]);
});
