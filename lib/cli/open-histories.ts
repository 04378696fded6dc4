/** Replays a trace that a command was given, and keeps all of its moments. */
import type { TraceHistory } from '../draw';
import { replayHistories } from '../draw/trace-history';
import { openInput } from './open-input';
import { ProgressBar } from './progress-bar';
import { RecordingNotes } from './recording-notes';
import { SkippedLines } from './skipped-lines';
import type { Terminal } from './terminal';
import type { TraceCopy } from './trace-copy';
import { STDIN, STDIN_NAME, traceName } from './trace-name';

/** How to replay. */
export interface HistoriesOptions {
  /** Bytes of a space whose size the trace does not tell. */
  readonly size: number | undefined;
  /** Leave out lines with small mistakes, and count them. */
  readonly lenient: boolean;
}

/**
 * Gives a history for each allocator of a trace; `-` is standard input. Standard error says what is odd about it.
 *
 * @param copy receives every line
 * @throws TraceError
 */
export async function openHistories(
  path: string,
  { size, lenient }: HistoriesOptions,
  terminal: Terminal,
  copy?: TraceCopy,
): Promise<TraceHistory[]> {
  using bar = await ProgressBar.open(terminal.stderr, traceName(path));
  using trace = await openInput(path, terminal, bar);
  const skipped = lenient ? new SkippedLines() : undefined;
  const notes = new RecordingNotes(path === STDIN ? STDIN_NAME : path);
  const options = { name: traceName(path), size, onSkipped: skipped?.add };
  const histories = await replayHistories(trace, options, copy ? [notes, copy] : [notes]);
  for (const line of [...notes.lines, ...(skipped?.lines ?? [])])
    terminal.stderr.write(`gpu-buddy: ${line}\n`);
  return histories;
}
