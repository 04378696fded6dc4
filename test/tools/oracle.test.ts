// The oracle's command line, with a made-up kernel: a shell script that answers as our module would.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseOperation, TraceReplayer } from 'gpu-buddy/trace';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const MAIN = join(__dirname, '..', '..', 'tools', 'oracle', 'main.mjs');
const TRACE = [
  '# two chunks',
  'init 0x2000 0x1000',
  'alloc 0 0x0 0x2000 0x1000 0x1000 0x0',
  'free 0 0x0',
  'fini',
];
const ANSWERS = answersOf(TRACE);
const SKIPPED = '# skipped: what it is about is not there';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oracle-test-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function answersOf(trace: readonly string[]): string[] {
  using replayer = new TraceReplayer();
  return trace.map((line) => replayer.execute(parseOperation(line)));
}

const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

/** Runs the oracle in the temporary folder, where it may leave something. */
function oracle(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, GPU_BUDDY_LINUX: '', XDG_CACHE_HOME: join(folder, 'cache'), ...env },
  });
  return { status, stdout, stderr };
}

/** Runs the oracle with a kernel that does this in its folder, once it is booted. */
function ask(script: string, ...args: string[]) {
  const kernel = join(folder, 'linux');
  writeFileSync(kernel, `#!/bin/sh\n[ "$1" = --version ] && echo 7.3.9 && exit\n${script}\n`, {
    mode: 0o755,
  });
  return oracle([...args, '--program', kernel]);
}

function answering(lines: readonly string[]): string {
  return `cat > result <<'END'\n${textOf(lines)}END\necho "gpu-buddy-oracle: done: ${TRACE.length} lines"`;
}

/** A folder of its own with one trace and, where there are some, its answers. */
function recording({
  answers,
  ending = '',
}: { answers?: readonly string[]; ending?: '' | '.gz' } = {}): string {
  const place = mkdtempSync(join(folder, 'recording-'));
  const write = (name: string, text: string) => {
    writeFileSync(join(place, name + ending), ending ? gzipSync(text) : text);
  };
  write('a.trace', textOf(TRACE));
  if (answers) write('a.expected', textOf(answers));
  return place;
}

test('says how it is used', () => {
  expect(oracle(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('  record DIR ') });
  expect(oracle([])).toMatchObject({ status: 2, stdout: expect.stringContaining('  record DIR ') });
});

test.each([
  ['an unknown command', ['ask'], /^oracle: There is no command ask\.\nUsage: /],
  ['an unknown option', ['kunit', '--fast'], /^oracle: Unknown option '--fast'/],
  ['no folder', ['record'], /^oracle: record takes a folder/],
  ['two folders', ['record', '.', '.'], /^oracle: record takes one folder/],
  ['a folder that is not there', ['record', 'nowhere-at-all'], /^oracle: ENOENT/],
  ['a folder without traces', ['record', __dirname], /^oracle: .* holds no \*\.trace/],
  ['half a number', ['generate', '--operations', '1.5'], /^oracle: --operations takes a whole number/],
  ['an unknown profile', ['generate', '--profile', 'x'], /^oracle: There is no profile x, but: simple, /],
  ['parity with nothing', ['parity'], /^oracle: parity takes --linux PATH/],
  [
    'parity with a URL',
    ['parity', '--linux', 'https://a.example'],
    /^oracle: .* a tree or an archive, not the URL/,
  ],
  ['parity with a place that is not there', ['parity', '--linux', 'nowhere'], /^oracle: ENOENT/],
  [
    'parity with a folder that holds no kernel',
    ['parity', '--linux', '.'],
    /^oracle: \. has no drivers\/gpu\/buddy\.c/,
  ],
])('refuses %s', (_, args, message) => {
  const { status, stdout, stderr } = oracle(args);
  expect(stderr).toMatch(message);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});

test('takes the kernel from GPU_BUDDY_LINUX', () => {
  expect(oracle(['kunit'], { GPU_BUDDY_LINUX: folder }).stderr).toMatch(
    /^oracle: .*oracle-test-\w+ has no drivers/,
  );
});

describe('a kernel tree', () => {
  test('with another allocator than this library is only for parity, and stays in the cache', () => {
    const tree = join(folder, 'tree');
    for (const path of [
      'drivers/gpu/buddy.c',
      'include/linux/gpu_buddy.h',
      'drivers/gpu/tests/gpu_buddy_test.c',
    ]) {
      mkdirSync(join(tree, path, '..'), { recursive: true });
      writeFileSync(join(tree, path), '');
    }
    writeFileSync(join(tree, 'Makefile'), 'mrproper:\n\t@touch cleaned\n');
    for (const words of [['Copying'], []]) {
      const { stderr } = oracle(['kunit'], { GPU_BUDDY_LINUX: tree });
      expect(stderr).toMatch(/oracle\/\w{8}\/linux has another allocator than .*vendor\/linux/);
      expect(stderr.match(/Copying/g) ?? []).toEqual(words);
    }
    expect(existsSync(join(tree, 'cleaned'))).toBe(false);
  });
});

describe('record', () => {
  test.each(['', '.gz'] as const)('writes what the kernel answers beside a trace%s', (ending) => {
    const place = recording({ ending });
    const script = `[ "$(cat trace)" = '${textOf(TRACE).trimEnd()}' ] && ${answering(ANSWERS)}`;
    expect(ask(script, 'record', place)).toEqual({
      status: 0,
      stdout: 'a: 5 lines recorded on Linux 7.3.9\n',
      stderr: '',
    });
    const written = readFileSync(join(place, `a.expected${ending}`));
    expect((ending ? gunzipSync(written) : written).toString()).toBe(textOf(ANSWERS));
  });

  test.each([
    [
      'a line that it cannot take',
      'echo "gpu-buddy-oracle: failed after line 7: error -22"',
      /line 7 .* error -22/,
    ],
    ['a panic', 'echo "Kernel panic - not syncing: x"; kill -ABRT $$', /SIGABRT.*\n.*Kernel panic/],
    ['an exit status', 'echo no such disk; exit 3', /exit code 3.*\n.*no such disk/],
    ['an end without the job done', 'echo Power down', /did not finish/],
    ['answers that are missing', answering(ANSWERS.slice(1)), /4 answers to 5 lines/],
  ])('reports %s', (_, script, message) => {
    const { status, stderr } = ask(script, 'record', recording());
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});

describe('check', () => {
  const check = (recorded: readonly string[], script: string) =>
    ask(script, 'check', recording({ answers: recorded }), '--operations', '0');

  test('is content where kernel, recorded answers and library agree', () => {
    const { status, stdout } = check(ANSWERS, answering(ANSWERS));
    expect(stdout).toContain('a: 5 lines (4 operations), 5 identical, 0 different\n');
    expect(stdout).toContain('The recorded traces: 5 lines (4 operations), 5 identical, 0 different\n');
    expect(status).toBe(0);
  });

  test('shows what the kernel answers otherwise than recorded', () => {
    const { status, stdout } = check(ANSWERS.with(2, '-28'), answering(ANSWERS));
    expect(stdout).toContain(
      `a: 5 lines (4 operations), 4 identical, 1 different\n  by operation: alloc 1\n  first difference: line 3\n` +
        `    operation: ${TRACE[2] ?? ''}\n    expected:  -28\n    actual:    ${ANSWERS[2] ?? ''}\n`,
    );
    expect(stdout).toContain('The recorded traces: 5 lines (4 operations), 5 identical, 0 different\n');
    expect(status).toBe(1);
  });

  test('shows what the library answers otherwise than the kernel, and keeps it', () => {
    const other = ANSWERS.with(2, '-28');
    const { status, stdout } = check(other, answering(other));
    expect(stdout).toContain(
      'a, this library against that kernel: 5 lines (4 operations), 4 identical, 1 different\n',
    );
    expect(stdout).toContain('replay --check build/oracle/a.expected build/oracle/a.trace\n');
    expect(readFileSync(join(folder, 'build/oracle/a.expected'), 'utf8')).toBe(textOf(other));
    expect(status).toBe(1);
  });

  test('does not ask the library what the kernel has skipped', () => {
    const skipped = ANSWERS.with(2, SKIPPED).with(3, SKIPPED);
    const { stdout } = check(ANSWERS, answering(skipped));
    expect(stdout).toContain('The recorded traces: 5 lines (2 operations), 5 identical, 0 different\n');
  });

  test('goes on where a trace ends the kernel', () => {
    const { status, stdout } = check(ANSWERS, 'echo "kernel BUG at buddy.c:7"; kill -9 $$');
    expect(stdout).toContain('kernel BUG at buddy.c:7');
    expect(stdout).toContain('All: 5 lines (4 operations), 0 identical, 5 different\n');
    expect(status).toBe(1);
  });
});

describe('kunit', () => {
  const head = 'KTAP version 1\n1..1\n';
  test.each([
    ['all pass', `${head}    ok 1 a\n    ok 2 b\n# Totals: pass:2 fail:0 skip:0 total:2\n`, 0, ''],
    ['one fails', `${head}    ok 1 a\n    not ok 2 b\n# Totals: pass:1 fail:1 skip:0 total:2\n`, 1, ''],
    ['none is there', `${head}# Totals: pass:0 fail:0 skip:0 total:0\n`, 1, ''],
    ['it is cut short', `${head}    ok 1 a\n`, 2, /ran no tests/],
  ])('tells where %s', (_, ktap, status, message) => {
    const outcome = ask(`cat <<'END'\nbooting\n${ktap}END`, 'kunit');
    expect(outcome.status).toBe(status);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stdout).toBe(status === 2 ? '' : ktap);
  });
});

test('bench gives the median of the rounds', () => {
  const rounds = ['empty 0 100 90000', 'empty 0 100 70000', 'empty 0 100 80000', 'packed 1000 200 20000'];
  const { status, stdout, stderr } = ask(answering(rounds), 'bench');
  expect(JSON.parse(stdout)).toMatchObject({
    kernel: 'Linux 7.3.9, User-Mode Linux',
    states: [
      { state: 'empty', live: 0, rounds: [900, 700, 800], median: 800, lowest: 700, highest: 900 },
      { state: 'packed', live: 1000, rounds: [100], median: 100, lowest: 100, highest: 100 },
    ],
  });
  expect(stderr).toMatch(/'packed' +│ 1000 +│ 100 +│ 100 +│ 100 /);
  expect(status).toBe(0);
});

test('generate writes a trace, one of each profile, or their names', () => {
  const { stdout } = oracle(['generate', '--profile', 'trims', '--seed', 'x', '--operations', '1,000']);
  expect(stdout).toMatch(/^# npm run oracle -- generate --profile trims --seed x --operations 1000\ninit /);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1001);
  const names = oracle(['generate', '--list']).stdout.match(/^\S+/gm) ?? [];
  const place = mkdtempSync(join(folder, 'all-'));
  oracle(['generate', '--all', place, '--operations', '10']);
  for (const name of names) {
    expect(gunzipSync(readFileSync(join(place, `${name}.trace.gz`))).toString()).toContain(
      `--profile ${name} --seed 1 `,
    );
  }
});
