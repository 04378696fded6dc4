/* Allocation as its contract has it: native/buddy/alloc.c, where nothing goes wrong. */
#include "scenario.h"

TEST("a simple allocation is one aligned block from the top of an empty space")
{
	struct buddy_allocator *allocator = new_allocator(GIB);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 16 * MIB, .min_block_size = 16 * MIB));
	CHECK_BLOCKS(&list, { GIB - 16 * MIB, 16 * MIB });
	CHECK_EQ(buddy_first(&list).order, 12);
	CHECK_EQ(avail_of(allocator), GIB - 16 * MIB);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	CHECK_EQ(avail_of(allocator), GIB);
	drop_allocator(allocator);
}

TEST("a top-down allocation is the highest block that will do")
{
	struct buddy_allocator *allocator = new_allocator(GIB);
	EMPTY_LIST(hole);
	EMPTY_LIST(simple);
	EMPTY_LIST(top_down);

	/* The simple mode prefers the small hole at the bottom, top-down the large one above it. */
	take_at(allocator, &hole, 0, 4 * KIB);
	CHECK_OK(ALLOC(allocator, &simple, .size = 4 * KIB));
	CHECK_BLOCKS(&simple, { 4 * KIB, 4 * KIB });
	CHECK_OK(buddy_free(&simple, false));
	CHECK_OK(ALLOC(allocator, &top_down, .size = 4 * KIB, .flags = TOPDOWN));
	CHECK_BLOCKS(&top_down, { GIB - 4 * KIB, 4 * KIB });

	CHECK_OK(buddy_free(&hole, false));
	CHECK_OK(buddy_free(&top_down, false));
	drop_allocator(allocator);
}

TEST("a fragmented allocation fills the holes in its range")
{
	struct buddy_allocator *allocator = new_allocator(GIB);
	EMPTY_LIST(first);
	EMPTY_LIST(second);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &first, .start = 0, .end = 4 * MIB, .size = 4 * MIB,
		       .flags = RANGE));
	CHECK_OK(ALLOC(allocator, &second, .start = 8 * MIB, .end = 12 * MIB, .size = 4 * MIB,
		       .flags = RANGE));
	CHECK_OK(ALLOC(allocator, &list, .start = 0, .end = 16 * MIB, .size = 8 * MIB,
		       .min_block_size = 4 * MIB, .flags = RANGE));
	CHECK_BLOCKS(&list, { 4 * MIB, 4 * MIB }, { 12 * MIB, 4 * MIB });
	CHECK_BOOKS(allocator);

	CHECK_OK(buddy_free(&first, false));
	CHECK_OK(buddy_free(&second, false));
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("a contiguous allocation fails where only separate holes are left")
{
	struct buddy_allocator *allocator = new_allocator(16 * MIB);
	EMPTY_LIST(first);
	EMPTY_LIST(second);
	EMPTY_LIST(list);
	struct picture before;

	take_at(allocator, &first, 0, 4 * MIB);
	take_at(allocator, &second, 8 * MIB, 4 * MIB);
	take_picture(allocator, &before);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 8 * MIB, .min_block_size = 4 * MIB,
			   .flags = CONTIGUOUS),
		     NO_SPACE);
	CHECK_UNCHANGED(allocator, &before);

	CHECK_OK(buddy_free(&first, false));
	CHECK_OK(buddy_free(&second, false));
	drop_allocator(allocator);
}

TEST("a contiguous allocation may be several blocks that adjoin")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB, .flags = CONTIGUOUS));
	CHECK_BLOCKS(&list, { MIB - 32 * KIB, 16 * KIB }, { MIB - 16 * KIB, 8 * KIB },
		     { MIB - 8 * KIB, 4 * KIB });
	CHECK_EQ(avail_of(allocator), MIB - 28 * KIB);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("a contiguous allocation that no power of two has room for is put together from two roots")
{
	struct buddy_allocator *allocator = new_allocator(12 * MIB);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 12 * MIB - 4 * KIB, .flags = CONTIGUOUS));
	CHECK_EQ(bytes_in(&list), 12 * MIB - 4 * KIB);
	CHECK_EQ(buddy_first(&list).offset, 0);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("an exact range is taken as it is, or not at all")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);
	EMPTY_LIST(other);

	CHECK_OK(ALLOC(allocator, &list, .start = 12 * KIB, .end = 32 * KIB, .size = 20 * KIB,
		       .flags = RANGE));
	CHECK_BLOCKS(&list, { 12 * KIB, 4 * KIB }, { 16 * KIB, 16 * KIB });
	CHECK_STATUS(ALLOC(allocator, &other, .start = 28 * KIB, .end = 36 * KIB, .size = 8 * KIB,
			   .flags = RANGE),
		     NO_SPACE);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("a size that is no multiple of the min block size is rounded up and trimmed")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(trimmed);
	EMPTY_LIST(whole);

	CHECK_OK(ALLOC(allocator, &trimmed, .size = 12 * KIB, .min_block_size = 64 * KIB));
	CHECK_BLOCKS(&trimmed, { MIB - 64 * KIB, 8 * KIB }, { MIB - 56 * KIB, 4 * KIB });
	CHECK_OK(ALLOC(allocator, &whole, .size = 12 * KIB, .min_block_size = 64 * KIB,
		       .flags = TRIM_DISABLE));
	CHECK_BLOCKS(&whole, { MIB - 128 * KIB, 64 * KIB });
	CHECK_BOOKS(allocator);

	CHECK_OK(buddy_free(&trimmed, false));
	CHECK_OK(buddy_free(&whole, false));
	drop_allocator(allocator);
}

TEST("the whole space can be had at once, whatever its size")
{
	static const uint64_t sizes[] = { 4 * KIB, 16 * KIB, 28 * KIB, MIB, 10 * GIB, ~0ULL - 4095 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buddy_allocator *allocator = new_allocator(sizes[i]);
		EMPTY_LIST(list);
		EMPTY_LIST(none);

		CHECK_OK(ALLOC(allocator, &list, .size = sizes[i]));
		CHECK_EQ(bytes_in(&list), sizes[i]);
		CHECK_EQ(avail_of(allocator), 0);
		CHECK_STATUS(ALLOC(allocator, &none, .size = 4 * KIB), NO_SPACE);
		CHECK_BOOKS(allocator);
		CHECK_OK(buddy_free(&list, false));
		drop_allocator(allocator);
	}
}

TEST("clear memory is given to those who ask for it, and kept from those who don't")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(half);
	EMPTY_LIST(clear);
	EMPTY_LIST(dirty);

	take_at(allocator, &half, 0, 512 * KIB);
	CHECK_OK(buddy_free(&half, true));
	CHECK_EQ(clear_avail_of(allocator), 512 * KIB);

	CHECK_OK(ALLOC(allocator, &clear, .size = 64 * KIB, .flags = CLEAR));
	CHECK_BLOCKS(&clear, { 448 * KIB, 64 * KIB });
	CHECK(buddy_first(&clear).clear);
	CHECK_OK(ALLOC(allocator, &dirty, .size = 64 * KIB));
	CHECK_BLOCKS(&dirty, { MIB - 64 * KIB, 64 * KIB });
	CHECK(!buddy_first(&dirty).clear);
	CHECK_EQ(clear_avail_of(allocator), 448 * KIB);
	CHECK_BOOKS(allocator);

	CHECK_OK(buddy_free(&clear, false));
	CHECK_OK(buddy_free(&dirty, false));
	drop_allocator(allocator);
}

TEST("memory that is freed dirty is dirty, however clear it came")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(buddy_reset_clear(allocator, true));
	CHECK_OK(ALLOC(allocator, &list, .size = MIB, .flags = CLEAR));
	CHECK_EQ(clear_bytes_in(&list), MIB);
	CHECK_OK(buddy_free(&list, false));
	CHECK_EQ(clear_avail_of(allocator), 0);
	drop_allocator(allocator);
}

TEST("a request that needs both clear and dirty memory gets both")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(half);
	EMPTY_LIST(list);

	take_at(allocator, &half, 0, 512 * KIB);
	CHECK_OK(buddy_free(&half, true));
	CHECK_OK(ALLOC(allocator, &list, .size = 768 * KIB, .flags = CLEAR));
	CHECK_EQ(bytes_in(&list), 768 * KIB);
	CHECK_EQ(clear_bytes_in(&list), 512 * KIB);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("every block of a list carries the request's tag, up to the largest that a double holds")
{
	static const uint64_t tags[] = { 0, 1, 1ULL << 32, (1ULL << 53) - 1 };

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		struct buddy_allocator *allocator = new_allocator(MIB);
		struct buddy_columns columns = new_columns(3);
		uint64_t count;
		EMPTY_LIST(list);

		CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB, .tag = tags[i]));
		CHECK_EQ(buddy_first(&list).tag, tags[i]);
		CHECK_OK(buddy_read(&list, &columns, &count));
		CHECK_EQ(count, 3);
		for (int block = 0; block < 3; block++)
			CHECK_EQ((uint64_t)columns.tags[block], tags[i]);
		CHECK_OK(buddy_free(&list, false));
		free_columns(&columns);
		drop_allocator(allocator);
	}
}

TEST("a tag does not stay with the memory")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = MIB, .tag = 77));
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(ALLOC(allocator, &list, .size = MIB));
	CHECK_EQ(buddy_first(&list).tag, 0);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("the raw entry answers as the kernel does")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);
	EMPTY_LIST(none);

	CHECK_OK(ALLOC_RAW(allocator, &list, .end = MIB, .size = 28 * KIB, .tag = 9));
	CHECK_BLOCKS(&list, { MIB - 16 * KIB, 16 * KIB }, { MIB - 24 * KIB, 8 * KIB },
		     { MIB - 28 * KIB, 4 * KIB });
	CHECK_EQ(buddy_first(&list).tag, 9);
	CHECK_STATUS(ALLOC_RAW(allocator, &none, .end = MIB, .size = MIB - 4 * KIB), NO_SPACE);
	CHECK_EQ(buddy_count(&none), 0);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&none, false));
	drop_allocator(allocator);
}
