/** Flags and statuses by name. */
import { layout, statuses, unfit } from './addon';

/** The flags of gpu_buddy_alloc_blocks(). */
export const FLAG_RANGE = layout.flagRange;
export const FLAG_TOPDOWN = layout.flagTopDown;
export const FLAG_CONTIGUOUS = layout.flagContiguous;
export const FLAG_CLEAR = layout.flagClear;
export const FLAG_TRIM_DISABLE = layout.flagTrimDisable;

/** The slot of nothing. */
export const NO_SLOT = layout.noSlot;

/** The status of this name; the names are checked when the package is loaded. */
function statusNamed(name: string): number {
  const index = statuses.findIndex((text) => text.name === name);
  if (index < 0) throw unfit();
  return index;
}

/** The longest name of an allocator, in bytes of UTF-8. */
export const NAME_BYTES = layout.nameBytes;

/** The statuses that callers tell apart, or give themselves; all others are errors to report. */
export const OK = statusNamed('OK');
export const NO_SPACE = statusNamed('NO_SPACE');
export const ABOVE_LIMIT = statusNamed('ABOVE_LIMIT');
export const ALL_RESERVED = statusNamed('ALL_RESERVED');
export const RESERVED_NOT_FREE = statusNamed('RESERVED_NOT_FREE');
export const ACCOUNT_DISPOSED = statusNamed('ACCOUNT_DISPOSED');
export const NO_MEMORY = statusNamed('NO_MEMORY');
export const FREED = statusNamed('FREED');
export const DISPOSED = statusNamed('DISPOSED');
export const POISONED = statusNamed('POISONED');
export const RANGE_BEYOND_SPACE = statusNamed('RANGE_BEYOND_SPACE');
export const START_OUTSIDE_BLOCK = statusNamed('START_OUTSIDE_BLOCK');
export const ADDRESS_BEYOND_SPACE = statusNamed('ADDRESS_BEYOND_SPACE');
export const MAX_LENGTH_UNALIGNED = statusNamed('MAX_LENGTH_UNALIGNED');
export const INDEX_OUTSIDE_LIST = statusNamed('INDEX_OUTSIDE_LIST');
export const HANDLE_UNKNOWN = statusNamed('HANDLE_UNKNOWN');
export const HANDLE_OUTSIDE_RUN = statusNamed('HANDLE_OUTSIDE_RUN');
export const NEEDS_BIGINT = statusNamed('NEEDS_BIGINT');
export const POOL_HANDLE_UNKNOWN = statusNamed('POOL_HANDLE_UNKNOWN');
export const POOL_FULL = statusNamed('POOL_FULL');
export const BLOCKS_FOREIGN = statusNamed('BLOCKS_FOREIGN');
export const LIST_ITSELF = statusNamed('LIST_ITSELF');
export const LIST_FOREIGN = statusNamed('LIST_FOREIGN');
export const NO_BLOCKS = statusNamed('NO_BLOCKS');
export const BLOCK_OUTSIDE_SPACE = statusNamed('BLOCK_OUTSIDE_SPACE');
export const BLOCK_UNALIGNED = statusNamed('BLOCK_UNALIGNED');
export const BLOCK_OVERLAPS = statusNamed('BLOCK_OVERLAPS');
export const BLOCK_NOT_FREE = statusNamed('BLOCK_NOT_FREE');
export const STATE_UNKNOWN = statusNamed('STATE_UNKNOWN');
export const TOKEN_UNKNOWN = statusNamed('TOKEN_UNKNOWN');
export const STATE_UNFIT = statusNamed('STATE_UNFIT');
export const FREED_BEFORE_ALLOCATION = statusNamed('FREED_BEFORE_ALLOCATION');

/** Whether an allocation was refused for want of bytes, which another free may bring. */
export function isShortage(status: number): boolean {
  return status === NO_SPACE || status === ABOVE_LIMIT || status === ALL_RESERVED;
}
