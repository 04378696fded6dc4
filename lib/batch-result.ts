/** What has become of the operations of a batch. */
import { inspect, type InspectOptions } from 'node:util';
import { noteStack } from './allocation-stacks';
import { InternalBlocks, isToBeCleared, type AllocatedBlocks, type FreeOptions } from './allocated-blocks';
import type { BatchColumns } from './batch-columns';
import type { BatchHandle, BatchHandles } from './batch-handles';
import { GpuBuddyError, gpuBuddyError, illegalConstructor, invalidArgType } from './errors';
import type { GpuBuddy } from './gpu-buddy';
import { Guard, returnGroup, takeFromGroup, type GroupGuard } from './guard';
import { internalKey, ofBuddy, ofResult } from './internal';
import { toJson, type Json } from './json';
import * as native from './native';
import type { Bytes } from './native';
import type { Column } from './space';
import { markAsUncloneable } from './uncloneable';

/** Holds the group with the lists of a result that nobody has asked for. It is gone once they are freed; see `AllocatedBlocks.#guard`. */
export interface GroupHolder {
  group: GroupGuard | undefined;
}

/** The outcome of one operation. */
export interface BatchOutcome<N extends Bytes = number> {
  /** Given by `alloc()` or `free()` of the batch. */
  readonly handle: BatchHandle;
  /** The list that an allocation has got, as `BatchResult.blocks()` gives it. */
  readonly blocks: AllocatedBlocks<N> | null;
  /** The reason of a failure, as `BatchResult.error()` gives it. */
  readonly error: GpuBuddyError | null;
}

/**
 * Tells what has become of the operations of a batch: by their handles; one after the other, when it is iterated; and as a
 * column for each property, in which the operations stand in the order in which they were added. The columns are the caller's:
 * nothing reads them again.
 *
 * Keeps the blocks that were allocated. Lists never read through `blocks()` are freed with the result by the collector, which
 * comes late.
 */
export class BatchResult<N extends Bytes = number> implements Iterable<BatchOutcome<N>>, Disposable {
  readonly #buddy: GpuBuddy<N>;
  /** Seen by nobody else. */
  readonly #columns: BatchColumns;
  readonly #handles: BatchHandles;
  readonly #stack: string | undefined;
  readonly #made = new Map<number, AllocatedBlocks<N>>();
  readonly #holder: GroupHolder;
  // Copies, once somebody has asked for them.
  #errnos: Int32Array | undefined;
  #offsets: Column<N> | undefined;
  #orders: Uint8Array | undefined;
  #counts: Uint32Array | undefined;

  private constructor(
    key: typeof internalKey,
    buddy: GpuBuddy<N>,
    columns: BatchColumns,
    handles: BatchHandles,
    holder: GroupHolder,
    stack: string | undefined,
  ) {
    if (key !== internalKey) throw illegalConstructor();
    markAsUncloneable(this);
    this.#buddy = buddy;
    this.#columns = columns;
    this.#handles = handles;
    this.#stack = stack;
    this.#holder = holder;
  }

  /** How many operations there were. */
  get length(): number {
    return this.#columns.rows;
  }

  /** 0, or the kernel's error number, negative; `-5` (`EIO`) for the codes that begin with `ERR_`: see `error()`. */
  get errnos(): Int32Array {
    return (this.#errnos ??= this.#columns.errnos.slice());
  }

  /** Of an allocation, the address of the first block, with `baseOffset`; 0 where it failed. */
  get offsets(): Column<N> {
    return (this.#offsets ??= this.#columns.offsets.slice() as Column<N>);
  }

  /** Of an allocation, the order of the first block. */
  get orders(): Uint8Array {
    return (this.#orders ??= this.#columns.orders.slice());
  }

  /** Of an allocation, how many blocks it has got: 0 where it failed. */
  get counts(): Uint32Array {
    return (this.#counts ??= this.#columns.counts.slice());
  }

  /**
   * The index of an operation in the columns.
   *
   * @throws {GpuBuddyError} `EINVAL` where the handle is of another run, or of another batch
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  indexOf(handle: BatchHandle): number {
    const given: unknown = handle;
    if (typeof given !== 'number') throw invalidArgType('handle', 'a handle of the batch', given);
    const place = this.#handles.placeOf(handle, this.#columns.rows);
    if (place < 0)
      throw gpuBuddyError(native.HANDLE_OUTSIDE_RUN, 'gpu_buddy_alloc_blocks', { given: { handle } });
    return place;
  }

  /**
   * The list that an allocation of the batch has got, the same one every time; `null` where it failed, where the operation
   * was none, and where its blocks were freed in the batch, or by `free()`.
   *
   * @throws {GpuBuddyError} `EINVAL` where the handle is of another run, or of another batch
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  blocks(handle: BatchHandle): AllocatedBlocks<N> | null {
    return this.#blocksAt(this.indexOf(handle));
  }

  #blocksAt(place: number): AllocatedBlocks<N> | null {
    const made = this.#made.get(place);
    if (made) return made;
    const { group } = this.#holder;
    if (!group) return null;
    const guard = new Guard();
    const slot = takeFromGroup(guard, group.number, place);
    if (slot < 0) return null;
    const blocks = new InternalBlocks(internalKey, this.#buddy, guard, slot, native.reportedTag());
    if (this.#stack !== undefined) noteStack(slot, this.#stack);
    this.#made.set(place, blocks);
    return blocks;
  }

  /**
   * Why an operation failed; `null` where it did not.
   *
   * @throws {GpuBuddyError} `EINVAL` where the handle is of another run, or of another batch
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  error(handle: BatchHandle): GpuBuddyError | null {
    return this.#errorAt(this.indexOf(handle));
  }

  #errorAt(place: number): GpuBuddyError | null {
    const status = this.#columns.statuses[place];
    return status === native.OK ? null : operationError(this.#buddy, status, place);
  }

  /** The outcomes of all operations, in the order in which they were added. */
  *[Symbol.iterator](): IterableIterator<BatchOutcome<N>> {
    for (let place = 0; place < this.#columns.rows; place++)
      yield {
        handle: this.#handles.at(place),
        blocks: this.#blocksAt(place),
        error: this.#errorAt(place),
      };
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
        Array.from({ length: result.#columns.rows }, (_, place) => result.#blocksAt(place)).filter(
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
  toJSON(): BatchResultJson<N> {
    const { errnos, offsets, orders, counts } = this.#columns;
    return {
      errnos: Array.from(errnos),
      offsets: toJson(Array.from<unknown>(offsets)) as readonly Json<N>[],
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

/** A result as `JSON.stringify()` writes it: with decimal strings for bigints. */
export interface BatchResultJson<N extends Bytes = number> {
  readonly errnos: readonly number[];
  readonly offsets: readonly Json<N>[];
  readonly orders: readonly number[];
  readonly counts: readonly number[];
}

/** @internal The class with its constructor. */
export const InternalResult = BatchResult as unknown as new <N extends Bytes>(
  key: typeof internalKey,
  buddy: GpuBuddy<N>,
  columns: BatchColumns,
  handles: BatchHandles,
  holder: GroupHolder,
  stack: string | undefined,
) => BatchResult<N>;

/** Why the operation at this place failed. */
export function operationError(
  buddy: GpuBuddy<Bytes>,
  status: number | undefined,
  place: number,
): GpuBuddyError {
  // A poisoned allocator has more to say.
  const details =
    status === native.POISONED ? undefined : { note: `operation ${String(place)} of the batch` };
  return ofBuddy.toError(buddy, status ?? -1, 'gpu_buddy_alloc_blocks', details);
}
