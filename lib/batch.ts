/** Implements `Batch`: collects allocations and frees, and does them in one call. */
import { inspect } from 'node:util';
import { AllocatedBlocks, allocatorOfList, attach, bytesToTell, detach, handleOf } from './allocated-blocks';
import { captureStack, noteGroupStack } from './allocation-stacks';
import { Allocator } from './allocator';
import type * as api from './api';
import { toBytes, toFlag } from './arguments';
import { BatchHandles, type BatchHandle } from './batch-handles';
import { BatchReport } from './batch-report';
import {
  allBlocks,
  BatchResult,
  discard,
  operationError,
  statusesOf,
  type GroupHolder,
} from './batch-result';
import { GpuBuddyError, invalidArgType, outOfRange } from './errors';
import { allocated, failed, tellAlloc, tellFailed, tellsOfBatches } from './events';
import { isToBeCleared, type FreeOptions } from './free-options';
import { returnGuard, takeGroup, type GroupGuard, type Guard } from './guard';
import { fitsIntoHeap, HEAP_BYTES_OF_LIST, orNoMemory } from './heap-room';
import * as native from './native';
import type { Bytes } from './native';
import { toOptions, type Names } from './options';
import { PlaceSet } from './place-set';
import { reclaimAll } from './reclaim';
import type { Request } from './request';
import { markAsUncloneable } from './uncloneable';

const RUN_OPTION_NAMES: Names<api.BatchRunOptions> = { atomic: true };

/** An existing list that the batch frees, and the place of that operation. */
interface Outsider {
  readonly place: number;
  readonly blocks: AllocatedBlocks<Bytes>;
}

/** Guard of such a list during a run. */
interface Detached {
  readonly blocks: AllocatedBlocks<Bytes>;
  readonly handle: native.Handle;
  readonly guard: Guard;
}

/** Allocates `count` lists, or none, with checked arguments. Sends no messages. */
let allocTimes: <N extends Bytes>(
  batch: Batch<N>,
  count: number,
  size: Bytes,
  request: Request,
  stack: string | undefined,
) => BatchResult<N>;

const SMALLEST_CAPACITY = 64;
/** Limits how many lists `allocMany()` allocates in one run. */
const LARGEST_PART = 4096;

export class Batch<N extends Bytes = number> implements api.Batch<N> {
  readonly #allocator: Allocator<N>;
  readonly #records = new native.Records(SMALLEST_CAPACITY);
  #handles = BatchHandles.first();
  /** Allocations whose lists are not freed in the batch. */
  readonly #kept = new PlaceSet(SMALLEST_CAPACITY);
  #lastAllocation = -1;
  /** Sorted by place. */
  #outsiders: Outsider[] = [];
  /** Is true once the collected operations were done, until they are cleared. */
  #isDone = false;
  /** Guards of the existing lists that the last run has freed. */
  #emptied: Detached[] = [];
  /** Group of the last run, if it has left no lists. */
  #spareGroup: GroupGuard | undefined;

  constructor(allocator: Allocator<N>) {
    Allocator.assert(allocator);
    markAsUncloneable(this);
    this.#allocator = allocator;
  }

  get length(): number {
    return this.#length;
  }

  get #length(): number {
    return this.#isDone ? 0 : this.#records.length;
  }

  alloc(size: Bytes, options?: api.AllocOptions): BatchHandle {
    const wanted = toBytes('size', size);
    const plain = this.#allocator.plainRequest;
    return this.#alloc(
      wanted,
      options === undefined ? plain : this.#allocator.toRequest(wanted, options, plain),
    );
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

  free(what: BatchHandle | api.AllocatedBlocks<Bytes>, options?: FreeOptions): BatchHandle {
    const cleared = isToBeCleared(options);
    if (this.#isDone) this.clear();
    return typeof what === 'number' ? this.#freeOwn(what, cleared) : this.#freeOutsider(what, cleared);
  }

  #freeOwn(allocation: number, cleared: boolean): BatchHandle {
    const freed = this.#handles.placeOf(allocation, this.#records.length);
    if (freed < 0 || !this.#kept.has(freed))
      throw this.#allocator.toError(native.HANDLE_UNKNOWN, 'gpu_buddy_free_list', {
        given: { handle: allocation },
      });
    if (!this.#records.hasRoom) this.#grow();
    const handle = this.#handles.add(this.#records.length);
    this.#records.freePlace(freed, cleared);
    this.#kept.delete(freed);
    return handle;
  }

  #freeOutsider(given: unknown, cleared: boolean): BatchHandle {
    if (!(given instanceof AllocatedBlocks))
      throw invalidArgType('what', 'a handle of this batch or an AllocatedBlocks', given);
    const blocks = given as AllocatedBlocks<Bytes>;
    if (!this.#allocator.isSame(allocatorOfList(blocks)))
      throw this.#allocator.toError(native.BLOCKS_FOREIGN, 'gpu_buddy_free_list');
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

  clear(): void {
    // Done first: if it is interrupted from here on, it is done again.
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

  run(options?: api.BatchRunOptions): BatchResult<N> {
    const isAtomic =
      options !== undefined && toFlag('atomic', toOptions('options', options, RUN_OPTION_NAMES).atomic);
    if (this.#isDone) this.clear();
    // Comes first, since it may call the program's own code (hooks in stack traces), which may throw, allocate, or use this batch.
    const stack = this.#allocator.capturesStacks ? captureStack(1) : undefined;
    return tellsOfBatches() ? this.#runAndTell(isAtomic, stack) : this.#run(isAtomic, stack);
  }

  /** Runs the batch, and tells the subscribers how it ended. */
  #runAndTell(isAtomic: boolean, stack: string | undefined): BatchResult<N> {
    const report = new BatchReport(this.#allocator, this.#records);
    for (const { blocks } of this.#outsiders) report.noteOutsider(bytesToTell(blocks));
    let result: BatchResult<N>;
    try {
      result = this.#run(isAtomic, stack);
    } catch (error) {
      report.tellRefused(error);
      throw error;
    }
    report.tell(statusesOf(result));
    return result;
  }

  #run(isAtomic: boolean, stack: string | undefined): BatchResult<N> {
    const allocator = this.#allocator;
    // Collected lists count as free memory.
    reclaimAll();

    const count = this.#length;
    const firstFree = this.#outsiders[0]?.place ?? count;
    if (isAtomic && firstFree < this.#lastAllocation)
      throw this.#error(allocator.unlessGone(native.FREED_BEFORE_ALLOCATION));
    const { isBigint, base } = allocator.space;
    const columns = orNoMemory(() => new native.BatchColumns(count, isBigint));
    const group = this.#spareGroup ?? takeGroup();
    this.#spareGroup = undefined;
    noteGroupStack(group.number, stack);
    const holder: GroupHolder = { group };
    const result = new BatchResult(allocator, columns, this.#handles, holder, stack);
    const batch = { records: this.#records, results: columns, first: 0, count };
    // Frees can't be undone, so they come last.
    const whole = isAtomic ? firstFree : 0;

    const detached = this.#detachOutsiders();
    const status = native.runBatch(allocator.handle, batch, whole, base, group.number);
    if (status === native.OK || status === native.OK_AND_EMPTY) {
      // No call from here on: a call may overflow the stack, and everything is done.
      this.#emptied = detached;
      this.#isDone = true;
      if (status === native.OK) return result;
      holder.group = undefined;
      this.#spareGroup = group;
      return result;
    }
    const failed = native.failedOperation();
    for (const { blocks, guard } of detached) attach(blocks, guard);
    discard(result);
    if (status === native.DISPOSED) throw this.#error(status);
    throw operationError(allocator, status, failed);
  }

  /**
   * Tells the records which lists from before the batch they free, and makes these freed ones: if the run is stopped before it has
   * come to them, the collector frees them.
   */
  #detachOutsiders(): Detached[] {
    const detached: Detached[] = [];
    for (const { place, blocks } of this.#outsiders) {
      const handle = handleOf(blocks);
      this.#records.aimFree(place, handle);
      const guard = detach(blocks);
      if (handle && guard) detached.push({ blocks, handle, guard });
    }
    return detached;
  }

  #error(status: number): GpuBuddyError {
    return this.#allocator.toError(status, 'gpu_buddy_alloc_blocks');
  }

  static {
    allocTimes = (batch, count, size, request, stack) => {
      for (let i = 0; i < count; i++) batch.#alloc(size, request);
      return batch.#run(true, stack);
    };
  }

  toJSON(): { readonly length: number } {
    return { length: this.#length };
  }

  [inspect.custom](): string {
    return #records in this ? `Batch { length: ${String(this.#length)} }` : 'Batch {}';
  }
}

/** Allocates `count` lists, or none. */
export function allocMany<N extends Bytes>(
  allocator: Allocator<N>,
  count: number,
  size: Bytes,
  request: Request,
): AllocatedBlocks<N>[] {
  const batch = new Batch(allocator);
  if (!fitsIntoHeap(count, HEAP_BYTES_OF_LIST) && BigInt(count) * BigInt(size) <= allocator.buddy.avail)
    throw outOfRange('count', "smaller: so many lists do not fit into V8's heap", count);
  const stack = allocator.capturesStacks ? captureStack(2) : undefined;
  const results: BatchResult<N>[] = [];
  try {
    for (let rest = count; rest > 0; rest -= LARGEST_PART)
      results.push(allocTimes(batch, Math.min(rest, LARGEST_PART), size, request, stack));
  } catch (error) {
    for (const result of results.reverse()) discard(result);
    if (failed.hasSubscribers && error instanceof GpuBuddyError)
      tellFailed(allocator, count, Number(size) * count, request, error.code);
    throw error;
  }
  const lists = results.flatMap((result) => allBlocks(result));
  if (allocated.hasSubscribers && count !== 0) tellAlloc(allocator, count, Number(size) * count, request);
  return lists;
}
