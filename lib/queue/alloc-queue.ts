/**
 * Implements `AllocQueue`: chooses the request that tries next, if many wait for memory.
 *
 * `alloc()`, signals, timers and `close()` only note what they want; the drain, which the event loop calls on an empty stack, does
 * it. So lines are whole whatever is stopped, and whoever is called in the middle of a try.
 */
import { inspect, type InspectOptions } from 'node:util';
import type { AllocatedBlocks, Bytes, GpuBuddy } from 'gpu-buddy';
import { AbortListeners } from '../abort-listeners';
import { toBytes } from '../arguments';
import { setImmediate } from '../event-loop';
import { allocatorOf } from '../gpu-buddy';
import { markAsUncloneable } from '../uncloneable';
import { EmptySpace } from './empty-space';
import { FreeWatch } from './free-watch';
import {
  toPatience,
  toQueuedRequest,
  type AllocQueueOptions,
  type QueuedAllocOptions,
  type QueuedRequest,
} from './options';
import { Request } from './request';
import { Scheduler } from './scheduler';
import type { AllocQueueStats } from './stats';

/** Waits that are to end: those of some requests, or all. */
interface Ending<N extends Bytes> {
  readonly requests?: Iterable<Request<N>>;
  readonly reason: unknown;
}

/**
 * Allocates, or waits until there is room, for many at a time: in order within an account, in turns by bytes between accounts,
 * the higher priority first. It orders who tries next, nothing more: what it grants is allocated by `tryAllocBlocks()`, and belongs to
 * whoever asked. Programs and threads that allocate by themselves do not stand in line.
 *
 * A request that does not fit does not stop the others; one that was passed often enough does, for a while: see
 * `AllocQueueOptions`.
 *
 * @example
 * ```ts
 * import { GpuBuddy, SZ_1M } from 'gpu-buddy';
 * import { AllocQueue } from 'gpu-buddy/queue';
 *
 * const buddy = new GpuBuddy({ size: SZ_1M });
 * const queue = new AllocQueue(buddy);
 * const first = await queue.alloc(SZ_1M);
 * setTimeout(() => first.free(), 10);
 * const second = await queue.alloc(SZ_1M, { timeout: 1000 });
 * console.log(second.size); // 1048576
 * ```
 */
export class AllocQueue<N extends Bytes = number> implements Disposable {
  readonly #buddy: GpuBuddy<N>;
  readonly #scheduler: Scheduler<N>;
  readonly #watch: FreeWatch<N>;
  readonly #aborts = new AbortListeners<Request<N>>((requests, reason) => {
    this.#end({ requests, reason });
  });
  /** Made when the first request has to wait. */
  #emptySpace: EmptySpace | undefined;
  /** Ends that the next drain does. */
  #endings: Ending<N>[] = [];
  #isScheduled = false;
  #closed: { readonly reason: unknown } | undefined;

  /**
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE` if an option is unknown
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  constructor(buddy: GpuBuddy<N>, options?: AllocQueueOptions) {
    markAsUncloneable(this);
    // Throws if it is no allocator.
    allocatorOf(buddy);
    const { epoch } = buddy;
    this.#buddy = buddy;
    this.#scheduler = new Scheduler(buddy, epoch, toPatience(options), {
      onAdmit: (request) => {
        this.#listen(request);
      },
      onLeave: (request) => {
        clearTimeout(request.timer);
        this.#aborts.remove(request);
      },
      onProgress: () => {
        this.#schedule();
      },
      isOver: ({ signal }) => this.#closed !== undefined || signal?.aborted === true,
    });
    this.#watch = new FreeWatch(
      buddy,
      () => {
        this.#schedule();
      },
      (reason) => {
        this.#end({ reason });
      },
    );
  }

  /**
   * Allocates like `GpuBuddy.allocBlocks()`, once it is this request's turn and there is room. Refuses at once a request that can never be
   * granted: one that an empty space could not serve, or that exceeds the limit of its account.
   *
   * Rejects as `allocBlocks()` throws; with the signal's reason where that was aborted, with a `DOMException` named `TimeoutError` after
   * `timeout`, and with the reason of `close()`. Nothing is allocated then.
   *
   * @param size bytes, a multiple of the chunk size
   */
  async alloc(size: Bytes, options?: QueuedAllocOptions): Promise<AllocatedBlocks<N>> {
    const wanted = toBytes('size', size);
    const given = toQueuedRequest(options);
    this.#refuseIfOver(given);
    const blocks = this.#scheduler.waiting === 0 ? this.#buddy.tryAllocBlocks(wanted, given.options) : null;
    if (blocks) {
      this.#scheduler.countGrant(Number(wanted));
      return blocks;
    }
    // Checked again: a subscriber may have ended the queue.
    this.#refuseIfOver(given);
    this.#emptySpace ??= new EmptySpace(this.#buddy);
    this.#emptySpace.check(wanted, given.plain);
    const limit = given.account?.limit ?? null;
    // Throws, unless the limit has been raised meanwhile.
    if (limit !== null && wanted > limit) return this.#buddy.allocBlocks(wanted, given.options);
    return this.#wait(wanted, given);
  }

  #refuseIfOver({ signal }: QueuedRequest): void {
    if (this.#closed) throw this.#closed.reason;
    if (signal?.aborted) throw signal.reason;
  }

  #wait(size: Bytes, given: QueuedRequest): Promise<AllocatedBlocks<N>> {
    const request = new Request<N>(size, given);
    this.#schedule();
    // Comes last: a call that is stopped before waits for nothing.
    this.#scheduler.add(request);
    return request.outcome.promise;
  }

  /** Lets the signal and the timeout of a request end its wait. */
  #listen(request: Request<N>): void {
    const { signal, timeout } = request;
    if (signal?.aborted) this.#end({ requests: [request], reason: signal.reason });
    else this.#aborts.add(request);
    if (timeout === undefined) return;
    request.timer = setTimeout(() => {
      const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
      this.#end({ requests: [request], reason });
    }, timeout);
  }

  #end(ending: Ending<N>): void {
    this.#schedule();
    this.#endings.push(ending);
  }

  /** Schedules one drain for each turn of the event loop. */
  #schedule(): void {
    if (this.#isScheduled) return;
    setImmediate(() => {
      this.#drain();
    });
    // Comes last: if it is stopped before, nobody waits in vain.
    this.#isScheduled = true;
  }

  #drain(): void {
    this.#isScheduled = false;
    this.#scheduler.admit();
    this.#carryOutEndings();
    this.#serve();
  }

  #carryOutEndings(): void {
    const endings = this.#endings;
    this.#endings = [];
    for (const { requests, reason } of endings)
      if (requests) for (const request of requests) this.#scheduler.reject(request, reason);
      else this.#scheduler.rejectAll(reason);
    if (this.#closed) this.#scheduler.rejectAll(this.#closed.reason);
  }

  /** Grants what can be granted, and waits for more. */
  #serve(): void {
    const scheduler = this.#scheduler;
    try {
      // Read before the tries: memory that becomes free later ends the next wait at once.
      const { epoch } = this.#buddy;
      scheduler.serve(epoch);
      if (scheduler.waiting > 0) {
        this.#watch.start(epoch);
        return;
      }
    } catch (error) {
      scheduler.rejectAll(error);
    }
    this.#watch.stop();
  }

  /** Gives the numbers of this moment. The time grows with the waiting accounts, and with the requests of this turn of the event loop. Never throws. */
  stats(): AllocQueueStats {
    return this.#scheduler.stats();
  }

  /** Whether `close()` has been called. Never throws. */
  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /**
   * Ends the queue: waiting and later calls of `alloc()` reject. Granted lists stay. A second call does nothing.
   *
   * @param reason Default: a `DOMException` named `AbortError`.
   */
  close(reason: unknown = new DOMException('The queue was closed', 'AbortError')): void {
    if (this.#closed) return;
    this.#schedule();
    this.#closed = { reason };
    this.#emptySpace?.dispose();
  }

  /** `close()`, at the end of a `using` block. There is nothing to wait for, so `await using` does the same. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Returns how many requests and bytes wait; `{ closed: true }` after `close()`. */
  toJSON(): Pick<AllocQueueStats, 'waiting' | 'waitingBytes'> | { readonly closed: true } {
    if (this.closed) return { closed: true };
    const { waiting, waitingBytes } = this.stats();
    return { waiting, waitingBytes };
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#scheduler in this)) return 'AllocQueue {}';
    return this.closed ? 'AllocQueue { closed }' : `AllocQueue ${inspect(this.toJSON(), options)}`;
  }
}
