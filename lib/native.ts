/**
 * Declares the addon's whole surface. The only file that knows how arguments and results cross the border
 * (native/node/mailbox.h). Checks nothing: numbers that come here are safe integers from 0 on, or bigints of at
 * most 64 bits. Every call gives a status, an index into `statuses`.
 *
 * JavaScript can be stopped between any two instructions: by a stack overflow, by the timeout of a `vm`, by Ctrl-C. So each
 * call here writes all of its arguments, and the cell that says which of them are bigints, before it goes down, and no call
 * relies on what an earlier one has left in the mailbox. The one exception, the record of the allocation, is forgotten
 * before it is changed. docs/ownership.md has the rule that all of lib/ follows.
 */
import { setImmediate } from './event-loop';
import { loadAddon } from './addon/load';
import type { BatchColumns } from './batch-columns';
import { allocRecordIn, writeAlloc, writeTarget, type Records } from './records';

/** A byte count or an address: a safe integer from 0 on, or a bigint below 2^64. */
export type Bytes = number | bigint;

/** Names an allocator, or the list in a guard, in this environment. */
export interface Handle {
  readonly slot: number;
  readonly generation: number;
}

export interface StatusText {
  /** Its name in native/buddy/status.h. */
  readonly name: string;
  /** Negative, as the kernel returns it; 0 for success and for this library's own errors. */
  readonly errno: number;
  readonly code: string;
  /** The argument at fault, in the kernel's spelling; empty where it is none in particular. */
  readonly argument: string;
  readonly why: string;
}

/** A column of byte counts or addresses. */
export type NumberColumn = Float64Array | BigUint64Array;

/** What is known of many blocks, a column for each property. */
export interface Columns<Offsets extends NumberColumn = Float64Array> {
  readonly offsets: Offsets;
  readonly orders: Uint8Array;
  /** `STATE_` bits. */
  readonly states: Uint8Array;
  readonly tags: Float64Array;
}

export const STATE_ALLOCATED = 1;
export const STATE_CLEAR = 2;

/** The flags of gpu_buddy_alloc_blocks(). */
export const FLAG_RANGE = 1;
export const FLAG_TOPDOWN = 2;
export const FLAG_CONTIGUOUS = 4;
export const FLAG_CLEAR = 8;
export const FLAG_TRIM_DISABLE = 32;

/** Where things stand in the mailbox: see native/node/mailbox.h. */
type Place =
  | 'results'
  | 'integers'
  | 'alloc'
  | 'queue'
  | 'queueLength'
  | 'wide'
  | 'status'
  | 'queued'
  | 'changes'
  | 'poisonings'
  | 'freeAlls'
  | 'listCount'
  | 'listNode'
  | 'listGeneration'
  | 'listChunk'
  | 'listShape'
  | 'shapeCount'
  | 'shapeMostBlocks'
  | 'queuedCleared'
  | 'queuedInPool'
  | 'poolEntry'
  | 'poolGenerationBits'
  | 'poolMostEntries'
  | 'poolPending'
  | 'maxOrders'
  | 'cells';

interface Addon {
  readonly layout: Readonly<Record<Place, number>>;
  readonly statuses: readonly StatusText[];
  readonly kernelVersion: string;
  readonly kernelSha256: string;
  /** The tool that built it, for people: `node-gyp`. */
  readonly builtWith: string;

  /** Gives every copy of this module in an environment the same calls, over the cells that the first one brings. */
  connect(cells: Float64Array): Calls;
}

type Register = typeof FinalizationRegistry.prototype.register;
type Unregister = typeof FinalizationRegistry.prototype.unregister;
type Registry = FinalizationRegistry<number>;

/** Those who wait for an allocator, and want to be told of the next free. */
export interface Waker {
  /** Called by the event loop, after a free. */
  wake(): void;
}

interface Calls {
  readonly cells: Float64Array<SharedArrayBuffer>;
  /** Of all copies of this module in an environment, by the slots of their handles. */
  wakers?: Map<number, Waker>;

  // Open something that ends with an object: the registry is told of both in the same call.
  create(register: Register, registry: Registry, buddy: object): void;
  open(register: Register, registry: Registry, buddy: object): void;
  openGuard(register: Register, registry: Registry, guard: object): void;
  openPool(register: Register, registry: Registry, pool: object): void;
  takeFromPool(register: Register, registry: Registry, guard: object): void;
  openGroup(register: Register, registry: Registry, guard: object): void;
  takeFromGroup(register: Register, registry: Registry, guard: object): void;
  // End it while the object lives.
  dispose(unregister: Unregister, registry: Registry, buddy: object): void;
  closePool(unregister: Unregister, registry: Registry, pool: object): void;
  // End it afterwards.
  forgetAllocator(): void;
  closeGuards(guards: Uint32Array): void;
  closeSomeOfGroup(groups: Uint32Array): void;
  closeSomeOfPool(pools: Uint32Array): void;

  emptyGroup(): void;
  describe(): void;
  readonly alloc: () => void;
  readonly allocInPool: () => void;
  movePool(memory: Int32Array): void;
  poolMemory(): Int32Array<SharedArrayBuffer> | undefined;
  freeInPool(): void;
  describeInPool(): void;
  lengthOfPool(): void;
  clearPool(): void;
  freeEverything(): void;
  flush(): void;
  runBatch(
    records: Float64Array,
    requests: Float64Array,
    results: Uint8Array,
    state?: Float64Array,
    ...columns: ArrayBufferView[]
  ): void;
  append(): void;
  extend(): void;
  claim(chunks: Float64Array, orders: Uint8Array): void;
  save(...columns: StateColumnList): void;
  restore(...columns: StateColumnList): void;
  trim(): void;
  trimRaw(): void;
  free(): void;
  freeBlock(): void;
  freeBlockRaw(): void;
  resetClear(): void;
  resetClearRaw(): void;
  lookup(): void;
  avail(): void;
  room(): void;
  availIn(): void;
  findFree(): void;
  sizeIn(): void;
  lowest(): void;
  epoch(): void;
  wait(tell: (slot: number) => void): void;
  endWait(): void;
  read(offsets: NumberColumn, orders: Uint8Array, states: Uint8Array, tags: Float64Array): void;
  snapshot(offsets: NumberColumn, orders: Uint8Array, states: Uint8Array, tags: Float64Array): void;
  freeRuns(offsets: NumberColumn, sizes: NumberColumn): void;
  stats(freeBlocks: Float64Array, usedBlocks: Float64Array): void;
  print(): string | undefined;
  bug(): string | undefined;
  share(): void;
  prepareParking(): void;
  park(): void;
  adopt(): void;
  onWarning(report: (place: string) => void): void;
  /** In test builds only. */
  inject?(): void;
}

const loaded = loadAddon();
/** The file that the addon was loaded from. */
export const addonFile = loaded.file;
const addon = loaded.addon as Addon;
const { layout } = addon;
// Shared memory, since that of an ArrayBuffer can be taken away: by structuredClone(), for one.
const calls = addon.connect(new Float64Array(new SharedArrayBuffer(8 * layout.cells)));
const mailbox = calls.cells.buffer;
const numbers = new Float64Array(mailbox);
const words = new BigUint64Array(mailbox);
const integers = new Int32Array(mailbox, 8 * layout.integers, 2 * (layout.alloc - layout.integers));
const record = allocRecordIn(mailbox, 8 * layout.alloc);
const queue = new Int32Array(mailbox, 8 * layout.queue);
// Constants of this module, which compiled code need not look for.
const { results: RESULTS, wide: WIDE, status: STATUS } = layout;
const { queued: QUEUED, changes: CHANGES, poisonings: POISONINGS, queueLength: QUEUE_LENGTH } = layout;
const { freeAlls: FREE_ALLS, listCount: COUNT, listNode: NODE } = layout;
const { listGeneration: GENERATION, listChunk: CHUNK, listShape: SHAPE } = layout;
const { shapeCount: SHAPE_COUNT, shapeMostBlocks: SHAPE_MOST_BLOCKS } = layout;
const { alloc: callAlloc, allocInPool: callAllocInPool } = calls;
// eslint-disable-next-line @typescript-eslint/unbound-method -- called by the addon, with a registry as `this`
const { register, unregister } = FinalizationRegistry.prototype;

export const statuses = addon.statuses;

/** The status of this name; the names are checked when the package is loaded. */
function statusNamed(name: string): number {
  const index = statuses.findIndex((text) => text.name === name);
  if (index < 0) throw new Error(`The addon does not fit this package: it knows no status ${name}.`);
  return index;
}

/** The statuses that callers tell apart, or give themselves; all others are errors to report. */
export const OK = statusNamed('OK');
export const NO_SPACE = statusNamed('NO_SPACE');
export const NO_MEMORY = statusNamed('NO_MEMORY');
export const FREED = statusNamed('FREED');
export const DISPOSED = statusNamed('DISPOSED');
export const POISONED = statusNamed('POISONED');
export const RANGE_BEYOND_SPACE = statusNamed('RANGE_BEYOND_SPACE');
export const START_OUTSIDE_BLOCK = statusNamed('START_OUTSIDE_BLOCK');
export const ADDRESS_BEYOND_SPACE = statusNamed('ADDRESS_BEYOND_SPACE');
export const MAX_LENGTH_UNALIGNED = statusNamed('MAX_LENGTH_UNALIGNED');
export const INDEX_OUTSIDE_LIST = statusNamed('INDEX_OUTSIDE_LIST');
export const HANDLE_UNKNOWN = statusNamed('HANDLE_UNKNOWN');
export const HANDLE_OUTSIDE_RUN = statusNamed('HANDLE_OUTSIDE_RUN');
export const NEEDS_BIGINT = statusNamed('NEEDS_BIGINT');
export const POOL_HANDLE_UNKNOWN = statusNamed('POOL_HANDLE_UNKNOWN');
export const POOL_FULL = statusNamed('POOL_FULL');
export const BLOCKS_FOREIGN = statusNamed('BLOCKS_FOREIGN');
export const LIST_ITSELF = statusNamed('LIST_ITSELF');
export const LIST_FOREIGN = statusNamed('LIST_FOREIGN');
export const NO_BLOCKS = statusNamed('NO_BLOCKS');
export const BLOCK_OUTSIDE_SPACE = statusNamed('BLOCK_OUTSIDE_SPACE');
export const BLOCK_UNALIGNED = statusNamed('BLOCK_UNALIGNED');
export const BLOCK_OVERLAPS = statusNamed('BLOCK_OVERLAPS');
export const BLOCK_NOT_FREE = statusNamed('BLOCK_NOT_FREE');
export const STATE_UNKNOWN = statusNamed('STATE_UNKNOWN');
export const STATE_UNFIT = statusNamed('STATE_UNFIT');
export const FREED_BEFORE_ALLOCATION = statusNamed('FREED_BEFORE_ALLOCATION');

/** The release of Linux whose buddy.c is inside, such as `7.3.4`. */
export const kernelVersion = addon.kernelVersion;

/** Of that buddy.c, in hexadecimal. */
export const kernelSha256 = addon.kernelSha256;
export const builtWith = addon.builtWith;

/** Whether this is a test build: see inject(). */
export const hasFaults = calls.inject !== undefined;

calls.onWarning((place) => {
  process.emitWarning(`The kernel code met a WARN_ON, and goes on: ${place}`, {
    type: 'GpuBuddyWarning',
    code: 'GPU_BUDDY_KERNEL_WARNING',
  });
});

/** Stands in the cell of the status until the addon has answered. No status has this number. */
const UNANSWERED = -1;

/** Writes an argument. Returns the bit to give to `seal()`. */
function put(index: number, value: Bytes): number {
  if (typeof value === 'number') {
    numbers[index] = value;
    return 0;
  }
  words[index] = value;
  return 1 << index;
}

function putHandle(handle: Handle): void {
  numbers[0] = handle.slot;
  numbers[1] = handle.generation;
}

/** Closes the mailbox. @param wide the bits of all arguments that are bigints */
function seal(wide = 0): void {
  integers[WIDE] = wide;
  integers[STATUS] = UNANSWERED;
}

function cell(index: number): number {
  return numbers[index] ?? NaN;
}

function result(index: number): number {
  return cell(RESULTS + index);
}

/** A result that need not be exact as a number. */
function wordResult(index: number): bigint {
  return words[RESULTS + index] ?? 0n;
}

function integer(place: number): number {
  return integers[place] ?? 0;
}

function status(): number {
  return integers[STATUS] ?? UNANSWERED;
}

/** Where a number of these is -1, it is too large for 31 bits: `list` knows it. */
class Report {
  /** The node of its first block, which names the list together with the generation. */
  get node(): number {
    return integer(NODE);
  }
  /** The low bits of it; another one whenever the blocks of the list have changed. */
  get generation(): number {
    return integer(GENERATION);
  }
  /** Offset of the first block, in chunks. */
  get chunk(): number {
    return integer(CHUNK);
  }
  /** How many blocks there are, and what the first one is like: see `orderOf()`, `isClear()`, `countOf()`. */
  get shape(): number {
    return integer(SHAPE);
  }
}

class ListReport extends Report {
  get count(): number {
    const count = integer(COUNT);
    return count < 0 ? result(0) : count;
  }
  override get chunk(): number {
    return super.chunk < 0 ? result(1) : super.chunk;
  }
}

/** The list that the last call of alloc, adopt, trim or freeBlock has left, as it fits into small integers. */
export const report = new Report();

/** The same, whatever the numbers. */
export const list = new ListReport();

export function orderOf(shape: number): number {
  return (shape & ((1 << SHAPE_COUNT) - 1)) >> 1;
}

export function isClear(shape: number): boolean {
  return (shape & 1) !== 0;
}

/** How many blocks there are; -1 where `list` must be asked. */
export function countOf(shape: number): number {
  const count = (shape >> SHAPE_COUNT) & SHAPE_MOST_BLOCKS;
  return count === SHAPE_MOST_BLOCKS ? -1 : count;
}

class FoundReport {
  get any(): boolean {
    return result(0) !== 0;
  }
  get offset(): number {
    return result(1);
  }
  get order(): number {
    return result(2);
  }
  get clear(): boolean {
    return result(3) !== 0;
  }
  get tag(): number {
    return result(4);
  }
}

/** What the last call of lookup has found. */
export const found = new FoundReport();

/** The handle that the last call of create or open has made. */
export function created(): Handle {
  return { slot: result(0), generation: result(1) };
}

/** The base offset of that allocator. */
export function createdBaseOffset(): bigint {
  return wordResult(2);
}

/** Has the collector tell of allocators whose objects have been collected, by their slots. */
const allocators = new FinalizationRegistry(forgetAllocator);

function forgetAllocator(slot: number): void {
  numbers[0] = slot;
  seal();
  calls.forgetAllocator();
}

/** The arguments of gpu_buddy_init(), and the limits that this library adds. */
export interface AllocatorConfig {
  readonly size: Bytes;
  readonly chunkSize: Bytes;
  readonly baseOffset: Bytes;
  /** Whether the kernel may be told of a larger unit: then the chunk size can be below 4096. */
  readonly anyUnit: boolean;
  /** Bytes; 0 is a quarter of the machine's memory. */
  readonly memoryLimit: number;
  /** 0 is none. */
  readonly stepLimit: number;
}

/** gpu_buddy_init(): see created(). The allocator ends with `owner`, if not before, and with its last list. */
export function create(owner: object, config: AllocatorConfig): number {
  const { size, chunkSize, baseOffset, anyUnit, memoryLimit, stepLimit } = config;
  numbers[2] = memoryLimit;
  numbers[3] = stepLimit;
  numbers[5] = anyUnit ? 1 : 0;
  seal(put(0, size) | put(1, chunkSize) | put(4, baseOffset));
  calls.create(register, allocators, owner);
  return status();
}

/** Gives up the handle of an owner. */
export function dispose(owner: object, allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.dispose(unregister, allocators, owner);
  return status();
}

/** Opens a native guard for lists, whose end with the object the registry tells by its slot. -1 without memory. */
export function openGuard(registry: Registry, guard: object): number {
  seal();
  calls.openGuard(register, registry, guard);
  return status() === OK ? result(0) : -1;
}

/**
 * Frees what is in the guards from `first` to `end`, and closes them; each number is then 0. Returns the bytes that were freed,
 * if `counts`.
 *
 * @param guards their slots, each with 1 added, 0 for none
 */
export function closeGuards(guards: Uint32Array, first: number, end: number, counts = false): number {
  numbers[0] = first;
  numbers[1] = end;
  numbers[2] = counts ? 1 : 0;
  seal();
  calls.closeGuards(guards);
  return result(0);
}

/** An allocation's arguments without its size. Immutable. */
export interface Request {
  readonly minBlockSize: Bytes;
  readonly flags: number;
  /** Relative to the start of the space. */
  readonly start: Bytes;
  readonly end: Bytes;
  readonly tag: number;
  /** Whether `shortage` tells what was free where an allocation finds no space. Means nothing in a batch. */
  readonly explains: boolean;
}

/**
 * The allocation whose record is in the mailbox, unless another copy of this module has changed it since: then the number of
 * changes is another one.
 */
let lastAllocator: Handle | undefined;
let lastRequest: Request | undefined;
let lastChange = 0;

/** Forgets first what the record says, here and in other copies: half of it may be written when this is interrupted. */
function change(allocator: Handle, request: Request): void {
  lastRequest = undefined;
  lastChange = (integer(CHANGES) + 1) | 0;
  integers[CHANGES] = lastChange;
  writeAlloc(record, allocator, request);
  lastAllocator = allocator;
  lastRequest = request;
}

/** gpu_buddy_alloc_blocks() into a guard, checked and explained; `start` and `end` go with FLAG_RANGE. */
export function alloc(allocator: Handle, request: Request, slot: number, size: Bytes): number {
  if (request !== lastRequest || allocator !== lastAllocator || integer(CHANGES) !== lastChange)
    change(allocator, request);
  writeTarget(record, slot, size);
  // Always answers.
  callAlloc();
  return status();
}

/** The same into a pool: its index and generation are `node` and `generation` of `report`. `POOL_FULL`: the pool needs room. */
export function allocInPool(allocator: Handle, request: Request, pool: number, size: Bytes): number {
  if (request !== lastRequest || allocator !== lastAllocator || integer(CHANGES) !== lastChange)
    change(allocator, request);
  writeTarget(record, pool, size);
  callAllocInPool();
  return status();
}

class ShortageReport {
  get avail(): number {
    return result(3);
  }
  get largestFree(): number {
    return result(4);
  }
  /** Free bytes in the range that was given, if there are as many as asked for in the whole space. */
  get availInRange(): bigint {
    return wordResult(5);
  }
  /** Whether there may be more: the range has very many blocks. */
  get isMoreInRange(): boolean {
    return result(6) !== 0;
  }
}

/** The free memory when the last call of alloc found no space, if its request `explains`. */
export const shortage = new ShortageReport();

/** gpu_buddy_free_list(), at once, of the list in a guard. */
export function free(slot: number, generation: number, cleared: boolean): number {
  numbers[0] = slot;
  numbers[1] = generation;
  numbers[2] = cleared ? 1 : 0;
  seal();
  calls.free();
  return status();
}

/** Bits of the last number of what is in the queue. The rest is the high part of a generation, where it stands in a shape. */
const { queuedCleared: QUEUED_CLEARED, queuedInPool: QUEUED_IN_POOL } = layout;
const QUEUED_BITS = QUEUED_CLEARED | QUEUED_IN_POOL;

/** Whether an allocator of this environment has met a BUG: then nothing may wait in the queue, so that its end is not missed. */
export function mustFreeAtOnce(): boolean {
  return integer(POISONINGS) !== 0;
}

/** Whether lists may have been freed by `freeEverything()`. */
export function hasFreedEverything(): boolean {
  return integer(FREE_ALLS) !== 0;
}

/**
 * The same, of a list by its name, which must be there: it may be freed with the next call, whatever that is, or when the event
 * loop next turns: for allocators that nobody but this environment sees.
 *
 * @param handle the slot of the allocator's handle
 */
export function freeSoon(
  handle: number,
  node: number,
  generation: number,
  shape: number,
  cleared: boolean,
): void {
  enqueue(handle, node, generation, cleared ? (shape & ~QUEUED_BITS) | QUEUED_CLEARED : shape & ~QUEUED_BITS);
}

/** The same, of an allocation of a pool. */
export function freeInPoolSoon(pool: number, index: number, generation: number, cleared: boolean): void {
  enqueue(pool, index, generation, cleared ? QUEUED_IN_POOL | QUEUED_CLEARED : QUEUED_IN_POOL);
}

function enqueue(slot: number, node: number, generation: number, what: number): void {
  let queued = integer(QUEUED);
  if (queued === QUEUE_LENGTH) {
    // Once in a while, in case that scheduling was interrupted.
    flushIsDue = false;
    calls.flush();
    queued = 0;
  }
  const at = 4 * queued;
  queue[at] = slot;
  queue[at + 1] = node;
  queue[at + 2] = generation;
  queue[at + 3] = what;
  integers[QUEUED] = queued + 1;
  if (!flushIsDue) {
    flushIsDue = true;
    setImmediate(flush);
  }
}

let flushIsDue = false;

function flush(): void {
  flushIsDue = false;
  if (integer(QUEUED) !== 0) calls.flush();
}

function putTrim(blocks: Handle, newSize: Bytes, start: Bytes | undefined): void {
  putHandle(blocks);
  numbers[3] = start === undefined ? 0 : 1;
  seal(put(2, newSize) | put(4, start ?? 0));
}

/** gpu_buddy_block_trim(), guarded and explained. */
export function trim(blocks: Handle, newSize: Bytes, start: Bytes | undefined): number {
  putTrim(blocks, newSize, start);
  calls.trim();
  return status();
}

/** gpu_buddy_block_trim() as the kernel takes it. */
export function trimRaw(blocks: Handle, newSize: Bytes, start: Bytes | undefined): number {
  putTrim(blocks, newSize, start);
  calls.trimRaw();
  return status();
}

/** gpu_buddy_free_list() of one block. */
export function freeBlock(blocks: Handle, index: number, cleared: boolean): number {
  putHandle(blocks);
  numbers[2] = index;
  numbers[3] = cleared ? 1 : 0;
  seal();
  calls.freeBlock();
  return status();
}

/** gpu_buddy_free_block(): the block stays as clear as it was. */
export function freeBlockRaw(blocks: Handle, index: number): number {
  putHandle(blocks);
  numbers[2] = index;
  seal();
  calls.freeBlockRaw();
  return status();
}

/** Moves the blocks of a list behind those of another one, with this tag. Afterwards the guard of `other` has no list. */
export function append(blocks: Handle, other: Handle, tag: number): number {
  putHandle(blocks);
  numbers[2] = other.slot;
  numbers[3] = other.generation;
  numbers[4] = tag;
  seal();
  calls.append();
  return status();
}

/** Allocates memory right behind the highest block of a list, and adds it at the end. */
export function extend(blocks: Handle, size: Bytes): number {
  putHandle(blocks);
  seal(put(2, size));
  calls.extend();
  return status();
}

/** What the blocks of `claim()` are to count as: as free memory did, dirty or clear. */
export const AS_FOUND = 0;
export const AS_DIRTY = 1;
export const AS_CLEAR = 2;
export type Clearness = typeof AS_FOUND | typeof AS_DIRTY | typeof AS_CLEAR;

/** Places of blocks, whose offsets are in chunks. */
export interface Places {
  readonly chunks: Float64Array;
  readonly orders: Uint8Array;
}

/** Takes exactly these blocks, as one list, into a guard. */
export function claim(
  allocator: Handle,
  slot: number,
  { chunks, orders }: Places,
  tag: number,
  clearness: Clearness,
): number {
  putHandle(allocator);
  numbers[2] = slot;
  numbers[3] = tag;
  numbers[4] = clearness;
  seal();
  calls.claim(chunks, orders);
  return status();
}

/** The row of the block that the last call of claim could not have; that of restore: free blocks come behind the others. */
export function failedRow(): number {
  return result(3);
}

/** All that is known of an allocator beside its size: see native/buddy/state.h. */
export interface StateColumns {
  readonly tags: Float64Array;
  readonly counts: Float64Array;
  readonly blocks: Places;
  /** 0 or 1. */
  readonly clear: Uint8Array;
  readonly free: Places;
}

type StateColumnList = [
  tags: Float64Array,
  counts: Float64Array,
  chunks: Float64Array,
  orders: Uint8Array,
  clear: Uint8Array,
  freeChunks: Float64Array,
  freeOrders: Uint8Array,
];

function listOf({ tags, counts, blocks, clear, free }: StateColumns): StateColumnList {
  return [tags, counts, blocks.chunks, blocks.orders, clear, free.chunks, free.orders];
}

export function stateColumns(lists: number, blocks: number, free: number): StateColumns {
  return {
    tags: new Float64Array(lists),
    counts: new Float64Array(lists),
    blocks: { chunks: new Float64Array(blocks), orders: new Uint8Array(blocks) },
    clear: new Uint8Array(blocks),
    free: { chunks: new Float64Array(free), orders: new Uint8Array(free) },
  };
}

/** All lists of an allocator, and the free blocks that are clear; or the status. */
export function save(allocator: Handle): StateColumns | number {
  for (let columns = stateColumns(0, 0, 0), spare = 0; ; spare = columns.clear.length) {
    const list = listOf(columns);
    putHandle(allocator);
    seal();
    calls.save(...list);
    if (status() !== OK) return status();
    const [isWritten, lists, blocks, free] = [result(0) !== 0, result(1), result(2), result(3)];
    if (isWritten)
      return {
        tags: columns.tags.subarray(0, lists),
        counts: columns.counts.subarray(0, lists),
        blocks: {
          chunks: columns.blocks.chunks.subarray(0, blocks),
          orders: columns.blocks.orders.subarray(0, blocks),
        },
        clear: columns.clear.subarray(0, blocks),
        free: {
          chunks: columns.free.chunks.subarray(0, free),
          orders: columns.free.orders.subarray(0, free),
        },
      };
    // Other threads make more blocks meanwhile: from the second time on there is room to spare for them.
    columns = stateColumns(lists + spare, blocks + spare, free + spare);
  }
}

/** Takes all of a state in a new allocator: its lists into an empty group. */
export function restore(allocator: Handle, group: number, state: StateColumns): number {
  const list = listOf(state);
  putHandle(allocator);
  numbers[2] = group;
  seal();
  calls.restore(...list);
  return status();
}

/** gpu_buddy_reset_clear(), until no free block is left in the other state. */
export function resetClear(allocator: Handle, clear: boolean): number {
  putHandle(allocator);
  numbers[2] = clear ? 1 : 0;
  seal();
  calls.resetClear();
  return status();
}

/** gpu_buddy_reset_clear(), once. */
export function resetClearRaw(allocator: Handle, clear: boolean): number {
  putHandle(allocator);
  numbers[2] = clear ? 1 : 0;
  seal();
  calls.resetClearRaw();
  return status();
}

/** gpu_buddy_allocated_addr_to_block(): the answer is in `found`. */
export function lookup(allocator: Handle, address: Bytes): number {
  putHandle(allocator);
  seal(put(2, address));
  calls.lookup();
  return status();
}

class AvailReport {
  get all(): number {
    return result(0);
  }
  get clear(): number {
    return result(1);
  }
  /** How many WARN_ONs the kernel code has met in this allocator. */
  get warnings(): number {
    return result(2);
  }
}

/** What the last call of readAvail has read. Byte counts are exact although they may exceed 2^53. */
export const avail = new AvailReport();

export function readAvail(allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.avail();
  return status();
}

class RoomReport {
  get avail(): number {
    return result(0);
  }
  get largestFree(): number {
    return result(1);
  }
  /** The largest free block that there could be with as many bytes free. */
  get largestPossible(): number {
    return result(2);
  }
}

/** The answer of the last call of readRoom. Byte counts are exact, as those of `avail`. */
export const room = new RoomReport();

export function readRoom(allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.room();
  return status();
}

/** Relative to the start of the space. */
export interface Range {
  readonly start: Bytes;
  readonly end: Bytes;
}

function putRange({ start, end }: Range): number {
  return put(2, start) | put(3, end);
}

/** The answer is in `bytesInRange()`. */
export function availIn(allocator: Handle, range: Range): number {
  putHandle(allocator);
  seal(putRange(range));
  calls.availIn();
  return status();
}

/** The answer is in `bytesInRange()`. */
export function sizeIn(blocks: Handle, range: Range): number {
  putHandle(blocks);
  seal(putRange(range));
  calls.sizeIn();
  return status();
}

export function bytesInRange(): bigint {
  return wordResult(0);
}

/** Looks for a free run: the answer is in `found`, as `any` and `offset`. */
export function findFree(allocator: Handle, size: Bytes, alignment: Bytes, range: Range): number {
  putHandle(allocator);
  seal(putRange(range) | put(4, size) | put(5, alignment));
  calls.findFree();
  return status();
}

/** Looks for the lowest block of a list: the answer is in `found`, as `offset`, and as `any` where all blocks are one piece. */
export function findLowest(blocks: Handle): number {
  putHandle(blocks);
  seal();
  calls.lowest();
  return status();
}

/** The free runs of an allocator, in the order of their addresses: a column for each property. */
export interface Runs {
  readonly offsets: Float64Array;
  readonly sizes: Float64Array;
}

/** Or the status. Offsets are relative to the start of the space. */
export function freeRuns(allocator: Handle): Runs | number {
  for (let capacity = 0; ;) {
    const offsets = new Float64Array(capacity);
    const sizes = new Float64Array(capacity);
    putHandle(allocator);
    numbers[2] = 0;
    seal();
    calls.freeRuns(offsets, sizes);
    if (status() !== OK) return status();
    const count = result(0);
    if (count <= capacity) return { offsets: offsets.subarray(0, count), sizes: sizes.subarray(0, count) };
    // Other threads make more free blocks meanwhile: from the second time on there is room to spare for them.
    capacity += count;
  }
}

/** @param offsets decides how long all columns are, and whether offsets are numbers or bigints */
function columnsBeside<Offsets extends NumberColumn>(offsets: Offsets): Columns<Offsets> {
  const { length } = offsets;
  return {
    offsets,
    orders: new Uint8Array(length),
    states: new Uint8Array(length),
    tags: new Float64Array(length),
  };
}

export function columns(capacity: number): Columns {
  return columnsBeside(new Float64Array(capacity));
}

/**
 * All blocks of a list, in list order; or the status.
 *
 * @param offsets as long as there are blocks
 * @param baseOffset is added to each offset
 */
export function read<Offsets extends NumberColumn>(
  blocks: Handle,
  offsets: Offsets,
  baseOffset: Bytes,
): Columns<Offsets> | number {
  const columns = columnsBeside(offsets);
  putHandle(blocks);
  seal(put(2, baseOffset));
  calls.read(offsets, columns.orders, columns.states, columns.tags);
  return status() === OK ? columns : status();
}

/** Reads the blocks of a list into columns that the caller keeps; returns false where they are too short. */
export function readInto(blocks: Handle, { offsets, orders, states, tags }: Columns): boolean {
  putHandle(blocks);
  numbers[2] = 0;
  seal();
  calls.read(offsets, orders, states, tags);
  return status() === OK && result(0) <= offsets.length;
}

/**
 * All blocks of an allocator, in the order of their addresses; or the status.
 *
 * @param baseOffset is added to each offset
 */
export function snapshot<Offsets extends NumberColumn>(
  allocator: Handle,
  makeOffsets: (length: number) => Offsets,
  baseOffset: Bytes,
): Columns<Offsets> | number {
  for (let capacity = countBlocks(allocator), spare = 0; ; spare = capacity) {
    const columns = columnsBeside(makeOffsets(capacity));
    const { offsets, orders, states, tags } = columns;
    putHandle(allocator);
    seal(put(2, baseOffset));
    calls.snapshot(offsets, orders, states, tags);
    if (status() !== OK) return status();
    const count = result(0);
    if (count === capacity) return columns;
    if (count < capacity)
      return {
        offsets: offsets.slice(0, count) as Offsets,
        orders: orders.slice(0, count),
        states: states.slice(0, count),
        tags: tags.slice(0, count),
      };
    // Other threads make more blocks meanwhile: from the second time on there is room to spare for them.
    capacity = count + spare;
  }
}

function countBlocks(allocator: Handle): number {
  const known = stats(allocator);
  if (typeof known === 'number') return 0;
  const { freeBlocks, usedBlocks } = known;
  return freeBlocks.reduce((sum, count, order) => sum + count + (usedBlocks[order] ?? 0), 0);
}

/** Numbers about an allocator, as the addon tells them. Byte counts are exact although they may exceed 2^53. */
export interface AllocatorStats {
  readonly size: number;
  readonly chunkSize: number;
  readonly avail: number;
  readonly clearAvail: number;
  readonly nativeBytes: number;
  readonly kernelWarnings: number;
  /** Numbers of blocks by order, from 0 to the largest order. */
  readonly freeBlocks: Float64Array;
  readonly usedBlocks: Float64Array;
}

/** Numbers that are kept anyway; or the status. */
export function stats(allocator: Handle): AllocatorStats | number {
  const freeBlocks = new Float64Array(layout.maxOrders);
  const usedBlocks = new Float64Array(layout.maxOrders);
  putHandle(allocator);
  seal();
  calls.stats(freeBlocks, usedBlocks);
  if (status() !== OK) return status();
  const orders = result(6) + 1;
  return {
    size: result(0),
    chunkSize: result(1),
    avail: result(2),
    clearAvail: result(3),
    nativeBytes: result(4),
    kernelWarnings: result(5),
    freeBlocks: freeBlocks.slice(0, orders),
    usedBlocks: usedBlocks.slice(0, orders),
  };
}

/** gpu_buddy_print(): its lines; or the status. */
export function print(allocator: Handle): string | number {
  putHandle(allocator);
  seal();
  const text = calls.print();
  return status() === OK ? (text ?? '') : status();
}

export const wakers = (calls.wakers ??= new Map<number, Waker>());

function wake(slot: number): void {
  wakers.get(slot)?.wake();
}

/** Reads how often bytes have become free: see `epochFound()`. */
export function readEpoch(allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.epoch();
  return status();
}

/** The same, and has the waker of this slot told of the next free, once; `keepsAlive`: the event loop goes on until then. */
export function wait(allocator: Handle, keepsAlive: boolean): number {
  putHandle(allocator);
  numbers[2] = keepsAlive ? 1 : 0;
  seal();
  calls.wait(wake);
  return status();
}

export function epochFound(): number {
  return result(0);
}

/** Takes that back. */
export function endWait(allocator: Handle): void {
  putHandle(allocator);
  seal();
  calls.endWait();
}

/** Where the kernel code met a BUG in this allocator; empty while it did not. */
export function bug(allocator: Handle): string {
  putHandle(allocator);
  seal();
  return calls.bug() ?? '';
}

/** A number of 128 bits that nobody guesses. */
export type Token = readonly [bigint, bigint];

function token(index: number): Token {
  return [wordResult(index), wordResult(index + 1)];
}

/** The number of an allocator, for other environments of this process; or the status. */
export function share(allocator: Handle): Token | number {
  putHandle(allocator);
  seal();
  calls.share();
  return status() === OK ? token(0) : status();
}

/** Opens another handle on the allocator with this number, for `owner`: see created(). */
export function open(owner: object, allocator: Token): number {
  seal(put(0, allocator[0]) | put(1, allocator[1]));
  calls.open(register, allocators, owner);
  return status();
}

/** Gives the numbers that will stand for a list when it is parked; or the status. */
export function prepareParking(
  blocks: Handle,
): { readonly allocator: Token; readonly ticket: Token } | number {
  putHandle(blocks);
  seal();
  calls.prepareParking();
  return status() === OK ? { allocator: token(0), ticket: token(2) } : status();
}

/** Leaves a list with its allocator for whoever has the ticket that was given last, and the guard empty. */
export function park(blocks: Handle): number {
  putHandle(blocks);
  seal();
  calls.park();
  return integers[STATUS] ?? UNANSWERED;
}

/** Takes up a parked list, which has a tag (`reportedTag()`), into a guard. */
export function adopt(allocator: Handle, slot: number, ticket: Token): number {
  putHandle(allocator);
  numbers[2] = slot;
  seal(put(3, ticket[0]) | put(4, ticket[1]));
  calls.adopt();
  return status();
}

/** Of the list that adopt or describe has found. */
export function reportedTag(): number {
  return result(2);
}

/** Operations, and where the addon tells of them. */
export interface BatchRun {
  readonly records: Records;
  readonly results: BatchColumns;
  /** Of the records, from here on. */
  readonly first: number;
  readonly count: number;
}

/** Opens an empty group of lists that is the guard's, whose end the registry tells by the number of the group. -1 without memory. */
export function openGroup(registry: Registry, guard: object): number {
  seal();
  calls.openGroup(register, registry, guard);
  return status() === OK ? result(0) : -1;
}

/**
 * Does the operations one after the other, in one step: afterwards nothing is called any more. Where one of the first `whole`
 * fails it stops (`failedOperation()`), and takes back those before it.
 *
 * @param group empty: receives the lists
 * @returns the status, or `OK_AND_EMPTY` where that is OK and the group has received none
 */
export function runBatch(
  allocator: Handle,
  batch: BatchRun,
  whole: number,
  baseOffset: Bytes,
  group: number,
): number {
  putHandle(allocator);
  numbers[2] = batch.first;
  numbers[3] = batch.count;
  numbers[4] = whole;
  numbers[6] = group;
  const { records, results } = batch;
  numbers[7] = results.isBigint ? 0 : 1;
  seal(put(5, baseOffset));
  calls.runBatch(records.memory, records.requests, results.memory);
  const answer = integers[STATUS] ?? UNANSWERED;
  return answer === OK && numbers[RESULTS + 1] === 0 ? OK_AND_EMPTY : answer;
}

export const OK_AND_EMPTY = -2;

export function failedOperation(): number {
  return result(0);
}

/** The number of no group: no slot is as high. */
const NO_GROUP = 2 ** 32 - 1;

/**
 * Does the operations as a trace tells of them. `state` receives avail, clear avail and kernel warnings after each,
 * `blocks` the blocks of each list of more than one.
 *
 * @returns how many were done: not all, where `blocks` is too short for those of the last one
 */
export function replayBatch(
  allocator: Handle,
  batch: BatchRun,
  state: Float64Array,
  blocks: Columns,
): number {
  putHandle(allocator);
  numbers[2] = batch.first;
  numbers[3] = batch.count;
  numbers[4] = 0;
  numbers[5] = 0;
  numbers[6] = NO_GROUP;
  numbers[7] = 1;
  seal();
  const { offsets, orders, states, tags } = blocks;
  const { records, results } = batch;
  calls.runBatch(records.memory, records.requests, results.memory, state, offsets, orders, states, tags);
  return result(0);
}

/** How lists are freed: as what `gpu_buddy_free_list()` is told, or as if they had never been allocated. */
export const DIRTY = 0;
export const CLEARED = 1;
export const UNDONE = 2;
export type Closing = typeof DIRTY | typeof CLEARED | typeof UNDONE;

/** Frees all lists of this environment in an allocator: those of guards, groups and pools. */
export function freeEverything(allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.freeEverything();
  return status();
}

/** How the memory of a pool is laid out: see native/buddy/pool.h. */
export const POOL_ENTRY = layout.poolEntry;
export const POOL_GENERATION_BITS = layout.poolGenerationBits;
export const POOL_MOST_ENTRIES = layout.poolMostEntries;
export const POOL_PENDING = layout.poolPending;

/** Opens a pool without room that is the object's, whose end the registry tells by its slot. -1 where the status is not OK. */
export function openPool(registry: Registry, pool: object, allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.openPool(register, registry, pool);
  return status() === OK ? result(0) : -1;
}

/** The status of the last call. */
export function lastStatus(): number {
  return status();
}

/** Moves the entries of a pool into larger memory. */
export function movePool(pool: number, memory: Int32Array): number {
  numbers[0] = pool;
  seal();
  calls.movePool(memory);
  return status();
}

/** The memory of a pool; `undefined` where there is no such pool. */
export function poolMemory(pool: number): Int32Array<SharedArrayBuffer> | undefined {
  numbers[0] = pool;
  seal();
  return calls.poolMemory();
}

function putEntry(pool: number, index: number, generation: number): void {
  numbers[0] = pool;
  numbers[1] = index;
  numbers[2] = generation;
}

/** gpu_buddy_free_list() of an allocation of a pool, at once. */
export function freeInPool(pool: number, index: number, generation: number, cleared: boolean): number {
  putEntry(pool, index, generation);
  numbers[3] = cleared ? 1 : 0;
  seal();
  calls.freeInPool();
  return status();
}

/** Looks at an allocation of a pool: the answer is in `found`, as `offset`, and in `sizeFound()`. */
export function describeInPool(pool: number, index: number, generation: number): number {
  putEntry(pool, index, generation);
  seal();
  calls.describeInPool();
  return status();
}

/** Bytes of what `describeInPool()` has found. */
export function sizeFound(): number {
  return result(2);
}

/** Takes an allocation out of a pool, as takeFromGroup() does. */
export function takeFromPool(
  registry: Registry,
  guard: object,
  pool: number,
  index: number,
  generation: number,
): number {
  putEntry(pool, index, generation);
  seal();
  calls.takeFromPool(register, registry, guard);
  return status() === OK ? result(3) : -1;
}

/** How many allocations there are in a pool; -1 where there is no such pool. */
export function lengthOfPool(pool: number): number {
  numbers[0] = pool;
  seal();
  calls.lengthOfPool();
  return status() === OK ? result(0) : -1;
}

/** Frees all allocations of a pool, the last one first. */
export function clearPool(pool: number, cleared: boolean): number {
  numbers[0] = pool;
  numbers[1] = cleared ? 1 : 0;
  seal();
  calls.clearPool();
  return status();
}

/** Frees all allocations of a pool, and the pool of an object that is still there. */
export function closePool(registry: Registry, object: object, pool: number): number {
  numbers[0] = pool;
  seal();
  calls.closePool(unregister, registry, object);
  return status();
}

/** Frees some allocations of a pool whose object has been collected, as closeSomeOfGroup() does. */
export function closeSomeOfPool(pools: Uint32Array, place: number, most: number, counts: boolean): number {
  numbers[0] = place;
  numbers[1] = most;
  numbers[2] = counts ? 1 : 0;
  seal();
  calls.closeSomeOfPool(pools);
  return result(0);
}

/** Frees all lists of a group, the last one first. The group is empty then. */
export function emptyGroup(group: number, how: Closing): number {
  numbers[0] = group;
  numbers[1] = how;
  seal();
  calls.emptyGroup();
  return status();
}

/**
 * Frees some lists of a group whose guard has been collected, and the group with the last one: then its number is 0. Returns the
 * bytes that were freed, if `counts`.
 *
 * @param groups each with 1 added, 0 for none
 */
export function closeSomeOfGroup(groups: Uint32Array, place: number, most: number, counts: boolean): number {
  numbers[0] = place;
  numbers[1] = most;
  numbers[2] = counts ? 1 : 0;
  seal();
  calls.closeSomeOfGroup(groups);
  return result(0);
}

/**
 * Takes a list out of a group, into a native guard for the object, as openGuard() makes it: its slot. -1 where there is none.
 * The list is told of in `list`.
 */
export function takeFromGroup(registry: Registry, guard: object, group: number, place: number): number {
  numbers[0] = group;
  numbers[1] = place;
  seal();
  calls.takeFromGroup(register, registry, guard);
  return status() === OK ? result(3) : -1;
}

/** Tells of the list in a guard, in `list`. */
export function describe(slot: number): number {
  numbers[0] = slot;
  seal();
  calls.describe();
  return status();
}

/** What test builds can provoke. */
export type Fault =
  | { readonly kind: 'bug' | 'warning' }
  | { readonly kind: 'out of memory'; readonly nth: number; readonly fromThenOn: boolean };

/** @internal In test builds: a BUG_ON or WARN_ON now, or memory that cannot be had from the nth time on. */
export function inject(allocator: Handle, fault: Fault): number {
  if (!calls.inject) throw new Error('This build of the addon has no faults to inject.');
  putHandle(allocator);
  numbers[2] = ['bug', 'warning', 'out of memory'].indexOf(fault.kind);
  numbers[3] = fault.kind === 'out of memory' ? fault.nth : 0;
  numbers[4] = fault.kind === 'out of memory' && fault.fromThenOn ? 1 : 0;
  seal();
  calls.inject();
  return status();
}
