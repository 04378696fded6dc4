/** A list of blocks that were allocated together: who holds it owns the memory. */
import { inspect, type InspectOptions } from 'node:util';
import { toRange, type AddressRange } from './address-range';
import { InternalBlock, type AllocatedBlock, type BlockInfo } from './allocated-block';
import { toBytes, toFlag, toIndex, toRelative } from './arguments';
import type { BlockTable } from './block-table';
import { GpuBuddyError, gpuBuddyError, illegalConstructor, invalidArgType, outOfRange } from './errors';
import type { GpuBuddy } from './gpu-buddy';
import { findOrOpen } from './directory';
import { fitsIntoHeap } from './heap-room';
import { putGuardBack, returnGuard, spareSlot, takeGuard, type Guard } from './guard';
import { internalKey, ofBlocks, ofBuddy } from './internal';
import { toJson, type Json } from './json';
import * as native from './native';
import type { Bytes } from './native';
import { toOptions, type Names } from './options';
import { reclaimAll } from './reclaim';
import { HEAP_BYTES_OF_SEGMENT, mergeBlocks, type Segment } from './segments';
import {
  fromId,
  toBlocksToken,
  toId,
  wantsBigint,
  type AllocatedBlocksToken,
  type OpenOptions,
} from './tokens';

interface Details {
  readonly tag: number;
  /** All blocks, once they have been read. */
  columns: native.Columns | undefined;
}

/** The version of a list that is freed. */
const NO_VERSION = -1;

/** A generation no list ever has: the blocks may have changed since they were read. */
const UNKNOWN = -1;

/** A list as `JSON.stringify()` writes it: with decimal strings for bigints. */
export interface AllocatedBlocksJson<N extends Bytes = number> {
  readonly tag: number;
  /** Bytes. */
  readonly size: Json<N>;
  readonly blocks: readonly Json<BlockInfo<N>>[];
}

/** How memory goes back. */
export interface FreeOptions {
  /** The memory is all zeros again (`GPU_BUDDY_CLEARED`). Without it, it counts as dirty, whatever it was before. */
  readonly cleared?: boolean | undefined;
}

const FREE_OPTION_NAMES: Names<FreeOptions> = { cleared: true };

/** Whether memory is freed as cleared. */
export function isToBeCleared(options: FreeOptions | undefined): boolean {
  return options !== undefined && toFlag('cleared', toOptions('options', options, FREE_OPTION_NAMES).cleared);
}

/** Which part of a block is kept. */
export interface TrimOptions {
  /** Address of the first byte that is kept, with `baseOffset`. Without it, the block's own start. */
  readonly start?: Bytes | undefined;
}

const TRIM_OPTION_NAMES: Names<TrimOptions> = { start: true };

/**
 * Blocks of an allocator, in the order in which the kernel found them: largest first, or ascending for an exact range
 * and after trimming.
 *
 * The blocks are the holder's until `free()`, until the end of a `using` block, or until the list is collected. The
 * collector comes late, and never inside synchronous code: free lists by hand or by `using`.
 *
 * Mirrors `AllocatedBlocks` of the kernel's Rust bindings.
 *
 * @example
 * ```ts
 * import { GpuBuddy, SZ_1G, SZ_16M } from 'gpu-buddy';
 *
 * const buddy = new GpuBuddy({ size: SZ_1G });
 * const blocks = buddy.allocBlocks(SZ_16M);
 * for (const block of blocks) console.log(block.offset, block.size); // 1056964608 16777216
 * blocks.free(); // or, from Node 24 on: using blocks = …
 * console.log(buddy.avail === buddy.size); // true
 * ```
 */
export class AllocatedBlocks<N extends Bytes = number> implements Iterable<AllocatedBlock<N>>, Disposable {
  readonly #buddy: GpuBuddy<N>;
  /**
   * Gone once the list is freed. A method that gives the blocks away takes it out first, and keeps it until they are gone: if it
   * is stopped in between, the collector finds the guard, and frees them.
   */
  #guard: Guard | undefined;
  /** The guard's. */
  readonly #slot: number;
  /**
   * The name of the list. The generation changes whenever the blocks do: `UNKNOWN` while they are being changed, and until
   * somebody asks if that was stopped.
   */
  #node = 0;
  #generation = 0;
  /** The first block, and how many there are. The others are read when somebody asks for them. See `native.report`. */
  #chunk = 0;
  #shape = 0;
  /** Made on demand: tag and cached columns. */
  #details: Details | undefined;

  /** Takes over the guard, and the list that the last call has left in it. */
  private constructor(
    key: typeof internalKey,
    buddy: GpuBuddy<N>,
    guard: Guard | undefined,
    slot: number,
    tag: number,
  ) {
    if (key !== internalKey) throw illegalConstructor();
    this.#buddy = buddy;
    this.#guard = guard;
    this.#slot = slot;
    if (tag !== 0) this.#details = { tag, columns: undefined };
    this.#takeReport();
  }

  /** Keeps what the last call has said of the list. */
  #takeReport(): void {
    const { report } = native;
    this.#node = report.node;
    this.#chunk = report.chunk;
    this.#shape = report.shape;
    // Last: it says that the others are known.
    this.#generation = report.generation;
  }

  /** Forgets what is known of the blocks, which are about to change. */
  #beginChange(): void {
    this.#generation = UNKNOWN;
    if (this.#details) this.#details.columns = undefined;
  }

  /** Asks the addon for what has been forgotten. */
  #refresh(): void {
    native.describe(this.#slot);
    this.#takeReport();
  }

  #handle(syscall: string): native.Handle {
    if (this.#isFreed) throw gpuBuddyError(native.FREED, syscall);
    if (this.#generation === UNKNOWN) this.#refresh();
    return { slot: this.#slot, generation: this.#generation };
  }

  /** The allocator that the blocks come from. */
  get buddy(): GpuBuddy<N> {
    return this.#buddy;
  }

  /** Whether the blocks have been given back. Never throws. */
  get freed(): boolean {
    return this.#isFreed;
  }

  get #isFreed(): boolean {
    return !this.#guard || (native.hasFreedEverything() && native.describe(this.#slot) === native.FREED);
  }

  /** The number given to `allocBlocks()`; 0 where none was. */
  get tag(): number {
    return this.#details?.tag ?? 0;
  }

  /**
   * How many blocks there are.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   */
  get length(): number {
    this.#handle('gpu_buddy_block');
    const count = native.countOf(this.#shape);
    return count >= 0 ? count : this.#describe().count;
  }

  /** What is said of a list whose numbers are too large to keep. */
  #describe(): typeof native.list {
    native.describe(this.#slot);
    return native.list;
  }

  /**
   * Whether there are none: true only when all of them have been freed one by one.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   */
  get isEmpty(): boolean {
    return this.length === 0;
  }

  /**
   * Bytes in all blocks together: what was asked for, or more with `trimDisable`.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   */
  get size(): N {
    const space = ofBuddy.space(this.#buddy);
    let chunks = 0;
    for (let index = 0; index < this.length; index++) chunks += 2 ** this.#orderAt(index);
    return space.bytes(chunks * space.chunkBytes);
  }

  /**
   * Bytes of the blocks that lie between two addresses, which need not be aligned: what a driver counts as visible to the CPU,
   * for one.
   *
   * @throws {GpuBuddyError} `EINVAL` where the range is empty or leads out of the space; `ERR_GPU_BUDDY_FREED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  sizeIn(range: AddressRange): N {
    const syscall = 'gpu_buddy_block';
    const space = ofBuddy.space(this.#buddy);
    const given = toRange('range', range, space.base);
    const handle = this.#handle(syscall);
    const status = given.isOutside ? native.RANGE_BEYOND_SPACE : native.sizeIn(handle, given);
    if (status !== native.OK)
      throw ofBuddy.toError(this.#buddy, status, syscall, { given: { range: given.text } });
    return space.bytes(native.bytesInRange());
  }

  /**
   * Address of the list's first byte, with `baseOffset`, if the blocks, in whatever order, make up one piece; `undefined` where
   * there are gaps, and where the list is empty.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`; `ERR_GPU_BUDDY_POISONED`
   */
  get offset(): N | undefined {
    const syscall = 'gpu_buddy_block';
    const handle = this.#handle(syscall);
    if (native.countOf(this.#shape) === 1) return this.#blockAt(0).offset;
    const status = native.findLowest(handle);
    if (status !== native.OK) throw ofBuddy.toError(this.#buddy, status, syscall);
    return native.found.any ? ofBuddy.space(this.#buddy).address(native.found.offset) : undefined;
  }

  #orderAt(index: number): number {
    return index === 0 ? native.orderOf(this.#shape) : (this.#readColumns().orders[index] ?? 0);
  }

  #readColumns(): native.Columns {
    const known = this.#details?.columns;
    if (known) return known;
    const columns = this.#read(new Float64Array(this.length), 0);
    this.#details = { tag: this.tag, columns };
    return columns;
  }

  #read<Offsets extends native.NumberColumn>(offsets: Offsets, base: Bytes): native.Columns<Offsets> {
    const columns = native.read(this.#handle('gpu_buddy_block'), offsets, base);
    if (typeof columns === 'number') throw ofBuddy.toError(this.#buddy, columns, 'gpu_buddy_block');
    return columns;
  }

  /**
   * The block at a place in the list; counts from the end where `index` is negative, as `Array.prototype.at()` does.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  at(index: number): AllocatedBlock<N> | undefined {
    const given: unknown = index;
    if (typeof given !== 'number') throw invalidArgType('index', 'of type number', given);
    const count = this.length;
    const place = Math.trunc(index) || 0;
    const position = place < 0 ? count + place : place;
    return position >= 0 && position < count ? this.#blockAt(position) : undefined;
  }

  #blockAt(index: number): AllocatedBlock<N> {
    if (index === 0)
      return new InternalBlock(
        internalKey,
        this,
        (this.#chunk >= 0 ? this.#chunk : this.#describe().chunk) * ofBuddy.space(this.#buddy).chunkBytes,
        native.orderOf(this.#shape),
        native.isClear(this.#shape),
        this.tag,
      );
    const { offsets, orders, states } = this.#readColumns();
    return new InternalBlock(
      internalKey,
      this,
      offsets[index] ?? 0,
      orders[index] ?? 0,
      ((states[index] ?? 0) & native.STATE_CLEAR) !== 0,
      this.tag,
    );
  }

  /**
   * The blocks in list order. What is freed or trimmed meanwhile must not be asked for again.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`
   */
  *[Symbol.iterator](): IterableIterator<AllocatedBlock<N>> {
    for (let index = 0; index < this.length; index++) yield this.#blockAt(index);
  }

  /**
   * All blocks in list order, as `GpuBuddy.snapshot()` tells of them: a column for each property. The arrays are the
   * caller's, and stay as they are.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`; `ERR_GPU_BUDDY_POISONED`
   */
  toArrays(): BlockTable<N> {
    const space = ofBuddy.space(this.#buddy);
    return this.#read(space.column(this.length), space.base);
  }

  /**
   * The blocks as few pieces: where one begins at the end of the one before it in the list, they make up one piece, as long as
   * that is not longer than `maxLength`, in bytes. What is longer by itself is cut.
   *
   * @throws {GpuBuddyError} `EINVAL` where `maxLength` is 0 or no multiple of the chunk size; `ERR_GPU_BUDDY_FREED`;
   *   `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  segments(maxLength?: Bytes): Segment<N>[] {
    const space = ofBuddy.space(this.#buddy);
    const most = maxLength === undefined ? undefined : toBytes('maxLength', maxLength);
    this.#handle('gpu_buddy_block');
    if (most !== undefined && (!most || BigInt(most) % BigInt(space.chunkSize) !== 0n))
      throw gpuBuddyError(native.MAX_LENGTH_UNALIGNED, 'gpu_buddy_block', { given: { maxLength } });
    const longest = most === undefined ? Infinity : Number(most);
    if (!fitsIntoHeap(Number(this.size) / longest, HEAP_BYTES_OF_SEGMENT))
      throw outOfRange('maxLength', "larger: so many segments do not fit into V8's heap", longest);
    return mergeBlocks(this.#readColumns(), space, longest);
  }

  /**
   * Shrinks a list of one block: `newSize` bytes are kept, from `start` on, the rest is freed. Several blocks in
   * ascending order may make up what is kept. The list stays as it is if this fails.
   *
   * Behind it: `gpu_buddy_block_trim()`. The freed part of a block that was clear when it was allocated counts as
   * clear again, even if it has been written to.
   *
   * @throws {GpuBuddyError} `EINVAL` where there is not exactly one block, where `newSize` is 0, no multiple of the chunk
   *   size or larger than the block, where `start` is no multiple of the chunk size or leads out of the block; `ENOMEM`;
   *   `ERR_GPU_BUDDY_FREED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  trim(newSize: Bytes, options?: TrimOptions): void {
    const syscall = 'gpu_buddy_block_trim';
    const { start } = toOptions('options', options, TRIM_OPTION_NAMES);
    const wanted = toBytes('newSize', newSize);
    const address =
      start === undefined ? undefined : toRelative(toBytes('start', start), ofBuddy.space(this.#buddy).base);

    const handle = this.#handle(syscall);
    this.#beginChange();
    const status = address === null ? native.START_OUTSIDE_BLOCK : native.trim(handle, wanted, address);
    if (status !== native.OK)
      throw ofBuddy.toError(this.#buddy, status, syscall, { given: { newSize, start } });
    this.#takeReport();
  }

  /**
   * Frees one block of the list. `index` counts from the end where it is negative, as in `at()`.
   *
   * Behind it: `gpu_buddy_free_list()` with that block alone.
   *
   * @throws {GpuBuddyError} `EINVAL` where there is no such block; `ERR_GPU_BUDDY_FREED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   */
  freeBlock(index: number, options?: FreeOptions): void {
    const syscall = 'gpu_buddy_free_list';
    const place = toIndex('index', index);
    const isCleared = isToBeCleared(options);

    const handle = this.#handle(syscall);
    const position = place < 0 ? this.length + place : place;
    if (position < 0)
      throw ofBuddy.toError(this.#buddy, native.INDEX_OUTSIDE_LIST, syscall, { given: { index } });
    this.#beginChange();
    const status = native.freeBlock(handle, position, isCleared);
    if (status !== native.OK) throw ofBuddy.toError(this.#buddy, status, syscall, { given: { index } });
    this.#takeReport();
  }

  /**
   * Takes over the blocks of another list of the same allocator, whatever `GpuBuddy` object it comes from: they come behind those of
   * this list, and get its tag. `other` is freed afterwards, and its blocks can't be read through it any more. Blocks that were read
   * from this list stay valid.
   *
   * Takes time for the blocks of `other`, to write the tag; none are moved.
   *
   * @throws {GpuBuddyError} `EINVAL` where `other` is this list, or comes from another allocator; `ERR_GPU_BUDDY_FREED` where one of
   *   the two is freed; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1G, SZ_1M } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1G });
   * const texture = buddy.allocBlocks(4 * SZ_1M);
   * texture.append(buddy.allocBlocks(SZ_1M)); // its smaller levels
   * console.log(texture.length, texture.size); // 2 5242880
   * ```
   */
  append(other: AllocatedBlocks<Bytes>): void {
    const syscall = 'gpu_buddy_block';
    const given: unknown = other;
    if (typeof given !== 'object' || given === null || !(#guard in given))
      throw invalidArgType('other', 'an AllocatedBlocks', given);
    const handle = this.#handle(syscall);
    const from = other.#handle(syscall);
    if (!ofBuddy.isSame(this.#buddy, other.#buddy)) throw gpuBuddyError(native.LIST_FOREIGN, syscall);
    if (handle.slot === from.slot) throw gpuBuddyError(native.LIST_ITSELF, syscall);

    const { tag } = this;
    this.#beginChange();
    const guard = other.#guard;
    other.#guard = undefined;
    if (other.#details) other.#details.columns = undefined;
    const status = native.append(handle, from, tag);
    if (status !== native.OK) {
      other.#guard = guard;
      throw ofBuddy.toError(this.#buddy, status, syscall);
    }
    this.#takeReport();
    returnGuard(guard, from.slot);
  }

  /**
   * Allocates `size` bytes right behind the list's highest block, wherever that stands in the list, and puts them at its end. `false`
   * where that memory is not free, or the space ends before it; the list is as it was then. A list without blocks has no such place.
   *
   * Blocks that were read from this list stay valid.
   *
   * Behind it: `gpu_buddy_alloc_blocks()` with a range as long as `size`.
   *
   * @throws {GpuBuddyError} `EINVAL` where `size` is 0, no multiple of the chunk size, or larger than the space; `ENOMEM`;
   *   `ERR_GPU_BUDDY_WORK_LIMIT`; `ERR_GPU_BUDDY_FREED`; `ERR_GPU_BUDDY_DISPOSED`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   * @throws {RangeError} `ERR_OUT_OF_RANGE`
   *
   * @example
   * ```ts
   * import { GpuBuddy, SZ_1G, SZ_1M } from 'gpu-buddy';
   *
   * const buddy = new GpuBuddy({ size: SZ_1G });
   * const ring = buddy.allocBlocks(SZ_1M, { mode: { at: 0 } });
   * console.log(ring.tryExtend(SZ_1M), ring.size); // true 2097152
   * console.log(ring.segments().length); // 1
   * ```
   */
  tryExtend(size: Bytes): boolean {
    return this.#extend(toBytes('size', size));
  }

  #extend(size: Bytes): boolean {
    const syscall = 'gpu_buddy_alloc_blocks';
    const handle = this.#handle(syscall);
    this.#beginChange();
    const status = native.extend(handle, size);
    if (status === native.OK) {
      this.#takeReport();
      return true;
    }
    // Lists that the collector has found may have what is missing.
    if ((status === native.NO_SPACE || status === native.NO_MEMORY) && reclaimAll())
      return this.#extend(size);
    if (status === native.NO_SPACE) return false;
    throw ofBuddy.toError(this.#buddy, status, syscall, { given: { size } });
  }

  /**
   * Gives all blocks back. A list that is freed already is left alone.
   *
   * Behind it: `gpu_buddy_free_list()`.
   *
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  free(options?: FreeOptions): void {
    const isCleared = isToBeCleared(options);
    const guard = this.#guard;
    if (guard === undefined) return;
    if (this.#generation === UNKNOWN) this.#refresh();
    this.#guard = undefined;
    const handle = ofBuddy.lazyHandle(this.#buddy);
    let status = native.OK;
    // A list of an allocator that nobody else sees can wait for the next call. An empty list has no name to wait under.
    if (handle < 0 || native.mustFreeAtOnce() || native.countOf(this.#shape) === 0)
      status = native.free(this.#slot, this.#generation, isCleared);
    else native.freeSoon(handle, this.#node, this.#generation, this.#shape, isCleared);
    if (this.#details) this.#details.columns = undefined;
    returnGuard(guard, this.#slot);
    if (status !== native.OK && status !== native.FREED)
      throw ofBuddy.toError(this.#buddy, status, 'gpu_buddy_free_list');
  }

  /**
   * Gives the blocks away: this list is freed, and whoever gets the token, in whatever thread of this process, can take
   * them up by `AllocatedBlocks.adopt()`. A token can be cloned and posted, but only one adoption succeeds.
   *
   * Blocks that are under way keep nothing alive. They are freed when the thread that gave them away ends, and when the
   * last allocator object and the last other list in all threads are gone.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_FREED`; `ENOMEM`; `ERR_GPU_BUDDY_POISONED`
   */
  transfer(): AllocatedBlocksToken {
    const syscall = 'gpu_buddy_block';
    const handle = this.#handle(syscall);
    const buddy = this.#buddy;
    // First: from now on others can find the allocator.
    ofBuddy.share(buddy);
    const numbers = native.prepareParking(handle);
    if (typeof numbers === 'number') throw ofBuddy.toError(buddy, numbers, syscall);
    const id = toId(numbers.allocator);
    ofBuddy.setId(buddy, id);
    const token = {
      type: 'AllocatedBlocks',
      id: toId(numbers.ticket),
      buddy: { type: 'GpuBuddy', id },
    } as const;

    const guard = this.#guard;
    this.#guard = undefined;
    const status = native.park(handle);
    // Nothing is called from here on: the blocks are the token's, and it must get to the caller.
    if (status === native.OK) return token;
    this.#guard = guard;
    throw ofBuddy.toError(buddy, status, syscall);
  }

  /**
   * Takes up the blocks that `transfer()` gave away, here or in another thread.
   *
   * @throws {GpuBuddyError} `ERR_GPU_BUDDY_TOKEN` where somebody has taken them up before, or they are freed; `EINVAL` where
   *   the allocator's space needs bigints; `ENOMEM`; `ERR_GPU_BUDDY_POISONED`
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE`
   */
  static adopt(
    token: AllocatedBlocksToken,
    options: OpenOptions & { readonly bigint: true },
  ): AllocatedBlocks<bigint>;
  static adopt(
    token: AllocatedBlocksToken,
    options?: OpenOptions & { readonly bigint?: false | undefined },
  ): AllocatedBlocks;
  static adopt(token: AllocatedBlocksToken, options?: OpenOptions): AllocatedBlocks<Bytes>;
  static adopt(token: AllocatedBlocksToken, options?: OpenOptions): AllocatedBlocks<Bytes> {
    const { id, buddy: buddyToken } = toBlocksToken('token', token);
    const buddy = findOrOpen(buddyToken, wantsBigint(options));
    const slot = spareSlot();
    const guard = takeGuard();
    const status = native.adopt(ofBuddy.handle(buddy), slot, fromId(id));
    if (status !== native.OK) {
      putGuardBack(guard);
      throw ofBuddy.toError(buddy, status, 'gpu_buddy_block');
    }
    return new InternalBlocks(internalKey, buddy, guard, slot, native.reportedTag());
  }

  /** `free()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.free();
  }

  static {
    Object.assign(ofBlocks, {
      version: (blocks) => {
        if (blocks.#isFreed) return NO_VERSION;
        if (blocks.#generation === UNKNOWN) blocks.#refresh();
        return blocks.#generation;
      },
      handle: (blocks) => (blocks.#isFreed ? undefined : blocks.#handle('gpu_buddy_block')),
      detach: (blocks) => {
        const guard = blocks.#guard;
        blocks.#guard = undefined;
        if (blocks.#details) blocks.#details.columns = undefined;
        return guard;
      },
      attach: (blocks, guard) => {
        blocks.#guard = guard;
      },
    } satisfies typeof ofBlocks);
  }

  /** Returns tag, size and blocks, with decimal strings for bigints; `{ freed: true }` where the list is freed. */
  toJSON(): AllocatedBlocksJson<N> | { readonly freed: true } {
    if (this.#isFreed) return { freed: true };
    const { tag, size } = this;
    const blocks = Array.from(this, ({ offset, order, size, isClear, tag }) =>
      toJson({ offset, order, size, isClear, tag }),
    );
    return { tag, size: toJson(size), blocks };
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#guard in this)) return 'AllocatedBlocks {}';
    if (this.#isFreed) return 'AllocatedBlocks { freed }';
    const count = this.length;
    // No more blocks are made than will be shown.
    const shown = Math.max(0, Math.min(count, options.maxArrayLength ?? Infinity));
    const more = count > shown ? ` ... ${String(count - shown)} more` : '';
    let blocks: AllocatedBlock<N>[];
    try {
      blocks = Array.from({ length: shown }, (_, index) => this.#blockAt(index));
    } catch (error) {
      // Of a poisoned allocator. Who looks at it wants to know, and not to fail.
      if (!(error instanceof GpuBuddyError)) throw error;
      return `AllocatedBlocks(${String(count)}) <${error.code}>`;
    }
    return `AllocatedBlocks(${String(count)}) ${inspect(blocks, { ...options, depth })}${more}`;
  }
}

/** @internal The class with its constructor. */
export const InternalBlocks = AllocatedBlocks as unknown as new <N extends Bytes>(
  key: typeof internalKey,
  buddy: GpuBuddy<N>,
  guard: Guard | undefined,
  slot: number,
  tag: number,
) => AllocatedBlocks<N>;
