/** Sums up a replay while it runs. */
import type { TraceOperation } from './operation';
import { HEADER } from './operation-forms';
import type { ReplayObserver, ReplayStep } from './replay-trace';
import type { TraceReplayer } from './trace-replayer';
import type { EndState, OperationKind, PeakUse, TraceSummary } from './trace-summary';

/** What to collect. */
export interface SummaryOptions {
  /** Keep all blocks of the state at the end. Default: false. */
  readonly withSnapshot?: boolean;
}

/** Observes a replay; `summary()` gives what it has seen. */
export class SummaryCollector implements ReplayObserver {
  readonly #withSnapshot: boolean;
  readonly #operations = new Map<OperationKind, Map<number, number>>();
  #lines = 0;
  #peak: PeakUse | undefined;
  #peakUsed = 0;
  #end: EndState | undefined;

  constructor({ withSnapshot = false }: SummaryOptions = {}) {
    this.#withSnapshot = withSnapshot;
  }

  before(operation: TraceOperation, replayer: TraceReplayer): void {
    if (operation.kind === 'fini') this.#end = this.#stateOf(replayer) ?? this.#end;
  }

  after({ operation, lineNumber }: ReplayStep, replayer: TraceReplayer): undefined {
    this.#lines++;
    if (operation.kind === 'comment' || operation.kind === HEADER) return;
    this.#count(operation.kind, replayer.errno);

    const used = replayer.size - replayer.avail;
    if (used > this.#peakUsed) {
      this.#peakUsed = used;
      this.#peak = { used, size: replayer.size, lineNumber };
    }
  }

  /** What was seen so far. The end is now, or the last `fini`. */
  summary(replayer: TraceReplayer): TraceSummary {
    return {
      lines: this.#lines,
      operations: this.#operations,
      peak: this.#peak,
      end: this.#stateOf(replayer) ?? this.#end,
    };
  }

  #count(kind: OperationKind, errno: number): void {
    const results = this.#operations.get(kind) ?? new Map<number, number>();
    if (results.size === 0) this.#operations.set(kind, results);
    results.set(errno, (results.get(errno) ?? 0) + 1);
  }

  #stateOf(replayer: TraceReplayer): EndState | undefined {
    const stats = replayer.stats();
    if (!stats) return undefined;
    const { size, chunkSize, avail, clearAvail, freeBlocks, usedBlocks } = stats;
    const largestOrder = freeBlocks.findLastIndex((count) => count > 0);
    return {
      size,
      chunkSize,
      avail,
      clearAvail,
      freeBlocks: freeBlocks.reduce((sum, count) => sum + count, 0),
      usedBlocks: usedBlocks.reduce((sum, count) => sum + count, 0),
      largestFreeBlock: largestOrder < 0 ? 0 : chunkSize * 2 ** largestOrder,
      snapshot: this.#withSnapshot ? replayer.snapshot() : undefined,
    };
  }
}
