// Replays recorded traces and compares every answer with a booted kernel's: those in this folder, whose README.md tells how
// they were made, those in examples/traces, and those that may lie beside the checkout.
import { describe, expect, test } from '@jest/globals';
import { Comparison, openLines, replayTrace, TraceReplayer, type ComparisonCounts } from 'gpu-buddy/trace';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { profiles } from '../../tools/oracle/generator/profiles.mjs';
import { temporaryFolder } from '../support/temporary-folder';

const root = join(__dirname, '..', '..');
const beside = join(root, '..', 'shared', 'golden', 'golden-7.3.4.tar.xz');

/** The paths of traces below a folder. */
const tracesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.trace(\.gz)?$/.test(name))
    .map((name) => join(folder, name))
    .sort();
const traces = ['test/golden', 'examples/traces'].flatMap((name) => tracesIn(join(root, name)));

/** Replays a trace, and compares each line. */
async function check(trace: string): Promise<ComparisonCounts> {
  using replayer = new TraceReplayer();
  using lines = openLines(trace);
  using expected = openLines(trace.replace('.trace', '.expected'));
  const comparison = new Comparison(expected);
  await replayTrace(lines, replayer, [comparison]);
  await comparison.finish();
  expect(comparison.firstDifference).toBeUndefined();
  return comparison.counts;
}

test('the answers of a booted kernel are those to every trace, and as many as the pages say', async () => {
  let operations = 0;
  for (const trace of traces) {
    const { lines, identical, identicalOperations } = await check(trace);
    expect({ trace, identical }).toEqual({ trace, identical: lines });
    operations += identicalOperations;
  }
  for (const page of ['README.md', 'CHANGELOG.md', 'docs/internals/parity.md']) {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/\s+/g, ' ');
    const told = [...text.matchAll(/([\d,]+) (?:calls|answers) (?:that were )?recorded/g)];
    expect({ page, told: told.map((match) => match[1]) }).toEqual({
      page,
      told: [operations.toLocaleString('en-US')],
    });
  }
});

test('every profile of the generator has a trace', () => {
  const names = tracesIn(__dirname).map((name) => name.replace(/^.*\/|\.trace\.gz$/g, ''));
  expect(names).toEqual(Object.keys(profiles).sort());
});

/** The series of kernels whose answers were recorded, where these are not those of the kernel that is built in. */
const otherSeries = readdirSync(__dirname).flatMap(
  (name) => /^linux-(.*)\.answers\.gz$/.exec(name)?.slice(1) ?? [],
);

describe.each(otherSeries)('Linux %s', (series) => {
  const isBuilt = existsSync(join(root, `packages/linux-${series}/build/Release/gpu_buddy.node`));

  (isBuilt ? test : test.skip)('gave the answers that the library gives on it (build --kernel)', () => {
    const command = ['tools/oracle/main.mjs', 'replay', '--kernel', series];
    const text = execFileSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
    const counts = /\(([\d,]+) operations\), [\d,]+ identical, (\d+) different/.exec(text) ?? [];
    expect(counts[2]).toBe('0');
    expect(Number(counts[1]?.replaceAll(',', ''))).toBeGreaterThanOrEqual(100_000);
  });
});

(existsSync(beside) ? describe : describe.skip)('the traces beside the checkout', () => {
  const folder = temporaryFolder();

  test('answer 274,012 of 274,012 lines identically', async () => {
    execFileSync('tar', ['-xJf', beside, '-C', folder()]);
    let identical = 0;
    for (const trace of tracesIn(folder())) identical += (await check(trace)).identical;
    expect(identical).toBe(274_012);
  });
});
