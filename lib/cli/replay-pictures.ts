/** The pictures of a replayed trace: its space at the peak, after given lines, and at the end. */
import { drawSpace, openLines, replayTrace, TraceReplayer, type SpaceSnapshot } from '../trace';
import { bytesText, countText } from './number-text';
import { paintFor, wantsColors, type Paint } from './paint';
import { addressWidth, legendText, pictureText } from './picture-text';
import type { PictureMoment } from './replay-options';
import type { Outcome } from './replay-session';
import type { OutputStream, Terminal } from './terminal';
import { STDIN } from './trace-name';

const DEFAULT_WIDTH = 80;
/** A row has a multiple of this many cells. */
const COLUMN_STEP = 16;
const MAX_COLUMNS = 64;

/** A state of the space, and what to call it. */
interface Moment {
  readonly title: string;
  readonly snapshot: SpaceSnapshot;
}

/**
 * The pictures of those moments in their order, for the width and the colours of a stream; empty where there is none.
 * Replays the trace once more, up to the last of the lines.
 */
export async function picturesText(
  { path, name, summary: { peak, end } }: Outcome,
  pictures: ReadonlySet<PictureMoment>,
  stream: OutputStream,
  env: Terminal['env'],
): Promise<string> {
  const lines = new Map<number, string>();
  for (const when of pictures) if (typeof when === 'number') lines.set(when, `after line ${countText(when)}`);
  if (pictures.has('peak') && peak)
    lines.set(peak.lineNumber, `at its peak, line ${countText(peak.lineNumber)}`);

  const moments = path === STDIN || lines.size === 0 ? [] : await momentsAfter(path, lines);
  if (pictures.has('end') && end?.snapshot) moments.push({ title: 'at the end', snapshot: end.snapshot });
  if (moments.length === 0) return '';

  const paint = paintFor(wantsColors(stream, env));
  const width = stream.columns ?? DEFAULT_WIDTH;
  return `${moments.map((moment) => momentText(name, moment, width, paint)).join('')}${legendText(paint)}`;
}

/** The states after lines, in the order of the lines; none where there was no allocator. */
async function momentsAfter(path: string, lines: ReadonlyMap<number, string>): Promise<Moment[]> {
  using trace = openLines(path);
  using replayer = new TraceReplayer();
  const moments: Moment[] = [];
  for (const [line, title] of [...lines].sort(([a], [b]) => a - b)) {
    await replayTrace(trace, replayer, [], line);
    const snapshot = trace.line === line ? replayer.snapshot() : undefined;
    if (snapshot) moments.push({ title, snapshot });
  }
  return moments;
}

function momentText(name: string, { title, snapshot }: Moment, width: number, paint: Paint): string {
  const { size, avail, clearAvail } = snapshot;
  const picture = drawSpace(snapshot, { columns: columnsFor(width, addressWidth(size)) });
  const numbers = [
    `${bytesText(size - avail)} of ${bytesText(size)} used`,
    `${bytesText(clearAvail)} clear`,
    `a cell is ${bytesText(picture.cellSize)}`,
  ];
  return `\n${name} ${title}: ${numbers.join(', ')}\n${pictureText(picture, paint)}`;
}

function columnsFor(width: number, addressWidth: number): number {
  const steps = Math.floor((width - addressWidth - 1) / COLUMN_STEP);
  return Math.min(MAX_COLUMNS, Math.max(1, steps) * COLUMN_STEP);
}
