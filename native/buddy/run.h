/*
 * The calls that programs make most, allocating and freeing, one or many in one go: operations in a row on one allocator
 * share its lock and its guard against BUGs. buddy_alloc() and its like (buddy.h) are runs of one.
 */
#ifndef BUDDY_RUN_H
#define BUDDY_RUN_H

#include <buddy/buddy.h>

enum buddy_operation_kind {
	BUDDY_ALLOC,
	BUDDY_ALLOC_RAW,
	BUDDY_FREE,
	/* Takes an allocation back: its blocks are as clear or dirty afterwards as they were before it. */
	BUDDY_UNDO,
};

/*
 * What an allocation asks for, and what the checked entry has made of it. As long as neither the request nor the allocator
 * changes, it can be used again; whoever changes one of them takes `is_known` back.
 */
struct buddy_prepared {
	struct buddy_request request;
	bool is_known;
	/* Why it cannot be done at all; BUDDY_OK: it can be tried. */
	enum buddy_status status;
	/* What the kernel is to be asked for. */
	bool loses_alignment;
	uint64_t start, end;
	unsigned long flags;
};

struct buddy_operation {
	enum buddy_operation_kind kind;
	/* In: BUDDY_OK, or why this operation cannot be done and is left out. Out: how it ended. */
	enum buddy_status status;
	/* Of an allocation; a list that is to be freed knows its own. */
	struct buddy_allocator *allocator;
	struct buddy_list *list;
	union {
		/* Of an allocation. */
		struct buddy_prepared *prepared;
		bool cleared;
	};

	/* Out, of an allocation: how many blocks are on the list, and the first of them where there is one. */
	uint64_t count;
	uint64_t offset;
	unsigned int order;
	bool clear;
};

/* Receives, for whoever wants to know it all, the state after each operation, and the blocks of lists of more than one. */
struct buddy_sink {
	/* One for each operation. */
	struct buddy_avail *avail;
	struct buddy_columns columns;
	/* Rows that are filled. */
	uint64_t used;
	/* There was no room for the blocks of the last list. */
	bool full;
};

/* So many operations at the most should go into one run, lest others wait too long for the lock. */
#define BUDDY_LONGEST_RUN 64

struct buddy_run {
	struct buddy_operation *operations;
	size_t count;
	/* NULL where nobody does. */
	struct buddy_sink *sink;
	/* The operation that fails is the last one. */
	bool stops_at_failure;
};

/*
 * Does the operations in their order and tells how many: all of them, those up to and including the first that failed, or
 * those up to and including the one that allocated the list for whose blocks the sink has no room.
 */
size_t buddy_run(const struct buddy_run *run);

#endif
