/* Does operations one after the other, see run.h, and frees alone. */
#include <buddy/lists.h>

struct closing {
	struct buddy_list *list;
	enum buddy_closing how;
};

/* Rows before a list is freed at which its block, the parent, and the buddy are fetched: each is found by the one before. */
#define ROWS_TO_PARENT 10
#define ROWS_TO_BUDDY 4

/* A block and its mark always lie in two lines of the cache. For the volatile see slots_fetch(). */
static void fetch(const struct gpu_buddy_block *block)
{
	__asm__ volatile("");
	__builtin_prefetch(block, 1);
	__builtin_prefetch(block + 1, 1);
}

static void fetch_block(const struct buddy_allocator *allocator, u32 node)
{
	const struct gpu_buddy_block *block = arena_object(&allocator->arena, node);

	if (block)
		fetch(block);
}

static void fetch_parent(const struct buddy_allocator *allocator, u32 owner, u32 node)
{
	struct gpu_buddy_block *block = buddy_first_of(allocator, owner, node);

	if (block && block->parent)
		fetch(block->parent);
}

static void fetch_buddy(const struct buddy_allocator *allocator, u32 owner, u32 node)
{
	struct gpu_buddy_block *block = buddy_first_of(allocator, owner, node);
	const struct gpu_buddy_block *parent = block ? block->parent : NULL;

	if (parent)
		fetch(parent->left == block ? parent->right : parent->left);
}

/* The node of a list that is freed so many rows from now. */
static u32 *node_in(struct buddy_ahead *ahead, u32 rows)
{
	return &ahead->nodes[(ahead->row + rows) % ARRAY_SIZE(ahead->nodes)];
}

void buddy_run_fetch_ahead(const struct buddy_allocator *allocator, u32 owner,
			   struct buddy_ahead *ahead, u32 node)
{
	*node_in(ahead, BUDDY_ROWS_AHEAD) = node;
	fetch_block(allocator, node);
	fetch_parent(allocator, owner, *node_in(ahead, ROWS_TO_PARENT));
	fetch_buddy(allocator, owner, *node_in(ahead, ROWS_TO_BUDDY));
	ahead->row++;
}

void buddy_fetch_ahead(const struct buddy_allocator *allocator, u32 node)
{
	if (!buddy_needs_lock(allocator))
		fetch_block(allocator, node);
}

void buddy_abandon(struct buddy_list *list)
{
	if (list->first)
		buddy_end_mark(list->first);
	buddy_list_init(list, list->owner);
}

static void reclaim(struct buddy_allocator *allocator, struct buddy_list *list)
{
	u64 avail = allocator->mm.avail;

	/* Counted before the kernel's code, which does not come back from a BUG. */
	allocator->counters.reclaimed_lists++;
	buddy_run_free(allocator, list, false);
	allocator->counters.reclaimed_bytes += allocator->mm.avail - avail;
}

void buddy_run_close(struct buddy_allocator *allocator, struct buddy_list *list,
		     enum buddy_closing how)
{
	if (how == BUDDY_CLOSE_UNDONE)
		buddy_run_undo(allocator, list);
	else if (how == BUDDY_CLOSE_RECLAIMED)
		reclaim(allocator, list);
	else
		buddy_run_free(allocator, list, how == BUDDY_CLOSE_CLEARED);
}

static enum buddy_status close_list(struct buddy_allocator *allocator, void *arguments)
{
	const struct closing *closing = arguments;

	buddy_run_close(allocator, closing->list, closing->how);
	return BUDDY_OK;
}

enum buddy_status buddy_free(struct buddy_list *list, bool cleared)
{
	return buddy_close(list, cleared ? BUDDY_CLOSE_CLEARED : BUDDY_CLOSE_DIRTY);
}

enum buddy_status buddy_close(struct buddy_list *list, enum buddy_closing how)
{
	enum buddy_status status;

	if (!list->allocator)
		return BUDDY_OK;
	status = buddy_run(list->allocator, close_list, &(struct closing){ list, how });
	if (status == BUDDY_POISONED)
		buddy_abandon(list);
	return status;
}
