/* The operations of one batch: from its records to its results. */
#ifndef NODE_BATCH_H
#define NODE_BATCH_H

#include "batch-results.h"

#include <vector>

struct BatchRecords {
	const struct Record *records;
	const struct RequestRecord *requests;
	size_t number_of_requests;
};

class Batch {
public:
	/* `group` has as many rows as `results`, and receives the lists of the batch; nullptr: no record may be RECORD_IN_BATCH. */
	Batch(struct buddy_owner &owner, struct buddy_handle &handle, BatchRecords records,
	      BatchResults results, struct buddy_group *group, uint64_t base_offset)
	    : owner_(owner),
	      handle_(handle),
	      allocator_(handle.allocator),
	      id_(handle.owner),
	      records_(records),
	      results_(results),
	      group_(group),
	      nodes_(group ? group->nodes : nullptr),
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
	/* Whether the group has lists now. */
	bool holds_lists() const { return opened_ > closed_; }

private:
	void DoSome();
	const struct Record *FreeingAhead(size_t rows) const;
	uint32_t NodeOf(const struct Record &record) const;
	void FetchAhead();
	void Alloc(const struct Record &record);
	void Free(const struct Record &record);
	void FreeRow(const struct Record &record);
	void FreeMeant(const struct Record &record);
	bool FindMeant(const struct Record &record, struct buddy_meant &meant) const;
	void Prepare(const struct Record &record);
	void Abandon(const struct Record &record);
	void EndAlloc(const struct Record &record, enum buddy_status status);
	void EndFree(enum buddy_status status);
	void End(enum buddy_status status);
	void Watch(const struct Record &record);
	void Release(struct buddy_handle *handle, uint64_t freed);

	struct buddy_owner &owner_;
	struct buddy_handle &handle_;
	struct buddy_allocator *allocator_;
	/* The owner of its lists. */
	uint32_t id_;
	BatchRecords records_;
	BatchResults results_;
	struct buddy_group *group_;
	uint32_t *nodes_;
	uint64_t base_offset_;

	/* The next operation, or the one in work; where to stop, at the latest. */
	size_t row_ = 0, end_ = 0;
	/* The list of the last allocation. */
	struct buddy_list list_ = {};
	/* Lists that the operation in work has freed. */
	uint64_t freed_ = 0;
	/* Nodes of lists that will be freed soon, by the numbers of the operations. */
	uint32_t ahead_[32] = {};
	bool stops_at_failure_ = false, stopped_ = false;
	/* What the last allocation has asked for. */
	struct buddy_prepared prepared_ = {};
	uint32_t request_ = ~0U;
	/* For whoever watches. */
	double *state_ = nullptr;
	struct buddy_columns columns_ = {};
	uint64_t used_ = 0;
	/* Handles with which the allocator may go: not before the run has ended. */
	std::vector<struct buddy_handle *> released_;

	size_t opened_ = 0, closed_ = 0;
	enum buddy_status status_ = BUDDY_OK;
	bool poisoned_ = false;
};

#endif
