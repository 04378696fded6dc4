/* The slowest allocations that we know of, in small: cut short, they leave the allocator as it was. */
#include "alloc-list.h"
#include "invariants.h"
#include "worst-cases.h"

enum { FRAGMENTS = 2048 };

static enum buddy_status try(const struct worst_case *worst, uint64_t step_limit, uint64_t *steps)
{
	const struct buddy_request request = worst->request(FRAGMENTS);
	struct buddy_avail before, after;
	enum buddy_status status;
	struct buddy_list list;
	struct stage stage;

	worst->build(&stage, FRAGMENTS);
	stage.allocator->step_limit = step_limit;
	buddy_list_init(&list, BUDDY_NOBODY);
	buddy_avail(stage.allocator, &before);
	status = alloc_list(stage.allocator, &list, &request);
	*steps = stage.allocator->context.steps;
	buddy_avail(stage.allocator, &after);

	CHECK_INVARIANTS(stage.allocator, NULL);
	CHECK_EQ(before.avail - after.avail, buddy_bytes(&list));
	if (status) {
		CHECK(status == BUDDY_WORK_LIMIT || status == BUDDY_NO_SPACE);
		CHECK_EQ(before.avail, after.avail);
		CHECK_EQ(buddy_count(&list), 0);
	}
	buddy_free(&list, false);
	stage_strike(&stage);
	return status;
}

TEST("the slowest allocations end as they would without a limit, or at the limit")
{
	for (unsigned int i = 0; i < worst_case_count; i++) {
		uint64_t all_steps, steps;
		enum buddy_status unlimited = try(&worst_cases[i], 0, &all_steps);

		CHECK(unlimited != BUDDY_WORK_LIMIT);
		for (uint64_t limit = 1; limit < 2 * all_steps; limit *= 3) {
			enum buddy_status status = try(&worst_cases[i], limit, &steps);

			CHECK(status == BUDDY_WORK_LIMIT || status == unlimited);
		}
		CHECK_EQ(try(&worst_cases[i], all_steps, &steps), unlimited);
		CHECK_EQ(steps, all_steps);
	}
}

TEST("a quadratic search ends soon after the limit")
{
	/* The first three. */
	for (unsigned int i = 0; i < 3; i++) {
		uint64_t steps;

		CHECK_EQ(try(&worst_cases[i], 10000, &steps), BUDDY_WORK_LIMIT);
		CHECK(steps < 20000);
	}
}
