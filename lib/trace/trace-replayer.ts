/** Executes the operations of a trace, one after another, through the addon's raw entries. Reads no file. */
import * as native from '../native';
import { ListTable, type TraceList } from './list-table';
import type { AllocOperation, TraceOperation } from './operation';
import { ResultBuilder } from './result-builder';
import type { SpaceSnapshot } from './space-snapshot';
import { NOWHERE, TraceError, type TracePlace } from './trace-error';

/** A result line of more blocks would be longer than a string can be. */
const MAX_BLOCKS_OF_A_LINE = 2 ** 23;

/**
 * Executes operations and answers each with its result line, exactly as it was recorded in the kernel:
 * `ERRNO [BLOCK...] avail=0xA clear_avail=0xC [warn=N]`.
 *
 * Holds the allocator of the current `init`…`fini` round and its lists in native memory: dispose of it at the end.
 */
export class TraceReplayer implements Disposable {
  readonly #lists = new ListTable();
  readonly #result = new ResultBuilder();
  #columns: native.Columns = columnsOf(64);
  #allocator: native.Handle | undefined;
  #size = 0;
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
  stats(): native.Stats | undefined {
    const stats = this.#allocator && native.stats(this.#allocator);
    return typeof stats === 'object' ? stats : undefined;
  }

  /** All blocks of the current allocator; `undefined` without one. Takes as long as there are blocks. */
  snapshot(): SpaceSnapshot | undefined {
    const stats = this.stats();
    const blocks = this.#allocator && native.snapshot(this.#allocator, 0);
    if (stats === undefined || typeof blocks !== 'object') return undefined;
    const { size, chunkSize, avail, clearAvail } = stats;
    return { size, chunkSize, avail, clearAvail, blocks };
  }

  /**
   * Executes one operation and gives its result line; of a comment, the comment.
   *
   * @param place what an error names as the place of the operation
   * @throws TraceError where the operation cannot be one of a recorded trace: before `init`, with an unknown ID, and the
   *   like. The state is as before. What the kernel refuses is no error but a result.
   */
  execute(operation: TraceOperation, place: TracePlace = NOWHERE): string {
    if (operation.kind === 'comment') return operation.text;
    if (operation.kind === 'init') return this.#init(operation.size, operation.chunkSize, place);

    const allocator = this.#allocator;
    if (allocator === undefined)
      throw new TraceError(place, `${operation.kind} before an init that succeeds`);
    switch (operation.kind) {
      case 'alloc':
        return this.#alloc(allocator, operation, place);
      case 'free':
        return this.#free(allocator, operation.id, operation.cleared, place);
      case 'trim':
        return this.#trim(allocator, operation.id, operation.start, operation.newSize, place);
      case 'free_block':
        return this.#freeBlock(allocator, operation.id, operation.index, place);
      case 'reset_clear':
        this.#begin(allocator, native.resetClearRaw(allocator, operation.clear), place);
        return this.#end(allocator);
      case 'lookup':
        return this.#lookup(allocator, operation.address, place);
      case 'print':
        return this.#print(allocator, place);
      case 'fini':
        return this.#fini(place);
    }
  }

  /** Frees the allocator and all lists. An `init` may follow. */
  [Symbol.dispose](): void {
    this.#lists.close();
    this.#drop();
  }

  #init(size: native.Bytes, chunkSize: native.Bytes, place: TracePlace): string {
    if (this.#allocator) throw new TraceError(place, 'init while an allocator lives: fini must come first');
    const status = native.create(size, chunkSize, 0, 0);
    this.#begin(undefined, status, place);
    if (status !== native.OK) return this.#result.end(0, 0, 0);

    const allocator = native.created();
    this.#allocator = allocator;
    const line = this.#end(allocator);
    this.#size = this.#avail;
    return line;
  }

  #fini(place: TracePlace): string {
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
    if (this.#allocator) native.dispose(this.#allocator);
    this.#allocator = undefined;
    this.#size = this.#avail = this.#clearAvail = this.#warnings = 0;
  }

  #alloc(allocator: native.Handle, operation: AllocOperation, place: TracePlace): string {
    const { id, start, end, size, minBlockSize, flags } = operation;
    if (this.#lists.get(id)) throw new TraceError(place, `list ${id} is in use: free must come first`);
    const slot = this.#lists.freeSlot();
    if (slot < 0) throw new TraceError(place, 'no native memory for another list');

    const request = { minBlockSize, flags: toFlags(flags), start, end, tag: 0 };
    const status = native.allocRaw(allocator, request, slot, size);
    const list = this.#lists.set(id, native.list.generation, native.list.count);
    return this.#listResult(allocator, list, status, place);
  }

  #free(allocator: native.Handle, id: number, cleared: boolean, place: TracePlace): string {
    const list = this.#find(id, place);
    const status = native.free(list.slot, list.generation, cleared);
    this.#lists.delete(id, list);
    this.#begin(allocator, status, place);
    return this.#end(allocator);
  }

  #trim(
    allocator: native.Handle,
    id: number,
    start: native.Bytes | undefined,
    newSize: native.Bytes,
    place: TracePlace,
  ): string {
    const list = this.#find(id, place);
    return this.#listResult(allocator, list, native.trimRaw(list, newSize, start), place);
  }

  #freeBlock(allocator: native.Handle, id: number, index: number, place: TracePlace): string {
    const list = this.#find(id, place);
    if (index >= list.count) {
      throw new TraceError(place, `list ${id} has no block ${index}: it holds ${list.count}, counted from 0`);
    }
    return this.#listResult(allocator, list, native.freeBlockRaw(list, index), place);
  }

  #lookup(allocator: native.Handle, address: native.Bytes, place: TracePlace): string {
    const status = native.lookup(allocator, address);
    this.#begin(allocator, status, place);
    if (status === native.OK) {
      const { any, offset, order, clear } = native.found;
      if (any) this.#result.block(offset, order, clear);
      else this.#result.text(' null');
    }
    return this.#end(allocator);
  }

  #print(allocator: native.Handle, place: TracePlace): string {
    const text = native.print(allocator);
    this.#begin(allocator, typeof text === 'string' ? native.OK : text, place);
    this.#result.text(` [${String(text).trimEnd().replaceAll('\n', '|')}]`);
    return this.#end(allocator);
  }

  #find(id: number, place: TracePlace): TraceList {
    const list = this.#lists.get(id);
    if (!list) throw new TraceError(place, `there is no list ${id}`);
    return list;
  }

  /** The result of an operation on a list: the whole list as it is now, also where the operation failed. */
  #listResult(allocator: native.Handle, list: TraceList, status: number, place: TracePlace): string {
    const { generation, count, offset, shape } = native.list;
    list.generation = generation;
    list.count = count;
    this.#begin(allocator, status, place);
    if (count === 1)
      this.#result.block(offset * native.OFFSET_UNIT, native.orderOf(shape), native.isClear(shape));
    else if (count > 1) this.#readBlocks(list, count, place);
    return this.#end(allocator);
  }

  #readBlocks(list: TraceList, count: number, place: TracePlace): void {
    if (count > MAX_BLOCKS_OF_A_LINE)
      throw new TraceError(place, `a list of ${count} blocks is too long for a line`);
    if (count > this.#columns.offsets.length) this.#columns = columnsOf(2 * count);
    native.readInto(list, this.#columns);
    this.#result.blocks(count, this.#columns);
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

  #end(allocator: native.Handle): string {
    native.readAvail(allocator);
    const { all, clear, warnings } = native.avail;
    const newWarnings = warnings - this.#warnings;
    this.#avail = all;
    this.#clearAvail = clear;
    this.#warnings = warnings;
    return this.#result.end(all, clear, newWarnings);
  }
}

function columnsOf(capacity: number): native.Columns {
  return {
    offsets: new BigUint64Array(capacity),
    orders: new Uint8Array(capacity),
    states: new Uint8Array(capacity),
    tags: new Float64Array(capacity),
  };
}

/** The kernel ignores the bits that it does not know (H23), all of those above the lowest 32 among them. */
function toFlags(flags: native.Bytes): number {
  return Number(BigInt.asUintN(32, BigInt(flags)));
}
