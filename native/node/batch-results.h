/*
 * What a batch tells of its operations: a column for each property, one after the other in one piece of memory, the columns
 * with the largest elements first. All of it is zero before the batch is run. lib/batch-columns.ts is the other side.
 */
#ifndef NODE_BATCH_RESULTS_H
#define NODE_BATCH_RESULTS_H

#include "record.h"
#include <cerrno>

struct BatchResults {
	/* Of the first block on the list that an allocation has left. */
	uint64_t *offsets;
	/* How many blocks are on it. */
	double *counts;
	/* Negative; -EIO for the errors of this library's own. */
	int32_t *errnos;
	/* Where the list is that an allocation has left in a slot of the batch's own: the number of the slot, and 1. */
	uint32_t *slots;
	uint8_t *orders;
	uint8_t *clear;
	uint8_t *statuses;

	static constexpr size_t BYTES_PER_ROW = 2 * 8 + 2 * 4 + 3;

	BatchResults(void *memory, size_t rows)
	    : offsets(static_cast<uint64_t *>(memory)),
	      counts(reinterpret_cast<double *>(offsets + rows)),
	      errnos(reinterpret_cast<int32_t *>(counts + rows)),
	      slots(reinterpret_cast<uint32_t *>(errnos + rows)),
	      orders(reinterpret_cast<uint8_t *>(slots + rows)),
	      clear(orders + rows),
	      statuses(clear + rows)
	{}

	void WriteFailure(size_t row, enum buddy_status status)
	{
		int error = buddy_status_texts[status].error;

		statuses[row] = static_cast<uint8_t>(status);
		errnos[row] = error ? error : -EIO;
	}

	void WriteList(size_t row, const struct buddy_list *list, uint64_t base_offset)
	{
		uint64_t count = buddy_count(list);

		if (!count)
			return;

		struct buddy_block_info first = buddy_first(list);
		counts[row] = static_cast<double>(count);
		offsets[row] = base_offset + first.offset;
		orders[row] = static_cast<uint8_t>(first.order);
		clear[row] = first.clear;
	}
};

#endif
