/** The memory that is leased out: one allocator, an account for each tenant, and a line of those who wait. */
import { GpuBuddy, GpuBuddyError, type Account, type AllocatedBlocks, type AllocOptions } from 'gpu-buddy';
import { AllocQueue } from 'gpu-buddy/queue';
import type { Config } from './config.ts';
import { overloaded, Problem, stopping } from './problem.ts';
import type { Place } from './store.ts';

/** A tenant's request: bytes, and milliseconds to wait. */
export interface Wish {
  readonly size: number;
  readonly alignment?: number | undefined;
  readonly contiguous?: boolean | undefined;
  /** In the window that the CPU can see. */
  readonly visible?: boolean | undefined;
  /** Rather memory that is known to be zero. */
  readonly clear?: boolean | undefined;
  readonly wait?: number | undefined;
}

export class Memory {
  readonly buddy: GpuBuddy;
  readonly queue: AllocQueue;
  readonly #config: Config;
  /** By tenant. */
  readonly accounts: ReadonlyMap<string, Account>;
  /** How many requests of a tenant wait. */
  readonly #waiting = new Map<string, number>();

  constructor(config: Config) {
    this.#config = config;
    this.buddy = new GpuBuddy({ name: 'leases', size: config.size, chunkSize: config.chunkSize });
    this.queue = new AllocQueue(this.buddy);
    // Without limits: what is claimed now was leased under those of another day.
    this.accounts = new Map(config.tenants.map(({ name }) => [name, this.buddy.account({ name })]));
  }

  /** Sets what the tenants may have, and what is kept for them. Throws where that is more than is free. */
  setQuotas(): void {
    for (const { name, limit, reserved } of this.#config.tenants)
      this.accounts.get(name)?.update({ limit, reserved });
  }

  /** Takes exactly these blocks, in this order. Those of a tenant that is not configured any more are charged to nobody. */
  claim(tenant: string, places: readonly Place[], tag: number): AllocatedBlocks {
    let list: AllocatedBlocks | undefined;
    for (const [isClear, run] of runsOf(places)) {
      const blocks = run.map(([offset, size]) => ({ offset, order: Math.log2(size / this.buddy.chunkSize) }));
      const claimed = this.buddy.claim(blocks, { tag, clear: isClear, account: this.accounts.get(tenant) });
      if (list) list.append(claimed);
      else list = claimed;
    }
    if (!list) throw new Error(`Lease ${tag} has no blocks`);
    return list;
  }

  /**
   * Allocates, and waits as long as the wish says where there is no room. Requests that wait come before those that come later.
   *
   * @throws {Problem} 400, 503; 507 with the reason
   * @throws the signal's reason
   */
  async alloc(tenant: string, wish: Wish, tag: number, signal: AbortSignal): Promise<AllocatedBlocks> {
    const options = { ...this.#toOptions(wish), account: this.accounts.get(tenant), tag };
    let refusal = new Problem(507, 'ENOSPC', 'Others wait for memory, and come first', 'queued');
    if (this.#waiting.size === 0)
      try {
        return this.buddy.allocBlocks(wish.size, options);
      } catch (error) {
        refusal = toRefusal(error);
        if (!wish.wait) throw refusal;
      }
    return this.#enqueue(tenant, wish, options, refusal, signal);
  }

  async #enqueue(
    tenant: string,
    { size, wait = 0 }: Wish,
    options: AllocOptions & { readonly account: Account | undefined },
    refusal: Problem,
    signal: AbortSignal,
  ): Promise<AllocatedBlocks> {
    const waiting = this.#waiting.get(tenant) ?? 0;
    if (waiting >= this.#config.limits.maxWaiting)
      throw overloaded('Too many of your requests wait for memory');
    this.#waiting.set(tenant, waiting + 1);
    try {
      return await this.queue.alloc(size, { ...options, signal, timeout: wait });
    } catch (error) {
      if (isTimeout(error)) throw refusal;
      throw error instanceof GpuBuddyError ? toRefusal(error) : error;
    } finally {
      this.#leave(tenant);
    }
  }

  #leave(tenant: string): void {
    const left = (this.#waiting.get(tenant) ?? 1) - 1;
    if (left > 0) this.#waiting.set(tenant, left);
    else this.#waiting.delete(tenant);
  }

  #toOptions({ alignment = 1, contiguous, visible, clear }: Wish): AllocOptions {
    if (!Number.isInteger(Math.log2(alignment)))
      throw new Problem(400, 'EINVAL', `alignment (${alignment}) is no power of two`);
    return {
      // Every block is aligned to a chunk.
      minBlockSize: Math.max(alignment, this.buddy.chunkSize),
      contiguous,
      clear,
      mode: visible ? { range: { start: 0, end: this.#config.visibleSize } } : undefined,
    };
  }

  /** Bytes of these places that the CPU can see. */
  visibleSize(places: readonly Place[]): number {
    const end = this.#config.visibleSize;
    return places.reduce(
      (sum, [offset, size]) => sum + Math.max(0, Math.min(offset + size, end) - offset),
      0,
    );
  }

  /** Leased bytes that the CPU can see. */
  get visibleUsed(): number {
    const end = this.#config.visibleSize;
    return end === 0 ? 0 : end - this.buddy.availIn({ start: 0, end });
  }

  /** Lets nobody wait any more. */
  endWaits(): void {
    this.queue.close(stopping());
  }

  /** Ends the allocator. What is leased stays on disk. */
  close(): void {
    this.buddy.dispose();
  }
}

/** Neighbours that are all clear, or all dirty. */
function runsOf(places: readonly Place[]): [isClear: boolean, run: Place[]][] {
  const runs: [boolean, Place[]][] = [];
  for (const place of places) {
    const last = runs.at(-1);
    if (last?.[0] === place[2]) last[1].push(place);
    else runs.push([place[2], [place]]);
  }
  return runs;
}

const REASONS: Readonly<Record<string, string>> = {
  limit: 'You would hold more than you may',
  full: 'There is not so much free memory',
  reserved: 'What is free is kept for others',
  range: 'There is no such room in the window that the CPU can see',
  fragmented: 'There is so much free memory, but not in pieces that fit',
};

/** Says why there is no room, and nothing of what others hold. */
function toRefusal(error: unknown): Problem {
  if (!(error instanceof GpuBuddyError)) throw error;
  const { code, reason, message } = error;
  if (code === 'ENOSPC') return new Problem(507, code, REASONS[reason ?? ''] ?? 'There is no room', reason);
  if (code === 'EINVAL') return new Problem(400, code, message);
  if (code === 'ENOMEM' || code === 'ERR_GPU_BUDDY_WORK_LIMIT')
    return overloaded('The search for memory took too much');
  throw error;
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
