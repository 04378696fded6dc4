/*
 * What a batch tells of its operations: a column for each property, one after the other in one piece of memory, the columns
 * with the largest elements first. lib/batch-columns.ts is the other side.
 */
#ifndef NODE_BATCH_RESULTS_H
#define NODE_BATCH_RESULTS_H

#include "record.h"

struct BatchResults {
	/* Of the first block on the list that an allocation has left. */
	uint64_t *offsets;
	/* How many blocks are on it. */
	double *counts;
	int32_t *errnos;
	/* Of the list's slot. */
	uint32_t *generations;
	uint8_t *orders;
	uint8_t *clear;
	uint8_t *statuses;

	static constexpr size_t BYTES_PER_ROW = 2 * 8 + 2 * 4 + 3;

	BatchResults(void *memory, size_t rows)
	    : offsets(static_cast<uint64_t *>(memory)),
	      counts(reinterpret_cast<double *>(offsets + rows)),
	      errnos(reinterpret_cast<int32_t *>(counts + rows)),
	      generations(reinterpret_cast<uint32_t *>(errnos + rows)),
	      orders(reinterpret_cast<uint8_t *>(generations + rows)),
	      clear(orders + rows),
	      statuses(clear + rows)
	{}

	void write(size_t row, const struct buddy_operation &operation, uint64_t base_offset,
		   uint32_t generation)
	{
		statuses[row] = static_cast<uint8_t>(operation.status);
		generations[row] = generation;
		if (operation.status)
			errnos[row] = buddy_status_texts[operation.status].error;
		if (operation.status || !operation.count)
			return;
		offsets[row] = base_offset + operation.offset;
		counts[row] = static_cast<double>(operation.count);
		orders[row] = static_cast<uint8_t>(operation.order);
		clear[row] = operation.clear;
	}
};

#endif
