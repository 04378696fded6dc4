/*
 * Checks what must hold inside an allocator between calls: block tree, free trees, counters, lists and marks agree. Reads the
 * memory itself, not through the calls under test, so that those can be tested with it. No tests here.
 */
#ifndef TEST_INVARIANTS_H
#define TEST_INVARIANTS_H

#include "test.h"

#include <buddy/lists.h>

/* Says where the blocks in use are: on these lists, or parked (`parked` lists). Lists of other allocators are skipped. */
struct holdings {
	const struct buddy_list *const *lists;
	uint64_t count;
	uint64_t parked;
};

/*
 * Ends the program where something does not hold. `holdings` is NULL where other threads hold blocks too. Looks away
 * where a BUG has poisoned the allocator.
 */
void test_check_invariants(struct test_place place, struct buddy_allocator *allocator,
			   const struct holdings *holdings);
#define CHECK_INVARIANTS(allocator, holdings) test_check_invariants(TEST_HERE, allocator, holdings)

#endif
