import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { jobAt, jobCount, keyOf } from '../src/plan/job.js';
import { makeSweep } from '../src/plan/make-sweep.js';
import { readSpecification } from '../src/plan/specification.js';
import { checkSweep, idOf } from '../src/plan/sweep.js';
import { temporaryFolder, writeSpecification } from './support/folder.js';
import { run } from './support/program.js';
import { writeTrace } from './support/traces.js';

const folder = temporaryFolder();
for (const seed of [1, 2]) writeTrace(folder, `${seed}.trace`, seed, 20);

const MANY = {
  traces: ['*.trace'],
  sizes: ['4M', '110%', 'recorded'],
  modes: ['simple', 'contiguous'],
  minBlockSizes: ['recorded', 65536],
  shuffles: { seeds: ['recorded', 1, 2] },
};

test('plan prints how many jobs there are, and the first ten', async () => {
  const { status, stdout } = await run('plan', writeSpecification(folder, MANY));
  assert.equal(status, 0);
  const lines = stdout.split('\n');
  assert.match(lines[0] ?? '', /^sweep [0-9a-f]{16}: 72 jobs, 2 traces$/);
  assert.match(lines[1] ?? '', /^ {2}1\.trace: simple, min block recorded, size 4M, Linux 7\./);
  assert.match(
    lines[2] ?? '',
    /^ {2}1\.trace: simple, min block recorded, size 4M, shuffled by 1, Linux 7\./,
  );
  assert.equal(lines[11], '  … and 62 more');
});

test('each number is a job of its own, and the same one each time', async () => {
  const { sweep } = await makeSweep(MANY as Parameters<typeof makeSweep>[0], folder);
  const numbers = Array.from({ length: jobCount(sweep) }, (_, number) => number);
  assert.equal(new Set(numbers.map((number) => keyOf(jobAt(sweep, number)))).size, 72);
  assert.deepEqual(jobAt(sweep, 71), jobAt(structuredClone(sweep), 71));
  assert.throws(() => jobAt(sweep, 72), { code: 'ERR_SWEEP_JOB' });
});

test('the id of a sweep changes with its content, and a changed sweep is refused', async () => {
  const { sweep } = await makeSweep({ traces: ['1.trace'] }, folder);
  const { sweep: other } = await makeSweep({ traces: ['1.trace'], byTime: true }, folder);
  assert.notEqual(idOf(sweep), idOf(other));
  assert.throws(() => checkSweep(other, idOf(sweep)), { code: 'ERR_SWEEP_REDIS' });
});

for (const [name, specification, message] of [
  ['a misspelt name', { traces: ['1.trace'], size: [1] }, /has an unknown name: size/],
  ['no traces', { sizes: [1] }, /traces/],
  ['an unknown mode', { traces: ['1.trace'], modes: ['best'] }, /modes\/0 must be one of simple, top-down/],
  ['a glob without files', { traces: ['*.csv'] }, /no file fits \*\.csv/],
  ['a file that is not there', { traces: ['no.trace'] }, /no\.trace: ENOENT/],
  ['two traces of a name', { traces: ['1.trace', '1.trace'] }, /two traces are named 1\.trace/],
  [
    'a size of no whole bytes',
    { traces: ['1.trace'], sizes: ['0.3K'] },
    /"0\.3K" is no whole number of bytes/,
  ],
  [
    'a size of no bytes',
    { traces: ['1.trace'], minBlockSizes: ['0'] },
    /"0" is no whole number of bytes above 0/,
  ],
  [
    'another kernel',
    { traces: ['1.trace'], kernels: ['9.9'] },
    /no allocator of Linux 9\.9 .* build --kernel 9\.9$/m,
  ],
  [
    'a release that is not here',
    { traces: ['1.trace'], kernels: ['7.3.99'] },
    /gpu-buddy has that of Linux 7\./,
  ],
  [
    'a path for a kernel',
    { traces: ['1.trace'], kernels: ['../../x'] },
    /"kernel" argument must have the form/,
  ],
  ['credentials in the store', { traces: ['1.trace'], store: 'https://me:secret@host/x' }, /no credentials/],
] as const)
  test(`a specification with ${name} is an error`, async () => {
    const { status, stderr, stdout } = await run(
      'plan',
      writeSpecification(folder, specification, 'bad.json'),
    );
    assert.equal(status, 2);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /secret|\n.*\n/);
    assert.equal(stdout, '');
  });

test('schema prints a schema that names what a specification may have', async () => {
  const { stdout } = await run('schema');
  const { properties } = JSON.parse(stdout) as { properties: object };
  for (const name of Object.keys(MANY)) assert.ok(name in properties, name);
});

for (const [args, message] of [
  [[], /no command is given/],
  [['walk'], /unknown command "walk"/],
  [['run'], /no SPEC is given/],
  [['run', 'a', 'b'], /takes no "b"/],
  [['run', 'a', '--thread', '2'], /--thread/],
  [['run', 'a', '--threads', '0'], /--threads takes a whole number above 0/],
  [['status'], /no --redis is given/],
  [['status', '--redis', 'http://localhost'], /begins with redis:, rediss: or unix:/],
  [['status', '--redis', 'redis://localhost', '--tls-ca', 'x'], /need a URL that begins with rediss:/],
  [['table', 'a', '--measure', 'luck'], /--measure takes fit, failures/],
] as const)
  test(`the command line "${args.join(' ')}" is an error`, async () => {
    const { status, stderr } = await run(...args);
    assert.equal(status, 2);
    assert.match(stderr, message);
  });

test('the README has a specification that can be read, and names no command or option that there is not', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, example = ''] = /```json\n([^]*?)```/.exec(readme) ?? [];
  writeFileSync(path.join(folder, 'readme.json'), example);
  const specification = await readSpecification(path.join(folder, 'readme.json'));
  const { sweep } = await makeSweep({ ...specification, traces: ['1.trace'] }, folder);
  assert.equal(jobCount(sweep), 4 * 2 * 3 * 4);

  const lines = [...readme.matchAll(/gpu-buddy-sweep ([a-z]+)([^\n`]*)/g)];
  assert.ok(lines.length >= 9);
  for (const [line, command = '', rest = ''] of lines) {
    const { status, stdout } = await run(command, '--help');
    assert.equal(status, 0, line);
    for (const [option] of rest.matchAll(/--[a-z-]+/g)) assert.ok(stdout.includes(option), line);
  }
});
