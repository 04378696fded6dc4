// Mistakes that a compiler must find. Never run: see ../types.test.ts.
import {
  AllocatedBlock,
  AllocatedBlocks,
  Batch,
  BatchResult,
  GpuBuddy,
  GpuBuddyError,
  Pool,
  type GpuBuddyErrorCode,
} from 'gpu-buddy';

const buddy = new GpuBuddy({ size: 4096 });
const list = buddy.allocBlocks(4096);

// Misspelt options.
// @ts-expect-error -- it is chunkSize
new GpuBuddy({ size: 4096, chunksize: 4096 });
// @ts-expect-error -- it is bigint
new GpuBuddy({ size: 4096, bigInt: true });
// @ts-expect-error -- it is contiguous
buddy.allocBlocks(4096, { contigous: true });
// @ts-expect-error -- 'top-down'
buddy.allocBlocks(4096, { mode: 'topdown' });
// @ts-expect-error -- a mode is one of four
buddy.allocBlocks(4096, { mode: { start: 0, end: 4096 } });
// @ts-expect-error -- a start and an end are a mode
buddy.allocBlocks(4096, { start: 0, end: 4096 });
// @ts-expect-error -- flags have names
buddy.allocBlocks(4096, { flags: 1 << 6 });
// @ts-expect-error -- a list takes no second allocation
buddy.allocBlocks(4096, { into: list });
// @ts-expect-error -- it is cleared
list.free({ clear: true });
// @ts-expect-error -- it is atomic
buddy.batch().run({ atomically: true });

// @ts-expect-error -- it is clear
buddy.claim([{ offset: 0, order: 0 }], { cleared: true });
// @ts-expect-error -- a block has an order, not a size
buddy.claim([{ offset: 0, size: 4096 }]);
// @ts-expect-error -- the size is that of the state
GpuBuddy.restore(buddy.save(), { size: 4096 });

// Handles: a place is none, and neither is any other number.
const batch = buddy.batch();
const handle = batch.alloc(4096);
batch.free(handle);
const result = batch.run();
result.blocks(handle);
// @ts-expect-error -- a place in the batch
batch.free(0);
// @ts-expect-error -- a place in the batch
result.blocks(0);
// @ts-expect-error -- an index of the columns
result.error(result.indexOf(handle));

const pool = buddy.pool();
const allocation = pool.alloc(4096);
pool.free(allocation, { cleared: true });
// A handle is a number, for whoever prints or sorts them.
const written: number = allocation;
// @ts-expect-error -- any number
pool.free(0);
// @ts-expect-error -- any number
pool.offset(written);
// @ts-expect-error -- it is of a batch
pool.blocks(handle);
// @ts-expect-error -- it is of a pool
result.blocks(allocation);
// @ts-expect-error -- it is of a pool
batch.free(allocation);
// @ts-expect-error -- it may be null
pool.size(pool.tryAlloc(4096));
// @ts-expect-error -- every allocation of a pool is
pool.alloc(4096, { contiguous: false });
// @ts-expect-error -- it is cleared
pool.clear({ clear: true });

// Objects that only the library makes.
// @ts-expect-error -- they are private
new AllocatedBlocks();
// @ts-expect-error -- they are private
new AllocatedBlock();
// @ts-expect-error -- they are private
new Batch();
// @ts-expect-error -- they are private
new BatchResult();
// @ts-expect-error -- they are private
new Pool();
// @ts-expect-error -- they are private
new GpuBuddyError();

// An allocator of numbers gives out no bigint.
// @ts-expect-error -- it is a number
const avail: bigint = buddy.avail;

/** Every code must have its case. */
export function explain(error: GpuBuddyError): string {
  switch (error.code) {
    case 'EINVAL':
    case 'ENXIO':
      return 'wrong arguments';
    case 'ENOSPC':
      return `no space: ${error.reason ?? ''}`;
    case 'ENOMEM':
    case 'EBUSY':
    case 'ERR_GPU_BUDDY_FREED':
    case 'ERR_GPU_BUDDY_DISPOSED':
    case 'ERR_GPU_BUDDY_TOKEN':
    case 'ERR_GPU_BUDDY_WORK_LIMIT':
    case 'ERR_GPU_BUDDY_POISONED':
    case 'ERR_GPU_BUDDY_UNKNOWN':
      return error.code;
    default:
      return error.code satisfies never;
  }
}

/** A code that is left out is a mistake. */
export function explainSome(code: GpuBuddyErrorCode): string {
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the compiler must find it
  switch (code) {
    case 'EINVAL':
      return code;
    default:
      // @ts-expect-error -- there are others
      return code satisfies never;
  }
}

export { avail };
