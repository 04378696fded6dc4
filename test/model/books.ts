/** Models accounts: what each holds and is promised, and which allocations their limits and reservations refuse. */
import type { Memory } from './memory';
import type { Space } from './space';

/** The limit and the reservation of an account, in bytes. */
export interface Quota {
  /** `undefined`: none. */
  readonly limit: bigint | undefined;
  readonly reserved: bigint;
}

interface Entry {
  quota: Quota;
  /** Objects through which it is open. */
  openings: number;
}

/** Reasons for which accounts refuse bytes. `'full'`: there are not so many, whoever asks. */
export type Refusal = 'limit' | 'full' | 'reserved';

export class Books {
  readonly #memory: Memory;
  readonly #space: Space;
  readonly #entries: Entry[] = [];

  constructor(memory: Memory, space: Space) {
    this.#memory = memory;
    this.#space = space;
  }

  /** Numbers of the accounts, those that are gone among them. */
  get accounts(): number[] {
    return [...this.#entries.keys()];
  }

  #bytes(chunks: number): bigint {
    return BigInt(chunks) * this.#space.chunkSize;
  }

  get #avail(): bigint {
    return this.#bytes(this.#memory.free.size);
  }

  quotaOf(account: number): Quota {
    const entry = this.#entries[account];
    if (!entry) throw new Error(`The model has no account ${account}.`);
    return entry.quota;
  }

  usedBy(account: number): bigint {
    const blocks = this.#memory.ownedBlocks().filter((block) => block.account === account);
    return this.#bytes(blocks.reduce((sum, { count }) => sum + count, 0));
  }

  /** Bytes of the free memory that are kept for accounts other than this one. */
  promised(except?: number): bigint {
    return this.#entries.reduce(
      (sum, { quota }, account) => (account === except ? sum : sum + this.#promisedTo(account, quota)),
      0n,
    );
  }

  #promisedTo(account: number, { reserved }: Quota): bigint {
    const used = this.usedBy(account);
    return reserved > used ? reserved - used : 0n;
  }

  /** Tells why an account, or nobody's, cannot have so many chunks. */
  refusal(account: number | undefined, chunks: number): Refusal | undefined {
    const bytes = this.#bytes(chunks);
    const limit = account === undefined ? undefined : this.quotaOf(account).limit;
    if (account !== undefined && limit !== undefined && this.usedBy(account) + bytes > limit) return 'limit';
    if (bytes > this.#avail) return 'full';
    return bytes + this.promised(account) > this.#avail ? 'reserved' : undefined;
  }

  /** Gives the code of the error with which a quota is refused: of an account, or of a new one. */
  refusalOfQuota(account: number | undefined, quota: Quota): 'EINVAL' | 'ENOSPC' | undefined {
    const { limit, reserved } = quota;
    const beside = this.#entries.reduce(
      (sum, other, index) => (index === account ? sum : sum + other.quota.reserved),
      0n,
    );
    if ((limit !== undefined && reserved > limit) || beside + reserved > this.#space.size) return 'EINVAL';
    const added = account === undefined ? reserved : this.#promisedTo(account, quota);
    return this.promised(account) + added > this.#avail ? 'ENOSPC' : undefined;
  }

  /** Makes an account with one opening. */
  open(quota: Quota): number {
    return this.#entries.push({ quota, openings: 1 }) - 1;
  }

  /** Opens an account once more, if it is there: open somewhere, or holding bytes. */
  reopen(account: number): boolean {
    const entry = this.#entries[account];
    if (!entry || (entry.openings === 0 && this.usedBy(account) === 0n)) return false;
    entry.openings++;
    return true;
  }

  /** Changes a quota. Returns whether others may have more than before. */
  change(account: number, quota: Quota): boolean {
    const entry = this.#entries[account];
    if (!entry) return false;
    const before = { limit: entry.quota.limit, promised: this.promised() };
    entry.quota = quota;
    const { limit } = quota;
    const isRaised = before.limit !== undefined && (limit === undefined || limit > before.limit);
    return isRaised || this.promised() < before.promised;
  }

  /** Closes an opening: the reservation ends with the last one. Returns whether others may have more than before. */
  close(account: number): boolean {
    const entry = this.#entries[account];
    if (!entry || --entry.openings > 0) return false;
    return this.change(account, { ...entry.quota, reserved: 0n });
  }
}
