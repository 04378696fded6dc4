/** Implements `Pool`: allocations that are named by numbers. */
import { inspect } from 'node:util';
import { AllocatedBlocks } from './allocated-blocks';
import { captureStack, notePoolStack } from './allocation-stacks';
import { Allocator } from './allocator';
import type * as api from './api';
import { toBytes } from './arguments';
import { gpuBuddyError, invalidArgType, type GpuBuddyError } from './errors';
import { allocated, freed, tellAlloc, tellFree, UNTOLD } from './events';
import { isToBeCleared, type FreeOptions } from './free-options';
import { Guard, takeFromPool } from './guard';
import * as native from './native';
import type { Bytes } from './native';
import { generationOf, indexOf, toHandle, type PoolHandle } from './pool-handle';
import { abandonPool, reclaimAll } from './reclaim';
import { toRequest, type Request } from './request';
import { markAsUncloneable } from './uncloneable';

const SMALLEST_ROOM = 64;
/** Places in the header of the memory: a flag that the memory was replaced, and the number of entries ever used. */
const { POOL_MOVED: MOVED, POOL_COUNT: COUNT } = native;
/** Places in an entry. */
const { POOL_GENERATION: GENERATION, POOL_CHUNK: CHUNK, POOL_CHUNKS: CHUNKS } = native;
const { POOL_ENTRY: ENTRY, POOL_MOST_ENTRIES: MOST_ENTRIES, POOL_PENDING: PENDING } = native;
/** Slot of no pool. */
const { NO_SLOT: NO_POOL } = native;
const NO_ENTRIES = new Int32Array(ENTRY);

/** Taken when this file is loaded: a program that replaces them later could write into the memory of pools. */
const { Int32Array: Integers, SharedArrayBuffer: Memory } = globalThis;

/** Represents a pool for the collector, so that an interrupted `dispose()` can drop it. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the smallest object that a registry can watch
class PoolGuard {}

const pools = new FinalizationRegistry(abandonPool);

export class Pool<N extends Bytes = number> implements api.Pool<N> {
  readonly #allocator: Allocator<N>;
  /** Is `undefined` once the pool is disposed of. */
  #guard: PoolGuard | undefined;
  /** Slot of the native pool. */
  #slot = NO_POOL;
  /** A header and entries: see native/buddy/pool.h. Only the addon writes there, but for `PENDING`. */
  #memory: Int32Array = NO_ENTRIES;
  /** The requests of allocations without options: one that explains its failure, and one that does not. */
  readonly #plainRequest: Request;
  readonly #quietRequest: Request;

  constructor(allocator: Allocator<N>) {
    Allocator.assert(allocator);
    markAsUncloneable(this);
    const stack = allocator.capturesStacks ? captureStack(2) : undefined;
    this.#allocator = allocator;
    this.#plainRequest = inOnePiece(allocator.plainRequest);
    this.#quietRequest = inOnePiece(allocator.quietRequest);
    const guard = new PoolGuard();
    const slot = native.openPool(pools, guard, allocator.handle);
    if (slot < 0) throw this.#error(native.lastStatus(), 'gpu_buddy');
    this.#guard = guard;
    this.#slot = slot;
    notePoolStack(slot, stack);
    this.#moveTo(SMALLEST_ROOM);
  }

  get buddy(): api.GpuBuddy<N> {
    return this.#allocator.buddy;
  }

  get length(): number {
    const length = native.lengthOfPool(this.#slot);
    if (length < 0) throw this.#error(native.DISPOSED, 'gpu_buddy');
    return length;
  }

  get disposed(): boolean {
    return this.#slot === NO_POOL;
  }

  alloc(size: Bytes, options?: api.PoolAllocOptions): PoolHandle {
    const wanted = toBytes('size', size);
    const request = this.#toRequest(wanted, options, this.#plainRequest);
    const handle = this.#alloc(wanted, request);
    if (handle !== null) return handle;
    throw this.#allocator.shortageError(wanted, request);
  }

  tryAlloc(size: Bytes, options?: api.PoolAllocOptions): PoolHandle | null {
    const wanted = toBytes('size', size);
    return this.#alloc(wanted, this.#toRequest(wanted, options, this.#quietRequest));
  }

  #toRequest(size: Bytes, options: api.PoolAllocOptions | undefined, plain: Request): Request {
    if (options === undefined) return plain;
    const request = toRequest(size, options, plain, this.#allocator.space.base);
    if (!request.isOutside) return request;
    const status = this.disposed ? native.DISPOSED : this.#allocator.unlessGone(native.RANGE_BEYOND_SPACE);
    throw this.#allocator.allocError(status, size, request);
  }

  #alloc(size: Bytes, request: Request): PoolHandle | null {
    const status = native.allocInPool(this.#allocator.handle, request, this.#slot, size);
    if (status !== native.OK) return this.#allocAgain(status, size, request);
    const handle = toHandle(native.report.node, native.report.generation);
    if (allocated.hasSubscribers) tellAlloc(this.#allocator, 1, size, request);
    return handle;
  }

  #allocAgain(status: number, size: Bytes, request: Request): PoolHandle | null {
    if (status === native.POOL_FULL) {
      this.#grow();
      return this.#alloc(size, request);
    }
    if ((native.isShortage(status) || status === native.NO_MEMORY) && reclaimAll())
      return this.#alloc(size, request);
    if (!native.isShortage(status)) throw this.#allocator.allocError(status, size, request);
    this.#allocator.noteShortage(status, size, request);
    return null;
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

  /** Gives the current memory. The call that moved it may have been stopped. */
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
    return generation > 0 && toHandle(index, generation) === handle;
  }

  #unknown(handle: unknown, syscall: string): Error {
    if (typeof handle !== 'number') return invalidArgType('handle', 'a handle of this pool', handle);
    if (this.disposed) return this.#error(native.DISPOSED, 'gpu_buddy');
    return this.#allocator.toError(native.POOL_HANDLE_UNKNOWN, syscall, { given: { handle } });
  }

  offset(handle: PoolHandle): N {
    const index = this.#find(handle, 'gpu_buddy_block');
    const chunk = this.#memory[ENTRY * (index + 1) + CHUNK] ?? 0;
    if (chunk >= 0) return this.#allocator.space.addressOf(chunk);
    this.#describe(index, handle);
    return this.#allocator.space.address(native.found.offset);
  }

  size(handle: PoolHandle): N {
    const index = this.#find(handle, 'gpu_buddy_block');
    const chunks = this.#memory[ENTRY * (index + 1) + CHUNKS] ?? 0;
    if (chunks >= 0) return this.#allocator.space.bytes(chunks * this.#allocator.space.chunkBytes);
    this.#describe(index, handle);
    return this.#allocator.space.bytes(native.sizeFound());
  }

  /** Asks the addon if numbers are too large for an entry. */
  #describe(index: number, handle: PoolHandle): void {
    const status = native.describeInPool(this.#slot, index, generationOf(handle, index));
    if (status !== native.OK) throw this.#error(status, 'gpu_buddy_block');
  }

  has(handle: PoolHandle): boolean {
    return this.#isLive(indexOf(handle), handle);
  }

  free(handle: PoolHandle, options?: FreeOptions): void {
    const isCleared = isToBeCleared(options);
    const index = this.#find(handle, 'gpu_buddy_free_list');
    const generation = generationOf(handle, index);
    const memory = this.#memory;
    const bytes = freed.hasSubscribers ? Number(this.size(handle)) : UNTOLD;
    if (this.#allocator.lazyHandle >= 0 && !native.mustFreeAtOnce()) {
      native.freeInPoolSoon(this.#slot, index, generation, isCleared);
      const place = ENTRY * (index + 1) + GENERATION;
      // A hook that saw the freeing being scheduled may have had it done: then there is another allocation, or none.
      if (memory[place] === generation) memory[place] = generation | PENDING;
    } else {
      const status = native.freeInPool(this.#slot, index, generation, isCleared);
      if (status !== native.OK) throw this.#error(status, 'gpu_buddy_free_list');
    }
    if (bytes !== UNTOLD) tellFree(this.#allocator, 1, bytes);
  }

  blocks(handle: PoolHandle): AllocatedBlocks<N> {
    const index = this.#find(handle, 'gpu_buddy_block');
    const guard = new Guard();
    const slot = takeFromPool(guard, this.#slot, index, generationOf(handle, index));
    if (slot < 0) throw this.#error(native.lastStatus(), 'gpu_buddy_block');
    return new AllocatedBlocks(this.#allocator, guard, slot, native.reportedTag());
  }

  clear(options?: FreeOptions): void {
    const isCleared = isToBeCleared(options);
    const contents = this.#contents();
    const status = native.clearPool(this.#slot, isCleared);
    if (status !== native.OK) throw this.#error(status, 'gpu_buddy_free_list');
    this.#tellEnd(contents);
  }

  /** Gives the bytes of each allocation, if there are subscribers. */
  #contents(): readonly number[] {
    return freed.hasSubscribers ? Array.from(this, (handle) => Number(this.size(handle))) : [];
  }

  #tellEnd(contents: readonly number[]): void {
    const bytes = contents.reduce((sum, size) => sum + size, 0);
    if (contents.length !== 0) tellFree(this.#allocator, contents.length, bytes);
  }

  *[Symbol.iterator](): IterableIterator<PoolHandle> {
    for (let index = 0; index < (this.#entries()[COUNT] ?? 0); index++) {
      const generation = this.#memory[ENTRY * (index + 1) + GENERATION] ?? 0;
      if (generation > 0 && generation < PENDING) yield toHandle(index, generation);
    }
  }

  dispose(): void {
    this.#dispose();
  }

  #dispose(): void {
    const contents = this.#contents();
    const slot = this.#slot;
    const guard = this.#guard;
    this.#slot = NO_POOL;
    this.#memory = NO_ENTRIES;
    this.#guard = undefined;
    // An earlier call may have been stopped before it dropped the guard.
    if (slot === NO_POOL || guard === undefined) return;
    notePoolStack(slot, undefined);
    native.closePool(pools, guard, slot);
    this.#tellEnd(contents);
  }

  [Symbol.dispose](): void {
    this.#dispose();
  }

  #error(status: number, syscall: string): GpuBuddyError {
    return this.#allocator.toError(status, syscall);
  }

  toJSON(): { readonly length: number } | { readonly disposed: true } {
    return this.#slot === NO_POOL ? { disposed: true } : { length: this.length };
  }

  [inspect.custom](): string {
    if (!(#allocator in this)) return 'Pool {}';
    return this.disposed ? 'Pool { disposed }' : `Pool { length: ${String(this.length)} }`;
  }
}

function makeMemory(room: number): Int32Array {
  try {
    return new Integers(new Memory(4 * ENTRY * (room + 1)));
  } catch (cause) {
    // Turned into ENOMEM, unless the stack is full, for which V8 throws the same error.
    if (!(cause instanceof RangeError) || cause.message.includes('call stack')) throw cause;
    throw gpuBuddyError(native.NO_MEMORY, 'gpu_buddy_alloc_blocks');
  }
}

function inOnePiece(request: Request): Request {
  return { ...request, flags: request.flags | native.FLAG_CONTIGUOUS };
}
