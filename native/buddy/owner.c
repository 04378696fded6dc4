/* Keeps the handles and the guards of one environment, see owner.h. */
#include <buddy/account.h>
#include <buddy/counters.h>
#include <buddy/journal.h>
#include <buddy/lists.h>
#include <buddy/owner.h>
#include <buddy/pool.h>
#include <stdlib.h>

_Static_assert(ARENA_GENERATION_BITS - 32 <= 14 && BUDDY_MOST_HANDLES == 1U << 19, "names fit");

void buddy_owner_init(struct buddy_owner *owner)
{
	*owner = (struct buddy_owner){ .has_ticket = false };
	slots_init(&owner->handles, sizeof(struct buddy_handle));
	slots_init(&owner->guards, sizeof(struct buddy_guard));
	slots_init(&owner->groups, sizeof(struct buddy_group));
	slots_init(&owner->pools, sizeof(struct buddy_pool));
	slots_init(&owner->accounts, sizeof(struct buddy_open_account));
}

static void end_waits(struct buddy_handle *handle)
{
	buddy_end_wait(handle->allocator, &handle->waiter);
	buddy_end_wait_for_entries(handle->allocator, &handle->reader);
}

void buddy_owner_close_handle(struct buddy_owner *owner, struct buddy_handle *handle)
{
	struct buddy_allocator *allocator = handle->allocator;

	end_waits(handle);
	buddy_end_observation(allocator, handle);
	buddy_end_journal(allocator, handle);
	buddy_close_owner(allocator, handle->owner);
	slots_close(&owner->handles, handle->slot);
	buddy_put(allocator);
}

void buddy_owner_close_ended(struct buddy_owner *owner)
{
	for (uint32_t slot = 0; slot < owner->handles.count; slot++) {
		struct buddy_handle *handle = buddy_owner_handle(owner, slot);

		if (handle && handle->disposed && !handle->users)
			buddy_owner_close_handle(owner, handle);
	}
}

void buddy_owner_end_waits(struct buddy_owner *owner)
{
	for (uint32_t slot = 0; slot < owner->handles.count; slot++) {
		struct buddy_handle *handle = buddy_owner_handle(owner, slot);

		if (handle)
			end_waits(handle);
	}
}

void buddy_owner_destroy(struct buddy_owner *owner)
{
	uint64_t freed;

	buddy_free_parked(owner);
	for (uint32_t slot = 0; slot < owner->pools.count; slot++)
		buddy_pool_close(owner, slot);
	for (uint32_t slot = 0; slot < owner->groups.count; slot++)
		buddy_owner_close_group(owner, slot);
	for (uint32_t slot = 0; slot < owner->accounts.count; slot++)
		buddy_owner_close_account(owner, slot);
	for (uint32_t slot = 0; slot < owner->handles.count; slot++) {
		struct buddy_handle *handle = buddy_owner_handle(owner, slot);

		if (!handle)
			continue;
		if (handle->users)
			buddy_free_owned(handle->allocator, handle->owner, false, &freed);
		buddy_owner_close_handle(owner, handle);
	}
	slots_destroy(&owner->pools);
	slots_destroy(&owner->accounts);
	slots_destroy(&owner->groups);
	slots_destroy(&owner->guards);
	slots_destroy(&owner->handles);
}

uint32_t buddy_owner_take(struct buddy_owner *owner, struct buddy_allocator *allocator,
			  bool created)
{
	uint32_t id = buddy_open_owner(allocator), slot;

	if (!id)
		return SLOT_NONE;
	slot = slots_open(&owner->handles);
	if (slot != SLOT_NONE && slot >= BUDDY_MOST_HANDLES) {
		slots_close(&owner->handles, slot);
		slot = SLOT_NONE;
	}
	if (slot == SLOT_NONE)
		buddy_close_owner(allocator, id);
	else
		*buddy_owner_handle(owner, slot) = (struct buddy_handle){
			.allocator = allocator, .slot = slot, .owner = id, .created = created
		};
	return slot;
}

uint64_t buddy_owner_dispose(struct buddy_owner *owner, uint32_t slot, uint32_t generation)
{
	struct buddy_handle *handle = buddy_owner_open_handle(owner, slot, generation);
	uint64_t known_bytes;

	if (!handle)
		return 0;
	known_bytes = handle->known_bytes;
	handle->disposed = true;
	end_waits(handle);
	buddy_end_observation(handle->allocator, handle);
	buddy_end_journal(handle->allocator, handle);
	buddy_owner_release(owner, handle, 0);
	return known_bytes;
}

int64_t buddy_owner_growth(struct buddy_owner *owner, uint32_t slot)
{
	struct buddy_handle *handle = buddy_owner_handle(owner, slot);
	uint64_t bytes;
	int64_t growth;

	if (!handle || !handle->created || handle->disposed)
		return 0;
	bytes = buddy_native_bytes(handle->allocator);
	growth = (int64_t)(bytes - handle->known_bytes);
	handle->known_bytes = bytes;
	return growth;
}

static struct buddy_guard *guard_at(const struct buddy_owner *owner, uint32_t slot)
{
	return slots_at(&owner->guards, slot);
}

/* Notes the name of a list, or that it has none. */
void buddy_owner_renew(struct buddy_owner *owner, uint32_t slot, const struct buddy_list *list)
{
	struct slots_entry *entry = slots_entry(&owner->guards, slot);
	struct buddy_guard *guard = guard_at(owner, slot);
	struct buddy_name name = { BUDDY_NO_NODE, entry->generation + 1 };

	if (list->first)
		name = buddy_name_of(list);
	guard->node = name.node;
	guard->high_generation = name.generation >> 32;
	entry->generation = (uint32_t)name.generation;
}

/* A guard without a list looks as one with an empty one, of a handle that is not there. */
void buddy_owner_forget(struct buddy_owner *owner, uint32_t slot)
{
	struct buddy_guard *guard = guard_at(owner, slot);

	guard->node = BUDDY_NO_NODE;
	guard->handle = BUDDY_MOST_HANDLES - 1;
	slots_entry(&owner->guards, slot)->next_free = SLOT_OPEN | SLOT_NONE;
}

uint32_t buddy_owner_open_guard(struct buddy_owner *owner)
{
	uint32_t slot = slots_open(&owner->guards);

	if (slot != SLOT_NONE)
		buddy_owner_forget(owner, slot);
	return slot;
}

void buddy_owner_guard(struct buddy_owner *owner, uint32_t slot, struct buddy_handle *handle,
		       const struct buddy_list *list)
{
	if (list->first) {
		buddy_owner_guard_new(slots_entry(&owner->guards, slot), handle,
				      buddy_name_of(list));
		return;
	}
	guard_at(owner, slot)->handle = handle->slot;
	slots_entry(&owner->guards, slot)->next_free = SLOT_OPEN | slots_generation_of(handle);
	buddy_owner_renew(owner, slot, list);
	handle->users++;
}

bool buddy_owner_meant(const struct buddy_owner *owner, uint32_t slot, uint32_t generation,
		       struct buddy_meant *meant)
{
	const struct buddy_guard *guard = guard_at(owner, slot);
	const struct slots_entry *entry;
	struct buddy_handle *handle;

	if (!guard)
		return false;
	entry = slots_entry(&owner->guards, slot);
	if (generation != BUDDY_ANY_GENERATION &&
	    generation != BUDDY_LOW_GENERATION(entry->generation))
		return false;
	handle = slots_find(&owner->handles, guard->handle, entry->next_free & ~SLOT_OPEN);
	if (!handle)
		return false;
	*meant = (struct buddy_meant){
		.guard = slot,
		.handle = handle,
		.name = { guard->node, (u64)guard->high_generation << 32 | entry->generation },
		.is_empty = guard->node == BUDDY_NO_NODE,
	};
	return true;
}

static enum buddy_status find(const struct buddy_meant *meant, struct buddy_list *list)
{
	struct buddy_handle *handle = meant->handle;

	*list = (struct buddy_list){ handle->allocator, NULL, handle->owner };
	/* Does not look for the blocks, which a BUG may have left anywhere. */
	if (buddy_is_poisoned(handle->allocator))
		return BUDDY_POISONED;
	if (meant->is_empty || buddy_find_list(handle->allocator, handle->owner, meant->name, list))
		return BUDDY_OK;
	return BUDDY_FREED;
}

enum buddy_status buddy_owner_find(const struct buddy_owner *owner, uint32_t slot,
				   uint32_t generation, struct buddy_list *list)
{
	struct buddy_meant meant;

	return buddy_owner_meant(owner, slot, generation, &meant) ? find(&meant, list) :
								    BUDDY_FREED;
}

enum buddy_status buddy_owner_append(struct buddy_owner *owner, uint32_t slot, uint32_t generation,
				     uint32_t from_slot, uint32_t from_generation, uint64_t tag,
				     struct buddy_list *list)
{
	enum buddy_status status = buddy_owner_find(owner, slot, generation, list);
	struct buddy_list from;
	struct buddy_handle *handle;

	if (!status)
		status = buddy_owner_find(owner, from_slot, from_generation, &from);
	if (!status && slot == from_slot)
		status = BUDDY_LIST_ITSELF;
	if (status)
		return status;

	status = buddy_append(list, &from, tag);
	if (status)
		return status;
	handle = buddy_owner_handle(owner, guard_at(owner, from_slot)->handle);
	buddy_owner_forget(owner, from_slot);
	/* Done first: the other handle may go with its last user, and the allocator with it. */
	buddy_owner_renew(owner, slot, list);
	buddy_owner_release(owner, handle, 1);
	return BUDDY_OK;
}

enum buddy_status buddy_owner_extend(struct buddy_owner *owner, uint32_t slot, uint32_t generation,
				     uint64_t size, struct buddy_list *list)
{
	enum buddy_status status = buddy_owner_find(owner, slot, generation, list);

	if (status)
		return status;
	if (buddy_owner_handle(owner, guard_at(owner, slot)->handle)->disposed)
		return BUDDY_DISPOSED;
	return buddy_extend(list, size);
}

static enum buddy_status close_list(struct buddy_owner *owner, const struct buddy_meant *meant,
				    enum buddy_closing how)
{
	struct buddy_handle *handle = meant->handle;
	enum buddy_status status;
	struct buddy_list list;

	if (meant->is_empty) {
		status = buddy_is_poisoned(handle->allocator) ? BUDDY_POISONED : BUDDY_OK;
		buddy_owner_forget(owner, meant->guard);
	} else if (buddy_find_list(handle->allocator, handle->owner, meant->name, &list)) {
		status = buddy_close(&list, how);
	} else {
		return BUDDY_FREED;
	}
	buddy_owner_release(owner, handle, 1);
	return status;
}

enum buddy_status buddy_owner_free(struct buddy_owner *owner, const struct buddy_meant *meant,
				   bool cleared)
{
	return close_list(owner, meant, cleared ? BUDDY_CLOSE_CLEARED : BUDDY_CLOSE_DIRTY);
}

void buddy_owner_close_guard(struct buddy_owner *owner, uint32_t slot)
{
	struct buddy_meant meant;

	if (buddy_owner_meant(owner, slot, BUDDY_ANY_GENERATION, &meant))
		close_list(owner, &meant, BUDDY_CLOSE_RECLAIMED);
	slots_close(&owner->guards, slot);
}

enum buddy_status buddy_owner_prepare_parking(struct buddy_owner *owner, uint32_t slot,
					      uint32_t generation, struct buddy_token *allocator,
					      struct buddy_token *ticket)
{
	struct buddy_list list;
	enum buddy_status status = buddy_owner_find(owner, slot, generation, &list);

	owner->has_ticket = false;
	if (status)
		return status;

	status = buddy_share(list.allocator, allocator);
	if (!status)
		status = buddy_draw_token(&owner->ticket);
	owner->has_ticket = !status;
	*ticket = owner->ticket;
	return status;
}

enum buddy_status buddy_owner_park(struct buddy_owner *owner, uint32_t slot, uint32_t generation,
				   bool keeps)
{
	struct buddy_list list;
	enum buddy_status status = buddy_owner_find(owner, slot, generation, &list);
	struct buddy_handle *handle;

	if (status)
		return status;
	if (!owner->has_ticket)
		return BUDDY_TOKEN_UNKNOWN;

	status = buddy_park(&list, keeps ? NULL : owner, owner->ticket);
	if (status)
		return status;
	owner->has_ticket = false;
	handle = buddy_owner_handle(owner, guard_at(owner, slot)->handle);
	buddy_owner_forget(owner, slot);
	buddy_owner_release(owner, handle, 1);
	return BUDDY_OK;
}

enum buddy_status buddy_owner_adopt(struct buddy_owner *owner, struct buddy_handle *handle,
				    struct buddy_token ticket, uint32_t slot)
{
	struct buddy_list list = { .owner = handle->owner };
	enum buddy_status status;

	if (!guard_at(owner, slot))
		return BUDDY_FREED;
	status = buddy_adopt(handle->allocator, ticket, &list);
	if (!status)
		buddy_owner_guard(owner, slot, handle, &list);
	return status;
}

/* Frees the lists of one handle. */
static enum buddy_status free_lists_of(struct buddy_owner *owner, struct buddy_handle *handle)
{
	enum buddy_status status = BUDDY_OK;
	uint64_t freed = 0;

	/* One that was disposed of must not go with its last group. */
	handle->users++;
	for (uint32_t slot = 0; slot < owner->pools.count && !status; slot++)
		if (buddy_pool_is_of(owner, slot, handle))
			status = buddy_pool_clear(owner, slot, BUDDY_CLOSE_DIRTY);
	for (uint32_t slot = 0; slot < owner->groups.count && !status; slot++) {
		struct buddy_group *group = buddy_owner_group(owner, slot);

		if (!group || !group->nodes || group->handle != handle)
			continue;
		status = buddy_owner_free_rows(group, 0, BUDDY_CLOSE_DIRTY);
		buddy_owner_empty_group(owner, group);
	}
	if (!status && handle->users > 1)
		status = buddy_free_owned(handle->allocator, handle->owner, false, &freed);
	buddy_owner_release(owner, handle, freed + 1);
	return status;
}

enum buddy_status buddy_owner_free_all(struct buddy_owner *owner, struct buddy_allocator *allocator)
{
	enum buddy_status status = BUDDY_OK;

	for (uint32_t slot = 0; slot < owner->handles.count && !status; slot++) {
		struct buddy_handle *handle = buddy_owner_handle(owner, slot);

		if (handle && handle->allocator == allocator)
			status = free_lists_of(owner, handle);
	}
	return status ? status : buddy_free_kept(allocator);
}
