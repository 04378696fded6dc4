/** The outcome of a batch, a column for each property: see native/buddy/batch.h, the other side. */
import { layout, statuses } from './addon';
import { OK } from './constants';
import type { NumberColumn } from './values';

const { batchOffset: OFFSET, batchCount: COUNT, batchOrder: ORDER } = layout;
const { batchClear: CLEAR, batchStatus: STATUS, batchRow: BYTES_PER_ROW } = layout;
/** The errno of errors that the kernel has no number for. */
const EIO = 5;

/** Makes columns on demand: to make all of them takes as long as dozens of operations. */
export class BatchColumns {
  /** How many operations there are. */
  readonly rows: number;
  /** Whether offsets are bigints. */
  readonly isBigint: boolean;
  /** The memory of all columns, which the addon fills. */
  readonly memory: Uint8Array<ArrayBuffer>;
  #offsets: NumberColumn | undefined;
  #counts: Uint32Array | undefined;
  #errnos: Int32Array | undefined;
  #orders: Uint8Array | undefined;
  #clear: Uint8Array | undefined;
  #statuses: Uint8Array | undefined;

  constructor(rows: number, isBigint: boolean) {
    this.rows = rows;
    this.isBigint = isBigint;
    this.memory = new Uint8Array(rows * BYTES_PER_ROW);
  }

  /** A column of bytes. */
  #column(place: number): Uint8Array {
    return this.memory.subarray(place * this.rows, (place + 1) * this.rows);
  }

  get offsets(): NumberColumn {
    const { buffer } = this.memory;
    return (this.#offsets ??= this.isBigint
      ? new BigUint64Array(buffer, OFFSET * this.rows, this.rows)
      : new Float64Array(buffer, OFFSET * this.rows, this.rows));
  }

  get counts(): Uint32Array {
    return (this.#counts ??= new Uint32Array(this.memory.buffer, COUNT * this.rows, this.rows));
  }

  get errnos(): Int32Array {
    return (this.#errnos ??= Int32Array.from(this.statuses, errnoOf));
  }

  get orders(): Uint8Array {
    return (this.#orders ??= this.#column(ORDER));
  }

  get clear(): Uint8Array {
    return (this.#clear ??= this.#column(CLEAR));
  }

  get statuses(): Uint8Array {
    return (this.#statuses ??= this.#column(STATUS));
  }
}

function errnoOf(status: number): number {
  const errno = statuses[status]?.errno ?? 0;
  return status !== OK && errno === 0 ? -EIO : errno;
}
