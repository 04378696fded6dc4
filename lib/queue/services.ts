/** What the queue needs of allocators beyond allocating: it goes when `GpuBuddy` itself has it. */
import type { Bytes, GpuBuddy } from 'gpu-buddy';

/** The part of `AbortSignal` that is used here, whatever library of types a program has. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** An allocator that tells when bytes become free. */
export interface EventCount {
  /** Rises whenever bytes become free. */
  readonly epoch: number;
  /** Resolves to the epoch once that is above `since`. */
  waitForFree(options: { readonly since: number; readonly signal: AbortSignalLike }): Promise<number>;
}

export type WaitableBuddy<N extends Bytes> = GpuBuddy<N> & EventCount;

/** Counts the bytes of whoever allocates for it. */
export interface Account {
  /** Bytes held. */
  readonly used: Bytes;
  /** Most bytes that may be held. */
  readonly limit?: Bytes | undefined;
}
