/** Takes blocks that a program knows of by itself, exactly as they are. */
import { captureStack, noteStack } from './allocation-stacks';
import { InternalBlocks, type AllocatedBlocks } from './allocated-blocks';
import { toBoolean, toBytes, toInteger, toRelative } from './arguments';
import { gpuBuddyError, invalidArgType, type GpuBuddyError } from './errors';
import type { GpuBuddy } from './gpu-buddy';
import { putGuardBack, spareSlot, takeGuard } from './guard';
import { internalKey, ofBuddy } from './internal';
import * as native from './native';
import type { Bytes } from './native';
import { toOptions, type Names } from './options';
import { chunksIn, firstOverlap, misplaced } from './places';
import { reclaimAll } from './reclaim';
import type { Space } from './space';

/** A block's place and size, as an `AllocatedBlock` and a `BlockInfo` have them, too. */
export interface BlockPlace {
  /** Address of its first byte, with the allocator's `baseOffset`. */
  readonly offset: Bytes;
  /** Its size is `chunkSize * 2 ** order`. */
  readonly order: number;
}

/** Options of `claim()`. */
export interface ClaimOptions {
  /** A number that the blocks carry, as with `allocBlocks()`. Default: 0. */
  readonly tag?: number | undefined;
  /** Whether the blocks count as known to be zero (`isClear`). Default: as the free memory did. */
  readonly clear?: boolean | undefined;
}

const OPTION_NAMES: Names<ClaimOptions> = { tag: true, clear: true };

const SYSCALL = 'gpu_buddy_alloc_blocks';

/** A claim that has been looked at. */
interface Claim {
  readonly places: native.Places;
  readonly tag: number;
  readonly clearness: native.Clearness;
}

/** Takes exactly these blocks as one list, in this order, or none. */
export function claim<N extends Bytes>(
  buddy: GpuBuddy<N>,
  blocks: Iterable<BlockPlace>,
  options: ClaimOptions | undefined,
): AllocatedBlocks<N> {
  // First what may call the program's own code, which may throw, allocate, or dispose of the allocator.
  const { tag, clear } = toOptions('options', options, OPTION_NAMES);
  const wanted: Claim = {
    tag: tag === undefined ? 0 : toInteger('tag', tag),
    clearness: toClearness(clear),
    places: toPlaces(buddy, blocks),
  };
  const stack = ofBuddy.capturesStacks(buddy) ? captureStack(2) : undefined;
  return take(buddy, wanted, stack);
}

function toClearness(clear: unknown): native.Clearness {
  if (clear === undefined) return native.AS_FOUND;
  return toBoolean('clear', clear) ? native.AS_CLEAR : native.AS_DIRTY;
}

function take<N extends Bytes>(
  buddy: GpuBuddy<N>,
  wanted: Claim,
  stack: string | undefined,
): AllocatedBlocks<N> {
  const { places, tag, clearness } = wanted;
  const slot = spareSlot();
  const guard = takeGuard();
  const status = native.claim(ofBuddy.handle(buddy), slot, places, tag, clearness);
  if (status !== native.OK) {
    putGuardBack(guard);
    const row = native.failedRow();
    // Lists that the collector has found may have what is missing.
    if ((status === native.BLOCK_NOT_FREE || status === native.NO_MEMORY) && reclaimAll())
      return take(buddy, wanted, stack);
    throw claimError(buddy, status, places, row);
  }
  const list = new InternalBlocks(internalKey, buddy, guard, slot, tag);
  if (stack !== undefined) noteStack(slot, stack);
  return list;
}

function claimError(
  buddy: GpuBuddy<Bytes>,
  status: number,
  places: native.Places,
  row: number,
): GpuBuddyError {
  if (status !== native.BLOCK_NOT_FREE) return ofBuddy.toError(buddy, status, SYSCALL);
  const space = ofBuddy.space(buddy);
  const overlap = firstOverlap(places);
  if (!overlap) return placeError(space, status, places, row);
  return placeError(space, native.BLOCK_OVERLAPS, places, overlap.row, `blocks[${String(overlap.other)}]`);
}

function placeError(
  space: Space<Bytes>,
  status: number,
  { chunks, orders }: native.Places,
  row: number,
  note?: string,
): GpuBuddyError {
  const offset = space.address((chunks[row] ?? 0) * space.chunkBytes);
  return givenError(status, row, offset, orders[row] ?? 0, note);
}

function givenError(status: number, row: number, offset: Bytes, order: number, note?: string): GpuBuddyError {
  return gpuBuddyError(status, SYSCALL, {
    given: { block: `offset ${String(offset)}, order ${String(order)}` },
    names: { block: `blocks[${String(row)}]` },
    note,
  });
}

/** Reads all that is given, once. */
function toPlaces(buddy: GpuBuddy<Bytes>, value: unknown): native.Places {
  const space = ofBuddy.space(buddy);
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
    // More blocks than chunks overlap; the iterable may never end.
    const status = row < count ? misplaced(chunk, order, count) : native.BLOCK_OVERLAPS;
    if (status !== native.OK) throw givenError(status, row, offset, order);
    chunks.push(chunk);
    orders.push(order);
  }
  if (chunks.length === 0) throw gpuBuddyError(native.NO_BLOCKS, SYSCALL);
  return { chunks: Float64Array.from(chunks), orders: Uint8Array.from(orders) };
}

function toIterable(value: unknown): Iterable<unknown> {
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value))
    throw invalidArgType('blocks', 'an iterable of { offset, order }', value);
  return value as Iterable<unknown>;
}

/** The chunk that begins at an address; no whole number where none does, and -1 below the space. */
function toChunk({ base, chunkBytes }: Space<Bytes>, address: Bytes): number {
  const relative = toRelative(address, base);
  if (relative === null) return -1;
  if (typeof relative === 'number') return relative / chunkBytes;
  const size = BigInt(chunkBytes);
  return relative % size === 0n ? Number(relative / size) : 0.5;
}
