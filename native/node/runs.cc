/* The calls of environment.h that do the operations of records: those in the queue, and batches. */
#include "environment.h"
#include "batch.h"
#include "columns.h"

#include <algorithm>

#define ALLOCATIONS_PER_ACCOUNT 64

/* Takes what waits in the queue out of it, and tells how much it is. Nobody else has a way to these lists any more. */
size_t Environment::ReadQueue()
{
	unsigned int count = mailbox_.take_queued();
	const struct QueuedFree *queue = mailbox_.queue();
	size_t given_up = 0;

	for (unsigned int i = 0; i < count; i++) {
		struct buddy_list *list =
			buddy_owner_give_up(&owner_, queue[i].slot, queue[i].generation);

		if (list && buddy_allocator_of(list))
			queued_[given_up++] = { list, queue[i].cleared != 0 };
	}
	return given_up;
}

/* All that is freed comes from this allocator. */
enum buddy_status Environment::Do(struct buddy_allocator *allocator, Run &run)
{
	auto body = [](struct buddy_allocator *allocator, void *arguments) {
		Run &run = *static_cast<Run *>(arguments);

		for (; run.next < run.end; run.next++)
			buddy_run_free(allocator, run.next->list, run.next->cleared);
		if (!run.list)
			return BUDDY_OK;

		enum buddy_status status = buddy_run_alloc(allocator, run.list, run.prepared);
		if (run.shortage && status == BUDDY_NO_SPACE)
			buddy_run_explain(allocator, &run.prepared->request, run.shortage);
		return status;
	};
	enum buddy_status status = buddy_run(allocator, body, &run);

	if (status == BUDDY_POISONED) {
		for (; run.next < run.end; run.next++)
			buddy_abandon(run.next->list);
		if (run.list && !buddy_allocator_of(run.list))
			buddy_abandon(run.list);
	}
	return status;
}

void Environment::FreeAll(const Freeing *next, const Freeing *end)
{
	while (next < end) {
		struct buddy_allocator *allocator = buddy_allocator_of(next->list);
		Run run = { next, next, nullptr, nullptr, nullptr };

		for (; next < end && buddy_allocator_of(next->list) == allocator; next++)
			buddy_run_fetch_block(next->list);
		run.end = next;
		if (Do(allocator, run) == BUDDY_POISONED)
			mailbox_.note_poisoning();
	}
}

void Environment::RunQueue()
{
	if (size_t count = ReadQueue())
		FreeAll(queued_, queued_ + count);
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

/*
 * the record of the allocation -> the list; where it finds no space and is to explain it: nothing, nothing, nothing, avail,
 * largest free block, bytes that are free in the range: a word, whether there may be more
 */
void Environment::Alloc()
{
	const struct AllocRecord &record = mailbox_.alloc();

	if (mailbox_.changes() != known_changes_) {
		known_changes_ = mailbox_.changes();
		record.request.Read(prepared_);
		explains_ = record.request.explains();
	}
	SetSize(prepared_, NumberIn(&record.size, record.is_size_wide));

	const Freeing *end = queued_ + ReadQueue(), *first = end;
	struct buddy_allocator *allocator =
		buddy_owner_allocator(&owner_, record.allocator_slot, record.allocator_generation);
	struct buddy_list *list = buddy_owner_list_at(&owner_, record.slot);

	if (!allocator || !list) {
		FreeAll(queued_, end);
		mailbox_.status(allocator ? BUDDY_FREED : BUDDY_DISPOSED);
		return;
	}

	/* What has been freed in this allocator goes down with the allocation. */
	while (first > queued_ && buddy_allocator_of(first[-1].list) == allocator)
		first--;
	FreeAll(queued_, first);

	struct buddy_shortage shortage;
	Run run = { first, end, list, &prepared_, explains_ ? &shortage : nullptr };
	enum buddy_status status = Do(allocator, run);
	mailbox_.status(status);
	if (status == BUDDY_OK)
		ReportList(record.slot, list);
	else if (run.shortage && status == BUDDY_NO_SPACE)
		ReportShortage(shortage);
	/* Memory comes in pieces of many blocks. */
	if (++unaccounted_ >= ALLOCATIONS_PER_ACCOUNT) {
		unaccounted_ = 0;
		Account(record.allocator_slot);
	}
	ReportWarning();
}

/*
 * (records: Float64Array, requests: Float64Array, results: Uint8Array[, state: Float64Array, columns])
 * allocator slot, generation, first record, number of records, how many of these all or nothing, base offset, slot of an empty
 * group for the lists, if the records open some, offsets as doubles? -> how many were done, whether the group holds lists now
 *
 * The status is that of the operation that failed among those that are all or nothing, which those done are before; BUDDY_OK
 * otherwise. For `state` and columns see Batch::RunAndWatch().
 */
napi_value Environment::RunBatch(const Napi::CallbackInfo &info)
{
	auto records = Column<Napi::Float64Array>(info[0], napi_float64_array);
	auto requests = Column<Napi::Float64Array>(info[1], napi_float64_array);
	auto memory = Column<Napi::Uint8Array>(info[2], napi_uint8_array);
	auto state = Column<Napi::Float64Array>(info[3], napi_float64_array);
	size_t first = mailbox_.number(2), count = mailbox_.number(3), whole = mailbox_.number(4);
	struct buddy_group *group = buddy_owner_group(&owner_, mailbox_.index(6));
	struct buddy_allocator *allocator = AllocatorArgument();

	mailbox_.result(0, 0);
	mailbox_.result(1, 0);
	if (!allocator || records.IsEmpty() || requests.IsEmpty() || memory.IsEmpty())
		return nullptr;

	size_t rows = memory.ElementLength() / BatchResults::BYTES_PER_ROW;
	size_t room = std::min<size_t>(rows, records.ElementLength() / RECORD_CELLS);
	if (!state.IsEmpty())
		room = std::min<size_t>(room, state.ElementLength() / 3);
	if (first > room || count > room - first || whole > count)
		return nullptr;
	if (group && (group->slots || !buddy_owner_size_group(group, rows))) {
		mailbox_.status(group->slots ? BUDDY_LIST_IN_USE : BUDDY_NO_MEMORY);
		return nullptr;
	}

	Batch batch(owner_, allocator,
		    { reinterpret_cast<const struct Record *>(records.Data()),
		      reinterpret_cast<const struct RequestRecord *>(requests.Data()),
		      requests.ElementLength() / REQUEST_CELLS },
		    BatchResults(memory.Data(), rows, mailbox_.flag(7)),
		    group ? group->slots : nullptr, mailbox_.number(5));
	enum buddy_status status = BUDDY_OK;
	size_t done = count;

	if (!state.IsEmpty()) {
		done = batch.RunAndWatch(first, first + count, state.Data(), Columns(info, 4, 0));
	} else {
		size_t end = batch.RunWholly(first, first + whole);

		if (end < first + whole) {
			status = batch.status();
			done = end - first;
		} else {
			batch.Run(end, first + count);
		}
	}
	bool holds_lists = !status && batch.holds_lists();

	if (group && !holds_lists)
		buddy_owner_empty_group(group);
	mailbox_.status(status);
	mailbox_.result(0, done);
	mailbox_.result(1, holds_lists);
	if (batch.poisoned() && status != BUDDY_POISONED)
		mailbox_.note_poisoning();
	Account(mailbox_.index(0));
	ReportWarning();
	return nullptr;
}

/* list slot -> the list, its tag */
void Environment::Describe()
{
	uint32_t slot = mailbox_.index(0);
	const struct buddy_list *list = buddy_owner_list_at(&owner_, slot);

	mailbox_.status(list ? BUDDY_OK : BUDDY_FREED);
	if (list)
		ReportListAndTag(slot, list);
}
