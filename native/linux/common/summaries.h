/* The trees of free blocks whose nodes know the best alignment below them: from 7.0 on. Part of their tests.h. */
#ifndef LINUX_COMMON_SUMMARIES_H
#define LINUX_COMMON_SUMMARIES_H

/* Compares what a node says of the blocks below it with `computed`. */
static inline unsigned int linux_summary(const struct gpu_buddy_block *block, unsigned int computed)
{
	(void)computed;
	return block->subtree_max_alignment;
}

#endif
