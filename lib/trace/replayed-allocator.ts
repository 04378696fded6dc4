/** An allocator of a trace: what is native of it, its lists and accounts by their numbers, and what was last known of it. */
import * as native from '../native';
import { describe, ListTable } from './list-table';

/** The collector gives up the accounts of an allocator that was dropped. */
const accounts = new FinalizationRegistry(native.forgetAccount);

/** An account that is open in a replay. */
class OpenAccount {
  constructor(
    readonly id: number,
    readonly handle: native.Handle,
  ) {}
}

/** Holds an allocator and its lists in native memory, from `open()` to `drop()`; it can be opened again. */
export class ReplayedAllocator implements native.Handle {
  slot = 0;
  generation = 0;
  readonly lists = new ListTable();
  readonly #accounts = new Map<number, OpenAccount>();
  isLive = false;
  chunkSize = 0;
  /** Bytes of the space. */
  size = 0;
  /** After the last operation: free bytes, those of them that are clear, and warnings of the kernel. */
  avail = 0;
  clearAvail = 0;
  warnings = 0;

  /** Gives the status. */
  open(size: native.Bytes, chunkSize: native.Bytes, anyUnit: boolean): number {
    const status = native.create(this, {
      size,
      chunkSize,
      baseOffset: 0,
      anyUnit,
      memoryLimit: 0,
      stepLimit: 0,
    });
    if (status !== native.OK) return status;
    const { slot, generation } = native.created();
    this.slot = slot;
    this.generation = generation;
    this.isLive = true;
    this.chunkSize = Number(chunkSize);
    native.readAvail(this);
    this.size = native.avail.all;
    return status;
  }

  /** Frees all lists, and gives the allocator up. */
  drop(): void {
    this.lists.clear();
    for (const account of this.#accounts.values()) native.disposeAccount(accounts, account, account.handle);
    this.#accounts.clear();
    if (this.isLive) native.dispose(this, this);
    this.isLive = false;
    this.size = this.avail = this.clearAvail = this.warnings = 0;
  }

  /** `undefined`: no account of that number is open. */
  account(id: number): native.Handle | undefined {
    return this.#accounts.get(id)?.handle;
  }

  /** Gives the status. */
  openAccount(id: number, limit: native.Bytes, reserved: native.Bytes): number {
    const old = this.#accounts.get(id);
    if (old) native.disposeAccount(accounts, old, old.handle);
    this.#accounts.delete(id);
    const owner = new OpenAccount(id, { slot: -1, generation: 0 });
    const handle = native.openAccount(accounts, owner, this, limit, reserved);
    if (typeof handle === 'number') return handle;
    // The registry knows the object that was given to it.
    this.#accounts.set(id, Object.assign(owner, { handle }));
    return native.OK;
  }

  /** Ends the reservation. The account stays, for whoever opens it again by its token; another one of this number ends it. */
  closeAccount(id: number): void {
    const account = this.#accounts.get(id);
    if (account) native.changeAccount(account.handle, undefined, 0);
  }

  /** Frees the blocks of a list one by one, which leaves each as clear or dirty as it was; gives the status. */
  undo(slot: number): number {
    for (;;) {
      const list = describe(slot);
      if (list.count === 0) return native.OK;
      const status = native.freeBlockRaw(list, 0);
      if (status !== native.OK) return status;
    }
  }
}
