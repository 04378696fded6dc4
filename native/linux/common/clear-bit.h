/* Kernels whose blocks have a bit that says whether their memory is clear: from 6.10 on. Part of their interface.h. */
#ifndef LINUX_COMMON_CLEAR_BIT_H
#define LINUX_COMMON_CLEAR_BIT_H

/* Says whether the memory of an allocated block is known to be zero. */
static inline void linux_set_clear(struct gpu_buddy_block *block, bool clear)
{
	block->header =
		(block->header & ~GPU_BUDDY_HEADER_CLEAR) | (clear ? GPU_BUDDY_HEADER_CLEAR : 0);
}

#endif
