/* Kernels that keep no numbers of blocks, and know no way from an address to its block: before 7.3. Part of their interface.h. */
#ifndef LINUX_COMMON_UNCOUNTED_H
#define LINUX_COMMON_UNCOUNTED_H

#define LINUX_KEEPS_COUNTS 0

static inline bool linux_is_split(const struct gpu_buddy_block *block)
{
	return (block->header & GPU_BUDDY_HEADER_STATE) == GPU_BUDDY_SPLIT;
}

/* Walks over all blocks. */
static inline void linux_count_blocks(const struct gpu_buddy *mm, uint64_t *free, uint64_t *used)
{
	/* The right halves that are still to come: one of each order at the most. */
	struct gpu_buddy_block *waiting[GPU_BUDDY_MAX_ORDER + 2];

	for (unsigned int order = 0; order <= mm->max_order; order++)
		free[order] = used[order] = 0;
	for (unsigned int root = 0; root < mm->n_roots; root++) {
		unsigned int depth = 0;

		waiting[depth++] = mm->roots[root];
		while (depth) {
			struct gpu_buddy_block *block = waiting[--depth];

			for (; linux_is_split(block); block = block->left)
				waiting[depth++] = block->right;
			(gpu_buddy_block_is_free(block) ? free :
							  used)[gpu_buddy_block_order(block)]++;
		}
	}
}

/* Nothing is known without a walk over all blocks: the kernel is asked instead. */
static inline bool linux_may_have(const struct gpu_buddy *mm, unsigned int order, u64 chunks)
{
	(void)mm;
	(void)order;
	(void)chunks;
	return true;
}

/* Does what the function of this name does in 7.3, in as many steps as there are orders. */
static inline struct gpu_buddy_block *gpu_buddy_allocated_addr_to_block(struct gpu_buddy *mm,
									u64 addr)
{
	for (unsigned int root = 0; root < mm->n_roots; root++) {
		struct gpu_buddy_block *block = mm->roots[root];

		if (addr - gpu_buddy_block_offset(block) >= gpu_buddy_block_size(mm, block))
			continue;
		while (linux_is_split(block))
			block = addr < gpu_buddy_block_offset(block->right) ? block->left :
									      block->right;
		return gpu_buddy_block_is_free(block) ? NULL : block;
	}
	return ERR_PTR(-ENXIO);
}

#endif
