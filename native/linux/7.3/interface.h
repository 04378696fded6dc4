/*
 * The seam to the kernel's allocator, as native/buddy sees it: Linux 7.3. Every folder beside this one has a header of this name for
 * other kernels; the include path chooses one. Names with gpu_buddy are the kernel's own; linux_ and LINUX_ are the seam's, and mean
 * the same for every kernel.
 */
#ifndef LINUX_INTERFACE_H
#define LINUX_INTERFACE_H

#include <linux/gpu_buddy.h>
#include <stdint.h>
#include "../common/trees.h"

/* Without contiguous, a power of two below min_block_size is placed on a multiple of it, and not rounded up. */
#define LINUX_PLACES_SMALL_SIZES 1

/* Numbers of blocks are kept, and need no walk. */
#define LINUX_KEEPS_COUNTS 1

/* After a split that gets no memory, the allocator is as it was. */
#define LINUX_SURVIVES_FAILED_SPLITS 1

/* Writes the numbers of free and used blocks of each order up to max_order. */
static inline void linux_count_blocks(const struct gpu_buddy *mm, uint64_t *free, uint64_t *used)
{
	for (unsigned int order = 0; order <= mm->max_order; order++) {
		free[order] = mm->free_scoreboard[order];
		used[order] = mm->used_scoreboard[order];
	}
}

/* The highest order of a free block; -1 where none is free. */
static inline int linux_largest_free(const struct gpu_buddy *mm)
{
	for (int order = (int)mm->max_order; order >= 0; order--)
		if (mm->free_scoreboard[order])
			return order;
	return -1;
}

/* False where the free blocks of at least this order are known to have fewer chunks. */
static inline bool linux_may_have(const struct gpu_buddy *mm, unsigned int order, u64 chunks)
{
	u64 found = 0;

	for (; order <= mm->max_order && found < chunks; order++)
		found += (u64)mm->free_scoreboard[order] << order;
	return found >= chunks;
}

#endif
