/*
 * Carries arguments and results between JavaScript and this library: memory that both sides see, and that JavaScript cannot
 * detach. lib/native/mailbox.ts is the other side; it learns from layout.c where everything is.
 *
 * Arguments are doubles or, where the bit of their index is set in `wide`, 64-bit integers. Results are doubles (all that the
 * allocator reports in bytes is a multiple of the chunk size, and so exact in a double: there are at most 2^52 chunks), but for
 * the words of tokens, for bytes in a range and reserved ones, which need not be such a multiple, and for what is said of a list.
 */
#ifndef BUDDY_MAILBOX_H
#define BUDDY_MAILBOX_H

#include <buddy/queue.h>
#include <buddy/record.h>

#define BUDDY_MAILBOX_CELLS 12
/* Frees that can wait for the next call. */
#define BUDDY_QUEUE_LENGTH 32

struct buddy_mailbox {
	double arguments[BUDDY_MAILBOX_CELLS];
	double results[BUDDY_MAILBOX_CELLS];
	uint32_t wide;
	/* An enum buddy_status. */
	int32_t status;
	/* How many frees are in the queue. */
	uint32_t queued;
	/* How often the record of the allocation has changed, but for slot and size. */
	int32_t changes;
	/* How often a call of this environment has found an allocator poisoned. */
	int32_t poisonings;
	/* Counts how often all lists of an allocator were freed at once. */
	int32_t free_alls;
	/*
	 * The list that the last call has left. Number of blocks and offset, where they are too large for it, stand in the first
	 * two results.
	 */
	struct buddy_report list;
	int32_t unused;
	/* The record of an allocation. What it says stands until it is changed. */
	struct buddy_alloc_record alloc;
	/* Lists that are to be freed before the next call does its work, whatever that is. */
	struct buddy_queued queue[BUDDY_QUEUE_LENGTH];
};

#endif
