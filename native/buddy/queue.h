/*
 * Frees that JavaScript has queued: they are done before its next call, whatever that is. An allocation shares its run with the
 * frees right before it, if these come through the same handle or out of the same pool.
 */
#ifndef BUDDY_QUEUE_H
#define BUDDY_QUEUE_H

#include <buddy/pool.h>

/* A list or an allocation of a pool that is to be freed: four integers of JavaScript's memory. */
struct buddy_queued {
	/* The slot of the handle, or of the pool. */
	uint32_t slot;
	/* The node of the first block, or the index of the entry. */
	uint32_t node;
	/* The low bits of a list's, or the entry's. */
	uint32_t generation;
	/* Bits, and the high bits of a list's generation, where they stand in the shape of a report. */
	uint32_t what;
};

#define BUDDY_QUEUED_CLEARED 1U
#define BUDDY_QUEUED_IN_POOL 2U

/* Frees these. BUDDY_POISONED where one of the allocators is poisoned; the others are done all the same. */
enum buddy_status buddy_free_queued(struct buddy_owner *owner, const struct buddy_queued *queued,
				    size_t count);

/* An allocation, and the frees that share its run. */
struct buddy_exchange {
	struct buddy_handle *handle;
	/* The pool that it is for; NULL: it is for the environment's own lists. */
	struct buddy_pool *pool;
	const struct buddy_queued *next, *end;
	/* The list that receives the blocks; NULL: nothing is allocated. */
	struct buddy_list *list;
	struct buddy_prepared *prepared;
	/* Receives what is free where the allocation finds no space; NULL: nobody wants to know. */
	struct buddy_shortage *shortage;
	/* Users of the handle that the frees have ended. */
	uint64_t freed;
};

/* Gives the first of the frees, up to `end`, that can share a run with an allocation for this slot. */
const struct buddy_queued *buddy_queue_tail(const struct buddy_queued *queue,
					    const struct buddy_queued *end, uint32_t slot,
					    bool is_pool);

/* Does the frees, then the allocation. It is for the caller to release the handle's users. */
enum buddy_status buddy_exchange(struct buddy_exchange *exchange);

#endif
