/**
 * A subject that allocates in a pool what must be in one piece. A twin does the same by lists, and tells of their blocks; all that
 * is said of the allocator as a whole is said by the one with the pool.
 */
import {
  GpuBuddy,
  type Account,
  type AccountOptions,
  type AccountQuota,
  type AccountToken,
  type AllocatedBlocks,
  type AllocOptions,
  type BlockPlace,
  type Bytes,
  type ClaimOptions,
  type FreeOptions,
  type GpuBuddyOptions,
  type Pool,
  type PoolHandle,
  type TrimOptions,
} from 'gpu-buddy';
import { charging, Delegate, DelegateAccount, DelegateList } from './delegates';
import { outcomeOf } from './disagreement';
import type { Charged, SubjectAccount, SubjectList } from './subject';

/** An account of the allocator with the pool, and the same one of the twin. */
class PairedAccount extends DelegateAccount {
  constructor(
    real: Account<Bytes>,
    readonly ofTwin: Account<Bytes>,
  ) {
    super(real);
  }

  override update(quota: AccountQuota): void {
    super.update(quota);
    this.ofTwin.update(quota);
  }

  override dispose(): void {
    super.dispose();
    this.ofTwin.dispose();
  }
}

/** The options with the twin's account. */
function chargingTwin<Options>({ account, ...options }: Charged<Options>) {
  return { ...options, account: (account as PairedAccount | undefined)?.ofTwin };
}

/** A list of the twin, and the same blocks in the allocator with the pool: there, perhaps, an allocation of the pool. */
class PooledList extends DelegateList {
  readonly #pool: Pool<Bytes>;
  #blocks: AllocatedBlocks<Bytes> | PoolHandle;

  constructor(
    ofTwin: AllocatedBlocks<Bytes>,
    pool: Pool<Bytes>,
    blocks: AllocatedBlocks<Bytes> | PoolHandle,
  ) {
    super(ofTwin);
    this.#pool = pool;
    this.#blocks = blocks;
  }

  /** The handle, while there is an allocation of the pool. */
  get #handle(): PoolHandle | undefined {
    return typeof this.#blocks === 'number' && this.#pool.has(this.#blocks) ? this.#blocks : undefined;
  }

  override get size(): Bytes {
    return this.#handle === undefined ? super.size : this.#pool.size(this.#handle);
  }

  override get offset(): Bytes | undefined {
    return this.#handle === undefined ? super.offset : this.#pool.offset(this.#handle);
  }

  override get freed(): boolean {
    return typeof this.#blocks === 'number' ? !this.#pool.has(this.#blocks) : this.#blocks.freed;
  }

  /** The blocks as a list, out of the pool. */
  #take(): AllocatedBlocks<Bytes> {
    return (this.#blocks = typeof this.#blocks === 'number' ? this.#pool.blocks(this.#blocks) : this.#blocks);
  }

  override trim(newSize: Bytes, options?: TrimOptions): void {
    this.#take().trim(newSize, options);
    super.trim(newSize, options);
  }

  override tryExtend(size: Bytes): boolean {
    const isExtended = this.#take().tryExtend(size);
    if (super.tryExtend(size) !== isExtended) throw new Error('The twin has another answer.');
    return isExtended;
  }

  override append(other: SubjectList): void {
    if (!(other instanceof PooledList)) throw new Error('The list is of another subject.');
    this.#take().append(other.#take());
    super.append(other);
  }

  override freeBlock(index: number, options?: FreeOptions): void {
    this.#take().freeBlock(index, options);
    super.freeBlock(index, options);
  }

  override free(options?: FreeOptions): void {
    if (typeof this.#blocks !== 'number') this.#blocks.free(options);
    else if (this.#pool.has(this.#blocks)) this.#pool.free(this.#blocks, options);
    super.free(options);
  }
}

export class PoolSubject extends Delegate {
  readonly #twin: GpuBuddy<Bytes>;
  readonly #pool: Pool<Bytes>;
  /** The twin's tokens of accounts, by the IDs of the others. */
  readonly #tokens = new Map<string, AccountToken>();

  constructor(options: GpuBuddyOptions) {
    super(new GpuBuddy<Bytes>(options));
    this.#twin = new GpuBuddy<Bytes>(options);
    this.#pool = this.real.pool();
  }

  override allocBlocks(size: Bytes, options: Charged<AllocOptions> = {}): SubjectList {
    const given = charging(options);
    const list = this.#both(
      () => {
        const { contiguous, ...rest } = given;
        return contiguous ? this.#pool.alloc(size, rest) : this.real.allocBlocks(size, given);
      },
      () => this.#twin.tryAllocBlocks(size, chargingTwin(options)),
    );
    if (list) return list;
    throw new Error('An allocation that must throw gave null.');
  }

  override tryAllocBlocks(size: Bytes, options: Charged<AllocOptions> = {}): SubjectList | null {
    const given = charging(options);
    return this.#both(
      () => {
        const { contiguous, ...rest } = given;
        return contiguous ? this.#pool.tryAlloc(size, rest) : this.real.tryAllocBlocks(size, given);
      },
      () => this.#twin.tryAllocBlocks(size, chargingTwin(options)),
    );
  }

  override claim(blocks: Iterable<BlockPlace>, options: Charged<ClaimOptions> = {}): SubjectList {
    const list = this.#both(
      () => this.real.claim(blocks, charging(options)),
      () => this.#twin.claim(blocks, chargingTwin(options)),
    );
    if (list) return list;
    throw new Error('A claim gave null.');
  }

  #both(
    alloc: () => AllocatedBlocks<Bytes> | PoolHandle | null,
    allocInTwin: () => AllocatedBlocks<Bytes> | null,
  ): SubjectList | null {
    let blocks: AllocatedBlocks<Bytes> | PoolHandle | null;
    try {
      blocks = alloc();
    } catch (error) {
      // A failing call may have merged free blocks: the twin makes it, too.
      const ofTwin = outcomeOf(allocInTwin);
      if ('value' in ofTwin && ofTwin.value)
        throw new Error('The twin has another answer.', { cause: error });
      throw error;
    }
    const list = allocInTwin();
    if ((list === null) !== (blocks === null)) throw new Error('The twin has another answer.');
    return list === null || blocks === null ? null : new PooledList(list, this.#pool, blocks);
  }

  override account(options?: AccountOptions): SubjectAccount {
    return this.#pair(this.real.account(options), this.#twin.account(options));
  }

  override openAccount(token: AccountToken): SubjectAccount {
    const real = this.real.openAccount(token);
    const ofTwin = this.#tokens.get(token.id);
    if (!ofTwin) throw new Error('The twin has no such account.');
    return this.#pair(real, this.#twin.openAccount(ofTwin));
  }

  #pair(real: Account<Bytes>, ofTwin: Account<Bytes>): PairedAccount {
    this.#tokens.set(real.share().id, ofTwin.share());
    return new PairedAccount(real, ofTwin);
  }

  override resetClear(isClear: boolean): void {
    super.resetClear(isClear);
    this.#twin.resetClear(isClear);
  }

  override dispose(): void {
    super.dispose();
    this.#twin.dispose();
  }
}
