/** The space of a trace: addresses count from its start, and numbers are bigints only where they must be. */
import type { Bytes } from '../native';
import { Space } from '../space';

export class TraceSpace extends Space<Bytes> {
  readonly isBigint = false;

  constructor(
    readonly baseOffset: Bytes,
    readonly size: Bytes,
    readonly chunkSize: Bytes,
  ) {
    super(0, chunkSize);
  }

  bytes(value: Bytes): Bytes {
    return value;
  }

  address(offset: number): number {
    return offset;
  }

  blockSize(order: number): number {
    return this.chunkBytes * 2 ** order;
  }

  column(length: number): BigUint64Array & Float64Array {
    return new Float64Array(length) as BigUint64Array & Float64Array;
  }
}
