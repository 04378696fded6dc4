/** Replays a trace line by line. Knows neither where the lines come from nor where the results go. */
import { toOptions, type Names } from '../options';
import type { LineReader } from './line-reader';
import type { TraceOperation } from './operation';
import { LENIENT_NAMES, parseLeniently, skip, type LenientOptions } from './lenient';
import { ofReplayer, type TraceReplayer } from './trace-replayer';

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

type PendingStep = ReplayStep & { result: string };

/**
 * Sees every step of a replay. Allocations and frees are executed many at a time, so `stats()` and `snapshot()` of the
 * replayer may be ahead of the step, except before a `fini`; its getters are not.
 */
export interface ReplayObserver {
  /** Called before an operation that is executed by itself: any but `alloc` and `free`. */
  before?(operation: TraceOperation, replayer: TraceReplayer): void;
  /** Called after the operation was executed. The replay waits where this gives a promise. */
  after(step: ReplayStep, replayer: TraceReplayer): Promise<void> | undefined;
}

/** How to replay a trace. */
export interface ReplayTraceOptions extends LenientOptions {
  /** The number of the last line to replay. Default: the last one of the trace. */
  readonly lastLine?: number | undefined;
}

const REPLAY_NAMES: Names<ReplayTraceOptions> = { ...LENIENT_NAMES, lastLine: true };

/**
 * Replays a trace up to its end, up to a line, or up to a gap in it, behind which nothing can be replayed. The state at the end stays in the replayer.
 *
 * @throws TraceError if the trace cannot be read, parsed or replayed
 */
export async function replayTrace(
  trace: LineReader,
  replayer: TraceReplayer,
  observers: readonly ReplayObserver[] = [],
  options?: ReplayTraceOptions,
): Promise<void> {
  const { lastLine = Infinity, onSkipped } = toOptions('options', options, REPLAY_NAMES);
  let waiting: PendingStep[] = [];

  const tell = async (steps: PendingStep[], results: Iterable<string>): Promise<void> => {
    let next = 0;
    for (const result of results) {
      const step = steps[next++];
      if (!step) return;
      step.result = result;
      for (const observer of observers) {
        const wait = observer.after(step, replayer);
        if (wait) await wait;
      }
    }
  };
  const runWaiting = async (): Promise<void> => {
    const steps = waiting;
    waiting = [];
    await tell(steps, replayer.run());
  };

  try {
    while (trace.line < lastLine) {
      if (!trace.isReady) {
        await runWaiting();
        if (!(await trace.fill())) return;
      }
      const line = trace.next();
      const operation = parseLeniently(line, trace, onSkipped);
      if (!operation) continue;
      const place = { file: trace.file, line: trace.line };
      const step = { operation, line, lineNumber: place.line, result: '' };
      try {
        if (ofReplayer.enqueue(replayer, operation, place)) {
          waiting.push(step);
          if (ofReplayer.isFull(replayer)) await runWaiting();
          continue;
        }
        await runWaiting();
        for (const observer of observers) observer.before?.(operation, replayer);
        step.result = replayer.execute(operation, place);
      } catch (error) {
        skip(error, onSkipped);
        continue;
      }
      await tell([step], [step.result]);
      if (isEnd(operation)) return;
    }
  } finally {
    // Also finishes the operations before a line that is wrong.
    await runWaiting();
  }
}

/** Whether nothing behind it can be replayed. */
export function isEnd({ kind }: TraceOperation): boolean {
  return kind === 'gap' || kind === 'poisoned';
}
