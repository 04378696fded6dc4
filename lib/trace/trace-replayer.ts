/** Executes the operations of a trace, many at a time, through the addon's raw entries. Reads no file. */
import { toBytes } from '../arguments';
import * as native from '../native';
import type { AllocatorStats, Bytes } from '../native';
import { toOptions } from '../options';
import { toAlloc, toForm, toFree, toOperation } from './check';
import { checkObject, toPlace } from './place';
import { callLibrary, newList, slotOf, toRequest, type LibraryCall } from './library-calls';
import { describe } from './list-table';
import type {
  AllocOperation,
  BlocksFreeOperation,
  BuddyAllocOperation,
  BuddyNewOperation,
  FreeBlockOperation,
  FreeOperation,
  InitOperation,
  TraceOperation,
  TrimOperation,
} from './operation';
import { formatOperation } from './format-operation';
import { OperationBatch } from './operation-batch';
import { HEADER } from './operation-forms';
import { ReplayedAllocator } from './replayed-allocator';
import { ResultBuilder } from './result-builder';
import type { SpaceSnapshot } from './space-snapshot';
import { NOWHERE, TraceError, type TracePlace } from './trace-error';

/** A result line of more blocks would be longer than a string can be. */
const MAX_BLOCKS_OF_A_LINE = 2 ** 23;

/** The part of a replayer that only this folder may use: for operations of its own parser, which need no checks. */
interface ReplayerInternals {
  /** @param place stays as it is */
  enqueue(replayer: TraceReplayer, operation: TraceOperation, place: TracePlace): boolean;
  /** Whether `run()` must come before another operation can be enqueued. */
  isFull(replayer: TraceReplayer): boolean;
}

/** Filled in below. */
export const ofReplayer = {} as ReplayerInternals;

/** Operations that may be left for `run()`. */
type Enqueued = AllocOperation | FreeOperation | BuddyAllocOperation | BlocksFreeOperation;

/** Answers that say of themselves that they depend on more than the calls before them: of ENOMEM, and of ERR_GPU_BUDDY_WORK_LIMIT. */
const UNREPEATABLE = /^(?:-12|ERR_GPU_BUDDY_WORK_LIMIT) /;

/** The errno of errors that the kernel has no number for. */
const EIO = 5;

/** The allocator of operations that name none. */
const FIRST = 0;

/** How to replay. */
export interface TraceReplayerOptions {
  /** Bytes of a space whose size its `buddy.new` does not tell. */
  readonly size?: Bytes | undefined;
}

const OPTIONS = { size: true } as const;

/**
 * Executes operations and answers each with its result line, exactly as it was recorded:
 * `ERRNO [BLOCK...] avail=0xA clear_avail=0xC [warn=N]`.
 *
 * Holds allocators, from `init` or `buddy.new` to `fini`, and their lists in native memory: dispose of it at the end. The getters,
 * `stats()` and `snapshot()` tell of the allocator of the last operation.
 */
export class TraceReplayer implements Disposable {
  readonly #size: Bytes | undefined;
  readonly #result = new ResultBuilder();
  /** The operations that were enqueued, the place of each, and the lists of the library that they make. */
  readonly #batch = new OperationBatch();
  #places: TracePlace[] = [];
  readonly #made = new Map<number, number>();
  #columns = native.columns(64);
  readonly #allocators = new Map<number, ReplayedAllocator>();
  #current: ReplayedAllocator;
  #on = FIRST;
  #errno = 0;

  /** @throws TypeError, RangeError */
  constructor(options?: TraceReplayerOptions) {
    const { size } = toOptions('options', options, OPTIONS);
    this.#size = size === undefined ? undefined : toBytes('options.size', size);
    this.#current = this.#allocatorFor(FIRST);
  }

  /** Whether there is an allocator: after an `init` or `buddy.new` that succeeded, until `fini`. */
  get isLive(): boolean {
    return this.#current.isLive;
  }

  /** Bytes of the current allocator's space; 0 without one. */
  get size(): number {
    return this.#current.size;
  }

  /** The error number that the last operation ended with: 0 or negative. */
  get errno(): number {
    return this.#errno;
  }

  /** Free bytes after the last operation; 0 without an allocator. */
  get avail(): number {
    return this.#current.avail;
  }

  /** Free bytes that are clear, after the last operation. */
  get clearAvail(): number {
    return this.#current.clearAvail;
  }

  /** Numbers of the current allocator; `undefined` without one. */
  stats(): AllocatorStats | undefined {
    const stats = this.isLive ? native.stats(this.#current) : undefined;
    return typeof stats === 'object' ? stats : undefined;
  }

  /** Bytes of the longest run of free blocks side by side; `undefined` without an allocator. Takes as long as there are blocks. */
  longestFreeRun(): number | undefined {
    const runs = this.#current.isLive ? native.freeRuns(this.#current) : undefined;
    return typeof runs === 'object'
      ? runs.sizes.reduce((longest, size) => Math.max(longest, size), 0)
      : undefined;
  }

  /** Lists all blocks of the current allocator; `undefined` without one. The time grows with the number of blocks. */
  snapshot(): SpaceSnapshot | undefined {
    const stats = this.stats();
    const blocks = stats && native.snapshot(this.#current, (length) => new Float64Array(length), 0);
    if (stats === undefined || typeof blocks !== 'object') return undefined;
    const { size, chunkSize, avail, clearAvail } = stats;
    return { size, chunkSize, avail, clearAvail, blocks };
  }

  /**
   * Executes one operation and gives its result line; of a comment or a header, the line itself. After an error the replayer is as before.
   *
   * @param place what an error names as the place of the operation
   * @throws TraceError if the operation cannot be one of a recorded trace: before `init`, with an unknown ID, and the
   *   like. What the kernel refuses is no error but a result.
   * @throws TypeError `ERR_INVALID_ARG_TYPE`, or RangeError `ERR_OUT_OF_RANGE`, if it is no `TraceOperation`
   */
  execute(operation: TraceOperation, place: TracePlace = NOWHERE): string {
    const checked = toOperation(operation);
    const at = toPlace(place);
    if (this.#batch.length > 0) throw new Error('Operations are enqueued: run() must come first.');
    return this.#execute(checked, at);
  }

  #execute(operation: TraceOperation, place: TracePlace): string {
    if (operation.kind === 'comment') return operation.text;
    if (operation.kind === HEADER) return formatOperation(operation);
    this.#choose(operation.on);
    if (operation.answer !== undefined && UNREPEATABLE.test(operation.answer))
      return this.#repeat(operation.answer, place);
    switch (operation.kind) {
      case 'init':
        return this.#open(operation, operation.size, false, place);
      case 'buddy.new':
        return this.#new(operation, place);
      case 'alloc':
      case 'free':
      case 'buddy.alloc':
      case 'blocks.free':
        this.#enqueue(operation, place);
        return this.run().next().value ?? '';
      case 'trim':
        return this.#trim(operation, place);
      case 'free_block':
        return this.#freeBlock(operation, place);
      case 'reset_clear':
        return this.#resetClear(operation.clear, place);
      case 'lookup':
        return this.#lookup(operation.address, place);
      case 'print':
        return this.#print(place);
      case 'fini':
        return this.#fini(place);
      case 'begin':
      case 'gap':
      case 'poisoned':
        return this.#mark(operation.kind, place);
      case 'buddy.probe':
      case 'buddy.claim':
      case 'buddy.clear':
      case 'buddy.resetClear':
      case 'blocks.undo':
      case 'blocks.freeBlock':
      case 'blocks.trim':
      case 'blocks.extend':
      case 'blocks.append':
      case 'account.open':
      case 'account.update':
      case 'account.close':
        return this.#callLibrary(operation, place);
    }
  }

  /**
   * Whether an operation can be left for `run()`. Others are done by `execute()`; and first `run()` must do what was enqueued,
   * where there is as much as can be done at a time.
   */
  canEnqueue(operation: TraceOperation): boolean {
    checkObject('operation', operation);
    return isEnqueued(operation) && this.#hasRoomFor(operation);
  }

  /**
   * Leaves an operation for `run()`, and gives true, if it `canEnqueue()`.
   *
   * @throws TraceError, TypeError, RangeError as `execute()`
   */
  enqueue(operation: TraceOperation, place: TracePlace = NOWHERE): boolean {
    checkObject('operation', operation);
    const { kind } = operation;
    if (this.#batch.isFull) return false;
    // The fields may be getters, which fill the batch.
    const checked = toEnqueued(kind, operation);
    return checked !== undefined && this.#enqueue(checked, toPlace(place));
  }

  /** Only operations for one allocator are enqueued, and no ID that a list may still have is repeated. */
  #hasRoomFor(operation: Enqueued): boolean {
    if (this.#batch.isFull) return false;
    if (this.#batch.length > 0 && (operation.on ?? FIRST) !== this.#on) return false;
    if (operation.answer !== undefined && UNREPEATABLE.test(operation.answer)) return false;
    return operation.kind !== 'buddy.alloc' || !this.#made.has(operation.id);
  }

  #enqueue(operation: TraceOperation, place: TracePlace): boolean {
    if (!isEnqueued(operation) || !this.#hasRoomFor(operation)) return false;
    this.#choose(operation.on);
    if (operation.kind === 'alloc') this.#enqueueAlloc(operation, place);
    else if (operation.kind === 'buddy.alloc') this.#enqueueLibraryAlloc(operation, place);
    else this.#enqueueFree(operation, place);
    return true;
  }

  /**
   * Executes what was enqueued, at once, and gives the result lines when they are asked for. The getters tell what was after
   * the operation whose line was given last; `stats()` and `snapshot()`, what is after all of them.
   *
   * @throws TraceError if the kernel code met a BUG
   */
  run(): Generator<string, undefined> {
    const allocator = this.#current;
    const places = this.#places;
    // Its lines may be asked for while the next operations are enqueued.
    this.#places = [];
    if (allocator.isLive) this.#batch.run(allocator);
    const count = this.#batch.length;
    for (const [id, index] of this.#made)
      if (this.#batch.statusAt(index) !== native.OK) allocator.lists.delete(id, this.#batch.slotAt(index));
    this.#made.clear();
    this.#batch.clear();
    return this.#lines(allocator, count, places);
  }

  *#lines(
    allocator: ReplayedAllocator,
    count: number,
    places: readonly TracePlace[],
  ): Generator<string, undefined> {
    for (let index = 0; index < count; index++)
      yield this.#lineAt(allocator, index, places[index] ?? NOWHERE);
    return undefined;
  }

  #lineAt(allocator: ReplayedAllocator, index: number, place: TracePlace): string {
    const batch = this.#batch;
    this.#begin(allocator, batch.statusAt(index), place);
    const count = batch.countAt(index);
    if (count === 1) this.#result.block(batch.offsetAt(index), batch.orderAt(index), batch.isClearAt(index));
    else if (count > 1) this.#addBlocks(count, batch.blocksAt(index), place);
    return this.#end(allocator, batch.availAt(index), batch.clearAvailAt(index), batch.warningsAt(index));
  }

  /** Frees all allocators and all lists, and forgets what was enqueued. An `init` may follow. */
  [Symbol.dispose](): void {
    this.#batch.clear();
    this.#made.clear();
    for (const allocator of this.#allocators.values()) {
      allocator.drop();
      allocator.lists.close();
    }
  }

  static {
    Object.assign(ofReplayer, {
      enqueue: (replayer, operation, place) => replayer.#enqueue(operation, place),
      isFull: (replayer) => replayer.#batch.isFull,
    } satisfies typeof ofReplayer);
  }

  #allocatorFor(on: number): ReplayedAllocator {
    const known = this.#allocators.get(on);
    if (known) return known;
    const allocator = new ReplayedAllocator();
    this.#allocators.set(on, allocator);
    return allocator;
  }

  /** Makes the allocator of an operation the current one. */
  #choose(on = FIRST): void {
    if (on === this.#on) return;
    this.#on = on;
    this.#current = this.#allocatorFor(on);
  }

  #new(operation: BuddyNewOperation, place: TracePlace): string {
    const size = operation.size ?? this.#size;
    if (size === undefined)
      throw new TraceError(place, 'the recording does not know the size of the space: it must be given');
    return this.#open(operation, size, true, place);
  }

  #open(
    { kind, chunkSize }: InitOperation | BuddyNewOperation,
    size: native.Bytes,
    anyUnit: boolean,
    place: TracePlace,
  ): string {
    const allocator = this.#current;
    if (allocator.isLive)
      throw new TraceError(place, `${kind} while an allocator lives: fini must come first`);
    const status = allocator.open(size, chunkSize, anyUnit);
    this.#begin(allocator, status, place);
    return status === native.OK ? this.#endNow(allocator) : this.#result.end(0, 0, 0);
  }

  #fini(place: TracePlace): string {
    const allocator = this.#liveAllocator('fini', place);
    const holder = allocator.lists.findHolder();
    if (holder !== undefined)
      throw new TraceError(place, `fini while list ${holder} holds blocks: free must come first`);
    allocator.drop();
    this.#errno = 0;
    this.#result.begin(0);
    return this.#result.end(0, 0, 0);
  }

  #liveAllocator(kind: TraceOperation['kind'], place: TracePlace): ReplayedAllocator {
    if (!this.#current.isLive) throw new TraceError(place, `${kind} before an init that succeeds`);
    return this.#current;
  }

  #enqueueAlloc(operation: AllocOperation, place: TracePlace): void {
    const { id, start, end, size, minBlockSize, flags } = operation;
    this.#places[this.#batch.length] = place;

    const slot = newList(this.#liveAllocator('alloc', place), id, place);
    this.#batch.allocRaw(slot, size, {
      minBlockSize,
      flags: toFlags(flags),
      start,
      end,
      tag: 0,
      account: undefined,
      explains: false,
    });
  }

  #enqueueLibraryAlloc(operation: BuddyAllocOperation, place: TracePlace): void {
    const { kind, id, size } = operation;
    this.#places[this.#batch.length] = place;

    const allocator = this.#liveAllocator(kind, place);
    const request = toRequest(allocator, operation, place);
    const slot = newList(allocator, id, place);
    this.#made.set(id, this.#batch.allocInto(slot, size, request));
  }

  #enqueueFree({ kind, id, cleared = false }: FreeOperation | BlocksFreeOperation, place: TracePlace): void {
    this.#places[this.#batch.length] = place;

    const allocator = this.#liveAllocator(kind, place);
    const slot = slotOf(allocator, id, place);
    this.#batch.freeSlot(slot, cleared);
    allocator.lists.delete(id, slot);
    this.#made.delete(id);
  }

  #callLibrary(operation: LibraryCall, place: TracePlace): string {
    const allocator = this.#liveAllocator(operation.kind, place);
    const { status, slot } = callLibrary(allocator, operation, place);
    if (slot === undefined) {
      this.#begin(allocator, status, place);
      return this.#endNow(allocator);
    }
    describe(slot);
    const line = this.#listResult(allocator, slot, status, place);
    if (operation.kind === 'buddy.probe') allocator.undo(slot);
    return line;
  }

  #mark(kind: TraceOperation['kind'], place: TracePlace): string {
    const allocator = this.#liveAllocator(kind, place);
    this.#begin(allocator, native.OK, place);
    return this.#endNow(allocator);
  }

  /** Gives the recorded answer of an operation that is not repeated. */
  #repeat(answer: string, place: TracePlace): string {
    this.#liveAllocator('buddy.alloc', place);
    const errno = Number.parseInt(answer, 10);
    this.#errno = Number.isNaN(errno) ? -EIO : errno;
    return answer;
  }

  #trim({ id, start, newSize }: TrimOperation, place: TracePlace): string {
    const allocator = this.#liveAllocator('trim', place);
    const list = describe(slotOf(allocator, id, place));
    return this.#listResult(allocator, list.slot, native.trimRaw(list, newSize, start), place);
  }

  #freeBlock({ id, index }: FreeBlockOperation, place: TracePlace): string {
    const allocator = this.#liveAllocator('free_block', place);
    const list = describe(slotOf(allocator, id, place));
    if (index >= list.count) {
      throw new TraceError(place, `list ${id} has no block ${index}: it holds ${list.count}, counted from 0`);
    }
    return this.#listResult(allocator, list.slot, native.freeBlockRaw(list, index), place);
  }

  #resetClear(clear: boolean, place: TracePlace): string {
    const allocator = this.#liveAllocator('reset_clear', place);
    this.#begin(allocator, native.resetClearRaw(allocator, clear), place);
    return this.#endNow(allocator);
  }

  #lookup(address: native.Bytes, place: TracePlace): string {
    const allocator = this.#liveAllocator('lookup', place);
    const status = native.lookup(allocator, address);
    this.#begin(allocator, status, place);
    if (status === native.OK) {
      const { any, offset, order, clear } = native.found;
      if (any) this.#result.block(offset, order, clear);
      else this.#result.text(' null');
    }
    return this.#endNow(allocator);
  }

  #print(place: TracePlace): string {
    const allocator = this.#liveAllocator('print', place);
    const text = native.print(allocator);
    this.#begin(allocator, typeof text === 'string' ? native.OK : text, place);
    this.#result.text(` [${String(text).trimEnd().replaceAll('\n', '|')}]`);
    return this.#endNow(allocator);
  }

  /** The result of an operation on a list: the whole list as it is now, also where the operation failed. */
  #listResult(allocator: ReplayedAllocator, slot: number, status: number, place: TracePlace): string {
    const { generation, count, chunk, shape } = native.list;
    this.#begin(allocator, status, place);
    if (count === 1)
      this.#result.block(chunk * allocator.chunkSize, native.orderOf(shape), native.isClear(shape));
    else if (count > 1) {
      if (count > this.#columns.offsets.length) this.#columns = native.columns(2 * count);
      native.readInto({ slot, generation }, this.#columns);
      this.#addBlocks(count, this.#columns, place);
    }
    return this.#endNow(allocator);
  }

  #addBlocks(count: number, columns: native.Columns, place: TracePlace): void {
    if (count > MAX_BLOCKS_OF_A_LINE)
      throw new TraceError(place, `a list of ${count} blocks is too long for a line`);
    this.#result.blocks(count, columns);
  }

  #begin(allocator: ReplayedAllocator, status: number, place: TracePlace): void {
    const text = native.statuses[status];
    if (status !== native.OK && !text?.errno) {
      const bug = allocator.isLive && native.bug(allocator);
      throw new TraceError(place, [text?.why ?? 'unknown status', bug].filter(Boolean).join(': '));
    }
    this.#errno = text?.errno ?? 0;
    this.#result.begin(this.#errno);
  }

  #endNow(allocator: ReplayedAllocator): string {
    native.readAvail(allocator);
    const { all, clear, warnings } = native.avail;
    return this.#end(allocator, all, clear, warnings);
  }

  #end(allocator: ReplayedAllocator, avail: number, clearAvail: number, warnings: number): string {
    const newWarnings = warnings - allocator.warnings;
    allocator.avail = avail;
    allocator.clearAvail = clearAvail;
    allocator.warnings = warnings;
    return this.#result.end(avail, clearAvail, newWarnings);
  }
}

function isEnqueued(operation: TraceOperation): operation is Enqueued {
  const { kind } = operation;
  return kind === 'alloc' || kind === 'free' || kind === 'buddy.alloc' || kind === 'blocks.free';
}

/** Copies what can be enqueued, whose kind has been read. */
function toEnqueued(kind: TraceOperation['kind'], given: TraceOperation): TraceOperation | undefined {
  if (kind === 'alloc') return toAlloc(given as AllocOperation);
  if (kind === 'free') return toFree(given as FreeOperation);
  return kind === 'buddy.alloc' || kind === 'blocks.free' ? toForm(kind, given) : undefined;
}

/** The kernel ignores the bits that it does not know (H23), all of those above the lowest 32 among them. */
function toFlags(flags: native.Bytes): number {
  return typeof flags === 'number' ? flags >>> 0 : Number(BigInt.asUintN(32, flags));
}
