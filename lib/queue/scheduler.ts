/**
 * Decides whose turn it is, and tries. `add()` and `stats()` may be called at any time, all else by the drain alone: the event loop
 * calls it, so nobody stops it, and nobody whom it calls changes lines.
 */
import type { Account, AllocatedBlocks, Bytes, GpuBuddy } from 'gpu-buddy';
import { add } from '../arguments';
import { Level } from './level';
import type { Line } from './line';
import type { Patience } from './options';
import type { Request } from './request';
import type { AllocQueueCounts, AllocQueueStats, QueuedLineStats } from './stats';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Callbacks of a scheduler to its queue. */
export interface SchedulerHooks<N extends Bytes> {
  /** A request stands in line. */
  readonly onAdmit: (request: Request<N>) => void;
  /** The wait of a request has ended. */
  readonly onLeave: (request: Request<N>) => void;
  /** Another drain may grant more. */
  readonly onProgress: () => void;
  /** Whether a request that is still in line must not be granted any more. */
  readonly isOver: (request: Request<N>) => boolean;
}

export class Scheduler<N extends Bytes> {
  readonly counts: Writable<AllocQueueCounts> = {
    granted: 0,
    grantedBytes: 0,
    waits: 0,
    waitTime: 0,
    rejected: 0,
    passed: 0,
    barriers: 0,
  };

  readonly #buddy: GpuBuddy<N>;
  readonly #patience: Patience;
  readonly #hooks: SchedulerHooks<N>;
  /** Requests that do not stand in line yet. */
  #arrivals: Request<N>[] = [];
  #order = 0;
  /** The highest priority first. */
  #levels: Level<N>[] = [];
  #inLine = 0;
  /** The epoch of the last drain. Lines that were refused at it, by account, are refused until the next one. */
  #epoch: number;
  readonly #refused = new Map<Account<Bytes> | undefined, Line<N>>();
  /** Free bytes, as of the last grant of a drain; `undefined` where they have not been read since. */
  #avail: Bytes | undefined;

  constructor(buddy: GpuBuddy<N>, epoch: number, patience: Patience, hooks: SchedulerHooks<N>) {
    this.#buddy = buddy;
    this.#epoch = epoch;
    this.#patience = patience;
    this.#hooks = hooks;
  }

  /** Counts the requests that wait. */
  get waiting(): number {
    return this.#arrivals.length + this.#inLine;
  }

  /** Adds a request to those that wait, in one step. */
  add(request: Request<N>): void {
    this.#arrivals.push(request);
  }

  /** Puts all requests in line. */
  admit(): void {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const request of arrivals) {
      request.order = this.#order++;
      request.patience = this.#patience.maxPassed;
      this.#levelOf(request.priority).lineOf(request.account).append(request);
      this.#hooks.onAdmit(request);
    }
    this.#inLine += arrivals.length;
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

  /** Grants what can be granted. @param epoch of the allocator, read before */
  serve(epoch: number): void {
    if (epoch !== this.#epoch) this.#refused.clear();
    this.#epoch = epoch;
    this.#avail = undefined;
    const inVain = new Set<Line<N>>();
    for (const level of this.#levels) if (!this.#serveLevel(level, inVain)) break;
    this.#forget();
  }

  /**
   * Grants what can be granted in one level. Returns whether the next one may be served, too.
   *
   * @param inVain the lines whose turn came, and whose first request does not fit
   */
  #serveLevel(level: Level<N>, inVain: Set<Line<N>>): boolean {
    if (level.barrier) {
      const { request } = level.barrier;
      if (this.#try(request, level.lineOf(request.account), level) === 'granted') this.#pass(inVain, request);
      return false;
    }
    let place = 0;
    for (let line = level.lines[0]; line; line = level.lines[place]) {
      const request = line.first;
      const outcome = request && this.#try(request, line, level);
      if (request && outcome === 'granted' && this.#pass(inVain, request)) return false;
      // Another request, or another line, stands here now.
      if (outcome === 'granted' || outcome === 'failed') continue;
      if (request && outcome === 'refused') {
        inVain.add(line);
        if (this.#raiseIfDue(request)) return false;
      }
      place++;
    }
    return true;
  }

  /**
   * Tries the first request of a line, unless it is known to be refused. `'skipped'`: its account was refused what it wants more, or
   * its wait is about to end. `'failed'`: it was rejected, since the allocator threw.
   */
  #try(request: Request<N>, line: Line<N>, level: Level<N>): 'granted' | 'refused' | 'skipped' | 'failed' {
    if (this.#hooks.isOver(request)) return 'skipped';
    const refused = this.#refused.get(line.account);
    if (refused === line) return 'refused';
    if (refused && refused.priority > line.priority) return 'skipped';

    let blocks: AllocatedBlocks<N> | null;
    try {
      // Reading `avail` takes a fifth of the time of a try in vain.
      this.#avail ??= this.#buddy.avail;
      blocks = request.size > this.#avail ? null : this.#buddy.tryAllocBlocks(request.size, request.options);
    } catch (error) {
      this.reject(request, error);
      return 'failed';
    }
    // A subscriber of the events may have ended it meanwhile.
    if (this.#hooks.isOver(request)) {
      blocks?.free();
      return 'skipped';
    }
    if (!blocks) {
      this.#refused.set(line.account, line);
      return 'refused';
    }
    this.#avail = undefined;
    request.outcome.resolve(blocks);
    this.#leave(request, line, level);
    level.charge(line, request.bytes / request.weight);
    this.countGrant(request.bytes);
    return 'granted';
  }

  countGrant(bytes: number): void {
    this.counts.granted++;
    this.counts.grantedBytes += bytes;
  }

  /** Counts for those that were refused before that a later request was granted. Returns whether one raised a barrier. */
  #pass(inVain: ReadonlySet<Line<N>>, granted: Request<N>): boolean {
    let isRaised = false;
    for (const { first } of inVain)
      if (first && first.order < granted.order && !isAtLimit(first)) {
        first.passed++;
        this.counts.passed++;
        if (this.#raiseIfDue(first)) isRaised = true;
      }
    return isRaised;
  }

  #raiseIfDue(request: Request<N>): boolean {
    const level = this.#levelOf(request.priority);
    if (level.barrier || request.passed < request.patience || isAtLimit(request)) return false;
    this.counts.barriers++;
    const timer = setTimeout(() => {
      level.barrier = undefined;
      // Twice as many the next time: what can't be granted must not stop everybody for ever.
      request.patience = 2 * request.passed + 1;
      this.#hooks.onProgress();
    }, this.#patience.maxBarrier);
    level.barrier = { request, timer };
    return true;
  }

  /** Ends the wait of a request, unless it has ended. */
  reject(request: Request<N>, reason: unknown): void {
    if (!request.isInLine) return;
    const level = this.#levelOf(request.priority);
    const line = level.lineOf(request.account);
    const isFirst = line.first === request;
    request.outcome.reject(reason);
    this.#leave(request, line, level);
    this.counts.rejected++;
    if (isFirst && this.#refused.get(line.account) === line) this.#refused.delete(line.account);
  }

  /** Ends all waits. */
  rejectAll(reason: unknown): void {
    this.admit();
    for (const { lines } of this.#levels)
      for (const line of lines) while (line.first) this.reject(line.first, reason);
    this.#forget();
  }

  #leave(request: Request<N>, line: Line<N>, level: Level<N>): void {
    line.remove(request);
    this.#inLine--;
    this.counts.waits++;
    this.counts.waitTime += performance.now() - request.since;
    if (level.barrier?.request === request) {
      clearTimeout(level.barrier.timer);
      level.barrier = undefined;
      this.#hooks.onProgress();
    }
    this.#hooks.onLeave(request);
  }

  /** Forgets what is known of lines where nobody waits. */
  #forget(): void {
    for (const level of this.#levels) level.forgetIdle();
    this.#levels = this.#levels.filter(({ lines }) => lines.some(({ first }) => first));
    if (this.#inLine === 0) this.#refused.clear();
  }

  stats(): AllocQueueStats {
    const now = performance.now();
    const lines: Writable<QueuedLineStats>[] = this.#levels.flatMap((level) => level.stats(now));
    for (const { account, priority, bytes, since } of this.#arrivals) {
      const line = lines.find((one) => one.account === account && one.priority === priority);
      if (line) {
        line.requests++;
        line.bytes += bytes;
      } else lines.push({ account, priority, requests: 1, bytes, longestWait: now - since });
    }
    lines.sort((a, b) => b.priority - a.priority);
    return {
      waiting: this.waiting,
      waitingBytes: lines.reduce((sum, { bytes }) => sum + bytes, 0),
      longestWait: lines.reduce((most, { longestWait }) => Math.max(most, longestWait), 0),
      lines,
      ...this.counts,
    };
  }
}

/** Whether others can do nothing for a request: its account may have no more, or has been disposed of. */
function isAtLimit<N extends Bytes>({ size, account }: Request<N>): boolean {
  if (!account) return false;
  if (account.disposed) return true;
  const { limit } = account;
  return limit !== null && add(account.used, size) > limit;
}
