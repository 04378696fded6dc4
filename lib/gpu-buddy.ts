/** The allocator. */
import { inspect, type InspectOptions } from 'node:util';
import type { BlockInfo } from './allocated-block';
import { toRange, type AddressRange, type RelativeRange } from './address-range';
import { AllocatedBlocks } from './allocated-blocks';
import { toBoolean, toBytes, toFlag, toInteger, toNumberIfSafe, toRelative } from './arguments';
import { allocMany, Batch } from './batch';
import type { BlockTable } from './block-table';
import { GpuBuddyError, type ErrorDetails, type Shortage } from './errors';
import { captureStack, noteStack } from './allocation-stacks';
import { remember, setOpen } from './directory';
import { fitsIntoHeap } from './heap-room';
import { putGuardBack, spareSlot, takeGuard, type Guard } from './guard';
import { internalKey, ofBuddy } from './internal';
import { toJson, withJson, type Json } from './json';
import * as native from './native';
import type { Bytes, Token } from './native';
import { toOptions, type Names } from './options';
import { reclaimAll } from './reclaim';
import { plainRequest, toRequest, type AllocOptions, type Request } from './request';
import { HEAP_BYTES_OF_SEGMENT, type Segment } from './segments';
import { SZ_4K } from './sizes';
import { fromId, toBuddyToken, toId, type GpuBuddyToken } from './tokens';
import { markAsUncloneable } from './uncloneable';

/** Parameters of a new allocator, `GpuBuddyParams` of the Rust bindings. */
export interface GpuBuddyOptions {
  /** Bytes to manage; what is left over after the last whole chunk is not managed. At least one chunk. */
  readonly size: number | bigint;
  /** Bytes of the smallest block: a power of two from 4096 on. Default: 4096. */
  readonly chunkSize?: number | bigint | undefined;
  /** Address of the first byte of the space; every address in and out counts from it. Default: 0. */
  readonly baseOffset?: number | bigint | undefined;
  /** Bytes of native memory that the bookkeeping may take. Default, and 0: a quarter of the machine's memory. */
  readonly maxNativeBytes?: number | undefined;
  /** Steps that the search of one allocation, or of one `findFree()`, may take; 0: no limit. Default: 16 million, 0.2 to 1 second of work. */
  readonly maxSteps?: number | undefined;
  /** Notes where each list is allocated, for the diagnostics channel `gpu-buddy:reclaimed`. Slow. Default: false. */
  readonly captureStacks?: boolean | undefined;
}

/** Blocks of one order. */
export interface OrderStats {
  /** `blockSize` is `chunkSize << order`. */
  readonly order: number;
  /** Bytes of one block. */
  readonly blockSize: bigint;
  readonly freeBlocks: number;
  readonly usedBlocks: number;
}

/** Numbers about an allocator. */
export interface GpuBuddyStats {
  /** Bytes. */
  readonly size: bigint;
  /** Bytes. */
  readonly chunkSize: bigint;
  /** Bytes that are free. */
  readonly avail: bigint;
  /** Bytes that are free and known to be zero. */
  readonly clearAvail: bigint;
  /** Bytes of native memory that the bookkeeping has taken. */
  readonly nativeBytes: number;
  /** How many `WARN_ON`s the kernel code has met. */
  readonly kernelWarnings: number;
  /** One entry an order, from 0 to `maxOrder`. */
  readonly orders: readonly OrderStats[];
}

const OPTION_NAMES: Names<GpuBuddyOptions> = {
  size: true,
  chunkSize: true,
  baseOffset: true,
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
  readonly alignment?: number | bigint | undefined;
  /** All of the run lies within. Default: the whole space. */
  readonly range?: AddressRange | undefined;
}

const FIND_OPTION_NAMES: Names<FindFreeOptions> = { alignment: true, range: true };

const DEFAULT_MAX_STEPS = 16_000_000;

/** An allocator as `util.inspect()` shows it. */
interface Overview {
  readonly baseOffset: bigint;
  readonly size: bigint;
  readonly chunkSize: bigint;
  readonly avail: bigint;
  readonly clearAvail: bigint;
}

/**
 * A buddy allocator over the addresses from `baseOffset` to `baseOffset + size`: the kernel's `struct gpu_buddy`. It
 * hands out ranges; what lies at those addresses, and whether anything does, is none of its business.
 *
 * Sizes and addresses are bytes: safe integers or bigints in, bigints out. After an error the allocator is as it was.
 *
 * Mirrors `GpuBuddy` of the kernel's Rust bindings.
 *
 * @example
 * ```ts
 * import { GpuBuddy, SZ_1G, SZ_16M } from 'gpu-buddy';
 *
 * const buddy = new GpuBuddy({ size: SZ_1G });
 * const blocks = buddy.allocBlocks(SZ_16M, { minBlockSize: SZ_16M });
 * console.log(blocks.at(0)?.offset); // 1056964608n: 1 GiB - 16 MiB
 * blocks.free();
 * ```
 */
export class GpuBuddy implements Disposable {
  readonly #handle: native.Handle;
  readonly #size: bigint;
  readonly #chunkSize: bigint;
  /** Of an allocation without options. */
  readonly #plainRequest: Request;
  /** The same for `tryAllocBlocks()`, which needs no explanation. */
  readonly #quietRequest: Request;
  readonly #baseOffset: bigint;
  readonly #captureStacks: boolean;
  #shared = false;
  /** The ID of its token, once there is one. */
  #id: string | undefined;

  /**
   * `gpu_buddy_init()`.
   *
   * @throws {GpuBuddyError} `EINVAL` where the chunk size is no power of two or below 4096, where `size` is below a chunk,
   *   where `baseOffset + size` is not below 2^64; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  constructor(options: GpuBuddyOptions) {
    markAsUncloneable(this);
    if (options instanceof ByToken) {
      const status = native.open(this, options.token);
      if (status !== native.OK) throw new GpuBuddyError(status, 'gpu_buddy');
      this.#handle = native.created();
      this.#baseOffset = native.createdBaseOffset();
      const stats = native.stats(this.#handle);
      if (typeof stats === 'number') throw new GpuBuddyError(stats, 'gpu_buddy');
      this.#chunkSize = BigInt(stats.chunkSize);
      this.#plainRequest = plainRequest(this.#chunkSize, false);
      this.#quietRequest = { ...this.#plainRequest, explains: false };
      this.#size = BigInt(stats.size);
      this.#captureStacks = false;
      return;
    }

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
    const status = native.create(this, { size, chunkSize, baseOffset, memoryLimit, stepLimit });
    if (status !== native.OK)
      throw new GpuBuddyError(status, 'gpu_buddy_init', { given: { size, chunkSize, baseOffset } });

    this.#handle = native.created();
    this.#chunkSize = BigInt(chunkSize);
    this.#plainRequest = plainRequest(this.#chunkSize, captureStacks);
    this.#quietRequest = { ...this.#plainRequest, explains: false };
    this.#size = (BigInt(size) / this.#chunkSize) * this.#chunkSize;
    this.#baseOffset = BigInt(baseOffset);
    this.#captureStacks = captureStacks;
  }

  /** Address of the first byte of the space. */
  get baseOffset(): bigint {
    return this.#baseOffset;
  }

  /** Bytes of the smallest block. */
  get chunkSize(): bigint {
    return this.#chunkSize;
  }

  /** Bytes that are managed: a multiple of `chunkSize`. */
  get size(): bigint {
    return this.#size;
  }

  /**
   * Bytes that are free: `gpu_buddy.avail`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get avail(): bigint {
    this.#check(native.readAvail(this.#handle), 'gpu_buddy');
    return BigInt(native.avail.all);
  }

  /**
   * Bytes that are free and known to be zero: `gpu_buddy.clear_avail`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get clearAvail(): bigint {
    this.#check(native.readAvail(this.#handle), 'gpu_buddy');
    return BigInt(native.avail.clear);
  }

  /**
   * Whether nothing is allocated.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get isEmpty(): boolean {
    return this.avail === this.#size;
  }

  /**
   * Bytes of the largest free block; 0 where nothing is free. A run of free blocks can be longer: see `findFree()`. Takes time
   * for the orders only, not for the blocks.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_DISPOSED`
   */
  get largestFree(): bigint {
    this.#check(native.readRoom(this.#handle), 'gpu_buddy');
    return BigInt(native.room.largestFree);
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
    return (this.#size / this.#chunkSize).toString(2).length - 1;
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
   * @throws {GpuBuddyError} `ENOSPC` where no free space fits, with `reason` and what was free; `EINVAL` with the argument at fault; `ENOMEM`;
   *   `ERR_GPU_BUDDY_WORK_LIMIT`; `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  allocBlocks(size: number | bigint, options?: AllocOptions): AllocatedBlocks {
    const wanted = toBytes('size', size);
    const request =
      options === undefined
        ? this.#plainRequest
        : toRequest(wanted, options, this.#plainRequest, this.#baseOffset);
    const blocks = this.#alloc(wanted, request);
    if (blocks) return blocks;
    // Nothing has been called since the call that failed.
    throw this.#allocError(native.NO_SPACE, wanted, request, shortageOf(wanted, request));
  }

  /** As `allocBlocks()`, but gives `null` where no free space fits, and does not find out why. */
  tryAllocBlocks(size: number | bigint, options?: AllocOptions): AllocatedBlocks | null {
    const wanted = toBytes('size', size);
    const request =
      options === undefined
        ? this.#quietRequest
        : toRequest(wanted, options, this.#quietRequest, this.#baseOffset);
    return this.#alloc(wanted, request);
  }

  /** Does what nearly always happens; the rest is apart, so that this is small enough to be compiled into its callers. */
  #alloc(size: Bytes, request: Request): AllocatedBlocks | null {
    if (request.isSpecial) return this.#allocSpecially(size, request);
    const slot = spareSlot();
    const guard = takeGuard();
    const status = native.alloc(this.#handle, request, slot, size);
    if (status !== native.OK) return this.#allocAgain(status, size, request, guard);
    return new AllocatedBlocks(internalKey, this, guard, slot, request.tag);
  }

  #allocSpecially(size: Bytes, request: Request): AllocatedBlocks | null {
    if (request.isOutside) throw this.#outside(size, request);
    // First: what a program has hooked into stack traces may throw, or allocate.
    const stack = captureStack();
    const slot = spareSlot();
    const guard = takeGuard();
    const status = native.alloc(this.#handle, request, slot, size);
    if (status !== native.OK) return this.#allocAgain(status, size, request, guard);
    const blocks = new AllocatedBlocks(internalKey, this, guard, slot, request.tag);
    noteStack(slot, stack);
    return blocks;
  }

  /** Lists that the collector has found may have what is missing. */
  #allocAgain(
    status: number,
    size: Bytes,
    request: Request,
    guard: Guard | undefined,
  ): AllocatedBlocks | null {
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
    const request = toRequest(size, options, this.#plainRequest, this.#baseOffset);
    if (request.isOutside) throw this.#outside(size, request);
    return request;
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
  allocMany(count: number, size: number | bigint, options?: AllocOptions): AllocatedBlocks[] {
    const number = toInteger('count', count);
    const wanted = toBytes('size', size);
    return allocMany(this, number, wanted, this.#toRequest(wanted, options));
  }

  /** A batch of allocations and frees, to be done in one call. */
  batch(): Batch {
    return new Batch(internalKey, this, this.#handle);
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
  blockAt(address: number | bigint): BlockInfo | null {
    const syscall = 'gpu_buddy_allocated_addr_to_block';
    const relative = toRelative(toBytes('address', address), this.#baseOffset);
    const status =
      relative === null
        ? this.#unlessGone(native.ADDRESS_BEYOND_SPACE)
        : native.lookup(this.#handle, relative);
    if (status !== native.OK) throw this.#toError(status, syscall, { given: { address } });
    if (!native.found.any) return null;
    const { offset, order, clear, tag } = native.found;
    return withJson({
      offset: this.#baseOffset + BigInt(offset),
      order,
      size: this.#chunkSize << BigInt(order),
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
  availIn(range: AddressRange): bigint {
    const given = toRange('range', range, this.#baseOffset);
    const status = this.#unlessOutside(given) ?? native.availIn(this.#handle, given);
    if (status !== native.OK) throw this.#toError(status, 'gpu_buddy', { given: { range: given.text } });
    return native.bytesInRange();
  }

  /**
   * All that is free, in the order of addresses: free blocks that lie side by side are one segment, whether they are clear or
   * dirty. A segment can be longer than `largestFree`.
   *
   * @throws {GpuBuddyError} `ENOMEM` where so many segments do not fit into V8's heap; `ERR_GPU_BUDDY_DISPOSED`;
   *   `ERR_GPU_BUDDY_POISONED`
   */
  freeSegments(): Segment[] {
    const runs = native.freeRuns(this.#handle, toNumberIfSafe(this.#baseOffset));
    if (typeof runs === 'number') throw this.#toError(runs, 'gpu_buddy');
    const { offsets, sizes } = runs;
    if (!fitsIntoHeap(offsets.length, HEAP_BYTES_OF_SEGMENT))
      throw this.#toError(native.NO_MEMORY, 'gpu_buddy', { note: `${String(offsets.length)} segments` });
    return Array.from(offsets, (offset, index) => ({ offset, size: sizes[index] ?? 0n }));
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
   * console.log(start); // 9437184n: 9 MiB
   * if (start !== null) {
   *   const blocks = buddy.allocBlocks(5 * SZ_1M, { mode: { at: start } });
   *   console.log(blocks.segments().length); // 1
   * }
   * ```
   */
  findFree(size: number | bigint, options?: FindFreeOptions): bigint | null {
    const wanted = toBytes('size', size);
    const { alignment: unit, range } = toOptions('options', options, FIND_OPTION_NAMES);
    const alignment = unit === undefined ? this.#plainRequest.minBlockSize : toBytes('alignment', unit);
    const given = range === undefined ? undefined : toRange('range', range, this.#baseOffset);
    const within = given ?? { start: 0, end: toNumberIfSafe(this.#size) };
    const status = this.#unlessOutside(given) ?? native.findFree(this.#handle, wanted, alignment, within);
    if (status !== native.OK)
      throw this.#toError(status, 'gpu_buddy', { given: { size, alignment, range: given?.text } });
    return native.found.any ? this.#baseOffset + BigInt(native.found.offset) : null;
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
  stats(): GpuBuddyStats {
    const stats = native.stats(this.#handle);
    if (typeof stats === 'number') throw this.#toError(stats, 'gpu_buddy');
    return withJson({
      size: BigInt(stats.size),
      chunkSize: this.#chunkSize,
      avail: BigInt(stats.avail),
      clearAvail: BigInt(stats.clearAvail),
      nativeBytes: stats.nativeBytes,
      kernelWarnings: stats.kernelWarnings,
      orders: Array.from(stats.freeBlocks, (freeBlocks, order) => ({
        order,
        blockSize: this.#chunkSize << BigInt(order),
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
  snapshot(): BlockTable {
    const table = native.snapshot(this.#handle, toNumberIfSafe(this.#baseOffset));
    if (typeof table === 'number') throw this.#toError(table, 'gpu_buddy');
    return table;
  }

  /**
   * What the kernel prints about an allocator, line by line, each ending in a newline.
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
    this.#shared = true;
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
   *   of this package; `ENOMEM`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  static from(token: GpuBuddyToken): GpuBuddy {
    const { id } = toBuddyToken('token', token);
    const buddy = new GpuBuddy(new ByToken(fromId(id)));
    buddy.#shared = true;
    buddy.#setId(id);
    return buddy;
  }

  /**
   * Ends the use of this allocator. Lists of blocks that are still there stay valid and can be freed; the native
   * memory goes with the last of them. Without it, the collector does the same. A second call does nothing.
   *
   * Behind it: `gpu_buddy_fini()`, after the last list.
   */
  dispose(): void {
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
    remember(id, this);
  }

  #toError(status: number, syscall: string, details?: ErrorDetails): GpuBuddyError {
    const note = status === native.POISONED ? native.bug(this.#handle) : undefined;
    return new GpuBuddyError(status, syscall, { note, ...details });
  }

  static {
    Object.assign(ofBuddy, {
      handle: (buddy) => buddy.#handle,
      isShared: (buddy) => buddy.#shared,
      share: (buddy) => {
        buddy.#shared = true;
      },
      setId: (buddy, id) => {
        buddy.#setId(id);
      },
      isSame: (buddy, other) => buddy === other || (buddy.#id !== undefined && buddy.#id === other.#id),
      capturesStacks: (buddy) => buddy.#captureStacks,
      toRequest: (buddy, size, options) => buddy.#toRequest(size, options),
      toError: (buddy, status, syscall, details) => buddy.#toError(status, syscall, details),
    } satisfies typeof ofBuddy);
  }

  get #overview(): Overview {
    const { baseOffset, size, chunkSize, avail, clearAvail } = this;
    return { baseOffset, size, chunkSize, avail, clearAvail };
  }

  /** Returns addresses and byte counts as decimal strings; `{ disposed: true }` after `dispose()`. */
  toJSON(): Json<Overview> | { readonly disposed: true } {
    return this.disposed ? { disposed: true } : toJson(this.#overview);
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#handle in this)) return 'GpuBuddy {}';
    return this.disposed ? 'GpuBuddy { disposed }' : `GpuBuddy ${inspect(this.#overview, options)}`;
  }
}

/** Reads why the call that has just failed did so. */
function shortageOf(size: Bytes, { place }: Request): Shortage {
  const { avail, largestFree, availInRange, isMoreInRange } = native.shortage;
  return {
    reason: size > avail ? 'full' : place ? 'range' : 'fragmented',
    requested: BigInt(size),
    avail: BigInt(avail),
    largestFree: BigInt(largestFree),
    availInRange,
    isMoreInRange,
    where: place?.where,
  };
}

/** Takes the place of options: an allocator that is there already. Users can't make one. */
class ByToken implements GpuBuddyOptions {
  readonly size = 0;

  constructor(readonly token: Token) {}
}

setOpen((token) => GpuBuddy.from(token));
