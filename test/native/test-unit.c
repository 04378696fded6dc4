/*
 * Allocators with chunks below 4096 bytes, of which the kernel is told in a larger unit: every call of native/buddy takes and
 * gives the caller's bytes.
 */
#include "scenario.h"

#include <buddy/run.h>

#include <stdio.h>

enum { CHUNKS = 256 };

static const uint64_t units[] = { 1, 256, 2 * KIB };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* An allocator of this many chunks, each as long as the unit. */
static struct buddy_allocator *new_in_unit(uint64_t chunks, uint64_t unit)
{
	return new_allocator_with((struct buddy_config){
		.size = chunks * unit, .chunk_size = unit, .any_unit = true });
}

/* The smallest number that does not fit in 64 bits in the kernel's unit. */
static uint64_t limit_of(uint64_t unit)
{
	return ~0ULL / (4 * KIB / unit) + 1;
}

static void in_each_unit(void (*body)(uint64_t unit))
{
	for (size_t i = 0; i < COUNT(units); i++)
		body(units[i]);
}

static void check_blocks(struct test_place place, struct buddy_list *list,
			 const struct extent *chunks, uint64_t count, uint64_t unit)
{
	struct extent bytes[8];

	for (uint64_t i = 0; i < count; i++)
		bytes[i] = (struct extent){ chunks[i].offset * unit, chunks[i].size * unit };
	test_check_blocks(place, list, bytes, count);
	CHECK_EQ(buddy_first_chunk(list), chunks[0].offset);
}

/* The blocks of a list, in chunks. */
#define CHECK_CHUNKS(list, unit, ...)                                                              \
	check_blocks(TEST_HERE, list, (const struct extent[]){ __VA_ARGS__ },                      \
		     COUNT(((const struct extent[]){ __VA_ARGS__ })), unit)

TEST("any power of two is a chunk size, from 1 on, where any unit is asked for")
{
	for (unsigned int shift = 0; shift < 16; shift++) {
		uint64_t unit = 1ULL << shift;
		struct buddy_allocator *allocator = new_allocator_with((struct buddy_config){
			.size = 11 * unit - 1, .chunk_size = unit, .any_unit = true });
		struct picture picture;

		take_picture(allocator, &picture);
		CHECK_EQ(picture.stats.chunk_size, unit);
		CHECK_EQ(picture.stats.size, 10 * unit);
		CHECK_EQ(picture.stats.avail, picture.stats.size);
		CHECK_EQ(picture.stats.max_order, 3);
		CHECK_EQ(picture.count, 2);
		CHECK_EQ(picture.columns.offsets[1], 8 * unit);
		free_picture(&picture);
		drop_allocator(allocator);
	}
}

TEST("a bad configuration is refused in any unit, and says which part of it")
{
	static const struct {
		uint64_t size, chunk_size, base_offset;
		bool any_unit;
		enum buddy_status status;
	} configs[] = {
		{ MIB, 2 * KIB, 0, false, BUDDY_CHUNK_SIZE_TOO_SMALL },
		{ MIB, 0, 0, true, BUDDY_CHUNK_SIZE_NO_POWER_OF_2 },
		{ MIB, 3, 0, true, BUDDY_CHUNK_SIZE_NO_POWER_OF_2 },
		{ MIB, 4 * KIB - 1, 0, true, BUDDY_CHUNK_SIZE_NO_POWER_OF_2 },
		{ MIB, 4 * KIB + 1, 0, true, BUDDY_CHUNK_SIZE_NO_POWER_OF_2 },
		{ 0, 1, 0, true, BUDDY_SIZE_BELOW_CHUNK },
		{ 255, 256, 0, true, BUDDY_SIZE_BELOW_CHUNK },
		{ ~0ULL, 1, 0, true, BUDDY_SIZE_TOO_LARGE_SCALED },
		{ MIB, 1, -MIB, true, BUDDY_BASE_OFFSET_TOO_LARGE },
		{ 1, 1, ~0ULL, true, BUDDY_BASE_OFFSET_TOO_LARGE },
	};

	for (size_t i = 0; i < COUNT(configs); i++) {
		struct buddy_config config = { .size = configs[i].size,
					       .chunk_size = configs[i].chunk_size,
					       .base_offset = configs[i].base_offset,
					       .any_unit = configs[i].any_unit };
		struct buddy_allocator *allocator = NULL;

		CHECK_EQ(buddy_create(&config, &allocator), configs[i].status);
		CHECK_SAME(allocator, NULL);
	}
}

TEST("a space is as large as the kernel can be told, and not a byte larger")
{
	for (unsigned int shift = 0; shift < 12; shift++) {
		uint64_t unit = 1ULL << shift, size = limit_of(unit) - unit;
		struct buddy_config config = { .size = limit_of(unit),
					       .chunk_size = unit,
					       .any_unit = true };
		struct buddy_allocator *allocator = NULL;
		struct buddy_stats stats;

		CHECK_EQ(limit_of(unit), 1ULL << (52 + shift));
		CHECK_STATUS(buddy_create(&config, &allocator), SIZE_TOO_LARGE_SCALED);
		CHECK_SAME(allocator, NULL);

		config.size--;
		config.base_offset = ~0ULL - config.size;
		allocator = new_allocator_with(config);
		buddy_stats(allocator, &stats);
		CHECK_EQ(stats.size, size);
		CHECK_EQ(stats.avail, size);
		CHECK_EQ(stats.max_order, 51);
		CHECK_EQ(buddy_base_offset(allocator), config.base_offset);
		drop_allocator(allocator);
	}
}

/* The roots at the end of such a space have 4, 2 and 1 chunks. */
static void use_the_end(uint64_t unit)
{
	struct buddy_allocator *allocator = new_in_unit((1ULL << 52) - 1, unit);
	uint64_t size = limit_of(unit) - unit, start = size - 6 * unit, bytes, address;
	struct buddy_block_info block = { 0 };
	struct buddy_list list, last;
	struct buddy_room room;
	bool found;

	take_at(allocator, &list, size - 7 * unit, 4 * unit);
	CHECK_OK(buddy_trim(&list, &start, 2 * unit));
	CHECK_BLOCKS(&list, { size - 6 * unit, unit }, { size - 5 * unit, unit });
	take_at(allocator, &last, size - unit, unit);
	CHECK_EQ(buddy_first_chunk(&last), (1ULL << 52) - 2);
	CHECK_OK(buddy_lookup(allocator, size - 1, &block, &found));
	CHECK(found);
	CHECK_EQ(block.offset, size - unit);
	CHECK_STATUS(buddy_lookup(allocator, size, &block, &found), ADDRESS_BEYOND_SPACE);
	CHECK_STATUS(buddy_lookup(allocator, size + unit, &block, &found), ADDRESS_BEYOND_SPACE);
	CHECK_STATUS(buddy_lookup(allocator, ~0ULL, &block, &found), ADDRESS_BEYOND_SPACE);

	buddy_room(allocator, &room);
	CHECK_EQ(room.avail, size - 3 * unit);
	CHECK_EQ(room.largest_free, unit << 51);
	CHECK_EQ(room.largest_possible, unit << 51);
	CHECK_OK(buddy_avail_in(allocator, 1, size, &bytes));
	CHECK_EQ(bytes, size - 3 * unit - 1);
	CHECK_OK(buddy_size_in(&last, size - 1, size, &bytes));
	CHECK_EQ(bytes, 1);
	CHECK_OK(buddy_find_free(allocator, &(struct buddy_search){ 1, size, unit, unit << 50 },
				 &address, &found));
	CHECK(found);
	CHECK_EQ(address, unit << 50);
	CHECK_OK(buddy_find_free(allocator,
				 &(struct buddy_search){ 0, size, size - 7 * unit, 1ULL << 63 },
				 &address, &found));
	CHECK(found);
	CHECK_EQ(address, 0);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&last, false));
	drop_allocator(allocator);
}

TEST("the last bytes of the largest space are used like any others")
{
	in_each_unit(use_the_end);
}

/* Allocations in an empty space, and the blocks that they get. All numbers are chunks. */
static const struct {
	unsigned long flags;
	uint64_t start, end, size, min_block_size;
	uint64_t count;
	struct extent blocks[4];
} allocations[] = {
	{ 0, 0, 0, 16, 1, 1, { { 240, 16 } } },
	{ 0, 0, 0, CHUNKS, 1, 1, { { 0, CHUNKS } } },
	{ 0, 0, 0, 28, 1, 3, { { 240, 16 }, { 232, 8 }, { 228, 4 } } },
	{ 0, 0, 0, 2, 8, 1, { { 248, 2 } } },
	{ TOPDOWN, 0, 0, 16, 16, 1, { { 240, 16 } } },
	{ CONTIGUOUS, 0, 0, 12, 1, 2, { { 240, 8 }, { 248, 4 } } },
	{ CONTIGUOUS | TRIM_DISABLE, 0, 0, 12, 1, 1, { { 240, 16 } } },
	{ RANGE, 64, 128, 64, 1, 1, { { 64, 64 } } },
	{ RANGE, 3, 8, 5, 1, 2, { { 3, 1 }, { 4, 4 } } },
	{ RANGE, 64, 96, 8, 8, 1, { { 64, 8 } } },
	{ RANGE, 1, 30, 2, 8, 1, { { 8, 2 } } },
	{ RANGE, 1, 16, 2, 8, 1, { { 8, 2 } } },
	{ RANGE | CONTIGUOUS, 8, 40, 12, 1, 2, { { 16, 8 }, { 24, 4 } } },
};

static void allocate_in_each_mode(uint64_t unit)
{
	for (size_t i = 0; i < COUNT(allocations); i++) {
		struct buddy_allocator *allocator = new_in_unit(CHUNKS, unit);
		EMPTY_LIST(list);

		CHECK_OK(ALLOC(allocator, &list, .start = allocations[i].start * unit,
			       .end = allocations[i].end * unit, .size = allocations[i].size * unit,
			       .min_block_size = allocations[i].min_block_size * unit,
			       .flags = allocations[i].flags, .tag = i));
		check_blocks(TEST_HERE, &list, allocations[i].blocks, allocations[i].count, unit);
		CHECK_EQ(buddy_first(&list).offset, allocations[i].blocks[0].offset * unit);
		CHECK_EQ(buddy_first(&list).tag, i);
		CHECK_EQ(buddy_bytes(&list), bytes_in(&list));
		CHECK_EQ(avail_of(allocator), CHUNKS * unit - bytes_in(&list));
		CHECK_OK(buddy_free(&list, false));
		CHECK_EQ(avail_of(allocator), CHUNKS * unit);
		drop_allocator(allocator);
	}
}

TEST("each mode allocates the blocks that it would in the kernel's unit")
{
	in_each_unit(allocate_in_each_mode);
}

static void refuse_allocations(uint64_t unit)
{
	/* 200 chunks are three roots. */
	struct buddy_allocator *allocator = new_in_unit(200, unit);
	uint64_t size = 200 * unit, limit = limit_of(unit);
	EMPTY_LIST(list);

	CHECK_STATUS(ALLOC(allocator, &list, .size = unit - 1), SIZE_BELOW_CHUNK);
	CHECK_STATUS(ALLOC(allocator, &list, .size = size + unit), SIZE_ABOVE_SPACE);
	CHECK_STATUS(ALLOC(allocator, &list, .size = limit + unit), SIZE_ABOVE_SPACE);
	CHECK_STATUS(ALLOC(allocator, &list, .size = unit, .min_block_size = 3 * unit),
		     MIN_BLOCK_SIZE_NO_POWER_OF_2);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 3 * unit, .min_block_size = 256 * unit),
		     SIZE_ABOVE_SPACE_ROUNDED);
	CHECK_STATUS(ALLOC(allocator, &list, .start = 0, .end = size, .size = 129 * unit,
			   .flags = RANGE | CONTIGUOUS),
		     SIZE_ABOVE_SPACE_CONTIGUOUS);
	CHECK_STATUS(
		ALLOC(allocator, &list, .start = unit, .end = unit, .size = unit, .flags = RANGE),
		RANGE_EMPTY);
	CHECK_STATUS(ALLOC(allocator, &list, .end = size + unit, .size = unit, .flags = RANGE),
		     RANGE_BEYOND_SPACE);
	CHECK_STATUS(ALLOC(allocator, &list, .start = limit, .end = limit + unit, .size = unit,
			   .flags = RANGE),
		     RANGE_BEYOND_SPACE);
	CHECK_STATUS(ALLOC(allocator, &list, .start = 199 * unit, .end = size, .size = 2 * unit,
			   .flags = RANGE),
		     RANGE_TOO_LATE);
	CHECK_STATUS(ALLOC(allocator, &list, .start = unit, .end = 9 * unit, .size = 8 * unit,
			   .min_block_size = 2 * unit, .flags = RANGE),
		     RANGE_EXACT_UNALIGNED);
	if (unit > 1) {
		CHECK_STATUS(ALLOC(allocator, &list, .size = unit + 1), SIZE_UNALIGNED);
		CHECK_STATUS(ALLOC(allocator, &list, .size = unit, .min_block_size = unit / 2),
			     MIN_BLOCK_SIZE_BELOW_CHUNK);
		CHECK_STATUS(ALLOC(allocator, &list, .start = 1, .end = size, .size = unit,
				   .flags = RANGE),
			     RANGE_UNALIGNED);
	}
	CHECK_OK(ALLOC(allocator, &list, .start = ~0ULL, .end = limit, .size = unit));
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("each bad argument of an allocation has the status that it has in the kernel's unit")
{
	in_each_unit(refuse_allocations);
}

static void reach_the_largest_min_block_size(uint64_t unit)
{
	struct buddy_allocator *allocator = new_in_unit(CHUNKS, unit);
	uint64_t largest = limit_of(unit) / 2, size = CHUNKS * unit;
	EMPTY_LIST(list);
	EMPTY_LIST(other);

	for (uint64_t larger = 2 * largest; larger; larger *= 2)
		CHECK_STATUS(ALLOC(allocator, &list, .size = unit, .min_block_size = larger),
			     MIN_BLOCK_SIZE_TOO_LARGE_SCALED);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 3 * unit, .min_block_size = largest),
		     SIZE_ABOVE_SPACE_ROUNDED);
	CHECK_STATUS(ALLOC(allocator, &list, .start = unit, .end = size, .size = unit,
			   .min_block_size = largest, .flags = RANGE),
		     NO_SPACE);
	/* Address 0 is a multiple of it, and no other one. */
	CHECK_OK(ALLOC(allocator, &list, .start = 0, .end = size, .size = unit,
		       .min_block_size = largest, .flags = RANGE));
	CHECK_CHUNKS(&list, unit, { 0, 1 });
	CHECK_STATUS(ALLOC(allocator, &other, .size = unit, .min_block_size = largest), NO_SPACE);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(ALLOC(allocator, &other, .size = unit, .min_block_size = largest));
	CHECK_CHUNKS(&other, unit, { 0, 1 });
	CHECK_OK(buddy_free(&other, false));
	drop_allocator(allocator);
}

TEST("a min block size is as large as the kernel can be told, and no larger")
{
	TEST_NEEDS(LINUX_PLACES_SMALL_SIZES);
	in_each_unit(reach_the_largest_min_block_size);
}

static void trim(uint64_t unit)
{
	struct buddy_allocator *allocator = new_in_unit(CHUNKS, unit);
	uint64_t start = 68 * unit;
	EMPTY_LIST(list);
	EMPTY_LIST(middle);

	CHECK_OK(ALLOC(allocator, &list, .size = 16 * unit));
	CHECK_OK(buddy_trim(&list, NULL, 3 * unit));
	CHECK_CHUNKS(&list, unit, { 240, 2 }, { 242, 1 });
	CHECK_OK(ALLOC(allocator, &middle, .start = 64 * unit, .end = 128 * unit, .size = 64 * unit,
		       .flags = RANGE, .tag = 7));
	CHECK_OK(buddy_trim(&middle, &start, 16 * unit));
	CHECK_CHUNKS(&middle, unit, { 68, 4 }, { 72, 8 }, { 80, 4 });
	CHECK_EQ(start, 68 * unit);
	CHECK_EQ(buddy_first(&middle).tag, 7);
	CHECK_EQ(avail_of(allocator), (CHUNKS - 19) * unit);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&middle, false));
	drop_allocator(allocator);
}

TEST("a block is trimmed from its start, or from another one")
{
	in_each_unit(trim);
}

static void refuse_trims(uint64_t unit)
{
	/* The block has the chunks 64 to 127. A start of `none` is not given. */
	const uint64_t none = ~0ULL, limit = limit_of(unit);
	const struct {
		uint64_t start, new_size;
		enum buddy_status status;
	} rows[] = {
		{ none, 0, BUDDY_NEW_SIZE_ZERO },
		{ none, 65 * unit, BUDDY_NEW_SIZE_ABOVE_BLOCK },
		{ none, limit, BUDDY_NEW_SIZE_ABOVE_BLOCK },
		{ none, limit + unit, BUDDY_NEW_SIZE_ABOVE_BLOCK },
		{ 63 * unit, unit, BUDDY_START_OUTSIDE_BLOCK },
		{ 127 * unit, 2 * unit, BUDDY_START_OUTSIDE_BLOCK },
		{ 128 * unit, unit, BUDDY_START_OUTSIDE_BLOCK },
		{ limit + 64 * unit, unit, BUDDY_START_OUTSIDE_BLOCK },
		{ -(2 * unit), 4 * unit, BUDDY_START_OUTSIDE_BLOCK },
		{ 64 * unit + 1, unit, unit > 1 ? BUDDY_START_UNALIGNED : BUDDY_OK },
		{ none, unit / 2, unit > 1 ? BUDDY_NEW_SIZE_UNALIGNED : BUDDY_NEW_SIZE_ZERO },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buddy_allocator *allocator = new_in_unit(CHUNKS, unit);
		struct buddy_list list;
		struct picture before;
		enum buddy_status status;

		take_at(allocator, &list, 64 * unit, 64 * unit);
		take_picture(allocator, &before);
		status = buddy_trim(&list, rows[i].start == none ? NULL : &rows[i].start,
				    rows[i].new_size);
		CHECK_EQ(status, rows[i].status);
		if (status)
			CHECK_UNCHANGED(allocator, &before);
		else
			free_picture(&before);
		CHECK_OK(buddy_free(&list, false));
		drop_allocator(allocator);
	}
}

TEST("each bad argument of a trim has the status that it has in the kernel's unit")
{
	in_each_unit(refuse_trims);
}

static void free_one_block(uint64_t unit)
{
	struct buddy_allocator *allocator = new_in_unit(CHUNKS, unit);
	uint64_t address;
	bool whole;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 28 * unit));
	CHECK_OK(buddy_lowest(&list, &address, &whole));
	CHECK(whole);
	CHECK_EQ(address, 228 * unit);
	CHECK_OK(buddy_free_block(&list, 1, true));
	CHECK_CHUNKS(&list, unit, { 240, 16 }, { 228, 4 });
	CHECK_EQ(buddy_bytes(&list), 20 * unit);
	CHECK_OK(buddy_lowest(&list, &address, &whole));
	CHECK(!whole);
	CHECK_EQ(address, 228 * unit);
	CHECK_EQ(avail_of(allocator), (CHUNKS - 20) * unit);
	CHECK_EQ(clear_avail_of(allocator), 8 * unit);
	CHECK_OK(buddy_free_block_raw(&list, 0));
	CHECK_OK(buddy_free_block_raw(&list, 0));
	CHECK_OK(buddy_lowest(&list, &address, &whole));
	CHECK_EQ(address, CHUNKS * unit);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("a list tells its bytes and its lowest address, and gives back single blocks")
{
	in_each_unit(free_one_block);
}

static void look_up(uint64_t unit)
{
	struct buddy_allocator *allocator = new_in_unit(CHUNKS, unit);
	const uint64_t found_at[] = { 64 * unit, 64 * unit + 1, 96 * unit, 128 * unit - 1 };
	const uint64_t free_at[] = { 0, 64 * unit - 1, 128 * unit, CHUNKS * unit - 1 };
	const uint64_t beyond[] = { CHUNKS * unit, limit_of(unit), limit_of(unit) + 64 * unit,
				    ~0ULL };
	struct buddy_block_info block;
	bool found;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .start = 64 * unit, .end = 128 * unit, .size = 64 * unit,
		       .flags = RANGE, .tag = 12));
	for (size_t i = 0; i < COUNT(found_at); i++) {
		block = (struct buddy_block_info){ 0 };
		CHECK_OK(buddy_lookup(allocator, found_at[i], &block, &found));
		CHECK(found);
		CHECK_EQ(block.offset, 64 * unit);
		CHECK_EQ(block.order, 6);
		CHECK_EQ(block.tag, 12);
	}
	for (size_t i = 0; i < COUNT(free_at); i++) {
		CHECK_OK(buddy_lookup(allocator, free_at[i], &block, &found));
		CHECK(!found);
	}
	for (size_t i = 0; i < COUNT(beyond); i++)
		CHECK_STATUS(buddy_lookup(allocator, beyond[i], &block, &found),
			     ADDRESS_BEYOND_SPACE);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("an address in use is found with its block, and one beyond the space is an error")
{
	in_each_unit(look_up);
}

static void take_a_snapshot(uint64_t unit)
{
	static const struct {
		uint64_t chunk;
		uint8_t order, state;
	} expected[] = { { 0, 0, 0 },
			 { 1, 0, BUDDY_STATE_CLEAR },
			 { 2, 1, 0 },
			 { 4, 1, 0 },
			 { 6, 0, BUDDY_STATE_ALLOCATED } };
	struct buddy_allocator *allocator = new_in_unit(7, unit);
	struct buddy_list used, cleared;
	struct picture picture;

	take_at(allocator, &used, 6 * unit, unit);
	take_at(allocator, &cleared, unit, unit);
	CHECK_OK(buddy_free(&cleared, true));
	take_picture(allocator, &picture);
	CHECK_EQ(picture.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		CHECK_EQ(picture.columns.offsets[i], expected[i].chunk * unit);
		CHECK_EQ(picture.columns.orders[i], expected[i].order);
		CHECK_EQ(picture.columns.states[i], expected[i].state);
	}
	CHECK_EQ(picture.stats.size, 7 * unit);
	CHECK_EQ(picture.stats.chunk_size, unit);
	CHECK_EQ(picture.stats.avail, 6 * unit);
	CHECK_EQ(picture.stats.clear_avail, unit);
	CHECK_EQ(picture.stats.max_order, 2);
	CHECK_EQ(picture.stats.free_blocks[0], 2);
	CHECK_EQ(picture.stats.free_blocks[1], 2);
	CHECK_EQ(picture.stats.used_blocks[0], 1);
	CHECK_EQ(picture.stats.native_bytes, buddy_native_bytes(allocator));
	free_picture(&picture);
	CHECK_OK(buddy_free(&used, false));
	drop_allocator(allocator);
}

TEST("a snapshot and the stats are in the caller's unit")
{
	in_each_unit(take_a_snapshot);
}

static void use_clear_memory(uint64_t unit)
{
	struct buddy_allocator *allocator = new_in_unit(CHUNKS, unit);
	struct buddy_list half;
	EMPTY_LIST(list);

	take_at(allocator, &half, 0, 128 * unit);
	CHECK_OK(buddy_free(&half, true));
	CHECK_EQ(avail_of(allocator), CHUNKS * unit);
	CHECK_EQ(clear_avail_of(allocator), 128 * unit);
	CHECK_OK(ALLOC(allocator, &list, .size = 4 * unit, .flags = CLEAR));
	CHECK_EQ(clear_bytes_in(&list), 4 * unit);
	CHECK_EQ(clear_avail_of(allocator), 124 * unit);
	CHECK_OK(buddy_reset_clear(allocator, true));
	CHECK_EQ(clear_avail_of(allocator), 252 * unit);
	CHECK_OK(buddy_reset_clear(allocator, false));
	CHECK_EQ(clear_avail_of(allocator), 0);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("clear memory is preferred, and counted in the caller's unit")
{
	in_each_unit(use_clear_memory);
}

/* 7 chunks in roots of 4, 2 and 1, of which 0, 2, 3, 4 and 6 are free; 2 is clear. */
static struct buddy_allocator *with_holes(struct buddy_list lists[7], uint64_t unit)
{
	static const int freed[] = { 0, 2, 3, 4, 6 };
	struct buddy_allocator *allocator = new_in_unit(7, unit);

	fill(allocator, lists, unit);
	for (size_t i = 0; i < COUNT(freed); i++)
		CHECK_OK(buddy_free(&lists[freed[i]], freed[i] == 2));
	return allocator;
}

static void end(struct buddy_allocator *allocator, struct buddy_list lists[7])
{
	for (int i = 0; i < 7; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	drop_allocator(allocator);
}

static uint64_t count_free(const struct buddy_list *lists, uint64_t start, uint64_t last,
			   uint64_t unit, uint64_t step)
{
	uint64_t bytes = 0;

	for (uint64_t address = start; address < last; address += step)
		bytes += lists[address / unit].allocator ? 0 : step;
	return bytes;
}

static void ask_for_free_bytes(uint64_t unit)
{
	struct buddy_list lists[7];
	struct buddy_allocator *allocator = with_holes(lists, unit);
	uint64_t step = unit > 4 ? unit / 4 : 1, bytes, used;
	struct buddy_room room;

	buddy_room(allocator, &room);
	CHECK_EQ(room.avail, 5 * unit);
	CHECK_EQ(room.largest_free, unit);
	CHECK_EQ(room.largest_possible, 4 * unit);
	for (uint64_t start = 0; start < 7 * unit; start += step)
		for (uint64_t last = start + step; last <= 7 * unit; last += step) {
			CHECK_OK(buddy_avail_in(allocator, start, last, &bytes));
			CHECK_EQ(bytes, count_free(lists, start, last, unit, step));
			CHECK_OK(buddy_size_in(&lists[1], start, last, &used));
			CHECK_OK(buddy_size_in(&lists[5], start, last, &bytes));
			CHECK_EQ(used + bytes,
				 last - start - count_free(lists, start, last, unit, step));
		}
	CHECK_STATUS(buddy_avail_in(allocator, unit, unit, &bytes), RANGE_EMPTY);
	CHECK_STATUS(buddy_avail_in(allocator, 0, 7 * unit + 1, &bytes), RANGE_BEYOND_SPACE);
	CHECK_STATUS(buddy_size_in(&lists[1], 0, 7 * unit + 1, &bytes), RANGE_BEYOND_SPACE);
	CHECK_STATUS(buddy_avail_in(allocator, 0, limit_of(unit) + unit, &bytes),
		     RANGE_BEYOND_SPACE);
	end(allocator, lists);
}

TEST("free bytes, and bytes of a list, are told for any range, aligned or not")
{
	in_each_unit(ask_for_free_bytes);
}

static void ask_for_free_runs(uint64_t unit)
{
	static const struct extent expected[] = { { 0, 1 }, { 2, 3 }, { 6, 1 } };
	struct buddy_list lists[7];
	struct buddy_allocator *allocator = with_holes(lists, unit);
	uint64_t offsets[5], sizes[5], count;
	struct buddy_runs runs = { 5, offsets, sizes, 9, false };

	CHECK_OK(buddy_free_runs(allocator, &runs, &count));
	CHECK_EQ(count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		CHECK_EQ(offsets[i], 9 + expected[i].offset * unit);
		CHECK_EQ(sizes[i], expected[i].size * unit);
	}
	end(allocator, lists);
}

TEST("free runs are in the caller's unit")
{
	in_each_unit(ask_for_free_runs);
}

static void find_a_free_run(uint64_t unit)
{
	/* In chunks, but for the alignment. `none`: there is no such run. */
	static const uint64_t none = 99;
	const struct {
		uint64_t start, end, size, alignment, found;
	} rows[] = {
		{ 0, 7, 1, 1, 0 },        { 1, 7, 1, 1, 2 },
		{ 0, 7, 3, 1, 2 },        { 0, 7, 2, 2 * unit, 2 },
		{ 3, 7, 1, 4 * unit, 4 }, { 3, 7, 1, 2 * unit, 4 },
		{ 5, 7, 1, unit, 6 },     { 0, 7, 4, 1, none },
		{ 1, 4, 3, 1, none },     { 1, 7, 1, 1ULL << 63, none },
	};
	struct buddy_list lists[7];
	struct buddy_allocator *allocator = with_holes(lists, unit);
	uint64_t size = 7 * unit, address;
	bool found;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buddy_search search = { rows[i].start * unit, rows[i].end * unit,
					       rows[i].size * unit, rows[i].alignment };

		CHECK_OK(buddy_find_free(allocator, &search, &address, &found));
		CHECK_EQ(found, rows[i].found != none);
		if (found)
			CHECK_EQ(address, rows[i].found * unit);
	}
	CHECK_STATUS(buddy_find_free(allocator, &(struct buddy_search){ 0, size, unit - 1, 1 },
				     &address, &found),
		     SIZE_BELOW_CHUNK);
	CHECK_STATUS(buddy_find_free(allocator,
				     &(struct buddy_search){ 0, size, limit_of(unit) + unit, 1 },
				     &address, &found),
		     SIZE_ABOVE_SPACE);
	CHECK_STATUS(buddy_find_free(allocator, &(struct buddy_search){ 0, size + 1, unit, 1 },
				     &address, &found),
		     RANGE_BEYOND_SPACE);
	if (unit > 1)
		CHECK_STATUS(buddy_find_free(allocator,
					     &(struct buddy_search){ 0, size, unit + 1, 1 },
					     &address, &found),
			     SIZE_UNALIGNED);
	end(allocator, lists);
}

TEST("the lowest free run is found, aligned to bytes of the caller")
{
	in_each_unit(find_a_free_run);
}

static void explain(uint64_t unit)
{
	struct buddy_list lists[7];
	struct buddy_allocator *allocator = with_holes(lists, unit);
	struct explained explained = { .request = { .start = unit,
						    .end = 5 * unit,
						    .size = 4 * unit,
						    .min_block_size = 2 * unit,
						    .flags = RANGE } };

	CHECK_EQ(buddy_run(allocator, alloc_and_explain, &explained), BUDDY_RANGE_EXACT_UNALIGNED);
	explained.request.end = 6 * unit;
	CHECK_STATUS(buddy_run(allocator, alloc_and_explain, &explained), NO_SPACE);
	CHECK_EQ(explained.shortage.avail, 5 * unit);
	/* Clear and dirty memory have been merged. */
	CHECK_EQ(explained.shortage.largest_free, 2 * unit);
	CHECK_EQ(explained.shortage.avail_in_range, 3 * unit);
	CHECK(!explained.shortage.more_in_range);
	/* More than is free anywhere. */
	explained.request.start = 0;
	explained.request.end = 7 * unit;
	explained.request.size = 6 * unit;
	CHECK_STATUS(buddy_run(allocator, alloc_and_explain, &explained), NO_SPACE);
	CHECK_EQ(explained.shortage.avail, 5 * unit);
	CHECK_EQ(explained.shortage.avail_in_range, 0);
	end(allocator, lists);
}

TEST("an allocation that found no space is explained in the caller's unit")
{
	in_each_unit(explain);
}

static void use_raw_entries(uint64_t unit)
{
	struct buddy_allocator *allocator = new_in_unit(CHUNKS, unit);
	uint64_t start = 68 * CHUNK;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC_RAW(allocator, &list, .start = 64 * CHUNK, .end = 128 * CHUNK,
			   .size = 64 * CHUNK, .flags = RANGE));
	CHECK_CHUNKS(&list, unit, { 64, 64 });
	CHECK_OK(buddy_trim_raw(&list, &start, 4 * CHUNK));
	CHECK_CHUNKS(&list, unit, { 68, 4 });
	CHECK_STATUS(buddy_trim_raw(&list, NULL, unit), KERNEL_EINVAL);
	CHECK_OK(buddy_free(&list, false));
	CHECK_STATUS(ALLOC_RAW(allocator, &list, .end = CHUNKS * CHUNK, .size = unit),
		     KERNEL_EINVAL);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("raw entries take the kernel's bytes, whatever the unit")
{
	in_each_unit(use_raw_entries);
}

struct print {
	int lines;
	char first[200], second[200];
};

static void keep(void *reader, const char *line)
{
	struct print *print = reader;

	if (print->lines < 2)
		snprintf(print->lines ? print->second : print->first, sizeof(print->first), "%s",
			 line);
	print->lines++;
}

static void print_in(uint64_t unit, struct print *print)
{
	struct buddy_allocator *allocator = new_in_unit(CHUNKS, unit);

	CHECK_OK(buddy_print(allocator, keep, print));
	drop_allocator(allocator);
}

TEST("the first line of a print says by how much the kernel's bytes are more")
{
	static const char kernel_line[] =
		"chunk_size: 4KiB, total: 1MiB, free: 1MiB, clear_free: 0MiB\n";
	static const struct {
		uint64_t unit;
		const char *line;
	} rows[] = {
		{ 1, "scale: 4096, by which all bytes below are larger\n" },
		{ 256, "scale: 16, by which all bytes below are larger\n" },
		{ 2 * KIB, "scale: 2, by which all bytes below are larger\n" },
	};
	struct print unscaled = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct print print = { 0 };

		print_in(rows[i].unit, &print);
		CHECK_TEXT(print.first, rows[i].line);
		CHECK_TEXT(print.second, kernel_line);
		CHECK_EQ(print.lines, 2 + 9);
	}
	print_in(4 * KIB, &unscaled);
	CHECK_TEXT(unscaled.first, kernel_line);
	CHECK_EQ(unscaled.lines, 1 + 9);
}

TEST("the first block of a list is told in chunks of any size")
{
	static const uint64_t sizes[] = { 1, 2, 256, 2 * KIB, 4 * KIB, 64 * KIB };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct buddy_allocator *allocator = new_in_unit(CHUNKS, sizes[i]);
		struct buddy_list lists[CHUNKS];

		fill(allocator, lists, sizes[i]);
		for (uint64_t chunk = 0; chunk < CHUNKS; chunk++) {
			CHECK_EQ(buddy_first_chunk(&lists[chunk]), chunk);
			CHECK_OK(buddy_free(&lists[chunk], false));
		}
		drop_allocator(allocator);
	}
}
