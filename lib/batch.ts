/** Many allocations and frees in one go. */
import { AllocatedBlocks, type FreeOptions } from './allocated-blocks';
import { toBytes, toFlag, toNumberIfSafe, toOptions } from './arguments';
import { BatchColumns } from './batch-columns';
import { BatchResult, operationError } from './batch-result';
import { GpuBuddyError, illegalConstructor, invalidArgType } from './errors';
import type { GpuBuddy } from './gpu-buddy';
import { captureStack, reclaimAll } from './guard';
import { capturesStacks, errorFor, handleOf, internalKey, release, requestFor, takeBack } from './internal';
import * as native from './native';
import type { Bytes } from './native';
import { PlaceSet } from './place-set';
import { Records } from './records';
import type { AllocOptions, Request } from './request';

/** How a batch is run. */
export interface BatchRunOptions {
  /** All or nothing: where an operation fails, what was allocated before it is taken back, and the rest is not done. */
  readonly atomic?: boolean | undefined;
}

/** A list from before the batch, and the place at which it is freed. */
interface Outsider {
  readonly place: number;
  readonly blocks: AllocatedBlocks;
}

const SMALLEST_CAPACITY = 64;
/** What `allocMany()` does in one go. */
const LARGEST_PART = 4096;

/** `Batch.alloc()`, with arguments that have been looked at. */
const allocAs = Symbol('gpu-buddy.allocAs');

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
 * console.log(result.blocks(large)?.size); // 65536n
 * console.log(result.blocks(small)); // null: freed in the batch
 * result.free();
 * ```
 */
export class Batch {
  readonly #buddy: GpuBuddy;
  readonly #handle: native.Handle;
  readonly #records = new Records(SMALLEST_CAPACITY);
  /** Allocations whose lists are not freed in the batch. */
  readonly #kept = new PlaceSet(SMALLEST_CAPACITY);
  #lastAllocation = -1;
  /** In the order of their places. */
  #outsiders: Outsider[] = [];

  /** @internal */
  constructor(key: typeof internalKey, buddy: GpuBuddy, handle: native.Handle) {
    if (key !== internalKey) throw illegalConstructor();
    this.#buddy = buddy;
    this.#handle = handle;
  }

  /** How many operations are collected. */
  get length(): number {
    return this.#records.length;
  }

  /**
   * Adds an allocation, as `GpuBuddy.allocBlocks()`. Gives its place in the batch, counted from 0.
   *
   * @throws {GpuBuddyError} `EINVAL` where the range begins or ends below the space; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  alloc(size: number | bigint, options?: AllocOptions): number {
    const wanted = toBytes('size', size);
    return this[allocAs](wanted, this.#buddy[requestFor](wanted, options));
  }

  /** @internal */
  [allocAs](size: Bytes, request: Request): number {
    if (!this.#records.hasRoom) this.#grow();
    const place = this.#records.alloc(size, request);
    this.#kept.add(place);
    this.#lastAllocation = place;
    return place;
  }

  /**
   * Adds the freeing of blocks: what this batch allocates, by its place, or a list from before. The latter stays what it is
   * until `run()`, and is left alone if it has been freed by then. Gives the place of the freeing.
   *
   * @throws {GpuBuddyError} `EINVAL` where the list comes from another allocator, or the place is not one of an allocation
   *   of this batch, or its blocks are freed already; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  free(what: number | AllocatedBlocks, options?: FreeOptions): number {
    const cleared = options !== undefined && toFlag('cleared', toOptions('options', options).cleared);
    return typeof what === 'number' ? this.#freePlace(what, cleared) : this.#freeOutsider(what, cleared);
  }

  #freePlace(allocation: number, cleared: boolean): number {
    if (!Number.isInteger(allocation) || !this.#kept.has(allocation))
      throw new GpuBuddyError(native.PLACE_UNKNOWN, 'gpu_buddy_free_list', { given: { place: allocation } });
    if (!this.#records.hasRoom) this.#grow();
    this.#kept.delete(allocation);
    return this.#records.freePlace(allocation, cleared);
  }

  #freeOutsider(blocks: AllocatedBlocks, cleared: boolean): number {
    const given: unknown = blocks;
    if (!(given instanceof AllocatedBlocks))
      throw invalidArgType('what', 'of type number or an AllocatedBlocks', given);
    if (blocks.buddy !== this.#buddy) throw new GpuBuddyError(native.BLOCKS_FOREIGN, 'gpu_buddy_free_list');
    if (!this.#records.hasRoom) this.#grow();
    const place = this.#records.freeList(cleared);
    this.#outsiders.push({ place, blocks });
    return place;
  }

  #grow(): void {
    orNoMemory(() => {
      this.#kept.grow(2 * this.length);
      this.#records.grow();
    });
  }

  /** Forgets all that was collected. */
  clear(): void {
    this.#kept.clear(this.length);
    this.#records.clear();
    this.#lastAllocation = -1;
    this.#outsiders = [];
  }

  /**
   * Does what was collected, in that order, and makes the batch empty again. An operation that fails does not keep the others
   * from being done, unless the run is `atomic`. Where this throws, nothing was done, and the batch is as it was; only what an
   * `atomic` run had freed again before it failed counts as dirty now, unless it was freed as cleared.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` and `gpu_buddy_free_list()`, in turns with other threads where they use the same
   * allocator.
   *
   * @throws {GpuBuddyError} where the run is `atomic`, the error of the operation that failed, or `EINVAL` where it frees
   *   lists from before it and allocates afterwards, which could not be taken back; `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  run(options?: BatchRunOptions): BatchResult {
    const isAtomic = options !== undefined && toFlag('atomic', toOptions('options', options).atomic);
    const buddy = this.#buddy;
    // First what may call the program's own code, which may throw, allocate, or use this batch: hooks in stack traces, and
    // whoever hears of lists that the collector has found, which are as good as free.
    const stack = buddy[capturesStacks] ? captureStack(1) : undefined;
    reclaimAll();

    const firstFree = this.#outsiders[0]?.place ?? this.length;
    if (isAtomic && firstFree < this.#lastAllocation) throw this.#error(native.FREED_BEFORE_ALLOCATION);
    const columns = orNoMemory(() => new BatchColumns(this.length));
    // What cannot be taken back comes last.
    const turn = isAtomic ? firstFree : 0;
    const lists = this.#runPart(columns, 0, turn, true) + this.#runPart(columns, turn, this.length, false);
    this.clear();
    return new BatchResult(internalKey, buddy, columns, lists !== 0, stack);
  }

  #runPart(results: BatchColumns, first: number, end: number, isAtomic: boolean): number {
    if (first === end) return 0;
    const { baseOffset } = this.#buddy;
    const outsiders = isAtomic ? [] : this.#outsiders;
    for (const { place, blocks } of outsiders) this.#records.aimFree(place, blocks[handleOf]);
    const batch = { records: this.#records, results, first, count: end - first };
    const status = native.runBatch(this.#handle, batch, isAtomic, toNumberIfSafe(baseOffset));
    if (status === native.DISPOSED) throw this.#error(status);
    if (status !== native.OK) throw operationError(this.#buddy, status, native.failedOperation());
    const lists = native.listsOfBatch();
    for (const { blocks } of outsiders) blocks[release]();
    return lists;
  }

  #error(status: number): GpuBuddyError {
    return this.#buddy[errorFor](status, 'gpu_buddy_alloc_blocks');
  }
}

/** So many lists, or none. @param batch an empty one */
export function allocMany(batch: Batch, count: number, size: Bytes, request: Request): AllocatedBlocks[] {
  const results: BatchResult[] = [];
  try {
    for (let rest = count; rest > 0; rest -= LARGEST_PART) {
      for (let i = Math.min(rest, LARGEST_PART); i > 0; i--) batch[allocAs](size, request);
      results.push(batch.run({ atomic: true }));
    }
  } catch (error) {
    for (const result of results.reverse()) result[takeBack]();
    throw error;
  }
  return results.flatMap((result) =>
    Array.from(result.errnos, (_, place) => result.blocks(place)).filter((blocks) => blocks !== null),
  );
}

/** What makes typed arrays throws errors of V8's own where memory is short. */
function orNoMemory<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new GpuBuddyError(native.NO_MEMORY, 'gpu_buddy_alloc_blocks');
  }
}
