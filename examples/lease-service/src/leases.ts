/**
 * Leases: memory of a tenant until a time. What is on disk is what is true: a lease begins once it is written, and its memory is
 * free only once it is gone from there, so that no crash can give it to two.
 *
 * On disk a lease ends by the wall clock, and in the process by a timer, which no change of that clock moves.
 */
import type { AllocatedBlocks } from 'gpu-buddy';
import type { Limits } from './config.ts';
import type { Memory, Wish } from './memory.ts';
import { notFound, Problem } from './problem.ts';
import type { KnownAnswer, LeaseRow, Place, Store } from './store.ts';

/** A lease that is in use. */
interface Held {
  readonly tenant: string;
  readonly list: AllocatedBlocks;
  /** By `performance.now()`. */
  deadline: number;
  timer: NodeJS.Timeout | undefined;
}

/** Milliseconds after which a lease whose end could not be written is ended again. */
const RETRY = 1000;

export class Leases {
  readonly #memory: Memory;
  readonly #store: Store;
  readonly #limits: Limits;
  readonly #held = new Map<number, Held>();
  /** How many leases a tenant has, or is about to have. */
  readonly #counts = new Map<string, number>();
  #lastId: number;

  /** Takes back all leases of the store that have not ended, block by block. What is free counts as dirty. */
  constructor(memory: Memory, store: Store, limits: Limits) {
    this.#memory = memory;
    this.#store = store;
    this.#limits = limits;
    this.#lastId = store.lastId;
    const now = Date.now();
    store.removeEnded(now);
    for (const { id, tenant, places, expires } of store.list(undefined, 0, -1)) {
      const list = memory.claim(tenant, places, id);
      this.#count(tenant, 1);
      // The wall clock may have been set back meanwhile.
      this.#hold(id, tenant, list, Math.min(expires - now, limits.maxTtl));
    }
    memory.setQuotas();
  }

  /** How many leases there are, by tenant. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /**
   * Makes a lease, which is on disk when this resolves.
   *
   * @param ttl milliseconds
   * @param toKnown makes what is to be remembered of the answer
   * @throws {Problem} 400, 429, 503, 507
   * @throws the signal's reason
   */
  async create(
    tenant: string,
    wish: Wish,
    ttl: number,
    signal: AbortSignal,
    toKnown?: (lease: LeaseRow) => KnownAnswer,
  ): Promise<LeaseRow> {
    if (this.#count(tenant, 0) >= this.#limits.maxLeases)
      throw new Problem(429, 'ERR_TOO_MANY_LEASES', 'You have as many leases as you may have');
    const id = ++this.#lastId;
    this.#count(tenant, 1);
    let list: AllocatedBlocks | undefined;
    try {
      list = await this.#memory.alloc(tenant, wish, id, signal);
      if (list.length > this.#limits.maxBlocks)
        throw new Problem(507, 'ENOSPC', 'It would lie in too many pieces', 'fragmented');
      signal.throwIfAborted();
      const lease = { id, tenant, places: placesOf(list), expires: Date.now() + ttl };
      await this.#store.insert(lease, toKnown?.(lease));
      this.#hold(id, tenant, list, ttl);
      return lease;
    } catch (error) {
      list?.free();
      this.#count(tenant, -1);
      throw error;
    }
  }

  /**
   * Gives a lease another end, `ttl` milliseconds from now.
   *
   * @throws {Problem} 404, 503
   */
  async renew(id: number, ttl: number): Promise<LeaseRow> {
    const held = this.#held.get(id);
    const lease = this.#store.get(id);
    if (!held || !lease) throw notFound();
    this.#setEnd(id, held, ttl);
    const expires = Date.now() + ttl;
    await this.#store.renew(id, expires);
    return { ...lease, expires };
  }

  /**
   * Ends a lease: first on disk, then in memory.
   *
   * @param cleared whether all of it is known to be zero
   * @throws {Problem} 404, 503: the lease stays then
   */
  async release(id: number, cleared = false): Promise<void> {
    const held = this.#held.get(id);
    if (!held) throw notFound();
    clearTimeout(held.timer);
    this.#held.delete(id);
    try {
      await this.#store.remove(id);
    } catch (error) {
      this.#held.set(id, held);
      this.#setEnd(id, held, Math.max(RETRY, held.deadline - performance.now()));
      throw error;
    }
    held.list.free({ cleared });
    this.#count(held.tenant, -1);
  }

  /** Stops all timers. What is leased stays on disk. */
  close(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer);
  }

  #hold(id: number, tenant: string, list: AllocatedBlocks, ttl: number): void {
    const held: Held = { tenant, list, deadline: 0, timer: undefined };
    this.#held.set(id, held);
    this.#setEnd(id, held, ttl);
  }

  #setEnd(id: number, held: Held, delay: number): void {
    clearTimeout(held.timer);
    held.deadline = performance.now() + delay;
    held.timer = setTimeout(() => {
      // Else it is tried again.
      this.release(id).catch(() => undefined);
    }, delay);
    held.timer.unref();
  }

  #count(tenant: string, change: number): number {
    const count = (this.#counts.get(tenant) ?? 0) + change;
    if (change !== 0) this.#counts.set(tenant, count);
    return count;
  }
}

function placesOf(list: AllocatedBlocks): Place[] {
  return Array.from(list, ({ offset, size, isClear }) => [offset, size, isClear] as const);
}
