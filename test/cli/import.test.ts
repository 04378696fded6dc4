// The command `gpu-buddy import`, from its arguments to its exit status.
import { describe, expect, test } from '@jest/globals';
import { parseOperation } from 'gpu-buddy/trace';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { temporaryFolder } from '../support/temporary-folder';
import { runCli } from './fake-terminal';

const MAIN = join(__dirname, '..', '..', 'dist', 'cli', 'main.js');

const LOG = [
  'Thread,Time,Action,Pointer,Size,Stream',
  '7,10:00:00.000000,allocate,0x10,1000,0x0',
  '7,10:00:00.000001,allocate failure,(nil),512,0x0',
  '7,10:00:00.000002,free,0x10,1000,0x0',
  '7,10:00:00.000003,free,0x20,1000,0x0',
  '',
].join('\n');
const TRACE = [
  'gpu-buddy-trace 2 source="rmm"',
  'buddy.new - 0x100',
  'buddy.alloc 0 0x400 time=0 thread=7',
  'buddy.probe 0x200 time=1000 thread=7',
  'blocks.free 0 time=2000 thread=7',
  '',
].join('\n');
const report = (file: string) =>
  [
    `${file}: rmm, 5 lines, in units of 256 B`,
    '1 allocation, 1 free, 1 probe',
    'most in use: 1 KiB (1,024 bytes), at line 2',
    'never freed: 0 allocations, 0 B',
    '                                                count   first',
    'skipped: header lines                               1  line 1',
    'skipped: frees of what no record has allocated      1  line 5',
    'mapped: sizes rounded up to the unit                1  line 2',
    'mapped: recorded failures, now probes               1  line 3',
    '',
  ].join('\n');

const folder = temporaryFolder();
const log = (name: string, content: string | Buffer = LOG) => {
  writeFileSync(folder(name), content);
  return folder(name);
};

test('writes a trace to standard output, and a report to standard error', async () => {
  const file = log('log.csv');
  expect(await runCli(['import', file])).toEqual({ status: 0, stdout: TRACE, stderr: report(file) });
});

test('reads standard input', async () => {
  const { status, stdout, stderr } = await runCli(['import', '-'], { stdin: LOG });
  expect([status, stdout, stderr]).toEqual([0, TRACE, report('<stdin>')]);
});

test('writes JSON lines, of the size that is given', async () => {
  const { stdout } = await runCli(['import', '--json', '--size', '1.5M', log('log.csv')]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[1]).toBe('{"kind":"buddy.new","size":1572864,"chunkSize":256}');
  expect(lines.map((line) => parseOperation(line).kind)).toEqual(
    TRACE.trimEnd()
      .split('\n')
      .map((line) => parseOperation(line).kind),
  );
});

describe('-o', () => {
  test.each([
    ['out.trace', (bytes: Buffer) => bytes],
    ['out.trace.gz', gunzipSync],
    ['out.trace.br', brotliDecompressSync],
  ])('writes %s, and nothing else', async (name, decompress) => {
    const to = `in-${name}`;
    mkdirSync(folder(to));
    const { status, stdout } = await runCli(['import', log('log.csv'), '-o', join(folder(to), name)]);
    expect([status, stdout]).toEqual([0, '']);
    expect(readdirSync(folder(to))).toEqual([name]);
    expect(decompress(readFileSync(join(folder(to), name))).toString()).toBe(TRACE);
  });

  test('leaves a file as it was where the import fails', async () => {
    mkdirSync(folder('kept'));
    writeFileSync(join(folder('kept'), 'out.trace'), 'before');
    const { status, stderr } = await runCli([
      'import',
      '--strict',
      log('log.csv'),
      '-o',
      join(folder('kept'), 'out.trace'),
    ]);
    expect([status, stderr]).toEqual([
      2,
      `gpu-buddy: ${folder('log.csv')}:5: strict: frees of what no record has allocated\n`,
    ]);
    expect(readdirSync(folder('kept'))).toEqual(['out.trace']);
    expect(readFileSync(join(folder('kept'), 'out.trace'), 'utf8')).toBe('before');
  });

  test('replaces what a link leads to, not the link', async () => {
    writeFileSync(folder('real.trace'), 'before');
    symlinkSync(folder('real.trace'), folder('link.trace'));
    await runCli(['import', log('log.csv'), '-o', folder('link.trace')]);
    expect(readFileSync(folder('real.trace'), 'utf8')).toBe(TRACE);
  });

  test('writes into a device, and does not replace it', async () => {
    const { status } = await runCli(['import', log('log.csv'), '-o', '/dev/null']);
    expect(status).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test.each([
    ['in no folder', 'none/out.trace', 'no such file or directory'],
    ['on a full device', 'full', 'no space left on device'],
    ['compressed, on a full device', 'full.gz', 'no space left on device'],
  ])('says why a file cannot be written: %s', async (_, name, reason) => {
    if (name.startsWith('full')) symlinkSync('/dev/full', folder(name));
    const { status, stdout, stderr } = await runCli(['import', log('log.csv'), '-o', folder(name)]);
    expect([status, stdout, stderr]).toEqual([2, '', `gpu-buddy: cannot write ${folder(name)}: ${reason}\n`]);
  });
});

test.each([
  [[], 'no FILE is given'],
  [['a', 'b'], 'more than one FILE is given'],
  [['--format', 'csv', 'a'], '--format takes rmm, rmm-2019, pytorch, aosp, vma, not "csv"'],
  [['--size', '12Q', 'a'], '--size takes sizes such as 4096, 4K, 64M or 1.5G, not "12Q"'],
  [['--device', '-1', 'a'], "Option '--device' argument is ambiguous"],
  [['--device', 'x', 'a'], '--device takes a number from 0 on, not "x"'],
  [['--frame', 'a'], "Unknown option '--frame'"],
])('%j is no command line', async (args, reason) => {
  const { status, stderr } = await runCli(['import', ...args]);
  expect(status).toBe(2);
  expect(stderr).toContain(`gpu-buddy: ${reason}`);
});

test('--help shows the formats and examples', async () => {
  const { status, stdout } = await runCli(['import', '--help']);
  expect(status).toBe(0);
  for (const part of ['rmm-2019', 'pytorch', 'Examples:', 'Exit status:']) expect(stdout).toContain(part);
});

test('the format that is given overrules the file', async () => {
  const { status, stderr } = await runCli(['import', '--format', 'aosp', log('log.csv')]);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^skipped: unreadable records +5 +line 1$/m);
});

test('a log of another device is refused', async () => {
  const { status, stderr } = await runCli(['import', '--device', '1', log('log.dev0.csv')]);
  expect([status, stderr]).toEqual([2, `gpu-buddy: ${folder('log.dev0.csv')}: holds device 0, not 1\n`]);
});

test('shows a bar on a terminal, unless lines go there', async () => {
  const { stderr } = await runCli(['import', log('log.csv')], { stderrColumns: 80, stdoutColumns: 80 });
  expect(stderr).toBe(report(folder('log.csv')));
});

describe('as a process', () => {
  const LONG = 'long.csv';
  const writeLong = () => {
    const lines = Array.from(
      { length: 200_000 },
      (_, i) => `7,10:00:00.000000,allocate,0x${(i + 1).toString(16)},256,0x0`,
    );
    return log(LONG, lines.join('\n'));
  };

  test('ends quietly where its reader leaves', () => {
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-o', 'pipefail', '-c', 'node "$1" import "$2" | head -n 1', 'bash', MAIN, writeLong()],
      { encoding: 'utf8' },
    );
    expect([status, stdout, stderr]).toEqual([0, 'gpu-buddy-trace 2 source="rmm"\n', '']);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves nothing behind on %s', async (signal) => {
    const to = `killed-by-${signal}`;
    mkdirSync(folder(to));
    // Standard input never ends, so that the import is always under way.
    const child = spawn(process.execPath, [
      MAIN,
      'import',
      '--format',
      'rmm',
      '-',
      '-o',
      join(folder(to), 'out.trace'),
    ]);
    child.stdin.write(LOG);
    while (readdirSync(folder(to)).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([null, signal]);
    expect(readdirSync(folder(to))).toEqual([]);
  });
});

describe('other commands take recordings', () => {
  test('replay runs what the import would write, in a space of the size that is given', async () => {
    const file = log('log.csv');
    const direct = await runCli(['replay', '--size', '64K', file]);
    const written = await runCli(['replay', '--size', '64K', '-'], { stdin: TRACE });
    expect(direct).toEqual({ status: 0, stdout: written.stdout, stderr: report(file) });
    expect(direct.stdout.split('\n')).toHaveLength(TRACE.split('\n').length);
  });

  test('replay draws its peak in a second run', async () => {
    const { status, stderr } = await runCli(['replay', '--size', '64K', '--picture', log('log.csv')]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^log\.csv at its peak, line \d: 1 KiB of 64 KiB used/m);
  });

  test('replay says that it needs a size', async () => {
    const { status, stderr } = await runCli(['replay', log('log.csv')]);
    expect([status, stderr]).toEqual([
      2,
      `gpu-buddy: ${folder('log.csv')}:2: the recording does not know the size of the space: it must be given\n`,
    ]);
  });

  test('compare reads them', async () => {
    const { status, stdout, stderr } = await runCli(['compare', '--size', '64K', log('log.csv')]);
    expect([status, stderr]).toEqual([0, report(folder('log.csv'))]);
    expect(stdout).toContain('64 KiB');
  });
});
