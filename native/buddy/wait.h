/*
 * Waiting for free memory: an event count. The epoch of an allocator goes up in the run that frees bytes, and whoever has seen it
 * can ask to be told, once, of the next time. So between a failed allocation and the wait for memory no free is missed.
 */
#ifndef BUDDY_WAIT_H
#define BUDDY_WAIT_H

#include <buddy/buddy.h>
#include <stddef.h>

/* A waiter for the next free. The memory is the caller's, and must stay where it is while it is armed. */
struct buddy_waiter {
	/* Called under the allocator's lock, in whatever thread frees: it must not call the allocator, nor wait. */
	void (*wake)(void *context, uint32_t number);
	void *context;
	uint32_t number;
	/* The next one that is armed, and the pointer to this one; NULL while it is not armed. */
	struct buddy_waiter *next, **link;
};

/* Arms a waiter in a list of such, and disarms one: under the lock of the allocator. */
static inline void buddy_link_waiter(struct buddy_waiter **waiters, struct buddy_waiter *waiter)
{
	waiter->next = *waiters;
	waiter->link = waiters;
	if (waiter->next)
		waiter->next->link = &waiter->next;
	*waiters = waiter;
}

static inline void buddy_unlink_waiter(struct buddy_waiter *waiter)
{
	*waiter->link = waiter->next;
	if (waiter->next)
		waiter->next->link = waiter->link;
	waiter->link = NULL;
}

/*
 * Counts how often bytes have become free: by any free, trim, or end of an owner, in any thread. Undone allocations of a batch count,
 * once, if another caller was refused bytes meanwhile.
 */
uint64_t buddy_epoch(struct buddy_allocator *allocator);

/*
 * Arms the waiter, if it is not armed yet, and gives the epoch of that moment. It is disarmed, and told, by the next free, or
 * when the allocator is poisoned.
 */
enum buddy_status buddy_wait(struct buddy_allocator *allocator, struct buddy_waiter *waiter,
			     uint64_t *epoch);

/* Disarms a waiter, if it is armed: afterwards it is not told of anything. */
void buddy_end_wait(struct buddy_allocator *allocator, struct buddy_waiter *waiter);

#endif
