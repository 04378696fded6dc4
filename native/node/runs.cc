/* The calls of environment.h that do the operations of records: those in the queue, and batches. */
#include "environment.h"
#include "batch.h"
#include "columns.h"

#include <algorithm>

#define ALLOCATIONS_PER_ACCOUNT 64

/* Puts what waits in the queue before `end`, an operation after which nothing comes. Gives the first. */
struct buddy_operation *Environment::ReadQueue(struct buddy_operation *end)
{
	unsigned int count = mailbox_.take_queued();
	const struct QueuedFree *queued = mailbox_.queue();
	struct buddy_operation *first = end - count;

	for (unsigned int i = 0; i < count; i++)
		ReadFree(owner_, queued[i].slot, queued[i].generation, queued[i].cleared, first[i]);
	return first;
}

size_t Environment::RunOperations(const struct buddy_run &run)
{
	size_t done = buddy_run(&run);

	for (size_t i = 0; i < done; i++)
		if (run.operations[i].status == BUDDY_POISONED)
			mailbox_.note_poisoning();
	return done;
}

void Environment::RunQueue()
{
	struct buddy_operation *end = operations_ + MAILBOX_QUEUE_LENGTH;
	struct buddy_operation *first = ReadQueue(end);

	if (first < end)
		RunOperations({ first, static_cast<size_t>(end - first), nullptr, false });
}

/* -> */
void Environment::Flush()
{
	mailbox_.status(BUDDY_OK);
}

/* the record of the allocation, whose operation is the last one -> the list */
void Environment::Alloc()
{
	struct buddy_operation &alloc = operations_[MAILBOX_QUEUE_LENGTH];
	const struct Record &record = mailbox_.alloc();

	if (mailbox_.changes() != known_changes_) {
		known_changes_ = mailbox_.changes();
		ReadRequest(record, prepared_);
	}
	ReadSize(record, prepared_);
	alloc.allocator =
		buddy_owner_allocator(&owner_, record.allocator_slot, record.allocator_generation);
	alloc.list = buddy_owner_list_at(&owner_, record.slot);
	alloc.status = !alloc.allocator ? BUDDY_DISPOSED : !alloc.list ? BUDDY_FREED : BUDDY_OK;

	struct buddy_operation *first = ReadQueue(&alloc);
	RunOperations({ first, static_cast<size_t>(&alloc - first) + 1, nullptr, false });

	mailbox_.status(alloc.status);
	if (alloc.list)
		ReportList(record.slot, alloc.count, alloc.offset, alloc.order, alloc.clear);
	/* Memory comes in pieces of many blocks. */
	if (++unaccounted_ >= ALLOCATIONS_PER_ACCOUNT && alloc.allocator) {
		unaccounted_ = 0;
		Account(record.allocator_slot);
	}
	ReportWarning();
}

/*
 * (records: Float64Array, results: Uint8Array[, state: Float64Array, columns])
 * allocator slot, generation, first record, number of records, all or nothing?, base offset -> how many were done
 *
 * The status is that of the operation that failed where it is all or nothing, which those done are before; BUDDY_OK
 * otherwise. For `state` and columns see Batch::RunAndWatch().
 */
napi_value Environment::RunBatch(const Napi::CallbackInfo &info)
{
	auto cells = Column<Napi::Float64Array>(info[0], napi_float64_array);
	auto memory = Column<Napi::Uint8Array>(info[1], napi_uint8_array);
	auto state = Column<Napi::Float64Array>(info[2], napi_float64_array);
	size_t first = mailbox_.number(2), count = mailbox_.number(3);
	struct buddy_allocator *allocator = AllocatorArgument();

	mailbox_.result(0, 0);
	if (!allocator)
		return nullptr;
	mailbox_.status(BUDDY_OK);
	if (cells.IsEmpty() || memory.IsEmpty())
		return nullptr;

	size_t rows = memory.ElementLength() / BatchResults::BYTES_PER_ROW;
	size_t room = std::min<size_t>(rows, cells.ElementLength() / RECORD_CELLS);
	if (!state.IsEmpty())
		room = std::min<size_t>(room, state.ElementLength() / 3);
	if (first > room || count > room - first)
		return nullptr;

	Batch batch(owner_, allocator, reinterpret_cast<const struct Record *>(cells.Data()),
		    BatchResults(memory.Data(), rows), mailbox_.number(5));

	if (!state.IsEmpty()) {
		count = batch.RunAndWatch(first, first + count, state.Data(), Columns(info, 3, 0));
	} else if (!mailbox_.flag(4)) {
		batch.Run(first, first + count);
	} else {
		count = batch.RunWholly(first, first + count) - first;
		mailbox_.status(batch.status());
	}
	mailbox_.result(0, count);
	if (batch.poisoned() && !mailbox_.flag(4))
		mailbox_.note_poisoning();
	Account(mailbox_.index(0));
	ReportWarning();
	return nullptr;
}

/* (slots: Uint32Array, see BatchResults), 0: dirty, 1: cleared, 2: undone -> */
napi_value Environment::CloseLists(const Napi::CallbackInfo &info)
{
	auto slots = Column<Napi::Uint32Array>(info[0], napi_uint32_array);
	uint64_t how = mailbox_.number(0);

	mailbox_.status(BUDDY_OK);
	if (!slots.IsEmpty() && CloseSlots(owner_, slots.Data(), slots.ElementLength(),
					   how == 2 ? BUDDY_UNDO : BUDDY_FREE, how == 1))
		mailbox_.status(BUDDY_POISONED);
	return nullptr;
}

/* list slot -> the list */
void Environment::Describe()
{
	uint32_t slot = mailbox_.index(0);
	const struct buddy_list *list = buddy_owner_list_at(&owner_, slot);

	mailbox_.status(list ? BUDDY_OK : BUDDY_FREED);
	if (list)
		ReportList(slot, list);
}
