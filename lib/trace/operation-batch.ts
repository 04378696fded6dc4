/** Allocations and frees of a trace that are done in one call. Knows slots, no IDs. */
import * as native from '../native';

/** So many operations at the most. */
const CAPACITY = 1024;
/** Cells of `#state` for each operation: avail, clear avail, kernel warnings. */
const { STATE_CELLS: STATE } = native;

/** Records whose answers a trace tells of. */
export class OperationBatch extends native.Records {
  readonly #results = new native.BatchColumns(CAPACITY, false);
  readonly #state = new Float64Array(STATE * CAPACITY);
  /** The blocks of all lists of more than one, one list after the other. */
  #blocks = native.columns(CAPACITY);
  readonly #starts = new Float64Array(CAPACITY);

  constructor() {
    super(CAPACITY);
  }

  get isFull(): boolean {
    return this.length === CAPACITY;
  }

  /** Does all of it. */
  run(allocator: native.Handle): void {
    // The other columns tell of the blocks that there are, if any.
    this.#results.counts.fill(0, 0, this.length);
    this.#results.statuses.fill(0, 0, this.length);
    for (let first = 0, used = 0; first < this.length;) {
      const batch = {
        records: this,
        results: this.#results,
        first,
        count: this.length - first,
      };
      const end = first + native.replayBatch(allocator, batch, this.#state, rowsFrom(this.#blocks, used));
      for (; first < end; first++) {
        this.#starts[first] = used;
        if (this.countAt(first) > 1) used += this.countAt(first);
      }
      if (used > this.#blocks.offsets.length) this.#readAgain(end - 1, used);
    }
  }

  /** The blocks of an operation that there was no room for. No operation after it has been done yet. */
  #readAgain(index: number, used: number): void {
    const larger = native.columns(2 * used);
    const known = this.#starts[index] ?? 0;
    larger.offsets.set(this.#blocks.offsets.subarray(0, known));
    larger.orders.set(this.#blocks.orders.subarray(0, known));
    larger.states.set(this.#blocks.states.subarray(0, known));
    this.#blocks = larger;
    const slot = this.slotAt(index);
    native.describe(slot);
    native.readInto({ slot, generation: native.list.generation }, rowsFrom(larger, known));
  }

  // Tells how an operation ended.

  statusAt(index: number): number {
    return this.#results.statuses[index] ?? native.OK;
  }

  /** How many blocks are on the list; 0 for one that was freed. */
  countAt(index: number): number {
    return this.#results.counts[index] ?? 0;
  }

  /** Gives the blocks of a list that has more than one. */
  blocksAt(index: number): native.Columns {
    return rowsFrom(this.#blocks, this.#starts[index] ?? 0);
  }

  /** Gives the offset of a list's only block. */
  offsetAt(index: number): number {
    return Number(this.#results.offsets[index]);
  }

  orderAt(index: number): number {
    return this.#results.orders[index] ?? 0;
  }

  isClearAt(index: number): boolean {
    return this.#results.clear[index] !== 0;
  }

  availAt(index: number): number {
    return this.#state[STATE * index] ?? 0;
  }

  clearAvailAt(index: number): number {
    return this.#state[STATE * index + 1] ?? 0;
  }

  warningsAt(index: number): number {
    return this.#state[STATE * index + 2] ?? 0;
  }
}

function rowsFrom({ offsets, orders, states, tags }: native.Columns, first: number): native.Columns {
  return {
    offsets: offsets.subarray(first),
    orders: orders.subarray(first),
    states: states.subarray(first),
    tags: tags.subarray(first),
  };
}
