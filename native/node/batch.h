/* The operations of one batch: from its records to its results. */
#ifndef NODE_BATCH_H
#define NODE_BATCH_H

#include "batch-results.h"

class Batch {
public:
	Batch(struct buddy_owner &owner, struct buddy_allocator *allocator,
	      const struct Record *records, BatchResults results, uint64_t base_offset)
	    : owner_(owner),
	      allocator_(allocator),
	      records_(records),
	      results_(results),
	      base_offset_(base_offset)
	{
		prepared_[0] = {};
	}

	/* Does those from `first` to `end`, up to the first that fails: then those before it are taken back. Gives that one. */
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

private:
	struct buddy_operation operations_[BUDDY_LONGEST_RUN];

	void Read(const struct Record &record, size_t row, struct buddy_operation &operation);
	struct buddy_prepared *Prepare(const struct Record &record);
	struct buddy_list *GiveUp(uint32_t slot, uint32_t generation);
	void ReadFreed(const struct Record &record, size_t row, struct buddy_operation &operation);
	void Write(size_t row, const struct buddy_operation &operation);
	/* Reads, does and writes as many as one run may have. Gives how many were done. */
	size_t RunSome(size_t first, size_t end, struct buddy_sink *sink, bool stops_at_failure);
	void CloseSlotOf(size_t row);

	struct buddy_owner &owner_;
	struct buddy_allocator *allocator_;
	const struct Record *records_;
	BatchResults results_;
	uint64_t base_offset_;
	/* Requests of this run: one for each allocation that asks for something else than the one before it. */
	struct buddy_prepared prepared_[BUDDY_LONGEST_RUN + 1];
	struct buddy_prepared *last_prepared_ = prepared_;
	enum buddy_status status_ = BUDDY_OK;
	bool poisoned_ = false;
};

/*
 * Gives back what is in these slots (see BatchResults), the last one first, and closes them. Tells whether an allocator of
 * theirs is poisoned.
 */
bool CloseSlots(struct buddy_owner &owner, uint32_t *slots, size_t count,
		enum buddy_operation_kind how, bool cleared);

#endif
