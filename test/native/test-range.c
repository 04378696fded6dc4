/*
 * The walk over the free trees (range.c) beside the kernel's own search: the same calls on two allocators, one of which takes
 * ranges by the checked entry, the other one by the raw one, give the same blocks and leave the same free memory.
 */
#include "alloc-list.h"
#include "random.h"
#include "scenario.h"

enum { LISTS = 400 };

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 60, CALLS = 300 };
#else
enum { ROUNDS = 1500, CALLS = 400 };
#endif

struct pair {
	uint64_t random, chunks;
	struct buddy_allocator *walk, *kernel;
	struct buddy_list walked[LISTS], searched[LISTS];
	/* Counts of ranges in which both found blocks, more than one, and none although enough bytes were free. */
	uint64_t found, found_several, refused;
};

static uint64_t pick(struct pair *pair, uint64_t limit)
{
	return random_below(&pair->random, limit);
}

static void begin(struct pair *pair, uint64_t seed)
{
	static const uint64_t sizes[] = { 16, 64, 100, 255, 512, 1000, 1024, 2047 };

	pair->random = seed;
	pair->chunks = sizes[pick(pair, sizeof(sizes) / sizeof(*sizes))];
	pair->walk = new_allocator(pair->chunks * CHUNK);
	pair->kernel = new_allocator(pair->chunks * CHUNK);
	for (int i = 0; i < LISTS; i++) {
		buddy_list_init(&pair->walked[i], BUDDY_NOBODY);
		buddy_list_init(&pair->searched[i], BUDDY_NOBODY);
	}
}

static void end(struct pair *pair)
{
	for (int i = 0; i < LISTS; i++) {
		CHECK_OK(buddy_free(&pair->walked[i], false));
		CHECK_OK(buddy_free(&pair->searched[i], false));
	}
	drop_allocator(pair->walk);
	drop_allocator(pair->kernel);
}

static void check_same_blocks(const struct pair *pair, int i)
{
	uint64_t count = buddy_count(&pair->walked[i]);
	struct buddy_columns walked, searched;

	CHECK_EQ(buddy_count(&pair->searched[i]), count);
	if (!count)
		return;
	walked = new_columns(count);
	searched = new_columns(count);
	CHECK_OK(buddy_read(&pair->walked[i], &walked, &count));
	CHECK_OK(buddy_read(&pair->searched[i], &searched, &count));
	for (uint64_t row = 0; row < count; row++) {
		CHECK_EQ(walked.offsets[row], searched.offsets[row]);
		CHECK_EQ(walked.orders[row], searched.orders[row]);
		CHECK_EQ(walked.states[row], searched.states[row]);
	}
	free_columns(&walked);
	free_columns(&searched);
}

static void check_same_memory(const struct pair *pair)
{
	struct picture before;

	take_picture(pair->walk, &before);
	CHECK_UNCHANGED(pair->kernel, &before);
}

/* Bytes of the blocks that a request needs in all. */
static uint64_t rounded_size(const struct buddy_request *request)
{
	uint64_t power = CHUNK, min = request->min_block_size;

	while (power < request->size)
		power *= 2;
	if (request->flags & CONTIGUOUS && 2 * request->size > min)
		return power;
	return (request->size + min - 1) / min * min;
}

static struct buddy_request pick_request(struct pair *pair)
{
	uint64_t count = 1 + pick(pair, pick(pair, 2) ? 8 : pair->chunks);
	uint64_t start = pick(pair, 3) ? pick(pair, pair->chunks) : 0;
	uint64_t length = pick(pair, 3) ? 1 + pick(pair, pair->chunks) : pair->chunks - start;

	return (struct buddy_request){
		.start = start * CHUNK,
		.end = (start + length) * CHUNK,
		.size = count * CHUNK,
		.min_block_size = CHUNK << (pick(pair, 2) ? 0 : pick(pair, 6)),
		.flags = RANGE | (pick(pair, 5) ? 0 : CONTIGUOUS) | (pick(pair, 2) ? 0 : CLEAR) |
			 (pick(pair, 3) ? 0 : TRIM_DISABLE),
	};
}

static bool is_power_of_two(uint64_t number)
{
	return (number & (number - 1)) == 0;
}

/* The same by both entries, where they mean the same: a size below the alignment keeps it in the checked entry only. */
static void alloc_in_range(struct pair *pair, int i)
{
	struct buddy_request request = pick_request(pair);
	bool is_piece = request.size < request.min_block_size && is_power_of_two(request.size);
	bool is_short = 2 * request.size <= request.min_block_size;
	uint64_t avail = avail_of(pair->walk);
	enum buddy_status status;

	if (is_piece || (is_short && request.flags & CONTIGUOUS))
		return;
	status = alloc_list(pair->walk, &pair->walked[i], &request);
	if (status != BUDDY_OK && status != BUDDY_NO_SPACE)
		return;
	if (rounded_size(&request) > avail && request.end - request.start != request.size) {
		CHECK_EQ(status, BUDDY_NO_SPACE);
		return;
	}
	CHECK_EQ(alloc_list_raw(pair->kernel, &pair->searched[i], &request), status);
	if (status == BUDDY_NO_SPACE)
		CHECK_OK(buddy_free(&pair->searched[i], false));
	check_same_blocks(pair, i);
	pair->found += status == BUDDY_OK;
	pair->found_several += status == BUDDY_OK && buddy_count(&pair->walked[i]) > 1;
	pair->refused += status == BUDDY_NO_SPACE;
}

/* The same call on both. */
static void alloc_anywhere(struct pair *pair, int i)
{
	struct buddy_request request = {
		.size = CHUNK * (1 + pick(pair, 4)),
		.min_block_size = CHUNK,
		.flags = (pick(pair, 2) ? 0 : TOPDOWN) | (pick(pair, 2) ? 0 : CLEAR),
	};

	CHECK_EQ(alloc_list(pair->walk, &pair->walked[i], &request),
		 alloc_list(pair->kernel, &pair->searched[i], &request));
}

static void step(struct pair *pair, unsigned int clear_of_8)
{
	int i = (int)pick(pair, LISTS);

	if (pair->walked[i].allocator) {
		bool cleared = pick(pair, 8) < clear_of_8;

		CHECK_OK(buddy_free(&pair->walked[i], cleared));
		CHECK_OK(buddy_free(&pair->searched[i], cleared));
	} else if (pick(pair, 3)) {
		alloc_anywhere(pair, i);
	} else {
		alloc_in_range(pair, i);
	}
}

/* With so many of eight frees as clear. */
static void compare(unsigned int clear_of_8)
{
	uint64_t found = 0, found_several = 0, refused = 0;

	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		static struct pair pair;

		pair = (struct pair){ 0 };
		begin(&pair, seed * 8 + clear_of_8);
		for (int call = 0; call < CALLS; call++) {
			step(&pair, clear_of_8);
			if (call % 16 == 0)
				check_same_memory(&pair);
		}
		check_same_memory(&pair);
		found += pair.found;
		found_several += pair.found_several;
		refused += pair.refused;
		end(&pair);
	}
	CHECK(found > ROUNDS && found_several > ROUNDS && refused > ROUNDS);
}

TEST("a range in dirty memory gets the blocks that the kernel's search gets")
{
	compare(0);
}

TEST("a range in clear and dirty memory gets the blocks that the kernel's search gets")
{
	compare(4);
}

TEST("a range in memory that is nearly all clear gets the blocks that the kernel's search gets")
{
	compare(7);
}

TEST("a search for clear memory passes over a root that is so near the end of 64 bits that no block of the size fits")
{
	const uint64_t quarter = 1ULL << 62, space = 3 * quarter + CHUNK;
	struct pair pair = { 0 };
	EMPTY_LIST(last);

	pair.walk = new_allocator(space);
	pair.kernel = new_allocator(space);
	for (int i = 0; i < 2; i++) {
		struct buddy_allocator *allocator = i ? pair.walk : pair.kernel;
		struct buddy_list *first = i ? &pair.walked[0] : &pair.searched[0];

		/* The last root becomes clear; the first one has no block of its own size any more. */
		CHECK_OK(ALLOC(allocator, &last, .start = 3 * quarter, .end = space, .size = CHUNK,
			       .flags = RANGE));
		CHECK_OK(buddy_free(&last, true));
		CHECK_OK(ALLOC(allocator, first, .end = CHUNK, .size = CHUNK, .flags = RANGE));
	}
	CHECK_OK(ALLOC(pair.walk, &pair.walked[1], .end = space, .size = 2 * quarter,
		       .flags = RANGE | CLEAR));
	CHECK_OK(ALLOC_RAW(pair.kernel, &pair.searched[1], .end = space, .size = 2 * quarter,
			   .flags = RANGE | CLEAR));
	check_same_blocks(&pair, 1);
	check_same_memory(&pair);
	end(&pair);
}
