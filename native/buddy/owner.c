/* What one environment owns, see owner.h. */
#include <buddy/allocator.h>
#include <buddy/owner.h>
#include <stdlib.h>

struct handle {
	struct buddy_allocator *allocator;
	bool created;
	/* Bytes of native memory that the books of this owner know of. */
	uint64_t known_bytes;
};

void buddy_owner_init(struct buddy_owner *owner)
{
	slots_init(&owner->allocators, sizeof(struct handle));
	slots_init(&owner->lists, sizeof(struct buddy_list));
	slots_init(&owner->groups, sizeof(struct buddy_group));
	owner->has_ticket = false;
}

void buddy_owner_destroy(struct buddy_owner *owner)
{
	buddy_free_parked(owner);
	for (uint32_t slot = 0; slot < owner->lists.count; slot++)
		buddy_owner_close_list(owner, slot);
	for (uint32_t slot = 0; slot < owner->allocators.count; slot++)
		if (slots_at(&owner->allocators, slot))
			buddy_owner_dispose(owner, slot,
					    slots_generation(&owner->allocators, slot));
	for (uint32_t slot = 0; slot < owner->groups.count; slot++)
		buddy_owner_close_group(owner, slot);
	slots_destroy(&owner->groups);
	slots_destroy(&owner->lists);
	slots_destroy(&owner->allocators);
}

uint32_t buddy_owner_take(struct buddy_owner *owner, struct buddy_allocator *allocator,
			  bool created)
{
	uint32_t slot = slots_open(&owner->allocators);

	if (slot != SLOT_NONE)
		*(struct handle *)slots_at(&owner->allocators, slot) =
			(struct handle){ allocator, created, 0 };
	return slot;
}

struct buddy_allocator *buddy_owner_allocator(const struct buddy_owner *owner, uint32_t slot,
					      uint32_t generation)
{
	const struct handle *handle = slots_find(&owner->allocators, slot, generation);

	return handle ? handle->allocator : NULL;
}

uint64_t buddy_owner_dispose(struct buddy_owner *owner, uint32_t slot, uint32_t generation)
{
	const struct handle *handle = slots_find(&owner->allocators, slot, generation);
	struct buddy_allocator *allocator;
	uint64_t known_bytes;

	if (!handle)
		return 0;
	allocator = handle->allocator;
	known_bytes = handle->known_bytes;
	slots_close(&owner->allocators, slot);
	buddy_put(allocator);
	return known_bytes;
}

int64_t buddy_owner_growth(struct buddy_owner *owner, uint32_t slot)
{
	struct handle *handle = slots_at(&owner->allocators, slot);
	uint64_t bytes;
	int64_t growth;

	if (!handle->created)
		return 0;
	bytes = buddy_native_bytes(handle->allocator);
	growth = (int64_t)(bytes - handle->known_bytes);
	handle->known_bytes = bytes;
	return growth;
}

uint32_t buddy_owner_open_list(struct buddy_owner *owner)
{
	uint32_t slot = slots_open(&owner->lists);

	if (slot != SLOT_NONE)
		buddy_list_init(slots_at(&owner->lists, slot));
	return slot;
}

void buddy_owner_close_list(struct buddy_owner *owner, uint32_t slot)
{
	struct buddy_list *list = buddy_owner_list_at(owner, slot);

	if (!list)
		return;
	buddy_free(list, false);
	slots_close(&owner->lists, slot);
}

enum buddy_status buddy_owner_prepare_parking(struct buddy_owner *owner, uint32_t slot,
					      uint32_t generation, struct buddy_token *allocator,
					      struct buddy_token *ticket)
{
	const struct buddy_list *list = buddy_owner_list(owner, slot, generation);
	enum buddy_status status;

	owner->has_ticket = false;
	if (!list || !list->allocator)
		return BUDDY_FREED;

	status = buddy_share(list->allocator, allocator);
	if (!status)
		status = buddy_draw_ticket(&owner->ticket);
	owner->has_ticket = !status;
	*ticket = owner->ticket;
	return status;
}

enum buddy_status buddy_owner_park(struct buddy_owner *owner, uint32_t slot, uint32_t generation)
{
	struct buddy_list *list = buddy_owner_list(owner, slot, generation);
	enum buddy_status status;

	if (!list || !list->allocator)
		return BUDDY_FREED;
	if (!owner->has_ticket)
		return BUDDY_TOKEN_UNKNOWN;

	status = buddy_park(list, owner, owner->ticket);
	if (status)
		return status;
	owner->has_ticket = false;
	slots_renew(&owner->lists, slot);
	return BUDDY_OK;
}

uint32_t buddy_owner_open_group(struct buddy_owner *owner)
{
	uint32_t slot = slots_open(&owner->groups);

	if (slot != SLOT_NONE)
		*buddy_owner_group(owner, slot) = (struct buddy_group){ NULL, 0 };
	return slot;
}

bool buddy_owner_size_group(struct buddy_group *group, size_t count)
{
	uint32_t *slots = calloc(count ? count : 1, sizeof(*slots));

	if (!slots)
		return false;
	*group = (struct buddy_group){ slots, count };
	return true;
}

void buddy_owner_empty_group(struct buddy_group *group)
{
	free(group->slots);
	*group = (struct buddy_group){ NULL, 0 };
}

void buddy_owner_close_group(struct buddy_owner *owner, uint32_t slot)
{
	struct buddy_group *group = buddy_owner_group(owner, slot);

	if (!group)
		return;
	buddy_owner_empty_group(group);
	slots_close(&owner->groups, slot);
}

enum buddy_status buddy_owner_free(struct buddy_owner *owner, uint32_t slot, uint32_t generation,
				   bool cleared)
{
	struct buddy_list *list = buddy_owner_give_up(owner, slot, generation);

	return list ? buddy_free(list, cleared) : BUDDY_FREED;
}
