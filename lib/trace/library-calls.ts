/** Executes the library's calls of a trace on one allocator, but for those that are enqueued. Makes no result lines. */
import * as native from '../native';
import { describe } from './list-table';
import type { LibraryOperation, TraceBlock, TraceRequest } from './operation';
import type { ReplayedAllocator } from './replayed-allocator';
import { TraceError, type TracePlace } from './trace-error';

/** Operations that are executed one by one. */
export type LibraryCall = Exclude<
  LibraryOperation,
  { readonly kind: 'buddy.new' | 'buddy.alloc' | 'blocks.free' | 'begin' | 'gap' | 'poisoned' }
>;

/** How a call has ended, and the slot of the list that its answer shows. */
export interface CallOutcome {
  readonly status: number;
  readonly slot?: number;
}

/** The limit of an account that has none, and other defaults, are those of the library. */
const { NO_LIMIT } = native;

/** @throws TraceError if the operation cannot be one of a recording */
export function callLibrary(
  allocator: ReplayedAllocator,
  operation: LibraryCall,
  place: TracePlace,
): CallOutcome {
  switch (operation.kind) {
    case 'buddy.probe':
      return probe(allocator, operation.size, toRequest(allocator, operation, place));
    case 'buddy.claim': {
      const account = accountOf(allocator, operation.account, place);
      const slot = newList(allocator, operation.id, place);
      const status = claim(allocator, slot, operation.blocks, operation.tag ?? 0, account);
      if (status === native.OK) return { status, slot };
      allocator.lists.delete(operation.id, slot);
      return { status };
    }
    case 'buddy.clear':
      return { status: clear(allocator, operation.blocks) };
    case 'buddy.resetClear':
      return { status: native.resetClear(allocator, operation.isClear) };
    case 'blocks.undo': {
      const slot = slotOf(allocator, operation.id, place);
      const status = allocator.undo(slot);
      end(allocator, operation.id, slot);
      return { status };
    }
    case 'blocks.freeBlock': {
      const list = describe(slotOf(allocator, operation.id, place));
      return {
        status: native.freeBlock(list, operation.index, operation.cleared ?? false),
        slot: list.slot,
      };
    }
    case 'blocks.trim': {
      const list = describe(slotOf(allocator, operation.id, place));
      return { status: native.trim(list, operation.newSize, operation.start), slot: list.slot };
    }
    case 'blocks.extend': {
      const list = describe(slotOf(allocator, operation.id, place));
      return { status: native.extend(list, operation.size), slot: list.slot };
    }
    case 'blocks.append':
      return append(allocator, operation.id, operation.other, operation.tag ?? 0, place);
    case 'account.open':
      return {
        status: allocator.openAccount(operation.id, operation.limit ?? NO_LIMIT, operation.reserved ?? 0),
      };
    case 'account.update': {
      const account = accountOf(allocator, operation.id, place);
      return {
        status: native.changeAccount(
          account ?? NO_ACCOUNT,
          operation.limit ?? NO_LIMIT,
          operation.reserved ?? 0,
        ),
      };
    }
    case 'account.close':
      allocator.closeAccount(operation.id);
      return { status: native.OK };
  }
}

const NO_ACCOUNT: native.Handle = { slot: native.NO_SLOT, generation: 0 };

/** Says what an allocation asks for as the addon takes it. @throws TraceError if there is no such account */
export function toRequest(
  allocator: ReplayedAllocator,
  request: TraceRequest,
  place: TracePlace,
): native.Request {
  const { range, minBlockSize, tag = 0, account } = request;
  return {
    minBlockSize: minBlockSize ?? allocator.chunkSize,
    flags:
      (range ? native.FLAG_RANGE : 0) |
      (request.topDown ? native.FLAG_TOPDOWN : 0) |
      (request.contiguous ? native.FLAG_CONTIGUOUS : 0) |
      (request.clear ? native.FLAG_CLEAR : 0) |
      (request.trimDisable ? native.FLAG_TRIM_DISABLE : 0),
    start: range?.start ?? 0,
    end: range?.end ?? 0,
    tag,
    account: accountOf(allocator, account, place),
    explains: false,
  };
}

function accountOf(
  allocator: ReplayedAllocator,
  id: number | undefined,
  place: TracePlace,
): native.Handle | undefined {
  if (id === undefined) return undefined;
  const account = allocator.account(id);
  if (!account) throw new TraceError(place, `there is no account ${id}`);
  return account;
}

/** The slot for a new list. */
export function newList(allocator: ReplayedAllocator, id: number, place: TracePlace): number {
  if (allocator.lists.get(id) !== undefined)
    throw new TraceError(place, `list ${id} is in use: free must come first`, { problem: 'live-list' });
  return allocator.lists.add(id);
}

export function slotOf({ lists }: ReplayedAllocator, id: number, place: TracePlace): number {
  const slot = lists.get(id);
  if (slot === undefined) throw new TraceError(place, `there is no list ${id}`, { problem: 'unknown-list' });
  return slot;
}

/** Forgets a list that has no blocks any more. */
function end(allocator: ReplayedAllocator, id: number, slot: number): void {
  native.free(slot, describe(slot).generation, false);
  allocator.lists.delete(id, slot);
}

function probe(allocator: ReplayedAllocator, size: native.Bytes, request: native.Request): CallOutcome {
  const slot = allocator.lists.spare();
  const status = native.alloc(allocator, request, slot, size);
  return status === native.OK ? { status, slot } : { status };
}

function claim(
  allocator: ReplayedAllocator,
  slot: number,
  blocks: readonly TraceBlock[],
  tag: number,
  account?: native.Handle,
): number {
  const chunks = Float64Array.from(blocks, ({ offset }) => chunkOf(offset, allocator.chunkSize));
  const orders = Uint8Array.from(blocks, ({ order }) => Math.min(order, 255));
  const isMarked = blocks.every(({ isClear }) => isClear !== undefined);
  const clear = isMarked ? Uint8Array.from(blocks, ({ isClear }) => (isClear ? 1 : 0)) : undefined;
  return native.claim(allocator, slot, { chunks, orders, clear }, tag, 'as found', account);
}

/** A fraction where the offset is no multiple of the chunk size: the addon refuses it. */
function chunkOf(offset: native.Bytes, chunkSize: number): number {
  const whole = BigInt(offset) / BigInt(chunkSize);
  return Number(whole) + (BigInt(offset) % BigInt(chunkSize) === 0n ? 0 : 0.5);
}

/** Takes free memory, and gives it back as cleared. */
function clear(allocator: ReplayedAllocator, blocks: readonly TraceBlock[]): number {
  const slot = allocator.lists.spare();
  const places = blocks.map(({ offset, order }) => ({ offset, order }));
  const status = claim(allocator, slot, places, 0);
  return status === native.OK ? native.free(slot, describe(slot).generation, true) : status;
}

function append(
  allocator: ReplayedAllocator,
  id: number | undefined,
  otherId: number,
  tag: number,
  place: TracePlace,
): CallOutcome {
  const otherSlot = slotOf(allocator, otherId, place);
  // The list stays as it is, but for its tag, which no answer depends on.
  if (id === undefined) return { status: native.OK };
  const list = describe(slotOf(allocator, id, place));
  const status = native.append(list, describe(otherSlot), tag);
  if (status === native.OK) allocator.lists.delete(otherId, otherSlot);
  return { status };
}
