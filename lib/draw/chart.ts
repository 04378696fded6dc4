/** The frame of a chart over the lines of a trace: axes, lines and areas. Curves of some hundred points need no library. */
import { bytesText, countText } from '../trace/number-text';
import type { Interval } from './analysis';
import { byteTicksOf, ticksOf } from './axis';
import { rounded, textAt } from './svg';

const LEFT = 84;
const RIGHT = 36;

/** The place of a panel, and the values at its ends. */
export interface Panel {
  readonly top: number;
  readonly height: number;
  readonly width: number;
  readonly firstLine: number;
  readonly lastLine: number;
  /** The value at its top. */
  readonly most: number;
}

export function xOf({ width, firstLine, lastLine }: Panel, line: number): number {
  const share = lastLine > firstLine ? (line - firstLine) / (lastLine - firstLine) : 0;
  return LEFT + share * (width - LEFT - RIGHT);
}

export function yOf({ top, height, most }: Panel, value: number): number {
  return top + height - (most > 0 ? value / most : 0) * height;
}

/** Lines across, and what they stand for. */
export function valueAxis(
  panel: Panel,
  textOf: (value: number) => string,
  ticks: readonly number[],
): string[] {
  const end = panel.width - RIGHT;
  return ticks.flatMap((value) => {
    const y = rounded(yOf(panel, value));
    return [
      `<path class="axis" stroke-opacity=".35" d="M${LEFT} ${y}H${end}"/>`,
      textAt(LEFT - 6, yOf(panel, value) + 4, textOf(value), 'number soft'),
    ];
  });
}

export function byteAxis(panel: Panel): string[] {
  return valueAxis(panel, bytesText, byteTicksOf(panel.most, 5));
}

/** Numbers of lines below. */
export function lineAxis(panel: Panel): string[] {
  const bottom = panel.top + panel.height;
  const ticks = ticksOf(panel.lastLine, Math.max(Math.floor(panel.width / 140), 2)).filter(
    (line) => line >= panel.firstLine,
  );
  return [
    `<path class="axis" d="M${LEFT} ${bottom}H${panel.width - RIGHT}"/>`,
    ...ticks.map((line) => {
      const x = xOf(panel, line);
      return `<path class="axis" d="M${rounded(x)} ${bottom}v4"/>${textAt(x, bottom + 18, countText(line), 'middle soft')}`;
    }),
    textAt(LEFT - 6, bottom + 18, 'line', 'number soft'),
  ];
}

/** A point of a curve: a line of the trace, and a value. */
export type Point = readonly [line: number, value: number];

/** Steps from point to point: a value holds until the next. */
export function stepPath(panel: Panel, points: readonly Point[]): string {
  const parts = points.map(([line, value], index) => {
    const x = rounded(xOf(panel, line));
    const y = rounded(yOf(panel, value));
    return index === 0 ? `M${x} ${y}` : `H${x}V${y}`;
  });
  return parts.join('');
}

/** The area between two curves over the same lines. */
export function bandPath(panel: Panel, lower: readonly Point[], upper: readonly Point[]): string {
  const back = lower
    .map(([line, value], index) => {
      const next = lower[index + 1];
      const x = rounded(xOf(panel, line));
      const y = rounded(yOf(panel, value));
      return next ? `V${y}H${x}` : `L${x} ${y}`;
    })
    .reverse();
  return `${stepPath(panel, upper)}${back.join('')}Z`;
}

/** A value of each interval, which holds until the next one. */
export function curve(intervals: readonly Interval[], valueOf: (interval: Interval) => number): Point[] {
  const last = intervals.at(-1);
  const points = intervals.map((interval): Point => [interval.firstLine, valueOf(interval)]);
  return last ? [...points, [last.lastLine, valueOf(last)]] : points;
}
