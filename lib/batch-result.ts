/** What has become of the operations of a batch. */
import { inspect, type InspectOptions } from 'node:util';
import { noteStack } from './allocation-stacks';
import { AllocatedBlocks, isToBeCleared, type FreeOptions } from './allocated-blocks';
import { toInteger } from './arguments';
import type { BatchColumns } from './batch-columns';
import { GpuBuddyError, illegalConstructor } from './errors';
import type { GpuBuddy } from './gpu-buddy';
import { Guard, returnGroup, takeFromGroup, type GroupGuard } from './guard';
import { internalKey, ofBuddy } from './internal';
import { toJson } from './json';
import * as native from './native';
import { markAsUncloneable } from './uncloneable';

/** The part of a result that only batches may use. */
interface ResultInternals {
  /** The lists of all operations that have one. */
  allBlocks(result: BatchResult): AllocatedBlocks[];
  /** Takes back all allocations of a result that no user has seen. */
  discard(result: BatchResult): void;
}

/** Holds the group with the lists of a result that nobody has asked for. It is gone once they are freed; see `AllocatedBlocks.#guard`. */
export interface GroupHolder {
  group: GroupGuard | undefined;
}

/** Filled in below. */
export const ofResult = {} as ResultInternals;

/**
 * Tells what has become of the operations of a batch: a column for each property, in which the operations stand at the places
 * that `alloc()` and `free()` of the batch have given. The columns are the caller's: nothing reads them again.
 *
 * Keeps the blocks that were allocated. Lists never read through `blocks()` are freed with the result by the collector, which
 * comes late.
 */
export class BatchResult implements Disposable {
  readonly #buddy: GpuBuddy;
  /** Seen by nobody else. */
  readonly #columns: BatchColumns;
  readonly #stack: string | undefined;
  readonly #made = new Map<number, AllocatedBlocks>();
  readonly #holder: GroupHolder;
  // Copies, once somebody has asked for them.
  #errnos: Int32Array | undefined;
  #offsets: BigUint64Array | undefined;
  #orders: Uint8Array | undefined;
  #counts: Uint32Array | undefined;

  /** @internal */
  constructor(
    key: typeof internalKey,
    buddy: GpuBuddy,
    columns: BatchColumns,
    holder: GroupHolder,
    stack: string | undefined,
  ) {
    if (key !== internalKey) throw illegalConstructor();
    markAsUncloneable(this);
    this.#buddy = buddy;
    this.#columns = columns;
    this.#stack = stack;
    this.#holder = holder;
  }

  /** How many operations there were. */
  get length(): number {
    return this.#columns.rows;
  }

  /** 0, or the kernel's error number, negative; `-5` (`EIO`) for the codes that begin with `ERR_`: see `error()`. */
  get errnos(): Int32Array {
    return (this.#errnos ??= this.#columns.errnos);
  }

  /** Of an allocation, the address of the first block, with `baseOffset`; 0 where it failed. */
  get offsets(): BigUint64Array {
    return (this.#offsets ??= this.#columns.offsets.slice());
  }

  /** Of an allocation, the order of the first block. */
  get orders(): Uint8Array {
    return (this.#orders ??= this.#columns.orders.slice());
  }

  /** Of an allocation, how many blocks it has got: 0 where it failed. */
  get counts(): Uint32Array {
    return (this.#counts ??= this.#columns.counts.slice());
  }

  /** An operation's place, if there is one. */
  #toPlace(place: number): number {
    const index = toInteger('place', place);
    if (index >= this.length)
      throw new GpuBuddyError(native.PLACE_OUTSIDE_BATCH, 'gpu_buddy_alloc_blocks', { given: { place } });
    return index;
  }

  /**
   * The list that an allocation of the batch has got, the same one every time; `null` where it failed, where the operation
   * was none, and where its blocks were freed in the batch, or by `free()`.
   *
   * @throws {GpuBuddyError} `EINVAL` where the batch had no operation at this place
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  blocks(place: number): AllocatedBlocks | null {
    return this.#blocksAt(this.#toPlace(place));
  }

  #blocksAt(place: number): AllocatedBlocks | null {
    const made = this.#made.get(place);
    if (made) return made;
    const { group } = this.#holder;
    if (!group) return null;
    const guard = new Guard();
    const slot = takeFromGroup(guard, group.number, place);
    if (slot < 0) return null;
    const blocks = new AllocatedBlocks(internalKey, this.#buddy, guard, slot, native.reportedTag());
    if (this.#stack !== undefined) noteStack(slot, this.#stack);
    this.#made.set(place, blocks);
    return blocks;
  }

  /**
   * Why an operation failed; `null` where it did not.
   *
   * @throws {GpuBuddyError} `EINVAL` where the batch had no operation at this place
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  error(place: number): GpuBuddyError | null {
    const index = this.#toPlace(place);
    const status = this.#columns.statuses[index];
    return status === native.OK ? null : operationError(this.#buddy, status, index);
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
    this.#free(isToBeCleared(options));
  }

  #free(cleared: boolean): void {
    let failure: GpuBuddyError | undefined;
    const status = this.#close(cleared ? native.CLEARED : native.DIRTY);
    for (const blocks of this.#made.values()) {
      try {
        blocks.free({ cleared });
      } catch (error) {
        if (!(error instanceof GpuBuddyError)) throw error;
        failure = error;
      }
    }
    this.#made.clear();
    if (status !== native.OK) throw ofBuddy.toError(this.#buddy, status, 'gpu_buddy_free_list');
    if (failure) throw failure;
  }

  /** Frees what nobody has asked for. */
  #close(how: native.Closing): number {
    const { group } = this.#holder;
    if (!group) return native.OK;
    this.#holder.group = undefined;
    return returnGroup(group, how);
  }

  static {
    Object.assign(ofResult, {
      allBlocks: (result) =>
        Array.from({ length: result.length }, (_, place) => result.#blocksAt(place)).filter(
          (blocks) => blocks !== null,
        ),
      discard: (result) => {
        result.#close(native.UNDONE);
      },
    } satisfies typeof ofResult);
  }

  /** `free()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.#free(false);
  }

  /** Returns the columns as arrays, with decimal strings for bigints. */
  toJSON(): BatchResultJson {
    const { errnos, offsets, orders, counts } = this.#columns;
    return {
      errnos: Array.from(errnos),
      offsets: toJson(Array.from(offsets)),
      orders: Array.from(orders),
      counts: Array.from(counts),
    };
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#columns in this)) return 'BatchResult {}';
    const { errnos, offsets, orders, counts } = this.#columns;
    return `BatchResult(${String(this.length)}) ${inspect({ errnos, offsets, orders, counts }, options)}`;
  }
}

/** A result as `JSON.stringify()` writes it. */
export interface BatchResultJson {
  readonly errnos: readonly number[];
  /** Decimal strings. */
  readonly offsets: readonly string[];
  readonly orders: readonly number[];
  readonly counts: readonly number[];
}

/** Why the operation at this place failed. */
export function operationError(buddy: GpuBuddy, status: number | undefined, place: number): GpuBuddyError {
  // A poisoned allocator has more to say.
  const details =
    status === native.POISONED ? undefined : { note: `operation ${String(place)} of the batch` };
  return ofBuddy.toError(buddy, status ?? -1, 'gpu_buddy_alloc_blocks', details);
}
