// What a booted kernel answered to the traces of this repository, the library answers too: those in this folder, whose README.md tells how
// they were made, and those in examples/traces.
import { describe, expect, test } from '@jest/globals';
import { Comparison, openLines, replayTrace, TraceReplayer, type ComparisonCounts } from 'gpu-buddy/trace';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { profiles } from '../../tools/oracle/generator/profiles.mjs';

const root = join(__dirname, '..', '..');
const files = readdirSync(__dirname);
const tracesIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.trace.gz'))
    .map((name) => join(folder, name));
const traces = tracesIn('test/golden');

async function check(name: string): Promise<ComparisonCounts> {
  using replayer = new TraceReplayer();
  using trace = openLines(join(root, name));
  using expected = openLines(join(root, name.replace('.trace', '.expected')));
  const comparison = new Comparison(expected);
  await replayTrace(trace, replayer, [comparison]);
  await comparison.finish();
  expect(comparison.firstDifference).toBeUndefined();
  return comparison.counts;
}

describe('the answers of a booted kernel', () => {
  let operations = 0;

  test.each([...traces, ...tracesIn('examples/traces')])('are those to %s', async (name) => {
    const { lines, identical, identicalOperations } = await check(name);
    expect(identical).toBe(lines);
    expect(lines).toBeGreaterThanOrEqual(5000);
    operations += identicalOperations;
  });

  test.each(['README.md', 'CHANGELOG.md', 'docs/parity.md'])('are as many as %s says', (page) => {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/\s+/g, ' ');
    const told = [...text.matchAll(/([\d,]+) (?:calls|answers) (?:that were )?recorded/g)];
    expect(told.map((match) => match[1])).toEqual([operations.toLocaleString('en-US')]);
  });
});

test('every profile of the generator has a trace', () => {
  const names = traces.map((name) => name.replace(/^.*\/|\.trace\.gz$/g, ''));
  expect(names).toEqual(Object.keys(profiles).sort());
});

test('they take at most 3 MB', () => {
  const sizes = files
    .filter((name) => name.endsWith('.gz'))
    .map((name) => statSync(join(__dirname, name)).size);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(3_000_000);
});

test('every trace has its answers', () => {
  const missing = traces.filter((name) => !existsSync(join(root, name.replace('.trace', '.expected'))));
  expect(missing).toEqual([]);
});
