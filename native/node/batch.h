/* The operations of one batch: from its records to its results. */
#ifndef NODE_BATCH_H
#define NODE_BATCH_H

#include "batch-results.h"

struct BatchRecords {
	const struct Record *records;
	const struct RequestRecord *requests;
	size_t number_of_requests;
};

class Batch {
public:
	/* `slots` has as many rows as `results`, and receives the slots of the lists that the batch opens, see struct buddy_group. */
	Batch(struct buddy_owner &owner, struct buddy_allocator *allocator, BatchRecords records,
	      BatchResults results, uint32_t *slots, uint64_t base_offset)
	    : owner_(owner),
	      allocator_(allocator),
	      records_(records),
	      results_(results),
	      slots_(slots),
	      base_offset_(base_offset)
	{}

	/* Does those from `first` to `end`, up to the first that fails: then those before it are taken back. Returns that one. */
	size_t RunWholly(size_t first, size_t end);
	/* Does them all. */
	void Run(size_t first, size_t end);
	/*
	 * The same, and notes in three cells a record what avail, clear avail and the number of kernel warnings are after it,
	 * and the blocks of each list of more than one. Gives how many were done: not all, where the columns are too short for
	 * the last one's.
	 */
	size_t RunAndWatch(size_t first, size_t end, double *state, struct buddy_columns columns);

	/* Of the last one that failed. */
	enum buddy_status status() const { return status_; }
	/* Whether one has found the allocator poisoned. */
	bool poisoned() const { return poisoned_; }
	/* Whether there are lists in slots that the batch has opened. */
	bool holds_lists() const { return opened_ > closed_; }

private:
	void DoSome();
	const struct Record *FreeingAhead(size_t rows) const;
	void FetchAhead();
	void Alloc(const struct Record &record);
	void Free(const struct Record &record);
	void Prepare(const struct Record &record);
	uint32_t SlotOf(const struct Record &record, size_t row) const;
	struct buddy_list *FindFreed(const struct Record &record);
	void Abandon(const struct Record &record);
	void EndAlloc(const struct Record &record, enum buddy_status status);
	void EndFree(const struct Record &record, enum buddy_status status);
	void End(enum buddy_status status);
	void CloseSlotOf(size_t row);
	void Watch(const struct Record &record);

	struct buddy_owner &owner_;
	struct buddy_allocator *allocator_;
	BatchRecords records_;
	BatchResults results_;
	/* nullptr: no record may open lists. */
	uint32_t *slots_;
	uint64_t base_offset_;

	/* The next operation, or the one in work; where to stop, at the latest. */
	size_t row_ = 0, end_ = 0;
	/* Of the operation in work, once it is known; nullptr between operations. */
	struct buddy_list *list_ = nullptr;
	/* Lists that will be freed soon, by the numbers of the operations. */
	const struct buddy_list *ahead_[32] = {};
	bool stops_at_failure_ = false, stopped_ = false;
	/* What the last allocation has asked for. */
	struct buddy_prepared prepared_ = {};
	uint32_t request_ = ~0U;
	/* For whoever watches. */
	double *state_ = nullptr;
	struct buddy_columns columns_ = {};
	uint64_t used_ = 0;

	size_t opened_ = 0, closed_ = 0;
	enum buddy_status status_ = BUDDY_OK;
	bool poisoned_ = false;
};

/* What becomes of the blocks in slots that are closed. */
enum closing {
	CLOSE_DIRTY,
	CLOSE_CLEARED,
	CLOSE_UNDONE,
};

/*
 * Gives back what is in these slots (see struct buddy_group), the last one first, and closes them. Each number becomes 0 in the
 * step that closes its slot. Tells whether an allocator of theirs is poisoned.
 */
bool CloseSlots(struct buddy_owner &owner, uint32_t *slots, size_t count, enum closing how);

#endif
