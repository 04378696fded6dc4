/** Allocates exactly the blocks that the caller names. */
import { handleOfAccount, UNNAMED } from './account';
import { AllocatedBlocks } from './allocated-blocks';
import { captureStack, noteStack } from './allocation-stacks';
import type { Allocator } from './allocator';
import type { Account, BlockPlace, ClaimOptions } from './api';
import { toBoolean, toBytes, toInteger, toRelative } from './arguments';
import { invalidArgType, type GpuBuddyError } from './errors';
import { allocated, failed, tellAlloc, tellStatus } from './events';
import { putGuardBack, spareSlot, takeGuard } from './guard';
import * as native from './native';
import type { Bytes } from './native';
import { toOptions, type Names } from './options';
import { chunksIn, firstOverlap, misplaced } from './places';
import { reclaimAll } from './reclaim';
import type { Space } from './space';

const OPTION_NAMES: Names<ClaimOptions> = { tag: true, clear: true, account: true };

const SYSCALL = 'gpu_buddy_alloc_blocks';

/** A checked claim. */
interface Claim {
  readonly places: native.Places;
  readonly tag: number;
  readonly clearness: native.Clearness;
  readonly account: native.Handle | undefined;
  /** Account that `account` is the handle of. */
  readonly charged: Account<Bytes> | undefined;
}

/** Allocates exactly these blocks as one list, in this order, or none. */
export function claim<N extends Bytes>(
  allocator: Allocator<N>,
  blocks: Iterable<BlockPlace>,
  options: ClaimOptions | undefined,
): AllocatedBlocks<N> {
  // Comes first, since it may call the program's own code, which may throw, allocate, or dispose of the allocator.
  const { tag, clear, account } = toOptions('options', options, OPTION_NAMES);
  const wanted: Claim = {
    tag: tag === undefined ? 0 : toInteger('tag', tag),
    clearness: toClearness(clear),
    account: account === undefined ? undefined : handleOfAccount(account),
    charged: account,
    places: toPlaces(allocator, blocks),
  };
  const stack = allocator.capturesStacks ? captureStack(2) : undefined;
  return take(allocator, wanted, stack);
}

function toClearness(clear: unknown): native.Clearness {
  if (clear === undefined) return 'as found';
  return toBoolean('clear', clear) ? 'clear' : 'dirty';
}

function take<N extends Bytes>(
  allocator: Allocator<N>,
  wanted: Claim,
  stack: string | undefined,
): AllocatedBlocks<N> {
  const { places, tag, clearness, account } = wanted;
  const slot = spareSlot();
  const guard = takeGuard();
  const status = native.claim(allocator.handle, slot, places, tag, clearness, account);
  if (status !== native.OK) {
    putGuardBack(guard);
    const row = native.failedRow();
    // Collected lists may have the missing memory.
    if (isForWantOfMemory(status) && reclaimAll()) return take(allocator, wanted, stack);
    const error = claimError(allocator, status, wanted, row);
    if (failed.hasSubscribers) tellStatus(allocator, 1, bytesOf(allocator, wanted), wanted, status);
    throw error;
  }
  const list = new AllocatedBlocks(allocator, guard, slot, tag);
  if (stack !== undefined) noteStack(slot, stack);
  if (allocated.hasSubscribers) tellAlloc(allocator, 1, bytesOf(allocator, wanted), wanted);
  return list;
}

function bytesOf({ space }: Allocator, { places }: Claim): number {
  return places.orders.reduce((bytes, order) => bytes + space.chunkBytes * 2 ** order, 0);
}

function isForWantOfMemory(status: number): boolean {
  return status === native.BLOCK_NOT_FREE || status === native.NO_MEMORY || native.isShortage(status);
}

function claimError(
  allocator: Allocator,
  status: number,
  { places, charged }: Claim,
  row: number,
): GpuBuddyError {
  if (status !== native.BLOCK_NOT_FREE)
    return allocator.toError(status, SYSCALL, { given: { account: charged?.name ?? UNNAMED } });
  const overlap = firstOverlap(places);
  if (!overlap) return placeError(allocator, status, places, row);
  return placeError(
    allocator,
    native.BLOCK_OVERLAPS,
    places,
    overlap.row,
    `blocks[${String(overlap.other)}]`,
  );
}

function placeError(
  allocator: Allocator,
  status: number,
  { chunks, orders }: native.Places,
  row: number,
  note?: string,
): GpuBuddyError {
  const offset = allocator.space.addressOf(chunks[row] ?? 0);
  return givenError(allocator, status, row, offset, orders[row] ?? 0, note);
}

function givenError(
  allocator: Allocator,
  status: number,
  row: number,
  offset: Bytes,
  order: number,
  note?: string,
): GpuBuddyError {
  return allocator.toError(status, SYSCALL, {
    given: { block: `offset ${String(offset)}, order ${String(order)}` },
    names: { block: `blocks[${String(row)}]` },
    note,
  });
}

/** Reads the given blocks, once. */
function toPlaces(allocator: Allocator, value: unknown): native.Places {
  const { space } = allocator;
  const count = chunksIn(space);
  const chunks: number[] = [];
  const orders: number[] = [];
  for (const given of toIterable(value)) {
    const row = chunks.length;
    const name = `blocks[${String(row)}]`;
    if (typeof given !== 'object' || given === null)
      throw invalidArgType(name, 'of the form { offset, order }', given);
    const place = given as Partial<BlockPlace>;
    const offset = toBytes(`${name}.offset`, place.offset);
    const order = toInteger(`${name}.order`, place.order);
    const chunk = toChunk(space, offset);
    // Ends an iterable that never ends: more blocks than chunks must overlap.
    const status = row < count ? misplaced(chunk, order, count) : native.BLOCK_OVERLAPS;
    if (status !== native.OK) {
      allocator.assertUsable(SYSCALL);
      throw givenError(allocator, status, row, offset, order);
    }
    chunks.push(chunk);
    orders.push(order);
  }
  if (chunks.length === 0) throw allocator.toError(allocator.unlessGone(native.NO_BLOCKS), SYSCALL);
  return { chunks: Float64Array.from(chunks), orders: Uint8Array.from(orders) };
}

function toIterable(value: unknown): Iterable<unknown> {
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value))
    throw invalidArgType('blocks', 'an iterable of { offset, order }', value);
  return value as Iterable<unknown>;
}

/** Gives the chunk that begins at an address; a fraction if none does, and -1 below the space. */
function toChunk({ base, chunkBytes }: Space<Bytes>, address: Bytes): number {
  const relative = toRelative(address, base);
  if (relative === null) return -1;
  if (typeof relative === 'number') return relative / chunkBytes;
  const size = BigInt(chunkBytes);
  return relative % size === 0n ? Number(relative / size) : 0.5;
}
