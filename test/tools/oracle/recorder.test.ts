// Recording, with a made-up kernel: a shell script that answers as our module would.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { benchKernel } from '../../../tools/oracle/bench.mjs';
import { readLines, recordingsIn } from '../../../tools/oracle/files.mjs';
import { boot } from '../../../tools/oracle/linux/boot.mjs';
import { record } from '../../../tools/oracle/recorder.mjs';

const TRACE = 'init 0x1000 0x1000\nfini\n';
const ANSWERS = '0 avail=0x1000 clear_avail=0x0\n0 avail=0x0 clear_avail=0x0\n';
const DONE = 'echo "gpu-buddy-oracle: done: 2 lines"';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oracle-test-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function kernel(script: string) {
  const program = join(folder, 'linux');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  return { version: '7.3.4', program, seconds: 0 };
}

function recordWith(script: string, { compressed = false } = {}) {
  const trace = join(folder, compressed ? 'a.trace.gz' : 'a.trace');
  writeFileSync(trace, compressed ? gzipSync(TRACE) : TRACE);
  return record(kernel(script), trace, trace.replace('.trace', '.expected'));
}

const answering = `[ "$(cat trace)" = "$(printf '${TRACE.replaceAll('\n', '\\n')}')" ] &&
printf '${ANSWERS.replaceAll('\n', '\\n')}' > result && ${DONE}`;

describe('record', () => {
  test('writes the answers of the kernel, which gets the trace under a name of its own', async () => {
    expect(await recordWith(answering)).toMatchObject({ lines: 2 });
    expect(readFileSync(join(folder, 'a.expected'), 'utf8')).toBe(ANSWERS);
  });

  test('decompresses the trace and compresses the answers', async () => {
    await recordWith(answering, { compressed: true });
    expect(gunzipSync(readFileSync(join(folder, 'a.expected.gz'))).toString()).toBe(ANSWERS);
  });

  test.each([
    [
      'a line that the kernel side cannot take',
      'echo "gpu-buddy-oracle: failed after line 7: error -22"',
      /line 7/,
    ],
    ['a panic', 'echo "Kernel panic - not syncing: x"; kill -ABRT $$', /SIGABRT.*\n.*Kernel panic/],
    ['an exit status', 'echo no such disk; exit 3', /exit code 3.*\n.*no such disk/],
    ['an end without the job done', 'echo Power down', /did not finish/],
    ['answers that are missing', `echo one > result; ${DONE}`, /1 answers to 2 lines/],
  ])('reports %s', async (_, script, message) => {
    await expect(recordWith(script)).rejects.toThrow(message);
  });

  test('reports a kernel that cannot be started', async () => {
    const nowhere = { version: '', program: join(folder, 'nothing'), seconds: 0 };
    writeFileSync(join(folder, 'a.trace'), TRACE);
    await expect(record(nowhere, join(folder, 'a.trace'), join(folder, 'x'))).rejects.toThrow(
      /not be started/,
    );
  });
});

test('boot ends a kernel that hangs', async () => {
  const { program } = kernel('exec sleep 60');
  await expect(boot(program, folder, [], { timeout: 0.2 })).rejects.toThrow(/SIGKILL/);
});

test('benchKernel gives the median of the rounds', async () => {
  const rounds = ['empty 0 100 90000', 'empty 0 100 70000', 'empty 0 100 80000', 'packed 1000 200 20000'];
  const script = `printf '${rounds.join('\\n')}\\n' > result; echo "gpu-buddy-oracle: done: 0 lines"`;
  const { states } = await benchKernel(kernel(script));
  expect(states).toEqual([
    { state: 'empty', live: 0, rounds: [900, 700, 800], median: 800, lowest: 700, highest: 900 },
    { state: 'packed', live: 1000, rounds: [100], median: 100, lowest: 100, highest: 100 },
  ]);
});

test('recordingsIn finds traces, compressed or not, and names their answers', async () => {
  const place = mkdtempSync(join(folder, 'recordings-'));
  for (const name of ['b.trace.gz', 'a-10.trace', 'a-2.trace', 'a-2.expected', 'README']) {
    writeFileSync(join(place, name), '');
  }
  expect(await recordingsIn(place)).toEqual([
    { name: 'a-2', trace: join(place, 'a-2.trace'), expected: join(place, 'a-2.expected') },
    { name: 'a-10', trace: join(place, 'a-10.trace'), expected: join(place, 'a-10.expected') },
    { name: 'b', trace: join(place, 'b.trace.gz'), expected: join(place, 'b.expected.gz') },
  ]);
});

test('readLines gives lines without their ends', async () => {
  writeFileSync(join(folder, 'lines.gz'), gzipSync('a\n\nb\n'));
  expect(await readLines(join(folder, 'lines.gz'))).toEqual(['a', '', 'b']);
});
