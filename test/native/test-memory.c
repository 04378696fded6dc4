/* Tests native memory that runs out: hazards H16 to H18 and H21, with failures on demand. */
#include "alloc-list.h"
#include "random.h"
#include "scenario.h"

#include <buddy/faults.h>
#include <stdlib.h>

/* Requests that split blocks in every way there is, from a space of which some is in use. None finds a block ready made. */
static const struct buddy_request requests[] = {
	{ .size = 4 * KIB, .min_block_size = CHUNK },
	{ .size = 28 * KIB, .min_block_size = CHUNK },
	{ .size = 4 * KIB, .min_block_size = CHUNK, .flags = TOPDOWN },
	{ .size = 4 * KIB, .min_block_size = 64 * KIB },
	{ .size = 4 * KIB, .min_block_size = 64 * KIB, .flags = CONTIGUOUS },
	{ .size = 12 * KIB, .min_block_size = 64 * KIB },
	{ .size = 28 * KIB, .min_block_size = CHUNK, .flags = CONTIGUOUS },
	{ .size = 12 * KIB, .min_block_size = CHUNK, .flags = CONTIGUOUS | TRIM_DISABLE },
	{ .size = 764 * KIB, .min_block_size = CHUNK, .flags = CONTIGUOUS },
	{ .size = 28 * KIB, .min_block_size = CHUNK, .flags = CLEAR },
	{ .start = 12 * KIB,
	  .end = 500 * KIB,
	  .size = 28 * KIB,
	  .min_block_size = CHUNK,
	  .flags = RANGE },
	{ .start = 36 * KIB,
	  .end = 64 * KIB,
	  .size = 28 * KIB,
	  .min_block_size = CHUNK,
	  .flags = RANGE },
	{ .start = 12 * KIB,
	  .end = 500 * KIB,
	  .size = 4 * KIB,
	  .min_block_size = 64 * KIB,
	  .flags = RANGE },
	{ .start = 12 * KIB,
	  .end = 500 * KIB,
	  .size = 4 * KIB,
	  .min_block_size = 64 * KIB,
	  .flags = RANGE | CONTIGUOUS },
	{ .start = 12 * KIB,
	  .end = 132 * KIB,
	  .size = 4 * KIB,
	  .min_block_size = 64 * KIB,
	  .flags = RANGE },
	{ .start = 12 * KIB,
	  .end = 500 * KIB,
	  .size = 28 * KIB,
	  .min_block_size = CHUNK,
	  .flags = RANGE | CONTIGUOUS },
};

#define REQUESTS (sizeof(requests) / sizeof(*requests))

static struct buddy_allocator *used_allocator(struct buddy_list *used)
{
	struct buddy_allocator *allocator = new_allocator(MIB);

	take_at(allocator, used, 0, 32 * KIB);
	return allocator;
}

/* Allocates while native memory fails at the `nth` time, or from then on. Returns the status. */
static enum buddy_status alloc_with_failure(const struct buddy_request *request, uint64_t nth,
					    bool from_then_on)
{
	struct buddy_list used;
	struct buddy_allocator *allocator = used_allocator(&used);
	struct picture before;
	enum buddy_status status;
	EMPTY_LIST(list);

	take_picture(allocator, &before);
	buddy_inject_failure(allocator, nth, from_then_on);
	status = alloc_list(allocator, &list, request);
	buddy_inject_failure(allocator, 0, false);
	if (status) {
		CHECK_STATUS(status, NO_MEMORY);
		CHECK_SAME(list.allocator, NULL);
		CHECK_UNCHANGED(allocator, &before);
		CHECK_OK(alloc_list(allocator, &list, request));
	} else {
		free_picture(&before);
	}

	if (!(request->flags & TRIM_DISABLE))
		CHECK_EQ(bytes_in(&list), request->size);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&used, false));
	CHECK_EQ(avail_of(allocator), MIB);
	drop_allocator(allocator);
	return status;
}

TEST("H18: whichever single allocation of memory fails, the call fails with ENOMEM or finds another way")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	for (size_t i = 0; i < REQUESTS; i++) {
		unsigned int failures = 0;

		for (uint64_t nth = 1; nth <= 60; nth++)
			failures += alloc_with_failure(&requests[i], nth, false) != BUDDY_OK;
		CHECK(failures < 60);
	}
}

TEST("H18: the call fails with ENOMEM if memory is gone for good, and changes nothing")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	for (size_t i = 0; i < REQUESTS; i++) {
		uint64_t nth = 1;

		while (alloc_with_failure(&requests[i], nth, true))
			CHECK(++nth < 60);
		CHECK(nth > 1);
	}
}

TEST("H17: an allocation whose trim gets no memory fails, rather than give more than was asked for")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct picture before;
	EMPTY_LIST(list);
	EMPTY_LIST(raw);

	/* 12 KiB of a block of 16 KiB: six splits lead there, at two nodes each, and the next one is the trim's. */
	buddy_inject_failure(allocator, 13, true);
	CHECK_OK(ALLOC_RAW(allocator, &raw, .end = MIB, .size = 12 * KIB, .flags = CONTIGUOUS));
	CHECK_BLOCKS(&raw, { MIB - 16 * KIB, 16 * KIB });
	buddy_inject_failure(allocator, 0, false);
	CHECK_OK(buddy_free(&raw, false));

	take_picture(allocator, &before);
	buddy_inject_failure(allocator, 13, true);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 12 * KIB, .flags = CONTIGUOUS), NO_MEMORY);
	CHECK_UNCHANGED(allocator, &before);
	drop_allocator(allocator);
}

TEST("H17: with trim-disable there is no trim that could fail")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	buddy_inject_failure(allocator, 13, true);
	CHECK_OK(ALLOC(allocator, &list, .size = 12 * KIB, .flags = CONTIGUOUS | TRIM_DISABLE));
	CHECK_BLOCKS(&list, { MIB - 16 * KIB, 16 * KIB });
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("a trim that gets no memory leaves the block whole, with its tag")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	uint64_t starts[] = { MIB - 256 * KIB, MIB - 252 * KIB, MIB - 12 * KIB };

	for (int i = 0; i < 3; i++) {
		for (uint64_t nth = 1; nth <= 12; nth++) {
			struct buddy_allocator *allocator = new_allocator(MIB);
			struct picture before;
			EMPTY_LIST(list);

			CHECK_OK(ALLOC(allocator, &list, .size = 256 * KIB, .tag = 8));
			take_picture(allocator, &before);
			buddy_inject_failure(allocator, nth, false);
			CHECK_STATUS(buddy_trim(&list, &starts[i], 4 * KIB), NO_MEMORY);
			CHECK_UNCHANGED(allocator, &before);
			CHECK_BLOCKS(&list, { MIB - 256 * KIB, 256 * KIB });
			CHECK_EQ(buddy_first(&list).tag, 8);

			CHECK_OK(buddy_trim(&list, &starts[i], 4 * KIB));
			CHECK_BLOCKS(&list, { starts[i], 4 * KIB });
			CHECK_OK(buddy_free(&list, false));
			drop_allocator(allocator);
		}
	}
}

TEST("nothing but splitting needs memory")
{
	struct buddy_list used;
	struct buddy_allocator *allocator = used_allocator(&used);
	struct buddy_block_info block;
	bool found;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB));
	buddy_inject_failure(allocator, 1, true);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_lookup(allocator, 4 * KIB, &block, &found));
	CHECK_OK(buddy_reset_clear(allocator, true));
	CHECK_OK(buddy_free_block(&list, 0, true));
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&used, true));
	CHECK_OK(ALLOC(allocator, &list, .size = MIB));
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

enum { LISTS = 20000 };

static struct buddy_list lists[LISTS];

/* Takes chunks one by one until something is used up. Returns how many it got. */
static unsigned int exhaust(struct buddy_allocator *allocator, enum buddy_status expected)
{
	enum buddy_status status = BUDDY_OK;
	unsigned int count = 0;

	while (!status) {
		CHECK(count < LISTS);
		buddy_list_init(&lists[count], BUDDY_NOBODY);
		status = ALLOC(allocator, &lists[count], .size = CHUNK);
		count += !status;
	}
	CHECK_EQ(status, expected);
	return count;
}

TEST("H21: no call takes native memory beyond the limit")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	uint64_t limit = 300 * KIB;
	struct buddy_allocator *allocator = new_allocator_with(
		(struct buddy_config){ .size = GIB, .chunk_size = CHUNK, .memory_limit = limit });
	unsigned int count = exhaust(allocator, BUDDY_NO_MEMORY);
	struct picture before;
	EMPTY_LIST(list);

	CHECK(count > 1000);
	CHECK(buddy_native_bytes(allocator) <= limit + sizeof(*allocator));
	CHECK(avail_of(allocator) > GIB / 2);
	take_picture(allocator, &before);
	CHECK_STATUS(ALLOC(allocator, &list, .end = 64 * MIB, .size = 28 * KIB, .flags = RANGE),
		     NO_MEMORY);
	CHECK_UNCHANGED(allocator, &before);

	CHECK_OK(buddy_free(&lists[count - 1], false));
	CHECK_OK(ALLOC(allocator, &lists[count - 1], .size = CHUNK));
	for (unsigned int i = 0; i < count; i++)
		CHECK_OK(buddy_free(&lists[i], i % 2));
	CHECK_BOOKS(allocator);
	CHECK_EQ(avail_of(allocator), GIB);
	drop_allocator(allocator);
}

TEST("H21: an exact range over memory that is clear and dirty by turns stays within the limit")
{
	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	struct buddy_allocator *allocator = new_allocator_with((struct buddy_config){
		.size = GIB, .chunk_size = CHUNK, .memory_limit = 300 * KIB });
	unsigned int count = exhaust(allocator, BUDDY_NO_MEMORY);
	EMPTY_LIST(list);

	for (unsigned int i = 0; i < count; i++)
		CHECK_OK(buddy_free(&lists[i], i % 2));
	CHECK_OK(ALLOC(allocator, &list, .end = GIB - CHUNK, .size = GIB - CHUNK, .flags = RANGE));
	CHECK_EQ(bytes_in(&list), GIB - CHUNK);
	CHECK(buddy_count(&list) > count / 2);
	CHECK(buddy_native_bytes(allocator) <= 300 * KIB + sizeof(*allocator));
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("memory that is free but not to be had is ENOSPC, not ENOMEM")
{
	struct buddy_allocator *allocator = new_allocator(16 * MIB);
	unsigned int count = exhaust(allocator, BUDDY_NO_SPACE);

	CHECK_EQ(count, 4096);
	for (unsigned int i = 0; i < count; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	drop_allocator(allocator);
}

TEST("slabs except the first are given back with the last block, and come again when they are needed")
{
	/* Seven roots. */
	enum { BLOCKS = 127 * 256 };
	struct buddy_allocator *allocator = new_allocator(BLOCKS * CHUNK);
	struct buddy_list *many = calloc(BLOCKS, sizeof(*many));
	uint64_t at_first = buddy_native_bytes(allocator);

	for (int round = 0; round < 3; round++) {
		fill(allocator, many, CHUNK);
		CHECK(buddy_native_bytes(allocator) > at_first + 4 * MIB);
		for (int i = 0; i < BLOCKS; i++)
			CHECK_OK(buddy_free(&many[i], false));
		CHECK_EQ(buddy_native_bytes(allocator), at_first);
	}
	free(many);
	drop_allocator(allocator);
}

/* Blocks of one size that touch each other, clear and dirty by turns: they do not merge. */
static void leave_unmerged(struct buddy_allocator *allocator, uint64_t start, uint64_t end,
			   uint64_t block_size)
{
	uint64_t count = (end - start) / block_size;
	struct buddy_list *many = calloc(count, sizeof(*many));

	for (uint64_t i = 0; i < count; i++)
		take_at(allocator, &many[i], start + i * block_size, block_size);
	for (uint64_t i = 0; i < count; i++)
		CHECK_OK(buddy_free(&many[i], i % 2));
	free(many);
}

TEST("an allocator whose blocks could not merge, in many slabs, ends in order")
{
	/* Roots of 64, 32, 16, 8, 4, 2 and 1 MiB. The first two go before the third, whose nodes are the youngest. */
	struct buddy_allocator *allocator = new_allocator(127 * MIB);

	leave_unmerged(allocator, 0, 64 * MIB, 32 * MIB);
	leave_unmerged(allocator, 64 * MIB, 96 * MIB, 16 * MIB);
	leave_unmerged(allocator, 112 * MIB, 127 * MIB, CHUNK);
	leave_unmerged(allocator, 96 * MIB, 112 * MIB, CHUNK);
	drop_allocator(allocator);
}

/* ---- clear memory */

enum { TRUTH_CHUNKS = 4096, TRUTH_LISTS = 600 };

/* Whether every chunk of the space is zero. */
static bool truth[TRUTH_CHUNKS];

/* Says that the memory of a list is clear, or that it was written. */
static void set_truth(const struct buddy_list *list, bool clear)
{
	struct gpu_buddy_block *block;

	buddy_for_each_block(block, list)
		for (u64 i = 0; i < 1ULL << gpu_buddy_block_order(block); i++)
			truth[gpu_buddy_block_offset(block) / CHUNK + i] = clear;
}

static void check_truth(const struct buddy_list *list)
{
	struct gpu_buddy_block *block;

	buddy_for_each_block(block, list)
		for (u64 i = 0; i < 1ULL << gpu_buddy_block_order(block); i++)
			CHECK(!gpu_buddy_block_is_clear(block) ||
			      truth[gpu_buddy_block_offset(block) / CHUNK + i]);
}

/* An allocator with the least memory that there can be one in. */
static struct buddy_allocator *least_allocator(void)
{
	struct buddy_config config = { .size = TRUTH_CHUNKS * CHUNK, .chunk_size = CHUNK };
	struct buddy_allocator *allocator;

	do
		config.memory_limit += 64;
	while (buddy_create(&config, &allocator) != BUDDY_OK);
	return allocator;
}

TEST("memory that was written is never told to be clear, however little native memory there is")
{
	static const unsigned long flags[] = { 0, CLEAR, TOPDOWN, CLEAR | CONTIGUOUS };
	static struct buddy_list taken[TRUTH_LISTS];
	struct buddy_allocator *allocator;
	uint64_t random = 1, refused = 0;

	TEST_NEEDS(LINUX_SURVIVES_FAILED_SPLITS);
	allocator = least_allocator();
	for (int i = 0; i < TRUTH_LISTS; i++)
		buddy_list_init(&taken[i], BUDDY_NOBODY);
	for (int step = 0; step < 50000; step++) {
		struct buddy_list *list = &taken[random_below(&random, TRUTH_LISTS)];
		bool clear = random_below(&random, 2);
		enum buddy_status status;

		if (list->first) {
			set_truth(list, clear);
			CHECK_OK(buddy_free(list, clear));
			continue;
		}
		status = ALLOC(allocator, list, .size = (1 + random_below(&random, 8)) * CHUNK,
			       .flags = flags[random_below(&random, 4)]);
		refused += status == BUDDY_NO_MEMORY;
		if (status)
			continue;
		check_truth(list);
		set_truth(list, false);
	}
	CHECK(refused > 1000);
	CHECK_BOOKS(allocator);
	for (int i = 0; i < TRUTH_LISTS; i++)
		CHECK_OK(buddy_free(&taken[i], false));
	drop_allocator(allocator);
}
