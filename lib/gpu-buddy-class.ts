/** The allocator: what is behind `GpuBuddy`. */
import { inspect, type InspectOptions } from 'node:util';
import type { BlockInfo } from './allocated-block';
import { toRange, type AddressRange, type RelativeRange } from './address-range';
import { InternalBlocks, type AllocatedBlocks } from './allocated-blocks';
import { toBoolean, toBytes, toFlag, toInteger, toNumberIfSafe, toRelative } from './arguments';
import { allocMany, InternalBatch, type Batch } from './batch';
import type { BlockTable } from './block-table';
import { claim, type BlockPlace, type ClaimOptions } from './claim';
import { gpuBuddyError, type ErrorDetails, type GpuBuddyError, type Shortage } from './errors';
import { captureStack, noteStack } from './allocation-stacks';
import { remember, setOpen } from './directory';
import type { GpuBuddy } from './gpu-buddy';
import { fitsIntoHeap } from './heap-room';
import { putGuardBack, spareSlot, takeGuard, type Guard } from './guard';
import { internalKey, ofBuddy } from './internal';
import { toJson, withJson, type Json } from './json';
import * as native from './native';
import type { Bytes, Token } from './native';
import { toOptions, type Names } from './options';
import { InternalPool, type Pool } from './pool';
import { reclaimAll } from './reclaim';
import { plainRequest, toRequest, type AllocOptions, type Request } from './request';
import { HEAP_BYTES_OF_SEGMENT, type Segment } from './segments';
import { SZ_4K } from './sizes';
import { fitsNumbers, makeSpace, type Space } from './space';
import { restoreState, saveState, type GpuBuddyState, type Restored, type RestoreOptions } from './state';
import { fromId, toBuddyToken, toId, wantsBigint, type GpuBuddyToken, type OpenOptions } from './tokens';
import { markAsUncloneable } from './uncloneable';
import { endWaits, waitForFree, type WaitForFreeOptions } from './waiting';

/** Parameters of a new allocator, `GpuBuddyParams` of the Rust bindings. */
export interface GpuBuddyOptions {
  /** Bytes to manage; what is left over after the last whole chunk is not managed. At least one chunk. */
  readonly size: Bytes;
  /**
   * Bytes of the smallest block: a power of two from 1 on. Default: 4096, which is also the least that the kernel knows: of smaller
   * chunks it is told in a larger unit, and gives the same blocks. So a "byte" can be whatever is handed out. `size` times
   * 4096 / `chunkSize` must be below 2^64.
   */
  readonly chunkSize?: Bytes | undefined;
  /** Address of the first byte of the space; every address in and out counts from it. Default: 0. */
  readonly baseOffset?: Bytes | undefined;
  /** Give out bigints in place of numbers. A space that ends above 2^53 - 1 needs it. Default: false. */
  readonly bigint?: boolean | undefined;
  /** Bytes of native memory that the bookkeeping may take. Default, and 0: a quarter of the machine's memory. */
  readonly maxNativeBytes?: number | undefined;
  /** Steps that the search of one allocation, or of one `findFree()`, may take; 0: no limit. Default: 16 million, 0.2 to 1 second of work. */
  readonly maxSteps?: number | undefined;
  /** Notes where each list is allocated, for the diagnostics channel `gpu-buddy:reclaimed`. Slow. Default: false. */
  readonly captureStacks?: boolean | undefined;
}

/** Blocks of one order. */
export interface OrderStats<N extends Bytes = number> {
  /** `blockSize` is `chunkSize * 2 ** order`. */
  readonly order: number;
  /** Bytes of one block. */
  readonly blockSize: N;
  readonly freeBlocks: number;
  readonly usedBlocks: number;
}

/** Numbers about an allocator. */
export interface GpuBuddyStats<N extends Bytes = number> {
  /** Bytes. */
  readonly size: N;
  /** Bytes. */
  readonly chunkSize: N;
  /** Bytes that are free. */
  readonly avail: N;
  /** Bytes that are free and known to be zero. */
  readonly clearAvail: N;
  /** Bytes of native memory that the bookkeeping has taken. */
  readonly nativeBytes: number;
  /** How many `WARN_ON`s the kernel code has met. */
  readonly kernelWarnings: number;
  /** One entry an order, from 0 to `maxOrder`. */
  readonly orders: readonly OrderStats<N>[];
}

const OPTION_NAMES: Names<GpuBuddyOptions> = {
  size: true,
  chunkSize: true,
  baseOffset: true,
  bigint: true,
  maxNativeBytes: true,
  maxSteps: true,
  captureStacks: true,
};

/** The place in which `findFree()` looks, and the piece it looks for. */
export interface FindFreeOptions {
  /**
   * The address is a multiple of it, counted from the start of the space, as blocks are aligned. A power of two; one below
   * `chunkSize`, its default, is as good as that.
   */
  readonly alignment?: Bytes | undefined;
  /** The addresses that the whole run must lie in. Default: the whole space. */
  readonly range?: AddressRange | undefined;
}

const FIND_OPTION_NAMES: Names<FindFreeOptions> = { alignment: true, range: true };

const DEFAULT_MAX_STEPS = 16_000_000;

/** An allocator as `util.inspect()` shows it. */
interface Overview<N extends Bytes> {
  readonly baseOffset: N;
  readonly size: N;
  readonly chunkSize: N;
  readonly avail: N;
  readonly clearAvail: N;
}

/** A native allocator that is open, and how its numbers are given out. */
interface Made {
  readonly handle: native.Handle;
  readonly space: Space<Bytes>;
  readonly captureStacks: boolean;
}

/** Opens the allocator that a token stands for. */
let open: (token: GpuBuddyToken, isBigint: boolean) => GpuBuddy<Bytes>;

/** The class behind `GpuBuddy`, which has its documentation. */
export class GpuBuddyClass<N extends Bytes = number> implements Disposable {
  readonly #handle: native.Handle;
  readonly #space: Space<N>;
  /** The request of an allocation without options. */
  readonly #plainRequest: Request;
  /** The same for `tryAllocBlocks()`, which needs no explanation. */
  readonly #quietRequest: Request;
  readonly #captureStacks: boolean;
  /** See `BuddyInternals.lazyHandle()`. */
  #lazyHandle: number;
  /** The ID of its token, once there is one. */
  #id: string | undefined;

  /** @internal See `GpuBuddyConstructor`. */
  constructor(options: GpuBuddyOptions) {
    markAsUncloneable(this);
    const { handle, space, captureStacks } =
      options instanceof ByToken ? this.#open(options) : this.#create(options);
    this.#handle = handle;
    this.#lazyHandle = handle.slot;
    // The type that the caller has asked for by `bigint`.
    this.#space = space as Space<N>;
    this.#captureStacks = captureStacks;
    this.#plainRequest = plainRequest(toNumberIfSafe(space.chunkSize), captureStacks);
    this.#quietRequest = { ...this.#plainRequest, explains: false };
  }

  #open({ token, isBigint }: ByToken): Made {
    const status = native.open(this, token);
    if (status !== native.OK) throw gpuBuddyError(status, 'gpu_buddy');
    const handle = native.created();
    const base = native.createdBaseOffset();
    const stats = native.stats(handle);
    if (typeof stats === 'number') throw gpuBuddyError(stats, 'gpu_buddy');
    const { size, chunkSize } = stats;
    const space = makeSpace(isBigint, base, size, chunkSize);
    this.#refuseTooLarge(space, handle, BigInt(size), 'gpu_buddy');
    return { handle, space, captureStacks: false };
  }

  #create(options: GpuBuddyOptions): Made {
    const given: Partial<GpuBuddyOptions> = toOptions(
      'options',
      options as GpuBuddyOptions | undefined,
      OPTION_NAMES,
    );
    const { chunkSize: chunk = SZ_4K, baseOffset: base = 0 } = given;
    const { maxNativeBytes: bytes = 0, maxSteps: steps = DEFAULT_MAX_STEPS } = given;
    const size = toBytes('size', given.size);
    const chunkSize = toBytes('chunkSize', chunk);
    const baseOffset = toBytes('baseOffset', base);
    const memoryLimit = toInteger('maxNativeBytes', bytes);
    const stepLimit = toInteger('maxSteps', steps);
    const captureStacks = toFlag('captureStacks', given.captureStacks);
    const isBigint = toFlag('bigint', given.bigint);
    const config = { size, chunkSize, baseOffset, anyUnit: true, memoryLimit, stepLimit };
    const status = native.create(this, config);
    if (status !== native.OK)
      throw gpuBuddyError(status, 'gpu_buddy_init', { given: { size, chunkSize, baseOffset } });
    const handle = native.created();
    const managed = BigInt(size) - (BigInt(size) % BigInt(chunkSize));
    const space = makeSpace(isBigint, baseOffset, Number(managed), chunkSize);
    this.#refuseTooLarge(space, handle, size, 'gpu_buddy_init');
    return { handle, space, captureStacks };
  }

  /** Makes sure that all addresses can be given out as they are wanted. */
  #refuseTooLarge(space: Space<Bytes>, handle: native.Handle, size: Bytes, syscall: string): void {
    if (space.isBigint || fitsNumbers(space)) return;
    native.dispose(this, handle);
    throw gpuBuddyError(native.NEEDS_BIGINT, syscall, { given: { size } });
  }

  /** Address of the first byte of the space. */
  get baseOffset(): N {
    return this.#space.baseOffset;
  }

  /** Bytes of the smallest block. */
  get chunkSize(): N {
    return this.#space.chunkSize;
  }

  /** Bytes that are managed: a multiple of `chunkSize`. */
  get size(): N {
    return this.#space.size;
  }

  /**
   * Bytes that are free: `gpu_buddy.avail`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get avail(): N {
    this.#check(native.readAvail(this.#handle), 'gpu_buddy');
    return this.#space.bytes(native.avail.all);
  }

  /**
   * Bytes that are free and known to be zero: `gpu_buddy.clear_avail`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get clearAvail(): N {
    this.#check(native.readAvail(this.#handle), 'gpu_buddy');
    return this.#space.bytes(native.avail.clear);
  }

  /**
   * How often memory has become free here: by a free, a trim or `freeAll()`, of the collector, or since a thread has ended, in any
   * thread. An allocation that is taken back, such as part of a batch that fails, does not count. See `waitForFree()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get epoch(): number {
    this.#check(native.readEpoch(this.#handle), 'gpu_buddy');
    return native.epochFound();
  }

  /**
   * Whether nothing is allocated.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get isEmpty(): boolean {
    return this.avail === this.#space.size;
  }

  /**
   * Bytes of the largest free block; 0 where nothing is free. A run of free blocks can be longer: see `findFree()`. Takes time
   * for the orders only, not for the blocks.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get largestFree(): N {
    this.#check(native.readRoom(this.#handle), 'gpu_buddy');
    return this.#space.bytes(native.room.largestFree);
  }

  /**
   * How far the free memory has fallen apart, from 0 (not at all, or nothing is free) to nearly 1: 1 minus `largestFree` by the
   * largest block that could be free with as many bytes free. Takes time for the orders only, not for the blocks.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get fragmentation(): number {
    this.#check(native.readRoom(this.#handle), 'gpu_buddy');
    const { largestFree, largestPossible } = native.room;
    return largestPossible === 0 ? 0 : 1 - largestFree / largestPossible;
  }

  /** The order of the largest block that the space can hold. */
  get maxOrder(): number {
    return (BigInt(this.size) / BigInt(this.chunkSize)).toString(2).length - 1;
  }

  /** Whether `dispose()` has been called. Never throws. */
  get disposed(): boolean {
    return native.readAvail(this.#handle) === native.DISPOSED;
  }

  /**
   * Allocates `size` bytes: a multiple of `chunkSize`, in as few blocks as the kernel's policy finds.
   *
   * Behind it: `gpu_buddy_alloc_blocks()`.
   *
   * @throws {GpuBuddyError} `ENOSPC` where no free space fits, with `reason` and what was free; `EINVAL` with the argument at
   *   fault; `ENOMEM`; `ERR_GPU_BUDDY_WORK_LIMIT` where the search ended before that was known; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  allocBlocks(size: Bytes, options?: AllocOptions): AllocatedBlocks<N> {
    const wanted = toBytes('size', size);
    const request =
      options === undefined
        ? this.#plainRequest
        : toRequest(wanted, options, this.#plainRequest, this.#space.base);
    const blocks = this.#alloc(wanted, request);
    if (blocks) return blocks;
    throw this.#shortageError(wanted, request);
  }

  /**
   * Allocates as `allocBlocks()`, but returns `null` in place of `ENOSPC`, and does not find out why. All else is thrown,
   * `ERR_GPU_BUDDY_WORK_LIMIT` too: whether there is space is not known then.
   *
   * @throws as `allocBlocks()`, but for `ENOSPC`
   */
  tryAllocBlocks(size: Bytes, options?: AllocOptions): AllocatedBlocks<N> | null {
    const wanted = toBytes('size', size);
    const request =
      options === undefined
        ? this.#quietRequest
        : toRequest(wanted, options, this.#quietRequest, this.#space.base);
    return this.#alloc(wanted, request);
  }

  /** Does what nearly always happens; the rest is apart, so that this is small enough to be compiled into its callers. */
  #alloc(size: Bytes, request: Request): AllocatedBlocks<N> | null {
    if (request.isSpecial) return this.#allocSpecially(size, request);
    const slot = spareSlot();
    const guard = takeGuard();
    const status = native.alloc(this.#handle, request, slot, size);
    if (status !== native.OK) return this.#allocAgain(status, size, request, guard);
    return new InternalBlocks(internalKey, this, guard, slot, request.tag);
  }

  #allocSpecially(size: Bytes, request: Request): AllocatedBlocks<N> | null {
    if (request.isOutside) throw this.#outside(size, request);
    // First: what a program has hooked into stack traces may throw, or allocate.
    const stack = captureStack();
    const slot = spareSlot();
    const guard = takeGuard();
    const status = native.alloc(this.#handle, request, slot, size);
    if (status !== native.OK) return this.#allocAgain(status, size, request, guard);
    const blocks = new InternalBlocks(internalKey, this, guard, slot, request.tag);
    noteStack(slot, stack);
    return blocks;
  }

  /** Lists that the collector has found may have what is missing. */
  #allocAgain(
    status: number,
    size: Bytes,
    request: Request,
    guard: Guard | undefined,
  ): AllocatedBlocks<N> | null {
    putGuardBack(guard);
    if ((status === native.NO_SPACE || status === native.NO_MEMORY) && reclaimAll())
      return this.#alloc(size, request);
    if (status === native.NO_SPACE) return null;
    throw this.#allocError(status, size, request);
  }

  #outside(size: Bytes, request: Request): GpuBuddyError {
    return this.#allocError(this.#unlessGone(native.RANGE_BEYOND_SPACE), size, request);
  }

  #toRequest(size: Bytes, options: AllocOptions | undefined): Request {
    if (options === undefined) return this.#plainRequest;
    const request = toRequest(size, options, this.#plainRequest, this.#space.base);
    if (request.isOutside) throw this.#outside(size, request);
    return request;
  }

  /** Must be called before anything else is. */
  #shortageError(size: Bytes, request: Request): GpuBuddyError {
    return this.#allocError(native.NO_SPACE, size, request, shortageOf(size, request, this.#space));
  }

  #allocError(
    status: number,
    size: Bytes,
    { minBlockSize, place }: Request,
    shortage?: Shortage,
  ): GpuBuddyError {
    return this.#toError(status, 'gpu_buddy_alloc_blocks', {
      given: { size, minBlockSize, range: place?.value },
      names: place && { range: place.argument },
      shortage,
    });
  }

  /**
   * Allocates `count` times `size` bytes, or nothing at all. The lists are freed one by one.
   *
   * Behind it: `gpu_buddy_alloc_blocks()`.
   *
   * @throws as `allocBlocks()`
   */
  allocMany(count: number, size: Bytes, options?: AllocOptions): AllocatedBlocks<N>[] {
    const number = toInteger('count', count);
    const wanted = toBytes('size', size);
    return allocMany(this, number, wanted, this.#toRequest(wanted, options));
  }

  /**
   * Takes exactly these blocks, as one list in this order, or nothing at all: for those who know already what lies where, such as
   * memory that was in use before the program came, or placements of their own. Each block comes as one block of just this order;
   * all of it must lie within one free block. Properties beside `offset` and `order` are ignored.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` with a range as long as the block, for each.
   *
   * @throws {GpuBuddyError} `EINVAL` where there is no block, and with the place of one that leads out of the space, that does not
   *   begin on a multiple of its own size, or that overlaps another; `ENOSPC` with the place of the first one that is not free;
   *   `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1G, SZ_4K } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1G });
   * const firmware = buddy.claim([
   *   { offset: 0, order: 4 },
   *   { offset: 16 * SZ_4K, order: 0 },
   * ]);
   * console.log(firmware.size); // 69632: 17 * 4 KiB
   * ```
   */
  claim(blocks: Iterable<BlockPlace>, options?: ClaimOptions): AllocatedBlocks<N> {
    return claim(this, blocks, options);
  }

  /**
   * Makes a pool, which is empty: allocations by number. It owns what it allocates.
   *
   * @throws {GpuBuddyError} `ENOMEM`; `ERR_GPU_BUDDY_DISPOSED`
   */
  pool(): Pool<N> {
    return new InternalPool(internalKey, this);
  }

  /**
   * Frees everything that this thread has allocated here, through whatever `GpuBuddy` object: lists, those of batches, and what
   * is in pools. Free memory that is clear stays clear; what is freed counts as dirty. What belongs to other threads, or is
   * under way between them, stays.
   *
   * Takes time for all blocks of the allocator.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   */
  freeAll(): void {
    reclaimAll();
    this.#check(native.freeEverything(this.#handle), 'gpu_buddy_free_list');
  }

  /**
   * Waits until memory has become free, in any thread: resolves to `epoch` once that is above `since`, at once if it is already.
   * What has become free need not fit the caller's request, and others may be quicker: try again, and wait again. Whoever reads
   * `epoch` before the allocation that fails misses nothing in between.
   *
   * Costs a free nothing while nobody waits, and one call for all who wait in a thread. Keeps the allocator, and without
   * `ref: false` the event loop, going.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`, also where `dispose()` is called meanwhile; `ERR_GPU_BUDDY_POISONED`
   * @throws the signal's `reason`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1M, type AllocatedBlocks } from 'gpu-buddy';
   *
   * async function allocWhenFree(buddy: GpuBuddy, size: number): Promise<AllocatedBlocks> {
   *   for (;;) {
   *     const since = buddy.epoch;
   *     const blocks = buddy.tryAllocBlocks(size);
   *     if (blocks) return blocks;
   *     await buddy.waitForFree({ since });
   *   }
   * }
   *
   * const buddy = new GpuBuddy({ size: SZ_1M });
   * const first = buddy.allocBlocks(SZ_1M);
   * setTimeout(() => first.free(), 10);
   * const second = await allocWhenFree(buddy, SZ_1M);
   * console.log(second.size); // 1048576
   * ```
   */
  async waitForFree(options?: WaitForFreeOptions): Promise<number> {
    return waitForFree(this.#handle, options, (status) => this.#toError(status, 'gpu_buddy'));
  }

  /** A batch of allocations and frees, to be done in one call. */
  batch(): Batch<N> {
    return new InternalBatch(internalKey, this);
  }

  /**
   * The allocated block that an address lies in, or `null` where that address is free.
   *
   * Behind it: `gpu_buddy_allocated_addr_to_block()`.
   *
   * @throws {GpuBuddyError} `ENXIO` outside the space; `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  blockAt(address: Bytes): BlockInfo<N> | null {
    const syscall = 'gpu_buddy_allocated_addr_to_block';
    const relative = toRelative(toBytes('address', address), this.#space.base);
    const status =
      relative === null
        ? this.#unlessGone(native.ADDRESS_BEYOND_SPACE)
        : native.lookup(this.#handle, relative);
    if (status !== native.OK) throw this.#toError(status, syscall, { given: { address } });
    if (!native.found.any) return null;
    const { offset, order, clear, tag } = native.found;
    return withJson({
      offset: this.#space.address(offset),
      order,
      size: this.#space.blockSize(order),
      isClear: clear,
      tag,
    });
  }

  /**
   * Bytes that are free between two addresses, which need not be aligned. Takes time for the blocks between them.
   *
   * @throws {GpuBuddyError} `EINVAL` where the range is empty or leads out of the space; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  availIn(range: AddressRange): N {
    const given = toRange('range', range, this.#space.base);
    const status = this.#unlessOutside(given) ?? native.availIn(this.#handle, given);
    if (status !== native.OK) throw this.#toError(status, 'gpu_buddy', { given: { range: given.text } });
    return this.#space.bytes(native.bytesInRange());
  }

  /**
   * All that is free, in the order of addresses: free blocks that lie side by side are one segment, whether they are clear or
   * dirty. A segment can be longer than `largestFree`.
   *
   * @throws {GpuBuddyError} `ENOMEM` where so many segments do not fit into V8's heap; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   */
  freeSegments(): Segment<N>[] {
    const space = this.#space;
    const runs = native.freeRuns(this.#handle);
    if (typeof runs === 'number') throw this.#toError(runs, 'gpu_buddy');
    const { offsets, sizes } = runs;
    if (!fitsIntoHeap(offsets.length, HEAP_BYTES_OF_SEGMENT))
      throw this.#toError(native.NO_MEMORY, 'gpu_buddy', { note: `${String(offsets.length)} segments` });
    return Array.from(offsets, (offset, index) => ({
      offset: space.address(offset),
      size: space.bytes(sizes[index] ?? 0),
    }));
  }

  /**
   * The lowest address where `size` bytes in a row are free, in whatever blocks; `null` where there is no such place. `size` is a
   * multiple of `chunkSize`, as for `allocBlocks()`.
   *
   * `contiguous` is the kernel's own search for one piece, and gives up on runs that exist: it looks beside free blocks of
   * `size` rounded down to a power of two, and nowhere else. This one finds every run, and a range of exactly `size` bytes takes
   * it. On an allocator that other threads use, the answer is a hint: the run may be taken before it is asked for.
   *
   * @throws {GpuBuddyError} `EINVAL` where `size` is no multiple of the chunk size, 0, or larger than the space, where
   *   `alignment` is no power of two, where the range is empty or leads out of the space; `ERR_GPU_BUDDY_WORK_LIMIT`;
   *   `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1M } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: 16 * SZ_1M });
   * const lists = buddy.allocMany(16, SZ_1M); // from the top
   * for (const list of lists.slice(2, 7)) list.free();
   * console.log(buddy.tryAllocBlocks(5 * SZ_1M, { contiguous: true })); // null
   *
   * const start = buddy.findFree(5 * SZ_1M);
   * console.log(start); // 9437184: 9 MiB
   * if (start !== null) {
   *   const blocks = buddy.allocBlocks(5 * SZ_1M, { mode: { at: start } });
   *   console.log(blocks.segments().length); // 1
   * }
   * ```
   */
  findFree(size: Bytes, options?: FindFreeOptions): N | null {
    const wanted = toBytes('size', size);
    const { alignment: unit, range } = toOptions('options', options, FIND_OPTION_NAMES);
    const alignment = unit === undefined ? this.#plainRequest.minBlockSize : toBytes('alignment', unit);
    const given = range === undefined ? undefined : toRange('range', range, this.#space.base);
    const within = given ?? { start: 0, end: toNumberIfSafe(this.size) };
    const status = this.#unlessOutside(given) ?? native.findFree(this.#handle, wanted, alignment, within);
    if (status !== native.OK)
      throw this.#toError(status, 'gpu_buddy', { given: { size, alignment, range: given?.text } });
    return native.found.any ? this.#space.address(native.found.offset) : null;
  }

  /** The status of a question about a range that begins or ends below the space. */
  #unlessOutside(range: RelativeRange | undefined): number | undefined {
    return range?.isOutside ? this.#unlessGone(native.RANGE_BEYOND_SPACE) : undefined;
  }

  /**
   * Declares all free memory clear (zero) or dirty. What is allocated stays as it is.
   *
   * Behind it: `gpu_buddy_reset_clear()`, repeated until it has reached every free block.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  resetClear(isClear: boolean): void {
    const clear = toBoolean('isClear', isClear);
    this.#check(native.resetClear(this.#handle, clear), 'gpu_buddy_reset_clear');
  }

  /**
   * Numbers by order, and what the bookkeeping costs. Takes time for the orders only, not for the blocks.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  stats(): GpuBuddyStats<N> {
    const space = this.#space;
    const stats = native.stats(this.#handle);
    if (typeof stats === 'number') throw this.#toError(stats, 'gpu_buddy');
    return withJson({
      size: space.size,
      chunkSize: space.chunkSize,
      avail: space.bytes(stats.avail),
      clearAvail: space.bytes(stats.clearAvail),
      nativeBytes: stats.nativeBytes,
      kernelWarnings: stats.kernelWarnings,
      orders: Array.from(stats.freeBlocks, (freeBlocks, order) => ({
        order,
        blockSize: space.blockSize(order),
        freeBlocks,
        usedBlocks: stats.usedBlocks[order] ?? 0,
      })),
    });
  }

  /**
   * All blocks at this moment, free and allocated, in the order of their addresses. They cover the whole space.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   */
  snapshot(): BlockTable<N> {
    const space = this.#space;
    const table = native.snapshot(this.#handle, (length) => space.column(length), space.base);
    if (typeof table === 'number') throw this.#toError(table, 'gpu_buddy');
    return table;
  }

  /**
   * Writes down all that is allocated, and what of the free memory is clear, as plain data that JSON can hold: for
   * `GpuBuddy.restore()`, in this process or in another. The lists of all threads and pools are part of it, also those under way
   * between threads; lists without blocks are not.
   *
   * @throws {GpuBuddyError} `ENOMEM` where so many blocks do not fit into V8's heap; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   */
  save(): GpuBuddyState {
    return saveState(this);
  }

  /**
   * Makes an allocator from what `save()` has written, and all of its lists, in the order of the state. From then on it gives the
   * same answers to the same calls as the one that was saved: placement, clear and dirty memory are the same block by block.
   * Limits and the like are options; native memory taken and `kernelWarnings` begin anew.
   *
   * Where it throws, nothing is left.
   *
   * Behind it: `gpu_buddy_init()`, and `gpu_buddy_alloc_blocks()` with a range as long as the block, for each.
   *
   * @throws {GpuBuddyError} `EINVAL` with the entry that does not fit: the state is of another version, or none; or its space ends
   *   above 2^53 - 1, without `bigint: true`; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1G, SZ_1M, type GpuBuddyState } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1G });
   * const blocks = buddy.allocBlocks(3 * SZ_1M, { tag: 7 });
   * const text = JSON.stringify(buddy.save());
   *
   * const { buddy: again, lists } = GpuBuddy.restore(JSON.parse(text) as GpuBuddyState);
   * console.log(lists.map((list) => [list.tag, list.size])); // [ [ 7, 3145728 ] ]
   * console.log(again.avail === buddy.avail); // true
   * blocks.free();
   * ```
   */
  static restore(state: GpuBuddyState, options: RestoreOptions & { readonly bigint: true }): Restored<bigint>;
  static restore(
    state: GpuBuddyState,
    options?: RestoreOptions & { readonly bigint?: false | undefined },
  ): Restored;
  static restore(state: GpuBuddyState, options?: RestoreOptions): Restored<Bytes>;
  static restore(state: GpuBuddyState, options?: RestoreOptions): Restored<Bytes> {
    return restoreState(state, options, (given) => new GpuBuddyClass<Bytes>(given));
  }

  /**
   * What the kernel prints about an allocator, line by line, each ending in a newline. Where chunks are smaller than 4096, it
   * speaks of a larger unit: a first line says by how much.
   *
   * Behind it: `gpu_buddy_print()`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   */
  print(): string {
    const text = native.print(this.#handle);
    if (typeof text === 'number') throw this.#toError(text, 'gpu_buddy_print');
    return text;
  }

  /**
   * A token that stands for this allocator in every thread of this process: `GpuBuddy.from(token)` in a worker is the
   * same allocator, lock and all. It can be cloned and posted, and used more than once. It keeps nothing alive: the
   * allocator ends with its last object and its last list in all threads.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  share(): GpuBuddyToken {
    // First: from now on others can find it.
    this.#lazyHandle = -1;
    const token = native.share(this.#handle);
    if (typeof token === 'number') throw this.#toError(token, 'gpu_buddy');
    const id = toId(token);
    this.#setId(id);
    return { type: 'GpuBuddy', id };
  }

  /**
   * The allocator that a token stands for. Each thread that uses it has objects of its own, and disposes of them itself.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_TOKEN` where there is no such allocator any more, or it lives in another copy
   *   of this package; `EINVAL` where its space ends above 2^53 - 1, without `bigint: true`; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  static from(token: GpuBuddyToken, options: OpenOptions & { readonly bigint: true }): GpuBuddy<bigint>;
  static from(
    token: GpuBuddyToken,
    options?: OpenOptions & { readonly bigint?: false | undefined },
  ): GpuBuddy;
  static from(token: GpuBuddyToken, options?: OpenOptions): GpuBuddy<Bytes>;
  static from(token: GpuBuddyToken, options?: OpenOptions): GpuBuddy<Bytes> {
    return open(toBuddyToken('token', token), wantsBigint(options));
  }

  /**
   * Ends the use of this allocator. Lists of blocks that are still there stay valid and can be freed; the native
   * memory goes with the last of them. Those who wait for memory through this object are told
   * (`ERR_GPU_BUDDY_DISPOSED`). Without it, the collector does the same. A second call does nothing.
   *
   * Behind it: `gpu_buddy_fini()`, after the last list.
   */
  dispose(): void {
    // First: another allocator may get the slot.
    this.#lazyHandle = -1;
    // Before they could not be told any more.
    endWaits(this.#handle, () => this.#toError(native.DISPOSED, 'gpu_buddy'));
    native.dispose(this, this.#handle);
  }

  /** `dispose()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** A status that is found out before the addon is asked, which would say so if there is nobody to ask any more. */
  #unlessGone(status: number): number {
    const state = native.readAvail(this.#handle);
    return state === native.OK ? status : state;
  }

  #check(status: number, syscall: string): void {
    if (status !== native.OK) throw this.#toError(status, syscall);
  }

  #setId(id: string): void {
    this.#id = id;
    remember(id, this, this.#space.isBigint);
  }

  #toError(status: number, syscall: string, details?: ErrorDetails): GpuBuddyError {
    const note = status === native.POISONED ? native.bug(this.#handle) : undefined;
    return gpuBuddyError(status, syscall, { note, ...details });
  }

  static {
    // Users know the class by this name.
    Object.defineProperty(this, 'name', { value: 'GpuBuddy' });
    open = ({ id }, isBigint) => {
      const buddy = new GpuBuddyClass<Bytes>(new ByToken(fromId(id), isBigint));
      buddy.#lazyHandle = -1;
      buddy.#setId(id);
      return buddy;
    };
    Object.assign(ofBuddy, {
      handle: (buddy) => buddy.#handle,
      space: (buddy) => buddy.#space,
      lazyHandle: (buddy) => buddy.#lazyHandle,
      share: (buddy) => {
        buddy.#lazyHandle = -1;
      },
      shortageError: (buddy, size, request) => buddy.#shortageError(size, request),
      allocError: (buddy, status, size, request) => buddy.#allocError(status, size, request),
      setId: (buddy, id) => {
        buddy.#setId(id);
      },
      isSame: (buddy, other) => buddy === other || (buddy.#id !== undefined && buddy.#id === other.#id),
      capturesStacks: (buddy) => buddy.#captureStacks,
      toRequest: (buddy, size, options) => buddy.#toRequest(size, options),
      toError: (buddy, status, syscall, details) => buddy.#toError(status, syscall, details),
    } satisfies typeof ofBuddy);
  }

  get #overview(): Overview<N> {
    const { baseOffset, size, chunkSize, avail, clearAvail } = this;
    return { baseOffset, size, chunkSize, avail, clearAvail };
  }

  /** Returns addresses and byte counts, with decimal strings for bigints; `{ disposed: true }` after `dispose()`. */
  toJSON(): Json<Overview<N>> | { readonly disposed: true } {
    return this.disposed ? { disposed: true } : toJson(this.#overview);
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#handle in this)) return 'GpuBuddy {}';
    return this.disposed ? 'GpuBuddy { disposed }' : `GpuBuddy ${inspect(this.#overview, options)}`;
  }
}

/** Reads why the call that has just failed did so. */
function shortageOf(size: Bytes, { place }: Request, space: Space<Bytes>): Shortage {
  const { avail, largestFree, availInRange, isMoreInRange } = native.shortage;
  return {
    reason: size > avail ? 'full' : place ? 'range' : 'fragmented',
    requested: space.bytes(size),
    avail: space.bytes(avail),
    largestFree: space.bytes(largestFree),
    availInRange,
    isMoreInRange,
    where: place?.where,
  };
}

/** Takes the place of options: an allocator that is there already. Users can't make one. */
class ByToken implements GpuBuddyOptions {
  readonly size = 0;

  constructor(
    readonly token: Token,
    readonly isBigint: boolean,
  ) {}
}

setOpen(open);
