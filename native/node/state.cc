/* The calls of environment.h that change lists as a whole, take exact blocks, and write down and make again whole allocators. */
#include "environment.h"
#include "columns.h"

#include <algorithm>

extern "C" {
#include <buddy/state.h>
}

namespace {

using Doubles = Napi::Float64Array;
using Octets = Napi::Uint8Array;

Doubles DoublesIn(const Napi::Value &value)
{
	return Column<Doubles>(value, napi_float64_array);
}

Octets OctetsIn(const Napi::Value &value)
{
	return Column<Octets>(value, napi_uint8_array);
}

template <typename Array> size_t LengthOf(const Array &array)
{
	return array.IsEmpty() ? 0 : array.ElementLength();
}

double *DataOf(Doubles &array)
{
	return array.IsEmpty() ? nullptr : array.Data();
}

uint8_t *DataOf(Octets &array)
{
	return array.IsEmpty() ? nullptr : array.Data();
}

/* (tags, counts, chunks: Float64Array; orders, clear: Uint8Array; chunks: Float64Array, orders: Uint8Array of free blocks) */
struct buddy_state State(const Napi::CallbackInfo &info)
{
	Doubles tags = DoublesIn(info[0]), counts = DoublesIn(info[1]), chunks = DoublesIn(info[2]);
	Octets orders = OctetsIn(info[3]), clear = OctetsIn(info[4]);
	Doubles free_chunks = DoublesIn(info[5]);
	Octets free_orders = OctetsIn(info[6]);

	return { std::min(LengthOf(tags), LengthOf(counts)),
		 std::min({ LengthOf(chunks), LengthOf(orders), LengthOf(clear) }),
		 std::min(LengthOf(free_chunks), LengthOf(free_orders)),
		 DataOf(tags),
		 DataOf(counts),
		 DataOf(chunks),
		 DataOf(orders),
		 DataOf(clear),
		 DataOf(free_chunks),
		 DataOf(free_orders) };
}

} // namespace

/* guard, generation, guard of the other list, its generation, tag -> the list */
void Environment::Append()
{
	struct buddy_list list = {};
	enum buddy_status status =
		buddy_owner_append(&owner_, mailbox_.index(0), mailbox_.index(1), mailbox_.index(2),
				   mailbox_.index(3), mailbox_.number(4), &list);

	mailbox_.status(status);
	if (!status)
		ReportGuard(mailbox_.index(0), &list);
}

/* guard, generation, size -> the list */
void Environment::Extend()
{
	struct buddy_list list = {};
	enum buddy_status status = buddy_owner_extend(&owner_, mailbox_.index(0), mailbox_.index(1),
						      mailbox_.number(2), &list);

	mailbox_.status(status);
	if (!status)
		ReportGuard(mailbox_.index(0), &list);
}

/*
 * (chunks: Float64Array, orders: Uint8Array[, clear: Uint8Array]) allocator slot, generation, guard, tag, 0: as found, 1: dirty, 2: clear,
 * place of the account, generation
 * -> the list; where a block can't be had, nothing, nothing, nothing, its row
 */
napi_value Environment::Claim(const Napi::CallbackInfo &info)
{
	Doubles chunks = DoublesIn(info[0]);
	Octets orders = OctetsIn(info[1]), clear = OctetsIn(info[2]);
	uint32_t guard = mailbox_.index(2);
	struct buddy_account_record account = { mailbox_.index(5), mailbox_.index(6) };
	struct buddy_handle *handle = HandleArgument();
	uint64_t failed = 0;
	uint32_t account_number;

	if (!handle)
		return nullptr;
	if (!slots_at(&owner_.guards, guard)) {
		mailbox_.status(BUDDY_FREED);
		return nullptr;
	}

	size_t count = std::min(LengthOf(chunks), LengthOf(orders));
	struct buddy_places places = { count, DataOf(chunks), DataOf(orders),
				       LengthOf(clear) >= count ? DataOf(clear) : nullptr };
	struct buddy_list list = { nullptr, nullptr, handle->owner };
	enum buddy_status status =
		buddy_owner_find_account(&owner_, handle->allocator, &account, &account_number);
	if (!status)
		status = buddy_claim(handle->allocator, &list, &places, mailbox_.number(3),
				     account_number,
				     static_cast<enum buddy_clearness>(mailbox_.index(4)), &failed);
	mailbox_.status(status);
	mailbox_.result(3, failed);
	if (!status) {
		buddy_owner_guard_new(slots_entry(&owner_.guards, guard), handle,
				      ReportList(&list));
	}
	Account(handle->slot);
	ReportWarning();
	return nullptr;
}

/*
 * (columns: see State()) allocator slot, generation
 * -> whether they were long enough, how many lists, blocks and free blocks there are, or how long the columns must be
 */
napi_value Environment::Save(const Napi::CallbackInfo &info)
{
	struct buddy_state state = State(info);
	struct buddy_allocator *allocator = AllocatorArgument();
	bool is_written;

	if (!allocator)
		return nullptr;
	mailbox_.status(buddy_save(allocator, &state, &is_written));
	mailbox_.result(0, is_written);
	mailbox_.result(1, state.list_count);
	mailbox_.result(2, state.block_count);
	mailbox_.result(3, state.free_count);
	return nullptr;
}

/* (columns: see State()) allocator slot, generation, slot of an empty group for the lists -> nothing, nothing, nothing, failed row */
napi_value Environment::Restore(const Napi::CallbackInfo &info)
{
	struct buddy_state state = State(info);
	struct buddy_group *group = buddy_owner_group(&owner_, mailbox_.index(2));
	struct buddy_handle *handle = HandleArgument();
	enum buddy_status status = BUDDY_FREED;
	uint64_t failed = 0;

	if (!handle)
		return nullptr;
	if (group)
		status = buddy_owner_restore(&owner_, handle, group, &state, &failed);
	mailbox_.status(status);
	mailbox_.result(3, failed);
	Account(handle->slot);
	ReportWarning();
	return nullptr;
}
