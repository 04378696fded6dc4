/** Collects allocations and frees, and does them in one go. */
import { inspect } from 'node:util';
import { captureStack, noteGroupStack } from './allocation-stacks';
import { AllocatedBlocks, isToBeCleared, type FreeOptions } from './allocated-blocks';
import { toBytes, toFlag } from './arguments';
import { BatchColumns } from './batch-columns';
import { BatchHandles, type BatchHandle } from './batch-handles';
import { InternalResult, operationError, type BatchResult, type GroupHolder } from './batch-result';
import { gpuBuddyError, illegalConstructor, invalidArgType, outOfRange, type GpuBuddyError } from './errors';
import type { GpuBuddy } from './gpu-buddy';
import { returnGuard, takeGroup, type GroupGuard, type Guard } from './guard';
import { fitsIntoHeap, HEAP_BYTES_OF_LIST, orNoMemory } from './heap-room';
import { internalKey, ofBlocks, ofBuddy, ofResult } from './internal';
import * as native from './native';
import type { Bytes } from './native';
import { toOptions, type Names } from './options';
import { PlaceSet } from './place-set';
import { reclaimAll } from './reclaim';
import { Records } from './records';
import type { AllocOptions, Request } from './request';
import { markAsUncloneable } from './uncloneable';

/** How a batch is run. */
export interface BatchRunOptions {
  /** All or nothing: where an operation fails, what was allocated before it is taken back, and the rest is not done. */
  readonly atomic?: boolean | undefined;
}

const RUN_OPTION_NAMES: Names<BatchRunOptions> = { atomic: true };

/** A list from before the batch, and the place at which it is freed. */
interface Outsider {
  readonly place: number;
  readonly blocks: AllocatedBlocks<Bytes>;
}

/** The guard of such a list, while the batch is run. */
interface Detached {
  readonly blocks: AllocatedBlocks<Bytes>;
  readonly handle: native.Handle;
  readonly guard: Guard;
}

/** `Batch.alloc()`, so many times, with arguments that have been looked at. */
let allocTimes: (batch: Batch<Bytes>, count: number, size: Bytes, request: Request) => void;

const SMALLEST_CAPACITY = 64;
/** What `allocMany()` does in one go. */
const LARGEST_PART = 4096;

/**
 * Collects allocations and frees of one allocator, and does them in one call. Nothing happens before `run()`. A batch can be
 * used again and again.
 *
 * @example
 * ```ts
 * import { GpuBuddy, SZ_1G, SZ_4K, SZ_64K } from 'gpu-buddy';
 *
 * const buddy = new GpuBuddy({ size: SZ_1G });
 * const batch = buddy.batch();
 * const small = batch.alloc(SZ_4K);
 * const large = batch.alloc(SZ_64K, { minBlockSize: SZ_64K });
 * batch.free(small);
 * const result = batch.run();
 *
 * console.log(result.errnos); // Int32Array(3) [ 0, 0, 0 ]
 * console.log(result.blocks(large)?.size); // 65536
 * console.log(result.blocks(small)); // null: freed in the batch
 * result.free();
 * ```
 */
export class Batch<N extends Bytes = number> {
  readonly #buddy: GpuBuddy<N>;
  readonly #handle: native.Handle;
  readonly #records = new Records(SMALLEST_CAPACITY);
  #handles = BatchHandles.first();
  /** Allocations whose lists are not freed in the batch. */
  readonly #kept = new PlaceSet(SMALLEST_CAPACITY);
  #lastAllocation = -1;
  /** In the order of their places. */
  #outsiders: Outsider[] = [];
  /** Whether what is collected has been done, and is to be forgotten. */
  #isDone = false;
  /** The guards of the lists from before the batch that the last run has freed. */
  #emptied: Detached[] = [];
  /** The group of the last run, where it has left no lists. */
  #spareGroup: GroupGuard | undefined;

  private constructor(key: typeof internalKey, buddy: GpuBuddy<N>) {
    if (key !== internalKey) throw illegalConstructor();
    markAsUncloneable(this);
    this.#buddy = buddy;
    this.#handle = ofBuddy.handle(buddy);
  }

  /** How many operations are collected. */
  get length(): number {
    return this.#length;
  }

  get #length(): number {
    return this.#isDone ? 0 : this.#records.length;
  }

  /**
   * Adds an allocation, as `GpuBuddy.allocBlocks()`. Returns its handle, for `free()` and for the result.
   *
   * @throws {GpuBuddyError} `EINVAL` where the range begins or ends below the space; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  alloc(size: Bytes, options?: AllocOptions): BatchHandle {
    const wanted = toBytes('size', size);
    return this.#alloc(wanted, ofBuddy.toRequest(this.#buddy, wanted, options));
  }

  #alloc(size: Bytes, request: Request): BatchHandle {
    if (this.#isDone) this.clear();
    if (!this.#records.hasRoom) this.#grow();
    const handle = this.#handles.add(this.#records.length);
    const place = this.#records.alloc(size, request);
    this.#kept.add(place);
    this.#lastAllocation = place;
    return handle;
  }

  /**
   * Adds the freeing of blocks: what this batch allocates, by its handle, or a list from before. The latter stays what it is
   * until `run()`, and is left alone if it has been freed by then. Returns the handle of the freeing.
   *
   * @throws {GpuBuddyError} `EINVAL` where the list comes from another allocator, or the handle is not one of an allocation
   *   of this batch since it was last run or cleared, or its blocks are freed already; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  free(what: BatchHandle | AllocatedBlocks<Bytes>, options?: FreeOptions): BatchHandle {
    const cleared = isToBeCleared(options);
    if (this.#isDone) this.clear();
    return typeof what === 'number' ? this.#freeOwn(what, cleared) : this.#freeOutsider(what, cleared);
  }

  #freeOwn(allocation: number, cleared: boolean): BatchHandle {
    const freed = this.#handles.placeOf(allocation, this.#records.length);
    if (freed < 0 || !this.#kept.has(freed))
      throw gpuBuddyError(native.HANDLE_UNKNOWN, 'gpu_buddy_free_list', { given: { handle: allocation } });
    if (!this.#records.hasRoom) this.#grow();
    const handle = this.#handles.add(this.#records.length);
    this.#records.freePlace(freed, cleared);
    this.#kept.delete(freed);
    return handle;
  }

  #freeOutsider(blocks: AllocatedBlocks<Bytes>, cleared: boolean): BatchHandle {
    const given: unknown = blocks;
    if (!(given instanceof AllocatedBlocks))
      throw invalidArgType('what', 'a handle of this batch or an AllocatedBlocks', given);
    if (!ofBuddy.isSame(blocks.buddy, this.#buddy))
      throw gpuBuddyError(native.BLOCKS_FOREIGN, 'gpu_buddy_free_list');
    if (!this.#records.hasRoom) this.#grow();
    const handle = this.#handles.add(this.#records.length);
    const place = this.#records.freeList(cleared);
    this.#outsiders.push({ place, blocks });
    return handle;
  }

  #grow(): void {
    orNoMemory(() => {
      this.#kept.grow(2 * this.length);
      this.#records.grow();
    });
  }

  /** Forgets all that was collected. */
  clear(): void {
    // First: interrupted from here on, it is to be done again.
    this.#isDone = true;
    const emptied = this.#emptied;
    this.#emptied = [];
    for (const { guard, handle } of emptied) returnGuard(guard, handle.slot);
    this.#outsiders = [];
    this.#lastAllocation = -1;
    this.#kept.clear(this.#records.length);
    this.#handles = this.#handles.next(this.#records.length);
    this.#records.clear();
    this.#isDone = false;
  }

  /**
   * Does what was collected, in that order, and makes the batch empty again. An operation that fails does not keep the others
   * from being done, unless the run is `atomic`. Where this throws, nothing was done, and the batch is as it was; only what an
   * `atomic` run had freed again before it failed counts as dirty now, unless it was freed as cleared.
   *
   * Where JavaScript is stopped in the middle (a stack overflow, the timeout of a `vm`), lists from before the batch that it
   * frees may be freed already, or are when the collector comes.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` and `gpu_buddy_free_list()`, in turns with other threads where they use the same
   * allocator.
   *
   * @throws {GpuBuddyError} where the run is `atomic`, the error of the operation that failed, or `EINVAL` where it frees
   *   lists from before it and allocates afterwards, which could not be taken back; `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  run(options?: BatchRunOptions): BatchResult<N> {
    const isAtomic =
      options !== undefined && toFlag('atomic', toOptions('options', options, RUN_OPTION_NAMES).atomic);
    if (this.#isDone) this.clear();
    const buddy = this.#buddy;
    // First what may call the program's own code, which may throw, allocate, or use this batch: hooks in stack traces.
    const stack = ofBuddy.capturesStacks(buddy) ? captureStack(1) : undefined;
    // Lists that the collector has found are as good as free.
    reclaimAll();

    const count = this.#length;
    const firstFree = this.#outsiders[0]?.place ?? count;
    if (isAtomic && firstFree < this.#lastAllocation) throw this.#error(native.FREED_BEFORE_ALLOCATION);
    const { isBigint, base } = ofBuddy.space(buddy);
    const columns = orNoMemory(() => new BatchColumns(count, isBigint));
    const group = this.#spareGroup ?? takeGroup();
    this.#spareGroup = undefined;
    noteGroupStack(group.number, stack);
    const holder: GroupHolder = { group };
    const result = new InternalResult(internalKey, buddy, columns, this.#handles, holder, stack);
    const batch = { records: this.#records, results: columns, first: 0, count };
    // What cannot be taken back comes last.
    const whole = isAtomic ? firstFree : 0;

    const detached = this.#detachOutsiders();
    const status = native.runBatch(this.#handle, batch, whole, base, group.number);
    if (status === native.OK || status === native.OK_AND_EMPTY) {
      // Nothing is called from here on: a call may overflow the stack, and it is all done.
      this.#emptied = detached;
      this.#isDone = true;
      if (status === native.OK) return result;
      holder.group = undefined;
      this.#spareGroup = group;
      return result;
    }
    const failed = native.failedOperation();
    for (const { blocks, guard } of detached) ofBlocks.attach(blocks, guard);
    ofResult.discard(result);
    if (status === native.DISPOSED) throw this.#error(status);
    throw operationError(buddy, status, failed);
  }

  /**
   * Tells the records which lists from before the batch they free, and makes these freed ones: if the run is stopped before it has
   * come to them, the collector frees them.
   */
  #detachOutsiders(): Detached[] {
    const detached: Detached[] = [];
    for (const { place, blocks } of this.#outsiders) {
      const handle = ofBlocks.handle(blocks);
      this.#records.aimFree(place, handle);
      const guard = ofBlocks.detach(blocks);
      if (handle && guard) detached.push({ blocks, handle, guard });
    }
    return detached;
  }

  #error(status: number): GpuBuddyError {
    return ofBuddy.toError(this.#buddy, status, 'gpu_buddy_alloc_blocks');
  }

  static {
    allocTimes = (batch, count, size, request) => {
      for (let i = 0; i < count; i++) batch.#alloc(size, request);
    };
  }

  /** Tells how many operations are collected. */
  toJSON(): { readonly length: number } {
    return { length: this.#length };
  }

  /** @internal */
  [inspect.custom](): string {
    return #records in this ? `Batch { length: ${String(this.#length)} }` : 'Batch {}';
  }
}

/** @internal The class with its constructor. */
export const InternalBatch = Batch as unknown as new <N extends Bytes>(
  key: typeof internalKey,
  buddy: GpuBuddy<N>,
) => Batch<N>;

/** Allocates `count` lists, or none. */
export function allocMany<N extends Bytes>(
  buddy: GpuBuddy<N>,
  count: number,
  size: Bytes,
  request: Request,
): AllocatedBlocks<N>[] {
  const batch = new InternalBatch(internalKey, buddy);
  if (!fitsIntoHeap(count, HEAP_BYTES_OF_LIST) && BigInt(count) * BigInt(size) <= buddy.avail)
    throw outOfRange('count', "smaller: so many lists do not fit into V8's heap", count);
  const results: BatchResult<N>[] = [];
  try {
    for (let rest = count; rest > 0; rest -= LARGEST_PART) {
      allocTimes(batch, Math.min(rest, LARGEST_PART), size, request);
      results.push(batch.run({ atomic: true }));
    }
  } catch (error) {
    for (const result of results.reverse()) ofResult.discard(result);
    throw error;
  }
  return results.flatMap((result) => ofResult.allBlocks(result));
}
