/**
 * The addon: declares its whole surface, and is the only file that knows how arguments and results cross the
 * border (native/node/mailbox.h). Checks nothing: numbers that come here are safe integers from 0 on, or bigints of at
 * most 64 bits. Every call gives a status, an index into `statuses`.
 */
import { setImmediate } from 'node:timers';
import { loadAddon } from './addon/load';
import type { BatchColumns } from './batch-columns';
import { allocRecordIn, writeAlloc, writeTarget, type Records } from './records';

/** A byte count or an address: a safe integer from 0 on, or a bigint below 2^64. */
export type Bytes = number | bigint;

/** Names an allocator or a list in this environment. */
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

/** What is known of many blocks, a column for each property. Offsets are relative to the start of the space. */
export interface Columns {
  readonly offsets: BigUint64Array;
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
  | 'listCount'
  | 'listGeneration'
  | 'listOffset'
  | 'listShape'
  | 'maxOrders';

interface Addon {
  readonly mailbox: ArrayBuffer;
  readonly layout: Readonly<Record<Place, number>>;
  readonly statuses: readonly StatusText[];
  readonly kernelVersion: string;
  readonly kernelSha256: string;

  create(): void;
  dispose(): void;
  openList(): void;
  closeList(): void;
  closeLists(slots: Uint32Array): void;
  describe(): void;
  readonly alloc: () => void;
  flush(): void;
  runBatch(
    records: Float64Array,
    requests: Float64Array,
    results: Uint8Array,
    state?: Float64Array,
    ...columns: ArrayBufferView[]
  ): void;
  trim(): void;
  trimRaw(): void;
  free(): void;
  freeBlock(): void;
  freeBlockRaw(): void;
  resetClear(): void;
  resetClearRaw(): void;
  lookup(): void;
  avail(): void;
  read(offsets: BigUint64Array, orders: Uint8Array, states: Uint8Array, tags: Float64Array): void;
  snapshot(offsets: BigUint64Array, orders: Uint8Array, states: Uint8Array, tags: Float64Array): void;
  stats(freeBlocks: Float64Array, usedBlocks: Float64Array): void;
  print(): string | undefined;
  bug(): string | undefined;
  share(): void;
  open(): void;
  park(): void;
  adopt(): void;
  onWarning(report: (place: string) => void): void;
  /** In test builds only. */
  inject?(): void;
}

const addon = loadAddon() as Addon;
const { layout } = addon;
const numbers = new Float64Array(addon.mailbox);
const words = new BigUint64Array(addon.mailbox);
const integers = new Int32Array(addon.mailbox, 8 * layout.integers, 2 * (layout.alloc - layout.integers));
const record = allocRecordIn(addon.mailbox, 8 * layout.alloc);
const queue = new Int32Array(addon.mailbox, 8 * layout.queue);
// Constants of this module, which compiled code need not look for.
const { results: RESULTS, wide: WIDE, status: STATUS } = layout;
const { queued: QUEUED, changes: CHANGES, poisonings: POISONINGS, queueLength: QUEUE_LENGTH } = layout;
const { listCount: COUNT, listGeneration: GENERATION, listOffset: OFFSET, listShape: SHAPE } = layout;
const { alloc: callAlloc } = addon;

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
export const TOKEN_UNKNOWN = statusNamed('TOKEN_UNKNOWN');
export const MAX_LENGTH_UNALIGNED = statusNamed('MAX_LENGTH_UNALIGNED');
export const PLACE_UNKNOWN = statusNamed('PLACE_UNKNOWN');
export const BLOCKS_FOREIGN = statusNamed('BLOCKS_FOREIGN');
export const FREED_BEFORE_ALLOCATION = statusNamed('FREED_BEFORE_ALLOCATION');
export const BASE_OFFSET_TOO_LARGE = statusNamed('BASE_OFFSET_TOO_LARGE');

/** The release of Linux whose buddy.c is inside, such as `7.3.4`. */
export const kernelVersion = addon.kernelVersion;

/** Of that buddy.c, in hexadecimal. */
export const kernelSha256 = addon.kernelSha256;

/** Whether this is a test build: see inject(). */
export const hasFaults = addon.inject !== undefined;

// Later: the addon is in the middle of a call, whose answer stands in the mailbox.
addon.onWarning((place) => {
  process.nextTick(() => {
    process.emitWarning(`The kernel code met a WARN_ON, and goes on: ${place}`, {
      type: 'GpuBuddyWarning',
      code: 'GPU_BUDDY_KERNEL_WARNING',
    });
  });
});

let wide = 0;

function put(index: number, value: Bytes): void {
  if (typeof value === 'number') {
    numbers[index] = value;
  } else {
    words[index] = value;
    wide |= 1 << index;
  }
}

function putHandle(handle: Handle): void {
  numbers[0] = handle.slot;
  numbers[1] = handle.generation;
}

/** Closes the mailbox: says which arguments are bigints. */
function seal(): void {
  integers[WIDE] = wide;
  wide = 0;
}

function cell(index: number): number {
  return numbers[index] ?? NaN;
}

function result(index: number): number {
  return cell(RESULTS + index);
}

function integer(place: number): number {
  return integers[place] ?? 0;
}

function status(): number {
  return integer(STATUS);
}

/** Where a number of these is -1, it is too large for 31 bits: `list` knows it. */
class Report {
  /** How many blocks there are. */
  get count(): number {
    return integer(COUNT);
  }
  /** What goes with the slot to name the list; another one whenever its blocks have changed. */
  get generation(): number {
    return integer(GENERATION);
  }
  /** Of the first block, in units of `OFFSET_UNIT` bytes. */
  get offset(): number {
    return integer(OFFSET);
  }
  /** Of the first block: see `orderOf()` and `isClear()`. */
  get shape(): number {
    return integer(SHAPE);
  }
}

class ListReport extends Report {
  override get count(): number {
    return super.count < 0 ? result(0) : super.count;
  }
  override get offset(): number {
    return super.offset < 0 ? result(1) : super.offset;
  }
}

/** The list that the last call of alloc, adopt, trim or freeBlock has left, as it fits into small integers. */
export const report = new Report();

/** The same, whatever the numbers. */
export const list = new ListReport();

/** Every offset is a multiple of this. */
export const OFFSET_UNIT = 4096;

export function orderOf(shape: number): number {
  return shape >> 1;
}

export function isClear(shape: number): boolean {
  return (shape & 1) !== 0;
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

/** The handle that the last call of create has made. */
export function created(): Handle {
  return { slot: result(0), generation: result(1) };
}

/** gpu_buddy_init(). A memory limit of 0 is a quarter of the machine's memory; a step limit of 0 is none. */
export function create(size: Bytes, chunkSize: Bytes, memoryLimit: Bytes, stepLimit: Bytes): number {
  put(0, size);
  put(1, chunkSize);
  put(2, memoryLimit);
  put(3, stepLimit);
  seal();
  addon.create();
  return status();
}

/** Gives up a handle; the allocator ends with its last handle and its last list. */
export function dispose(allocator: Handle): void {
  putHandle(allocator);
  seal();
  addon.dispose();
}

/** A slot for lists, or -1 without memory. */
export function openList(): number {
  addon.openList();
  return status() === OK ? result(0) : -1;
}

/** Frees what is in the slot, and the slot. Gives the bytes that were freed, if somebody wants to know. */
export function closeList(slot: number, counts = false): number {
  numbers[0] = slot;
  numbers[1] = counts ? 1 : 0;
  seal();
  addon.closeList();
  return result(0);
}

/** What an allocation asks for, but for the size. Nobody changes one. */
export interface Request {
  readonly minBlockSize: Bytes;
  readonly flags: number;
  /** Relative to the start of the space. */
  readonly start: Bytes;
  readonly end: Bytes;
  readonly tag: number;
}

/** What the record of the allocation in the mailbox says, unless another copy of this module has changed it since. */
let lastAllocator: Handle | undefined;
let lastRequest: Request | undefined;
let lastChange = 0;

function change(allocator: Handle, request: Request): void {
  writeAlloc(record, allocator, request);
  lastChange = (integer(CHANGES) + 1) | 0;
  integers[CHANGES] = lastChange;
  lastAllocator = allocator;
  lastRequest = request;
}

/** gpu_buddy_alloc_blocks() into the list at `slot`, guarded and explained; `start` and `end` go with FLAG_RANGE. */
export function alloc(allocator: Handle, request: Request, slot: number, size: Bytes): number {
  if (request !== lastRequest || allocator !== lastAllocator || integer(CHANGES) !== lastChange)
    change(allocator, request);
  writeTarget(record, slot, size);
  callAlloc();
  return status();
}

/** gpu_buddy_free_list(). The slot can receive another list. */
export function free(slot: number, generation: number, cleared: boolean): number {
  numbers[0] = slot;
  numbers[1] = generation;
  numbers[2] = cleared ? 1 : 0;
  seal();
  addon.free();
  return status();
}

/**
 * The same, but the list may be freed with the next call, whatever that is, or when the event loop next turns: for
 * allocators that nobody but this environment sees. After a BUG it is done at once, so that nobody misses what comes of it.
 */
export function freeSoon(slot: number, generation: number, cleared: boolean): number {
  const queued = integer(QUEUED);
  if (queued === QUEUE_LENGTH || integer(POISONINGS) !== 0) return free(slot, generation, cleared);
  const at = 4 * queued;
  queue[at] = slot;
  queue[at + 1] = generation;
  queue[at + 2] = cleared ? 1 : 0;
  integers[QUEUED] = queued + 1;
  if (!flushIsDue) {
    flushIsDue = true;
    setImmediate(flush);
  }
  return OK;
}

let flushIsDue = false;

function flush(): void {
  flushIsDue = false;
  if (integer(QUEUED) !== 0) addon.flush();
}

function putTrim(blocks: Handle, newSize: Bytes, start: Bytes | undefined): void {
  putHandle(blocks);
  put(2, newSize);
  numbers[3] = start === undefined ? 0 : 1;
  put(4, start ?? 0);
  seal();
}

/** gpu_buddy_block_trim(), guarded and explained. */
export function trim(blocks: Handle, newSize: Bytes, start: Bytes | undefined): number {
  putTrim(blocks, newSize, start);
  addon.trim();
  return status();
}

/** gpu_buddy_block_trim() as the kernel takes it. */
export function trimRaw(blocks: Handle, newSize: Bytes, start: Bytes | undefined): number {
  putTrim(blocks, newSize, start);
  addon.trimRaw();
  return status();
}

/** gpu_buddy_free_list() of one block. */
export function freeBlock(blocks: Handle, index: number, cleared: boolean): number {
  putHandle(blocks);
  numbers[2] = index;
  numbers[3] = cleared ? 1 : 0;
  seal();
  addon.freeBlock();
  return status();
}

/** gpu_buddy_free_block(): the block stays as clear as it was. */
export function freeBlockRaw(blocks: Handle, index: number): number {
  putHandle(blocks);
  numbers[2] = index;
  seal();
  addon.freeBlockRaw();
  return status();
}

/** gpu_buddy_reset_clear(), until no free block is left in the other state. */
export function resetClear(allocator: Handle, clear: boolean): number {
  putHandle(allocator);
  numbers[2] = clear ? 1 : 0;
  seal();
  addon.resetClear();
  return status();
}

/** gpu_buddy_reset_clear(), once. */
export function resetClearRaw(allocator: Handle, clear: boolean): number {
  putHandle(allocator);
  numbers[2] = clear ? 1 : 0;
  seal();
  addon.resetClearRaw();
  return status();
}

/** gpu_buddy_allocated_addr_to_block(): the answer is in `found`. */
export function lookup(allocator: Handle, address: Bytes): number {
  putHandle(allocator);
  put(2, address);
  seal();
  addon.lookup();
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
  addon.avail();
  return status();
}

export function columns(capacity: number): Columns {
  return {
    offsets: new BigUint64Array(capacity),
    orders: new Uint8Array(capacity),
    states: new Uint8Array(capacity),
    tags: new Float64Array(capacity),
  };
}

/** All blocks of a list of `count`, in list order; or the status. */
export function read(blocks: Handle, count: number, baseOffset: Bytes): Columns | number {
  const { offsets, orders, states, tags } = columns(count);
  putHandle(blocks);
  put(2, baseOffset);
  seal();
  addon.read(offsets, orders, states, tags);
  return status() === OK ? { offsets, orders, states, tags } : status();
}

/** Reads the blocks of a list into columns that the caller keeps; returns false where they are too short. */
export function readInto(blocks: Handle, { offsets, orders, states, tags }: Columns): boolean {
  putHandle(blocks);
  numbers[2] = 0;
  seal();
  addon.read(offsets, orders, states, tags);
  return status() === OK && result(0) <= offsets.length;
}

/** All blocks of an allocator, in the order of their addresses; or the status. */
export function snapshot(allocator: Handle, baseOffset: Bytes): Columns | number {
  for (let capacity = countBlocks(allocator), spare = 0; ; spare = capacity) {
    const { offsets, orders, states, tags } = columns(capacity);
    putHandle(allocator);
    put(2, baseOffset);
    seal();
    addon.snapshot(offsets, orders, states, tags);
    if (status() !== OK) return status();
    const count = result(0);
    if (count === capacity) return { offsets, orders, states, tags };
    if (count < capacity)
      return {
        offsets: offsets.slice(0, count),
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

export interface Stats {
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

/** Numbers that are kept anyway; or the status. Byte counts are exact although they may exceed 2^53. */
export function stats(allocator: Handle): Stats | number {
  const freeBlocks = new Float64Array(layout.maxOrders);
  const usedBlocks = new Float64Array(layout.maxOrders);
  putHandle(allocator);
  seal();
  addon.stats(freeBlocks, usedBlocks);
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
  const text = addon.print();
  return status() === OK ? (text ?? '') : status();
}

/** Where the kernel code met a BUG in this allocator; empty while it did not. */
export function bug(allocator: Handle): string {
  putHandle(allocator);
  seal();
  return addon.bug() ?? '';
}

/** A number of 128 bits that nobody guesses. */
export type Token = readonly [bigint, bigint];

function token(index: number): Token {
  return [words[RESULTS + index] ?? 0n, words[RESULTS + index + 1] ?? 0n];
}

/** The number of an allocator, for other environments of this process; or the status. */
export function share(allocator: Handle): Token | number {
  putHandle(allocator);
  seal();
  addon.share();
  return status() === OK ? token(0) : status();
}

/** Another handle on the allocator with this number: see created(). */
export function open(allocator: Token): number {
  put(0, allocator[0]);
  put(1, allocator[1]);
  seal();
  addon.open();
  return status();
}

/** Leaves a list with its allocator for whoever has the ticket, and the slot empty; or the status. */
export function park(blocks: Handle): { readonly allocator: Token; readonly ticket: Token } | number {
  putHandle(blocks);
  seal();
  addon.park();
  return status() === OK ? { allocator: token(0), ticket: token(2) } : status();
}

/** Takes up a parked list, which has a tag (`reportedTag()`), into the slot. */
export function adopt(allocator: Handle, slot: number, ticket: Token): number {
  putHandle(allocator);
  numbers[2] = slot;
  put(3, ticket[0]);
  put(4, ticket[1]);
  seal();
  addon.adopt();
  return status();
}

/** Of the list that adopt or describe has found. */
export function reportedTag(): number {
  return result(2);
}

/** A batch, and where it tells of its operations. */
export interface BatchRun {
  readonly records: Records;
  readonly results: BatchColumns;
  /** Of the records, from here on. */
  readonly first: number;
  readonly count: number;
}

/**
 * Does the operations one after the other. Where it is all or nothing it stops at the first that fails (`failedOperation()`),
 * and takes back those before it.
 */
export function runBatch(allocator: Handle, batch: BatchRun, isAtomic: boolean, baseOffset: Bytes): number {
  putHandle(allocator);
  numbers[2] = batch.first;
  numbers[3] = batch.count;
  numbers[4] = isAtomic ? 1 : 0;
  put(5, baseOffset);
  seal();
  const { records, results } = batch;
  addon.runBatch(records.memory, records.requests, results.memory);
  return status();
}

export function failedOperation(): number {
  return result(0);
}

/** How many lists more than before are in slots of the batch's own. */
export function listsOfBatch(): number {
  return result(1) - result(2);
}

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
  seal();
  const { offsets, orders, states, tags } = blocks;
  const { records, results } = batch;
  addon.runBatch(records.memory, records.requests, results.memory, state, offsets, orders, states, tags);
  return result(0);
}

/** How lists are freed: as what `gpu_buddy_free_list()` is told, or as if they had never been allocated. */
export const DIRTY = 0;
export const CLEARED = 1;
export const UNDONE = 2;
export type Closing = typeof DIRTY | typeof CLEARED | typeof UNDONE;

/** Frees what is in these slots (each with 1 added, 0 for none), the last one first, and the slots. */
export function closeLists(slots: Uint32Array, how: Closing): number {
  numbers[0] = how;
  seal();
  addon.closeLists(slots);
  return status();
}

/** What is in this slot is told in `list`. */
export function describe(slot: number): number {
  numbers[0] = slot;
  seal();
  addon.describe();
  return status();
}

/** What test builds can provoke. */
export type Fault =
  | { readonly kind: 'bug' | 'warning' }
  | { readonly kind: 'out of memory'; readonly nth: number; readonly fromThenOn: boolean };

/** @internal In test builds: a BUG_ON or WARN_ON now, or memory that cannot be had from the nth time on. */
export function inject(allocator: Handle, fault: Fault): number {
  if (!addon.inject) throw new Error('This build of the addon has no faults to inject.');
  putHandle(allocator);
  numbers[2] = ['bug', 'warning', 'out of memory'].indexOf(fault.kind);
  numbers[3] = fault.kind === 'out of memory' ? fault.nth : 0;
  numbers[4] = fault.kind === 'out of memory' && fault.fromThenOn ? 1 : 0;
  seal();
  addon.inject();
  return status();
}
