/** What a batch tells of its operations, a column for each property: see native/buddy/batch.h, the other side. */
import * as native from './native';

const BYTES_PER_ROW = 15;
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
  #offsets: native.NumberColumn | undefined;
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

  get offsets(): native.NumberColumn {
    const { buffer } = this.memory;
    return (this.#offsets ??= this.isBigint
      ? new BigUint64Array(buffer, 0, this.rows)
      : new Float64Array(buffer, 0, this.rows));
  }

  get counts(): Uint32Array {
    return (this.#counts ??= new Uint32Array(this.memory.buffer, 8 * this.rows, this.rows));
  }

  get errnos(): Int32Array {
    return (this.#errnos ??= Int32Array.from(this.statuses, errnoOf));
  }

  get orders(): Uint8Array {
    return (this.#orders ??= this.memory.subarray(12 * this.rows, 13 * this.rows));
  }

  get clear(): Uint8Array {
    return (this.#clear ??= this.memory.subarray(13 * this.rows, 14 * this.rows));
  }

  get statuses(): Uint8Array {
    return (this.#statuses ??= this.memory.subarray(14 * this.rows));
  }
}

function errnoOf(status: number): number {
  const errno = native.statuses[status]?.errno ?? 0;
  return status !== native.OK && errno === 0 ? -EIO : errno;
}
