/** Saves the state of an allocator, and makes the same allocator from it again. */
import { AllocatedBlocks } from './allocated-blocks';
import { captureStack, noteStack } from './allocation-stacks';
import { Allocator } from './allocator';
import { toFlag } from './arguments';
import type { GpuBuddyError } from './errors';
import { toConfig, type RestoreOptions } from './gpu-buddy-options';
import { Guard, returnGroup, takeFromGroup, takeGroup } from './guard';
import { fitsIntoHeap, HEAP_BYTES_OF_LIST } from './heap-room';
import { startJournal, toCapacity } from './journal';
import * as native from './native';
import type { Bytes } from './native';
import { toOptions, type Names } from './options';
import { reclaimAll } from './reclaim';
import { entryError, FORMAT, toPlain, toState, VERSION, type GpuBuddyState } from './saved-state';

const OPTION_NAMES: Names<RestoreOptions> = {
  bigint: true,
  maxNativeBytes: true,
  maxSteps: true,
  name: true,
  journal: true,
  captureStacks: true,
};

/** Heap that a number in an array takes at most. */
const HEAP_BYTES_OF_NUMBER = 16;

/** Saves all lists of an allocator. */
export function saveState(allocator: Allocator): GpuBuddyState {
  // Collected lists count as free memory.
  reclaimAll();
  const columns = native.save(allocator.handle);
  if (typeof columns === 'number') throw allocator.toError(columns, 'gpu_buddy');
  const { tags, counts, blocks, clear, free } = columns;
  const numbers = 2 * tags.length + 3 * clear.length + 2 * free.chunks.length;
  if (!fitsIntoHeap(numbers, HEAP_BYTES_OF_NUMBER))
    throw allocator.toError(native.NO_MEMORY, 'gpu_buddy', { note: `${String(clear.length)} blocks` });
  const { size, chunkSize, baseOffset } = allocator.space;
  return {
    format: FORMAT,
    version: VERSION,
    kernel: native.kernelVersion,
    size: toPlain(size),
    chunkSize: toPlain(chunkSize),
    baseOffset: toPlain(baseOffset),
    lists: { tags: Array.from(tags), counts: Array.from(counts) },
    blocks: {
      offsets: Array.from(blocks.chunks),
      orders: Array.from(blocks.orders),
      clear: Array.from(clear),
    },
    free: { offsets: Array.from(free.chunks), orders: Array.from(free.orders) },
  };
}

/** Makes an allocator and its lists. */
export function restoreState(
  state: unknown,
  options: RestoreOptions | undefined,
): { readonly allocator: Allocator; readonly lists: AllocatedBlocks<Bytes>[] } {
  // Comes first, since it may call the program's own code.
  const given = toOptions('options', options, OPTION_NAMES);
  const { bigint, maxNativeBytes, maxSteps, name, captureStacks } = given;
  const { size, chunkSize, baseOffset, columns } = toState(state);
  const capacity = given.journal === undefined ? undefined : toCapacity('journal', given.journal);
  const stack = toFlag('captureStacks', captureStacks) ? captureStack(2) : undefined;
  const allocator = new Allocator(
    toConfig({ size, chunkSize, baseOffset, bigint, maxNativeBytes, maxSteps, name, captureStacks }),
  );
  try {
    const lists = takeLists(allocator, columns, stack);
    if (capacity !== undefined) startJournal(allocator, capacity);
    return { allocator, lists };
  } catch (error) {
    allocator.dispose();
    throw error;
  }
}

function takeLists(
  allocator: Allocator,
  columns: native.StateColumns,
  stack: string | undefined,
): AllocatedBlocks<Bytes>[] {
  const count = columns.tags.length;
  if (!fitsIntoHeap(count, HEAP_BYTES_OF_LIST))
    throw allocator.toError(native.NO_MEMORY, 'gpu_buddy', { note: `${String(count)} lists` });
  const group = takeGroup();
  const status = native.restore(allocator.handle, group.number, columns);
  const failed = native.failedRow();
  const lists: AllocatedBlocks<Bytes>[] = [];
  try {
    if (status !== native.OK) throw restoreError(allocator, status, columns, failed);
    for (let row = 0; row < count; row++) lists.push(takeList(allocator, group.number, row, stack));
  } catch (error) {
    for (const list of lists) list.free();
    throw error;
  } finally {
    returnGroup(group, 'dirty');
  }
  return lists;
}

function takeList(
  allocator: Allocator,
  group: number,
  row: number,
  stack: string | undefined,
): AllocatedBlocks<Bytes> {
  const guard = new Guard();
  const slot = takeFromGroup(guard, group, row);
  if (slot < 0) throw allocator.toError(native.NO_MEMORY, 'gpu_buddy_alloc_blocks');
  const list = new AllocatedBlocks(allocator, guard, slot, native.reportedTag());
  if (stack !== undefined) noteStack(slot, stack);
  return list;
}

/** A block of a new allocator can't be had only if an earlier one has its memory. */
function restoreError(
  allocator: Allocator,
  status: number,
  { blocks, free }: native.StateColumns,
  failed: number,
): GpuBuddyError {
  if (status !== native.BLOCK_NOT_FREE) return allocator.toError(status, 'gpu_buddy_init');
  const count = blocks.chunks.length;
  const start = (row: number) => (row < count ? blocks.chunks[row] : free.chunks[row - count]) ?? 0;
  const end = (row: number) =>
    start(row) + 2 ** ((row < count ? blocks.orders[row] : free.orders[row - count]) ?? 0);
  const nameOf = (row: number) =>
    row < count ? `state.blocks.offsets[${String(row)}]` : `state.free.offsets[${String(row - count)}]`;
  let other = 0;
  while (other < failed && (start(other) >= end(failed) || end(other) <= start(failed))) other++;
  return entryError(native.BLOCK_OVERLAPS, 'block', nameOf(failed), start(failed), nameOf(other));
}
