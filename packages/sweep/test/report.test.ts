import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Row } from '../src/replay/row.js';
import { bestByTrace, smallestForAll } from '../src/report/best.js';
import { policiesOf } from '../src/report/policies.js';
import { temporaryFolder } from './support/folder.js';
import { run } from './support/program.js';

const folder = temporaryFolder();
const file = path.join(folder, 'results.jsonl');

let keys = 0;

/** Makes a line up: a trace, a mode, chunks of the space, and how many failures it has. */
function row(
  trace: string,
  mode: Row['mode'],
  chunks: number,
  failures: number,
  more: Partial<Row> = {},
): Row {
  return {
    key: String(keys++).padStart(24, '0'),
    trace,
    kernel: '7.3.4',
    mode,
    minBlockSize: 'recorded',
    chunkSize: 4096,
    asked: 4096 * chunks,
    size: 4096 * chunks,
    seed: 'recorded',
    failures,
    runFragmentation: { mean: 0.5, worst: 1 },
    ...more,
  };
}

const ROWS = [
  row('a', 'simple', 8, 2),
  row('a', 'simple', 16, 0),
  row('a', 'contiguous', 8, 0, { runFragmentation: { mean: 0.25, worst: 1 }, firstFailure: null }),
  row('a', 'contiguous', 16, 1),
  row('b', 'simple', 8, 0),
  row('b', 'simple', 16, 0),
  row('b', 'contiguous', 8, 5),
  row('b', 'contiguous', 16, 3, { firstFailure: { line: 7, size: 4096 } }),
];
const write = (rows: readonly Row[]) => {
  writeFileSync(file, rows.map((one) => `${JSON.stringify(one)}\n`).join(''));
};
write(ROWS);

test('table shows policies, the best one of each trace, and the smallest size for all', async () => {
  const { status, stdout } = await run('table', file);
  assert.equal(status, 0);
  assert.equal(
    stdout,
    `Policies, over all traces and seeds:
policy               size  jobs  fit  failures  fragmented
simple recorded      32K      2    1         2  50.0 %
simple recorded      64K      2    2         0  50.0 %
contiguous recorded  32K      2    1         5  37.5 %
contiguous recorded  64K      2    0         4  50.0 %

Best policy of each trace:
trace  policy               smallest size  failures  fragmented
a      contiguous recorded  32K                   0  25.0 %
b      simple recorded      32K                   0  50.0 %

Smallest size of the sweep in which all traces fit:
policy               size
simple recorded      64K
contiguous recorded  none`,
  );
});

test('the best policy is that of the smallest space, then of the fewest failures, then of the least fragmentation', () => {
  const policyOf = (rows: readonly Row[]) => bestByTrace(rows)[0]?.policy;
  assert.equal(policyOf([row('a', 'simple', 9, 0), row('a', 'range', 8, 0)]), 'range recorded');
  assert.equal(policyOf([row('a', 'simple', 9, 2), row('a', 'range', 8, 1)]), 'range recorded');
  const tidy = { runFragmentation: { mean: 0.1, worst: 1 } };
  assert.equal(policyOf([row('a', 'simple', 8, 0), row('a', 'range', 8, 0, tidy)]), 'range recorded');
  // A seed that does not fit counts as much as one that does.
  assert.equal(
    policyOf([row('a', 'simple', 8, 0), row('a', 'simple', 8, 1, { seed: 1 }), row('a', 'range', 9, 0)]),
    'range recorded',
  );
});

test('a size in which a trace was not tried is not the smallest for all', () => {
  const [policy] = policiesOf([
    row('a', 'simple', 8, 0),
    row('a', 'simple', 16, 0),
    row('b', 'simple', 16, 0),
  ]);
  assert.ok(policy);
  assert.equal(smallestForAll(policy, 2), 16 * 4096);
  assert.equal(smallestForAll(policy, 3), undefined);
});

test('kernels are told apart where there are several', () => {
  const names = policiesOf([row('a', 'simple', 8, 0), row('a', 'simple', 8, 0, { kernel: '6.12' })]).map(
    ({ name }) => name,
  );
  assert.deepEqual(names, ['simple recorded Linux 7.3.4', 'simple recorded Linux 6.12']);
});

test('--csv writes a line a job, with a column for each part', async () => {
  const lines = (await run('table', file, '--csv')).stdout.split('\n');
  assert.equal(lines.length, ROWS.length + 1);
  const columns = lines[0]?.split(',') ?? [];
  assert.deepEqual(columns.slice(-4), [
    'runFragmentation.mean',
    'runFragmentation.worst',
    'firstFailure.line',
    'firstFailure.size',
  ]);
  assert.match(lines[8] ?? '', /,3,0\.5,1,7,4096$/);
});

test('--chart draws a line a policy, as SVG', async () => {
  const chart = path.join(folder, 'chart.svg');
  for (const measure of ['fit', 'runFragmentation']) {
    const { status, stdout } = await run('table', file, '--chart', chart, '--measure', measure);
    assert.equal(status, 0);
    assert.equal(stdout, '');
    const svg = readFileSync(chart, 'utf8');
    assert.match(svg, /^<svg/);
    for (const text of ['simple recorded', 'contiguous recorded', '32K', '64K'])
      assert.ok(svg.includes(`>${text}<`), text);
  }
});

test('a results file that is empty, or of something else, is an error', async () => {
  const other = path.join(folder, 'other.jsonl');
  for (const [text, message] of [
    ['', /holds no results/],
    ['{"key":1}\n', /:1: key must be string/],
  ] as const) {
    writeFileSync(other, text);
    const { status, stderr } = await run('table', other);
    assert.equal(status, 2);
    assert.match(stderr, message);
  }
});
