/** Replays a trace line by line. Knows neither where the lines come from nor where the results go. */
import type { LineReader } from './line-reader';
import type { TraceOperation } from './operation';
import { parseOperation } from './parse-operation';
import type { TraceReplayer } from './trace-replayer';

/** One line of a trace that was replayed. */
export interface ReplayStep {
  readonly operation: TraceOperation;
  /** The line as it stands in the trace. */
  readonly line: string;
  /** Counted from 1. */
  readonly lineNumber: number;
  /** The result line, without a line feed. */
  readonly result: string;
}

/** Sees every step of a replay. */
export interface ReplayObserver {
  /** Called before the operation is executed. */
  before?(operation: TraceOperation, replayer: TraceReplayer): void;
  /** Called after the operation was executed. The replay waits where this gives a promise. */
  after(step: ReplayStep, replayer: TraceReplayer): Promise<void> | undefined;
}

/**
 * Replays a trace up to its end, or up to a line. The state at the end stays in the replayer.
 *
 * @param lastLine the number of the last line to replay
 * @throws TraceError where the trace cannot be read, parsed or replayed
 */
export async function replayTrace(
  trace: LineReader,
  replayer: TraceReplayer,
  observers: readonly ReplayObserver[] = [],
  lastLine = Infinity,
): Promise<void> {
  while (trace.line < lastLine && (trace.isReady || (await trace.fill()))) {
    const line = trace.next();
    const operation = parseOperation(line, trace);
    for (const observer of observers) observer.before?.(operation, replayer);
    const result = replayer.execute(operation, trace);
    const step = { operation, line, lineNumber: trace.line, result };
    for (const observer of observers) {
      const wait = observer.after(step, replayer);
      if (wait) await wait;
    }
  }
}
