/** Draws how many bytes blocks of each size held, from line to line of a trace. */
import { bytesText } from '../trace/number-text';
import type { Interval } from './analysis';
import { bandPath, byteAxis, curve, lineAxis, type Panel, type Point } from './chart';
import { viridis, type PatternName } from './colors';
import { DRAW_NAMES, toDrawOptions, type DrawOptions } from './draw-options';
import { fillOf, svgOf, textAt, type Frame, type Picture } from './svg';
import { partsOf, type TraceHistory } from './trace-history';

const PATTERNS: readonly PatternName[] = ['plain', 'up', 'lines', 'down', 'dots', 'grid'];
const LEGEND_COLUMN = 140;

/**
 * Draws how many bytes the blocks of each order held, from line to line of a replayed trace, one above the other, as the text of an SVG.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, or {RangeError} `ERR_OUT_OF_RANGE`
 */
export function drawOrders(history: TraceHistory, options?: DrawOptions): string {
  const { table, analysis } = partsOf(history);
  const { title, width, theme } = toDrawOptions(options, DRAW_NAMES, history.name);
  const frame = { id: 'orders', theme };
  const chunkSize = table.spaces.find(({ allocator }) => allocator === history.allocator)?.chunkSize ?? 1;
  return svgOf(ordersPicture(analysis.intervals, chunkSize, title, width, frame), frame);
}

export function ordersPicture(
  intervals: readonly Interval[],
  chunkSize: number,
  title: string,
  width: number,
  frame: Frame,
): Picture {
  const orders = Array.from({ length: 64 }, (_, order) => order).filter((order) =>
    intervals.some(({ byOrder }) => (byOrder[order] ?? 0) > 0),
  );
  const perRow = Math.max(Math.floor((width - 24) / LEGEND_COLUMN), 1);
  const legendRows = Math.ceil(orders.length / perRow);
  const panel: Panel = {
    width,
    firstLine: intervals[0]?.firstLine ?? 0,
    lastLine: intervals.at(-1)?.lastLine ?? 0,
    top: 40,
    height: 200,
    most: Math.max(...intervals.map(({ byOrder }) => byOrder.reduce((sum, bytes) => sum + bytes, 0)), 1),
  };
  let lower = curve(intervals, () => 0);
  const bands = orders.map((order, index) => {
    const bytes = curve(intervals, ({ byOrder }) => byOrder[order] ?? 0);
    const upper = bytes.map(([line, value], i): Point => [line, value + (lower[i]?.[1] ?? 0)]);
    const path = `<path fill="${fillOf(frame, index)}" d="${bandPath(panel, lower, upper)}"/>`;
    lower = upper;
    return path;
  });
  const names = orders.map((order) => `${bytesText(chunkSize * 2 ** order)} (order ${order})`);
  const legendTop = panel.top + panel.height + 34;
  return {
    width,
    height: legendTop + legendRows * 20 + 12,
    title,
    description: `Bytes in blocks of ${names.join(', ') || 'no size'}, from line to line.`,
    fills: orders.map((_, index) => ({
      color: viridis(orders.length > 1 ? index / (orders.length - 1) : 0.3),
      pattern: PATTERNS[index % PATTERNS.length] ?? 'plain',
    })),
    body: [
      textAt(12, 18, title),
      ...byteAxis(panel),
      ...bands,
      ...lineAxis(panel),
      ...names.flatMap((name, index) => {
        const x = 12 + (index % perRow) * LEGEND_COLUMN;
        const y = legendTop + Math.floor(index / perRow) * 20;
        return [
          `<rect x="${x}" y="${y}" width="14" height="14" fill="${fillOf(frame, index)}"/>`,
          textAt(x + 20, y + 11, name),
        ];
      }),
    ],
  };
}
