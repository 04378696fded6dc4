/* The operations of a batch, see batch.h. */
#include "batch.h"

#include <algorithm>
#include <iterator>

/* How long before it is freed the parts of a list are asked for. */
#define ROWS_TO_RESULT 32
#define ROWS_TO_SLOT 24
#define ROWS_TO_BLOCK 16
#define ROWS_TO_PARENT 10
#define ROWS_TO_BUDDY 4

/* What an allocation asks for. */
void Batch::Prepare(const struct Record &record)
{
	if (record.request != request_) {
		request_ = record.request;
		prepared_ = {};
		if (request_ < records_.number_of_requests)
			records_.requests[request_].Read(prepared_);
	}
	SetSize(prepared_, NumberIn(&record.size, record.what & RECORD_WIDE));
}

/* Where the list stands that is freed in an operation before this row: in a slot of the batch's own, or of somebody else's. */
uint32_t Batch::SlotOf(const struct Record &record, size_t row) const
{
	if (!(record.what & RECORD_IN_BATCH))
		return record.slot;
	return slots_ && record.slot < row ? slots_[record.slot] - 1 : SLOT_NONE;
}

/* The list that will be freed, if it comes from this allocator and is not freed already. Others than the batch's are given up. */
struct buddy_list *Batch::FindFreed(const struct Record &record)
{
	uint32_t slot = SlotOf(record, row_);
	struct buddy_list *list =
		record.what & RECORD_IN_BATCH || record.generation == RECORD_ANY_GENERATION ?
			buddy_owner_list_at(&owner_, slot) :
			buddy_owner_list(&owner_, slot, record.generation);

	if (!list || buddy_allocator_of(list) != allocator_)
		return nullptr;
	if (!(record.what & RECORD_IN_BATCH))
		slots_renew(&owner_.lists, slot);
	return list;
}

/* The freeing that comes so many operations from now, or nullptr. */
const struct Record *Batch::FreeingAhead(size_t rows) const
{
	if (rows >= end_ - row_)
		return nullptr;

	const struct Record *record = &records_.records[row_ + rows];
	return record->frees() ? record : nullptr;
}

/* What freeing needs is asked for some operations before it, in the order in which one leads to the other. */
void Batch::FetchAhead()
{
	const struct buddy_list *list = nullptr;

	if (const struct Record *record = FreeingAhead(ROWS_TO_RESULT))
		if (slots_ && record->what & RECORD_IN_BATCH && record->slot < row_)
			__builtin_prefetch(&slots_[record->slot], 1);
	if (const struct Record *record = FreeingAhead(ROWS_TO_SLOT))
		buddy_owner_fetch_list(&owner_, SlotOf(*record, row_));
	if (const struct Record *record = FreeingAhead(ROWS_TO_BLOCK))
		if ((list = buddy_owner_list_at(&owner_, SlotOf(*record, row_))))
			buddy_run_fetch_block(list);
	ahead_[(row_ + ROWS_TO_BLOCK) % std::size(ahead_)] = list;
	if ((list = ahead_[(row_ + ROWS_TO_PARENT) % std::size(ahead_)]))
		buddy_run_fetch_parent(allocator_, list);
	if ((list = ahead_[(row_ + ROWS_TO_BUDDY) % std::size(ahead_)]))
		buddy_run_fetch_buddy(allocator_, list);
}

void Batch::CloseSlotOf(size_t row)
{
	buddy_owner_close_empty(&owner_, slots_[row] - 1);
	slots_[row] = 0;
}

/* The operation in work is done. */
void Batch::End(enum buddy_status status)
{
	list_ = nullptr;
	if (status) {
		status_ = status;
		poisoned_ = poisoned_ || status == BUDDY_POISONED;
		results_.statuses[row_] = static_cast<uint8_t>(status);
		stopped_ = stops_at_failure_;
	}
	row_++;
}

void Batch::EndAlloc(const struct Record &record, enum buddy_status status)
{
	bool is_open = record.what & RECORD_IN_BATCH && list_;

	if (list_)
		results_.WriteList(row_, list_, base_offset_);
	if (is_open && status)
		CloseSlotOf(row_);
	else if (is_open)
		opened_++;
	End(status);
}

void Batch::EndFree(const struct Record &record, enum buddy_status status)
{
	if (record.what & RECORD_IN_BATCH) {
		CloseSlotOf(record.slot);
		closed_++;
	}
	End(status);
}

void Batch::Alloc(const struct Record &record)
{
	uint32_t slot = record.slot;

	if (record.what & RECORD_IN_BATCH) {
		slot = slots_ ? buddy_owner_open_list(&owner_) : SLOT_NONE;
		if (slots_)
			slots_[row_] = slot + 1;
	}
	list_ = buddy_owner_list_at(&owner_, slot);
	if (!list_) {
		EndAlloc(record, BUDDY_NO_MEMORY);
		return;
	}
	Prepare(record);
	EndAlloc(record, (record.what & 3) == RECORD_ALLOC ?
				 buddy_run_alloc(allocator_, list_, &prepared_) :
				 buddy_run_alloc_raw(allocator_, list_, &prepared_.request));
}

void Batch::Free(const struct Record &record)
{
	list_ = FindFreed(record);
	if (!list_) {
		End(BUDDY_OK);
		return;
	}
	buddy_run_free(allocator_, list_, record.what & RECORD_CLEARED);
	EndFree(record, BUDDY_OK);
}

/* In a run. */
void Batch::DoSome()
{
	size_t end = std::min<size_t>(end_, row_ + BUDDY_LONGEST_RUN);

	while (row_ < end && !stopped_) {
		const struct Record &record = records_.records[row_];

		FetchAhead();
		if (record.frees())
			Free(record);
		else
			Alloc(record);
		if (state_)
			Watch(record);
	}
}

/* The operation in work has met a BUG, or would have been done in a poisoned allocator. */
void Batch::Abandon(const struct Record &record)
{
	if (record.frees() && !list_)
		list_ = FindFreed(record);
	if (list_ && (record.frees() || !buddy_allocator_of(list_)))
		buddy_abandon(list_);

	if (!record.frees())
		EndAlloc(record, BUDDY_POISONED);
	else if (list_)
		EndFree(record, BUDDY_POISONED);
	else
		End(BUDDY_OK);
}

void Batch::Run(size_t first, size_t end)
{
	auto body = [](struct buddy_allocator *, void *batch) {
		static_cast<Batch *>(batch)->DoSome();
		return BUDDY_OK;
	};

	row_ = first;
	end_ = end;
	while (row_ < end && !stopped_)
		if (buddy_run(allocator_, body, this) == BUDDY_POISONED)
			Abandon(records_.records[row_]);
}

size_t Batch::RunWholly(size_t first, size_t end)
{
	stops_at_failure_ = true;
	Run(first, end);
	stops_at_failure_ = false;
	if (!stopped_)
		return end;
	if (slots_)
		CloseSlots(owner_, slots_ + first, row_ - first, CLOSE_UNDONE);
	return row_ - 1;
}

void Batch::Watch(const struct Record &record)
{
	double *cells = state_ + 3 * (row_ - 1);
	struct buddy_avail avail = buddy_run_avail(allocator_);

	cells[0] = static_cast<double>(avail.avail);
	cells[1] = static_cast<double>(avail.clear_avail);
	cells[2] = static_cast<double>(avail.kernel_warnings);
	if (record.frees())
		return;

	const struct buddy_list *list = buddy_owner_list_at(&owner_, record.slot);
	if (!list || buddy_count(list) < 2)
		return;
	stopped_ = !buddy_run_read(list, &columns_, used_);
	used_ += buddy_count(list);
}

size_t Batch::RunAndWatch(size_t first, size_t end, double *state, struct buddy_columns columns)
{
	state_ = state;
	columns_ = columns;
	Run(first, end);
	return row_ - first;
}

namespace {

struct Closing {
	struct buddy_owner &owner;
	uint32_t *slots;
	/* Those before it are still to be closed. */
	size_t next;
	enum closing how;

	struct buddy_list *list() const
	{
		return slots[next - 1] ? buddy_owner_list_at(&owner, slots[next - 1] - 1) : nullptr;
	}

	void Close()
	{
		if (list())
			buddy_owner_close_empty(&owner, slots[next - 1] - 1);
		slots[--next] = 0;
	}

	uint32_t SlotAhead(size_t rows) const
	{
		return next > rows ? slots[next - 1 - rows] - 1 : SLOT_NONE;
	}

	const struct buddy_list *ListAhead(size_t rows) const
	{
		return buddy_owner_list_at(&owner, SlotAhead(rows));
	}

	void FetchAhead(const struct buddy_allocator *allocator) const
	{
		buddy_owner_fetch_list(&owner, SlotAhead(ROWS_TO_SLOT));
		if (const auto *list = ListAhead(ROWS_TO_BLOCK))
			buddy_run_fetch_block(list);
		if (const auto *list = ListAhead(ROWS_TO_PARENT))
			buddy_run_fetch_parent(allocator, list);
		if (const auto *list = ListAhead(ROWS_TO_BUDDY))
			buddy_run_fetch_buddy(allocator, list);
	}

	/* In a run: those that come from this allocator. */
	void CloseSome(struct buddy_allocator *allocator)
	{
		for (unsigned int i = 0; next > 0 && i < BUDDY_LONGEST_RUN; i++) {
			struct buddy_list *list = this->list();

			FetchAhead(allocator);
			if (list && buddy_allocator_of(list) != allocator)
				return;
			if (list && how == CLOSE_UNDONE)
				buddy_run_undo(allocator, list);
			else if (list)
				buddy_run_free(allocator, list, how == CLOSE_CLEARED);
			Close();
		}
	}
};

} // namespace

bool CloseSlots(struct buddy_owner &owner, uint32_t *slots, size_t count, enum closing how)
{
	Closing closing = { owner, slots, count, how };
	bool poisoned = false;
	auto body = [](struct buddy_allocator *allocator, void *closing) {
		static_cast<Closing *>(closing)->CloseSome(allocator);
		return BUDDY_OK;
	};

	while (closing.next > 0) {
		struct buddy_list *list = closing.list();

		if (list && buddy_allocator_of(list) &&
		    buddy_run(buddy_allocator_of(list), body, &closing) == BUDDY_OK)
			continue;
		/* The one in work, or the first; where there is none, the slot is not open, or empty. */
		if ((list = closing.list()) && buddy_allocator_of(list)) {
			buddy_abandon(list);
			poisoned = true;
		}
		closing.Close();
	}
	return poisoned;
}
