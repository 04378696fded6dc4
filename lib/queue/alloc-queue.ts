/** Orders who tries next where many wait for memory. */
import { GpuBuddy as Buddy } from '../gpu-buddy';
import type { Account, AllocatedBlocks, AllocOptions, Bytes, GpuBuddy, WaitSignal } from 'gpu-buddy';
import { add, toBytes } from '../arguments';
import { setImmediate } from '../event-loop';
import { markAsUncloneable } from '../uncloneable';
import { AbortListeners } from './abort-listeners';
import { FreeWatch } from './free-watch';
import { Level } from './level';
import type { Line } from './line';
import {
  toPatience,
  toWaitOptions,
  type AllocQueueOptions,
  type Patience,
  type QueuedAllocOptions,
  type WaitOptions,
} from './options';
import { Request } from './request';
import type { AllocQueueStats } from './stats';

/**
 * Allocates, or waits until there is room, for many at a time: in order within an account, in turns by bytes between accounts,
 * the higher priority first. It orders who tries next, nothing more: what it grants is allocated by `tryAllocBlocks()`, and belongs to
 * whoever asked. Programs and threads that allocate by themselves do not stand in line.
 *
 * A request that does not fit does not stop the others; one that was passed often enough does, for a while: see
 * `AllocQueueOptions`.
 */
export class AllocQueue<N extends Bytes = number> implements Disposable {
  readonly #buddy: GpuBuddy<N>;
  readonly #patience: Patience;
  /** An allocator like that one, but empty: what it can't give will never be had. */
  #emptySpace: GpuBuddy<Bytes> | undefined;
  /** The highest priority first. */
  #levels: Level<N>[] = [];
  /** What was refused at this epoch, by account, is refused until the next one. */
  #epoch = -1;
  readonly #refused = new Map<Account | undefined, Line<N>>();
  readonly #aborts = new AbortListeners<N>((request, reason) => {
    this.#reject(request, reason);
  });
  readonly #watch: FreeWatch<N>;
  #isScheduled = false;
  #closed: { readonly reason: unknown } | undefined;
  #order = 0;
  #waiting = 0;
  #granted = 0;
  #grantedBytes = 0;
  #passed = 0;
  #barriers = 0;

  /**
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE` where an option is unknown
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  constructor(buddy: GpuBuddy<N>, options?: AllocQueueOptions) {
    markAsUncloneable(this);
    this.#buddy = buddy;
    this.#patience = toPatience(options);
    this.#watch = new FreeWatch(
      buddy,
      () => {
        this.#schedule();
      },
      (error) => {
        this.#rejectAll(error);
      },
    );
  }

  /**
   * Allocates as `GpuBuddy.allocBlocks()`, once it is this request's turn and there is room. What can never be granted is refused
   * at once: what an empty space could not give, and what is more than the account may ever hold.
   *
   * Rejects as `allocBlocks()` throws; with the signal's reason where that was aborted, with a `DOMException` named `TimeoutError` after
   * `timeout`, and with the reason of `close()`. Nothing is allocated then.
   */
  async alloc(size: Bytes, options?: QueuedAllocOptions): Promise<AllocatedBlocks<N>> {
    const wanted = toBytes('size', size);
    const given = toWaitOptions(options);
    const { plain, signal, account } = given;
    this.#refuseEnded(signal);
    const request = account ? { ...plain, account } : plain;
    const blocks = this.#waiting === 0 ? this.#buddy.tryAllocBlocks(wanted, request) : null;
    if (blocks) {
      this.#countGrant(Number(wanted));
      return blocks;
    }
    this.#emptySpace ??= emptySpaceLike(this.#buddy);
    this.#emptySpace.allocBlocks(wanted, plain).free();
    // Throws, unless the limit has just been raised.
    if (account?.limit !== undefined && wanted > account.limit)
      return this.#buddy.allocBlocks(wanted, request);
    // Again: who listens to what allocators do may have ended it meanwhile.
    this.#refuseEnded(signal);
    return this.#wait(wanted, request, given);
  }

  #refuseEnded(signal: WaitSignal | undefined): void {
    if (this.#closed) throw this.#closed.reason;
    if (signal?.aborted) throw signal.reason;
  }

  #wait(size: Bytes, request: AllocOptions, options: WaitOptions): Promise<AllocatedBlocks<N>> {
    const { signal, account, priority, timeout, weight } = options;
    return new Promise((resolve, reject) => {
      const patience = this.#patience.maxPassed;
      const order = this.#order++;
      const waiting = new Request({
        size,
        options: request,
        weight,
        signal,
        order,
        patience,
        resolve,
        reject,
      });
      if (timeout !== undefined)
        waiting.timer = setTimeout(() => {
          this.#reject(waiting, new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
        }, timeout);
      this.#aborts.add(waiting);
      const line = this.#levelOf(priority).lineOf(account);
      line.append(waiting);
      this.#waiting++;
      if (line.first === waiting) this.#schedule();
    });
  }

  #levelOf(priority: number): Level<N> {
    const found = this.#levels.findIndex((level) => level.priority <= priority);
    const place = found < 0 ? this.#levels.length : found;
    const level = this.#levels[place];
    if (level?.priority === priority) return level;
    const made = new Level<N>(priority);
    this.#levels.splice(place, 0, made);
    return made;
  }

  /** Once a turn of the event loop, whatever happens in it. */
  #schedule(): void {
    if (this.#isScheduled) return;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#waiting > 0) this.#drain();
    });
    // Last: if it is stopped before that, nobody waits in vain.
    this.#isScheduled = true;
  }

  /** Grants what can be granted, and waits for more. */
  #drain(): void {
    if (!this.#lookForFrees()) return;
    const inVain: Line<N>[] = [];
    for (const level of [...this.#levels]) if (!this.#serve(level, inVain)) break;
    for (const level of this.#levels) level.forgetIdle();
    this.#levels = this.#levels.filter(({ lines }) => lines.some(({ first }) => first));
    if (this.#waiting > 0) this.#watch.start(this.#epoch);
  }

  /** Reads the epoch before the tries: what becomes free after that ends the next wait at once. Answers whether it can be read. */
  #lookForFrees(): boolean {
    try {
      const { epoch } = this.#buddy;
      if (epoch !== this.#epoch) this.#refused.clear();
      this.#epoch = epoch;
      return true;
    } catch (error) {
      this.#rejectAll(error);
      return false;
    }
  }

  /**
   * Grants what can be granted in one level. Answers whether the next one may be served, too.
   *
   * @param inVain the lines whose turn came before
   */
  #serve(level: Level<N>, inVain: Line<N>[]): boolean {
    const { barrier } = level;
    if (barrier) {
      const { line } = barrier.request;
      if (line && !this.#isRefused(line) && this.#try(barrier.request) === 'granted')
        this.#pass(inVain, barrier.request);
      return false;
    }
    let place = 0;
    for (let line = level.lines[0]; line; line = level.lines[place]) {
      const request = line.first;
      const outcome = request && !this.#isRefused(line) ? this.#try(request) : 'refused';
      if (request && outcome === 'granted' && this.#pass(inVain, request)) return false;
      // Another request, or another line, stands here now.
      if (outcome !== 'refused') continue;
      if (request && this.#refused.get(line.account) === line && !line.isAtLimit) {
        inVain.push(line);
        if (this.#raiseIfDue(request)) return false;
      }
      place++;
    }
    return true;
  }

  /** Whether the account was refused what it wants most; what it wants less has to wait, too. */
  #isRefused({ account, level }: Line<N>): boolean {
    const refused = this.#refused.get(account);
    return refused !== undefined && refused.level.priority >= level.priority;
  }

  #try(request: Request<N>): 'granted' | 'refused' | 'gone' {
    let blocks: AllocatedBlocks<N> | null;
    let isHeldByLimit: boolean;
    try {
      blocks = this.#buddy.tryAllocBlocks(request.size, request.options);
      isHeldByLimit = !blocks && isAtLimit(request, request.line?.account);
    } catch (error) {
      this.#reject(request, error);
      return 'gone';
    }
    const { line } = request;
    // Who listens to what allocators do may have ended it meanwhile.
    if (!line) {
      blocks?.free();
      return 'gone';
    }
    if (!blocks) {
      this.#refused.set(line.account, line);
      line.isAtLimit = isHeldByLimit;
      return 'refused';
    }
    // First: if it is stopped behind that, nothing is lost.
    request.resolve(blocks);
    this.#leave(request, line);
    line.level.charge(line, request.bytes / request.weight);
    this.#countGrant(request.bytes);
    return 'granted';
  }

  #countGrant(bytes: number): void {
    this.#granted++;
    this.#grantedBytes += bytes;
  }

  /** Counts for those that were refused before that a later request was granted. Answers whether one raised a barrier. */
  #pass(inVain: readonly Line<N>[], granted: Request<N>): boolean {
    let isRaised = false;
    for (const { first } of inVain)
      if (first && first.order < granted.order) {
        first.passed++;
        this.#passed++;
        if (this.#raiseIfDue(first)) isRaised = true;
      }
    return isRaised;
  }

  #raiseIfDue(request: Request<N>): boolean {
    const level = request.line?.level;
    if (!level || level.barrier || request.passed < request.patience) return false;
    this.#barriers++;
    const timer = setTimeout(() => {
      level.barrier = undefined;
      // Twice as many the next time: what can't be granted must not stop everybody for ever.
      request.patience = 2 * request.passed + 1;
      this.#schedule();
    }, this.#patience.maxBarrier);
    level.barrier = { request, timer };
    return true;
  }

  #reject(request: Request<N>, reason: unknown): void {
    const { line } = request;
    if (!line) return;
    request.reject(reason);
    const isFirst = line.first === request;
    this.#leave(request, line);
    if (!isFirst) return;
    if (this.#refused.get(line.account) === line) this.#refused.delete(line.account);
    this.#schedule();
  }

  #rejectAll(reason: unknown): void {
    for (const { lines } of this.#levels)
      for (const line of lines) while (line.first) this.#reject(line.first, reason);
  }

  /** Leaves nothing of a request behind. */
  #leave(request: Request<N>, line: Line<N>): void {
    line.remove(request);
    this.#waiting--;
    clearTimeout(request.timer);
    this.#aborts.remove(request);
    const { level } = line;
    if (level.barrier?.request === request) {
      clearTimeout(level.barrier.timer);
      level.barrier = undefined;
      this.#schedule();
    }
    if (this.#waiting > 0) return;
    this.#watch.stop();
    this.#levels = [];
  }

  /** Numbers of this moment. Takes time for the accounts that wait, not for their requests. */
  stats(): AllocQueueStats {
    const now = performance.now();
    const lines = this.#levels.flatMap((level) => level.stats(now));
    return {
      waiting: this.#waiting,
      waitingBytes: lines.reduce((sum, { bytes }) => sum + bytes, 0),
      longestWait: Math.max(0, ...lines.map(({ longestWait }) => longestWait)),
      lines,
      granted: this.#granted,
      grantedBytes: this.#grantedBytes,
      passed: this.#passed,
      barriers: this.#barriers,
    };
  }

  /**
   * Ends the queue: `alloc()` rejects from now on, and for all that wait. What was granted stays. A second call does nothing.
   *
   * @param reason Default: a `DOMException` named `AbortError`.
   */
  close(reason: unknown = new DOMException('The queue was closed', 'AbortError')): void {
    if (this.#closed) return;
    this.#closed = { reason };
    this.#rejectAll(reason);
    this.#emptySpace?.dispose();
  }

  /** `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function emptySpaceLike({ size, chunkSize, baseOffset }: GpuBuddy<Bytes>): GpuBuddy<Bytes> {
  return new Buddy({ size, chunkSize, baseOffset, bigint: typeof size === 'bigint' });
}

/** Whether only the account's own frees can help. */
function isAtLimit({ size }: { readonly size: Bytes }, account: Account | undefined): boolean {
  return account?.limit !== undefined && add(account.used, size) > account.limit;
}
