// The built program as a process of its own. `npm test` builds it first.
import { expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/temporary-folder';

const ROOT = join(__dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'cli', 'main.js');
const EXAMPLES = join(ROOT, 'examples', 'traces');
const TRACE = join(EXAMPLES, 'big-1.trace.gz');
const EXPECTED = join(EXAMPLES, 'big-1.expected.gz');

const folder = temporaryFolder();

/** With the program as `$1`, a trace as `$2` and its recorded results as `$3`. */
function shell(script: string) {
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-o', 'pipefail', '-c', script, 'bash', MAIN, TRACE, EXPECTED],
    {
      encoding: 'utf8',
      cwd: folder(),
    },
  );
  return { status, stdout, stderr };
}

test('writes what was recorded', () => {
  expect(shell('node "$1" replay "$2" | diff - <(zcat "$3")')).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('reads standard input', () => {
  const { status, stdout } = shell('zcat "$2" | node "$1" replay - | tail -n 1');
  expect([status, stdout]).toEqual([0, '0 avail=0x0 clear_avail=0x0\n']);
});

test('ends quietly where its reader leaves', () => {
  expect(shell('node "$1" replay "$2" "$2" "$2" | head -n 1')).toEqual({
    status: 0,
    stdout: '# gen_trace.py --profile big --seed 1 --ops 5000\n',
    stderr: '',
  });
});

/** Longer than any of it takes; a second opening of a pipe waits for ever. */
const LIMIT = 'timeout 60';

test.each([
  [
    'a named pipe',
    `mkfifo ext-1.trace; zcat "$2" > ext-1.trace & ${LIMIT} node "$1" replay --picture ext-1.trace`,
  ],
  [
    'a named pipe of compressed data',
    `mkfifo ext-1.gz; cat "$2" > ext-1.gz & ${LIMIT} node "$1" replay --picture ext-1.gz`,
  ],
  ['a process substitution', `${LIMIT} node "$1" replay --picture <(zcat "$2")`],
  ['/dev/stdin', `zcat "$2" | ${LIMIT} node "$1" replay --picture /dev/stdin`],
])('draws %s as it draws a file', (_, script) => {
  const ofFile = shell('node "$1" replay --picture "$2"');
  const { status, stdout, stderr } = shell(script);
  expect(status).toBe(0);
  expect(stdout === ofFile.stdout).toBe(true);
  const withoutName = (text: string) => text.replace(/^\S+ at /gm, 'at ');
  expect(withoutName(stderr)).toBe(withoutName(ofFile.stderr));
  expect(stderr).toMatch(/ at its peak, line [\d,]+:/);
});

test('leaves nothing of the copy that it keeps for the peak of a pipe', () => {
  const { status } = shell('mkdir tmp; zcat "$2" | TMPDIR=$PWD/tmp node "$1" replay --picture -');
  expect(status).toBe(0);
  expect(readdirSync(folder('tmp'))).toEqual([]);
});

test('says that it cannot keep a copy', () => {
  expect(shell('zcat "$2" | TMPDIR=/none node "$1" replay --picture - 2>&1 | head -n 1').stdout).toBe(
    'gpu-buddy: cannot keep a copy of the trace in /none: no such file or directory\n',
  );
});

test('says in its exit status whether all is identical', () => {
  const expected = folder('wrong.expected');
  writeFileSync(expected, '# not this\n');
  expect(spawnSync('node', [MAIN, 'replay', '--check', EXAMPLES, TRACE]).status).toBe(0);
  expect(spawnSync('node', [MAIN, 'replay', '--check', expected, TRACE]).status).toBe(1);
  expect(spawnSync('node', [MAIN, 'replay', '--check', folder('none'), TRACE]).status).toBe(2);
});

test('is a script', () => {
  expect(execFileSync('head', ['-n', '1', MAIN], { encoding: 'utf8' })).toBe('#!/usr/bin/env node\n');
  expect(statSync(MAIN).isFile()).toBe(true);
});

test('fit tries all sizes in several threads, and finds what one finds', () => {
  const fits = ['1', '4'].map((threads) => {
    const { status, stdout, stderr } = shell(
      `zcat ${join(EXAMPLES, 'ext-1.trace.gz')} | node "$1" fit --mode contiguous --exhaustive --threads ${threads} --json -`,
    );
    expect([status, stderr.split('\n').length]).toEqual([0, 2]);
    const [fit] = JSON.parse(stdout) as { size: number; smallest: string }[];
    return [fit?.size, fit?.smallest];
  });
  expect(fits[1]).toEqual(fits[0]);
  expect(fits[0]?.[1]).toBe('exhaustive');
});
