/*
 * Tests the guards of the checked entries against the hazards of the kernel's code, by their numbers in
 * docs/internals/hazards.md. The raw entry is called as well if its answer shows that the guard is needed.
 */
#include "random.h"
#include "scenario.h"

#include <stdlib.h>

TEST("H1: a size of 2^32 chunks and one is two blocks, not 2^32 of them")
{
	struct buddy_allocator *allocator = new_allocator(1ULL << 46);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = (1ULL << 44) + CHUNK));
	CHECK_BLOCKS(&list, { (1ULL << 46) - (1ULL << 44), 1ULL << 44 },
		     { (1ULL << 46) - (1ULL << 44) - CHUNK, CHUNK });
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H1: a size of exactly 2^32 chunks is one block")
{
	static const unsigned long modes[] = { 0, TOPDOWN, RANGE, CONTIGUOUS };

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		struct buddy_allocator *allocator = new_allocator(1ULL << 46);
		EMPTY_LIST(list);

		CHECK_OK(ALLOC(allocator, &list, .end = 1ULL << 46, .size = 1ULL << 44,
			       .flags = modes[i]));
		CHECK_EQ(buddy_count(&list), 1);
		CHECK_EQ(buddy_first(&list).order, 32);
		CHECK_OK(buddy_free(&list, false));
		drop_allocator(allocator);
	}
}

TEST("H2: a contiguous size above 2^63 is put together, or refused in a range")
{
	struct buddy_allocator *allocator = new_allocator(~0ULL);
	EMPTY_LIST(list);
	EMPTY_LIST(none);

	CHECK_STATUS(ALLOC(allocator, &none, .end = ~0ULL - 4095, .size = (1ULL << 63) + CHUNK,
			   .flags = CONTIGUOUS | RANGE),
		     SIZE_ABOVE_SPACE_CONTIGUOUS);
	CHECK_STATUS(ALLOC_RAW(allocator, &none, .end = ~0ULL - 4095, .size = (1ULL << 63) + CHUNK,
			       .flags = CONTIGUOUS | RANGE),
		     KERNEL_EINVAL);
	CHECK_OK(ALLOC(allocator, &list, .size = (1ULL << 63) + CHUNK, .flags = CONTIGUOUS));
	CHECK_BLOCKS(&list, { 0, 1ULL << 63 }, { 1ULL << 63, CHUNK });
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&none, false));
	drop_allocator(allocator);
}

TEST("H3, H4: a range that ends at 0, or before it starts, is refused")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_STATUS(ALLOC(allocator, &list, .start = 64 * KIB, .size = 4 * KIB, .flags = RANGE),
		     RANGE_EMPTY);
	CHECK_STATUS(ALLOC(allocator, &list, .start = 64 * KIB, .end = 32 * KIB, .size = 4 * KIB,
			   .flags = RANGE),
		     RANGE_EMPTY);
	drop_allocator(allocator);
}

TEST("H5: start and end that fit the size make no exact range where no range is asked for")
{
	struct buddy_allocator *allocator = new_allocator(8 * MIB);
	EMPTY_LIST(list);
	EMPTY_LIST(raw);

	CHECK_OK(ALLOC_RAW(allocator, &raw, .start = MIB, .end = 2 * MIB, .size = MIB));
	CHECK_EQ(buddy_first(&raw).offset, MIB);
	CHECK_OK(buddy_free(&raw, false));
	CHECK_OK(ALLOC(allocator, &list, .start = MIB, .end = 2 * MIB, .size = MIB));
	CHECK_BLOCKS(&list, { 7 * MIB, MIB });
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H5: the whole space makes no exact range if no range is asked for")
{
	struct buddy_allocator *allocator = new_allocator(16 * KIB);
	struct buddy_list cleared;
	EMPTY_LIST(list);

	/* An exact range would begin at 0. */
	take_at(allocator, &cleared, 0, 4 * KIB);
	CHECK_OK(buddy_free(&cleared, true));
	CHECK_OK(ALLOC(allocator, &list, .size = 16 * KIB));
	CHECK_BLOCKS(&list, { 8 * KIB, 8 * KIB }, { 4 * KIB, 4 * KIB }, { 0, 4 * KIB });
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H6: a start means nothing where no range is asked for")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);
	EMPTY_LIST(raw);

	CHECK_STATUS(
		ALLOC_RAW(allocator, &raw, .start = MIB - 4 * KIB, .end = MIB, .size = 8 * KIB),
		KERNEL_EINVAL);
	CHECK_OK(buddy_free(&raw, false));
	CHECK_OK(ALLOC(allocator, &list, .start = MIB - 4 * KIB, .end = 5, .size = 8 * KIB));
	CHECK_BLOCKS(&list, { MIB - 8 * KIB, 8 * KIB });
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H7: a size below the min block size keeps its alignment in a range")
{
	TEST_NEEDS(LINUX_PLACES_SMALL_SIZES);
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);
	EMPTY_LIST(raw);

	CHECK_OK(ALLOC_RAW(allocator, &raw, .start = 4 * KIB, .end = 512 * KIB, .size = 4 * KIB,
			   .min_block_size = 64 * KIB, .flags = RANGE));
	CHECK_EQ(buddy_first(&raw).offset, 4 * KIB);
	CHECK_OK(buddy_free(&raw, false));

	CHECK_OK(ALLOC(allocator, &list, .start = 4 * KIB, .end = 512 * KIB, .size = 4 * KIB,
		       .min_block_size = 64 * KIB, .flags = RANGE));
	CHECK_BLOCKS(&list, { 64 * KIB, 4 * KIB });
	CHECK_EQ(avail_of(allocator), MIB - 4 * KIB);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H7: with trim-disable the size is no more rounded up than without a range")
{
	TEST_NEEDS(LINUX_PLACES_SMALL_SIZES);
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .start = 4 * KIB, .end = 512 * KIB, .size = 4 * KIB,
		       .min_block_size = 64 * KIB, .flags = RANGE | TRIM_DISABLE));
	CHECK_BLOCKS(&list, { 64 * KIB, 4 * KIB });
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H7: the only aligned block of a range gives its first bytes, or nothing")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);
	EMPTY_LIST(none);
	struct picture before;

	CHECK_OK(ALLOC(allocator, &list, .start = 4 * KIB, .end = 128 * KIB, .size = 4 * KIB,
		       .min_block_size = 64 * KIB, .flags = RANGE));
	CHECK_BLOCKS(&list, { 64 * KIB, 4 * KIB });
	take_picture(allocator, &before);
	CHECK_STATUS(ALLOC(allocator, &none, .start = 4 * KIB, .end = 128 * KIB, .size = 4 * KIB,
			   .min_block_size = 64 * KIB, .flags = RANGE),
		     NO_SPACE);
	CHECK_UNCHANGED(allocator, &before);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H7: at the end of a range, where no whole aligned block fits, its first bytes will do")
{
	TEST_NEEDS(LINUX_PLACES_SMALL_SIZES);
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(first);
	EMPTY_LIST(last);
	EMPTY_LIST(alone);

	CHECK_OK(ALLOC(allocator, &first, .start = 4 * KIB, .end = 132 * KIB, .size = 4 * KIB,
		       .min_block_size = 64 * KIB, .flags = RANGE));
	CHECK_BLOCKS(&first, { 64 * KIB, 4 * KIB });
	CHECK_OK(ALLOC(allocator, &last, .start = 4 * KIB, .end = 132 * KIB, .size = 4 * KIB,
		       .min_block_size = 64 * KIB, .flags = RANGE));
	CHECK_BLOCKS(&last, { 128 * KIB, 4 * KIB });
	CHECK_OK(ALLOC(allocator, &alone, .start = 188 * KIB, .end = 204 * KIB, .size = 8 * KIB,
		       .min_block_size = 64 * KIB, .flags = RANGE));
	CHECK_BLOCKS(&alone, { 192 * KIB, 8 * KIB });
	CHECK_OK(buddy_free(&first, false));
	CHECK_OK(buddy_free(&last, false));
	CHECK_OK(buddy_free(&alone, false));
	drop_allocator(allocator);
}

TEST("H7: a range without an aligned block has no space")
{
	struct buddy_allocator *allocator = new_allocator(~0ULL);
	EMPTY_LIST(list);

	CHECK_STATUS(ALLOC(allocator, &list, .start = 4 * KIB, .end = 64 * KIB, .size = 4 * KIB,
			   .min_block_size = 64 * KIB, .flags = RANGE),
		     NO_SPACE);
	CHECK_STATUS(ALLOC(allocator, &list, .start = 68 * KIB, .end = 124 * KIB, .size = 4 * KIB,
			   .min_block_size = 64 * KIB, .flags = RANGE),
		     NO_SPACE);
	CHECK_STATUS(ALLOC(allocator, &list, .start = (1ULL << 63) + CHUNK, .end = ~0ULL - 4095,
			   .size = 4 * KIB, .min_block_size = 1ULL << 63, .flags = RANGE),
		     NO_SPACE);
	drop_allocator(allocator);
}

TEST("H7: an odd size below the min block size is aligned and trimmed in a range")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .start = 4 * KIB, .end = 512 * KIB, .size = 12 * KIB,
		       .min_block_size = 64 * KIB, .flags = RANGE));
	CHECK_BLOCKS(&list, { 64 * KIB, 8 * KIB }, { 72 * KIB, 4 * KIB });
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H8: a contiguous size below the min block size keeps its alignment")
{
	static const struct {
		uint64_t size;
		unsigned long flags;
		uint64_t offset;
	} rows[] = {
		{ 4 * KIB, CONTIGUOUS, MIB - 128 * KIB },
		{ 12 * KIB, CONTIGUOUS, MIB - 128 * KIB },
		{ 64 * KIB, CONTIGUOUS, MIB - 128 * KIB },
		{ 100 * KIB, CONTIGUOUS, MIB - 128 * KIB },
		{ 4 * KIB, CONTIGUOUS | TOPDOWN, MIB - 128 * KIB },
		{ 4 * KIB, CONTIGUOUS | RANGE, 128 * KIB },
		{ 12 * KIB, CONTIGUOUS | RANGE, 128 * KIB },
		{ 100 * KIB, CONTIGUOUS | RANGE, 128 * KIB },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buddy_allocator *allocator = new_allocator(MIB);
		EMPTY_LIST(list);

		CHECK_OK(ALLOC(allocator, &list, .start = 4 * KIB, .end = 512 * KIB,
			       .size = rows[i].size, .min_block_size = 128 * KIB,
			       .flags = rows[i].flags));
		CHECK_EQ(buddy_first(&list).offset, rows[i].offset);
		CHECK_EQ(bytes_in(&list), rows[i].size);
		CHECK_BOOKS(allocator);
		CHECK_OK(buddy_free(&list, false));
		drop_allocator(allocator);
	}
}

TEST("H8: the raw entry loses the alignment of a contiguous size below the min block size")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(ALLOC_RAW(allocator, &list, .end = MIB, .size = 4 * KIB,
			   .min_block_size = 128 * KIB, .flags = CONTIGUOUS));
	CHECK_EQ(buddy_first(&list).offset, MIB - 4 * KIB);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H9: a contiguous allocation that fails leaves earlier lists alone")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);
	EMPTY_LIST(none);
	struct picture before;

	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	take_picture(allocator, &before);
	CHECK_STATUS(ALLOC(allocator, &list, .size = MIB, .flags = CONTIGUOUS), LIST_IN_USE);
	CHECK_STATUS(ALLOC(allocator, &none, .size = MIB, .flags = CONTIGUOUS), NO_SPACE);
	CHECK_UNCHANGED(allocator, &before);
	CHECK_BLOCKS(&list, { MIB - 4 * KIB, 4 * KIB });
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

enum { BLOCKS = 16384 };

/* An allocator of which every other block was freed in random order, clear or not, so that nothing merges. */
static struct buddy_allocator *checkerboard(struct buddy_list *lists, bool cleared, uint64_t seed)
{
	static unsigned int order[BLOCKS / 2];
	struct buddy_allocator *allocator = new_allocator(BLOCKS * CHUNK);

	fill(allocator, lists, CHUNK);
	random_order(&seed, order, BLOCKS / 2);
	for (unsigned int i = 0; i < BLOCKS / 2; i++)
		CHECK_OK(buddy_free(&lists[2 * order[i]], cleared));
	return allocator;
}

static void end_checkerboard(struct buddy_allocator *allocator, struct buddy_list *lists)
{
	for (unsigned int i = 0; i < BLOCKS; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	drop_allocator(allocator);
}

static struct buddy_list board[BLOCKS];

TEST("H10: the kernel's reset_clear misses some blocks, ours misses none")
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct buddy_allocator *allocator = checkerboard(board, true, seed);
		uint64_t half = BLOCKS * CHUNK / 2;

		CHECK_EQ(clear_avail_of(allocator), half);
		CHECK_OK(buddy_reset_clear_raw(allocator, false));
		CHECK(clear_avail_of(allocator) > 0 && clear_avail_of(allocator) < half / 4);
		CHECK_BOOKS(allocator);
		CHECK_OK(buddy_reset_clear(allocator, false));
		CHECK_EQ(clear_avail_of(allocator), 0);
		CHECK_BOOKS(allocator);

		CHECK_OK(buddy_reset_clear_raw(allocator, true));
		CHECK_BOOKS(allocator);
		CHECK_OK(buddy_reset_clear(allocator, true));
		CHECK_EQ(clear_avail_of(allocator), half);
		end_checkerboard(allocator, board);
	}
}

TEST("H11: a single block that is freed dirty does not become clear")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(buddy_reset_clear(allocator, true));
	CHECK_OK(ALLOC(allocator, &list, .size = 28 * KIB, .flags = CLEAR));
	CHECK_EQ(clear_avail_of(allocator), MIB - 28 * KIB);
	CHECK_OK(buddy_free_block(&list, 2, false));
	CHECK_EQ(clear_avail_of(allocator), MIB - 28 * KIB);
	CHECK_EQ(avail_of(allocator), MIB - 24 * KIB);
	CHECK_OK(buddy_free_block(&list, 1, true));
	CHECK_EQ(clear_avail_of(allocator), MIB - 20 * KIB);
	CHECK_BOOKS(allocator);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H11: the raw entry puts a clear block back as clear")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(buddy_reset_clear(allocator, true));
	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB, .flags = CLEAR));
	CHECK_OK(buddy_free_block_raw(&list, 0));
	CHECK_EQ(clear_avail_of(allocator), MIB);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H12: the tail that is trimmed off a clear block counts as clear")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_OK(buddy_reset_clear(allocator, true));
	CHECK_OK(ALLOC(allocator, &list, .size = 64 * KIB, .flags = CLEAR));
	CHECK_OK(buddy_trim(&list, NULL, 4 * KIB));
	CHECK_EQ(clear_avail_of(allocator), MIB - 4 * KIB);
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("H13: a list that was freed is freed, however often that is said")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_columns columns = new_columns(1);
	uint64_t start = 0, count = 7;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&list, true));
	CHECK_STATUS(buddy_trim(&list, NULL, 4 * KIB), FREED);
	CHECK_STATUS(buddy_trim_raw(&list, &start, 4 * KIB), FREED);
	CHECK_STATUS(buddy_free_block(&list, 0, false), FREED);
	CHECK_STATUS(buddy_free_block_raw(&list, 0), FREED);
	CHECK_STATUS(buddy_read(&list, &columns, &count), FREED);
	CHECK_EQ(count, 0);
	CHECK_EQ(buddy_count(&list), 0);
	free_columns(&columns);
	drop_allocator(allocator);
}

TEST("H22: an allocation that fails may make clear memory dirty, and does nothing else")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_list lists[16];
	EMPTY_LIST(list);

	fill(allocator, lists, 64 * KIB);
	CHECK_OK(buddy_free(&lists[0], true));
	CHECK_OK(buddy_free(&lists[1], false));
	CHECK_OK(buddy_free(&lists[4], false));
	CHECK_OK(buddy_free(&lists[6], false));
	CHECK_EQ(clear_avail_of(allocator), 64 * KIB);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 256 * KIB, .min_block_size = 256 * KIB),
		     NO_SPACE);
	CHECK_EQ(avail_of(allocator), 256 * KIB);
	CHECK_EQ(clear_avail_of(allocator), 0);
	CHECK_BOOKS(allocator);
	for (int i = 0; i < 16; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	drop_allocator(allocator);
}

TEST("H24: a start outside of the block is refused even if there is nothing to trim")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	uint64_t outside = 0, inside = MIB - 64 * KIB;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 64 * KIB));
	CHECK_OK(buddy_trim_raw(&list, &outside, 64 * KIB));
	CHECK_STATUS(buddy_trim(&list, &outside, 64 * KIB), START_OUTSIDE_BLOCK);
	CHECK_OK(buddy_trim(&list, &inside, 64 * KIB));
	CHECK_BLOCKS(&list, { MIB - 64 * KIB, 64 * KIB });
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}
