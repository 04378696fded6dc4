/** What a batch tells of its operations, a column for each property: see native/node/batch-results.h, the other side. */

const BYTES_PER_ROW = 27;

/** Columns are made when they are asked for: to make all of them takes as long as dozens of operations. */
export class BatchColumns {
  /** How many operations there are. */
  readonly rows: number;
  /** All of the columns. */
  readonly memory: Uint8Array<ArrayBuffer>;
  #offsets: BigUint64Array | undefined;
  #counts: Float64Array | undefined;
  #errnos: Int32Array | undefined;
  #slots: Uint32Array | undefined;
  #orders: Uint8Array | undefined;
  #clear: Uint8Array | undefined;
  #statuses: Uint8Array | undefined;

  constructor(rows: number) {
    this.rows = rows;
    this.memory = new Uint8Array(rows * BYTES_PER_ROW);
  }

  get offsets(): BigUint64Array {
    return (this.#offsets ??= new BigUint64Array(this.memory.buffer, 0, this.rows));
  }

  get counts(): Float64Array {
    return (this.#counts ??= new Float64Array(this.memory.buffer, 8 * this.rows, this.rows));
  }

  get errnos(): Int32Array {
    return (this.#errnos ??= new Int32Array(this.memory.buffer, 16 * this.rows, this.rows));
  }

  /** The number of a slot, and 1; 0 where there is none. */
  get slots(): Uint32Array {
    return (this.#slots ??= new Uint32Array(this.memory.buffer, 20 * this.rows, this.rows));
  }

  get orders(): Uint8Array {
    return (this.#orders ??= this.memory.subarray(24 * this.rows, 25 * this.rows));
  }

  get clear(): Uint8Array {
    return (this.#clear ??= this.memory.subarray(25 * this.rows, 26 * this.rows));
  }

  get statuses(): Uint8Array {
    return (this.#statuses ??= this.memory.subarray(26 * this.rows));
  }
}
