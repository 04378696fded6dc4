/* Parts of this kernel's allocator that only tests look at, beyond interface.h. */
#include <interface.h>
#include "../common/summaries.h"

/* How many trees there are of each order. */
#define LINUX_FREE_TREES 1

/* A block that is split keeps its clear bit, which means nothing then. */
#define LINUX_CLEARS_BIT_OF_SPLIT 0

/* The tree that a free block should be in. */
static inline unsigned int linux_tree_of(const struct gpu_buddy_block *block)
{
	(void)block;
	return 0;
}

static inline const struct rb_root *linux_free_tree(const struct gpu_buddy *mm, unsigned int tree,
						    unsigned int order)
{
	(void)tree;
	return &mm->free_tree[order];
}

/* A free block may be clear in part: it counts as dirty, and its clear bytes are in clear_avail all the same. */
#define LINUX_MIXES_CLEAR_WITH_DIRTY 1

/* Whether two free halves should have been merged. */
static inline bool linux_merges(const struct gpu_buddy_block *left,
				const struct gpu_buddy_block *right)
{
	(void)left;
	(void)right;
	return true;
}

/* How many bytes of a free block are clear, and whether the block says so itself: wholly, partly or not at all. */
static inline u64 linux_clear_bytes(const struct gpu_buddy *mm, const struct gpu_buddy_block *block,
				    bool *is_told)
{
	u64 size = mm->chunk_size << (block->header & GPU_BUDDY_HEADER_ORDER), clear = size;
	u64 start = block->header & GPU_BUDDY_HEADER_OFFSET, end = start + size;

	for (struct rb_node *node = rb_first(&mm->dirty.root); node; node = rb_next(node)) {
		const struct gpu_dirty_extent *extent = rb_entry(node, struct gpu_dirty_extent, rb);

		if (extent->start < end && extent->end > start)
			clear -= min(extent->end, end) - max(extent->start, start);
	}
	*is_told = !!(block->header & GPU_BUDDY_HEADER_CLEAR) == (clear == size) &&
		   block->has_clear == (clear > 0);
	return clear;
}
