/* The calls of environment.h that do the operations of records: those in the queue, and batches. */
#include "environment.h"
#include "columns.h"

extern "C" {
#include <buddy/account.h>
#include <buddy/batch.h>
}

#include <algorithm>

#define ALLOCATIONS_PER_ACCOUNT 64

void Environment::FlushQueue(size_t count)
{
	if (buddy_free_queued(&owner_, mailbox_.queue(), count) == BUDDY_POISONED)
		mailbox_.note_poisoning();
}

void Environment::RunQueue()
{
	if (size_t count = mailbox_.take_queued())
		FlushQueue(count);
}

void Environment::ReportShortage(const struct buddy_shortage &shortage)
{
	mailbox_.result(3, shortage.avail);
	mailbox_.result(4, shortage.largest_free);
	mailbox_.word(5, shortage.avail_in_range);
	mailbox_.result(6, shortage.more_in_range);
}

/* -> */
void Environment::Flush()
{
	mailbox_.status(BUDDY_OK);
}

/* Reads the record of the allocation. Gives the handle; nullptr where it is given up. */
struct buddy_handle *Environment::ReadAlloc(const struct buddy_alloc_record &record)
{
	uint64_t size = buddy_number_in(&record.size, record.is_size_wide);
	bool has_changed = mailbox_.changes() != known_changes_;

	if (has_changed) {
		known_changes_ = mailbox_.changes();
		alloc_handle_ = buddy_owner_open_handle(&owner_, record.allocator_slot,
							record.allocator_generation);
		explains_ = record.request.wide & BUDDY_REQUEST_EXPLAINS;
	}
	if (has_changed || size != prepared_.size)
		buddy_read_request(&record.request, size, &prepared_);
	/* A slot stays where it is, whatever becomes of the handle. */
	return alloc_handle_ && slots_generation_of(alloc_handle_) == record.allocator_generation &&
			       !alloc_handle_->disposed ?
		       alloc_handle_ :
		       nullptr;
}

/*
 * Allocates into a list that is free, through a handle; for a pool, if any. Does `count` of the queue before. `slot`: where the
 * list belongs, as in the queue.
 */
inline enum buddy_status Environment::AllocInto(struct buddy_list &list,
						struct buddy_handle &handle, size_t count,
						struct buddy_pool *pool, uint32_t slot)
{
	const struct buddy_queued *queue = mailbox_.queue(), *end = queue + count;
	const struct buddy_queued *first = buddy_queue_tail(queue, end, slot, pool);
	const struct buddy_account_record &account = mailbox_.alloc().request.account;
	struct buddy_shortage shortage;
	enum buddy_status status = BUDDY_OK;
	struct buddy_exchange exchange = {
		.handle = &handle,
		.pool = pool,
		.next = first,
		.end = end,
		.list = &list,
		.prepared = &prepared_,
		.shortage = explains_ ? &shortage : nullptr,
		.freed = 0,
	};

	if (account.place) [[unlikely]]
		status = buddy_owner_find_account(&owner_, handle.allocator, &account,
						  &prepared_.request.account);
	if (status) {
		FlushQueue(count);
		mailbox_.status(status);
		return status;
	}
	if (first > queue)
		FlushQueue(static_cast<size_t>(first - queue));
	status = buddy_exchange(&exchange);
	handle.users -= exchange.freed;

	mailbox_.status(status);
	if (status && explains_ && buddy_is_shortage(status)) [[unlikely]]
		ReportShortage(shortage);
	/* Memory comes in pieces of many blocks. */
	if (++unaccounted_ >= ALLOCATIONS_PER_ACCOUNT) {
		unaccounted_ = 0;
		Account(handle.slot);
	}
	return status;
}

/*
 * the record of the allocation -> the list; where it finds no space and is to explain it: nothing, nothing, nothing, avail,
 * largest free block, bytes that are free in the range: a word, whether there may be more
 */
void Environment::Alloc()
{
	const struct buddy_alloc_record &record = mailbox_.alloc();
	size_t count = mailbox_.take_queued();
	struct buddy_handle *handle = ReadAlloc(record);
	bool is_guard = slots_at(&owner_.guards, record.slot);

	/* It comes while other things are done. */
	if (handle && count)
		buddy_fetch_ahead(handle->allocator, mailbox_.queue()[count - 1].node);

	if (!handle || !is_guard) {
		FlushQueue(count);
		mailbox_.status(BUDDY_DISPOSED);
		return;
	}

	struct buddy_list list = { nullptr, nullptr, handle->owner };
	if (AllocInto(list, *handle, count, nullptr, handle->slot) == BUDDY_OK)
		buddy_owner_guard_new(slots_entry(&owner_.guards, record.slot), handle,
				      ReportList(&list));
	ReportWarning();
}

/* The same for a pool -> index and generation of the entry, as node and generation of a list; status POOL_FULL: it needs room. */
void Environment::AllocInPool()
{
	const struct buddy_alloc_record &record = mailbox_.alloc();
	size_t count = mailbox_.take_queued();
	struct buddy_pool *pool = buddy_pool_at(&owner_, record.slot);
	bool is_open = ReadAlloc(record) && pool;

	/* It comes while other things are done. */
	if (is_open && count)
		buddy_pool_fetch(pool, mailbox_.queue()[count - 1].node);
	if (!is_open || !buddy_pool_has_room(pool)) {
		FlushQueue(count);
		count = 0;
	}
	if (!is_open) {
		mailbox_.status(BUDDY_DISPOSED);
		return;
	}
	if (!buddy_pool_has_room(pool)) {
		mailbox_.status(BUDDY_POOL_FULL);
		return;
	}

	struct buddy_list list = { nullptr, nullptr, pool->owner };
	if (AllocInto(list, *pool->handle, count, pool, record.slot) == BUDDY_OK) {
		uint32_t index = buddy_pool_add(pool, &list);

		mailbox_.report().node = static_cast<int32_t>(index);
		mailbox_.report().generation = pool->entries[index].generation;
	}
	ReportWarning();
}

/*
 * (records: Float64Array, requests: Float64Array, results: Uint8Array[, state: Float64Array, columns])
 * allocator slot, generation, first record, number of records, how many of these all or nothing, base offset, slot of an empty
 * group for the lists, if the records open some, offsets as doubles? -> how many were done, whether the group holds lists now
 *
 * The status is that of the operation that failed among those that are all or nothing, which those done are before; BUDDY_OK
 * otherwise. For `state` and columns see struct buddy_batch.
 */
napi_value Environment::RunBatch(const Napi::CallbackInfo &info)
{
	auto records = Column<Napi::Float64Array>(info[0], napi_float64_array);
	auto requests = Column<Napi::Float64Array>(info[1], napi_float64_array);
	auto memory = Column<Napi::Uint8Array>(info[2], napi_uint8_array);
	auto state = Column<Napi::Float64Array>(info[3], napi_float64_array);
	struct buddy_handle *handle = HandleArgument();

	mailbox_.result(0, 0);
	mailbox_.result(1, 0);
	if (!handle || records.IsEmpty() || requests.IsEmpty() || memory.IsEmpty())
		return nullptr;

	struct buddy_batch batch = {};
	batch.records = reinterpret_cast<const struct buddy_record *>(records.Data());
	batch.requests = reinterpret_cast<const struct buddy_request_record *>(requests.Data());
	batch.request_count = requests.ByteLength() / sizeof(*batch.requests);
	batch.results = memory.Data();
	batch.rows = memory.ElementLength() / BUDDY_BATCH_BYTES_PER_ROW;
	batch.first = mailbox_.number(2);
	batch.count = mailbox_.number(3);
	batch.whole = mailbox_.number(4);
	batch.base_offset = mailbox_.number(5);
	batch.group = buddy_owner_group(&owner_, mailbox_.index(6));
	batch.as_doubles = mailbox_.flag(7);

	size_t room = std::min<size_t>(batch.rows, records.ByteLength() / sizeof(*batch.records));
	if (!state.IsEmpty()) {
		room = std::min<size_t>(room, state.ElementLength() / BUDDY_BATCH_STATE_CELLS);
		batch.state = state.Data();
		batch.blocks = Columns(info, 4, 0);
	}
	if (batch.first > room || batch.count > room - batch.first || batch.whole > batch.count)
		return nullptr;

	mailbox_.status(buddy_run_batch(&owner_, handle, &batch));
	mailbox_.result(0, batch.done);
	mailbox_.result(1, batch.holds_lists);
	if (batch.met_poison)
		mailbox_.note_poisoning();
	Account(handle->slot);
	ReportWarning();
	return nullptr;
}

/* guard -> the list, its tag */
void Environment::Describe()
{
	uint32_t slot = mailbox_.index(0);
	struct buddy_list list;
	enum buddy_status status = buddy_owner_find(&owner_, slot, BUDDY_ANY_GENERATION, &list);

	mailbox_.status(status);
	if (!slots_at(&owner_.guards, slot))
		return;
	if (status)
		list = {};
	ReportGuard(slot, &list);
}
