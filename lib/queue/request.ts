/** A request that waits. */
import type { AllocatedBlocks, AllocOptions, Bytes } from 'gpu-buddy';
import { makeDeferred, type Deferred } from '../deferred';
import { keepMode, type QueuedRequest } from './options';

export class Request<N extends Bytes> {
  readonly size: Bytes;
  readonly bytes: number;
  /** Options for `tryAllocBlocks()`, copied from the caller's. */
  readonly options: AllocOptions;
  readonly account: QueuedRequest['account'];
  readonly priority: number;
  readonly weight: number;
  readonly signal: QueuedRequest['signal'];
  readonly outcome: Deferred<AllocatedBlocks<N>> = makeDeferred();
  readonly timeout: QueuedRequest['timeout'];
  /** Milliseconds by the clock of `performance.now()`. */
  readonly since = performance.now();
  timer: ReturnType<typeof setTimeout> | undefined;

  /** Rises from request to request. */
  order = 0;
  /** Times that a later request got memory when it was this one's turn. */
  passed = 0;
  /** Times that it may be passed before it raises a barrier. */
  patience = 0;
  /** Neighbours in its line; `undefined` while it is in no line. */
  isInLine = false;
  previous: Request<N> | undefined;
  next: Request<N> | undefined;

  constructor(size: Bytes, { options, account, priority, weight, signal, timeout }: QueuedRequest) {
    this.size = size;
    this.bytes = Number(size);
    this.options = keepMode(options);
    this.account = account;
    this.priority = priority;
    this.weight = weight;
    this.signal = signal;
    this.timeout = timeout;
  }
}
