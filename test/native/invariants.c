/* Checks what must hold inside an allocator, see invariants.h. */
#include "invariants.h"

#include <buddy/account.h>
#include <linux/rbtree_augmented.h>
#include <tests.h>

/* Counts so far. */
struct census {
	struct test_place place;
	const struct gpu_buddy *mm;
	uint64_t blocks; /* split ones too */
	uint64_t free_blocks[LINUX_FREE_TREES][BUDDY_MAX_ORDERS];
	uint64_t clear_bytes; /* that are free */
	uint64_t used_blocks[BUDDY_MAX_ORDERS];
	/* Bytes in blocks of each account; 0: of none. */
	uint64_t charged[BUDDY_MOST_ACCOUNTS + 1];
	/* First blocks of lists, and blocks on these lists. */
	uint64_t lists;
	uint64_t listed;
};

#define REQUIRE(census, condition, block)                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			test_fail((census)->place, "%s does not hold (invariants.c:%d) at %#llx",  \
				  #condition, __LINE__, (unsigned long long)(block)->header);      \
	} while (0)

#define REQUIRE_EQ(census, actual, expected)                                                       \
	do {                                                                                       \
		uint64_t is = (actual), should_be = (expected);                                    \
		if (is != should_be)                                                               \
			test_fail((census)->place, "%s is %#llx, and %s is %#llx", #actual,        \
				  (unsigned long long)is, #expected,                               \
				  (unsigned long long)should_be);                                  \
	} while (0)

static uint64_t state_of(const struct gpu_buddy_block *block)
{
	return block->header & GPU_BUDDY_HEADER_STATE;
}

static unsigned int order_of(const struct gpu_buddy_block *block)
{
	return (unsigned int)(block->header & GPU_BUDDY_HEADER_ORDER);
}

static bool is_clear(const struct gpu_buddy_block *block)
{
	return block->header & GPU_BUDDY_HEADER_CLEAR;
}

static bool is_free(const struct gpu_buddy_block *block)
{
	return state_of(block) == GPU_BUDDY_FREE;
}

static uint64_t owner_of(const struct gpu_buddy_block *block)
{
	return *(const uint64_t *)(block + 1) & BUDDY_OWNER_MASK;
}

static const struct gpu_buddy_block *next_of(const struct gpu_buddy_block *block)
{
	return container_of(block->link.next, struct gpu_buddy_block, link);
}

/*
 * A block in use is on one ring, which one owner's mark in it makes a list: every ring that has one is walked from there, and
 * together they have all blocks in use.
 */
static void count_links(struct census *census, const struct gpu_buddy_block *first)
{
	const struct gpu_buddy_block *block = first;

	if (!owner_of(first))
		return;
	census->lists++;
	do {
		REQUIRE(census, block == first || !owner_of(block), block);
		REQUIRE(census, state_of(block) == GPU_BUDDY_ALLOCATED, block);
		REQUIRE(census, block->link.next->prev == &block->link, block);
		REQUIRE(census, block->link.prev->next == &block->link, block);
		census->listed++;
		block = next_of(block);
	} while (block != first);
}

/* Only first blocks of lists have owners: split, free and unused ones have none. */
static void check_marks(struct census *census, const struct arena *arena)
{
	uint64_t used = 0, owned = 0;

	for (unsigned int order = 0; order <= census->mm->max_order; order++)
		used += census->used_blocks[order];
	for (u32 number = 0; arena_next(arena, &number); number++) {
		const struct gpu_buddy_block *block = arena_object(arena, number);

		REQUIRE_EQ(census, arena_number_of(block), number);
		owned += owner_of(block) != 0;
	}
	REQUIRE_EQ(census, owned, census->lists);
	REQUIRE_EQ(census, census->listed, used);
}

static void count_blocks(struct census *census, const struct gpu_buddy_block *block,
			 const struct gpu_buddy_block *parent, uint64_t offset, unsigned int order);

/* The two halves of a split block. Free halves would have been merged, were they not of different kinds. */
static void count_halves(struct census *census, const struct gpu_buddy_block *block)
{
	const struct gpu_buddy_block *left = block->left, *right = block->right;
	uint64_t offset = gpu_buddy_block_offset(block);
	unsigned int order = order_of(block);

	REQUIRE(census, !LINUX_CLEARS_BIT_OF_SPLIT || !is_clear(block), block);
	REQUIRE(census, order > 0, block);
	REQUIRE(census, left && right && left != right, block);
	count_blocks(census, left, block, offset, order - 1);
	count_blocks(census, right, block, offset + (census->mm->chunk_size << (order - 1)),
		     order - 1);
	REQUIRE(census, !is_free(left) || !is_free(right) || !linux_merges(left, right), block);
}

static void count_free(struct census *census, const struct gpu_buddy_block *block)
{
	bool is_told;

	census->free_blocks[linux_tree_of(block)][order_of(block)]++;
	census->clear_bytes += linux_clear_bytes(census->mm, block, &is_told);
	REQUIRE(census, is_told, block);
}

/* Everything below a block that should be at this place and of this size. */
static void count_blocks(struct census *census, const struct gpu_buddy_block *block,
			 const struct gpu_buddy_block *parent, uint64_t offset, unsigned int order)
{
	census->blocks++;
	REQUIRE(census, gpu_buddy_block_offset(block) == offset, block);
	REQUIRE(census, order_of(block) == order, block);
	REQUIRE(census, block->parent == parent, block);
	REQUIRE(census, !(block->header & GPU_BUDDY_HEADER_UNUSED), block);

	switch (state_of(block)) {
	case GPU_BUDDY_SPLIT:
		count_halves(census, block);
		break;
	case GPU_BUDDY_FREE:
		count_free(census, block);
		break;
	case GPU_BUDDY_ALLOCATED:
		census->used_blocks[order]++;
		census->charged[(uintptr_t)block->private >> 53] += census->mm->chunk_size << order;
		count_links(census, block);
		break;
	default:
		REQUIRE(census, !"a block is in one of three states", block);
	}
}

/* The roots cover the space in descending powers of two. */
static void count_roots(struct census *census)
{
	const struct gpu_buddy *mm = census->mm;
	uint64_t offset = 0;

	REQUIRE_EQ(census, mm->n_roots, (uint64_t)__builtin_popcountll(mm->size));
	for (unsigned int i = 0; i < mm->n_roots; i++) {
		unsigned int order =
			(unsigned int)(ilog2(mm->size - offset) - ilog2(mm->chunk_size));

		count_blocks(census, mm->roots[i], NULL, offset, order);
		offset += mm->chunk_size << order;
	}
	REQUIRE_EQ(census, offset, mm->size);
}

/* A walk through a free tree, lowest address first. */
struct walk {
	struct census *census;
	unsigned int tree;
	unsigned int order;
	uint64_t count;
	const struct gpu_buddy_block *previous;
};

static const struct gpu_buddy_block *block_of(struct rb_node *node)
{
	return container_of(node, struct gpu_buddy_block, rb);
}

static bool is_red(const struct rb_node *node)
{
	return node && !(node->parent_and_color & 1);
}

static void visit(struct walk *walk, const struct gpu_buddy_block *block)
{
	struct census *census = walk->census;
	const struct gpu_buddy_block *parent = block->parent;

	REQUIRE(census, is_free(block), block);
	REQUIRE(census, linux_tree_of(block) == walk->tree, block);
	REQUIRE(census, order_of(block) == walk->order, block);
	REQUIRE(census, !parent || parent->left == block || parent->right == block, block);
	REQUIRE(census, !parent || state_of(parent) == GPU_BUDDY_SPLIT, block);
	REQUIRE(census,
		!walk->previous ||
			gpu_buddy_block_offset(walk->previous) < gpu_buddy_block_offset(block),
		block);
	walk->previous = block;
	walk->count++;
}

static unsigned int alignment_of(const struct gpu_buddy_block *block)
{
	uint64_t offset = gpu_buddy_block_offset(block);

	return offset ? (unsigned int)__builtin_ctzll(offset) : 65;
}

/* Returns how many black nodes there are on the way down, and the highest alignment below. */
static unsigned int walk_tree(struct walk *walk, struct rb_node *node, const struct rb_node *parent,
			      unsigned int *max_alignment)
{
	struct census *census = walk->census;
	unsigned int left_alignment, right_alignment, left_black, right_black;
	const struct gpu_buddy_block *block;

	*max_alignment = 0;
	if (!node)
		return 0;

	block = block_of(node);
	REQUIRE(census, rb_parent(node) == parent, block);
	REQUIRE(census, parent || !is_red(node), block);
	REQUIRE(census, !is_red(node) || (!is_red(node->rb_left) && !is_red(node->rb_right)),
		block);
	left_black = walk_tree(walk, node->rb_left, node, &left_alignment);
	visit(walk, block);
	right_black = walk_tree(walk, node->rb_right, node, &right_alignment);
	REQUIRE(census, left_black == right_black, block);

	*max_alignment = max(alignment_of(block), max(left_alignment, right_alignment));
	REQUIRE(census, linux_summary(block, *max_alignment) == *max_alignment, block);
	return left_black + !is_red(node);
}

/* Each free tree holds the free blocks of its kind and order, no more and no less. */
static void check_free_trees(struct census *census)
{
	const struct gpu_buddy *mm = census->mm;

	for (unsigned int tree = 0; tree < LINUX_FREE_TREES; tree++) {
		for (unsigned int order = 0; order <= mm->max_order; order++) {
			struct walk walk = { census, tree, order, 0, NULL };
			unsigned int ignored;

			walk_tree(&walk, linux_free_tree(mm, tree, order)->rb_node, NULL, &ignored);
			REQUIRE_EQ(census, walk.count, census->free_blocks[tree][order]);
		}
	}
}

static void check_counters(struct census *census)
{
	const struct gpu_buddy *mm = census->mm;
	uint64_t free[BUDDY_MAX_ORDERS], used[BUDDY_MAX_ORDERS];
	uint64_t avail = 0;

	linux_count_blocks(mm, free, used);
	for (unsigned int order = 0; order <= mm->max_order; order++) {
		uint64_t counted = 0;

		for (unsigned int tree = 0; tree < LINUX_FREE_TREES; tree++)
			counted += census->free_blocks[tree][order];
		REQUIRE_EQ(census, free[order], counted);
		REQUIRE_EQ(census, used[order], census->used_blocks[order]);
		avail += counted * (mm->chunk_size << order);
	}
	REQUIRE_EQ(census, mm->avail, avail);
	REQUIRE_EQ(census, linux_clear_avail(mm), census->clear_bytes);
}

/* Accounts hold what their blocks have, and all that is promised is free. */
static void check_accounts(struct census *census, const struct buddy_allocator *allocator)
{
	uint64_t promised = 0, count = 0, reserved = 0;

	for (uint32_t number = 1; number <= BUDDY_MOST_ACCOUNTS; number++) {
		const struct buddy_account *account = slots_at(&allocator->accounts, number - 1);
		uint64_t charged = buddy_from_kernel(allocator, census->charged[number]);

		if (!account) {
			REQUIRE_EQ(census, charged, 0);
			continue;
		}
		count++;
		REQUIRE_EQ(census, account->used, charged);
		reserved += account->quota.reserved;
		if (account->quota.reserved > charged)
			promised += account->quota.reserved - charged;
		REQUIRE_EQ(census, account->openings || charged, true);
	}
	REQUIRE_EQ(census, allocator->account_count, count);
	REQUIRE_EQ(census, allocator->promised, promised);
	REQUIRE_EQ(census, promised <= buddy_from_kernel(allocator, allocator->mm.avail), true);
	REQUIRE_EQ(census, reserved <= buddy_size(allocator), true);
	REQUIRE_EQ(census, !(allocator->extras & BUDDY_HAS_ACCOUNTS), !count);
}

/* The ring of a list begins with its block, which has the mark of its owner. */
static uint64_t count_list(struct census *census, const struct buddy_list *list)
{
	const struct gpu_buddy_block *block = list->first;
	uint64_t count = 0;

	if (!block)
		return 0;
	REQUIRE_EQ(census, owner_of(block), list->owner);
	do {
		count++;
		block = next_of(block);
	} while (block != list->first);
	return count;
}

/* Every block in use is held by somebody. */
static void check_holdings(struct census *census, const struct buddy_allocator *allocator,
			   const struct holdings *holdings)
{
	uint64_t used = 0, held = holdings->parked;

	for (unsigned int order = 0; order <= census->mm->max_order; order++)
		used += census->used_blocks[order];
	for (uint64_t i = 0; i < holdings->count; i++)
		if (holdings->lists[i]->allocator == allocator)
			held += count_list(census, holdings->lists[i]);
	REQUIRE_EQ(census, held, used);
}

void test_check_invariants(struct test_place place, struct buddy_allocator *allocator,
			   const struct holdings *holdings)
{
	struct census census = { .place = place, .mm = &allocator->mm };

	mutex_lock(&allocator->lock);
	if (!allocator->poisoned) {
		count_roots(&census);
		REQUIRE_EQ(&census, allocator->arena.objects, census.blocks);
		check_marks(&census, &allocator->arena);
		check_free_trees(&census);
		check_counters(&census);
		check_accounts(&census, allocator);
		if (holdings)
			check_holdings(&census, allocator, holdings);
		REQUIRE_EQ(&census, allocator->context.warnings, 0);
	}
	mutex_unlock(&allocator->lock);
}
