// What a booted kernel answered to the traces in this folder, the library answers too. How they were made: README.md.
import { expect, test } from '@jest/globals';
import { Comparison, openLines, replayTrace, TraceReplayer, type ComparisonCounts } from 'gpu-buddy/trace';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { profiles } from '../../oracle/generator/profiles.mjs';

const files = readdirSync(__dirname);
const traces = files.filter((name) => name.endsWith('.trace.gz'));

async function check(name: string): Promise<ComparisonCounts> {
  using replayer = new TraceReplayer();
  using trace = openLines(join(__dirname, name));
  using expected = openLines(join(__dirname, name.replace('.trace', '.expected')));
  const comparison = new Comparison(expected);
  await replayTrace(trace, replayer, [comparison]);
  await comparison.finish();
  expect(comparison.firstDifference).toBeUndefined();
  return comparison.counts;
}

let operations = 0;

test.each(traces)('%s is answered as by the kernel', async (name) => {
  const counts = await check(name);
  expect(counts.different).toBe(0);
  operations += counts.identicalOperations;
});

test('they are at least 100,000 operations', () => {
  expect(operations).toBeGreaterThanOrEqual(100_000);
});

test('every profile of the generator has a trace', () => {
  expect(traces.map((name) => name.replace('.trace.gz', ''))).toEqual(Object.keys(profiles).sort());
});

test('they take at most 3 MB', () => {
  const sizes = files
    .filter((name) => name.endsWith('.gz'))
    .map((name) => statSync(join(__dirname, name)).size);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(3_000_000);
});

test('every trace has its answers', () => {
  const missing = traces.filter((name) => !existsSync(join(__dirname, name.replace('.trace', '.expected'))));
  expect(missing).toEqual([]);
});
