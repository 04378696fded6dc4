/** A request that waits. */
import type { AllocatedBlocks, AllocOptions, Bytes } from 'gpu-buddy';
import { makeDeferred, type Deferred } from '../deferred';
import { keepMode, type QueuedRequest } from './options';

export class Request<N extends Bytes> {
  readonly size: Bytes;
  readonly bytes: number;
  /** For `tryAllocBlocks()`. What the caller changes later does not change them. */
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
  /** How often a later request got memory when it was this one's turn. */
  passed = 0;
  /** How often it may be passed before it raises a barrier. */
  patience = 0;
  /** Whether it stands in line, and between whom. */
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
