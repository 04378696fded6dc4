/* Kernels with trees of free blocks, and without numbers of them: 6.12.107 to 7.2. Most of their interface.h. */
#ifndef LINUX_COMMON_UNCOUNTED_TREES_H
#define LINUX_COMMON_UNCOUNTED_TREES_H

#include "trees.h"
#include "uncounted.h"

/* Undoing a split leaves a freed block in its tree (mended by 0251963afd22 in 7.3). */
#define LINUX_SURVIVES_FAILED_SPLITS 0

static inline int linux_largest_free(const struct gpu_buddy *mm)
{
	for (int order = (int)mm->max_order; order >= 0; order--)
		for (unsigned int state = 0; state < GPU_BUDDY_MAX_FREE_TREES; state++)
			if (!RB_EMPTY_ROOT(linux_free_tree(mm, state, (unsigned int)order)))
				return order;
	return -1;
}

#endif
