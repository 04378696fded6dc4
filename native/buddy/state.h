/*
 * Allocates blocks at given places and of given sizes: of one list, or of all lists of an allocator that is restored. Offsets are in
 * chunks, so that they are exact as doubles. No column is trusted.
 */
#ifndef BUDDY_STATE_H
#define BUDDY_STATE_H

#include <buddy/owner.h>

/* Places of blocks, a column for each property. */
struct buddy_places {
	uint64_t count;
	const double *chunks;
	const uint8_t *orders;
	/* Whether each block counts as clear: 0 or 1. NULL: the caller says it for all of them. */
	const uint8_t *clear;
};

/* Says whether the blocks of a list are to count as clear. */
enum buddy_clearness {
	/* Keeps what the free memory was. */
	BUDDY_AS_FOUND,
	BUDDY_DIRTY,
	BUDDY_CLEAR,
};

/*
 * Allocates blocks that each lie within one free block, in this order, into a list that is free to receive some. All or nothing:
 * where one can't be had, `failed` is its row, and the free memory is as it was. BUDDY_BLOCK_NOT_FREE where a block overlaps one of
 * the rows before it, too.
 */
enum buddy_status buddy_claim(struct buddy_allocator *allocator, struct buddy_list *list,
			      const struct buddy_places *places, uint64_t tag, uint32_t account,
			      enum buddy_clearness clearness, uint64_t *failed);

/*
 * Holds the state of an allocator, without its size: its lists, by the address of their first block; their blocks, list after
 * list; and the free blocks that are clear, by address.
 */
struct buddy_state {
	uint64_t list_count, block_count, free_count;
	double *tags;
	double *counts;
	double *chunks;
	uint8_t *orders;
	/* 0 or 1. */
	uint8_t *clear;
	double *free_chunks;
	uint8_t *free_orders;
};

/*
 * Writes the lists of all owners. The counts, which say what the columns have room for, become what has been written; where that
 * is too little, nothing is written, and they become what will do.
 */
enum buddy_status buddy_save(struct buddy_allocator *allocator, struct buddy_state *state,
			     bool *is_written);

/*
 * Takes all of a state in an allocator of which nothing is allocated or clear. Each row of `nodes` receives the node of a list's
 * first block, with 1 added. Where a block can't be had, `failed` is its row, or the number of all lists' blocks and the row of a
 * free one; the lists before it are there.
 */
enum buddy_status buddy_restore(struct buddy_allocator *allocator, uint32_t owner,
				const struct buddy_state *state, uint32_t *nodes, uint64_t *failed);

/* The same into an empty group of a handle. Where that fails, the group is empty. */
enum buddy_status buddy_owner_restore(struct buddy_owner *owner, struct buddy_handle *handle,
				      struct buddy_group *group, const struct buddy_state *state,
				      uint64_t *failed);

#endif
