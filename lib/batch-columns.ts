/** What a batch tells of its operations, a column for each property: see native/node/batch-results.h, the other side. */

export interface BatchColumns {
  /** All of them. */
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly offsets: BigUint64Array;
  readonly counts: Float64Array;
  readonly errnos: Int32Array;
  /** The number of a slot, and 1; 0 where there is none. */
  readonly slots: Uint32Array;
  readonly orders: Uint8Array;
  readonly clear: Uint8Array;
  readonly statuses: Uint8Array;
}

const BYTES_PER_ROW = 27;

export function makeBatchColumns(rows: number): BatchColumns {
  const buffer = new ArrayBuffer(rows * BYTES_PER_ROW);
  return {
    memory: new Uint8Array(buffer),
    offsets: new BigUint64Array(buffer, 0, rows),
    counts: new Float64Array(buffer, 8 * rows, rows),
    errnos: new Int32Array(buffer, 16 * rows, rows),
    slots: new Uint32Array(buffer, 20 * rows, rows),
    orders: new Uint8Array(buffer, 24 * rows, rows),
    clear: new Uint8Array(buffer, 25 * rows, rows),
    statuses: new Uint8Array(buffer, 26 * rows, rows),
  };
}
