/*
 * Batches: do many operations in one call, from their records to their results. lib/native/batches.ts writes the
 * records, lib/native/batch-columns.ts reads the results.
 */
#ifndef BUDDY_BATCH_H
#define BUDDY_BATCH_H

#include <buddy/owner.h>
#include <buddy/record.h>

/*
 * Results are a column for each property, one after the other in one piece of memory, the columns with the largest elements
 * first. All of it is zero before the batch is run. A column begins at the number of rows times its place here.
 */
enum buddy_batch_column {
	/* Offset of the first block on the list that an allocation has left: 64 bits. */
	BUDDY_BATCH_OFFSET = 0,
	/* Number of its blocks, at most what fits in 32 bits. */
	BUDDY_BATCH_COUNT = 8,
	/* Order of the first block, whether it is clear, and an enum buddy_status: 8 bits each. */
	BUDDY_BATCH_ORDER = 12,
	BUDDY_BATCH_CLEAR,
	BUDDY_BATCH_STATUS,
	BUDDY_BATCH_BYTES_PER_ROW,
};

/* Cells of `state` for each operation: avail, clear avail and the number of kernel warnings after it. */
#define BUDDY_BATCH_STATE_CELLS 3

struct buddy_batch {
	/* `rows` records. */
	const struct buddy_record *records;
	const struct buddy_request_record *requests;
	size_t request_count;
	/* See enum buddy_batch_column. */
	void *results;
	size_t rows;
	/* Offsets are written as doubles, and this is added to each. */
	bool as_doubles;
	uint64_t base_offset;
	/* The records to do, which lie within the rows; of these the first `whole` are all or nothing. */
	size_t first, count, whole;
	/* Receives the lists of the batch, and must be empty; NULL: no record may be BUDDY_RECORD_IN_BATCH. */
	struct buddy_group *group;
	/*
	 * Receives BUDDY_BATCH_STATE_CELLS cells a row, and `blocks` the blocks of each list of more than one; NULL: nobody wants
	 * to know. Where `blocks` is too short for a list, its operation is the last one.
	 */
	double *state;
	struct buddy_columns blocks;

	/* Number of operations done; with a status, those before the failed one, which are undone. */
	size_t done;
	/* True if the group has lists now. */
	bool holds_lists;
	/* True if an operation has found the allocator poisoned. */
	bool met_poison;
};

/*
 * Does the operations one after the other, through an open handle. The status is that of the operation that failed among those
 * that are all or nothing; the others have theirs in the results.
 */
enum buddy_status buddy_run_batch(struct buddy_owner *owner, struct buddy_handle *handle,
				  struct buddy_batch *batch);

#endif
