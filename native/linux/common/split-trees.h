/* The trees of kernels that keep clear and dirty blocks apart, and merge only like with like: before 7.4. Part of their tests.h. */
#ifndef LINUX_COMMON_SPLIT_TREES_H
#define LINUX_COMMON_SPLIT_TREES_H

/* How many trees there are of each order. */
#define LINUX_FREE_TREES GPU_BUDDY_MAX_FREE_TREES

/* A block that is split says nothing of its memory. */
#define LINUX_CLEARS_BIT_OF_SPLIT 1

/* The tree that a free block should be in. */
static inline unsigned int linux_tree_of(const struct gpu_buddy_block *block)
{
	return block->header & GPU_BUDDY_HEADER_CLEAR ? GPU_BUDDY_CLEAR_TREE : GPU_BUDDY_DIRTY_TREE;
}

/* A free block is clear or dirty as a whole. */
#define LINUX_MIXES_CLEAR_WITH_DIRTY 0

/* Whether two free halves should have been merged. */
static inline bool linux_merges(const struct gpu_buddy_block *left,
				const struct gpu_buddy_block *right)
{
	return linux_tree_of(left) == linux_tree_of(right);
}

/* How many bytes of a free block are clear, and whether the block says so itself. */
static inline u64 linux_clear_bytes(const struct gpu_buddy *mm, const struct gpu_buddy_block *block,
				    bool *is_told)
{
	*is_told = true;
	return linux_tree_of(block) == GPU_BUDDY_CLEAR_TREE ?
		       mm->chunk_size << (block->header & GPU_BUDDY_HEADER_ORDER) :
		       0;
}

#endif
