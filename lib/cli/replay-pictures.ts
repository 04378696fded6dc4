/** The pictures of a replayed trace: its space at the peak, after given lines, and at the end. */
import { drawSpace, type SpaceSnapshot } from '../trace';
import { bytesText, countText, pluralText } from '../trace/number-text';
import { paintFor, wantsColors, type Paint } from './paint';
import { addressWidth, legendText, pictureText } from './picture-text';
import type { PictureMoment } from './replay-options';
import type { Outcome } from './replay-session';
import { spaceAfter } from './space-after';
import type { OutputStream, Terminal } from './terminal';
import type { TraceCopy } from './trace-copy';

const DEFAULT_WIDTH = 80;
/** A row has a multiple of this many cells. */
const COLUMN_STEP = 16;
const MAX_COLUMNS = 64;

/** A state of the space, and what to call it. */
interface Moment {
  readonly title: string;
  readonly snapshot: SpaceSnapshot;
}

/** The pictures that can be drawn, and a line for each that cannot. */
export interface Pictures {
  /** Empty where there is no picture. */
  readonly text: string;
  /** Says of each moment without an allocator that nothing is drawn. */
  readonly notes: readonly string[];
  /** Says which lines are beyond the end of the trace, if any. */
  readonly beyondEnd: string | undefined;
}

/**
 * Draws those moments in their order, for the width and the colours of a stream. Replays the trace once more for its peak.
 *
 * @param copy the lines of a trace that can be read only once
 * @throws CommandError if the trace is another one by now
 */
export async function drawPictures(
  outcome: Outcome,
  pictures: ReadonlySet<PictureMoment>,
  copy: TraceCopy | undefined,
  stream: OutputStream,
  env: Terminal['env'],
): Promise<Pictures> {
  const { name, snapshots } = outcome;
  const { peak, end } = outcome.summary;
  const notes: string[] = [];
  const moments: Moment[] = [];
  const add = (title: string, snapshot: SpaceSnapshot | undefined, why: string): void => {
    if (snapshot) moments.push({ title, snapshot });
    else notes.push(`${name}: nothing is drawn ${title}: ${why}`);
  };

  const wanted = new Set(snapshots.keys());
  if (pictures.has('peak') && peak) wanted.add(peak.lineNumber);
  for (const line of [...wanted].sort((a, b) => a - b)) {
    const isPeak = pictures.has('peak') && line === peak?.lineNumber;
    const snapshot = snapshots.has(line) ? snapshots.get(line) : await spaceAfter(line, outcome, copy);
    const title = isPeak ? `at its peak, line ${countText(line)}` : `after line ${countText(line)}`;
    add(title, snapshot, 'there is no allocator');
  }
  if (pictures.has('peak') && !peak) add('at its peak', undefined, 'nothing was allocated');
  if (pictures.has('end')) add('at the end', end?.snapshot, 'there never was an allocator');

  return { text: momentsText(name, moments, stream, env), notes, beyondEnd: beyondText(outcome, pictures) };
}

function beyondText({ name, summary }: Outcome, pictures: ReadonlySet<PictureMoment>): string | undefined {
  const beyond = [...pictures]
    .filter((when) => typeof when === 'number')
    .filter((line) => line > summary.lines);
  if (beyond.length === 0) return undefined;
  const lines = beyond.map((line) => `line ${countText(line)}`).join(' or ');
  return `${name}: nothing is drawn after ${lines}: the trace has ${pluralText(summary.lines, 'line')}`;
}

function momentsText(
  name: string,
  moments: readonly Moment[],
  stream: OutputStream,
  env: Terminal['env'],
): string {
  if (moments.length === 0) return '';
  const paint = paintFor(wantsColors(stream, env));
  const width = stream.columns ?? DEFAULT_WIDTH;
  return `${moments.map((moment) => momentText(name, moment, width, paint)).join('')}${legendText(paint)}`;
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
