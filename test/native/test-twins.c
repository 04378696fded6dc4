/*
 * The same random calls on two allocators of as many chunks, one in the kernel's unit, the other one in a smaller unit: both
 * answer the same, but for the unit.
 */
#include "random.h"
#include "scenario.h"

#include <buddy/faults.h>
#include <buddy/run.h>

enum { LISTS = 24, MOST_CHUNKS = 400, CALLS = 400 };

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 40 };
#else
enum { ROUNDS = 400 };
#endif

struct twin {
	/* Factor from the program's bytes to the allocator's. */
	uint64_t factor;
	struct buddy_allocator *allocator;
	struct buddy_list lists[LISTS];
};

/* Random calls, whose numbers are chosen in the smaller unit. */
struct program {
	uint64_t random, unit, size;
	struct twin small, large;
};

static void make_twin(const struct program *program, struct twin *twin, uint64_t factor,
		      uint64_t step_limit)
{
	twin->factor = factor;
	twin->allocator = new_allocator_with((struct buddy_config){
		.size = program->size * factor,
		.chunk_size = program->unit * factor,
		.step_limit = step_limit,
		.any_unit = true,
	});
	for (int i = 0; i < LISTS; i++)
		buddy_list_init(&twin->lists[i], BUDDY_NOBODY);
}

static void begin(struct program *program, uint64_t seed, uint64_t unit)
{
	uint64_t step_limit;

	program->random = seed;
	program->unit = unit;
	program->size = unit * (1 + random_below(&program->random, MOST_CHUNKS));
	step_limit = random_below(&program->random, 3) ? 0 : 10;
	make_twin(program, &program->small, 1, step_limit);
	make_twin(program, &program->large, CHUNK / unit, step_limit);
}

static void end_twin(struct twin *twin)
{
	for (int i = 0; i < LISTS; i++)
		CHECK_OK(buddy_free(&twin->lists[i], false));
	drop_allocator(twin->allocator);
}

static uint64_t pick(struct program *program, uint64_t limit)
{
	return random_below(&program->random, limit);
}

/* Picks a number up to a little more than the size, most often a multiple of a chunk. */
static uint64_t pick_bytes(struct program *program)
{
	uint64_t unit = program->unit;

	switch (pick(program, 8)) {
	case 0:
		return pick(program, program->size + 2 * unit);
	case 1:
		return program->size - unit * pick(program, 2) + unit * pick(program, 3);
	case 2:
	case 3:
		return unit * pick(program, program->size / unit + 1);
	default:
		return unit * (1 + pick(program, 16));
	}
}

/* Picks a number that is most often a power of two. */
static uint64_t pick_power(struct program *program)
{
	switch (pick(program, 8)) {
	case 0:
		return pick_bytes(program);
	case 1:
		return 1ULL << pick(program, 24);
	case 2:
	case 3:
		return program->unit << pick(program, 6);
	default:
		return program->unit;
	}
}

static unsigned long pick_flags(struct program *program)
{
	static const unsigned long modes[] = { 0, RANGE, RANGE, TOPDOWN };

	return modes[pick(program, 4)] | (pick(program, 3) ? 0 : CONTIGUOUS) |
	       (pick(program, 2) ? 0 : CLEAR) | (pick(program, 4) ? 0 : TRIM_DISABLE);
}

static struct buddy_request pick_request(struct program *program)
{
	struct buddy_request request = {
		.start = pick_bytes(program),
		.size = pick_bytes(program),
		.min_block_size = pick_power(program),
		.flags = pick_flags(program),
		.tag = pick(program, 100),
	};

	if (request.flags & RANGE && pick(program, 2))
		request.start = program->unit * pick(program, 8);
	request.end = pick(program, 2) ?
			      pick_bytes(program) :
			      request.start + request.size + program->unit * pick(program, 40);
	return request;
}

/* The answer of one twin, in the program's bytes. */
struct answer {
	enum buddy_status status;
	uint64_t numbers[6];
};

static uint64_t divided(const struct twin *twin, uint64_t bytes)
{
	CHECK_EQ(bytes % twin->factor, 0);
	return bytes / twin->factor;
}

struct allocation {
	struct buddy_list *list;
	struct buddy_prepared prepared;
	struct buddy_shortage shortage;
};

static enum buddy_status alloc_and_explain_failure(struct buddy_allocator *allocator,
						   void *arguments)
{
	struct allocation *allocation = arguments;
	enum buddy_status status =
		buddy_run_alloc(allocator, allocation->list, &allocation->prepared);

	if (status == BUDDY_NO_SPACE)
		buddy_run_explain(allocator, &allocation->prepared.request, &allocation->shortage);
	return status;
}

static struct answer alloc(struct twin *twin, uint64_t i, struct buddy_request request)
{
	struct allocation allocation = { &twin->lists[i], { .request = request }, { 0 } };
	struct buddy_request *asked = &allocation.prepared.request;
	enum buddy_status status;

	asked->start *= twin->factor;
	asked->end *= twin->factor;
	asked->size *= twin->factor;
	asked->min_block_size *= twin->factor;
	status = buddy_run(twin->allocator, alloc_and_explain_failure, &allocation);
	return (struct answer){ status,
				{ divided(twin, allocation.shortage.avail),
				  divided(twin, allocation.shortage.largest_free),
				  divided(twin, allocation.shortage.avail_in_range),
				  allocation.shortage.more_in_range } };
}

static struct answer trim(struct twin *twin, uint64_t i, const uint64_t *start, uint64_t new_size)
{
	uint64_t from = start ? *start * twin->factor : 0;

	return (struct answer){
		buddy_trim(&twin->lists[i], start ? &from : NULL, new_size * twin->factor), { 0 }
	};
}

static struct answer look_up(struct twin *twin, uint64_t address)
{
	struct buddy_block_info block = { 0 };
	bool found = false;
	enum buddy_status status =
		buddy_lookup(twin->allocator, address * twin->factor, &block, &found);

	return (struct answer){ status,
				{ found, divided(twin, block.offset), block.order, block.tag,
				  block.clear, block.allocated } };
}

static struct answer measure(struct twin *twin, uint64_t i, uint64_t start, uint64_t end)
{
	uint64_t used = 0, available = 0;
	enum buddy_status of_list =
		buddy_size_in(&twin->lists[i], start * twin->factor, end * twin->factor, &used);
	enum buddy_status status = buddy_avail_in(twin->allocator, start * twin->factor,
						  end * twin->factor, &available);

	return (struct answer){ status,
				{ of_list, divided(twin, used), divided(twin, available) } };
}

static struct answer find_free(struct twin *twin, struct buddy_search search)
{
	struct buddy_search asked = { search.start * twin->factor, search.end * twin->factor,
				      search.size * twin->factor, search.alignment * twin->factor };
	uint64_t address = 0;
	bool found;
	enum buddy_status status = buddy_find_free(twin->allocator, &asked, &address, &found);

	return (struct answer){ status, { found, found ? divided(twin, address) : 0 } };
}

static struct answer sum_up(struct twin *twin, uint64_t i)
{
	uint64_t lowest = 0;
	bool whole = false;
	struct buddy_room room;
	enum buddy_status status = buddy_lowest(&twin->lists[i], &lowest, &whole);

	buddy_room(twin->allocator, &room);
	return (struct answer){ status,
				{ divided(twin, lowest), whole,
				  divided(twin, buddy_bytes(&twin->lists[i])),
				  divided(twin, room.avail), divided(twin, room.largest_free),
				  divided(twin, room.largest_possible) } };
}

/* Makes the same call on both, whose arguments have no side effects. */
#define ON_BOTH(program, call, ...)                                                                \
	check_answers(TEST_HERE, call(&(program)->small, __VA_ARGS__),                             \
		      call(&(program)->large, __VA_ARGS__))

static void check_answers(struct test_place place, struct answer small, struct answer large)
{
	test_check_status(place, "the call in the larger unit", large.status, small.status);
	for (int i = 0; i < 6; i++)
		test_check_equal(place, "a number in the larger unit", large.numbers[i],
				 "the one in the smaller unit", small.numbers[i]);
}

static void check_columns(const struct program *program, const struct buddy_columns *small,
			  const struct buddy_columns *large, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		CHECK_EQ(divided(&program->large, large->offsets[i]), small->offsets[i]);
		CHECK_EQ(large->orders[i], small->orders[i]);
		CHECK_EQ(large->states[i], small->states[i]);
		if (small->states[i] & BUDDY_STATE_ALLOCATED)
			CHECK(large->tags[i] == small->tags[i]);
	}
}

static void check_reports(const struct buddy_list *small, const struct buddy_list *large)
{
	struct buddy_report one, other;
	/* Generations begin anywhere. */
	int32_t mask = (1 << BUDDY_SHAPE_GENERATION_SHIFT) - 1;

	buddy_report(small, &one);
	buddy_report(large, &other);
	CHECK_EQ(one.count, other.count);
	CHECK_EQ(one.chunk, other.chunk);
	CHECK_EQ(one.shape & mask, other.shape & mask);
	CHECK_EQ(buddy_first_chunk(small), buddy_first_chunk(large));
	CHECK_EQ(buddy_first(small).tag, buddy_first(large).tag);
}

static void check_list(struct program *program, uint64_t i)
{
	struct buddy_list *small = &program->small.lists[i], *large = &program->large.lists[i];
	struct buddy_columns small_columns, large_columns;
	uint64_t small_count, large_count;

	CHECK_EQ(!small->allocator, !large->allocator);
	if (!small->allocator)
		return;
	small_columns = new_columns(buddy_count(small));
	large_columns = new_columns(buddy_count(large));
	CHECK_OK(buddy_read(small, &small_columns, &small_count));
	CHECK_OK(buddy_read(large, &large_columns, &large_count));
	CHECK_EQ(small_count, large_count);
	check_columns(program, &small_columns, &large_columns, small_count);
	if (small_count)
		check_reports(small, large);
	free_columns(&small_columns);
	free_columns(&large_columns);
}

static void check_pictures(const struct program *program)
{
	const struct twin *twin = &program->large;
	struct picture small, large;

	take_picture(program->small.allocator, &small);
	take_picture(twin->allocator, &large);
	CHECK_EQ(divided(twin, large.stats.size), small.stats.size);
	CHECK_EQ(divided(twin, large.stats.chunk_size), small.stats.chunk_size);
	CHECK_EQ(divided(twin, large.stats.avail), small.stats.avail);
	CHECK_EQ(divided(twin, large.stats.clear_avail), small.stats.clear_avail);
	CHECK_EQ(large.stats.max_order, small.stats.max_order);
	CHECK_EQ(large.count, small.count);
	check_columns(program, &small.columns, &large.columns, small.count);
	free_picture(&small);
	free_picture(&large);
}

static void check_free_runs(const struct program *program)
{
	uint64_t offsets[2][MOST_CHUNKS], sizes[2][MOST_CHUNKS], counts[2];
	struct buddy_runs small = { MOST_CHUNKS, offsets[0], sizes[0], 0, false };
	struct buddy_runs large = { MOST_CHUNKS, offsets[1], sizes[1], 0, false };

	CHECK_OK(buddy_free_runs(program->small.allocator, &small, &counts[0]));
	CHECK_OK(buddy_free_runs(program->large.allocator, &large, &counts[1]));
	CHECK_EQ(counts[1], counts[0]);
	for (uint64_t i = 0; i < counts[0]; i++) {
		CHECK_EQ(divided(&program->large, offsets[1][i]), offsets[0][i]);
		CHECK_EQ(divided(&program->large, sizes[1][i]), sizes[0][i]);
	}
}

static void call_trim(struct program *program, uint64_t i)
{
	uint64_t start = pick_bytes(program), new_size = pick_bytes(program);
	const uint64_t *from = pick(program, 2) ? &start : NULL;

	/* Most often a part of the first block. */
	if (pick(program, 4) && buddy_count(&program->small.lists[i])) {
		start = buddy_first(&program->small.lists[i]).offset +
			program->unit * pick(program, 8);
		new_size = program->unit * (1 + pick(program, 8));
	}
	ON_BOTH(program, trim, i, from, new_size);
}

static void call_free(struct program *program, uint64_t i)
{
	bool cleared = pick(program, 2);

	CHECK_OK(buddy_free(&program->small.lists[i], cleared));
	CHECK_OK(buddy_free(&program->large.lists[i], cleared));
}

static void call_free_block(struct program *program, uint64_t i)
{
	uint64_t index = pick(program, 4);
	bool cleared = pick(program, 2);

	CHECK_EQ(buddy_free_block(&program->small.lists[i], index, cleared),
		 buddy_free_block(&program->large.lists[i], index, cleared));
}

static void call_reset_clear(struct program *program)
{
	bool clear = pick(program, 2);

	CHECK_OK(buddy_reset_clear(program->small.allocator, clear));
	CHECK_OK(buddy_reset_clear(program->large.allocator, clear));
}

/* The same allocation of memory fails in both, if any. */
static void inject_failure(struct program *program)
{
	uint64_t nth = pick(program, 16);
	bool from_then_on = !pick(program, 4);

	if (!LINUX_SURVIVES_FAILED_SPLITS)
		return;
	buddy_inject_failure(program->small.allocator, nth, from_then_on);
	buddy_inject_failure(program->large.allocator, nth, from_then_on);
}

static void ask(struct program *program, uint64_t i)
{
	struct buddy_search search = { pick_bytes(program), pick_bytes(program),
				       pick_bytes(program), pick_power(program) };

	ON_BOTH(program, look_up, search.start);
	ON_BOTH(program, measure, i, search.start, search.end);
	ON_BOTH(program, find_free, search);
	ON_BOTH(program, sum_up, i);
	check_free_runs(program);
	check_pictures(program);
}

/* Counts the allocations that ended with each status. */
static uint64_t statuses[BUDDY_STATUS_COUNT];

static void call_alloc(struct program *program, uint64_t i)
{
	struct buddy_request request = pick_request(program);
	struct answer small = alloc(&program->small, i, request);

	statuses[small.status]++;
	check_answers(TEST_HERE, small, alloc(&program->large, i, request));
}

static void call_any(struct program *program)
{
	uint64_t i = pick(program, LISTS), choice = pick(program, 32);

	if (choice < 14)
		call_alloc(program, i);
	else if (choice < 18)
		call_trim(program, i);
	else if (choice < 23)
		call_free(program, i);
	else if (choice < 26)
		call_free_block(program, i);
	else if (choice < 27)
		call_reset_clear(program);
	else if (choice < 28)
		inject_failure(program);
	else
		ask(program, i);
	check_list(program, i);
}

static void run_twins(uint64_t unit)
{
	static const enum buddy_status met[] = {
		BUDDY_OK,
		BUDDY_SIZE_ABOVE_SPACE,
		BUDDY_SIZE_ABOVE_SPACE_ROUNDED,
		BUDDY_SIZE_ABOVE_SPACE_CONTIGUOUS,
		BUDDY_MIN_BLOCK_SIZE_NO_POWER_OF_2,
		BUDDY_RANGE_EMPTY,
		BUDDY_RANGE_BEYOND_SPACE,
		BUDDY_RANGE_TOO_LATE,
		BUDDY_RANGE_EXACT_UNALIGNED,
		BUDDY_NO_SPACE,
		LINUX_SURVIVES_FAILED_SPLITS ? BUDDY_NO_MEMORY : BUDDY_NO_SPACE,
		BUDDY_WORK_LIMIT,
		BUDDY_LIST_IN_USE,
	};

	for (uint64_t seed = 0; seed < ROUNDS; seed++) {
		struct program program;

		begin(&program, seed, unit);
		for (int i = 0; i < CALLS; i++)
			call_any(&program);
		end_twin(&program.small);
		end_twin(&program.large);
	}
	for (size_t i = 0; i < sizeof(met) / sizeof(*met); i++)
		if (!statuses[met[i]])
			test_fail(TEST_HERE, "no allocation was answered with status %u: %s %s",
				  met[i], buddy_status_texts[met[i]].argument,
				  buddy_status_texts[met[i]].why);
}

TEST("in chunks of one byte, the blocks are those of the kernel's unit")
{
	run_twins(1);
}

TEST("in chunks of 256 bytes, the blocks are those of the kernel's unit")
{
	run_twins(256);
}

TEST("in chunks of 2048 bytes, the blocks are those of the kernel's unit")
{
	run_twins(2 * KIB);
}
