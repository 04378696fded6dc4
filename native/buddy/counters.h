/*
 * Counters of an allocator, for metrics: kept under its lock by all threads, read by one observer. They begin at 0, and never fall,
 * but for the number of lists. All are 64-bit numbers.
 */
#ifndef BUDDY_COUNTERS_H
#define BUDDY_COUNTERS_H

#include <buddy/buddy.h>

/* Reasons of a refused allocation. */
struct buddy_failures {
	/* Its account would hold more than it may. */
	uint64_t limit;
	/* Less is free than was asked for. */
	uint64_t full;
	/* The free bytes are reserved for other accounts. */
	uint64_t reserved;
	/* The range that was given has no place for it; or there is none in a piece that fits. */
	uint64_t range, fragmented;
	/* The native memory for the bookkeeping is used up. */
	uint64_t memory;
	/* The search took more steps than it may. */
	uint64_t work;
};

struct buddy_counters {
	/* Lists that have been allocated, also those that were taken back; lists that there are, and that have blocks. */
	uint64_t allocations, lists;
	struct buddy_failures failures;
	/* Freed by BUDDY_CLOSE_RECLAIMED; the bytes in the kernel's unit, but for whoever observes them. */
	uint64_t reclaimed_lists, reclaimed_bytes;
};

/* The numbers that an observer is told, in the caller's unit. */
struct buddy_observation {
	uint64_t size, avail, clear_avail, reserved, largest_free, largest_possible;
	struct buddy_counters counters;
};

/*
 * Describes an allocator to one observer at a time, named by any address: to the first one that asks, until it ends. False for all
 * others. Works on a poisoned allocator.
 */
bool buddy_observe(struct buddy_allocator *allocator, const void *observer,
		   struct buddy_observation *observation);

/* Ends the observation, if this is the observer. */
void buddy_end_observation(struct buddy_allocator *allocator, const void *observer);

#endif
