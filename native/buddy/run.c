/* Operations in a row, see run.h, and freeing alone. */
#include <buddy/lists.h>

struct freeing {
	struct buddy_list *list;
	bool cleared;
};

struct buddy_allocator *buddy_allocator_of(const struct buddy_list *list)
{
	return list->allocator;
}

/* A block and its mark always lie in two lines of the cache. For the volatile see slots_fetch(). */
static void fetch(const struct gpu_buddy_block *block)
{
	__asm__ volatile("");
	__builtin_prefetch(block, 1);
	__builtin_prefetch(block + 1, 1);
}

void buddy_run_fetch_block(const struct buddy_allocator *allocator, u32 node)
{
	const struct gpu_buddy_block *block = arena_object(&allocator->arena, node);

	if (block)
		fetch(block);
}

void buddy_fetch_ahead(const struct buddy_allocator *allocator, u32 node)
{
	if (!buddy_needs_lock(allocator))
		buddy_run_fetch_block(allocator, node);
}

void buddy_run_fetch_parent(const struct buddy_allocator *allocator, u32 owner, u32 node)
{
	struct gpu_buddy_block *block = buddy_first_of(allocator, owner, node);

	if (block && block->parent)
		fetch(block->parent);
}

void buddy_run_fetch_buddy(const struct buddy_allocator *allocator, u32 owner, u32 node)
{
	struct gpu_buddy_block *block = buddy_first_of(allocator, owner, node);
	const struct gpu_buddy_block *parent = block ? block->parent : NULL;

	if (parent)
		fetch(parent->left == block ? parent->right : parent->left);
}

void buddy_abandon(struct buddy_list *list)
{
	if (list->first)
		buddy_end_mark(list->first);
	buddy_list_init(list, list->owner);
}

static enum buddy_status free_list(struct buddy_allocator *allocator, void *arguments)
{
	const struct freeing *freeing = arguments;

	buddy_run_free(allocator, freeing->list, freeing->cleared);
	return BUDDY_OK;
}

enum buddy_status buddy_free(struct buddy_list *list, bool cleared)
{
	enum buddy_status status;

	if (!list->allocator)
		return BUDDY_OK;
	status = buddy_run(list->allocator, free_list, &(struct freeing){ list, cleared });
	if (status == BUDDY_POISONED)
		buddy_abandon(list);
	return status;
}
