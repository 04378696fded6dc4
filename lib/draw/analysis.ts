/** Reads a history in one pass over its steps: how use went, why allocations failed, and how long lists lived. */
import { NEVER, type EffectsFailure, type EffectsTable } from '../trace/effects/effects-table';
import { StepKind } from '../trace/effects/frame';
import { FreeRuns } from '../trace/policy/free-runs';

/** One of the intervals that the steps are divided into: values after its last step, and extremes within. Sizes are bytes. */
export interface Interval {
  /** Lines of its first and its last step. */
  readonly firstLine: number;
  lastLine: number;
  size: number;
  used: number;
  leastUsed: number;
  mostUsed: number;
  /** The longest run of free memory. */
  longestRun: number;
  /** Failed allocations. */
  failures: number;
  /** Bytes in use by order. */
  byOrder: readonly number[];
}

/** An operation that was refused, with what was free then. */
export interface Failure {
  readonly failure: EffectsFailure;
  readonly line: number;
  readonly free: number;
  readonly longestRun: number;
}

/** A list, from its allocation to its end. */
export interface ListLife {
  /** Its row in the table. */
  readonly list: number;
  /** Bytes at most. */
  readonly bytes: number;
  readonly firstStep: number;
  /** The step that freed it; `NEVER` where it lives at the end. */
  readonly lastStep: number;
}

export interface Analysis {
  readonly intervals: readonly Interval[];
  readonly failures: readonly Failure[];
  readonly lives: readonly ListLife[];
  /** The step after which most is in use for the first time; -1 where nothing ever is. */
  readonly peak: number;
  /** The step of the first allocation that failed; -1 where none has. */
  readonly firstFailure: number;
  /** The last step at which there is a space; -1 where there never is. */
  readonly end: number;
}

const INTERVALS = 400;

const ALLOCATIONS: ReadonlySet<string> = new Set([
  'alloc',
  'buddy.alloc',
  'buddy.probe',
  'buddy.claim',
  'blocks.extend',
]);

/** @param allocator the number of the allocator that is looked at */
export function analyse(table: EffectsTable, allocator: number): Analysis {
  return new Pass(table, allocator).run();
}

class Pass {
  readonly #table: EffectsTable;
  readonly #allocator: number;
  readonly #intervals: Interval[] = [];
  readonly #failures: Failure[] = [];
  readonly #byOrder = new Float64Array(64);
  readonly #bytes: Float64Array;
  readonly #mostBytes: Float64Array;
  readonly #lastStep: Uint32Array;
  #interval: Interval | undefined;
  #runs: FreeRuns | undefined;
  #chunkSize = 1;
  #size = 0;

  constructor(table: EffectsTable, allocator: number) {
    this.#table = table;
    this.#allocator = allocator;
    this.#bytes = new Float64Array(table.lists.length);
    this.#mostBytes = new Float64Array(table.lists.length);
    this.#lastStep = new Uint32Array(table.lists.length).fill(NEVER);
  }

  run(): Analysis {
    const { steps, failures } = this.#table;
    const length = Math.max(Math.ceil(steps.length / INTERVALS), 1);
    let peak = -1;
    let mostUsed = 0;
    let firstFailure = -1;
    let end = -1;
    let nextFailure = 0;
    let placed = 0;
    let removed = 0;
    for (let step = 0; step < steps.length; step++) {
      if (step % length === 0) this.#close();
      const { kind, used, placedEnd, removedEnd } = steps.columns;
      const isOurs = this.#isOurs(step);
      if (isOurs && kind[step] === StepKind.SPACE) this.#open(step);
      for (const removedTo = removedEnd[step] ?? 0; removed < removedTo; removed++)
        if (isOurs) this.#remove(this.#table.removals.columns.row[removed] ?? 0, step);
      for (const placedTo = placedEnd[step] ?? 0; placed < placedTo; placed++)
        if (isOurs) this.#place(placed);
      const failure = kind[step] === StepKind.FAILURE ? failures[nextFailure++] : undefined;
      if (!isOurs) continue;
      const isAllocation = failure && ALLOCATIONS.has(this.#table.texts[failure.operation] ?? '');
      if (failure) this.#fail(failure, step);
      if (isAllocation && firstFailure < 0) firstFailure = step;
      if ((used[step] ?? 0) > mostUsed) {
        mostUsed = used[step] ?? 0;
        peak = step;
      }
      if (kind[step] !== StepKind.END && this.#table.spaceAt(step)) end = step;
      this.#note(step, isAllocation === true);
    }
    this.#close();
    return {
      intervals: this.#intervals,
      failures: this.#failures,
      lives: this.#lives(),
      peak,
      firstFailure,
      end,
    };
  }

  /** A failure without a space, such as of an `init`, belongs to the first allocator. */
  #isOurs(step: number): boolean {
    const space = this.#table.spaceAt(step) ?? this.#table.spaces[0];
    return space?.allocator === this.#allocator;
  }

  #open(step: number): void {
    const space = this.#table.spaceAt(step);
    if (!space) return;
    this.#chunkSize = space.chunkSize;
    this.#size = space.size;
    this.#runs = new FreeRuns(space.size / space.chunkSize);
    this.#byOrder.fill(0);
  }

  #place(row: number): void {
    const { offset, order, list } = this.#table.blocks.columns;
    const bytes = this.#mark(offset[row] ?? 0, order[row] ?? 0, false);
    const number = list[row] ?? 0;
    const now = (this.#bytes[number] ?? 0) + bytes;
    this.#bytes[number] = now;
    this.#lastStep[number] = NEVER;
    if (now > (this.#mostBytes[number] ?? 0)) this.#mostBytes[number] = now;
  }

  #remove(row: number, step: number): void {
    const { offset, order, list } = this.#table.blocks.columns;
    const bytes = this.#mark(offset[row] ?? 0, order[row] ?? 0, true);
    const number = list[row] ?? 0;
    const now = (this.#bytes[number] ?? 0) - bytes;
    this.#bytes[number] = now;
    if (now === 0) this.#lastStep[number] = step;
  }

  /** Marks a block; gives its bytes. */
  #mark(offset: number, order: number, isFree: boolean): number {
    this.#runs?.set(offset / this.#chunkSize, order, isFree);
    const bytes = this.#chunkSize * 2 ** order;
    this.#byOrder[order] = (this.#byOrder[order] ?? 0) + (isFree ? -bytes : bytes);
    return bytes;
  }

  #fail(failure: EffectsFailure, step: number): void {
    const { line, used } = this.#table.steps.columns;
    this.#failures.push({
      failure,
      line: line[step] ?? 0,
      free: this.#size - (used[step] ?? 0),
      longestRun: this.#longestRun(),
    });
  }

  #longestRun(): number {
    return (this.#runs?.longest ?? 0) * this.#chunkSize;
  }

  /** Adds the state after a step to the interval. */
  #note(step: number, hasFailed: boolean): void {
    const { used, line } = this.#table.steps.columns;
    const now = used[step] ?? 0;
    const lastLine = line[step] ?? 0;
    const interval = (this.#interval ??= {
      firstLine: lastLine,
      leastUsed: now,
      mostUsed: now,
      failures: 0,
      ...{ lastLine, size: 0, used: 0, longestRun: 0, byOrder: [] },
    });
    interval.lastLine = lastLine;
    interval.size = this.#size;
    interval.used = now;
    interval.leastUsed = Math.min(interval.leastUsed, now);
    interval.mostUsed = Math.max(interval.mostUsed, now);
    if (hasFailed) interval.failures++;
  }

  /** Ends the interval, if any of its steps was ours. */
  #close(): void {
    const interval = this.#interval;
    if (!interval) return;
    interval.longestRun = this.#longestRun();
    interval.byOrder = Array.from(this.#byOrder);
    this.#intervals.push(interval);
    this.#interval = undefined;
  }

  #lives(): ListLife[] {
    const { lists, steps } = this.#table;
    const lives: ListLife[] = [];
    for (let list = 0; list < lists.length; list++) {
      const firstStep = lists.columns.step[list] ?? 0;
      if (this.#table.spaceAt(firstStep)?.allocator !== this.#allocator) continue;
      lives.push({
        list,
        bytes: this.#mostBytes[list] ?? 0,
        firstStep,
        lastStep: this.#lastStep[list] ?? steps.length,
      });
    }
    return lives;
  }
}
