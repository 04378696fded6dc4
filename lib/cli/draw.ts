/** The command `gpu-buddy draw`. */
import { drawOrders, drawTimeline, type Moment, type TraceHistory } from '../draw';
import { drawLabelled } from '../draw/draw-map';
import { labelsAt } from '../draw/trace-history';
import { countText } from '../trace/number-text';
import { CommandError } from './command-error';
import { helpText } from './command-spec';
import { DRAW, parseDrawOptions, type DrawCommand } from './draw-options';
import { openHistories } from './open-histories';
import { orUsageError } from './or-usage-error';
import { spaceAfter } from './space-after';
import type { Terminal } from './terminal';
import { TraceCopy } from './trace-copy';
import { isReadOnce, traceName } from './trace-name';
import { writeOutput } from './write-output';

/**
 * Runs the command.
 *
 * @returns the exit status
 * @throws UsageError, TraceError, CommandError, OutputError
 */
export async function draw(args: readonly string[], terminal: Terminal): Promise<number> {
  const command = parseDrawOptions(args);
  const text = command ? await pictureOf(command, terminal) : helpText(DRAW);
  await writeOutput(command?.output, text, terminal);
  return 0;
}

async function pictureOf(command: DrawCommand, terminal: Terminal): Promise<string> {
  const { trace, as } = command;
  const copy = as === 'map' && isReadOnce(trace) ? await TraceCopy.create() : undefined;
  try {
    const histories = await openHistories(trace, command, terminal, copy);
    const history = chosen(histories, command);
    if (as === 'map') return await mapOf(history, command, copy);
    return await orUsageError(() =>
      (as === 'timeline' ? drawTimeline : drawOrders)(history, optionsOf(command)),
    );
  } finally {
    await copy?.close();
  }
}

function chosen(histories: readonly TraceHistory[], { trace, on }: DrawCommand): TraceHistory {
  const [history, another] =
    on === undefined ? histories : histories.filter(({ allocator }) => allocator === on);
  if (history && !another) return history;
  if (histories.length === 0) throw new CommandError(`${trace}: there never is an allocator`);
  const known = histories.slice(0, 10).map(({ allocator }) => String(allocator));
  const what = history ? `has ${histories.length} allocators` : `has no allocator ${String(on)}`;
  throw new CommandError(`${trace} ${what}: choose one by --on: ${known.join(', ')}`);
}

async function mapOf(
  history: TraceHistory,
  command: DrawCommand,
  copy: TraceCopy | undefined,
): Promise<string> {
  const { trace, at, colorBy, size, lenient } = command;
  const line = await orUsageError(() => history.lineOf(at));
  if (line === undefined)
    throw new CommandError(
      `${trace}: nothing is drawn ${momentText(at, line)}: ${NOTHING[String(at)] ?? 'there is no allocator'}`,
    );
  const snapshot = await spaceAfter(line, { path: trace, size, isLenient: lenient }, copy);
  const title = `${traceName(trace)} ${momentText(at, line)}`;
  const labels = colorBy === 'label' ? labelsAt(history, line) : undefined;
  return orUsageError(() => drawLabelled(snapshot, labels, { title, ...optionsOf(command), colorBy }));
}

const NOTHING: Readonly<Record<string, string>> = {
  peak: 'nothing is allocated',
  'first-failure': 'no allocation fails',
};

function momentText(at: Moment, line: number | undefined): string {
  if (typeof at === 'number') return `after line ${countText(at)}`;
  const where = line === undefined ? '' : `, line ${countText(line)}`;
  return { peak: `at its peak${where}`, end: 'at the end', 'first-failure': `at the first failure${where}` }[
    at
  ];
}

function optionsOf({ title, width, theme }: DrawCommand) {
  return { ...(title !== undefined && { title }), width, theme };
}
