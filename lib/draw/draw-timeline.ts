/** Draws how memory was used from line to line of a trace: used, free, longest run, fragmentation, failures. */
import { bytesText, pluralText } from '../trace/number-text';
import type { Analysis, Interval } from './analysis';
import { bandPath, byteAxis, curve, lineAxis, stepPath, valueAxis, xOf, type Panel } from './chart';
import { DRAW_NAMES, toDrawOptions, type DrawOptions } from './draw-options';
import { fillOf, rounded, svgOf, textAt, type Fill, type Frame, type Picture } from './svg';
import { partsOf, type TraceHistory } from './trace-history';

const USED: Fill = { color: '#0072b2', pattern: 'plain' };
const RUN: Fill = { color: '#009e73', pattern: 'plain' };
const LOST: Fill = { color: '#e69f00', pattern: 'up' };
const FAILED = '#d55e00';

/** Points down; so many of them can be told apart, more are lines. */
const ARROW = 'l0 10m-4 -10l4 6l4 -6';
const FEW = 60;

/**
 * Draws how the memory of a replayed trace was used, as the text of an SVG: the bytes in use and the size of the space, the longest run of free memory, the share of free memory that
 * is outside of it (fragmentation), and a mark wherever an allocation failed. At most 400 points, so that its size has a bound.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, or {RangeError} `ERR_OUT_OF_RANGE`
 */
export function drawTimeline(history: TraceHistory, options?: DrawOptions): string {
  const { analysis } = partsOf(history);
  const { title, width, theme } = toDrawOptions(options, DRAW_NAMES, history.name);
  const frame = { id: 'timeline', theme };
  return svgOf(timelinePicture(analysis, title, width, frame), frame);
}

export function timelinePicture(
  { intervals, failures }: Analysis,
  title: string,
  width: number,
  frame: Frame,
): Picture {
  const most = Math.max(...intervals.map(({ size }) => size), 1);
  const lines = { width, firstLine: intervals[0]?.firstLine ?? 0, lastLine: intervals.at(-1)?.lastLine ?? 0 };
  const main: Panel = { ...lines, top: 52, height: 200, most };
  const lost: Panel = { ...lines, top: 306, height: 70, most: 1 };
  const zero = curve(intervals, () => 0);
  const failed = intervals.filter((interval) => interval.failures > 0);
  const used = Math.max(...intervals.map(({ mostUsed }) => mostUsed), 0);
  const description = [
    `Over ${pluralText(lines.lastLine, 'line')}, at most ${bytesText(used)} of ${bytesText(most)} were in use`,
    `${pluralText(failures.length, 'operation')} failed`,
  ].join('; ');
  const body = [
    textAt(12, 18, title),
    ...legend(12, 36),
    ...byteAxis(main),
    `<path fill="${fillOf(frame, 0)}" fill-opacity=".35" d="${bandPath(
      main,
      zero,
      curve(intervals, ({ mostUsed }) => mostUsed),
    )}"/>`,
    `<path fill="none" stroke="${USED.color}" stroke-width="1.5" d="${stepPath(
      main,
      curve(intervals, (interval) => interval.used),
    )}"/>`,
    `<path class="mark" stroke-dasharray="2 3" d="${stepPath(
      main,
      curve(intervals, ({ size }) => size),
    )}"/>`,
    `<path fill="none" stroke="${RUN.color}" stroke-width="1.5" stroke-dasharray="6 3" d="${stepPath(
      main,
      curve(intervals, ({ longestRun }) => longestRun),
    )}"/>`,
    `<path stroke="${FAILED}" stroke-width="2" d="${failed.map(({ lastLine }) => `M${rounded(xOf(main, lastLine))} ${main.top - 6}${failed.length > FEW ? 'v8' : ARROW}`).join('')}" fill="none"/>`,
    ...lineAxis(main),
    textAt(12, lost.top - 8, 'Free memory outside the longest run', 'soft'),
    ...valueAxis(lost, (value) => `${Math.round(100 * value)} %`, [0, 0.5, 1]),
    `<path fill="${fillOf(frame, 2)}" d="${bandPath(lost, zero, curve(intervals, lostShare))}"/>`,
  ];
  return { width, height: 388, title, description, fills: [USED, RUN, LOST], body };
}

function lostShare({ size, used, longestRun }: Interval): number {
  const free = size - used;
  return free > 0 ? (free - longestRun) / free : 0;
}

function legend(x: number, y: number): string[] {
  const line = (at: number, stroke: string, name: string) =>
    `<path fill="none" ${stroke} d="M${at} ${y - 4}h22"/>${textAt(at + 28, y, name)}`;
  return [
    line(x, `stroke="${USED.color}" stroke-width="6" stroke-opacity=".6"`, 'used'),
    line(x + 90, 'class="mark" stroke-dasharray="2 3"', 'size of the space'),
    line(x + 250, `stroke="${RUN.color}" stroke-width="1.5" stroke-dasharray="6 3"`, 'longest free run'),
    `<path fill="none" stroke="${FAILED}" stroke-width="2" d="M${x + 420} ${y - 10}${ARROW}"/>${textAt(x + 432, y, 'failed allocations')}`,
  ];
}
