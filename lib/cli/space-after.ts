/** The space after a line of a trace, which is replayed once more up to there. */
import { openTrace, replayTrace, TraceReplayer, type SpaceSnapshot } from '../trace';
import { CommandError } from './command-error';
import type { TraceCopy } from './trace-copy';
import { MAX_LINE_LENGTH } from './trace-name';

/** A trace that was replayed before. */
export interface ReplayedTrace {
  readonly path: string;
  /** Bytes of a space whose size the trace does not tell. */
  readonly size: number | undefined;
  readonly isLenient: boolean;
}

/**
 * Gives the space after a line at which there is one.
 *
 * @param copy the lines of a trace that can be read only once
 * @throws CommandError where the trace is another one by now
 */
export async function spaceAfter(
  line: number,
  { path, size, isLenient }: ReplayedTrace,
  copy: TraceCopy | undefined,
): Promise<SpaceSnapshot> {
  using trace = copy ? await copy.read(path) : await openTrace(path, { maxLineLength: MAX_LINE_LENGTH });
  using replayer = new TraceReplayer({ size });
  await replayTrace(trace, replayer, [], {
    lastLine: line,
    onSkipped: isLenient ? () => undefined : undefined,
  });
  const snapshot = trace.line === line ? replayer.snapshot() : undefined;
  if (!snapshot) throw new CommandError(`${path} has changed between the two runs of its pictures`);
  return snapshot;
}
