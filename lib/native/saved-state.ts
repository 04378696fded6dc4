/** The state of an allocator, saved and restored. */
import { calls, type StateColumnList } from './addon';
import { numbers, putHandle, result, seal, status } from './mailbox';
import { OK } from './constants';
import type { Handle, Places } from './values';

/** The state of an allocator, without its size: see native/buddy/state.h. */
export interface StateColumns {
  readonly tags: Float64Array;
  readonly counts: Float64Array;
  readonly blocks: Places;
  /** Is 0 or 1. */
  readonly clear: Uint8Array;
  readonly free: Places;
}

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

/** Reads all lists of an allocator, and its free blocks that are clear; or gives the status. */
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
