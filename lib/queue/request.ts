/** One request that waits. */
import type { AllocatedBlocks, AllocOptions, Bytes, WaitSignal } from 'gpu-buddy';
import type { Line } from './line';

interface Given<N extends Bytes> {
  readonly size: Bytes;
  readonly options: AllocOptions;
  readonly weight: number;
  readonly signal: WaitSignal | undefined;
  /** Rises from request to request. */
  readonly order: number;
  /** How often it may be passed before it raises a barrier. */
  readonly patience: number;
  readonly resolve: (blocks: AllocatedBlocks<N>) => void;
  readonly reject: (reason: unknown) => void;
}

export class Request<N extends Bytes> {
  readonly size: Bytes;
  readonly bytes: number;
  readonly options: AllocOptions;
  readonly weight: number;
  readonly signal: WaitSignal | undefined;
  readonly order: number;
  readonly resolve: (blocks: AllocatedBlocks<N>) => void;
  readonly reject: (reason: unknown) => void;
  readonly since = performance.now();
  patience: number;
  /** How often a later request got memory when it was this one's turn. */
  passed = 0;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Its line while it waits, and its neighbours there. */
  line: Line<N> | undefined;
  previous: Request<N> | undefined;
  next: Request<N> | undefined;

  constructor({ size, options, weight, signal, order, patience, resolve, reject }: Given<N>) {
    this.size = size;
    this.bytes = Number(size);
    this.options = options;
    this.weight = weight;
    this.signal = signal;
    this.order = order;
    this.patience = patience;
    this.resolve = resolve;
    this.reject = reject;
  }
}
