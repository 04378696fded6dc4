/* Kernels that keep the numbers of their free and used blocks: from 7.3 on. Part of their interface.h. */
#ifndef LINUX_COMMON_COUNTED_H
#define LINUX_COMMON_COUNTED_H

/* Numbers of blocks are kept, and need no walk. */
#define LINUX_KEEPS_COUNTS 1

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
