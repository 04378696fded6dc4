/* Random calls, sensible and not, with and without failures: the books are always balanced, and no byte has two owners. */
#include "alloc-list.h"
#include "random.h"
#include "scenario.h"

#include <buddy/faults.h>

enum { LISTS = 40, STEPS = 3000 };

struct run {
	uint64_t random;
	uint64_t size;
	struct buddy_allocator *allocator;
	struct buddy_list lists[LISTS];
};

static struct run run;

static uint64_t pick(uint64_t limit)
{
	return random_below(&run.random, limit);
}

static bool one_in(uint64_t number)
{
	return pick(number) == 0;
}

/* A multiple of the chunk size up to the space, small ones more often; now and then nonsense. */
static uint64_t pick_bytes(void)
{
	uint64_t chunks = run.size / CHUNK;

	if (one_in(50))
		return random_next(&run.random);
	return CHUNK * (1 + pick(1 + (chunks >> pick(8))));
}

static uint64_t pick_power(void)
{
	return one_in(40) ? pick_bytes() : CHUNK << pick(one_in(4) ? 8 : 3);
}

static struct buddy_request pick_request(void)
{
	static const unsigned long modes[] = { 0, 0, TOPDOWN, RANGE, RANGE };
	struct buddy_request request = {
		.start = pick_bytes() - CHUNK,
		.size = pick_bytes(),
		.min_block_size = pick_power(),
		.flags = modes[pick(5)],
		.tag = pick(1000),
	};

	request.end = one_in(4) ? request.start + request.size : request.start + pick_bytes();
	if (one_in(3))
		request.flags |= CONTIGUOUS;
	if (one_in(3))
		request.flags |= CLEAR;
	if (one_in(6))
		request.flags |= TRIM_DISABLE;
	return request;
}

/* A list that was given by the checked entry is what was asked for. */
static void check_result(struct buddy_list *list, const struct buddy_request *request)
{
	struct buddy_columns columns = new_columns(buddy_count(list));
	uint64_t count, bytes = 0, next = 0;

	CHECK_OK(buddy_read(list, &columns, &count));
	for (uint64_t i = 0; i < count; i++) {
		uint64_t offset = columns.offsets[i], size = CHUNK << columns.orders[i];

		if (request->flags & RANGE && !(request->flags & TRIM_DISABLE))
			CHECK(offset >= request->start && offset + size <= request->end);
		if (request->flags & CONTIGUOUS && i)
			CHECK_EQ(offset, next);
		if (i == 0)
			CHECK_EQ(offset & (request->min_block_size - 1), 0);
		CHECK_EQ((uint64_t)columns.tags[i], request->tag);
		bytes += size;
		next = offset + size;
	}
	if (request->flags & TRIM_DISABLE)
		CHECK(bytes >= request->size);
	else
		CHECK_EQ(bytes, request->size);
	free_columns(&columns);
}

static void alloc_at_random(struct buddy_list *list)
{
	struct buddy_request request = pick_request();
	struct picture before;
	enum buddy_status status;
	bool unclear = clear_avail_of(run.allocator) == 0;

	if (list->allocator)
		return;
	if (one_in(10)) {
		alloc_list_raw(run.allocator, list, &request);
		return;
	}

	take_picture(run.allocator, &before);
	status = alloc_list(run.allocator, list, &request);
	if (status == BUDDY_OK)
		check_result(list, &request);
	else
		CHECK_EQ(avail_of(run.allocator), before.stats.avail);
	if (status != BUDDY_OK && unclear)
		CHECK_UNCHANGED(run.allocator, &before);
	else
		free_picture(&before);
}

static void step(void)
{
	struct buddy_list *list = &run.lists[pick(LISTS)];
	uint64_t start = pick_bytes();

	switch (pick(12)) {
	case 0:
		buddy_free_block(list, pick(4), one_in(2));
		break;
	case 1:
		buddy_trim(list, one_in(2) ? &start : NULL, pick_bytes());
		break;
	case 2:
		if (one_in(30))
			CHECK_OK(buddy_reset_clear(run.allocator, one_in(2)));
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		CHECK_OK(buddy_free(list, one_in(2)));
		break;
	default:
		alloc_at_random(list);
	}
}

static uint64_t bytes_in_lists(void)
{
	uint64_t bytes = 0;

	for (int i = 0; i < LISTS; i++)
		if (run.lists[i].allocator)
			bytes += bytes_in(&run.lists[i]);
	return bytes;
}

/* With failures, one in eight allocations of native memory fails. */
static void run_at_random(uint64_t seed, struct buddy_config config, bool with_failures)
{
	run = (struct run){ .random = seed, .size = config.size };
	run.allocator = new_allocator_with(config);
	for (int i = 0; i < LISTS; i++)
		buddy_list_init(&run.lists[i], BUDDY_NOBODY);

	for (int i = 0; i < STEPS; i++) {
		if (with_failures)
			buddy_inject_failure(run.allocator, 1 + pick(15), one_in(4));
		step();
		buddy_inject_failure(run.allocator, 0, false);
		if (i % 10 == 0) {
			CHECK_BOOKS(run.allocator);
			CHECK_EQ(bytes_in_lists() + avail_of(run.allocator), config.size);
		}
	}

	for (int i = 0; i < LISTS; i++)
		CHECK_OK(buddy_free(&run.lists[i], false));
	CHECK_EQ(avail_of(run.allocator), config.size);
	drop_allocator(run.allocator);
}

static const uint64_t sizes[] = { 4 * KIB, 28 * KIB, 256 * KIB, 1000 * KIB, 16 * MIB, 1ULL << 40 };

#define SIZES (sizeof(sizes) / sizeof(*sizes))

TEST("random calls keep the books balanced and give what was asked for")
{
	for (size_t i = 0; i < SIZES; i++)
		for (uint64_t seed = 1; seed <= 3; seed++)
			run_at_random(
				seed,
				(struct buddy_config){ .size = sizes[i], .chunk_size = CHUNK },
				false);
}

TEST("random calls with failing memory keep the books balanced and change nothing when they fail")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	for (size_t i = 0; i < SIZES; i++)
		for (uint64_t seed = 1; seed <= 3; seed++)
			run_at_random(
				seed,
				(struct buddy_config){ .size = sizes[i], .chunk_size = CHUNK },
				true);
}

TEST("random calls with hardly any work allowed keep the books balanced and change nothing when they fail")
{
	for (size_t i = 0; i < SIZES; i++)
		for (uint64_t limit = 1; limit <= 1000; limit *= 10)
			run_at_random(limit,
				      (struct buddy_config){ .size = sizes[i],
							     .chunk_size = CHUNK,
							     .step_limit = limit },
				      false);
}
