/** Implements `AllocatedBlocks` and `AllocatedBlock`. A list makes the objects of its blocks when they are read. */
import { inspect, type InspectOptions } from 'node:util';
import { toRange, type AddressRange } from './address-range';
import { Allocator } from './allocator';
import type * as api from './api';
import { toBytes, toIndex, toRelative } from './arguments';
import type { BlockInfo, BlockTable } from './block-table';
import { findAllocator, remember } from './directory';
import { GpuBuddyError, gpuBuddyError, invalidArgType, outOfRange } from './errors';
import { allocated, failed, freed, tellAlloc, tellFree, tellStatus, UNTOLD } from './events';
import { isToBeCleared, type FreeOptions } from './free-options';
import { returnGuard, type Guard } from './guard';
import { fitsIntoHeap } from './heap-room';
import { toJson, type Json } from './json';
import * as native from './native';
import type { Bytes } from './native';
import { toOptions, type Names } from './options';
import { reclaimAll } from './reclaim';
import { HEAP_BYTES_OF_SEGMENT, mergeBlocks, type Segment } from './segments';
import { blocksToken, fromId, toBlocksToken, toId, type AllocatedBlocksToken } from './tokens';

interface Details {
  readonly tag: number;
  /** Holds all blocks once they have been read. */
  columns: native.Columns | undefined;
}

/** Version of a freed list. */
const NO_VERSION = -1;

/** A generation that no list has: the blocks may have changed since they were read. */
const UNKNOWN = -1;

const TRIM_OPTION_NAMES: Names<api.TrimOptions> = { start: true };

// Gives this library access to the private parts of lists.

/** Gives a number that changes whenever the blocks do, so that a block knows whether it is still one of them. */
let versionOf: (list: AllocatedBlocks<Bytes>) => number;
export let allocatorOfList: (list: AllocatedBlocks<Bytes>) => Allocator;
/** Gives the name of a list; `undefined` where it is freed. */
export let handleOf: (list: AllocatedBlocks<Bytes>) => native.Handle | undefined;
/** Gives the bytes of a list, if there are subscribers to tell of its end, and it is not freed; else `UNTOLD`. */
export let bytesToTell: (list: AllocatedBlocks<Bytes>) => number;
/** Marks a list as freed. Its guard, and so its blocks, become the caller's. */
export let detach: (list: AllocatedBlocks<Bytes>) => Guard | undefined;
/** Undoes `detach()`. */
export let attach: (list: AllocatedBlocks<Bytes>, guard: Guard) => void;

export class AllocatedBlocks<N extends Bytes = number> implements api.AllocatedBlocks<N> {
  readonly #allocator: Allocator<N>;
  /**
   * Gone once the list is freed. A method that gives the blocks away takes it out first, and keeps it until they are gone: if it
   * is stopped in between, the collector finds the guard, and frees them.
   */
  #guard: Guard | undefined;
  /** Slot of the guard. */
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
  constructor(allocator: Allocator<N>, guard: Guard | undefined, slot: number, tag: number) {
    Allocator.assert(allocator);
    this.#allocator = allocator;
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
    // Written last, since it says that the others are valid.
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
    if (this.#isFreed) throw this.#allocator.toError(native.FREED, syscall);
    if (this.#generation === UNKNOWN) this.#refresh();
    return { slot: this.#slot, generation: this.#generation };
  }

  get buddy(): api.GpuBuddy<N> {
    return this.#allocator.buddy;
  }

  get freed(): boolean {
    return this.#isFreed;
  }

  get #isFreed(): boolean {
    return !this.#guard || (native.hasFreedEverything() && native.describe(this.#slot) === native.FREED);
  }

  get tag(): number {
    return this.#details?.tag ?? 0;
  }

  get length(): number {
    this.#handle('gpu_buddy_block');
    const count = native.countOf(this.#shape);
    return count >= 0 ? count : this.#describe().count;
  }

  /** Asks for numbers that are too large to be kept here. */
  #describe(): typeof native.list {
    native.describe(this.#slot);
    return native.list;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  get size(): N {
    const space = this.#allocator.space;
    let chunks = 0;
    for (let index = 0; index < this.length; index++) chunks += 2 ** this.#orderAt(index);
    return space.bytes(chunks * space.chunkBytes);
  }

  sizeIn(range: AddressRange): N {
    const syscall = 'gpu_buddy_block';
    const space = this.#allocator.space;
    const given = toRange('range', range, space.base);
    const handle = this.#handle(syscall);
    const status = given.isOutside ? native.RANGE_BEYOND_SPACE : native.sizeIn(handle, given);
    if (status !== native.OK)
      throw this.#allocator.toError(status, syscall, { given: { range: given.text } });
    return space.bytes(native.bytesInRange());
  }

  get offset(): N | undefined {
    const syscall = 'gpu_buddy_block';
    const handle = this.#handle(syscall);
    if (native.countOf(this.#shape) === 1) return this.#blockAt(0).offset;
    const status = native.findLowest(handle);
    if (status !== native.OK) throw this.#allocator.toError(status, syscall);
    return native.found.any ? this.#allocator.space.address(native.found.offset) : undefined;
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
    if (typeof columns === 'number') throw this.#allocator.toError(columns, 'gpu_buddy_block');
    return columns;
  }

  at(index: number): AllocatedBlock<N> | undefined {
    const given: unknown = index;
    if (typeof given !== 'number') throw invalidArgType('index', 'of type number', given);
    const count = this.length;
    const place = Math.trunc(index) || 0;
    const position = place < 0 ? count + place : place;
    return position >= 0 && position < count ? this.#blockAt(position) : undefined;
  }

  #blockAt(index: number): AllocatedBlock<N> {
    const { space } = this.#allocator;
    if (index === 0) {
      const chunk = this.#chunk >= 0 ? this.#chunk : this.#describe().chunk;
      const order = native.orderOf(this.#shape);
      return this.#makeBlock(space.addressOf(chunk), order, native.isClear(this.#shape));
    }
    const { offsets, orders, states } = this.#readColumns();
    const isClear = ((states[index] ?? 0) & native.STATE_CLEAR) !== 0;
    return this.#makeBlock(space.address(offsets[index] ?? 0), orders[index] ?? 0, isClear);
  }

  #makeBlock(offset: N, order: number, isClear: boolean): AllocatedBlock<N> {
    return new AllocatedBlock(this.#allocator, this, offset, order, isClear);
  }

  *[Symbol.iterator](): IterableIterator<AllocatedBlock<N>> {
    for (let index = 0; index < this.length; index++) yield this.#blockAt(index);
  }

  toArrays(): BlockTable<N> {
    const space = this.#allocator.space;
    return this.#read(space.column(this.length), space.base);
  }

  segments(maxLength?: Bytes): Segment<N>[] {
    const space = this.#allocator.space;
    const most = maxLength === undefined ? undefined : toBytes('maxLength', maxLength);
    this.#handle('gpu_buddy_block');
    if (most !== undefined && (!most || BigInt(most) % BigInt(space.chunkSize) !== 0n))
      throw this.#allocator.toError(native.MAX_LENGTH_UNALIGNED, 'gpu_buddy_block', { given: { maxLength } });
    const longest = most === undefined ? Infinity : Number(most);
    if (!fitsIntoHeap(Number(this.size) / longest, HEAP_BYTES_OF_SEGMENT))
      throw outOfRange('maxLength', "larger: so many segments do not fit into V8's heap", longest);
    return mergeBlocks(this.#readColumns(), space, longest);
  }

  trim(newSize: Bytes, options?: api.TrimOptions): void {
    const syscall = 'gpu_buddy_block_trim';
    const { start } = toOptions('options', options, TRIM_OPTION_NAMES);
    const wanted = toBytes('newSize', newSize);
    const address =
      start === undefined ? undefined : toRelative(toBytes('start', start), this.#allocator.space.base);

    const handle = this.#handle(syscall);
    const before = this.#bytesToTell();
    this.#beginChange();
    const status = address === null ? native.START_OUTSIDE_BLOCK : native.trim(handle, wanted, address);
    if (status !== native.OK) throw this.#allocator.toError(status, syscall, { given: { newSize, start } });
    this.#takeReport();
    this.#tellShrunk(before);
  }

  freeBlock(index: number, options?: FreeOptions): void {
    const syscall = 'gpu_buddy_free_list';
    const place = toIndex('index', index);
    const isCleared = isToBeCleared(options);

    const handle = this.#handle(syscall);
    const position = place < 0 ? this.length + place : place;
    if (position < 0) throw this.#allocator.toError(native.INDEX_OUTSIDE_LIST, syscall, { given: { index } });
    const before = this.#bytesToTell();
    this.#beginChange();
    const status = native.freeBlock(handle, position, isCleared);
    if (status !== native.OK) throw this.#allocator.toError(status, syscall, { given: { index } });
    this.#takeReport();
    this.#tellShrunk(before);
  }

  append(other: AllocatedBlocks<Bytes>): void {
    const syscall = 'gpu_buddy_block';
    const given: unknown = other;
    if (typeof given !== 'object' || given === null || !(#guard in given))
      throw invalidArgType('other', 'an AllocatedBlocks', given);
    const handle = this.#handle(syscall);
    const from = other.#handle(syscall);
    if (!this.#allocator.isSame(other.#allocator))
      throw this.#allocator.toError(native.LIST_FOREIGN, syscall);
    if (handle.slot === from.slot) throw this.#allocator.toError(native.LIST_ITSELF, syscall);

    const { tag } = this;
    this.#beginChange();
    const guard = other.#guard;
    other.#guard = undefined;
    if (other.#details) other.#details.columns = undefined;
    const status = native.append(handle, from, tag);
    if (status !== native.OK) {
      other.#guard = guard;
      throw this.#allocator.toError(status, syscall);
    }
    this.#takeReport();
    returnGuard(guard, from.slot);
  }

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
      if (allocated.hasSubscribers)
        tellAlloc(this.#allocator, 1, size, { tag: this.tag, charged: undefined });
      return true;
    }
    // Collected lists may have the missing memory.
    if ((native.isShortage(status) || status === native.NO_MEMORY) && reclaimAll()) return this.#extend(size);
    const error = native.isShortage(status)
      ? undefined
      : this.#allocator.toError(status, syscall, { given: { size } });
    if (failed.hasSubscribers)
      tellStatus(this.#allocator, 1, size, { tag: this.tag, charged: undefined }, status);
    if (error) throw error;
    return false;
  }

  free(options?: FreeOptions): void {
    const isCleared = isToBeCleared(options);
    const guard = this.#guard;
    if (guard === undefined) return;
    if (this.#generation === UNKNOWN) this.#refresh();
    const bytes = freed.hasSubscribers ? this.#bytesToTell() : UNTOLD;
    this.#guard = undefined;
    const handle = this.#allocator.lazyHandle;
    let status = native.OK;
    // Lists of an unshared allocator can wait for the next call. An empty list has no name to wait under.
    if (handle < 0 || native.mustFreeAtOnce() || native.countOf(this.#shape) === 0)
      status = native.free(this.#slot, this.#generation, isCleared);
    else native.freeSoon(handle, this.#node, this.#generation, this.#shape, isCleared);
    if (this.#details) this.#details.columns = undefined;
    returnGuard(guard, this.#slot);
    if (status !== native.OK && status !== native.FREED)
      throw this.#allocator.toError(status, 'gpu_buddy_free_list');
    if (bytes !== UNTOLD) tellFree(this.#allocator, 1, bytes);
  }

  /** Bytes of all blocks, if there are subscribers; `UNTOLD` without, or if the list is freed or can't be read. */
  #bytesToTell(): number {
    if (!freed.hasSubscribers || this.#isFreed) return UNTOLD;
    try {
      return Number(this.size);
    } catch (error) {
      if (error instanceof GpuBuddyError) return UNTOLD;
      throw error;
    }
  }

  /** Tells subscribers how much a list has lost, if anything. */
  #tellShrunk(before: number): void {
    if (before === UNTOLD) return;
    const bytes = before - Number(this.size);
    if (bytes > 0) tellFree(this.#allocator, 1, bytes);
  }

  transfer(): AllocatedBlocksToken {
    return this.#leave(false);
  }

  park(): AllocatedBlocksToken {
    return this.#leave(true);
  }

  /** Leaves the blocks with their allocator. Its callers only return: the blocks are the token's, and it must get to the user. */
  #leave(keeps: boolean): AllocatedBlocksToken {
    const syscall = 'gpu_buddy_block';
    const handle = this.#handle(syscall);
    const allocator = this.#allocator;
    // Done first: from now on others can find the allocator.
    allocator.lazyHandle = -1;
    const numbers = native.prepareParking(handle);
    if (typeof numbers === 'number') throw allocator.toError(numbers, syscall);
    const id = toId(numbers.allocator);
    remember(allocator, id);
    const token = blocksToken(id, numbers.ticket);

    const guard = this.#guard;
    this.#guard = undefined;
    const status = native.park(handle, keeps);
    // No call from here on: a call may overflow the stack.
    if (status === native.OK) return token;
    this.#guard = guard;
    throw allocator.toError(status, syscall);
  }

  static revoke(token: AllocatedBlocksToken): void {
    const { id, buddy } = toBlocksToken('token', token);
    const allocator = findAllocator(buddy.id, false) ?? findAllocator(buddy.id, true);
    const status = native.revoke(fromId(buddy.id), fromId(id));
    const bytes = native.revokedBytes();
    if (status !== native.OK)
      throw allocator?.toError(status, 'gpu_buddy_free_list') ?? gpuBuddyError(status, 'gpu_buddy_free_list');
    if (allocator && freed.hasSubscribers) tellFree(allocator, 1, bytes);
  }

  [Symbol.dispose](): void {
    this.free();
  }

  static {
    versionOf = (list) => {
      if (list.#isFreed) return NO_VERSION;
      if (list.#generation === UNKNOWN) list.#refresh();
      return list.#generation;
    };
    allocatorOfList = (list) => list.#allocator;
    handleOf = (list) => (list.#isFreed ? undefined : list.#handle('gpu_buddy_block'));
    detach = (list) => {
      const guard = list.#guard;
      list.#guard = undefined;
      if (list.#details) list.#details.columns = undefined;
      return guard;
    };
    bytesToTell = (list) => list.#bytesToTell();
    attach = (list, guard) => {
      list.#guard = guard;
    };
  }

  toJSON(): api.AllocatedBlocksJson<N> | { readonly freed: true } {
    if (this.#isFreed) return { freed: true };
    const { tag, size } = this;
    const blocks = Array.from(this, ({ offset, order, size, isClear, tag }) =>
      toJson({ offset, order, size, isClear, tag }),
    );
    return { tag, size: toJson(size), blocks };
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#guard in this)) return 'AllocatedBlocks {}';
    if (this.#isFreed) return 'AllocatedBlocks { freed }';
    const count = this.length;
    // Makes only the blocks that are shown.
    const shown = Math.max(0, Math.min(count, options.maxArrayLength ?? Infinity));
    const more = count > shown ? ` ... ${String(count - shown)} more` : '';
    let blocks: AllocatedBlock<N>[];
    try {
      blocks = Array.from({ length: shown }, (_, index) => this.#blockAt(index));
    } catch (error) {
      // A poisoned allocator: printing a list shows the error, and does not throw it.
      if (!(error instanceof GpuBuddyError)) throw error;
      return `AllocatedBlocks(${String(count)}) <${error.code}>`;
    }
    return `AllocatedBlocks(${String(count)}) ${inspect(blocks, { ...options, depth })}${more}`;
  }
}

export class AllocatedBlock<N extends Bytes = number> implements api.AllocatedBlock<N> {
  readonly #allocator: Allocator<N>;
  readonly #blocks: AllocatedBlocks<N>;
  readonly #version: number;
  readonly #offset: N;
  readonly #order: number;
  readonly #isClear: boolean;

  constructor(
    allocator: Allocator<N>,
    blocks: AllocatedBlocks<N>,
    offset: N,
    order: number,
    isClear: boolean,
  ) {
    Allocator.assert(allocator);
    this.#allocator = allocator;
    this.#blocks = blocks;
    this.#version = versionOf(blocks);
    this.#offset = offset;
    this.#order = order;
    this.#isClear = isClear;
  }

  get blocks(): AllocatedBlocks<N> {
    return this.#blocks;
  }

  get offset(): N {
    this.#assertCurrent('gpu_buddy_block_offset');
    return this.#offset;
  }

  get order(): number {
    this.#assertCurrent('gpu_buddy_block_order');
    return this.#order;
  }

  get size(): N {
    this.#assertCurrent('gpu_buddy_block_size');
    return this.#allocator.space.blockSize(this.#order);
  }

  get isClear(): boolean {
    this.#assertCurrent('gpu_buddy_block_is_clear');
    return this.#isClear;
  }

  get tag(): number {
    this.#assertCurrent('gpu_buddy_block');
    return this.#blocks.tag;
  }

  get #isCurrent(): boolean {
    return versionOf(this.#blocks) === this.#version;
  }

  #assertCurrent(syscall: string): void {
    if (!this.#isCurrent) throw this.#allocator.toError(native.FREED, syscall);
  }

  get #info(): BlockInfo<N> {
    const { offset, order, size, isClear, tag } = this;
    return { offset, order, size, isClear, tag };
  }

  toJSON(): Json<BlockInfo<N>> | { readonly freed: true } {
    return this.#isCurrent ? toJson(this.#info) : { freed: true };
  }

  [inspect.custom](depth: number, options: InspectOptions): string {
    if (!(#blocks in this)) return 'AllocatedBlock {}';
    return this.#isCurrent ? `AllocatedBlock ${inspect(this.#info, options)}` : 'AllocatedBlock { freed }';
  }
}
