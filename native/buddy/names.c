/* Finds lists by their names and owners: see struct buddy_name. */
#include <buddy/lists.h>

/* Nodes that are looked at in one run. */
#define NODES_PER_RUN 1024

/* The lists of an owner in the nodes from `next` on. */
struct freeing {
	u32 owner;
	bool cleared;
	u32 next;
	u64 freed;
	bool is_done;
};

uint32_t buddy_open_owner(struct buddy_allocator *allocator)
{
	u32 slot, owner = 0;

	buddy_lock(allocator);
	slot = slots_open(&allocator->owners);
	if (slot <= BUDDY_OWNER_MASK - BUDDY_FIRST_OWNER)
		owner = slot + BUDDY_FIRST_OWNER;
	else if (slot != SLOT_NONE)
		slots_close(&allocator->owners, slot);
	buddy_unlock(allocator);
	return owner;
}

void buddy_close_owner(struct buddy_allocator *allocator, uint32_t owner)
{
	buddy_lock(allocator);
	slots_close(&allocator->owners, owner - BUDDY_FIRST_OWNER);
	buddy_unlock(allocator);
}

bool buddy_find_list(struct buddy_allocator *allocator, uint32_t owner, struct buddy_name name,
		     struct buddy_list *list)
{
	bool found;

	buddy_lock(allocator);
	found = buddy_run_find(allocator, owner, name, list);
	buddy_unlock(allocator);
	return found;
}

static enum buddy_status free_some(struct buddy_allocator *allocator, void *arguments)
{
	struct freeing *freeing = arguments;
	u64 enough = freeing->freed + BUDDY_LONGEST_RUN;
	unsigned int looked = 0;
	struct buddy_list list;

	while (arena_next(&allocator->arena, &freeing->next)) {
		struct gpu_buddy_block *first =
			buddy_first_of(allocator, freeing->owner, freeing->next++);

		if (first) {
			list = (struct buddy_list){ allocator, first, freeing->owner };
			/* Counted before the kernel's code, which does not come back from a BUG. */
			freeing->freed++;
			buddy_run_free(allocator, &list, freeing->cleared);
		}
		if (++looked == NODES_PER_RUN || freeing->freed == enough)
			return BUDDY_OK;
	}
	freeing->is_done = true;
	return BUDDY_OK;
}

enum buddy_status buddy_free_owned(struct buddy_allocator *allocator, uint32_t owner, bool cleared,
				   uint64_t *freed)
{
	struct freeing freeing = { .owner = owner, .cleared = cleared };
	enum buddy_status status = BUDDY_OK;

	while (!status && !freeing.is_done)
		status = buddy_run(allocator, free_some, &freeing);
	*freed = freeing.freed;
	return status;
}

bool buddy_abandon_named(struct buddy_allocator *allocator, uint32_t owner, struct buddy_name name)
{
	struct buddy_list list;
	bool found;

	buddy_lock(allocator);
	found = buddy_run_find(allocator, owner, name, &list);
	if (found)
		buddy_abandon(&list);
	buddy_unlock(allocator);
	return found;
}
