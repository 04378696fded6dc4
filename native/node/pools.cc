/* The calls of environment.h on pools. */
#include "environment.h"
#include "columns.h"

#include <algorithm>

/* Looks up the pool, index and generation in the mailbox. False, with the status set, if they name nothing. */
bool Environment::PoolArgument(struct buddy_list &list)
{
	bool found = buddy_pool_find(&owner_, mailbox_.index(0), mailbox_.index(1),
				     static_cast<int32_t>(mailbox_.index(2)), &list);

	mailbox_.status(found ? BUDDY_OK : BUDDY_POOL_HANDLE_UNKNOWN);
	return found;
}

/* (register, registry, object) allocator slot, generation -> slot */
napi_value Environment::OpenPool(const Napi::CallbackInfo &info)
{
	struct buddy_handle *handle = HandleArgument();

	if (!handle)
		return nullptr;

	uint32_t slot = buddy_pool_open(&owner_, handle);
	mailbox_.status(BUDDY_NO_MEMORY);
	if (slot == SLOT_NONE)
		return nullptr;
	if (!Watch(info, slot, true)) {
		buddy_pool_close(&owner_, slot);
		return nullptr;
	}
	mailbox_.result(0, slot);
	mailbox_.status(BUDDY_OK);
	return nullptr;
}

bool Environment::KeepPoolMemory(uint32_t slot, napi_value memory)
{
	napi_ref reference = nullptr;

	if (!memory && slot >= pool_memory_.size())
		return true;
	if (memory && napi_create_reference(env_, memory, 1, &reference) != napi_ok)
		return false;
	if (slot >= pool_memory_.size())
		pool_memory_.resize(slot + 1);
	std::swap(pool_memory_[slot], reference);
	if (reference)
		napi_delete_reference(env_, reference);
	return true;
}

/* (memory: Int32Array over a SharedArrayBuffer: a header and entries) pool slot -> */
napi_value Environment::MovePool(const Napi::CallbackInfo &info)
{
	auto memory = Column<Napi::Int32Array>(info[0], napi_int32_array);
	uint32_t slot = mailbox_.index(0);
	struct buddy_pool *pool = buddy_pool_at(&owner_, slot);
	size_t entries = memory.IsEmpty() ? 0 : memory.ByteLength() / sizeof(*pool->entries);

	mailbox_.status(pool ? BUDDY_NO_MEMORY : BUDDY_DISPOSED);
	if (!pool || entries <= pool->capacity + 1)
		return nullptr;

	/* The old memory is still there: nothing is collected in the middle of this call. */
	if (!KeepPoolMemory(slot, memory))
		return nullptr;
	buddy_pool_move(pool, memory.Data(),
			static_cast<uint32_t>(std::min<size_t>(entries - 1, UINT32_MAX)));
	mailbox_.status(BUDDY_OK);
	return nullptr;
}

/* pool slot; -> its memory */
napi_value Environment::PoolMemory(const Napi::CallbackInfo &)
{
	uint32_t slot = mailbox_.index(0);
	napi_value memory = nullptr;

	mailbox_.status(BUDDY_DISPOSED);
	if (!buddy_pool_at(&owner_, slot) || slot >= pool_memory_.size() || !pool_memory_[slot])
		return nullptr;
	mailbox_.status(BUDDY_OK);
	return napi_get_reference_value(env_, pool_memory_[slot], &memory) == napi_ok ? memory :
											nullptr;
}

/* pool slot, index, generation, cleared? -> */
void Environment::FreeInPool()
{
	struct buddy_list list;

	if (!PoolArgument(list))
		return;
	const struct buddy_queued queued = {
		.slot = mailbox_.index(0),
		.node = mailbox_.index(1),
		.generation = mailbox_.index(2),
		.what = BUDDY_QUEUED_IN_POOL | (mailbox_.flag(3) ? BUDDY_QUEUED_CLEARED : 0),
	};
	mailbox_.status(buddy_free_queued(&owner_, &queued, 1));
}

/* pool slot, index, generation -> nothing, offset, size */
void Environment::DescribeInPool()
{
	struct buddy_list list;
	uint64_t address = 0;
	bool whole = false;

	if (!PoolArgument(list))
		return;
	mailbox_.status(buddy_lowest(&list, &address, &whole));
	mailbox_.result(1, address);
	mailbox_.result(2, buddy_bytes(&list));
}

/* (register, registry, object) pool slot, index, generation -> guard that is the object's now; the list, its tag */
napi_value Environment::TakeFromPool(const Napi::CallbackInfo &info)
{
	struct buddy_list list;

	if (!PoolArgument(list))
		return nullptr;
	mailbox_.status(BUDDY_NO_MEMORY);

	uint32_t slot = OpenGuardFor(info);
	if (slot == SLOT_NONE)
		return nullptr;

	enum buddy_status status =
		buddy_pool_take(&owner_, mailbox_.index(0), mailbox_.index(1), slot);
	mailbox_.status(status);
	if (status || buddy_owner_find(&owner_, slot, BUDDY_ANY_GENERATION, &list))
		return nullptr;
	ReportGuard(slot, &list);
	mailbox_.result(3, slot);
	return nullptr;
}

/* pool slot -> number of allocations */
void Environment::LengthOfPool()
{
	const struct buddy_pool *pool = buddy_pool_at(&owner_, mailbox_.index(0));

	mailbox_.status(pool ? BUDDY_OK : BUDDY_DISPOSED);
	mailbox_.result(0, pool ? pool->length : 0);
}

/* pool slot, cleared? -> */
void Environment::ClearPool()
{
	mailbox_.status(
		buddy_pool_clear(&owner_, mailbox_.index(0),
				 mailbox_.flag(1) ? BUDDY_CLOSE_CLEARED : BUDDY_CLOSE_DIRTY));
}

/* (unregister, registry, object) pool slot -> */
napi_value Environment::ClosePool(const Napi::CallbackInfo &info)
{
	uint32_t slot = mailbox_.index(0);

	mailbox_.status(BUDDY_OK);
	if (!Unwatch(info))
		return nullptr;
	mailbox_.status(buddy_pool_close(&owner_, slot));
	KeepPoolMemory(slot, nullptr);
	return nullptr;
}

/*
 * (pools: Uint32Array, the slots of pools whose objects were collected, each with 1 added; 0 for none) place, how many entries at
 * the most, counts? -> bytes that were freed, if it counts them; where nothing is left, the number at this place becomes 0
 */
napi_value Environment::CloseSomeOfPool(const Napi::CallbackInfo &info)
{
	auto pools = Column<Napi::Uint32Array>(info[0], napi_uint32_array);
	size_t place = mailbox_.number(0);

	mailbox_.result(0, 0);
	mailbox_.status(BUDDY_OK);
	if (pools.IsEmpty() || place >= pools.ElementLength() || !pools[place])
		return nullptr;

	uint32_t slot = pools[place] - 1, left = 0;
	if (struct buddy_pool *pool = buddy_pool_at(&owner_, slot)) {
		left = pool->count - std::min<uint32_t>(pool->count, mailbox_.index(1));
		if (mailbox_.flag(2))
			mailbox_.result(0, buddy_pool_bytes(&owner_, slot, left));
		buddy_pool_free_from(&owner_, slot, left, BUDDY_CLOSE_RECLAIMED);
		buddy_pool_shorten(pool, left);
	}
	if (!left) {
		buddy_pool_close(&owner_, slot);
		KeepPoolMemory(slot, nullptr);
		pools[place] = 0;
	}
	return nullptr;
}
