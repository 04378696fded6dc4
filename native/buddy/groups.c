/* Lists that belong together: see struct buddy_group. */
#include <buddy/lists.h>
#include <buddy/owner.h>
#include <stdlib.h>

struct freeing {
	struct buddy_group *group;
	u32 owner;
	u32 *nodes;
	/* The rows from `next` on are done. */
	size_t next, first;
	enum buddy_closing how;
	struct buddy_ahead ahead;
};

uint32_t buddy_owner_open_group(struct buddy_owner *owner)
{
	uint32_t slot = slots_open(&owner->groups);

	if (slot != SLOT_NONE)
		*buddy_owner_group(owner, slot) = (struct buddy_group){ NULL, 0, NULL, 0 };
	return slot;
}

bool buddy_owner_size_group(struct buddy_group *group, size_t count)
{
	uint32_t *nodes = calloc(count ? count : 1, sizeof(*nodes));

	if (!nodes)
		return false;
	group->nodes = nodes;
	group->count = count;
	return true;
}

void buddy_owner_empty_group(struct buddy_owner *owner, struct buddy_group *group)
{
	struct buddy_handle *handle = group->handle;

	free(group->nodes);
	*group = (struct buddy_group){ NULL, 0, NULL, 0 };
	if (handle)
		buddy_owner_release(owner, handle, 1);
}

void buddy_owner_close_group(struct buddy_owner *owner, uint32_t slot)
{
	struct buddy_group *group = buddy_owner_group(owner, slot);

	if (!group)
		return;
	if (group->nodes)
		buddy_owner_free_rows(group, 0, BUDDY_CLOSE_DIRTY);
	buddy_owner_empty_group(owner, group);
	slots_close(&owner->groups, slot);
}

bool buddy_owner_find_row(const struct buddy_group *group, size_t row, struct buddy_list *list)
{
	const struct buddy_handle *handle = group->handle;
	bool found;

	if (!handle || row >= group->count)
		return false;
	buddy_lock(handle->allocator);
	found = buddy_run_find_node(handle->allocator, handle->owner, group->nodes[row] - 1, list);
	buddy_unlock(handle->allocator);
	return found;
}

uint64_t buddy_owner_bytes_of_rows(const struct buddy_group *group, size_t first)
{
	struct buddy_list list;
	uint64_t bytes = 0;

	for (size_t row = first; row < group->count; row++)
		if (buddy_owner_find_row(group, row, &list))
			bytes += buddy_bytes(&list);
	return bytes;
}

/* The node of the list that is freed some rows from now. */
static u32 node_ahead(const struct freeing *freeing)
{
	size_t next = freeing->next;

	return next > BUDDY_ROWS_AHEAD ? freeing->nodes[next - 1 - BUDDY_ROWS_AHEAD] - 1 :
					 BUDDY_NO_NODE;
}

uint64_t buddy_run_shortages_beside(const struct buddy_handle *handle)
{
	return handle->allocator->shortages - handle->shortages;
}

/* Wakes waiters that were refused bytes while the lists of this group had them. */
static void tell_of_shortages(struct buddy_allocator *allocator, struct buddy_group *group)
{
	u64 shortages = buddy_run_shortages_beside(group->handle);

	if (shortages == group->shortages)
		return;
	group->shortages = shortages;
	buddy_run_note_free(allocator);
}

static enum buddy_status free_some(struct buddy_allocator *allocator, void *arguments)
{
	struct freeing *freeing = arguments;
	struct buddy_list list;

	for (unsigned int i = 0; freeing->next > freeing->first && i < BUDDY_LONGEST_RUN; i++) {
		u32 node;

		buddy_run_fetch_ahead(allocator, freeing->owner, &freeing->ahead,
				      node_ahead(freeing));
		node = freeing->nodes[--freeing->next];
		freeing->nodes[freeing->next] = 0;
		if (!buddy_run_find_node(allocator, freeing->owner, node - 1, &list))
			continue;
		buddy_run_close(allocator, &list, freeing->how);
	}
	if (freeing->how == BUDDY_CLOSE_UNDONE && freeing->next == freeing->first)
		tell_of_shortages(allocator, freeing->group);
	return BUDDY_OK;
}

enum buddy_status buddy_owner_free_rows(struct buddy_group *group, size_t first,
					enum buddy_closing how)
{
	const struct buddy_handle *handle = group->handle;
	struct freeing freeing;
	enum buddy_status status = BUDDY_OK;

	if (!handle)
		return BUDDY_OK;
	freeing = (struct freeing){
		.group = group,
		.owner = handle->owner,
		.nodes = group->nodes,
		.next = group->count,
		.first = first,
		.how = how,
	};
	while (freeing.next > first && !status)
		status = buddy_run(handle->allocator, free_some, &freeing);
	return status;
}
