/*
 * The ways through the kernel's code that allocate memory, one scenario each, run as often as it allocates: with the
 * first, the second, … and the last allocation failing, once or from then on. Whatever fails leaves all as it was.
 */
#include "invariants.h"
#include "scenario.h"

#include <buddy/faults.h>

/* The memory before the scenario, which may use three lists for it, and the call that is to fail. */
struct scenario {
	const char *name;
	void (*prepare)(struct buddy_allocator *allocator, struct buddy_list *lists);
	enum buddy_status (*call)(struct buddy_allocator *allocator, struct buddy_list *lists,
				  struct buddy_list *result);
};

enum { KEPT = 3, SPACE = 16 << 20 };

static void prepare_nothing(struct buddy_allocator *allocator, struct buddy_list *lists)
{
	(void)allocator;
	(void)lists;
}

/* Chunks in use here and there, and clear memory between the dirty. */
static void prepare_mixed(struct buddy_allocator *allocator, struct buddy_list *lists)
{
	EMPTY_LIST(cleared);

	CHECK_OK(ALLOC(allocator, &lists[0], .start = MIB, .end = MIB + CHUNK, .size = CHUNK,
		       .flags = RANGE));
	CHECK_OK(ALLOC(allocator, &lists[1], .start = 9 * MIB, .end = 9 * MIB + CHUNK,
		       .size = CHUNK, .flags = RANGE));
	CHECK_OK(ALLOC(allocator, &cleared, .start = 4 * MIB, .end = 8 * MIB - CHUNK,
		       .size = 4 * MIB - CHUNK, .flags = RANGE));
	CHECK_OK(buddy_free(&cleared, true));
}

/* Everything is in use but [2 MiB, 4 MiB + 64 KiB) and [8 MiB - 64 KiB, 10 MiB): pieces to be put together. */
static void prepare_holes(struct buddy_allocator *allocator, struct buddy_list *lists)
{
	CHECK_OK(ALLOC(allocator, &lists[0], .start = 0, .end = 2 * MIB, .size = 2 * MIB,
		       .flags = RANGE));
	CHECK_OK(ALLOC(allocator, &lists[1], .start = 4 * MIB + 64 * KIB, .end = 8 * MIB - 64 * KIB,
		       .size = 4 * MIB - 128 * KIB, .flags = RANGE));
	CHECK_OK(ALLOC(allocator, &lists[2], .start = 10 * MIB, .end = 16 * MIB, .size = 6 * MIB,
		       .flags = RANGE));
}

static void prepare_block(struct buddy_allocator *allocator, struct buddy_list *lists)
{
	CHECK_OK(ALLOC(allocator, &lists[0], .size = 8 * MIB, .min_block_size = 8 * MIB));
}

static enum buddy_status simple(struct buddy_allocator *allocator, struct buddy_list *lists,
				struct buddy_list *result)
{
	(void)lists;
	return ALLOC(allocator, result, .size = 3 * MIB + 20 * KIB);
}

static enum buddy_status top_down_clear(struct buddy_allocator *allocator, struct buddy_list *lists,
					struct buddy_list *result)
{
	(void)lists;
	return ALLOC(allocator, result, .size = 6 * MIB + 4 * KIB, .min_block_size = 64 * KIB,
		     .flags = TOPDOWN | CLEAR);
}

static enum buddy_status in_range(struct buddy_allocator *allocator, struct buddy_list *lists,
				  struct buddy_list *result)
{
	(void)lists;
	return ALLOC(allocator, result, .start = 2 * MIB + 64 * KIB, .end = 12 * MIB,
		     .size = 6 * MIB, .min_block_size = 64 * KIB, .flags = RANGE);
}

static enum buddy_status exact_range(struct buddy_allocator *allocator, struct buddy_list *lists,
				     struct buddy_list *result)
{
	(void)lists;
	return ALLOC(allocator, result, .start = 3 * MIB + CHUNK, .end = 9 * MIB - CHUNK,
		     .size = 6 * MIB - 2 * CHUNK, .flags = RANGE);
}

static enum buddy_status contiguous(struct buddy_allocator *allocator, struct buddy_list *lists,
				    struct buddy_list *result)
{
	(void)lists;
	return ALLOC(allocator, result, .size = MIB + 12 * KIB, .flags = CONTIGUOUS);
}

static enum buddy_status contiguous_to_the_right(struct buddy_allocator *allocator,
						 struct buddy_list *lists,
						 struct buddy_list *result)
{
	(void)lists;
	return ALLOC(allocator, result, .size = 2 * MIB + 12 * KIB, .flags = CONTIGUOUS);
}

static enum buddy_status contiguous_to_the_left(struct buddy_allocator *allocator,
						struct buddy_list *lists, struct buddy_list *result)
{
	(void)lists;
	return ALLOC(allocator, result, .size = 2 * MIB + 24 * KIB, .min_block_size = 8 * KIB,
		     .flags = CONTIGUOUS);
}

static enum buddy_status aligned(struct buddy_allocator *allocator, struct buddy_list *lists,
				 struct buddy_list *result)
{
	(void)lists;
	return ALLOC(allocator, result, .size = 16 * KIB, .min_block_size = MIB);
}

static enum buddy_status aligned_in_range(struct buddy_allocator *allocator,
					  struct buddy_list *lists, struct buddy_list *result)
{
	(void)lists;
	return ALLOC(allocator, result, .start = 64 * KIB, .end = 15 * MIB, .size = 16 * KIB,
		     .min_block_size = MIB, .flags = RANGE);
}

static enum buddy_status trim(struct buddy_allocator *allocator, struct buddy_list *lists,
			      struct buddy_list *result)
{
	uint64_t start = buddy_first(&lists[0]).offset + 20 * KIB;

	(void)allocator;
	(void)result;
	return buddy_trim(&lists[0], &start, 3 * MIB);
}

static const struct scenario scenarios[] = {
	{ "simple", prepare_nothing, simple },
	{ "top-down, clear", prepare_mixed, top_down_clear },
	{ "range", prepare_mixed, in_range },
	{ "exact range", prepare_nothing, exact_range },
	{ "exact range, mixed", prepare_mixed, exact_range },
	{ "contiguous, trimmed", prepare_mixed, contiguous },
	{ "contiguous, to the right", prepare_holes, contiguous_to_the_right },
	{ "contiguous, to the left", prepare_holes, contiguous_to_the_left },
	{ "aligned", prepare_mixed, aligned },
	{ "aligned in a range", prepare_mixed, aligned_in_range },
	{ "trim", prepare_block, trim },
};

/* Failed means: nobody has anything more or less, and only clear memory may have become dirty (H22). */
static void check_nothing_taken(const struct scenario *scenario, uint64_t nth,
				struct buddy_allocator *allocator, const struct buddy_avail *before,
				const struct buddy_list *result)
{
	struct buddy_avail after;

	buddy_avail(allocator, &after);
	if (after.avail != before->avail || after.clear_avail > before->clear_avail ||
	    buddy_count(result) != 0)
		test_fail(TEST_HERE, "%s leaves something behind when allocation %llu fails",
			  scenario->name, (unsigned long long)nth);
}

/* Runs the scenario with the nth allocation failing. Returns whether there was an nth. */
static bool fail_nth(const struct scenario *scenario, uint64_t nth, bool from_then_on)
{
	struct buddy_allocator *allocator = new_allocator(SPACE);
	struct buddy_list lists[KEPT], result;
	const struct buddy_list *all[KEPT + 1] = { &lists[0], &lists[1], &lists[2], &result };
	const struct holdings holdings = { all, KEPT + 1, 0 };
	struct buddy_avail before;
	enum buddy_status status;
	bool failed;

	buddy_list_init(&result, BUDDY_NOBODY);
	for (unsigned int i = 0; i < KEPT; i++)
		buddy_list_init(&lists[i], BUDDY_NOBODY);
	scenario->prepare(allocator, lists);

	buddy_avail(allocator, &before);
	buddy_inject_failure(allocator, nth, from_then_on);
	status = scenario->call(allocator, lists, &result);
	failed = allocator->context.out_of_memory;
	CHECK_INVARIANTS(allocator, &holdings);

	/* A failure may be harmless: another way is found, or what could not be split off is not wanted. */
	if (status && (status != BUDDY_NO_MEMORY || !failed))
		test_fail(TEST_HERE, "%s ends with status %d when allocation %llu fails",
			  scenario->name, status, (unsigned long long)nth);
	if (status)
		check_nothing_taken(scenario, nth, allocator, &before, &result);

	buddy_free(&result, false);
	for (unsigned int i = 0; i < KEPT; i++)
		buddy_free(&lists[i], i % 2);
	CHECK_EQ(avail_of(allocator), SPACE);
	drop_allocator(allocator);
	return failed;
}

static void fail_all(bool from_then_on)
{
	for (unsigned int i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++) {
		uint64_t nth = 1;

		while (fail_nth(&scenarios[i], nth, from_then_on))
			nth++;
		if (nth == 1)
			test_fail(TEST_HERE, "%s takes no memory", scenarios[i].name);
	}
}

TEST("whichever allocation of memory fails, the call does or leaves all as it was")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	fail_all(false);
}

TEST("whichever allocation of memory is the first of many to fail, the call leaves all as it was")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	fail_all(true);
}

TEST("an allocator that has too little memory to begin with is not made")
{
	uint64_t limit = 16;
	enum buddy_status status;

	/* Several roots, so that there is more to take back. */
	do {
		struct buddy_config config = { .size = SPACE - CHUNK,
					       .chunk_size = CHUNK,
					       .memory_limit = limit };
		struct buddy_allocator *allocator = NULL;

		status = buddy_create(&config, &allocator);
		if (!status)
			drop_allocator(allocator);
		else
			CHECK_STATUS(status, NO_MEMORY);
		limit += 16;
	} while (status);
	CHECK(limit > 64 * KIB && limit < 70 * KIB);
}
