/* What one environment owns, see owner.h. */
#include <buddy/allocator.h>
#include <buddy/owner.h>

void buddy_owner_init(struct buddy_owner *owner)
{
	slots_init(&owner->allocators, sizeof(struct buddy_allocator *));
	slots_init(&owner->lists, sizeof(struct buddy_list));
}

void buddy_owner_destroy(struct buddy_owner *owner)
{
	for (uint32_t slot = 0; slot < owner->lists.count; slot++)
		buddy_owner_close_list(owner, slot);
	for (uint32_t slot = 0; slot < owner->allocators.count; slot++)
		if (slots_at(&owner->allocators, slot))
			buddy_owner_dispose(owner, slot,
					    slots_generation(&owner->allocators, slot));
	slots_destroy(&owner->lists);
	slots_destroy(&owner->allocators);
}

uint32_t buddy_owner_adopt(struct buddy_owner *owner, struct buddy_allocator *allocator)
{
	uint32_t slot = slots_open(&owner->allocators);

	if (slot != SLOT_NONE)
		*(struct buddy_allocator **)slots_at(&owner->allocators, slot) = allocator;
	return slot;
}

struct buddy_allocator *buddy_owner_allocator(const struct buddy_owner *owner, uint32_t slot,
					      uint32_t generation)
{
	struct buddy_allocator **allocator = slots_find(&owner->allocators, slot, generation);

	return allocator ? *allocator : NULL;
}

void buddy_owner_dispose(struct buddy_owner *owner, uint32_t slot, uint32_t generation)
{
	struct buddy_allocator *allocator = buddy_owner_allocator(owner, slot, generation);

	if (!allocator)
		return;
	slots_close(&owner->allocators, slot);
	buddy_put(allocator);
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

struct buddy_list *buddy_owner_list_at(const struct buddy_owner *owner, uint32_t slot)
{
	return slots_at(&owner->lists, slot);
}

struct buddy_list *buddy_owner_list(const struct buddy_owner *owner, uint32_t slot, uint32_t generation)
{
	return slots_find(&owner->lists, slot, generation);
}

enum buddy_status buddy_owner_free(struct buddy_owner *owner, uint32_t slot, uint32_t generation,
				   bool cleared)
{
	struct buddy_list *list = buddy_owner_list(owner, slot, generation);

	if (!list)
		return BUDDY_FREED;
	slots_renew(&owner->lists, slot);
	return buddy_free(list, cleared);
}
