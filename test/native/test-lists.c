/* Tests the calls on a list of blocks: native/buddy/lists.c. */
#include "scenario.h"

#include <string.h>

TEST("a block is trimmed from its start")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 64 * KIB, .tag = 6));
	CHECK_OK(buddy_trim(&list, NULL, 12 * KIB));
	CHECK_BLOCKS(&list, { MIB - 64 * KIB, 8 * KIB }, { MIB - 56 * KIB, 4 * KIB });
	CHECK_EQ(avail_of(allocator), MIB - 12 * KIB);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("a block is trimmed to a part in its middle, in ascending blocks that keep the tag")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_columns columns = new_columns(4);
	uint64_t start = MIB - 60 * KIB, count;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 64 * KIB, .tag = 1ULL << 40));
	CHECK_OK(buddy_trim(&list, &start, 16 * KIB));
	CHECK_BLOCKS(&list, { MIB - 60 * KIB, 4 * KIB }, { MIB - 56 * KIB, 8 * KIB },
		     { MIB - 48 * KIB, 4 * KIB });
	CHECK_OK(buddy_read(&list, &columns, &count));
	for (uint64_t i = 0; i < count; i++)
		CHECK_EQ((uint64_t)columns.tags[i], 1ULL << 40);
	CHECK_EQ(start, MIB - 60 * KIB);
	CHECK_BOOKS(allocator);
	free_columns(&columns);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("a block that is trimmed to its size stays as it is")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct picture before;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 64 * KIB, .tag = 6));
	take_picture(allocator, &before);
	CHECK_OK(buddy_trim(&list, NULL, 64 * KIB));
	CHECK_UNCHANGED(allocator, &before);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("the raw entry trims as the kernel does")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint64_t start = MIB - 32 * KIB;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 64 * KIB, .tag = 6));
	CHECK_OK(buddy_trim_raw(&list, &start, 4 * KIB));
	CHECK_BLOCKS(&list, { MIB - 32 * KIB, 4 * KIB });
	CHECK_EQ(buddy_first(&list).tag, 6);
	CHECK_STATUS(buddy_trim_raw(&list, NULL, 8 * KIB), KERNEL_EINVAL);
	CHECK_STATUS(buddy_trim_raw(&list, NULL, 0), KERNEL_EINVAL);
	CHECK_BLOCKS(&list, { MIB - 32 * KIB, 4 * KIB });
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("each bad argument of a trim has its own status, and nothing changes")
{
	/* The block is [64 KiB, 128 KiB). A start of `none` is not given. */
	static const uint64_t none = 1;
	static const struct {
		uint64_t start, new_size;
		enum buddy_status status;
	} rows[] = {
		{ none, 0, BUDDY_NEW_SIZE_ZERO },
		{ none, 1, BUDDY_NEW_SIZE_UNALIGNED },
		{ none, 64 * KIB - 1, BUDDY_NEW_SIZE_UNALIGNED },
		{ none, 68 * KIB, BUDDY_NEW_SIZE_ABOVE_BLOCK },
		{ none, ~0ULL - 4095, BUDDY_NEW_SIZE_ABOVE_BLOCK },
		{ 64 * KIB, 68 * KIB, BUDDY_NEW_SIZE_ABOVE_BLOCK },
		{ 64 * KIB + 2, 4 * KIB, BUDDY_START_UNALIGNED },
		{ ~0ULL, 4 * KIB, BUDDY_START_UNALIGNED },
		{ 0, 4 * KIB, BUDDY_START_OUTSIDE_BLOCK },
		{ 60 * KIB, 4 * KIB, BUDDY_START_OUTSIDE_BLOCK },
		{ 124 * KIB, 8 * KIB, BUDDY_START_OUTSIDE_BLOCK },
		{ 128 * KIB, 4 * KIB, BUDDY_START_OUTSIDE_BLOCK },
		{ 68 * KIB, 64 * KIB, BUDDY_START_OUTSIDE_BLOCK },
		{ ~0ULL - 4095, 4 * KIB, BUDDY_START_OUTSIDE_BLOCK },
		{ ~0ULL - 4095, 8 * KIB, BUDDY_START_OUTSIDE_BLOCK },
	};
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_list list;

	take_at(allocator, &list, 64 * KIB, 64 * KIB);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t start = rows[i].start;
		struct picture before;
		enum buddy_status status;

		take_picture(allocator, &before);
		status = buddy_trim(&list, start == none ? NULL : &start, rows[i].new_size);
		if (status != rows[i].status)
			test_fail(TEST_HERE, "row %zu ends with %s %s", i,
				  buddy_status_texts[status].argument,
				  buddy_status_texts[status].why);
		CHECK_UNCHANGED(allocator, &before);
		CHECK_BLOCKS(&list, { 64 * KIB, 64 * KIB });
	}
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("only a list of exactly one block can be trimmed")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(none);
	EMPTY_LIST(several);

	CHECK_STATUS(ALLOC_RAW(allocator, &none, .size = 1), KERNEL_EINVAL);
	CHECK_STATUS(buddy_trim(&none, NULL, 4 * KIB), TRIM_NOT_SINGULAR);
	CHECK_STATUS(buddy_trim_raw(&none, NULL, 4 * KIB), KERNEL_EINVAL);
	CHECK_OK(ALLOC(allocator, &several, .size = 12 * KIB));
	CHECK_STATUS(buddy_trim(&several, NULL, 4 * KIB), TRIM_NOT_SINGULAR);
	CHECK_STATUS(buddy_trim_raw(&several, NULL, 4 * KIB), KERNEL_EINVAL);
	CHECK_EQ(bytes_in(&several), 12 * KIB);
	CHECK_OK(buddy_free(&none, false));
	CHECK_OK(buddy_free(&several, false));
	drop_allocator(allocator);
}

TEST("one block of a list is freed, and the others keep their order and tag")
{
	for (uint64_t index = 0; index < 3; index++) {
		static const struct extent all[] = { { MIB - 16 * KIB, 16 * KIB },
						     { MIB - 24 * KIB, 8 * KIB },
						     { MIB - 28 * KIB, 4 * KIB } };
		struct buddy_allocator *allocator = new_allocator(MIB);
		struct extent left[2];
		EMPTY_LIST(list);

		CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB, .tag = 3));
		CHECK_OK(buddy_free_block(&list, index, false));
		for (uint64_t i = 0; i < 2; i++)
			left[i] = all[i < index ? i : i + 1];
		test_check_blocks(TEST_HERE, &list, left, 2);
		CHECK_EQ(buddy_first(&list).tag, 3);
		CHECK_EQ(avail_of(allocator), MIB - 28 * KIB + all[index].size);
		CHECK_BOOKS(allocator);
		CHECK_OK(buddy_free(&list, false));
		drop_allocator(allocator);
	}
}

TEST("a list whose blocks were all freed one by one is empty, and still to be freed")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB));
	CHECK_OK(buddy_free_block(&list, 1, false));
	CHECK_OK(buddy_free_block_raw(&list, 1));
	CHECK_OK(buddy_free_block(&list, 0, true));
	CHECK_EQ(buddy_count(&list), 0);
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_STATUS(buddy_free_block(&list, 0, false), INDEX_OUTSIDE_LIST);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 4 * KIB), LIST_IN_USE);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("an index outside of the list is refused, and nothing changes")
{
	static const uint64_t indices[] = { 3, 4, 1ULL << 32, ~0ULL };
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB));
	for (size_t i = 0; i < sizeof(indices) / sizeof(*indices); i++) {
		struct picture before;

		take_picture(allocator, &before);
		CHECK_STATUS(buddy_free_block(&list, indices[i], false), INDEX_OUTSIDE_LIST);
		CHECK_STATUS(buddy_free_block_raw(&list, indices[i]), INDEX_OUTSIDE_LIST);
		CHECK_UNCHANGED(allocator, &before);
		CHECK_EQ(buddy_count(&list), 3);
	}
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("a list is read column by column, in its order")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_columns columns = new_columns(10);
	struct buddy_list half;
	uint64_t count = 0;
	EMPTY_LIST(list);

	take_at(allocator, &half, 0, 512 * KIB);
	CHECK_OK(buddy_free(&half, true));
	CHECK_OK(ALLOC(allocator, &list, .size = 768 * KIB, .flags = CLEAR, .tag = 4));
	CHECK_OK(buddy_read(&list, &columns, &count));
	CHECK_EQ(count, 2);
	CHECK_EQ(columns.offsets[0], 0);
	CHECK_EQ(columns.orders[0], 7);
	CHECK_EQ(columns.states[0], BUDDY_STATE_ALLOCATED | BUDDY_STATE_CLEAR);
	CHECK_EQ((uint64_t)columns.tags[0], 4);
	CHECK_EQ(columns.offsets[1], MIB - 256 * KIB);
	CHECK_EQ(columns.orders[1], 6);
	CHECK_EQ(columns.states[1], BUDDY_STATE_ALLOCATED);
	CHECK_EQ((uint64_t)columns.tags[1], 4);
	free_columns(&columns);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("columns that are too short are not written at all, and the count says what they need")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_columns columns = new_columns(3);
	uint64_t count = 0;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB, .tag = 4));
	for (columns.capacity = 0; columns.capacity < 3; columns.capacity++) {
		memset(columns.offsets, 0x5a, 3 * sizeof(*columns.offsets));
		CHECK_OK(buddy_read(&list, &columns, &count));
		CHECK_EQ(count, 3);
		CHECK_EQ(columns.offsets[0], 0x5a5a5a5a5a5a5a5a);
		CHECK_EQ(columns.states[0], 0);
	}
	CHECK_OK(buddy_read(&list, &columns, &count));
	CHECK_EQ(columns.offsets[0], MIB - 16 * KIB);
	free_columns(&columns);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("the offsets of a list are read as doubles where that is asked for, the base offset added")
{
	static const uint64_t offsets[] = { MIB - 16 * KIB, MIB - 24 * KIB, MIB - 28 * KIB };
	const uint64_t base_offset = (1ULL << 52) + 1;
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_columns columns = new_columns(3);
	uint64_t count;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB, .tag = 4));
	columns.base_offset = base_offset;
	for (int as_doubles = 0; as_doubles < 2; as_doubles++) {
		columns.as_doubles = as_doubles;
		CHECK_OK(buddy_read(&list, &columns, &count));
		CHECK_EQ(count, 3);
		for (unsigned int i = 0; i < 3; i++) {
			uint64_t cell = columns.offsets[i];

			CHECK_EQ(as_doubles ? number_in(cell) : cell, base_offset + offsets[i]);
			CHECK_EQ(columns.orders[i], 2 - i);
			CHECK_EQ(columns.states[i], BUDDY_STATE_ALLOCATED);
			CHECK_EQ((uint64_t)columns.tags[i], 4);
		}
	}
	free_columns(&columns);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}
