// Histories of traces, and the curves that are drawn of them.
import { describe, expect, test } from '@jest/globals';
import { drawOrders, drawTimeline, readHistories, type Moment, type TraceHistory } from 'gpu-buddy/draw';
import { openTrace } from 'gpu-buddy/trace';
import path from 'node:path';
import { linesOf } from '../trace/lines';
import { elementsOf, textsOf } from './svg';

const TRACE = [
  'gpu-buddy-trace 2',
  'init 0x10000 0x1000',
  'alloc 0 0x0 0x10000 0x8000 0x1000 0x0',
  'alloc 1 0x0 0x10000 0x4000 0x1000 0x0',
  'free 0 0x0',
  '# nothing',
  'buddy.probe 0x20000',
  'free 1 0x0',
  'fini',
];

async function historyOf(lines: readonly string[]): Promise<TraceHistory> {
  const [history] = await readHistories(linesOf(lines.join('\n')));
  if (!history) throw new Error('there is no history');
  return history;
}

describe('a history', () => {
  test.each<[moment: Moment, line: number | undefined]>([
    ['peak', 4],
    ['first-failure', 7],
    ['end', 8],
    [1, undefined],
    [2, 2],
    [6, 5],
    [9, undefined],
  ])('has its moment %s at line %s', async (moment, line) => {
    expect((await historyOf(TRACE)).lineOf(moment)).toBe(line);
  });

  test('knows no line that the trace does not have', async () => {
    const history = await historyOf(TRACE);
    expect([history.lines, history.failures]).toEqual([9, 1]);
    for (const line of [0, 10])
      expect(() => history.lineOf(line)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
  });

  test('is made for each allocator of a trace', async () => {
    const trace =
      'init 0x10000 0x1000 on=3\ninit 0x8000 0x1000\nalloc 0 0x0 0x10000 0x1000 0x1000 0x0 on=3\n';
    const histories = await readHistories(linesOf(`gpu-buddy-trace 2\n${trace}`), { name: 'both' });
    expect(histories.map(({ name, allocator }) => [name, allocator])).toEqual([
      ['both', 0],
      ['both', 3],
    ]);
    expect(histories.map((history) => history.lineOf('peak'))).toEqual([undefined, 4]);
  });

  test('refuses options that it does not know', async () => {
    await expect(async () => readHistories(linesOf(''), { nam: 'x' } as never)).rejects.toThrow(
      "did you mean 'name'?",
    );
  });
});

describe.each([
  ['drawTimeline', drawTimeline],
  ['drawOrders', drawOrders],
] as const)('%s()', (_, draw) => {
  test('is an SVG with a description, whatever the trace', async () => {
    for (const lines of [TRACE, ['gpu-buddy-trace 2', 'init 0x1000 0x1000']]) {
      const svg = draw(await historyOf(lines), { title: 'curves <b>' });
      expect(elementsOf(svg)[0]?.attributes['role']).toBe('img');
      expect(textsOf(svg)[0]).toBe('curves &lt;b&gt;');
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  test('has a bounded size', async () => {
    using trace = await openTrace(path.join(__dirname, '../../examples/traces/mixedmed-1.trace.gz'));
    const [history] = await readHistories(trace);
    expect(history && draw(history).length).toBeLessThan(300_000);
  });

  test('refuses what is no history, and unknown options', async () => {
    expect(() => draw({} as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
    const history = await historyOf(TRACE);
    expect(() => draw(history, { colorBy: 'size' } as never)).toThrow("unknown option 'colorBy'");
  });
});

test('a timeline tells peak and failures, and marks the line of a failure', async () => {
  const svg = drawTimeline(await historyOf(TRACE));
  expect(textsOf(svg)[1]).toBe('Over 9 lines, at most 48 KiB of 64 KiB were in use; 1 operation failed');
  const marks = elementsOf(svg).filter(({ attributes }) => attributes['stroke'] === '#d55e00');
  // That of the chart, and that of its legend.
  expect(marks.map(({ attributes }) => attributes['d']?.match(/M/g)?.length)).toEqual([1, 1]);
});

test('orders are named by their sizes', async () => {
  const texts = textsOf(drawOrders(await historyOf(TRACE)));
  expect(texts).toEqual(expect.arrayContaining(['32 KiB (order 3)', '16 KiB (order 2)']));
});
