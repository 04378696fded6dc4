// The built program as a process of its own. `npm test` builds it first.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'cli', 'main.js');
const EXAMPLES = join(ROOT, 'examples', 'traces');
const TRACE = join(EXAMPLES, 'big-1.trace.gz');
const EXPECTED = join(EXAMPLES, 'big-1.expected.gz');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpu-buddy-main-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** With the program as `$1`, a trace as `$2` and its recorded results as `$3`. */
function shell(script: string) {
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-o', 'pipefail', '-c', script, 'bash', MAIN, TRACE, EXPECTED],
    {
      encoding: 'utf8',
      cwd: folder,
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

test('says in its exit status whether all is identical', () => {
  const expected = join(folder, 'wrong.expected');
  writeFileSync(expected, '# not this\n');
  expect(spawnSync('node', [MAIN, 'replay', '--check', EXAMPLES, TRACE]).status).toBe(0);
  expect(spawnSync('node', [MAIN, 'replay', '--check', expected, TRACE]).status).toBe(1);
  expect(spawnSync('node', [MAIN, 'replay', '--check', join(folder, 'none'), TRACE]).status).toBe(2);
});

test('is a script', () => {
  expect(execFileSync('head', ['-n', '1', MAIN], { encoding: 'utf8' })).toBe('#!/usr/bin/env node\n');
  expect(statSync(MAIN).isFile()).toBe(true);
});
