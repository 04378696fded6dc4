// Compares the summary of a small trace with counts made by hand.
import { expect, test } from '@jest/globals';
import { replayTrace, SummaryCollector, TraceReplayer, type TraceSummary } from 'gpu-buddy/trace';
import { linesOf } from './lines';

async function summaryOf(lines: string[], withSnapshot = false): Promise<TraceSummary> {
  using replayer = new TraceReplayer();
  const collector = new SummaryCollector({ withSnapshot });
  await replayTrace(linesOf(lines.join('\n')), replayer, [collector]);
  return collector.summary(replayer);
}

const ROUND = [
  '# a round',
  'init 0x0 0x1000',
  'init 0x10000 0x1000',
  'alloc 0 0 0 0x4000 0x1000 0',
  'alloc 1 0 0 0x8000 0x1000 0',
  'alloc 2 0 0 0x8000 0x1000 0',
  'free 1 0x10',
  'alloc 1 0 0 0x8000 0x1000 0x8',
  'lookup 0x10000',
  'free 1 0x10',
  'free 0 0x0',
  'free 2 0x0',
];

test('operations are counted by result', async () => {
  const { lines, operations } = await summaryOf([...ROUND, 'fini']);
  expect(lines).toBe(13);
  expect(
    Object.fromEntries([...operations].map(([kind, counts]) => [kind, Object.fromEntries(counts)])),
  ).toEqual({
    init: { '-22': 1, '0': 1 },
    alloc: { '0': 3, '-28': 1 },
    free: { '0': 4 },
    lookup: { '-6': 1 },
    fini: { '0': 1 },
  });
});

test.each([
  ['before the last fini', [...ROUND, 'fini', '# nothing follows']],
  ['where the trace stops', ROUND],
  ['before a fini that a bad init follows', [...ROUND, 'fini', 'init 0 0']],
])('peak and end: %s', async (_, lines) => {
  const { peak, end } = await summaryOf(lines);
  expect(peak).toEqual({ used: 0xc000, size: 0x10000, lineNumber: 5 });
  expect(end).toEqual({
    size: 0x10000,
    chunkSize: 0x1000,
    avail: 0x10000,
    clearAvail: 0x8000,
    // The clear half and the dirty one do not merge.
    freeBlocks: 2,
    usedBlocks: 0,
    largestFreeBlock: 0x8000,
    longestFreeRun: 0x10000,
    snapshot: undefined,
  });
});

test('the peak is the highest of all rounds', async () => {
  const small = ['init 0x2000 0x1000', 'alloc 0 0 0 0x2000 0x1000 0', 'free 0 0x0', 'fini'];
  const { peak, end } = await summaryOf([...small, ...ROUND, 'fini', ...small]);
  expect(peak).toEqual({ used: 0xc000, size: 0x10000, lineNumber: 9 });
  expect(end).toMatchObject({ size: 0x2000, freeBlocks: 1, largestFreeBlock: 0x2000 });
});

test('a full space has no free block', async () => {
  const { end } = await summaryOf(['init 0x2000 0x1000', 'alloc 0 0 0 0x2000 0x1000 0']);
  expect(end).toMatchObject({ avail: 0, freeBlocks: 0, usedBlocks: 1, largestFreeBlock: 0 });
});

test('a trace without an allocator has neither peak nor end', async () => {
  expect(await summaryOf(['# text', 'init 0 0'])).toMatchObject({
    lines: 2,
    peak: undefined,
    end: undefined,
  });
});

test('the blocks of the end are kept where that is wanted', async () => {
  const { end } = await summaryOf([...ROUND, 'fini'], true);
  expect(end?.snapshot).toMatchObject({
    size: 0x10000,
    blocks: { offsets: new Float64Array([0, 0x8000]), orders: new Uint8Array([3, 3]) },
  });
});
