/*
 * The allocations that take the kernel's code the longest, as far as we know: memory in the state that makes them slow,
 * of any extent, and the call. For tests, in small, and for measurements (worst/main.c). No tests here.
 */
#ifndef TEST_WORST_CASES_H
#define TEST_WORST_CASES_H

#include "test.h"

#include <buddy/lists.h>

/* An allocator, and lists with all that is in use in it. */
struct stage {
	struct buddy_allocator *allocator;
	struct buddy_list *lists;
	uint64_t count;
	/* One chunk above all others, always in use. */
	struct buddy_list anchor;
};

struct worst_case {
	const char *name;
	/* `fragments` is about the number of free blocks, from 64 on. */
	void (*build)(struct stage *stage, uint64_t fragments);
	struct buddy_request (*request)(uint64_t fragments);
};

extern const struct worst_case worst_cases[];
extern const unsigned int worst_case_count;

/* An allocator of this many chunks, each in use, on lists of its own by address. Without a limit of steps. */
void stage_fill(struct stage *stage, uint64_t chunks);
void stage_strike(struct stage *stage);

#endif
