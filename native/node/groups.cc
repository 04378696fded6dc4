/* The calls of environment.h for many lists: those of groups, and those that the collector has found. */
#include "environment.h"
#include "batch.h"
#include "columns.h"

#include <algorithm>

namespace {

/* Bytes in the lists of these slots. */
uint64_t BytesIn(const struct buddy_owner &owner, const uint32_t *slots, size_t count)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		if (const struct buddy_list *list = buddy_owner_list_at(&owner, slots[i] - 1))
			bytes += buddy_bytes(list);
	return bytes;
}

} // namespace

/* (slots: Uint32Array, see struct buddy_group) first, end, counts? -> bytes that were freed, if it counts them */
napi_value Environment::CloseLists(const Napi::CallbackInfo &info)
{
	auto slots = Column<Napi::Uint32Array>(info[0], napi_uint32_array);
	size_t end =
		slots.IsEmpty() ? 0 : std::min<size_t>(mailbox_.number(1), slots.ElementLength());
	size_t first = std::min<size_t>(mailbox_.number(0), end);
	uint32_t *abandoned = end ? slots.Data() + first : nullptr;

	mailbox_.result(0, mailbox_.flag(2) ? BytesIn(owner_, abandoned, end - first) : 0);
	CloseSlots(owner_, abandoned, end - first, CLOSE_DIRTY);
	mailbox_.status(BUDDY_OK);
	return nullptr;
}

/* (register, registry, object) -> slot */
napi_value Environment::OpenGroup(const Napi::CallbackInfo &info)
{
	uint32_t slot = buddy_owner_open_group(&owner_);

	mailbox_.status(BUDDY_NO_MEMORY);
	if (slot == SLOT_NONE)
		return nullptr;
	if (!Watch(info, slot, false)) {
		buddy_owner_close_group(&owner_, slot);
		return nullptr;
	}
	mailbox_.result(0, slot);
	mailbox_.status(BUDDY_OK);
	return nullptr;
}

/* (register, registry, object) group slot, place -> slot that belongs to the object now, or status FREED; the list, its tag */
napi_value Environment::TakeFromGroup(const Napi::CallbackInfo &info)
{
	struct buddy_group *group = buddy_owner_group(&owner_, mailbox_.index(0));
	size_t place = mailbox_.number(1);

	mailbox_.status(BUDDY_FREED);
	if (!group || place >= group->count || !group->slots[place])
		return nullptr;

	uint32_t slot = group->slots[place] - 1;
	if (!Watch(info, slot, false))
		return nullptr;
	group->slots[place] = 0;
	ReportListAndTag(slot, buddy_owner_list_at(&owner_, slot));
	mailbox_.result(3, slot);
	mailbox_.status(BUDDY_OK);
	return nullptr;
}

/* group slot, 0: dirty, 1: cleared, 2: undone -> */
void Environment::EmptyGroup()
{
	struct buddy_group *group = buddy_owner_group(&owner_, mailbox_.index(0));
	auto how = static_cast<enum closing>(mailbox_.index(1));
	bool poisoned = false;

	if (group) {
		poisoned = CloseSlots(owner_, group->slots, group->count, how);
		buddy_owner_empty_group(group);
	}
	mailbox_.status(poisoned ? BUDDY_POISONED : BUDDY_OK);
}

/*
 * (groups: Uint32Array, the slots of groups whose objects were collected, each with 1 added; 0 for none) place, how many lists at
 * the most, counts? -> bytes that were freed, if it counts them; where no list is left, the number at this place becomes 0
 */
napi_value Environment::CloseSomeOfGroup(const Napi::CallbackInfo &info)
{
	auto groups = Column<Napi::Uint32Array>(info[0], napi_uint32_array);
	size_t place = mailbox_.number(0);

	mailbox_.result(0, 0);
	if (groups.IsEmpty() || place >= groups.ElementLength())
		return nullptr;
	mailbox_.status(BUDDY_OK);

	uint32_t slot = groups[place] - 1;
	size_t left = 0;
	if (struct buddy_group *group = buddy_owner_group(&owner_, slot)) {
		left = group->count - std::min<size_t>(group->count, mailbox_.number(1));
		uint32_t *last = group->slots + left;

		if (mailbox_.flag(2))
			mailbox_.result(0, BytesIn(owner_, last, group->count - left));
		CloseSlots(owner_, last, group->count - left, CLOSE_DIRTY);
		group->count = left;
	}
	if (!left) {
		buddy_owner_close_group(&owner_, slot);
		groups[place] = 0;
	}
	return nullptr;
}
