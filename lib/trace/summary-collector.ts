/** Sums up a replay while it runs. */
import { ListsCounter } from './lists-summary';
import type { TraceOperation } from './operation';
import { HEADER } from './operation-forms';
import type { ReplayObserver, ReplayStep } from './replay-trace';
import type { TraceReplayer } from './trace-replayer';
import type { EndState, OperationKind, PeakUse, TraceSummary } from './trace-summary';

/** Chooses what to collect. */
export interface SummaryOptions {
  /** Keep all blocks of the state at the end. Default: false. */
  readonly withSnapshot?: boolean;
  /** Count blocks and pieces of lists, and what is never freed: takes time for each allocation. Default: false. */
  readonly withLists?: boolean;
}

/** Observes a replay; `summary()` gives what it has seen. */
export class SummaryCollector implements ReplayObserver {
  readonly #withSnapshot: boolean;
  readonly #operations = new Map<OperationKind, Map<number, number>>();
  readonly #lists: ListsCounter | undefined;
  #lines = 0;
  #peak: PeakUse | undefined;
  #peakUsed = 0;
  #end: EndState | undefined;

  constructor({ withSnapshot = false, withLists = false }: SummaryOptions = {}) {
    this.#lists = withLists ? new ListsCounter() : undefined;
    this.#withSnapshot = withSnapshot;
  }

  before(operation: TraceOperation, replayer: TraceReplayer): void {
    if (operation.kind === 'fini') this.#end = this.#stateOf(replayer) ?? this.#end;
  }

  after(step: ReplayStep, replayer: TraceReplayer): undefined {
    const { operation, lineNumber } = step;
    this.#lines++;
    if (operation.kind === 'comment' || operation.kind === HEADER) return;
    this.#count(operation.kind, replayer.errno);
    if (replayer.errno === 0) this.#lists?.add(operation, step.result);

    const used = replayer.size - replayer.avail;
    if (used > this.#peakUsed) {
      this.#peakUsed = used;
      this.#peak = { used, size: replayer.size, lineNumber };
    }
  }

  /** Sums up what was seen so far. The state at the end is that of now, or of the last `fini`. */
  summary(replayer: TraceReplayer): TraceSummary {
    return {
      lines: this.#lines,
      operations: this.#operations,
      peak: this.#peak,
      lists: this.#lists?.summary(),
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
      longestFreeRun: replayer.longestFreeRun() ?? 0,
      snapshot: this.#withSnapshot ? replayer.snapshot() : undefined,
    };
  }
}
