/* The allocations that take the longest, see worst-cases.h and hazards H19 to H21. */
#include "alloc-list.h"
#include "worst-cases.h"

#include "random.h"

#include <stdlib.h>

enum { CHUNK_SIZE = 4096 };

static void take_chunk(struct stage *stage, struct buddy_list *list)
{
	const struct buddy_request request = { .size = CHUNK_SIZE, .min_block_size = CHUNK_SIZE };

	buddy_list_init(list, BUDDY_NOBODY);
	CHECK(alloc_list(stage->allocator, list, &request) == BUDDY_OK);
}

/* The highest address comes first. */
static void fill(struct stage *stage)
{
	for (uint64_t i = stage->count; i-- > 0;)
		take_chunk(stage, &stage->lists[i]);
}

/*
 * Frees all in random order, so that neighbours in the space are not neighbours in memory afterwards. (With the last block
 * the memory would go back and come anew, in order: the anchor is there for that.)
 */
static void shuffle(struct stage *stage)
{
	uint64_t random = 0;

	for (uint64_t left = stage->count; left > 0; left--) {
		uint64_t i = random_below(&random, left);
		struct buddy_list *list = &stage->lists[i], *last = &stage->lists[left - 1];

		CHECK(buddy_free(list, false) == BUDDY_OK);
		if (list == last)
			continue;
		*list = *last;
		buddy_list_init(last, BUDDY_NOBODY);
	}
}

void stage_fill(struct stage *stage, uint64_t chunks)
{
	const struct buddy_config config = { .size = (chunks + 1) * CHUNK_SIZE,
					     .chunk_size = CHUNK_SIZE,
					     .memory_limit = ~0ULL };

	CHECK(buddy_create(&config, &stage->allocator) == BUDDY_OK);
	stage->count = chunks;
	stage->lists = calloc(chunks, sizeof(*stage->lists));
	if (!stage->lists)
		abort();
	take_chunk(stage, &stage->anchor);
	fill(stage);
	shuffle(stage);
	fill(stage);
}

void stage_strike(struct stage *stage)
{
	for (uint64_t i = 0; i < stage->count; i++)
		buddy_free(&stage->lists[i], false);
	buddy_free(&stage->anchor, false);
	buddy_put(stage->allocator);
	free(stage->lists);
}

static void release(struct stage *stage, uint64_t from, uint64_t to, uint64_t step, bool cleared)
{
	for (uint64_t i = from; i < to; i += step)
		CHECK(buddy_free(&stage->lists[i], cleared) == BUDDY_OK);
}

static uint64_t bytes(uint64_t chunks)
{
	return chunks * CHUNK_SIZE;
}

/* Every second chunk is free. */
static void build_holes(struct stage *stage, uint64_t fragments)
{
	stage_fill(stage, 2 * fragments);
	release(stage, 0, 2 * fragments, 2, false);
}

/* Every second chunk is free, and clear. */
static void build_clear_holes(struct stage *stage, uint64_t fragments)
{
	stage_fill(stage, 2 * fragments);
	release(stage, 0, 2 * fragments, 2, true);
}

/* Frees every chunk, clear and dirty in turn, so that none merges with its buddy. */
static void build_mixed(struct stage *stage, uint64_t fragments)
{
	stage_fill(stage, fragments);
	release(stage, 0, fragments, 2, true);
	release(stage, 1, fragments, 2, false);
}

/* The same, with the last chunk in use. */
static void build_mixed_but_one(struct stage *stage, uint64_t fragments)
{
	stage_fill(stage, fragments);
	release(stage, 0, fragments, 2, true);
	release(stage, 1, fragments - 2, 2, false);
}

/* The lowest eighth is mixed, the rest has clear holes. */
static void build_mixed_below_clear_holes(struct stage *stage, uint64_t fragments)
{
	stage_fill(stage, 2 * fragments);
	release(stage, 0, 2 * fragments, 2, true);
	release(stage, 1, fragments / 4, 2, false);
}

/* Mixed, with one chunk in use in every 64. */
static void build_mixed_pieces(struct stage *stage, uint64_t fragments)
{
	stage_fill(stage, fragments);
	release(stage, 0, fragments, 2, true);
	for (uint64_t i = 1; i < fragments; i += 2)
		if (i % 64 != 63)
			CHECK(buddy_free(&stage->lists[i], false) == BUDDY_OK);
}

/* In turn: a free block of 32 chunks, 31 mixed chunks, a chunk in use. */
static void build_candidates(struct stage *stage, uint64_t fragments)
{
	stage_fill(stage, fragments);
	for (uint64_t i = 0; i < fragments; i++)
		if (i % 64 != 63)
			CHECK(buddy_free(&stage->lists[i], i % 64 >= 32 && i % 2) == BUDDY_OK);
}

/* In turn: a free block of 2 chunks, 2 chunks in use. */
static void build_many_candidates(struct stage *stage, uint64_t fragments)
{
	stage_fill(stage, 4 * fragments);
	for (uint64_t i = 0; i < 4 * fragments; i++)
		if (i % 4 < 2)
			CHECK(buddy_free(&stage->lists[i], false) == BUDDY_OK);
}

static struct buddy_request blocks_in_range(uint64_t fragments)
{
	return (struct buddy_request){
		.end = bytes(2 * fragments - 1),
		.size = bytes(fragments / 2),
		.min_block_size = CHUNK_SIZE,
		.flags = GPU_BUDDY_RANGE_ALLOCATION,
	};
}

static struct buddy_request clear_blocks_in_range(uint64_t fragments)
{
	struct buddy_request request = blocks_in_range(fragments);

	request.flags |= GPU_BUDDY_CLEAR_ALLOCATION;
	return request;
}

static struct buddy_request many_blocks(uint64_t fragments)
{
	return (struct buddy_request){ .size = bytes(fragments), .min_block_size = CHUNK_SIZE };
}

static struct buddy_request many_blocks_top_down(uint64_t fragments)
{
	return (struct buddy_request){
		.size = bytes(fragments),
		.min_block_size = CHUNK_SIZE,
		.flags = GPU_BUDDY_TOPDOWN_ALLOCATION | GPU_BUDDY_CLEAR_ALLOCATION,
	};
}

static struct buddy_request more_blocks_than_there_are(uint64_t fragments)
{
	return (struct buddy_request){ .size = bytes(fragments + 1), .min_block_size = CHUNK_SIZE };
}

static struct buddy_request pairs(uint64_t fragments)
{
	return (struct buddy_request){ .size = bytes(fragments / 8), .min_block_size = bytes(2) };
}

static struct buddy_request one_large_block(uint64_t fragments)
{
	(void)fragments;
	return (struct buddy_request){ .size = bytes(64), .min_block_size = bytes(64) };
}

static struct buddy_request exact_range(uint64_t fragments)
{
	return (struct buddy_request){
		.end = bytes(fragments),
		.size = bytes(fragments),
		.min_block_size = CHUNK_SIZE,
		.flags = GPU_BUDDY_RANGE_ALLOCATION,
	};
}

static struct buddy_request contiguous_64(uint64_t fragments)
{
	(void)fragments;
	return (struct buddy_request){
		.size = bytes(63),
		.min_block_size = CHUNK_SIZE,
		.flags = GPU_BUDDY_CONTIGUOUS_ALLOCATION,
	};
}

static struct buddy_request contiguous_3(uint64_t fragments)
{
	(void)fragments;
	return (struct buddy_request){
		.size = bytes(3),
		.min_block_size = CHUNK_SIZE,
		.flags = GPU_BUDDY_CONTIGUOUS_ALLOCATION,
	};
}

const struct worst_case worst_cases[] = {
	{ "many blocks in a range full of holes (H19)", build_holes, blocks_in_range },
	{ "many blocks in a range full of clear holes", build_clear_holes, clear_blocks_in_range },
	{ "many pairs to be merged below clear holes (H20)", build_mixed_below_clear_holes, pairs },
	{ "a block of 64 where 63 can be merged", build_mixed_pieces, one_large_block },
	{ "as many blocks as there are holes", build_holes, many_blocks },
	{ "as many blocks as there are clear holes, top-down", build_clear_holes,
	  many_blocks_top_down },
	{ "one block more than there are holes", build_holes, more_blocks_than_there_are },
	{ "one block more than there are clear holes", build_clear_holes,
	  more_blocks_than_there_are },
	{ "an exact range of clear and dirty chunks (H21)", build_mixed, exact_range },
	{ "an exact range of which the last chunk is in use", build_mixed_but_one, exact_range },
	{ "contiguous, each candidate with fragments beside it", build_candidates, contiguous_64 },
	{ "contiguous, many candidates", build_many_candidates, contiguous_3 },
};

const unsigned int worst_case_count = sizeof(worst_cases) / sizeof(*worst_cases);
