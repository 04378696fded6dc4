/* Tests the work of one allocation: hazards H19 and H20, and the step limit against them. */
#include "scenario.h"

enum { BLOCKS = 4096 };

static struct buddy_list board[BLOCKS];

/* Every other chunk is in use, so that only single chunks are free. */
static struct buddy_allocator *fragmented(uint64_t step_limit)
{
	struct buddy_allocator *allocator = new_allocator_with((struct buddy_config){
		.size = BLOCKS * CHUNK, .chunk_size = CHUNK, .step_limit = step_limit });

	fill(allocator, board, CHUNK);
	for (int i = 1; i < BLOCKS; i += 2)
		CHECK_OK(buddy_free(&board[i], false));
	return allocator;
}

/* The upper half: clear chunks that cannot merge. The lower half: pairs, one clear, one dirty, that can when forced. */
static struct buddy_allocator *unmergeable(uint64_t step_limit)
{
	struct buddy_allocator *allocator = new_allocator_with((struct buddy_config){
		.size = BLOCKS * CHUNK, .chunk_size = CHUNK, .step_limit = step_limit });

	fill(allocator, board, CHUNK);
	for (int i = BLOCKS / 2; i < BLOCKS; i += 2)
		CHECK_OK(buddy_free(&board[i], true));
	for (int i = 0; i < BLOCKS / 2; i += 4) {
		CHECK_OK(buddy_free(&board[i], true));
		CHECK_OK(buddy_free(&board[i + 1], false));
	}
	return allocator;
}

static void end(struct buddy_allocator *allocator)
{
	for (int i = 0; i < BLOCKS; i++)
		CHECK_OK(buddy_free(&board[i], false));
	CHECK_EQ(avail_of(allocator), BLOCKS * CHUNK);
	drop_allocator(allocator);
}

TEST("H19: the kernel's search of a range over many fragments ends at the step limit, and all is as before")
{
	static const uint64_t limits[] = { 1, 100, 129, 1000, 100000 };

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct buddy_allocator *allocator = fragmented(limits[i]);
		struct picture before;
		EMPTY_LIST(list);

		take_picture(allocator, &before);
		CHECK_STATUS(ALLOC_RAW(allocator, &list, .end = BLOCKS * CHUNK, .size = 4 * MIB,
				       .flags = RANGE),
			     WORK_LIMIT);
		CHECK_OK(buddy_free(&list, false));
		CHECK_UNCHANGED(allocator, &before);
		end(allocator);
	}
}

TEST("H19: a range over many fragments is found in one walk, with few steps for each block")
{
	static const uint64_t limits[] = { 0, 100 * 1024 };

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct buddy_allocator *allocator = fragmented(limits[i]);
		EMPTY_LIST(list);

		CHECK_OK(ALLOC(allocator, &list, .end = BLOCKS * CHUNK, .size = 4 * MIB,
			       .flags = RANGE));
		CHECK_EQ(buddy_count(&list), 1024);
		CHECK_BOOKS(allocator);
		CHECK_OK(buddy_free(&list, false));
		end(allocator);
	}
}

TEST("H19: the walk ends at the step limit too, and all is as before")
{
	static const uint64_t limits[] = { 1, 100, 129, 1000, 10000 };

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct buddy_allocator *allocator = fragmented(limits[i]);
		struct picture before;
		EMPTY_LIST(list);

		take_picture(allocator, &before);
		CHECK_STATUS(ALLOC(allocator, &list, .end = BLOCKS * CHUNK, .size = 4 * MIB,
				   .flags = RANGE),
			     WORK_LIMIT);
		CHECK_SAME(list.allocator, NULL);
		CHECK_UNCHANGED(allocator, &before);
		end(allocator);
	}
}

TEST("H20: merging by force, block by block, ends at the step limit")
{
	struct buddy_allocator *allocator = unmergeable(20000);
	EMPTY_LIST(list);

	CHECK_STATUS(ALLOC(allocator, &list, .size = 200 * 8 * KIB, .min_block_size = 8 * KIB),
		     WORK_LIMIT);
	CHECK_SAME(list.allocator, NULL);
	CHECK_EQ(avail_of(allocator), 2048 * CHUNK);
	CHECK_BOOKS(allocator);
	end(allocator);
}

TEST("H20: without a step limit the same call goes through")
{
	struct buddy_allocator *allocator = unmergeable(0);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 200 * 8 * KIB, .min_block_size = 8 * KIB));
	CHECK_EQ(buddy_count(&list), 200);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	end(allocator);
}

TEST("a call that stays below the step limit does not notice it")
{
	struct buddy_allocator *allocator = new_allocator_with(
		(struct buddy_config){ .size = GIB, .chunk_size = CHUNK, .step_limit = 1 });
	EMPTY_LIST(list);

	for (int i = 0; i < 1000; i++) {
		CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB));
		CHECK_OK(buddy_free(&list, false));
		CHECK_OK(
			ALLOC(allocator, &list, .end = 64 * KIB, .size = 28 * KIB, .flags = RANGE));
		CHECK_OK(buddy_free(&list, false));
	}
	drop_allocator(allocator);
}

TEST("space that is not there is ENOSPC, however little work it took to find out")
{
	struct buddy_allocator *allocator = fragmented(100);
	EMPTY_LIST(list);

	CHECK_STATUS(ALLOC(allocator, &list, .size = 8 * KIB, .min_block_size = 8 * KIB), NO_SPACE);
	end(allocator);
}

TEST("the step limit holds for allocations only")
{
	struct buddy_allocator *allocator = unmergeable(1);
	struct buddy_block_info block;
	bool found;

	CHECK_OK(buddy_lookup(allocator, BLOCKS * CHUNK - 1, &block, &found));
	CHECK(found);
	CHECK_OK(buddy_reset_clear(allocator, true));
	CHECK_EQ(clear_avail_of(allocator), avail_of(allocator));
	CHECK_BOOKS(allocator);
	end(allocator);
}

TEST("the raw entry has a step limit too, and leaves the allocator in order")
{
	struct buddy_allocator *allocator = fragmented(1000);
	struct picture before;
	EMPTY_LIST(list);

	take_picture(allocator, &before);
	CHECK_STATUS(
		ALLOC_RAW(allocator, &list, .end = BLOCKS * CHUNK, .size = 4 * MIB, .flags = RANGE),
		WORK_LIMIT);
	CHECK_UNCHANGED(allocator, &before);
	CHECK_OK(buddy_free(&list, false));
	end(allocator);
}
