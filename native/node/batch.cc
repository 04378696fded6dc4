/* The operations of a batch, see batch.h. */
#include "batch.h"

#include <algorithm>
#include <iterator>

/* So many rows before a list is freed its name is asked for; the rest of it follows, see BUDDY_ROWS_TO_BLOCK. */
#define ROWS_TO_NAME 28

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

/* The freeing that comes so many operations from now, or nullptr. */
const struct Record *Batch::FreeingAhead(size_t rows) const
{
	if (rows >= end_ - row_)
		return nullptr;

	const struct Record *record = &records_.records[row_ + rows];
	return record->frees() ? record : nullptr;
}

/* The node of a list that will be freed, as far as that is known. No node has the number ~0. */
uint32_t Batch::NodeOf(const struct Record &record) const
{
	struct buddy_meant meant;

	if (record.what & RECORD_IN_BATCH)
		return nodes_ && record.slot < row_ ? nodes_[record.slot] - 1 : ~0U;
	return buddy_owner_meant(&owner_, record.slot, record.generation, &meant) ?
		       meant.name.node :
		       ~0U;
}

/* What freeing needs is asked for some operations before it, in the order in which one leads to the other. */
void Batch::FetchAhead()
{
	uint32_t node = ~0U;

	if (const struct Record *record = FreeingAhead(ROWS_TO_NAME)) {
		if (!(record->what & RECORD_IN_BATCH))
			slots_fetch(&owner_.guards, record->slot);
		else if (nodes_ && record->slot < row_)
			__builtin_prefetch(&nodes_[record->slot], 1);
	}
	if (const struct Record *record = FreeingAhead(BUDDY_ROWS_TO_BLOCK))
		buddy_run_fetch_block(allocator_, node = NodeOf(*record));
	ahead_[(row_ + BUDDY_ROWS_TO_BLOCK) % std::size(ahead_)] = node;
	buddy_run_fetch_parent(allocator_, id_,
			       ahead_[(row_ + BUDDY_ROWS_TO_PARENT) % std::size(ahead_)]);
	buddy_run_fetch_buddy(allocator_, id_,
			      ahead_[(row_ + BUDDY_ROWS_TO_BUDDY) % std::size(ahead_)]);
}

/* The operation in work is done. */
void Batch::End(enum buddy_status status)
{
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
	bool is_ours = record.what & RECORD_IN_BATCH;

	results_.WriteList(row_, &list_, base_offset_);
	if (!is_ours && list_.allocator)
		buddy_owner_guard(&owner_, record.slot, &handle_, &list_);
	else if (is_ours && list_.first) {
		nodes_[row_] = buddy_name_of(&list_).node + 1;
		opened_++;
	}
	End(status);
}

void Batch::Alloc(const struct Record &record)
{
	list_ = { nullptr, nullptr, id_ };
	if (record.what & RECORD_IN_BATCH ? !nodes_ : !slots_at(&owner_.guards, record.slot)) {
		End(BUDDY_NO_MEMORY);
		return;
	}
	Prepare(record);
	EndAlloc(record, (record.what & 3) == RECORD_ALLOC ?
				 buddy_run_alloc(allocator_, &list_, &prepared_) :
				 buddy_run_alloc_raw(allocator_, &list_, &prepared_.request));
}

/* The lists that the batch has allocated. */
void Batch::FreeRow(const struct Record &record)
{
	struct buddy_list list;

	if (!nodes_ || record.slot >= row_ || !nodes_[record.slot] ||
	    !buddy_run_find_node(allocator_, id_, nodes_[record.slot] - 1, &list))
		return;
	nodes_[record.slot] = 0;
	closed_++;
	freed_++;
	buddy_run_free(allocator_, &list, record.what & RECORD_CLEARED);
}

/* Somebody else's list, if it comes from this allocator. */
bool Batch::FindMeant(const struct Record &record, struct buddy_meant &meant) const
{
	return buddy_owner_meant(&owner_, record.slot, record.generation, &meant) &&
	       meant.handle->allocator == allocator_;
}

void Batch::FreeMeant(const struct Record &record)
{
	struct buddy_meant meant;

	if (!FindMeant(record, meant))
		return;
	if (meant.is_empty) {
		buddy_owner_forget(&owner_, meant.guard);
		released_.push_back(meant.handle);
	} else {
		buddy_run_free_named(allocator_, meant.handle->owner, meant.name,
				     record.what & RECORD_CLEARED, &freed_);
	}
}

/* The operation in work has freed something, or nothing. */
void Batch::EndFree(enum buddy_status status)
{
	const struct Record &record = records_.records[row_];
	struct buddy_meant meant;

	if (freed_ && !(record.what & RECORD_IN_BATCH) && FindMeant(record, meant))
		Release(meant.handle, freed_);
	End(freed_ ? status : BUDDY_OK);
	freed_ = 0;
}

void Batch::Release(struct buddy_handle *handle, uint64_t freed)
{
	if (handle == &handle_)
		buddy_owner_release(&owner_, handle, freed);
	else
		released_.push_back(handle);
}

void Batch::Free(const struct Record &record)
{
	if (record.what & RECORD_IN_BATCH)
		FreeRow(record);
	else
		FreeMeant(record);
	EndFree(BUDDY_OK);
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
	struct buddy_meant meant;

	if (!record.frees()) {
		list_ = {};
		EndAlloc(record, BUDDY_POISONED);
		return;
	}
	if (record.what & RECORD_IN_BATCH && nodes_ && record.slot < row_ && nodes_[record.slot]) {
		nodes_[record.slot] = 0;
		closed_++;
		freed_++;
	} else if (!(record.what & RECORD_IN_BATCH) && FindMeant(record, meant)) {
		freed_ += buddy_abandon_named(allocator_, meant.handle->owner, meant.name);
	}
	EndFree(BUDDY_POISONED);
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
	for (struct buddy_handle *handle : released_)
		buddy_owner_release(&owner_, handle, 1);
	released_.clear();
}

size_t Batch::RunWholly(size_t first, size_t end)
{
	stops_at_failure_ = true;
	Run(first, end);
	stops_at_failure_ = false;
	if (!stopped_)
		return end;
	if (group_)
		buddy_owner_free_rows(group_, first, BUDDY_CLOSE_UNDONE);
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

	if (buddy_count(&list_) < 2)
		return;
	stopped_ = !buddy_run_read(&list_, &columns_, used_);
	used_ += buddy_count(&list_);
}

size_t Batch::RunAndWatch(size_t first, size_t end, double *state, struct buddy_columns columns)
{
	state_ = state;
	columns_ = columns;
	Run(first, end);
	return row_ - first;
}
