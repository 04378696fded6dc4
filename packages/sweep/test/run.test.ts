import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { test } from 'node:test';
import { execa } from 'execa';
import { makeSweep } from '../src/plan/make-sweep.js';
import { ReplayPool } from '../src/replay/replay-pool.js';
import type { Results } from '../src/results/results.js';
import { runSweep } from '../src/run-sweep.js';
import { temporaryFolder, writeSpecification } from './support/folder.js';
import { program, run, start } from './support/program.js';
import { writeTrace } from './support/traces.js';

const folder = temporaryFolder();
const inFolder = (name: string) => path.join(folder, name);
for (const seed of [1, 2, 3]) writeTrace(folder, `${seed}.trace`, seed, 300);
const spec = writeSpecification(folder, {
  traces: ['[123].trace'],
  sizes: ['100%', '110%', '125%', '4M'],
  modes: ['simple', 'contiguous'],
  minBlockSizes: ['recorded', '8K'],
  shuffles: { seeds: ['recorded', 1, 2] },
});
const JOBS = 3 * 4 * 2 * 2 * 3;

const linesOf = (name: string) => readFileSync(inFolder(name), 'utf8').split('\n').slice(0, -1);

const reference = (await run('run', spec, '-o', inFolder('reference.jsonl'), '--threads', '1')).status;
const expected = readFileSync(inFolder('reference.jsonl'));

test('run writes a sorted line for each job, without times or hosts, which stand in a second file', () => {
  assert.equal(reference, 0);
  const rows = linesOf('reference.jsonl').map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(rows.length, JOBS);
  assert.deepEqual(rows[0] && [rows[0].trace, rows[0].mode, rows[0].asked, rows[0].seed], [
    '1.trace',
    'simple',
    '100%',
    'recorded',
  ]);
  assert.deepEqual(
    rows.map(({ trace }) => trace),
    rows.map(({ trace }) => trace).sort(),
  );
  for (const name of ['seconds', 'elapsed', 'host']) assert.ok(!rows.some((row) => name in row));
  const times = linesOf('reference.times.jsonl').map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(times.map(({ key }) => key).sort(), rows.map(({ key }) => key).sort());
  for (const time of times) assert.deepEqual(Object.keys(time), ['key', 'host', 'seconds', 'elapsed']);
  assert.ok(!existsSync(inFolder('reference.failed.jsonl')));
});

test('two runs are the same byte for byte, whatever the number of threads', async () => {
  assert.equal((await run('run', spec, '-o', inFolder('threads.jsonl'), '--threads', '3')).status, 0);
  assert.deepEqual(readFileSync(inFolder('threads.jsonl')), expected);
});

test('run keeps the results that are there, and drops a torn last line', async () => {
  writeFileSync(inFolder('torn.jsonl'), expected.subarray(0, 5000));
  const kept = linesOf('torn.jsonl').length;
  assert.notEqual(expected[4999], 10);
  assert.equal((await run('run', spec, '-o', inFolder('torn.jsonl'))).status, 0);
  assert.deepEqual(readFileSync(inFolder('torn.jsonl')), expected);
  assert.equal(linesOf('torn.times.jsonl').length, JOBS - kept);
});

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGKILL', undefined],
] as const)
  test(`run goes on where it was after ${signal}`, async () => {
    const name = `${signal}.jsonl`;
    const running = start(['run', spec, '-o', inFolder(name), '--threads', '1']);
    while (!existsSync(inFolder(name)) || linesOf(name).length < 3) await setTimeout(5);
    running.kill(signal);
    assert.equal((await running).exitCode, status);
    const begun = linesOf(name).length;
    assert.ok(begun >= 3);
    assert.equal((await run('run', spec, '-o', inFolder(name))).status, 0);
    assert.deepEqual(readFileSync(inFolder(name)), expected);
    assert.equal(linesOf(`${signal}.times.jsonl`).length, JOBS);
  });

test('run refuses a results file that another process writes to', async () => {
  const slow = writeSpecification(
    folder,
    { traces: ['1.trace'], shuffles: { seeds: Array.from({ length: 50_000 }, (_, seed) => seed) } },
    'slow.json',
  );
  const running = start(['run', slow, '-o', inFolder('locked.jsonl')]);
  while (!existsSync(inFolder('locked.jsonl'))) await setTimeout(5);
  const { status, stderr } = await run('run', slow, '-o', inFolder('locked.jsonl'));
  running.kill('SIGINT');
  await running;
  assert.equal(status, 2);
  assert.match(stderr, /is locked; waiting[^]*another process writes to it/);
});

for (const [name, content, message] of [
  ['of another sweep', () => expected.toString().replace(/"key":"./, '"key":"f'), /:1: is of another sweep/],
  ['that is no JSON', () => 'yes\n', /:1: is no JSON/],
  ['that lacks a part', () => '{"key":"000000000000000000000000"}\n', /:1: must have required properties/],
] as const)
  test(`run refuses a results file with a line ${name}, and leaves it as it is`, async () => {
    // Whatever the first digit of a key was, it differs in one of the two.
    const text = content();
    const file = inFolder('wrong.jsonl');
    writeFileSync(file, text === expected.toString() ? text.replace(/"key":"./, '"key":"0') : text);
    const before = readFileSync(file);
    const { status, stderr } = await run('run', spec, '-o', file);
    assert.equal(status, 2);
    assert.match(stderr, message);
    assert.deepEqual(readFileSync(file), before);
    assert.ok(!existsSync(`${file}.lock`));
  });

test('a corrupt trace is one job that is set aside, with its line; the others are done', async () => {
  writeTrace(folder, 'corrupt.trace', 4, 50);
  appendFileSync(inFolder('corrupt.trace'), 'blocks.free 999\n');
  const corrupt = writeSpecification(
    folder,
    { traces: ['1.trace', 'corrupt.trace', '2.trace'] },
    'corrupt.json',
  );
  const { status, stderr } = await run('run', corrupt, '-o', inFolder('corrupt.jsonl'));
  assert.equal(status, 1);
  assert.match(stderr, /2 of 3 jobs done, 1 set aside: .*corrupt\.failed\.jsonl says why/);
  const [failed] = linesOf('corrupt.failed.jsonl').map(
    (line) => JSON.parse(line) as { message: string; job: string },
  );
  assert.match(failed?.message ?? '', /^corrupt\.trace:52: there is no list 999$/);
  assert.match(failed?.job ?? '', /^corrupt\.trace: simple/);
  writeTrace(folder, 'corrupt.trace', 4, 50);
  assert.equal(
    (await run('run', corrupt, '-o', inFolder('corrupt.jsonl'))).status,
    0,
    'the trace was mended',
  );
  assert.equal(linesOf('corrupt.jsonl').length, 3);
  assert.ok(!existsSync(inFolder('corrupt.failed.jsonl')));
});

test('a trace with several allocators wants "on", and "on" chooses one', async () => {
  writeFileSync(
    inFolder('two.trace'),
    [
      'buddy.new 65536 4096',
      'buddy.alloc 0 4096',
      'buddy.new 65536 4096 on=1',
      'buddy.alloc 0 8192 on=1',
      '',
    ].join('\n'),
  );
  const file = 'two.trace';
  const two = writeSpecification(
    folder,
    {
      traces: [
        { file, name: 'a' },
        { file, name: 'b', on: 1 },
        { file, name: 'c', on: 7 },
      ],
    },
    'two.json',
  );
  assert.equal((await run('run', two, '-o', inFolder('two.jsonl'))).status, 1);
  assert.deepEqual(
    linesOf('two.jsonl').map((line) => (JSON.parse(line) as { trace: string; peak: number }).peak),
    [8192],
  );
  const messages = linesOf('two.failed.jsonl').map(
    (line) => (JSON.parse(line) as { message: string }).message,
  );
  assert.deepEqual(messages, [
    'a has 2 allocators: choose one by "on": 0, 1',
    'c has no allocator 7: choose one by "on": 0, 1',
  ]);
});

test('a job that takes too long is set aside, and its thread ended', async () => {
  writeTrace(folder, 'long.trace', 5, 400_000);
  const long = writeSpecification(
    folder,
    {
      traces: ['long.trace'],
      sizes: Array.from({ length: 99 }, (_, index) => 40_960 + 4096 * index),
      stop: { atFirstFit: true, seconds: 1 },
    },
    'long.json',
  );
  assert.equal((await run('run', long, '-o', inFolder('long.jsonl'))).status, 1);
  assert.match(linesOf('long.failed.jsonl')[0] ?? '', /"message":"long\.trace: takes longer than 1 s"/);
});

test('a sweep ends once too many jobs were set aside', async () => {
  const limited = writeSpecification(
    folder,
    {
      traces: ['1.trace'],
      minBlockSizes: [1024],
      sizes: Array.from({ length: 40 }, (_, index) => 40_960 + 4096 * index),
      stop: { failedJobs: 3 },
    },
    'limited.json',
  );
  const { status, stderr } = await run('run', limited, '-o', inFolder('limited.jsonl'), '--threads', '1');
  assert.equal(status, 1);
  assert.match(stderr, /0 of 40 jobs done, 3 set aside/);
});

test('a process that may write no more leaves a line by half, which the next one drops', async () => {
  const { failed } = await execa(
    'bash',
    [
      '-c',
      `ulimit -f 8; exec "$0" "$@"`,
      process.execPath,
      program,
      'run',
      spec,
      '-o',
      inFolder('full.jsonl'),
    ],
    { reject: false },
  );
  assert.ok(failed);
  const torn = readFileSync(inFolder('full.jsonl'));
  assert.equal(torn.length, 8 * 1024);
  assert.notEqual(torn.at(-1), 10);
  assert.equal((await run('run', spec, '-o', inFolder('full.jsonl'))).status, 0);
  assert.deepEqual(readFileSync(inFolder('full.jsonl')), expected);
});

test('an error of the system ends the run in all threads, and is no failure of a job', async () => {
  const planned = await makeSweep({ traces: ['1.trace'], modes: ['simple', 'range', 'contiguous'] }, folder);
  let failures = 0;
  const results = {
    whole: 3,
    has: () => false,
    add: () => {
      throw new Error('the disk is full');
    },
    addFailed: () => {
      failures++;
    },
  } as unknown as Results;
  await using pool = new ReplayPool(2);
  const { signal } = new AbortController();
  await assert.rejects(
    runSweep(planned, { pool, results, signal, onProgress: () => undefined }),
    /the disk is full/,
  );
  assert.equal(failures, 0);
});
