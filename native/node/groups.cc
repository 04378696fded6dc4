/* The calls of environment.h for many lists: those of groups, and what the collector has found. */
#include "environment.h"
#include "columns.h"

#include <algorithm>

namespace {

uint64_t BytesIn(const struct buddy_owner &owner, uint32_t guard)
{
	struct buddy_list list;

	return buddy_owner_find(&owner, guard, BUDDY_ANY_GENERATION, &list) ? 0 :
									      buddy_bytes(&list);
}

uint64_t CountLists(const struct buddy_group &group)
{
	return group.count - std::count(group.nodes, group.nodes + group.count, 0U);
}

} // namespace

/*
 * (guards: Uint32Array, the slots of guards that were collected, each with 1 added; 0 for none) first, end, counts?
 * -> bytes that were freed, if it counts them; each number becomes 0 in the step that closes its guard
 */
napi_value Environment::CloseGuards(const Napi::CallbackInfo &info)
{
	auto guards = Column<Napi::Uint32Array>(info[0], napi_uint32_array);
	size_t end =
		guards.IsEmpty() ? 0 : std::min<size_t>(mailbox_.number(1), guards.ElementLength());
	size_t first = std::min<size_t>(mailbox_.number(0), end);
	uint64_t bytes = 0;

	for (size_t i = end; i-- > first;) {
		uint32_t guard = guards[i] - 1;

		if (mailbox_.flag(2))
			bytes += BytesIn(owner_, guard);
		buddy_owner_close_guard(&owner_, guard);
		guards[i] = 0;
	}
	mailbox_.result(0, bytes);
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

/* (register, registry, object) group slot, place -> guard that is the object's now, or status FREED; the list, its tag */
napi_value Environment::TakeFromGroup(const Napi::CallbackInfo &info)
{
	struct buddy_group *group = buddy_owner_group(&owner_, mailbox_.index(0));
	size_t place = mailbox_.number(1);
	struct buddy_list list;

	mailbox_.status(BUDDY_FREED);
	if (!group || !buddy_owner_find_row(group, place, &list))
		return nullptr;

	uint32_t slot = OpenGuardFor(info);
	if (slot == SLOT_NONE)
		return nullptr;
	group->nodes[place] = 0;
	buddy_owner_guard(&owner_, slot, group->handle, &list);
	ReportGuard(slot, &list);
	mailbox_.result(3, slot);
	mailbox_.status(BUDDY_OK);
	return nullptr;
}

/* group slot, 0: dirty, 1: cleared, 2: undone, counts? -> bytes and lists that were freed, if it counts them */
void Environment::EmptyGroup()
{
	struct buddy_group *group = buddy_owner_group(&owner_, mailbox_.index(0));
	enum buddy_status status = BUDDY_OK;

	mailbox_.result(0, 0);
	mailbox_.result(1, 0);
	if (group && group->nodes) {
		if (mailbox_.flag(2)) {
			mailbox_.result(0, buddy_owner_bytes_of_rows(group, 0));
			mailbox_.result(1, CountLists(*group));
		}
		status = buddy_owner_free_rows(group, 0,
					       static_cast<enum buddy_closing>(mailbox_.index(1)));
		buddy_owner_empty_group(&owner_, group);
	}
	mailbox_.status(status);
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
		if (mailbox_.flag(2))
			mailbox_.result(0, buddy_owner_bytes_of_rows(group, left));
		buddy_owner_free_rows(group, left, BUDDY_CLOSE_RECLAIMED);
		group->count = left;
	}
	if (!left) {
		buddy_owner_close_group(&owner_, slot);
		groups[place] = 0;
	}
	return nullptr;
}
