/* Tests the guards of native/buddy/alloc.c: one row for each fault in the arguments of an allocation. */
#include "alloc-list.h"
#include "scenario.h"

/* A space of ten chunks has roots of 32 and 8 KiB, so that there is something to round beyond. */
#define SPACE (40 * KIB)

struct row {
	struct buddy_request request;
	enum buddy_status status;
};

static const struct row rows[] = {
	{ { .size = 0, .min_block_size = CHUNK }, BUDDY_SIZE_BELOW_CHUNK },
	{ { .size = CHUNK - 1, .min_block_size = CHUNK }, BUDDY_SIZE_BELOW_CHUNK },
	{ { .size = CHUNK + 1, .min_block_size = CHUNK }, BUDDY_SIZE_UNALIGNED },
	{ { .size = ~0ULL, .min_block_size = CHUNK }, BUDDY_SIZE_UNALIGNED },
	{ { .size = SPACE + CHUNK, .min_block_size = CHUNK }, BUDDY_SIZE_ABOVE_SPACE },
	{ { .size = 1ULL << 63, .min_block_size = CHUNK }, BUDDY_SIZE_ABOVE_SPACE },
	{ { .size = ~0ULL - 4095, .min_block_size = CHUNK }, BUDDY_SIZE_ABOVE_SPACE },

	{ { .size = 36 * KIB, .min_block_size = 32 * KIB }, BUDDY_SIZE_ABOVE_SPACE_ROUNDED },
	{ { .size = 12 * KIB, .min_block_size = 64 * KIB }, BUDDY_SIZE_ABOVE_SPACE_ROUNDED },
	{ { .size = 12 * KIB, .min_block_size = 1ULL << 63 }, BUDDY_SIZE_ABOVE_SPACE_ROUNDED },
	{ { .size = 12 * KIB, .min_block_size = 64 * KIB, .flags = CONTIGUOUS },
	  BUDDY_SIZE_ABOVE_SPACE_ROUNDED },
	{ { .end = SPACE, .size = 36 * KIB, .min_block_size = CHUNK, .flags = RANGE | CONTIGUOUS },
	  BUDDY_SIZE_ABOVE_SPACE_CONTIGUOUS },

	{ { .size = CHUNK, .min_block_size = 0 }, BUDDY_MIN_BLOCK_SIZE_BELOW_CHUNK },
	{ { .size = CHUNK, .min_block_size = CHUNK / 2 }, BUDDY_MIN_BLOCK_SIZE_BELOW_CHUNK },
	{ { .size = CHUNK, .min_block_size = CHUNK + 1 }, BUDDY_MIN_BLOCK_SIZE_NO_POWER_OF_2 },
	{ { .size = CHUNK, .min_block_size = 3 * CHUNK }, BUDDY_MIN_BLOCK_SIZE_NO_POWER_OF_2 },
	{ { .size = CHUNK, .min_block_size = ~0ULL }, BUDDY_MIN_BLOCK_SIZE_NO_POWER_OF_2 },

	{ { .start = 0, .end = 0, .size = CHUNK, .min_block_size = CHUNK, .flags = RANGE },
	  BUDDY_RANGE_EMPTY },
	{ { .start = CHUNK, .end = 0, .size = CHUNK, .min_block_size = CHUNK, .flags = RANGE },
	  BUDDY_RANGE_EMPTY },
	{ { .start = CHUNK, .end = CHUNK, .size = CHUNK, .min_block_size = CHUNK, .flags = RANGE },
	  BUDDY_RANGE_EMPTY },
	{ { .start = ~0ULL - 4095, .end = 0, .size = CHUNK, .min_block_size = CHUNK, .flags = RANGE },
	  BUDDY_RANGE_EMPTY },
	{ { .end = SPACE + CHUNK, .size = CHUNK, .min_block_size = CHUNK, .flags = RANGE },
	  BUDDY_RANGE_BEYOND_SPACE },
	{ { .end = ~0ULL, .size = CHUNK, .min_block_size = CHUNK, .flags = RANGE },
	  BUDDY_RANGE_BEYOND_SPACE },
	{ { .start = 2 * CHUNK,
	    .end = SPACE,
	    .size = 9 * CHUNK,
	    .min_block_size = CHUNK,
	    .flags = RANGE },
	  BUDDY_RANGE_TOO_LATE },
	{ { .start = SPACE - CHUNK,
	    .end = SPACE,
	    .size = 2 * CHUNK,
	    .min_block_size = 4 * CHUNK,
	    .flags = RANGE | CONTIGUOUS },
	  BUDDY_RANGE_TOO_LATE },
	{ { .start = 1, .end = SPACE, .size = CHUNK, .min_block_size = CHUNK, .flags = RANGE },
	  BUDDY_RANGE_UNALIGNED },
	{ { .end = SPACE - 1, .size = CHUNK, .min_block_size = CHUNK, .flags = RANGE },
	  BUDDY_RANGE_UNALIGNED },
	{ { .start = CHUNK, .end = 9 * KIB, .size = CHUNK, .min_block_size = CHUNK, .flags = RANGE },
	  BUDDY_RANGE_UNALIGNED },
	{ { .start = CHUNK,
	    .end = 3 * CHUNK,
	    .size = 2 * CHUNK,
	    .min_block_size = 2 * CHUNK,
	    .flags = RANGE },
	  BUDDY_RANGE_EXACT_UNALIGNED },
	{ { .end = CHUNK, .size = CHUNK, .min_block_size = 2 * CHUNK, .flags = RANGE },
	  BUDDY_RANGE_EXACT_UNALIGNED },

	{ { .size = CHUNK, .min_block_size = CHUNK, .flags = GPU_BUDDY_CLEARED },
	  BUDDY_FLAGS_UNKNOWN },
	{ { .size = CHUNK, .min_block_size = CHUNK, .flags = 1 << 6 }, BUDDY_FLAGS_UNKNOWN },
	{ { .size = CHUNK, .min_block_size = CHUNK, .flags = 1UL << 63 }, BUDDY_FLAGS_UNKNOWN },
	{ { .end = SPACE, .size = CHUNK, .min_block_size = CHUNK, .flags = RANGE | TOPDOWN },
	  BUDDY_FLAGS_UNKNOWN },
};

#define ROWS (sizeof(rows) / sizeof(*rows))

/* An allocator of which something is in use and something is clear. */
static struct buddy_allocator *used_allocator(struct buddy_list *list)
{
	struct buddy_allocator *allocator = new_allocator(SPACE);
	EMPTY_LIST(cleared);

	take_at(allocator, list, 8 * KIB, 4 * KIB);
	take_at(allocator, &cleared, 0, 4 * KIB);
	CHECK_OK(buddy_free(&cleared, true));
	return allocator;
}

TEST("each bad argument has its own status, and the allocator stays as it was")
{
	struct buddy_list used;
	struct buddy_allocator *allocator = used_allocator(&used);

	for (size_t i = 0; i < ROWS; i++) {
		struct picture before;
		enum buddy_status status;
		EMPTY_LIST(list);

		take_picture(allocator, &before);
		status = alloc_list(allocator, &list, &rows[i].request);
		if (status != rows[i].status)
			test_fail(TEST_HERE, "row %zu ends with %s %s", i,
				  buddy_status_texts[status].argument,
				  buddy_status_texts[status].why);
		CHECK_UNCHANGED(allocator, &before);
		CHECK_SAME(list.allocator, NULL);
		CHECK_EQ(buddy_count(&list), 0);
	}
	CHECK_OK(buddy_free(&used, false));
	drop_allocator(allocator);
}

TEST("the same arguments do no harm at the raw entry")
{
	struct buddy_list used;
	struct buddy_allocator *allocator = used_allocator(&used);

	for (size_t i = 0; i < ROWS; i++) {
		EMPTY_LIST(list);

		alloc_list_raw(allocator, &list, &rows[i].request);
		CHECK_BOOKS(allocator);
		CHECK_OK(buddy_free(&list, false));
		CHECK_BOOKS(allocator);
		CHECK_EQ(avail_of(allocator), SPACE - 4 * KIB);
	}
	CHECK_OK(buddy_free(&used, false));
	drop_allocator(allocator);
}

TEST("the raw entry gives the kernel's EINVAL for arguments that the kernel rejects itself")
{
	static const struct buddy_request requests[] = {
		{ .size = CHUNK - 1, .min_block_size = CHUNK },
		{ .size = CHUNK, .min_block_size = CHUNK - 1 },
		{ .size = CHUNK, .min_block_size = 3 * CHUNK },
		{ .start = 1, .end = SPACE, .size = CHUNK, .min_block_size = CHUNK },
		{ .end = SPACE + CHUNK, .size = CHUNK, .min_block_size = CHUNK },
		{ .start = SPACE, .end = SPACE, .size = CHUNK, .min_block_size = CHUNK },
		{ .end = SPACE, .size = 36 * KIB, .min_block_size = 32 * KIB },
	};
	struct buddy_list used;
	struct buddy_allocator *allocator = used_allocator(&used);

	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		struct picture before;
		EMPTY_LIST(list);

		take_picture(allocator, &before);
		CHECK_STATUS(alloc_list_raw(allocator, &list, &requests[i]), KERNEL_EINVAL);
		CHECK_UNCHANGED(allocator, &before);
		CHECK_OK(buddy_free(&list, false));
	}
	CHECK_OK(buddy_free(&used, false));
	drop_allocator(allocator);
}

TEST("a list that is in use receives nothing, and keeps what it has")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct picture before;
	EMPTY_LIST(list);

	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	take_picture(allocator, &before);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 4 * KIB), LIST_IN_USE);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 1), LIST_IN_USE);
	CHECK_UNCHANGED(allocator, &before);
	CHECK_BLOCKS(&list, { MIB - 4 * KIB, 4 * KIB });
	CHECK_OK(buddy_free(&list, false));
	drop_allocator(allocator);
}

TEST("every status has a code and words, or is none")
{
	for (int status = 0; status < BUDDY_STATUS_COUNT; status++) {
		const struct buddy_status_text *text = &buddy_status_texts[status];

		CHECK(text->error <= 0);
		CHECK(text->code && text->argument && text->why);
		CHECK_EQ(text->code[0] == 0, status == BUDDY_OK);
		CHECK_EQ(text->why[0] == 0, status == BUDDY_OK);
	}
	CHECK_EQ(buddy_status_texts[BUDDY_NO_SPACE].error, -ENOSPC);
	CHECK_TEXT(buddy_status_texts[BUDDY_NO_MEMORY].code, "ENOMEM");
	CHECK_TEXT(buddy_status_texts[BUDDY_LIST_IN_USE].argument, "blocks");
}
