/** Allocations that are known by numbers. */
import { inspect } from 'node:util';
import { captureStack, notePoolStack } from './allocation-stacks';
import { InternalBlocks, isToBeCleared, type AllocatedBlocks, type FreeOptions } from './allocated-blocks';
import { toBytes } from './arguments';
import { gpuBuddyError, illegalConstructor, invalidArgType, type GpuBuddyError } from './errors';
import type { GpuBuddy } from './gpu-buddy';
import { Guard, takeFromPool } from './guard';
import { internalKey, ofBuddy } from './internal';
import * as native from './native';
import type { Bytes } from './native';
import { abandonPool, reclaimAll } from './reclaim';
import { toRequest, type AllocOptions, type Request } from './request';
import type { Space } from './space';
import { markAsUncloneable } from './uncloneable';

declare const isHandle: unique symbol;

/** Stands for an allocation of a pool: a number that is valid until the allocation is freed, and in that pool only. */
export type PoolHandle = number & { readonly [isHandle]: true };

/** How to allocate in a pool: as `AllocOptions`, but always in one piece. */
export type PoolAllocOptions = Omit<AllocOptions, 'contiguous'>;

/** A handle is `index * SCALE + generation`. */
const SCALE = 2 ** native.POOL_GENERATION_BITS;
const SMALLEST_ROOM = 64;
/** Places in the header of the memory: whether there is other memory now, and how many entries have been used. */
const MOVED = 0;
const COUNT = 1;
/** Places in an entry. */
const GENERATION = 0;
const CHUNK = 2;
const CHUNKS = 3;

const { POOL_ENTRY: ENTRY, POOL_MOST_ENTRIES: MOST_ENTRIES, POOL_PENDING: PENDING } = native;
/** The slot of no pool. */
const NO_POOL = 2 ** 31 - 1;
const NO_ENTRIES = new Int32Array(ENTRY);

/** Taken before anybody can put others in their place, who could then write into the memory of pools. */
const { Int32Array: Integers, SharedArrayBuffer: Memory } = globalThis;

/** Stands for a pool with the collector, so that an interrupted `dispose()` can let it go. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the smallest object that a registry can watch
class PoolGuard {}

const pools = new FinalizationRegistry(abandonPool);

/**
 * Allocations that are known by numbers: the fast way for those who allocate a lot, since nothing is made on JavaScript's heap.
 * Each is one run of memory (`contiguous` is implied), so an address and a size say all of it.
 *
 * A pool owns what is in it: `clear()`, the end of a `using` block, the collection of the pool and the end of its thread give
 * everything back. A handle is good for one allocation: once that is freed, the handle is refused.
 *
 * @example
 * ```ts
 * import { GpuBuddy, SZ_1G, SZ_64K } from 'gpu-buddy';
 *
 * const buddy = new GpuBuddy({ size: SZ_1G });
 * const pool = buddy.pool();
 * const handle = pool.alloc(SZ_64K);
 * console.log(pool.offset(handle), pool.size(handle)); // 1073676288 65536
 * pool.free(handle);
 * console.log(pool.length); // 0
 * ```
 */
export class Pool<N extends Bytes = number> implements Iterable<PoolHandle>, Disposable {
  readonly #buddy: GpuBuddy<N>;
  readonly #space: Space<N>;
  readonly #allocator: native.Handle;
  /** Gone once the pool is disposed of. */
  #guard: PoolGuard | undefined;
  /** The native pool's. */
  #slot = NO_POOL;
  /** A header and entries: see native/buddy/pool.h. Only the addon writes there, but for `PENDING`. */
  #memory: Int32Array = NO_ENTRIES;
  /** The requests of allocations without options: one that explains its failure, and one that does not. */
  readonly #plainRequest: Request;
  readonly #quietRequest: Request;

  private constructor(key: typeof internalKey, buddy: GpuBuddy<N>) {
    if (key !== internalKey) throw illegalConstructor();
    markAsUncloneable(this);
    const stack = ofBuddy.capturesStacks(buddy) ? captureStack(2) : undefined;
    this.#buddy = buddy;
    this.#space = ofBuddy.space(buddy);
    this.#allocator = ofBuddy.handle(buddy);
    this.#plainRequest = inOnePiece(ofBuddy.toRequest(buddy, 0, undefined));
    this.#quietRequest = { ...this.#plainRequest, explains: false };
    const guard = new PoolGuard();
    const slot = native.openPool(pools, guard, this.#allocator);
    if (slot < 0) throw ofBuddy.toError(buddy, native.lastStatus(), 'gpu_buddy');
    this.#guard = guard;
    this.#slot = slot;
    notePoolStack(slot, stack);
    this.#moveTo(SMALLEST_ROOM);
  }

  /** The allocator that the memory comes from. */
  get buddy(): GpuBuddy<N> {
    return this.#buddy;
  }

  /**
   * How many allocations there are.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get length(): number {
    const length = native.lengthOfPool(this.#slot);
    if (length < 0) throw this.#error(native.DISPOSED, 'gpu_buddy');
    return length;
  }

  /** Whether `dispose()` has been called. Never throws. */
  get disposed(): boolean {
    return this.#slot === NO_POOL;
  }

  /**
   * Allocates `size` bytes in one piece: a multiple of `chunkSize`. Returns the handle.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` with `GPU_BUDDY_CONTIGUOUS_ALLOCATION`.
   *
   * @throws as `GpuBuddy.allocBlocks()`
   */
  alloc(size: Bytes, options?: PoolAllocOptions): PoolHandle {
    const wanted = toBytes('size', size);
    const request =
      options === undefined ? this.#plainRequest : this.#toRequest(wanted, options, this.#plainRequest);
    const handle = this.#alloc(wanted, request);
    if (handle !== null) return handle;
    throw ofBuddy.shortageError(this.#buddy, wanted, request);
  }

  /**
   * Allocates as `alloc()`, but returns `null` in place of `ENOSPC`, and does not find out why.
   *
   * @throws as `GpuBuddy.allocBlocks()`, but for `ENOSPC`
   */
  tryAlloc(size: Bytes, options?: PoolAllocOptions): PoolHandle | null {
    const wanted = toBytes('size', size);
    const request =
      options === undefined ? this.#quietRequest : this.#toRequest(wanted, options, this.#quietRequest);
    return this.#alloc(wanted, request);
  }

  #alloc(size: Bytes, request: Request): PoolHandle | null {
    const status = native.allocInPool(this.#allocator, request, this.#slot, size);
    if (status !== native.OK) return this.#allocAgain(status, size, request);
    return toHandle(native.report.node, native.report.generation);
  }

  #allocAgain(status: number, size: Bytes, request: Request): PoolHandle | null {
    if (status === native.POOL_FULL) {
      this.#grow();
      return this.#alloc(size, request);
    }
    if ((status === native.NO_SPACE || status === native.NO_MEMORY) && reclaimAll())
      return this.#alloc(size, request);
    if (status === native.NO_SPACE) return null;
    throw ofBuddy.allocError(this.#buddy, status, size, request);
  }

  #toRequest(size: Bytes, options: PoolAllocOptions, plain: Request): Request {
    const request = toRequest(size, options, plain, this.#space.base);
    if (request.isOutside) throw ofBuddy.allocError(this.#buddy, native.RANGE_BEYOND_SPACE, size, request);
    return request;
  }

  #grow(): void {
    const room = this.#entries().length / ENTRY - 1;
    if (room >= MOST_ENTRIES) throw this.#error(native.NO_MEMORY, 'gpu_buddy_alloc_blocks');
    this.#moveTo(Math.min(2 * room, MOST_ENTRIES));
  }

  /** Moves the entries into memory for so many. */
  #moveTo(room: number): void {
    const status = native.movePool(this.#slot, makeMemory(room));
    if (status !== native.OK) throw this.#error(status, 'gpu_buddy_alloc_blocks');
    this.#memory = native.poolMemory(this.#slot) ?? NO_ENTRIES;
  }

  /** The memory, wherever it is now: whoever moved it may have been stopped. */
  #entries(): Int32Array {
    if (this.#memory[MOVED] !== 0) this.#memory = native.poolMemory(this.#slot) ?? NO_ENTRIES;
    return this.#memory;
  }

  /** Finds the entry of a handle: its index. */
  #find(handle: PoolHandle, syscall: string): number {
    const index = indexOf(handle);
    if (!this.#isLive(index, handle)) throw this.#unknown(handle, syscall);
    return index;
  }

  /** Whether the entry's generation is the handle's: that of a free entry is negative, and `PENDING` fits in no handle. */
  #isLive(index: number, handle: PoolHandle): boolean {
    const generation = this.#entries()[ENTRY * (index + 1) + GENERATION] ?? 0;
    return generation > 0 && index * SCALE + generation === handle;
  }

  #unknown(handle: unknown, syscall: string): Error {
    if (typeof handle !== 'number') return invalidArgType('handle', 'a handle of this pool', handle);
    if (this.disposed) return this.#error(native.DISPOSED, 'gpu_buddy');
    return gpuBuddyError(native.POOL_HANDLE_UNKNOWN, syscall, { given: { handle } });
  }

  /**
   * Address of an allocation, with `baseOffset`.
   *
   * @throws {GpuBuddyError} `EINVAL` where the handle is not one of this pool, or its allocation is freed; `ERR_GPU_BUDDY_DISPOSED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  offset(handle: PoolHandle): N {
    const index = this.#find(handle, 'gpu_buddy_block');
    const chunk = this.#memory[ENTRY * (index + 1) + CHUNK] ?? 0;
    if (chunk >= 0) return this.#space.address(chunk * this.#space.chunkBytes);
    this.#describe(index, handle);
    return this.#space.address(native.found.offset);
  }

  /**
   * Bytes of an allocation: what was asked for, or more with `trimDisable`.
   *
   * @throws as `offset()`
   */
  size(handle: PoolHandle): N {
    const index = this.#find(handle, 'gpu_buddy_block');
    const chunks = this.#memory[ENTRY * (index + 1) + CHUNKS] ?? 0;
    if (chunks >= 0) return this.#space.bytes(chunks * this.#space.chunkBytes);
    this.#describe(index, handle);
    return this.#space.bytes(native.sizeFound());
  }

  /** Asks the addon, where numbers are too large for an entry. */
  #describe(index: number, handle: PoolHandle): void {
    const status = native.describeInPool(this.#slot, index, generationOf(handle, index));
    if (status !== native.OK) throw this.#error(status, 'gpu_buddy_block');
  }

  /** Whether a handle is that of an allocation of this pool. Never throws. */
  has(handle: PoolHandle): boolean {
    return this.#isLive(indexOf(handle), handle);
  }

  /**
   * Frees an allocation. Its handle is refused from then on.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws as `offset()`, and `ERR_GPU_BUDDY_POISONED`
   */
  free(handle: PoolHandle, options?: FreeOptions): void {
    const isCleared = isToBeCleared(options);
    const index = this.#find(handle, 'gpu_buddy_free_list');
    const generation = generationOf(handle, index);
    const memory = this.#memory;
    if (ofBuddy.lazyHandle(this.#buddy) >= 0 && !native.mustFreeAtOnce()) {
      native.freeInPoolSoon(this.#slot, index, generation, isCleared);
      const place = ENTRY * (index + 1) + GENERATION;
      // A hook that saw the freeing being scheduled may have had it done: then there is another allocation, or none.
      if (memory[place] === generation) memory[place] = generation | PENDING;
      return;
    }
    const status = native.freeInPool(this.#slot, index, generation, isCleared);
    if (status !== native.OK) throw this.#error(status, 'gpu_buddy_free_list');
  }

  /**
   * Takes an allocation out of the pool: the list of its blocks, which belongs to the caller.
   *
   * @throws as `offset()`, and `ENOMEM`, `ERR_GPU_BUDDY_POISONED`
   */
  blocks(handle: PoolHandle): AllocatedBlocks<N> {
    const index = this.#find(handle, 'gpu_buddy_block');
    const guard = new Guard();
    const slot = takeFromPool(guard, this.#slot, index, generationOf(handle, index));
    if (slot < 0) throw this.#error(native.lastStatus(), 'gpu_buddy_block');
    return new InternalBlocks(internalKey, this.#buddy, guard, slot, native.reportedTag());
  }

  /**
   * Frees all allocations. The pool can be used again.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  clear(options?: FreeOptions): void {
    const isCleared = isToBeCleared(options);
    const status = native.clearPool(this.#slot, isCleared);
    if (status !== native.OK) throw this.#error(status, 'gpu_buddy_free_list');
  }

  /** The handles of all allocations. What is freed or allocated meanwhile may be among them, or not. */
  *[Symbol.iterator](): IterableIterator<PoolHandle> {
    for (let index = 0; index < (this.#entries()[COUNT] ?? 0); index++) {
      const generation = this.#memory[ENTRY * (index + 1) + GENERATION] ?? 0;
      if (generation > 0 && generation < PENDING) yield toHandle(index, generation);
    }
  }

  /** Frees all allocations, and ends the pool. A second call does nothing. */
  dispose(): void {
    this.#dispose();
  }

  #dispose(): void {
    const slot = this.#slot;
    const guard = this.#guard;
    this.#slot = NO_POOL;
    this.#memory = NO_ENTRIES;
    this.#guard = undefined;
    // An earlier call may have been stopped before it let the guard go.
    if (slot === NO_POOL || guard === undefined) return;
    notePoolStack(slot, undefined);
    native.closePool(pools, guard, slot);
  }

  /** `dispose()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.#dispose();
  }

  #error(status: number, syscall: string): GpuBuddyError {
    return ofBuddy.toError(this.#buddy, status, syscall);
  }

  /** Tells how many allocations there are; `{ disposed: true }` after `dispose()`. */
  toJSON(): { readonly length: number } | { readonly disposed: true } {
    return this.#slot === NO_POOL ? { disposed: true } : { length: this.length };
  }

  /** @internal */
  [inspect.custom](): string {
    if (!(#allocator in this)) return 'Pool {}';
    return this.disposed ? 'Pool { disposed }' : `Pool { length: ${String(this.length)} }`;
  }
}

/** @internal The class with its constructor. */
export const InternalPool = Pool as unknown as new <N extends Bytes>(
  key: typeof internalKey,
  buddy: GpuBuddy<N>,
) => Pool<N>;

function makeMemory(room: number): Int32Array {
  try {
    return new Integers(new Memory(4 * ENTRY * (room + 1)));
  } catch (cause) {
    // V8's own error; it throws the same where the stack is full.
    if (!(cause instanceof RangeError) || cause.message.includes('call stack')) throw cause;
    throw gpuBuddyError(native.NO_MEMORY, 'gpu_buddy_alloc_blocks');
  }
}

function inOnePiece(request: Request): Request {
  return { ...request, flags: request.flags | native.FLAG_CONTIGUOUS };
}

function toHandle(index: number, generation: number): PoolHandle {
  return (index * SCALE + generation) as PoolHandle;
}

/** Gives any integer for what is no handle. */
function indexOf(handle: PoolHandle): number {
  return typeof handle === 'number' ? (handle * (1 / SCALE)) | 0 : 0;
}

function generationOf(handle: PoolHandle, index: number): number {
  return (handle - index * SCALE) | 0;
}
