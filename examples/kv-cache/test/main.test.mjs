import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.mjs', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'gpu-buddy-kv-cache-'));
after(() => rmSync(folder, { recursive: true }));

/** @param {string[]} args */
const run = (...args) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });

/** @param {string} text */
function csv(text) {
  const file = path.join(folder, 'requests.csv');
  writeFileSync(file, text);
  return file;
}

const short = ['--seconds', '20', '--rate', '20', '--size', '4', '--adapters', '2'];

test('prints the same table for the same seed, and another one for another seed', () => {
  const [first, second, other] = ['7', '7', '8'].map((seed) => run(...short, '--seed', seed));
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /│ pages low, adapters high │ +\d+\.\d % │ +\d+ MiB │ +\d+\.\d % │/);
  assert.equal(second.stdout, first.stdout);
  assert.notEqual(other.stdout, first.stdout);
});

test('prints by default the table in README.md', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  assert.ok(readme.includes(run().stdout), run().stdout);
});

test('--smallest adds a column', () => {
  const { stdout } = run(...short, '--smallest');
  assert.match(stdout, /│ smallest space │/);
  assert.equal(stdout.match(/\d+\.\d\d GiB/g)?.length, 6);
});

test('reads the requests of a file', () => {
  const { stdout, stderr } = run(
    '--size',
    '1',
    csv('TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,100,5\r\n'),
  );
  assert.equal(stderr, '');
  assert.match(stdout, /│ best fit /);
});

for (const [what, args, message] of /** @type {const} */ ([
  ['an option that it does not know', ['--rat', '1'], /Unknown option '--rat'/],
  ['a number that is none', ['--rate', 'many'], /^--rate many: a number above 0 is needed$/m],
  ['an empty number', ['--seed='], /^--seed : a number above 0 is needed$/m],
  ['a second file', ['a.csv', 'b.csv'], /^One file of requests/m],
  ['a file that is not there', [path.join(folder, 'none.csv')], /ENOENT/],
  [
    'a reservation of the whole space',
    ['--reserved', '100'],
    /^--reserved 100: a number above 0 and below 100 is needed$/m,
  ],
  [
    'requests that do not fit into the space',
    [...short, '--size', '0.1'],
    /larger than the space for sequences/,
  ],
  ['a time in which no request comes', ['--seconds', '0.0001'], /^There are no requests$/m],
])) {
  test(`tells in one line of ${what}`, () => {
    const { status, stdout, stderr } = run(...args);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, message);
    assert.equal(stderr.trim().split('\n').length, 1);
  });
}

test('names the line of a file that it does not understand', () => {
  const file = csv(
    'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,100,5\n2023-11-16 18:17:04,many,5\n',
  );
  const { status, stderr } = run(file);
  assert.equal(status, 1);
  assert.equal(stderr, `${file}:3: ContextTokens is "many"\n`);
});
