/*
 * Carries arguments and results across the border without N-API values: one SharedArrayBuffer of 8-byte cells that both sides
 * see, since JavaScript cannot detach such a one. A cell is a double, a 64-bit unsigned integer or two 32-bit integers.
 *
 * Arguments are doubles or, where the bit of their index is set in MAILBOX_WIDE, 64-bit integers. Results are doubles (all
 * that the allocator reports in bytes is a multiple of the chunk size, and so exact in a double: there are at most 2^52
 * chunks), but for the words of tokens, for bytes in a range, which need not be such a multiple, and for what is said of a
 * list.
 */
#ifndef NODE_MAILBOX_H
#define NODE_MAILBOX_H

#include <cstdint>

extern "C" {
#include <buddy/batch.h>
#include <buddy/queue.h>
}

/* Integers of the header of a pool's memory, and of each entry behind it. */
#define POOL_ENTRY_INTEGERS 4

static_assert(sizeof(struct buddy_pool_header) == POOL_ENTRY_INTEGERS * sizeof(int32_t));
static_assert(sizeof(struct buddy_pool_entry) == POOL_ENTRY_INTEGERS * sizeof(int32_t));

/* Cells. */
enum mailbox_cell {
	MAILBOX_ARGUMENTS = 0,
	MAILBOX_RESULTS = 12,
	MAILBOX_INTEGERS = 24,
	/* The record of an allocation. What it says stands until it is changed. */
	MAILBOX_ALLOC = 32,
	/* The queue: lists that are to be freed before the next call does its work, whatever that is. */
	MAILBOX_QUEUE = MAILBOX_ALLOC + BUDDY_ALLOC_CELLS,
	MAILBOX_QUEUE_LENGTH = 32,
	MAILBOX_CELLS = MAILBOX_QUEUE + MAILBOX_QUEUE_LENGTH * 2,
};

/* Two cells of the queue. */
static_assert(sizeof(struct buddy_queued) == 2 * sizeof(double));

/* 32-bit integers, from MAILBOX_INTEGERS on. */
enum mailbox_integer {
	MAILBOX_WIDE,
	MAILBOX_STATUS,
	/* How many lists are in the queue. */
	MAILBOX_QUEUED,
	/* How often the record of the allocation has changed, but for slot and size. */
	MAILBOX_CHANGES,
	/* How often a call of this environment has found an allocator poisoned. */
	MAILBOX_POISONINGS,
	/* Counts how often all lists of an allocator were freed at once. */
	MAILBOX_FREE_ALLS,

	/*
	 * The list that the last call has left: a struct buddy_report. Number of blocks and offset, where they are too large for
	 * it, stand in the first two results.
	 */
	MAILBOX_LIST_COUNT,
	MAILBOX_LIST_NODE,
	MAILBOX_LIST_GENERATION,
	MAILBOX_LIST_CHUNK,
	MAILBOX_LIST_SHAPE,

	MAILBOX_INTEGER_COUNT,
};

static_assert(sizeof(struct buddy_report) ==
	      (MAILBOX_INTEGER_COUNT - MAILBOX_LIST_COUNT) * sizeof(int32_t));
static_assert(MAILBOX_INTEGER_COUNT <= 2 * (MAILBOX_ALLOC - MAILBOX_INTEGERS));

class Mailbox {
public:
	/* Before this nothing else may be called. */
	void connect(void *memory)
	{
		doubles_ = static_cast<double *>(memory);
		integers_ = reinterpret_cast<int32_t *>(doubles_ + MAILBOX_INTEGERS);
	}

	uint64_t number(unsigned int index) const
	{
		return buddy_number_in(doubles_ + MAILBOX_ARGUMENTS + index,
				       integers_[MAILBOX_WIDE] >> index & 1);
	}

	uint32_t index(unsigned int index) const { return static_cast<uint32_t>(number(index)); }
	bool flag(unsigned int index) const { return number(index) != 0; }

	void result(unsigned int index, uint64_t value)
	{
		doubles_[MAILBOX_RESULTS + index] = static_cast<double>(value);
	}

	/* A result that is all 64 bits: for these the other side reads a bigint. */
	void word(unsigned int index, uint64_t value)
	{
		reinterpret_cast<uint64_t *>(doubles_)[MAILBOX_RESULTS + index] = value;
	}

	void status(int value)
	{
		integers_[MAILBOX_STATUS] = value;
		if (value == BUDDY_POISONED)
			note_poisoning();
	}

	void note_poisoning() { integers_[MAILBOX_POISONINGS]++; }

	void note_free_all() { integers_[MAILBOX_FREE_ALLS]++; }

	void integer(mailbox_integer which, uint32_t value)
	{
		integers_[which] = static_cast<int32_t>(value);
	}

	struct buddy_report *report()
	{
		return reinterpret_cast<struct buddy_report *>(integers_ + MAILBOX_LIST_COUNT);
	}

	const struct buddy_alloc_record &alloc() const
	{
		return *reinterpret_cast<const struct buddy_alloc_record *>(doubles_ +
									    MAILBOX_ALLOC);
	}

	int32_t changes() const { return integers_[MAILBOX_CHANGES]; }

	const struct buddy_queued *queue() const
	{
		return reinterpret_cast<const struct buddy_queued *>(doubles_ + MAILBOX_QUEUE);
	}

	/* How many lists are in the queue, which is empty afterwards. */
	unsigned int take_queued()
	{
		unsigned int queued = static_cast<unsigned int>(integers_[MAILBOX_QUEUED]);

		integers_[MAILBOX_QUEUED] = 0;
		return queued < MAILBOX_QUEUE_LENGTH ? queued : +MAILBOX_QUEUE_LENGTH;
	}

private:
	double *doubles_ = nullptr;
	int32_t *integers_ = nullptr;
};

#endif
