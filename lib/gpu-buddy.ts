/** The allocator. */
import { inspect, type InspectOptions } from 'node:util';
import type { BlockInfo } from './allocated-block';
import { AllocatedBlocks } from './allocated-blocks';
import { toBoolean, toBytes, toFlag, toInteger, toNumberIfSafe, toRelative } from './arguments';
import { allocMany, Batch } from './batch';
import type { BlockTable } from './block-table';
import { GpuBuddyError, type ErrorDetails } from './errors';
import { captureStack, noteStack } from './allocation-stacks';
import { remember, setOpen } from './directory';
import { putGuardBack, spareSlot, takeGuard, type Guard } from './guard';
import { internalKey, ofBuddy } from './internal';
import { toJson, withJson, type Json } from './json';
import * as native from './native';
import type { Bytes, Token } from './native';
import { toOptions, type Names } from './options';
import { reclaimAll } from './reclaim';
import { plainRequest, toRequest, type AllocOptions, type Request } from './request';
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
  /** Steps that the search of one allocation may take; 0: no limit. Default: 16 million, 0.2 to 1 second of work. */
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
   * @throws {GpuBuddyError} `ENOSPC` where no free space fits; `EINVAL` with the argument at fault; `ENOMEM`;
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
    throw this.#allocError(native.NO_SPACE, wanted, request);
  }

  /** As `allocBlocks()`, but gives `null` where no free space fits. */
  tryAllocBlocks(size: number | bigint, options?: AllocOptions): AllocatedBlocks | null {
    const wanted = toBytes('size', size);
    const request =
      options === undefined
        ? this.#plainRequest
        : toRequest(wanted, options, this.#plainRequest, this.#baseOffset);
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

  #allocError(status: number, size: Bytes, { minBlockSize, place }: Request): GpuBuddyError {
    const note =
      status === native.NO_SPACE
        ? { note: `${String(size)} bytes asked for, ${String(this.avail)} free` }
        : undefined;
    return this.#toError(status, 'gpu_buddy_alloc_blocks', {
      given: { size, minBlockSize, range: place?.value },
      names: place && { range: place.argument },
      ...note,
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

/** Takes the place of options: an allocator that is there already. Users can't make one. */
class ByToken implements GpuBuddyOptions {
  readonly size = 0;

  constructor(readonly token: Token) {}
}

setOpen((token) => GpuBuddy.from(token));
