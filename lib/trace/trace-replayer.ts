/** Executes the operations of a trace, many at a time, through the addon's raw entries. Reads no file. */
import * as native from '../native';
import type { AllocatorStats } from '../native';
import { checkObject, toAlloc, toFree, toOperation, toPlace } from './check';
import { describe, ListTable } from './list-table';
import type {
  AllocOperation,
  FreeBlockOperation,
  FreeOperation,
  InitOperation,
  TraceOperation,
  TrimOperation,
} from './operation';
import { OperationBatch } from './operation-batch';
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

/**
 * Executes operations and answers each with its result line, exactly as it was recorded in the kernel:
 * `ERRNO [BLOCK...] avail=0xA clear_avail=0xC [warn=N]`.
 *
 * Holds the allocator of the current `init`…`fini` round and its lists in native memory: dispose of it at the end.
 */
export class TraceReplayer implements Disposable {
  readonly #lists = new ListTable();
  readonly #result = new ResultBuilder();
  /** What was enqueued, and where each of it stands. */
  readonly #batch = new OperationBatch();
  #places: TracePlace[] = [];
  #columns = native.columns(64);
  #allocator: Allocator | undefined;
  #size = 0;
  #chunkSize = 0;
  #errno = 0;
  #avail = 0;
  #clearAvail = 0;
  #warnings = 0;

  /** Whether there is an allocator: after an `init` that succeeded, until `fini`. */
  get isLive(): boolean {
    return this.#allocator !== undefined;
  }

  /** Bytes of the current allocator's space; 0 without one. */
  get size(): number {
    return this.#size;
  }

  /** The error number that the last operation ended with: 0 or negative. */
  get errno(): number {
    return this.#errno;
  }

  /** Free bytes after the last operation; 0 without an allocator. */
  get avail(): number {
    return this.#avail;
  }

  /** Free bytes that are clear, after the last operation. */
  get clearAvail(): number {
    return this.#clearAvail;
  }

  /** Numbers of the current allocator; `undefined` without one. */
  stats(): AllocatorStats | undefined {
    const stats = this.#allocator && native.stats(this.#allocator);
    return typeof stats === 'object' ? stats : undefined;
  }

  /** All blocks of the current allocator; `undefined` without one. Takes as long as there are blocks. */
  snapshot(): SpaceSnapshot | undefined {
    const stats = this.stats();
    const blocks =
      this.#allocator && native.snapshot(this.#allocator, (length) => new Float64Array(length), 0);
    if (stats === undefined || typeof blocks !== 'object') return undefined;
    const { size, chunkSize, avail, clearAvail } = stats;
    return { size, chunkSize, avail, clearAvail, blocks };
  }

  /**
   * Executes one operation and gives its result line; of a comment, the comment. After an error the replayer is as before.
   *
   * @param place what an error names as the place of the operation
   * @throws TraceError where the operation cannot be one of a recorded trace: before `init`, with an unknown ID, and the
   *   like. What the kernel refuses is no error but a result.
   * @throws TypeError `ERR_INVALID_ARG_TYPE`, or RangeError `ERR_OUT_OF_RANGE`, where it is no `TraceOperation`
   */
  execute(operation: TraceOperation, place: TracePlace = NOWHERE): string {
    const checked = toOperation(operation);
    const at = toPlace(place);
    if (this.#batch.length > 0) throw new Error('Operations are enqueued: run() must come first.');
    return this.#execute(checked, at);
  }

  #execute(operation: TraceOperation, place: TracePlace): string {
    switch (operation.kind) {
      case 'comment':
        return operation.text;
      case 'init':
        return this.#init(operation, place);
      case 'alloc':
      case 'free':
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
    }
  }

  /**
   * Whether an operation can be left for `run()`. Others are done by `execute()`; and first `run()` must do what was enqueued,
   * where there is as much as can be done at a time.
   */
  canEnqueue(operation: TraceOperation): boolean {
    checkObject('operation', operation);
    const { kind } = operation;
    return (kind === 'alloc' || kind === 'free') && !this.#batch.isFull;
  }

  /**
   * Leaves an operation for `run()`, and gives true, if it `canEnqueue()`.
   *
   * @throws TraceError, TypeError, RangeError as `execute()`
   */
  enqueue(operation: TraceOperation, place: TracePlace = NOWHERE): boolean {
    checkObject('operation', operation);
    const { kind } = operation;
    if ((kind !== 'alloc' && kind !== 'free') || this.#batch.isFull) return false;
    // The fields may be getters, which fill the batch.
    if (kind === 'alloc') {
      const checked = toAlloc(operation);
      return this.#enqueue(checked, toPlace(place));
    }
    const checked = toFree(operation);
    return this.#enqueue(checked, toPlace(place));
  }

  #enqueue(operation: TraceOperation, place: TracePlace): boolean {
    if (this.#batch.isFull) return false;
    if (operation.kind === 'alloc') this.#enqueueAlloc(operation, place);
    else if (operation.kind === 'free') this.#enqueueFree(operation, place);
    else return false;
    return true;
  }

  /**
   * Executes what was enqueued, at once, and gives the result lines when they are asked for. The getters tell what was after
   * the operation whose line was given last; `stats()` and `snapshot()`, what is after all of them.
   *
   * @throws TraceError where the kernel code met a BUG
   */
  run(): Generator<string, undefined> {
    const allocator = this.#allocator;
    const places = this.#places;
    // Its lines may be asked for while the next operations are enqueued.
    this.#places = [];
    if (allocator) this.#batch.run(allocator);
    const count = this.#batch.length;
    this.#batch.clear();
    return this.#lines(allocator, count, places);
  }

  *#lines(
    allocator: native.Handle | undefined,
    count: number,
    places: readonly TracePlace[],
  ): Generator<string, undefined> {
    for (let index = 0; index < count; index++)
      yield this.#lineAt(allocator, index, places[index] ?? NOWHERE);
    return undefined;
  }

  #lineAt(allocator: native.Handle | undefined, index: number, place: TracePlace): string {
    const batch = this.#batch;
    this.#begin(allocator, batch.statusAt(index), place);
    const count = batch.countAt(index);
    if (count === 1) this.#result.block(batch.offsetAt(index), batch.orderAt(index), batch.isClearAt(index));
    else if (count > 1) this.#addBlocks(count, batch.blocksAt(index), place);
    return this.#end(batch.availAt(index), batch.clearAvailAt(index), batch.warningsAt(index));
  }

  /** Frees the allocator and all lists, and forgets what was enqueued. An `init` may follow. */
  [Symbol.dispose](): void {
    this.#batch.clear();
    this.#lists.close();
    this.#drop();
  }

  static {
    Object.assign(ofReplayer, {
      enqueue: (replayer, operation, place) => replayer.#enqueue(operation, place),
      isFull: (replayer) => replayer.#batch.isFull,
    } satisfies typeof ofReplayer);
  }

  #init({ size, chunkSize }: InitOperation, place: TracePlace): string {
    if (this.#allocator) throw new TraceError(place, 'init while an allocator lives: fini must come first');
    const allocator = new Allocator();
    const status = native.create(allocator, {
      size,
      chunkSize,
      baseOffset: 0,
      anyUnit: false,
      memoryLimit: 0,
      stepLimit: 0,
    });
    this.#begin(undefined, status, place);
    if (status !== native.OK) return this.#result.end(0, 0, 0);

    allocator.setHandle(native.created());
    this.#allocator = allocator;
    this.#chunkSize = Number(chunkSize);
    const line = this.#endNow(allocator);
    this.#size = this.#avail;
    return line;
  }

  #fini(place: TracePlace): string {
    this.#liveAllocator('fini', place);
    const holder = this.#lists.findHolder();
    if (holder !== undefined)
      throw new TraceError(place, `fini while list ${holder} holds blocks: free must come first`);
    this.#lists.clear();
    this.#drop();
    this.#errno = 0;
    this.#result.begin(0);
    return this.#result.end(0, 0, 0);
  }

  #drop(): void {
    if (this.#allocator) native.dispose(this.#allocator, this.#allocator);
    this.#allocator = undefined;
    this.#size = this.#avail = this.#clearAvail = this.#warnings = 0;
  }

  #liveAllocator(kind: TraceOperation['kind'], place: TracePlace): native.Handle {
    if (!this.#allocator) throw new TraceError(place, `${kind} before an init that succeeds`);
    return this.#allocator;
  }

  #enqueueAlloc(operation: AllocOperation, place: TracePlace): void {
    const { id, start, end, size, minBlockSize, flags } = operation;
    this.#places[this.#batch.length] = place;

    this.#liveAllocator('alloc', place);
    if (this.#lists.get(id) !== undefined)
      throw new TraceError(place, `list ${id} is in use: free must come first`);
    const slot = this.#lists.add(id);
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

  #enqueueFree({ id, cleared }: FreeOperation, place: TracePlace): void {
    this.#places[this.#batch.length] = place;

    this.#liveAllocator('free', place);
    const slot = this.#slotOf(id, place);
    this.#batch.freeSlot(slot, cleared);
    this.#lists.delete(id, slot);
  }

  #trim({ id, start, newSize }: TrimOperation, place: TracePlace): string {
    const allocator = this.#liveAllocator('trim', place);
    const list = describe(this.#slotOf(id, place));
    return this.#listResult(allocator, list.slot, native.trimRaw(list, newSize, start), place);
  }

  #freeBlock({ id, index }: FreeBlockOperation, place: TracePlace): string {
    const allocator = this.#liveAllocator('free_block', place);
    const list = describe(this.#slotOf(id, place));
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

  #slotOf(id: number, place: TracePlace): number {
    const slot = this.#lists.get(id);
    if (slot === undefined) throw new TraceError(place, `there is no list ${id}`);
    return slot;
  }

  /** The result of an operation on a list: the whole list as it is now, also where the operation failed. */
  #listResult(allocator: native.Handle, slot: number, status: number, place: TracePlace): string {
    const { generation, count, chunk, shape } = native.list;
    this.#begin(allocator, status, place);
    if (count === 1)
      this.#result.block(chunk * this.#chunkSize, native.orderOf(shape), native.isClear(shape));
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

  #begin(allocator: native.Handle | undefined, status: number, place: TracePlace): void {
    const text = native.statuses[status];
    if (status !== native.OK && !text?.errno) {
      const bug = allocator && native.bug(allocator);
      throw new TraceError(place, [text?.why ?? 'unknown status', bug].filter(Boolean).join(': '));
    }
    this.#errno = text?.errno ?? 0;
    this.#result.begin(this.#errno);
  }

  #endNow(allocator: native.Handle): string {
    native.readAvail(allocator);
    const { all, clear, warnings } = native.avail;
    return this.#end(all, clear, warnings);
  }

  #end(avail: number, clearAvail: number, warnings: number): string {
    const newWarnings = warnings - this.#warnings;
    this.#avail = avail;
    this.#clearAvail = clearAvail;
    this.#warnings = warnings;
    return this.#result.end(avail, clearAvail, newWarnings);
  }
}

/** Owns a native allocator, which ends with it at the latest. */
class Allocator implements native.Handle {
  slot = 0;
  generation = 0;

  setHandle({ slot, generation }: native.Handle): void {
    this.slot = slot;
    this.generation = generation;
  }
}

/** The kernel ignores the bits that it does not know (H23), all of those above the lowest 32 among them. */
function toFlags(flags: native.Bytes): number {
  return typeof flags === 'number' ? flags >>> 0 : Number(BigInt.asUintN(32, flags));
}
