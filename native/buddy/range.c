/*
 * Allocation in a range. For each block of a request the kernel walks down from the roots until it meets the lowest free block
 * that will do. Here that block is found in the kernel's trees of free blocks instead, and taken by the kernel's own call for
 * an exact range, which splits what it has to in the same way.
 *
 * The kernel's order of search, for each block: blocks in the state that is asked for, by address; then all blocks, by address;
 * then the same for the next smaller order. Once the smallest order is spent it may merge clear with dirty memory: it is asked
 * to do that itself.
 */
#include <buddy/range.h>

struct gpu_buddy_block *buddy_leaf_at(const struct gpu_buddy *mm, u64 start)
{
	struct gpu_buddy_block *block = NULL;

	for (unsigned int i = 0; i < mm->n_roots && !block; i++)
		if (start - gpu_buddy_block_offset(mm->roots[i]) <
		    mm->chunk_size << gpu_buddy_block_order(mm->roots[i]))
			block = mm->roots[i];
	while (block && buddy_is_split(block))
		block = start < gpu_buddy_block_offset(block->right) ? block->left : block->right;
	return block;
}

#ifdef LINUX_FINDS_LOWEST_FIRST

struct search {
	struct gpu_buddy *mm;
	u64 start, end;
	/* The free block that begins before the range and reaches into it, or NULL. */
	struct gpu_buddy_block *across;
	/* The order of the wanted block. */
	unsigned int order;
};

static u64 block_size(const struct gpu_buddy *mm, unsigned int order)
{
	return mm->chunk_size << order;
}

/* Finds the first aligned piece of the wanted order that a block has in the range. False where it has none. */
static bool piece_of(const struct search *search, struct gpu_buddy_block *block, u64 *piece)
{
	u64 size = block_size(search->mm, search->order);
	u64 offset = gpu_buddy_block_offset(block);
	u64 end = offset + gpu_buddy_block_size(search->mm, block);
	u64 first = max(offset, search->start);

	/* Rounded up beyond 2^64 it is 0. */
	*piece = round_up(first, size);
	return *piece >= first && !range_overflows(*piece, size, min(end, search->end));
}

/* The free block that begins before the range and reaches into it. */
static struct gpu_buddy_block *block_across_start(const struct search *search)
{
	struct gpu_buddy_block *block = buddy_leaf_at(search->mm, search->start);

	if (!block || !gpu_buddy_block_is_free(block) ||
	    gpu_buddy_block_offset(block) == search->start)
		return NULL;
	return block;
}

/* The first block of a tree that begins in the range, or behind it. */
static struct gpu_buddy_block *first_in_tree(const struct search *search,
					     const struct rb_root *root)
{
	struct gpu_buddy_block *first = NULL;
	struct rb_node *node = root->rb_node;

	while (node) {
		struct gpu_buddy_block *block = rb_entry(node, struct gpu_buddy_block, rb);
		bool is_before = gpu_buddy_block_offset(block) < search->start;

		kernel_current->steps++;
		if (!is_before)
			first = block;
		node = is_before ? node->rb_right : node->rb_left;
	}
	return first;
}

/* Finds a piece of the free blocks in one state, the one with the lowest address. */
static bool find_in_state(const struct search *search, enum gpu_buddy_free_tree state, u64 *piece)
{
	struct gpu_buddy_block *across = search->across, *first = NULL;

	if (across && gpu_buddy_block_is_clear(across) == (state == GPU_BUDDY_CLEAR_TREE) &&
	    piece_of(search, across, piece))
		return true;
	for (unsigned int order = search->order; order <= search->mm->max_order; order++) {
		struct gpu_buddy_block *block =
			first_in_tree(search, linux_free_tree(search->mm, state, order));

		if (block &&
		    (!first || gpu_buddy_block_offset(block) < gpu_buddy_block_offset(first)))
			first = block;
	}
	return first && piece_of(search, first, piece);
}

/*
 * Finds a root for a request for clear memory. The kernel does not look below split blocks then, since these do not count as
 * clear: it finds whole roots only.
 */
static bool find_clear_root(const struct search *search, u64 *piece)
{
	const struct gpu_buddy *mm = search->mm;

	for (unsigned int i = 0; i < mm->n_roots; i++)
		if (gpu_buddy_block_is_free(mm->roots[i]) &&
		    gpu_buddy_block_is_clear(mm->roots[i]) && piece_of(search, mm->roots[i], piece))
			return true;
	return false;
}

static bool find_in_any_state(const struct search *search, u64 *piece)
{
	u64 clear;

	if (!find_in_state(search, GPU_BUDDY_DIRTY_TREE, piece))
		return find_in_state(search, GPU_BUDDY_CLEAR_TREE, piece);
	if (find_in_state(search, GPU_BUDDY_CLEAR_TREE, &clear) && clear < *piece)
		*piece = clear;
	return true;
}

/* Finds the block that the kernel would find for this order, without merging anything. */
static bool find(const struct search *search, unsigned long flags, u64 *piece)
{
	if (flags & GPU_BUDDY_CLEAR_ALLOCATION)
		return find_clear_root(search, piece) || find_in_any_state(search, piece);
	return find_in_state(search, GPU_BUDDY_DIRTY_TREE, piece) ||
	       find_in_state(search, GPU_BUDDY_CLEAR_TREE, piece);
}

/*
 * Lets the kernel merge clear with dirty memory until there is a block of the wanted order, which is the smallest one. That block
 * is dirty, and there is no other, whatever is wanted.
 */
static int merge_and_take(const struct search *search, struct list_head *blocks)
{
	u64 size = block_size(search->mm, search->order);

	return gpu_buddy_alloc_blocks(search->mm, search->start, search->end, size, size, blocks,
				      GPU_BUDDY_RANGE_ALLOCATION);
}

/* Cuts the end of the last block off. Without the memory for that it stays, as in the kernel. */
static void trim_last(struct gpu_buddy *mm, struct list_head *blocks, u64 excess)
{
	struct gpu_buddy_block *last = list_last_entry(blocks, struct gpu_buddy_block, link);
	LIST_HEAD(alone);

	list_move(&last->link, &alone);
	gpu_buddy_block_trim(mm, NULL, gpu_buddy_block_size(mm, last) - excess, &alone);
	list_splice_tail(&alone, blocks);
}

/* Whether the kernel merges clear with dirty memory before it gives up. */
static bool may_merge(const struct gpu_buddy *mm, unsigned int min_order)
{
	return linux_clear_avail(mm) && min_order;
}

int buddy_alloc_in_range(struct buddy_allocator *allocator, struct list_head *blocks,
			 const struct buddy_request *request)
{
	struct gpu_buddy *mm = &allocator->mm;
	u64 rounded = buddy_rounded_size(request), length = request->end - request->start;
	bool contiguous = request->flags & GPU_BUDDY_CONTIGUOUS_ALLOCATION;
	unsigned int min_order =
		ilog2(contiguous ? rounded : request->min_block_size) - allocator->chunk_shift;
	u64 pages = rounded >> allocator->chunk_shift, piece;
	struct search search = { mm, request->start, request->end, NULL, ilog2(pages) };
	int error = 0;

	/* Only merging may be left to do. A smaller request could become an exact range (H5). */
	if (may_merge(mm, min_order) && length <= rounded)
		return buddy_ask_kernel(allocator, blocks, request);
	if (length < rounded)
		return -ENOSPC;

	while (pages && !error) {
		bool found;

		search.across = block_across_start(&search);
		search.order = min(search.order, (unsigned int)ilog2(pages));
		while (!(found = find(&search, request->flags, &piece)) && search.order > min_order)
			search.order--;
		if (found)
			error = buddy_alloc_at(allocator, blocks, piece,
					       block_size(mm, search.order));
		else if (may_merge(mm, min_order))
			error = merge_and_take(&search, blocks);
		else
			error = -ENOSPC;
		pages -= BIT(search.order);
	}
	if (error)
		buddy_give_back(allocator, blocks);
	else if (rounded != request->size && !(request->flags & GPU_BUDDY_TRIM_DISABLE))
		trim_last(mm, blocks, rounded - request->size);
	return error;
}

#endif
