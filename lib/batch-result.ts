/** What has become of the operations of a batch. */
import { AllocatedBlocks, type FreeOptions } from './allocated-blocks';
import { toFlag, toOptions } from './arguments';
import type { BatchColumns } from './batch-columns';
import { illegalConstructor, type GpuBuddyError } from './errors';
import type { GpuBuddy } from './gpu-buddy';
import { guardOf, noteStack, unwatchGroup, watchGroup } from './guard';
import { errorFor, handleOf, internalKey, release, takeBack } from './internal';
import * as native from './native';

/**
 * What has become of the operations of a batch: a column for each property, in which the operations stand at the places
 * that `alloc()` and `free()` of the batch have given.
 *
 * It keeps the blocks that were allocated. What nobody has asked for by `blocks()` is freed with it by the collector, which
 * comes late.
 */
export class BatchResult implements Disposable {
  readonly #buddy: GpuBuddy;
  readonly #columns: BatchColumns;
  readonly #stack: string | undefined;
  readonly #made = new Map<number, AllocatedBlocks>();

  /** @internal */
  constructor(
    key: typeof internalKey,
    buddy: GpuBuddy,
    columns: BatchColumns,
    holdsLists: boolean,
    stack: string | undefined,
  ) {
    if (key !== internalKey) throw illegalConstructor();
    this.#buddy = buddy;
    this.#columns = columns;
    this.#stack = stack;
    if (holdsLists) watchGroup(this, { slots: columns.slots, stack });
  }

  /** How many operations there were. */
  get length(): number {
    return this.#columns.rows;
  }

  /** 0, or the kernel's error number, negative; `-5` (`EIO`) for the codes that begin with `ERR_`: see `error()`. */
  get errnos(): Int32Array {
    return this.#columns.errnos;
  }

  /** Of an allocation, the address of the first block, with `baseOffset`; 0 where it failed. */
  get offsets(): BigUint64Array {
    return this.#columns.offsets;
  }

  /** Of an allocation, the order of the first block. */
  get orders(): Uint8Array {
    return this.#columns.orders;
  }

  /** Of an allocation, how many blocks it has got: 0 where it failed. */
  get counts(): Uint32Array {
    return this.#columns.counts;
  }

  /**
   * The list that an allocation of the batch has got, the same one every time; `null` where it failed, where the operation
   * was none, and where its blocks were freed in the batch, or by `free()`.
   */
  blocks(place: number): AllocatedBlocks | null {
    const made = this.#made.get(place);
    if (made) return made;
    const { slots } = this.#columns;
    const slot = (slots[place] ?? 0) - 1;
    if (slot < 0) return null;
    native.describe(slot);
    slots[place] = 0;
    if (this.#stack !== undefined) noteStack(slot, this.#stack);
    const blocks = new AllocatedBlocks(internalKey, this.#buddy, guardOf(slot), slot, native.reportedTag());
    this.#made.set(place, blocks);
    return blocks;
  }

  /** Why an operation failed; `null` where it did not. */
  error(place: number): GpuBuddyError | null {
    const status = this.#columns.statuses[place] ?? native.OK;
    return status === native.OK ? null : operationError(this.#buddy, status, place);
  }

  /**
   * Gives back all blocks that the batch has allocated, except those that are freed already, whoever has them.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  free(options?: FreeOptions): void {
    const cleared = options !== undefined && toFlag('cleared', toOptions('options', options).cleared);
    this.#free(cleared);
  }

  #free(cleared: boolean): void {
    let status = this.#close(cleared ? native.CLEARED : native.DIRTY);
    for (const blocks of this.#made.values()) {
      const handle = blocks[handleOf];
      if (!handle) continue;
      const freed = native.free(handle.slot, handle.generation, cleared);
      blocks[release]();
      if (freed !== native.OK) status = freed;
    }
    this.#made.clear();
    if (status !== native.OK) throw this.#buddy[errorFor](status, 'gpu_buddy_free_list');
  }

  #close(how: native.Closing): number {
    unwatchGroup(this);
    return native.closeLists(this.#columns.slots, how);
  }

  /** @internal As if nothing had been allocated. Nobody has asked for blocks yet. */
  [takeBack](): void {
    this.#close(native.UNDONE);
  }

  /** `free()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.#free(false);
  }
}

/** Why the operation at this place failed. */
export function operationError(buddy: GpuBuddy, status: number, place: number): GpuBuddyError {
  // A poisoned allocator has more to say.
  const details =
    status === native.POISONED ? undefined : { note: `operation ${String(place)} of the batch` };
  return buddy[errorFor](status, 'gpu_buddy_alloc_blocks', details);
}
