/* Questions about free memory and lists: native/buddy/questions.c. */
#include "random.h"
#include "scenario.h"

#include <buddy/faults.h>
#include <buddy/run.h>

#include <stdlib.h>

enum { CHUNKS = 61 };

/* 61 chunks, in roots of 32, 16, 8, 4 and 1; which are free is chosen at random, as is what is clear of these. */
static struct buddy_allocator *scattered(struct buddy_list *lists, uint64_t *seed)
{
	struct buddy_allocator *allocator = new_allocator(CHUNKS * CHUNK);

	fill(allocator, lists, CHUNK);
	for (int i = 0; i < CHUNKS; i++)
		if (random_below(seed, 3))
			CHECK_OK(buddy_free(&lists[i], random_below(seed, 2)));
	return allocator;
}

static void end(struct buddy_allocator *allocator, struct buddy_list *lists)
{
	for (int i = 0; i < CHUNKS; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	drop_allocator(allocator);
}

static bool is_free(const struct buddy_list *lists, uint64_t address)
{
	return !lists[address / CHUNK].allocator;
}

/* Byte by byte would take long: a quarter of a chunk is as good. */
#define STEP KIB

static uint64_t count_free(const struct buddy_list *lists, uint64_t start, uint64_t last)
{
	uint64_t bytes = 0;

	for (uint64_t address = start; address < last; address += STEP)
		bytes += is_free(lists, address) ? STEP : 0;
	return bytes;
}

TEST("free bytes in a range are those of the chunks in it, whatever the range")
{
	uint64_t seed = 1;

	for (int round = 0; round < 20; round++) {
		struct buddy_list lists[CHUNKS];
		struct buddy_allocator *allocator = scattered(lists, &seed);

		for (uint64_t start = 0; start < CHUNKS * CHUNK; start += 7 * STEP)
			for (uint64_t last = start + STEP; last <= CHUNKS * CHUNK;
			     last += 5 * STEP) {
				uint64_t bytes = ~0ULL;

				CHECK_OK(buddy_avail_in(allocator, start, last, &bytes));
				CHECK_EQ(bytes, count_free(lists, start, last));
			}
		end(allocator, lists);
	}
}

TEST("free runs are whole, ascend, and have gaps between them")
{
	uint64_t seed = 2;

	for (int round = 0; round < 100; round++) {
		struct buddy_list lists[CHUNKS];
		struct buddy_allocator *allocator = scattered(lists, &seed);
		uint64_t offsets[CHUNKS], sizes[CHUNKS], count, behind = 0, total = 0;
		struct buddy_runs runs = { CHUNKS, offsets, sizes, 5, false };

		CHECK_OK(buddy_free_runs(allocator, &runs, &count));
		for (uint64_t i = 0; i < count; i++) {
			uint64_t start = offsets[i] - 5;

			CHECK(sizes[i] && (!i || start > behind));
			CHECK_EQ(count_free(lists, start, start + sizes[i]), sizes[i]);
			behind = start + sizes[i];
			total += sizes[i];
		}
		CHECK_EQ(total, avail_of(allocator));
		end(allocator, lists);
	}
}

TEST("free runs that have no room are not written, and their blocks are counted")
{
	struct buddy_allocator *allocator = new_allocator(28 * KIB);
	uint64_t offsets[3] = { 99 }, sizes[3], count;

	for (uint64_t capacity = 0; capacity < 3; capacity++) {
		struct buddy_runs runs = { capacity, offsets, sizes, 0, false };

		CHECK_OK(buddy_free_runs(allocator, &runs, &count));
		CHECK_EQ(count, 3);
		CHECK_EQ(offsets[0], 99);
	}
	CHECK_OK(buddy_free_runs(allocator, &(struct buddy_runs){ 3, offsets, sizes, 0, false },
				 &count));
	CHECK_EQ(count, 1);
	CHECK_EQ(offsets[0], 0);
	CHECK_EQ(sizes[0], 28 * KIB);
	drop_allocator(allocator);
}

TEST("free runs are doubles where that is asked for, the base offset added to their starts only")
{
	static const struct extent expected[] = { { 0, 4 * KIB }, { 8 * KIB, 20 * KIB } };
	const uint64_t base_offset = (1ULL << 52) + 1;
	struct buddy_allocator *allocator = new_allocator(28 * KIB);
	struct buddy_list list;
	uint64_t offsets[4], sizes[4], count;

	take_at(allocator, &list, 4 * KIB, 4 * KIB);
	for (int as_doubles = 0; as_doubles < 2; as_doubles++) {
		struct buddy_runs runs = { 4, offsets, sizes, base_offset, as_doubles };

		CHECK_OK(buddy_free_runs(allocator, &runs, &count));
		CHECK_EQ(count, 2);
		for (int i = 0; i < 2; i++) {
			CHECK_EQ(as_doubles ? number_in(offsets[i]) : offsets[i],
				 base_offset + expected[i].offset);
			CHECK_EQ(as_doubles ? number_in(sizes[i]) : sizes[i], expected[i].size);
		}
	}
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

static bool lowest_run(const struct buddy_list *lists, struct buddy_search search,
		       uint64_t *address)
{
	uint64_t unit = search.alignment < CHUNK ? CHUNK : search.alignment;

	for (*address = 0; *address + search.size <= search.end; *address += unit)
		if (*address >= search.start &&
		    count_free(lists, *address, *address + search.size) == search.size)
			return true;
	return false;
}

TEST("the lowest free run is found, over blocks and roots, aligned, in any range")
{
	uint64_t seed = 3;

	for (int round = 0; round < 300; round++) {
		struct buddy_list lists[CHUNKS];
		struct buddy_allocator *allocator = scattered(lists, &seed);

		for (int i = 0; i < 50; i++) {
			uint64_t start = random_below(&seed, CHUNKS * CHUNK);
			struct buddy_search search = {
				start, start + 1 + random_below(&seed, CHUNKS * CHUNK - start),
				CHUNK * (1 + random_below(&seed, 6)),
				1ULL << (10 + random_below(&seed, 6))
			};
			uint64_t address, expected;
			bool found, exists = lowest_run(lists, search, &expected);

			CHECK_OK(buddy_find_free(allocator, &search, &address, &found));
			CHECK_EQ(found, exists);
			if (found)
				CHECK_EQ(address, expected);
		}
		end(allocator, lists);
	}
}

TEST("a space of nearly 2^64 bytes has free runs, aligned to whatever fits")
{
	struct buddy_allocator *allocator = new_allocator(~0ULL - 4095);
	uint64_t address, bytes;
	bool found;

	CHECK_OK(buddy_avail_in(allocator, 1, ~0ULL - 4095, &bytes));
	CHECK_EQ(bytes, ~0ULL - 4096);
	CHECK_OK(buddy_find_free(allocator,
				 &(struct buddy_search){ 1, ~0ULL - 4095, CHUNK, 1ULL << 63 },
				 &address, &found));
	CHECK(found);
	CHECK_EQ(address, 1ULL << 63);
	CHECK_OK(buddy_find_free(
		allocator,
		&(struct buddy_search){ (1ULL << 63) + 1, ~0ULL - 4095, CHUNK, 1ULL << 63 },
		&address, &found));
	CHECK(!found);
	drop_allocator(allocator);
}

TEST("a search says what is wrong with it")
{
	static const struct {
		struct buddy_search search;
		enum buddy_status status;
	} cases[] = {
		{ { 0, MIB, 0, CHUNK }, BUDDY_SIZE_BELOW_CHUNK },
		{ { 0, MIB, CHUNK + 1, CHUNK }, BUDDY_SIZE_UNALIGNED },
		{ { 0, MIB, MIB + CHUNK, CHUNK }, BUDDY_SIZE_ABOVE_SPACE },
		{ { 0, MIB, CHUNK, 0 }, BUDDY_ALIGNMENT_NO_POWER_OF_2 },
		{ { 0, MIB, CHUNK, 3 * CHUNK }, BUDDY_ALIGNMENT_NO_POWER_OF_2 },
		{ { 5, 5, CHUNK, CHUNK }, BUDDY_RANGE_EMPTY },
		{ { 6, 5, CHUNK, CHUNK }, BUDDY_RANGE_EMPTY },
		{ { 0, MIB + 1, CHUNK, CHUNK }, BUDDY_RANGE_BEYOND_SPACE },
	};
	struct buddy_allocator *allocator = new_allocator(MIB);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t address;
		bool found = true;

		CHECK_EQ(buddy_find_free(allocator, &cases[i].search, &address, &found),
			 cases[i].status);
		CHECK(!found);
	}
	drop_allocator(allocator);
}

TEST("a search ends at the step limit, and other questions do not")
{
	enum { BLOCKS = 1024 };
	static struct buddy_list lists[BLOCKS];
	struct buddy_allocator *allocator = new_allocator_with((struct buddy_config){
		.size = BLOCKS * CHUNK, .chunk_size = CHUNK, .step_limit = 200 });
	struct buddy_search search = { 0, BLOCKS * CHUNK, 2 * CHUNK, CHUNK };
	uint64_t address, bytes;
	bool found;

	fill(allocator, lists, CHUNK);
	for (int i = 1; i < BLOCKS; i += 2)
		CHECK_OK(buddy_free(&lists[i], false));
	CHECK_STATUS(buddy_find_free(allocator, &search, &address, &found), WORK_LIMIT);
	CHECK(!found);
	search.size = CHUNK;
	CHECK_OK(buddy_find_free(allocator, &search, &address, &found));
	CHECK_EQ(address, CHUNK);
	CHECK_OK(buddy_avail_in(allocator, 0, BLOCKS * CHUNK, &bytes));
	CHECK_EQ(bytes, BLOCKS / 2 * CHUNK);
	for (int i = 0; i < BLOCKS; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	drop_allocator(allocator);
}

TEST("the largest free block, and the largest possible one, follow what is free")
{
	struct buddy_allocator *allocator = new_allocator(28 * KIB);
	struct buddy_list lists[7];
	struct buddy_room room;

	buddy_room(allocator, &room);
	CHECK_EQ(room.avail, 28 * KIB);
	CHECK_EQ(room.largest_free, 16 * KIB);
	CHECK_EQ(room.largest_possible, 16 * KIB);
	fill(allocator, lists, CHUNK);
	buddy_room(allocator, &room);
	CHECK_EQ(room.largest_free, 0);
	CHECK_EQ(room.largest_possible, 0);
	for (int i = 0; i < 6; i += 2)
		CHECK_OK(buddy_free(&lists[i], false));
	buddy_room(allocator, &room);
	CHECK_EQ(room.largest_free, 4 * KIB);
	CHECK_EQ(room.largest_possible, 8 * KIB);
	/* Clear and dirty buddies do not merge. */
	CHECK_OK(buddy_free(&lists[1], true));
	buddy_room(allocator, &room);
	CHECK_EQ(room.largest_free, 4 * KIB);
	CHECK_EQ(room.largest_possible, 16 * KIB);
	for (int i = 0; i < 7; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	drop_allocator(allocator);
}

TEST("a list tells how much of it lies in a range, and where it begins if it is one piece")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint64_t bytes, address;
	bool whole;
	EMPTY_LIST(list);

	CHECK_STATUS(buddy_size_in(&list, 0, 1, &bytes), FREED);
	CHECK_STATUS(buddy_lowest(&list, &address, &whole), FREED);
	CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB));
	/* 16, 8 and 4 KiB, each below the one before it. */
	CHECK_OK(buddy_lowest(&list, &address, &whole));
	CHECK(whole);
	CHECK_EQ(address, MIB - 28 * KIB);
	CHECK_OK(buddy_size_in(&list, MIB - 18 * KIB - 1, MIB - 1, &bytes));
	CHECK_EQ(bytes, 18 * KIB);
	CHECK_STATUS(buddy_size_in(&list, 1, 1, &bytes), RANGE_EMPTY);
	CHECK_STATUS(buddy_size_in(&list, 0, MIB + 1, &bytes), RANGE_BEYOND_SPACE);

	CHECK_OK(buddy_free_block(&list, 1, false));
	CHECK_OK(buddy_lowest(&list, &address, &whole));
	CHECK(!whole);
	CHECK_OK(buddy_free_block(&list, 0, false));
	CHECK_OK(buddy_free_block(&list, 0, false));
	CHECK_OK(buddy_lowest(&list, &address, &whole));
	CHECK(!whole);
	CHECK_OK(buddy_size_in(&list, 0, MIB, &bytes));
	CHECK_EQ(bytes, 0);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("an allocation that found no space is explained, in a range whatever steps it has used up")
{
	enum { BLOCKS = 256 };
	struct buddy_list lists[BLOCKS];
	struct buddy_allocator *allocator = new_allocator_with((struct buddy_config){
		.size = BLOCKS * CHUNK, .chunk_size = CHUNK, .step_limit = 1 });
	struct explained explained = { .request = { .end = MIB / 4,
						    .size = 2 * CHUNK,
						    .min_block_size = CHUNK * 2,
						    .flags = RANGE } };

	fill(allocator, lists, CHUNK);
	for (int i = 1; i < BLOCKS; i += 2)
		CHECK_OK(buddy_free(&lists[i], i % 3 == 0));
	CHECK(buddy_run(allocator, alloc_and_explain, &explained) != BUDDY_OK);
	CHECK_EQ(explained.shortage.avail, MIB / 2);
	CHECK_EQ(explained.shortage.largest_free, CHUNK);
	CHECK_EQ(explained.shortage.avail_in_range, MIB / 8);
	CHECK(!explained.shortage.more_in_range);

	explained.request.size = MIB / 2 + 2 * CHUNK;
	CHECK(buddy_run(allocator, alloc_and_explain, &explained) != BUDDY_OK);
	CHECK_EQ(explained.shortage.avail_in_range, 0);
	for (int i = 0; i < BLOCKS; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	drop_allocator(allocator);
}

TEST("an explanation ends early in a range of very many blocks, and says so")
{
	enum { BLOCKS = 4096 };
	static struct buddy_list lists[BLOCKS];
	struct buddy_allocator *allocator = new_allocator(BLOCKS * CHUNK);
	struct explained explained = { .request = { .end = 15 * MIB,
						    .size = 2 * CHUNK,
						    .min_block_size = CHUNK * 2,
						    .flags = RANGE } };

	fill(allocator, lists, CHUNK);
	for (int i = 1; i < BLOCKS; i += 2)
		CHECK_OK(buddy_free(&lists[i], false));
	CHECK_EQ(buddy_run(allocator, alloc_and_explain, &explained), BUDDY_NO_SPACE);
	CHECK(explained.shortage.more_in_range);
	CHECK(explained.shortage.avail_in_range > 10 * CHUNK);
	CHECK(explained.shortage.avail_in_range < MIB);
	for (int i = 0; i < BLOCKS; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	drop_allocator(allocator);
}

TEST("a poisoned allocator tells its numbers, and nothing that stands in its blocks")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_runs none = { 0 };
	struct buddy_search search = { 0, MIB, CHUNK, CHUNK };
	struct buddy_room room;
	uint64_t number;
	bool found;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	CHECK_STATUS(buddy_inject_bug(allocator), POISONED);
	buddy_room(allocator, &room);
	CHECK_EQ(room.largest_free, MIB / 2);
	CHECK_STATUS(buddy_avail_in(allocator, 0, 1, &number), POISONED);
	CHECK_STATUS(buddy_free_runs(allocator, &none, &number), POISONED);
	CHECK_STATUS(buddy_find_free(allocator, &search, &number, &found), POISONED);
	CHECK(!found);
	CHECK_STATUS(buddy_size_in(&list, 0, 1, &number), POISONED);
	CHECK_STATUS(buddy_lowest(&list, &number, &found), POISONED);
	CHECK_STATUS(buddy_free(&list, false), POISONED);
	buddy_put(allocator);
}
