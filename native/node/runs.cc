/* The calls of environment.h that do the operations of records: those in the queue, and batches. */
#include "environment.h"
#include "batch-results.h"
#include "columns.h"

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
		alloc.kind = (record.kind & 3) == BUDDY_ALLOC_RAW ? BUDDY_ALLOC_RAW : BUDDY_ALLOC;
		ReadRequest(record, alloc.request);
	}
	ReadTarget(record, owner_, alloc);

	struct buddy_operation *first = ReadQueue(&alloc);
	RunOperations({ first, static_cast<size_t>(&alloc - first) + 1, nullptr, false });

	mailbox_.status(alloc.status);
	if (alloc.list)
		ReportList(record.slot, alloc.count, alloc.offset, alloc.order, alloc.clear);
	if (alloc.allocator)
		Account(record.allocator_slot);
	ReportWarning();
}

/*
 * (records: Float64Array, results: Uint8Array[, state: Float64Array, columns])
 * allocator slot, generation, first record, number of records, stop at a failure?, base offset -> number of records done
 *
 * Where `state` is given, three cells a record receive avail, clear avail and kernel warnings after it, and the columns the
 * blocks of each list of more than one.
 */
napi_value Environment::RunBatch(const Napi::CallbackInfo &info)
{
	auto cells = Column<Napi::Float64Array>(info[0], napi_float64_array);
	auto memory = Column<Napi::Uint8Array>(info[1], napi_uint8_array);
	auto state = Column<Napi::Float64Array>(info[2], napi_float64_array);
	struct buddy_avail avail[BUDDY_LONGEST_RUN];
	struct buddy_sink sink = { avail, Columns(info, 3), 0, false };
	size_t first = mailbox_.number(2), end = first + mailbox_.number(3);
	bool stops_at_failure = mailbox_.flag(4);
	uint64_t base_offset = mailbox_.number(5);

	mailbox_.result(0, 0);
	if (!AllocatorArgument())
		return nullptr;
	mailbox_.status(BUDDY_OK);
	if (cells.IsEmpty() || memory.IsEmpty() || cells.ElementLength() / RECORD_CELLS < end)
		return nullptr;

	size_t rows = memory.ElementLength() / BatchResults::BYTES_PER_ROW;
	if (rows < end || (!state.IsEmpty() && state.ElementLength() / 3 < end))
		return nullptr;

	const auto *records = reinterpret_cast<const struct Record *>(cells.Data());
	BatchResults results(memory.Data(), rows);
	size_t row = first;
	bool stopped = false;

	while (row < end && !stopped) {
		struct buddy_operation operations[BUDDY_LONGEST_RUN];
		size_t count = end - row < BUDDY_LONGEST_RUN ? end - row : BUDDY_LONGEST_RUN;

		sink.avail = avail;
		for (size_t i = 0; i < count; i++)
			ReadRecord(records[row + i], owner_, operations[i]);
		size_t done = RunOperations(
			{ operations, count, state.IsEmpty() ? nullptr : &sink, stops_at_failure });

		for (size_t i = 0; i < done; i++, row++) {
			const struct buddy_operation &operation = operations[i];

			results.write(row, operation, base_offset,
				      operation.list ?
					      slots_generation(&owner_.lists, records[row].slot) :
					      0);
			if (state.IsEmpty())
				continue;
			state[3 * row] = static_cast<double>(avail[i].avail);
			state[3 * row + 1] = static_cast<double>(avail[i].clear_avail);
			state[3 * row + 2] = static_cast<double>(avail[i].kernel_warnings);
		}
		stopped = done < count || sink.full ||
			  (stops_at_failure && operations[done - 1].status);
	}
	mailbox_.result(0, row - first);
	Account(mailbox_.index(0));
	ReportWarning();
	return nullptr;
}
