// More traces that were recorded in the kernel, in a checkout that has them beside it, give the same answers here. Those that the
// repository carries are replayed by test/golden.
import { afterAll, describe, expect, test } from '@jest/globals';
import { Comparison, openLines, replayTrace, TraceReplayer, type ComparisonCounts } from 'gpu-buddy/trace';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const GOLDEN = join(ROOT, '..', 'shared', 'golden', 'golden-7.3.4.tar.xz');

async function check(tracePath: string): Promise<ComparisonCounts> {
  using replayer = new TraceReplayer();
  using trace = openLines(tracePath);
  using expected = openLines(tracePath.replace('.trace', '.expected'));
  const comparison = new Comparison(expected);
  await replayTrace(trace, replayer, [comparison]);
  await comparison.finish();
  expect(comparison.firstDifference).toBeUndefined();
  return comparison.counts;
}

(existsSync(GOLDEN) ? describe : describe.skip)('the traces beside the checkout', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gpu-buddy-golden-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('answer 274,012 of 274,012 lines identically', async () => {
    execFileSync('tar', ['-xJf', GOLDEN, '-C', folder]);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.trace'),
    );
    expect(files).toHaveLength(20);
    let identical = 0;
    for (const file of files) identical += (await check(join(folder, file))).identical;
    expect(identical).toBe(274_012);
  }, 60_000);
});
