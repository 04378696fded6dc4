/* The operations of a batch, see batch.h. */
#include "batch.h"

#include <algorithm>

struct buddy_list *Batch::GiveUp(uint32_t slot, uint32_t generation)
{
	if (generation == RECORD_ANY_GENERATION && buddy_owner_list_at(&owner_, slot))
		generation = slots_generation(&owner_.lists, slot);
	return buddy_owner_give_up(&owner_, slot, generation);
}

/* What an allocation of the batch has put where the batch keeps its lists, or what was there before the batch. */
void Batch::ReadFreed(const struct Record &record, size_t row, struct buddy_operation &operation)
{
	operation.kind = static_cast<enum buddy_operation_kind>(record.kind & 3);
	operation.cleared = record.flags != 0;
	if (!(record.kind & RECORD_IN_BATCH))
		operation.list = GiveUp(record.slot, record.generation);
	else if (record.slot < row && results_.slots[record.slot])
		operation.list = buddy_owner_list_at(&owner_, results_.slots[record.slot] - 1);
	else
		operation.list = nullptr;
	operation.status = operation.list ? BUDDY_OK : BUDDY_FREED;
}

struct buddy_prepared *Batch::Prepare(const struct Record &record)
{
	bool is_same = record.kind & RECORD_SAME_REQUEST;

	if (is_same && record.number(0) == last_prepared_->request.size)
		return last_prepared_;

	struct buddy_prepared *next = last_prepared_ + 1;
	if (is_same)
		*next = *last_prepared_;
	else
		ReadRequest(record, *next);
	next->request.size = record.number(0);
	next->is_known = false;
	return last_prepared_ = next;
}

void Batch::Read(const struct Record &record, size_t row, struct buddy_operation &operation)
{
	uint32_t slot = record.slot;

	if ((record.kind & 3) >= BUDDY_FREE) {
		ReadFreed(record, row, operation);
		return;
	}
	operation.kind = static_cast<enum buddy_operation_kind>(record.kind & 3);
	operation.prepared = Prepare(record);
	operation.allocator = allocator_;
	operation.count = 0;
	if (record.kind & RECORD_IN_BATCH) {
		slot = buddy_owner_open_list(&owner_);
		results_.slots[row] = slot + 1;
	}
	operation.list = slot == SLOT_NONE ? nullptr : buddy_owner_list_at(&owner_, slot);
	operation.status = operation.list ? BUDDY_OK : BUDDY_NO_MEMORY;
}

void Batch::CloseSlotOf(size_t row)
{
	uint32_t slot = results_.slots[row];

	if (!slot)
		return;
	buddy_owner_close_empty(&owner_, slot - 1);
	results_.slots[row] = 0;
}

void Batch::Write(size_t row, const struct buddy_operation &operation)
{
	const struct Record &record = records_[row];
	bool is_freed = operation.kind >= BUDDY_FREE;

	/* What is freed already is left alone. */
	if (operation.status && !(is_freed && operation.status == BUDDY_FREED)) {
		status_ = operation.status;
		poisoned_ = poisoned_ || status_ == BUDDY_POISONED;
		results_.WriteFailure(row, status_);
	}
	if (!is_freed && operation.count) {
		results_.WriteList(row, operation);
		results_.offsets[row] += base_offset_;
	}
	if (!(record.kind & RECORD_IN_BATCH))
		return;
	if (!is_freed && operation.status)
		CloseSlotOf(row);
	else if (is_freed && operation.list)
		CloseSlotOf(record.slot);
}

size_t Batch::RunSome(size_t first, size_t end, struct buddy_sink *sink, bool stops_at_failure)
{
	size_t count = std::min<size_t>(end - first, BUDDY_LONGEST_RUN);

	prepared_[0] = *last_prepared_;
	last_prepared_ = prepared_;
	for (size_t i = 0; i < count; i++)
		Read(records_[first + i], first + i, operations_[i]);

	const struct buddy_run run = { operations_, count, sink, stops_at_failure };
	size_t done = buddy_run(&run);

	for (size_t i = 0; i < done; i++)
		Write(first + i, operations_[i]);
	/* They were read, and not done. */
	for (size_t row = first + done; row < first + count; row++)
		if (operations_[row - first].kind < BUDDY_FREE)
			CloseSlotOf(row);
	return done;
}

void Batch::Run(size_t first, size_t end)
{
	while (first < end)
		first += RunSome(first, end, nullptr, false);
}

size_t Batch::RunWholly(size_t first, size_t end)
{
	size_t row = first;

	while (row < end && !status_)
		row += RunSome(row, end, nullptr, true);
	if (!status_)
		return end;
	CloseSlots(owner_, results_.slots + first, row - first, BUDDY_UNDO, false);
	return row - 1;
}

size_t Batch::RunAndWatch(size_t first, size_t end, double *state, struct buddy_columns columns)
{
	struct buddy_avail avail[BUDDY_LONGEST_RUN];
	struct buddy_sink sink = { avail, columns, 0, false };
	size_t row = first;

	while (row < end && !sink.full) {
		sink.avail = avail;
		size_t done = RunSome(row, end, &sink, false);

		for (size_t i = 0; i < done; i++) {
			double *cells = state + 3 * (row + i);

			cells[0] = static_cast<double>(avail[i].avail);
			cells[1] = static_cast<double>(avail[i].clear_avail);
			cells[2] = static_cast<double>(avail[i].kernel_warnings);
		}
		row += done;
	}
	return row - first;
}

bool CloseSlots(struct buddy_owner &owner, uint32_t *slots, size_t count,
		enum buddy_operation_kind how, bool cleared)
{
	bool poisoned = false;

	for (size_t end = count; end > 0;) {
		struct buddy_operation operations[BUDDY_LONGEST_RUN];
		size_t last = end, length = 0;

		for (; end > 0 && length < BUDDY_LONGEST_RUN; end--) {
			if (!slots[end - 1])
				continue;
			struct buddy_operation &operation = operations[length++];
			operation.kind = how;
			operation.list = buddy_owner_list_at(&owner, slots[end - 1] - 1);
			operation.status = operation.list ? BUDDY_OK : BUDDY_FREED;
			operation.cleared = cleared;
		}

		const struct buddy_run run = { operations, length, nullptr, false };
		buddy_run(&run);
		for (size_t i = 0; i < length; i++)
			poisoned = poisoned || operations[i].status == BUDDY_POISONED;
		for (size_t i = end; i < last; i++) {
			if (slots[i])
				buddy_owner_close_list(&owner, slots[i] - 1);
			slots[i] = 0;
		}
	}
	return poisoned;
}
