/** Calls on an allocator as a whole. */
import { calls, layout, register, unregister } from './addon';
import { columnsBeside } from './lists';
import { numbers, put, putHandle, putRange, result, seal, status, token, wordResult } from './mailbox';
import { OK } from './constants';
import type { Bytes, Columns, Handle, NumberColumn, Range, Token } from './values';

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
  readonly name?: string | undefined;
}

/** gpu_buddy_init(): see created(). The allocator ends with `owner`, if not before, and with its last list. */
export function create(owner: object, config: AllocatorConfig): number {
  const { size, chunkSize, baseOffset, anyUnit, memoryLimit, stepLimit, name = '' } = config;
  numbers[2] = memoryLimit;
  numbers[3] = stepLimit;
  numbers[5] = anyUnit ? 1 : 0;
  seal(put(0, size) | put(1, chunkSize) | put(4, baseOffset));
  calls.create(register, allocators, owner, name);
  return status();
}

/** Gives up the handle of an owner. */
export function dispose(owner: object, allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.dispose(unregister, allocators, owner);
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

/** The answer of the last call of readAvail. Byte counts are exact although they may exceed 2^53. */
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

/** The answer is in `bytesInRange()`. */
export function availIn(allocator: Handle, range: Range): number {
  putHandle(allocator);
  seal(putRange(range));
  calls.availIn();
  return status();
}

/** Looks for a free run: the answer is in `found`, as `any` and `offset`. */
export function findFree(allocator: Handle, size: Bytes, alignment: Bytes, range: Range): number {
  putHandle(allocator);
  seal(putRange(range) | put(4, size) | put(5, alignment));
  calls.findFree();
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

/**
 * Reads the blocks of an allocator, in the order of their addresses; or gives the status.
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
  readonly reserved: bigint;
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
  const orders = result(7) + 1;
  return {
    size: result(0),
    chunkSize: result(1),
    avail: result(2),
    clearAvail: result(3),
    reserved: wordResult(4),
    nativeBytes: result(5),
    kernelWarnings: result(6),
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

/** Gives the name that an allocator was made with, if any. */
export function nameOf(allocator: Handle): string | undefined {
  putHandle(allocator);
  seal();
  const name = calls.name();
  return name === '' ? undefined : name;
}

/** Gives the place of the BUG that the kernel code met in this allocator; empty while it met none. */
export function bug(allocator: Handle): string {
  putHandle(allocator);
  seal();
  return calls.bug() ?? '';
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

/** Frees all lists of this environment in an allocator: those of guards, groups and pools. */
export function freeEverything(allocator: Handle): number {
  putHandle(allocator);
  seal();
  calls.freeEverything();
  return status();
}

const FAULTS = {
  bug: layout.injectBug,
  warning: layout.injectWarning,
  'out of memory': layout.injectFailure,
};

/** Faults that test builds can provoke. */
export type Fault =
  | { readonly kind: 'bug' | 'warning' }
  | { readonly kind: 'out of memory'; readonly nth: number; readonly fromThenOn: boolean };

/** @internal In test builds: a BUG_ON or WARN_ON now, or memory that cannot be had from the nth time on. */
export function inject(allocator: Handle, fault: Fault): number {
  if (!calls.inject) throw new Error('This build of the addon has no faults to inject.');
  putHandle(allocator);
  numbers[2] = FAULTS[fault.kind];
  numbers[3] = fault.kind === 'out of memory' ? fault.nth : 0;
  numbers[4] = fault.kind === 'out of memory' && fault.fromThenOn ? 1 : 0;
  seal();
  calls.inject();
  return status();
}
