/*
 * The seam to Linux 7.4 as it stands in linux-next: see 7.3/interface.h. Free blocks are in one tree for each order, whatever their
 * memory holds; which of it is dirty stands in extents, apart from the blocks.
 */
#ifndef LINUX_INTERFACE_H
#define LINUX_INTERFACE_H

#include <linux/gpu_buddy.h>
#include <stdint.h>
#include <userspace/arena.h>
#include <userspace/context.h>
#include "../common/counted.h"
#include "../common/clear-bit.h"

/* A power of two below min_block_size is placed on a multiple of it, and not rounded up. */
#define LINUX_PLACES_SMALL_SIZES 1

/* After a split that gets no memory, the allocator is as it was. */
#define LINUX_SURVIVES_FAILED_SPLITS 1

/*
 * Allocates only within the memory limit. Extents are had beyond it (linux/slab.h), so that freeing never fails; as nothing more is
 * allocated then, they take at most one extent for each block that was in use.
 */
static inline int linux_alloc_blocks(struct gpu_buddy *mm, u64 start, u64 end, u64 size,
				     u64 min_block_size, struct list_head *blocks,
				     unsigned long flags)
{
	struct kernel_context *current = kernel_current;

	current->out_of_memory = arena_is_beyond_limit(current->arena);
	if (current->out_of_memory)
		return -ENOMEM;
	return gpu_buddy_alloc_blocks(mm, start, end, size, min_block_size, blocks, flags);
}

#define gpu_buddy_alloc_blocks linux_alloc_blocks

/* Bytes that are free and known to be zero. */
static inline u64 linux_clear_avail(const struct gpu_buddy *mm)
{
	return gpu_buddy_clear_avail(mm);
}

#endif
