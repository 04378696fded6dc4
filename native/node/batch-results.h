/*
 * What a batch tells of its operations: a column for each property, one after the other in one piece of memory, the columns
 * with the largest elements first. All of it is zero before the batch is run. lib/batch-columns.ts is the other side.
 */
#ifndef NODE_BATCH_RESULTS_H
#define NODE_BATCH_RESULTS_H

#include "record.h"

#include <algorithm>

struct BatchResults {
	/* Offsets of the first blocks on the lists that allocations have left; doubles, if `as_doubles`. */
	uint64_t *offsets;
	/* How many blocks are on it, or as many as there is room for in the number. */
	uint32_t *counts;
	uint8_t *orders;
	uint8_t *clear;
	/* An enum buddy_status. */
	uint8_t *statuses;
	bool as_doubles;

	static constexpr size_t BYTES_PER_ROW = 8 + 4 + 3;

	BatchResults(void *memory, size_t rows, bool as_doubles)
	    : offsets(static_cast<uint64_t *>(memory)),
	      counts(reinterpret_cast<uint32_t *>(offsets + rows)),
	      orders(reinterpret_cast<uint8_t *>(counts + rows)),
	      clear(orders + rows),
	      statuses(clear + rows),
	      as_doubles(as_doubles)
	{}

	void WriteList(size_t row, const struct buddy_list *list, uint64_t base_offset)
	{
		if (!list->first)
			return;

		struct buddy_block_info first = buddy_first(list);
		counts[row] =
			static_cast<uint32_t>(std::min<uint64_t>(buddy_count(list), UINT32_MAX));
		WriteOffset(row, base_offset + first.offset);
		orders[row] = static_cast<uint8_t>(first.order);
		clear[row] = first.clear;
	}

private:
	void WriteOffset(size_t row, uint64_t offset)
	{
		double number = static_cast<double>(offset);

		if (as_doubles)
			memcpy(&offsets[row], &number, sizeof(number));
		else
			offsets[row] = offset;
	}
};

#endif
