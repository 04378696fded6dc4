// The command `gpu-buddy replay` from its arguments to its exit status, within this process.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { temporaryFolder } from '../support/temporary-folder';
import { runCli } from './fake-terminal';

const EXAMPLES = join(__dirname, '..', '..', 'examples', 'traces');

const TRACE = [
  '# small',
  'init 0x10000 0x1000',
  'alloc 0 0 0 0xc000 0x1000 0',
  'free 0 0x10',
  'fini',
  '',
].join('\n');
const EXPECTED = [
  '# small',
  '0 avail=0x10000 clear_avail=0x0',
  '0 0x8000:3:0 0x4000:2:0 avail=0x4000 clear_avail=0x0',
  '0 avail=0x10000 clear_avail=0xc000',
  '0 avail=0x0 clear_avail=0x0',
  '',
].join('\n');
const OTHER = EXPECTED.replace('0x4000:2:0', '0x0:2:0');

const at = temporaryFolder();
const write = (name: string, content: string | Buffer) => {
  writeFileSync(at(name), content);
};

beforeAll(() => {
  write('small.trace', TRACE);
  write('small.expected', EXPECTED);
  write('zipped.trace.gz', gzipSync(TRACE));
  write('zipped.expected.br', brotliCompressSync(EXPECTED));
  write('other.trace', TRACE);
  write('other.expected', OTHER);
  write('short.trace', TRACE);
  write('short.expected', EXPECTED.split('\n').slice(0, 3).join('\n'));
  write('long.trace', TRACE);
  write('long.expected', `${EXPECTED}one more\n`);
  write('bad.trace', `${TRACE}alloc 0 0 0\n`);
  write('bad.expected', OTHER);
  write('lonely.trace', TRACE);
  write('empty.expected', '# nothing\n-22 avail=0x0 clear_avail=0x0\n# but\n# words\n# here\n');
  execFileSync('mkfifo', [at('pipe')]);
  mkdirSync(at('folder.trace'));
});

describe('without --check', () => {
  test('the results go to standard output, and nothing else', async () => {
    expect(await runCli(['replay', at('small.trace')])).toEqual({ status: 0, stdout: EXPECTED, stderr: '' });
  });

  test('several traces follow one another', async () => {
    const { stdout } = await runCli(['replay', at('small.trace'), at('zipped.trace.gz')]);
    expect(stdout).toBe(EXPECTED + EXPECTED);
  });

  test('- is standard input', async () => {
    expect(await runCli(['replay', '-'], { stdin: TRACE })).toEqual({
      status: 0,
      stdout: EXPECTED,
      stderr: '',
    });
  });

  test.each(['0x800', '0x100', '1'])('a chunk of %s is refused, as by the kernel', async (chunk) => {
    const { status, stdout } = await runCli(['replay', '-'], { stdin: `init 0x100000 ${chunk}\n` });
    expect([status, stdout]).toEqual([0, '-22 avail=0x0 clear_avail=0x0\n']);
  });

  test('an empty trace has no results', async () => {
    expect(await runCli(['replay', '-'])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('a large trace comes out as it was recorded', async () => {
    const { stdout } = await runCli(['replay', join(EXAMPLES, 'big-1.trace.gz')]);
    const expected = gunzipSync(readFileSync(join(EXAMPLES, 'big-1.expected.gz'))).toString();
    expect(stdout === expected).toBe(true);
  });

  test('the results before an error are written', async () => {
    const { status, stdout, stderr } = await runCli(['replay', at('bad.trace')]);
    expect([status, stdout]).toEqual([2, EXPECTED]);
    expect(stderr).toBe(
      `gpu-buddy: ${at('bad.trace')}:6:12: SIZE is missing in "alloc ID START END SIZE MINBLOCK FLAGS"\n`,
    );
  });

  test('summary and picture go to standard error', async () => {
    const { stdout, stderr } = await runCli(['replay', '--summary', '--picture', at('small.trace')]);
    expect(stdout).toBe(EXPECTED);
    expect(stderr).toBe(
      [
        '',
        'operation  count  ok',
        'init           1   1',
        'alloc          1   1',
        'free           1   1',
        'fini           1   1',
        'all            4   4',
        '',
        'trace  peak use      of   share  at line  free at end  clear share  free blocks  largest  longest run',
        'small    48 KiB  64 KiB  75.0 %        3       64 KiB       75.0 %            3   32 KiB       64 KiB',
        '',
        'trace  lists  blocks a list  pieces a list  fragmented at end  by runs  never freed',
        'small      1           2.00           2.00             50.0 %    0.0 %          0 B',
        '',
        'small at its peak, line 3: 48 KiB of 64 KiB used, 0 B clear, a cell is 4 KiB',
        '0x00000 ░░░░████████████',
        '',
        'small at the end: 0 B of 64 KiB used, 48 KiB clear, a cell is 4 KiB',
        '0x00000 ░░░░············',
        '█ used  ▓ half used or more  ▒ less  ░ free  : partly clear  · clear',
        '',
      ].join('\n'),
    );
  });

  test('the summary tells what was never freed, by label', async () => {
    const stdin = [
      'gpu-buddy-trace 2',
      'buddy.new 0x10000 0x1000',
      'buddy.alloc 0 0x1000 label="once"',
      'buddy.alloc 1 0x2000 label="twice"',
      'buddy.alloc 2 0x2000 label="twice"',
      'buddy.alloc 3 0x1000',
      'blocks.free 0',
      '',
    ].join('\n');
    const { stderr } = await runCli(['replay', '--summary', '-'], { stdin });
    expect(stderr).toContain(
      [
        'trace           lists  never freed       label',
        'standard input      2       16 KiB       twice',
        'standard input      1        4 KiB  (no label)',
        '',
      ].join('\n'),
    );
  });

  test('--perfetto writes a file beside the results', async () => {
    const { status, stdout, stderr } = await runCli([
      'replay',
      '--perfetto',
      at('small.pftrace'),
      at('small.trace'),
    ]);
    expect([status, stdout, stderr]).toEqual([0, EXPECTED, '']);
    // test/trace/perfetto.test.ts reads what is in it: packets, of 0x0a and their length.
    expect(readFileSync(at('small.pftrace'))[0]).toBe(0x0a);
    expect(readdirSync(at('.')).filter((name) => name.startsWith('small.pftrace'))).toEqual([
      'small.pftrace',
    ]);
  });

  test('--perfetto leaves a file as it was where the trace is wrong', async () => {
    write('kept.pftrace', 'before');
    const { status } = await runCli(['replay', '--perfetto', at('kept.pftrace'), at('bad.trace')]);
    expect([status, readFileSync(at('kept.pftrace'), 'utf8')]).toEqual([2, 'before']);
    expect(readdirSync(at('.')).filter((name) => name.startsWith('kept.pftrace'))).toEqual(['kept.pftrace']);
  });

  test.each([
    ['a file that cannot be written', ['--perfetto', 'none/x.pftrace', 'small.trace'], 'cannot write'],
    [
      'several traces',
      ['--perfetto', 'x.pftrace', 'small.trace', 'other.trace'],
      '--perfetto takes one TRACE',
    ],
  ])('--perfetto refuses %s', async (_, args, message) => {
    const { status, stdout, stderr } = await runCli([
      'replay',
      ...args.map((arg) => (arg.startsWith('-') ? arg : at(arg))),
    ]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test('--lenient leaves out lines with small mistakes, and counts them', async () => {
    const stdin = [
      'init 0x10000 0x1000\r',
      '',
      '\r',
      'alloc 0 0 0 0x1000 0x1000 0',
      'alloc 0 0 0 0x1000 0x1000 0',
      'free 7 0x0',
      'trim 8 - 0x1000',
      'free 0 0x0',
      'fini',
      '',
    ].join('\n');
    const { status, stdout, stderr } = await runCli(['replay', '--lenient', '--picture-at', 'peak', '-'], {
      stdin,
    });
    expect([status, stdout]).toEqual([
      0,
      [
        '0 avail=0x10000 clear_avail=0x0',
        '0 0xf000:0:0 avail=0xf000 clear_avail=0x0',
        '0 avail=0x10000 clear_avail=0x0',
        '0 avail=0x0 clear_avail=0x0',
        '',
      ].join('\n'),
    ]);
    expect(stderr.split('\n')).toEqual([
      '',
      'standard input at its peak, line 4: 4 KiB of 64 KiB used, 0 B clear, a cell is 4 KiB',
      '0x00000 ░░░░░░░░░░░░░░░█',
      expect.stringContaining('half used or more'),
      'gpu-buddy: removed 2 carriage returns, first: <stdin>:1:20: the line ends in a carriage return: lines end in a line feed alone',
      'gpu-buddy: skipped 2 blank lines, first: <stdin>:2:1: the line is empty',
      'gpu-buddy: skipped 1 allocation into a list in use, first: <stdin>:5: list 0 is in use: free must come first',
      'gpu-buddy: skipped 2 calls on unknown lists, first: <stdin>:6: there is no list 7',
      '',
    ]);
  });

  test.each([
    ['an unknown operation', 'allok 1 2'],
    ['a field that is missing', 'free 1'],
    ['a call before init', 'alloc 0 0 0 0x1000 0x1000 0'],
  ])('--lenient does not leave out %s', async (_, stdin) => {
    expect((await runCli(['replay', '--lenient', '-'], { stdin })).status).toBe(2);
  });

  test('ends without an error when the reader closes the output', async () => {
    const stdoutError = Object.assign(new Error('EPIPE: broken pipe, write'), { code: 'EPIPE' });
    const { status, stderr } = await runCli(['replay', at('small.trace')], { stdoutError });
    expect([status, stderr]).toEqual([0, '']);
  });

  test('output that cannot be written is an error', async () => {
    const stdoutError = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
    });
    const { status, stderr } = await runCli(['replay', at('small.trace')], { stdoutError });
    expect([status, stderr]).toEqual([2, 'gpu-buddy: cannot write output: no space left on device\n']);
  });
});

describe('with --check of a trace that has its answers', () => {
  const HEADER = 'gpu-buddy-trace 2 kernel="1.2.3" library="9.8.7"\n';
  const NEW = 'buddy.new 0x10000 0x1000 => 0 avail=0x10000 clear_avail=0x0\n';
  const RIGHT = 'buddy.alloc 0 0x1000 => 0 0xf000:0:0 avail=0xf000 clear_avail=0x0\n';
  const WRONG = 'buddy.alloc 1 0x1000 => 0 0x0:0:0 avail=0xe000 clear_avail=0x0\n';

  function traceFile(name: string, text: string): string {
    write(name, text);
    return at(name);
  }

  test('counts, and names the versions of others', async () => {
    const file = traceFile('own.trace', `${HEADER}${NEW}begin\n${RIGHT}${WRONG}`);
    const { status, stdout, stderr } = await runCli(['replay', '--check', file]);
    expect(status).toBe(1);
    expect(stdout).toContain('own: 3 lines, 2 identical, 1 different\n');
    expect(stdout).toContain(`first difference: ${file}:5`);
    expect(stderr).toMatch(/own\.trace: recorded by gpu-buddy 9\.8\.7 with Linux 1\.2\.3, replayed by /);
  });

  test('stops at a gap, and says where', async () => {
    const file = traceFile('gap.trace', `gpu-buddy-trace 2\n${NEW}${RIGHT}gap 12 seq=2\n${WRONG}`);
    expect(await runCli(['replay', '--check', file, '--summary'])).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^gap: 2 lines, 2 identical, 0 different\n[^]*\nbuddy\.alloc +1 +1\n/),
      stderr: `gpu-buddy: ${file}:4: 12 operations missing: the replay stops here\n`,
    });
  });

  test('without answers is an error', async () => {
    const file = traceFile('unanswered.trace', 'gpu-buddy-trace 2\nbuddy.new 0x10000 0x1000\n');
    const { status, stderr } = await runCli(['replay', '--check', file]);
    expect(status).toBe(2);
    expect(stderr).toContain('has no answers to compare with');
  });
});

describe('with --check', () => {
  test('an identical trace is said to be so', async () => {
    expect(await runCli(['replay', at('small.trace'), '--check', at('small.expected')])).toEqual({
      status: 0,
      stdout: 'small: 5 lines, 5 identical, 0 different\n',
      stderr: '',
    });
  });

  test('the answers are found in a folder by name', async () => {
    expect(await runCli(['replay', '--check', at(), at('small.trace'), at('zipped.trace.gz')])).toEqual({
      status: 0,
      stdout:
        'small: 5 lines, 5 identical, 0 different\n' +
        'zipped: 5 lines, 5 identical, 0 different\n' +
        'total: 10 lines, 10 identical, 0 different\n',
      stderr: '',
    });
  });

  test('a difference is shown, and the exit status 1', async () => {
    expect(await runCli(['replay', '--check', at(), at('other.trace'), at('small.trace')])).toEqual({
      status: 1,
      stdout: [
        'other: 5 lines, 4 identical, 1 different',
        `  first difference: ${at('other.trace')}:3`,
        '    operation: alloc 0 0 0 0xc000 0x1000 0',
        '    expected:  0 0x8000:3:0 0x0:2:0 avail=0x4000 clear_avail=0x0',
        '    got:       0 0x8000:3:0 0x4000:2:0 avail=0x4000 clear_avail=0x0',
        'small: 5 lines, 5 identical, 0 different',
        'total: 10 lines, 9 identical, 1 different',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  test.each([
    [
      'short',
      'short: 5 lines, 3 identical, 2 different; 2 lines beyond the end of the expected answers',
      'free 0 0x10',
      '(the expected answers have ended)',
      '0 avail=0x10000 clear_avail=0xc000',
    ],
    [
      'long',
      'long: 6 lines, 5 identical, 1 different; 1 expected answer beyond the end of the trace',
      '(the trace has ended)',
      'one more',
      '(the trace has ended)',
    ],
  ])('%s answers are different', async (name, counts, operation, expected, actual) => {
    const { status, stdout } = await runCli(['replay', '--check', at(), at(`${name}.trace`)]);
    expect(status).toBe(1);
    expect(stdout).toContain(counts);
    expect(stdout).toContain(
      `operation: ${operation}\n    expected:  ${expected}\n    got:       ${actual}\n`,
    );
  });

  test('an error after a difference shows both', async () => {
    const { status, stdout, stderr } = await runCli(['replay', '--check', at(), at('bad.trace')]);
    expect(status).toBe(2);
    expect(stdout).toContain(`  first difference: ${at('bad.trace')}:3\n`);
    expect(stdout).not.toContain('identical');
    expect(stderr).toContain(`${at('bad.trace')}:6:12: SIZE is missing`);
  });

  test('standard input is compared with a file', async () => {
    const { status, stdout } = await runCli(['replay', '-', '--check', at('other.expected')], {
      stdin: TRACE,
    });
    expect(status).toBe(1);
    expect(stdout).toContain(
      'standard input: 5 lines, 4 identical, 1 different\n  first difference: <stdin>:3\n',
    );
  });

  test('long answers are shown around what differs', async () => {
    const many = Array.from({ length: 100 }, (_, i) => `0x${i.toString(16)}000:0:0`).join(' ');
    write('wide.expected', EXPECTED.replace('0x8000:3:0', many));
    const { stdout } = await runCli(['replay', '--check', at('wide.expected'), at('small.trace')]);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThan(200);
  });

  test('the examples are identical, and said to be so', async () => {
    const traces = ['ext-1', 'lifecycle-1'].map((name) => join(EXAMPLES, `${name}.trace.gz`));
    const { status, stdout } = await runCli([
      'replay',
      '--check',
      EXAMPLES,
      '--recorded-on',
      'Linux 0.0',
      ...traces,
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /total: 18,002 lines, 18,002 identical, 0 different\n18,000 operations of the allocator of Linux \d+\.\S+, 18,000 identical to Linux 0\.0\n$/,
    );
  });
});

describe('pictures', () => {
  test('are drawn after given lines, in their order', async () => {
    const { stderr } = await runCli(['replay', '--picture-at', '3', '--picture-at', '2', at('small.trace')]);
    expect(stderr).toBe(
      [
        '',
        'small after line 2: 0 B of 64 KiB used, 0 B clear, a cell is 4 KiB',
        '0x00000 ░░░░░░░░░░░░░░░░',
        '',
        'small after line 3: 48 KiB of 64 KiB used, 0 B clear, a cell is 4 KiB',
        '0x00000 ░░░░████████████',
        '█ used  ▓ half used or more  ▒ less  ░ free  : partly clear  · clear',
        '',
      ].join('\n'),
    );
  });

  test('are left out while there is no allocator, with a note', async () => {
    const { status, stdout, stderr } = await runCli(
      [
        'replay',
        ...['1', '5', 'peak', 'end'].flatMap((when) => ['--picture-at', when]),
        '-',
        ...['--check', at('empty.expected')],
      ],
      { stdin: '# nothing\ninit 0 0\n# but\n# words\n# here\n' },
    );
    expect([status, stdout]).toEqual([0, 'standard input: 5 lines, 5 identical, 0 different\n']);
    expect(stderr).toBe(
      [
        'gpu-buddy: standard input: nothing is drawn after line 1: there is no allocator',
        'gpu-buddy: standard input: nothing is drawn after line 5: there is no allocator',
        'gpu-buddy: standard input: nothing is drawn at its peak: nothing was allocated',
        'gpu-buddy: standard input: nothing is drawn at the end: there never was an allocator',
        '',
      ].join('\n'),
    );
  });

  test('after lines beyond the end are an error, when all else is written', async () => {
    const args = ['6', '3', '99999999'].flatMap((when) => ['--picture-at', when]);
    const { status, stdout, stderr } = await runCli(['replay', ...args, at('small.trace')]);
    expect([status, stdout]).toEqual([2, EXPECTED]);
    expect(stderr).toContain('small after line 3: 48 KiB of 64 KiB used');
    expect(stderr).toMatch(
      /\ngpu-buddy: small: nothing is drawn after line 6 or line 99,999,999: the trace has 5 lines\n$/,
    );
  });

  test('after the last line are drawn', async () => {
    const open = TRACE.replace('fini\n', '');
    const { status, stderr } = await runCli(['replay', '--picture-at', '4', '-'], { stdin: open });
    expect(status).toBe(0);
    expect(stderr).toContain('standard input after line 4: 0 B of 64 KiB used');
  });

  test('are those of the last trace', async () => {
    const { stderr } = await runCli(['replay', '--picture', '-', at('small.trace')], { stdin: TRACE });
    expect(stderr.match(/^.* at .*:(?= )/gm)).toEqual(['small at its peak, line 3:', 'small at the end:']);
  });

  test('are the same for standard input and for a file', async () => {
    const args = ['replay', '--picture', '--picture-at', '3', '--picture-at', '4', '--picture-at', '2'];
    const ofFile = await runCli([...args, at('small.trace')]);
    const ofStdin = await runCli([...args, '-'], { stdin: TRACE });
    expect(ofStdin.stderr).toBe(ofFile.stderr.replace(/^small/gm, 'standard input'));
    expect(ofStdin.stderr.match(/^standard input .*:(?= )/gm)).toEqual([
      'standard input after line 2:',
      'standard input at its peak, line 3:',
      'standard input after line 4:',
      'standard input at the end:',
    ]);
  });

  test.each([
    ['a terminal', { stderrColumns: 80 }, true],
    ['a terminal with NO_COLOR', { stderrColumns: 80, env: { NO_COLOR: '1' } }, false],
    ['a terminal with FORCE_COLOR=0', { stderrColumns: 80, env: { FORCE_COLOR: '0' } }, false],
    ['a file', {}, false],
    ['a file with FORCE_COLOR', { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, true],
  ])('on %s: colours %j %s', async (_, around, hasColors) => {
    const { stderr } = await runCli(['replay', '--picture-at', '3', at('small.trace')], around);
    expect(stderr).toContain(
      hasColors
        ? '0x00000 \u001b[32m░░░░\u001b[39m\u001b[33m████████████\u001b[39m\n'
        : '0x00000 ░░░░████████████\n',
    );
    expect(stderr.includes('\u001b')).toBe(hasColors);
  });

  test.each([
    [200, 64],
    [80, 64],
    [60, 48],
    [10, 16],
  ])('on %i columns have rows of %i cells', async (stderrColumns, cells) => {
    const wide = 'init 0x1000000 0x1000\n';
    const { stderr } = await runCli(['replay', '--picture', '-'], {
      stdin: wide,
      stderrColumns,
      env: { NO_COLOR: '1' },
    });
    expect(stderr).toMatch(new RegExp(`^0x0000000 ░{${cells}}$`, 'm'));
  });
});

describe('a wrong command line', () => {
  test.each([
    [[], 'no command is given'],
    [['play'], 'unknown command "play"'],
    [['replay'], 'no TRACE is given'],
    [['replay', '--sumary', 'x'], "Unknown option '--sumary'"],
    [['replay', '--check'], "Option '--check <value>' argument missing"],
    [['replay', '-', '-'], 'standard input (-) can be read only once'],
    [['replay', '--recorded-on', 'Linux', 'x'], '--recorded-on needs --check'],
    [
      ['replay', '--picture-at', '0', 'x'],
      '--picture-at takes a line number from 1 on, "peak" or "end", not "0"',
    ],
  ])('%j says so', async (args, message) => {
    expect(await runCli(args)).toEqual({
      status: 2,
      stdout: '',
      stderr: `gpu-buddy: ${message}\nTry 'gpu-buddy --help' or 'gpu-buddy COMMAND --help'.\n`,
    });
  });

  test.each([
    ['the same pipe twice', (pipe: string) => [pipe, pipe]],
    ['a pipe as trace and answers', (pipe: string) => [pipe, '--check', pipe]],
  ])('%s says so, and does not wait', async (_, argsOf) => {
    const { status, stdout, stderr } = await runCli(['replay', ...argsOf(at('pipe'))]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`${at('pipe')} can be read only once\n`);
  });

  test.each([
    [
      'several traces and one file',
      ['--check', 'small.expected', 'small.trace', 'other.trace'],
      /is no folder, but there are several traces/,
    ],
    [
      'no answers in the folder',
      ['--check', '.', 'lonely.trace'],
      /there is no lonely\.expected, \.gz or \.br in /,
    ],
    [
      'a trace that is not there',
      ['absent.trace'],
      /absent\.trace: cannot be read: no such file or directory/,
    ],
    [
      'a trace that is a folder',
      ['folder.trace'],
      /folder\.trace: cannot be read: illegal operation on a directory/,
    ],
    [
      'answers that are not there',
      ['--check', 'none.expected', 'small.trace'],
      /none\.expected: cannot be read: no such file/,
    ],
  ])('%s', async (_, args, message) => {
    const { status, stdout, stderr } = await runCli([
      'replay',
      ...args.map((arg) => (arg === '--check' ? arg : at(arg))),
    ]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test('a folder cannot answer standard input', async () => {
    const { status, stderr } = await runCli(['replay', '-', '--check', at()]);
    expect(status).toBe(2);
    expect(stderr).toContain('--check needs a file, not a folder, for standard input');
  });
});

test.each([
  [['--help'], /^Usage: gpu-buddy COMMAND/],
  [['-h'], /^Usage: gpu-buddy COMMAND/],
  [['replay', '--help'], /^Usage: gpu-buddy replay /],
  [['--version'], /^gpu-buddy \d+\.\d+\.\d+\S*, allocator of Linux \d+\.\d+/],
])('%j is answered', async (args, text) => {
  const { status, stdout, stderr } = await runCli(args);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(text);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
});
