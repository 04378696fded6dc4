/* Allocators, lists and pictures of the address space, see scenario.h. */
#include "alloc-list.h"
#include "scenario.h"

#include <stdlib.h>
#include <string.h>
#include <tests.h>

struct buddy_allocator *new_allocator_with(struct buddy_config config)
{
	struct buddy_allocator *allocator = NULL;

	CHECK_OK(buddy_create(&config, &allocator));
	return allocator;
}

struct buddy_allocator *new_allocator(uint64_t size)
{
	return new_allocator_with((struct buddy_config){ .size = size, .chunk_size = CHUNK });
}

void drop_allocator(struct buddy_allocator *allocator)
{
	CHECK_BOOKS(allocator);
	buddy_put(allocator);
}

static struct buddy_request with_default(struct buddy_request request, uint64_t chunk_size)
{
	if (!request.min_block_size)
		request.min_block_size = chunk_size;
	return request;
}

enum buddy_status alloc_checked(struct buddy_allocator *allocator, struct buddy_list *list,
				struct buddy_request request)
{
	request = with_default(request, buddy_chunk_size(allocator));
	return alloc_list(allocator, list, &request);
}

enum buddy_status alloc_raw(struct buddy_allocator *allocator, struct buddy_list *list,
			    struct buddy_request request)
{
	request = with_default(request, allocator->mm.chunk_size);
	return alloc_list_raw(allocator, list, &request);
}

void fill(struct buddy_allocator *allocator, struct buddy_list *list, uint64_t block_size)
{
	for (uint64_t offset = 0; avail_of(allocator); offset += block_size)
		take_at(allocator, list++, offset, block_size);
}

void take_at(struct buddy_allocator *allocator, struct buddy_list *list, uint64_t address,
	     uint64_t size)
{
	buddy_list_init(list, BUDDY_NOBODY);
	CHECK_OK(ALLOC(allocator, list, .start = address, .end = address + size, .size = size,
		       .flags = RANGE));
	CHECK_EQ(buddy_count(list), 1);
}

static const char *const status_names[BUDDY_STATUS_COUNT] = {
#define STATUS_NAME(name, number, code, argument, why) #name,
	BUDDY_STATUSES(STATUS_NAME)
#undef STATUS_NAME
};

void corrupt(struct buddy_list *list)
{
	list->first->header &= ~GPU_BUDDY_HEADER_STATE;
	list->first->header |= GPU_BUDDY_SPLIT;
}

void test_check_status(struct test_place place, const char *call, enum buddy_status actual,
		       enum buddy_status expected)
{
	if (actual != expected)
		test_fail(place, "%s ends with %s, not %s", call, status_names[actual],
			  status_names[expected]);
}

/* One piece of memory, which begins with the offsets. */
enum buddy_status alloc_and_explain(struct buddy_allocator *allocator, void *arguments)
{
	struct explained *explained = arguments;
	struct buddy_prepared prepared = { .request = explained->request };
	EMPTY_LIST(list);
	enum buddy_status status = buddy_run_alloc(allocator, &list, &prepared);

	buddy_run_explain(allocator, &prepared.request, &explained->shortage);
	return status;
}

struct buddy_columns new_columns(uint64_t capacity)
{
	struct buddy_columns columns = { .capacity = capacity };

	columns.offsets = test_memory((capacity + 1) * (2 * sizeof(uint64_t) + 2));
	columns.tags = (double *)(columns.offsets + capacity);
	columns.orders = (uint8_t *)(columns.tags + capacity);
	columns.states = columns.orders + capacity;
	return columns;
}

void free_columns(struct buddy_columns *columns)
{
	free(columns->offsets);
}

uint64_t number_in(uint64_t cell)
{
	double number;

	memcpy(&number, &cell, sizeof(number));
	return (uint64_t)number;
}

static struct buddy_columns read_list(struct buddy_list *list, uint64_t *count)
{
	struct buddy_columns columns = new_columns(buddy_count(list));

	CHECK_OK(buddy_read(list, &columns, count));
	return columns;
}

static uint64_t chunk_size_of(struct buddy_list *list)
{
	return buddy_chunk_size(list->allocator);
}

void test_check_blocks(struct test_place place, struct buddy_list *list,
		       const struct extent *expected, uint64_t count)
{
	uint64_t actual_count;
	struct buddy_columns columns = read_list(list, &actual_count);

	if (actual_count != count)
		test_fail(place, "the list has %llu blocks, not %llu",
			  (unsigned long long)actual_count, (unsigned long long)count);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t size = chunk_size_of(list) << columns.orders[i];

		if (columns.offsets[i] != expected[i].offset || size != expected[i].size)
			test_fail(place, "block %llu is %#llx of %#llx bytes, not %#llx of %#llx",
				  (unsigned long long)i, (unsigned long long)columns.offsets[i],
				  (unsigned long long)size, (unsigned long long)expected[i].offset,
				  (unsigned long long)expected[i].size);
		if (!(columns.states[i] & BUDDY_STATE_ALLOCATED))
			test_fail(place, "block %llu is not allocated", (unsigned long long)i);
	}
	free_columns(&columns);
}

static uint64_t sum(struct buddy_list *list, uint8_t states)
{
	uint64_t count, bytes = 0;
	struct buddy_columns columns = read_list(list, &count);

	for (uint64_t i = 0; i < count; i++)
		if ((columns.states[i] & states) == states)
			bytes += chunk_size_of(list) << columns.orders[i];
	free_columns(&columns);
	return bytes;
}

uint64_t bytes_in(struct buddy_list *list)
{
	return sum(list, BUDDY_STATE_ALLOCATED);
}

uint64_t clear_bytes_in(struct buddy_list *list)
{
	return sum(list, BUDDY_STATE_ALLOCATED | BUDDY_STATE_CLEAR);
}

uint64_t avail_of(struct buddy_allocator *allocator)
{
	struct buddy_avail avail;

	buddy_avail(allocator, &avail);
	return avail.avail;
}

uint64_t clear_avail_of(struct buddy_allocator *allocator)
{
	struct buddy_avail avail;

	buddy_avail(allocator, &avail);
	return avail.clear_avail;
}

void take_picture(struct buddy_allocator *allocator, struct picture *picture)
{
	memset(picture, 0, sizeof(*picture));
	buddy_stats(allocator, &picture->stats);
	CHECK_OK(buddy_snapshot(allocator, &picture->columns, &picture->count));
	picture->columns = new_columns(picture->count);
	CHECK_OK(buddy_snapshot(allocator, &picture->columns, &picture->count));
	CHECK_EQ(picture->count, picture->columns.capacity);
}

void free_picture(struct picture *picture)
{
	free_columns(&picture->columns);
}

/* The blocks in order: nothing left out, nothing twice, everything aligned. */
static void check_cover(struct test_place place, const struct picture *picture)
{
	const struct buddy_stats *stats = &picture->stats;
	uint64_t end = 0;

	for (uint64_t i = 0; i < picture->count; i++) {
		uint64_t offset = picture->columns.offsets[i];
		uint64_t size = stats->chunk_size << picture->columns.orders[i];

		if (offset != end)
			test_fail(place, "a block begins at %#llx, the one before it ends at %#llx",
				  (unsigned long long)offset, (unsigned long long)end);
		if (offset & (size - 1))
			test_fail(place, "the block at %#llx is not aligned to its size %#llx",
				  (unsigned long long)offset, (unsigned long long)size);
		if (picture->columns.orders[i] > stats->max_order)
			test_fail(place, "the block at %#llx is too large",
				  (unsigned long long)offset);
		end = offset + size;
	}
	if (end != stats->size)
		test_fail(place, "the last block ends at %#llx, the space at %#llx",
			  (unsigned long long)end, (unsigned long long)stats->size);
}

/* Checks that the kernel's counters agree with the blocks. */
static void check_counts(struct test_place place, const struct picture *picture)
{
	const struct buddy_stats *stats = &picture->stats;
	uint64_t free_blocks[BUDDY_MAX_ORDERS] = { 0 }, used_blocks[BUDDY_MAX_ORDERS] = { 0 };
	uint64_t avail = 0, clear_avail = 0;

	for (uint64_t i = 0; i < picture->count; i++) {
		unsigned int order = picture->columns.orders[i];
		uint64_t size = stats->chunk_size << order;

		if (picture->columns.states[i] & BUDDY_STATE_ALLOCATED) {
			used_blocks[order]++;
			continue;
		}
		free_blocks[order]++;
		avail += size;
		if (picture->columns.states[i] & BUDDY_STATE_CLEAR)
			clear_avail += size;
	}

	test_check_equal(place, "avail", stats->avail, "the sum of the free blocks", avail);
	if (!LINUX_MIXES_CLEAR_WITH_DIRTY || stats->clear_avail < clear_avail)
		test_check_equal(place, "clear_avail", stats->clear_avail,
				 "the sum of the clear blocks", clear_avail);
	for (unsigned int order = 0; order <= stats->max_order; order++) {
		test_check_equal(place, "the count of free blocks", stats->free_blocks[order],
				 "their number", free_blocks[order]);
		test_check_equal(place, "the count of used blocks", stats->used_blocks[order],
				 "their number", used_blocks[order]);
	}
}

void test_check_books(struct test_place place, struct buddy_allocator *allocator)
{
	struct picture picture;

	take_picture(allocator, &picture);
	check_cover(place, &picture);
	check_counts(place, &picture);
	test_check_equal(place, "the number of WARNs", picture.stats.kernel_warnings, "none", 0);
	free_picture(&picture);
}

/* A free block's tag means nothing. */
static bool same_block(const struct buddy_columns *a, const struct buddy_columns *b, uint64_t i)
{
	return a->offsets[i] == b->offsets[i] && a->orders[i] == b->orders[i] &&
	       a->states[i] == b->states[i] &&
	       (a->tags[i] == b->tags[i] || !(a->states[i] & BUDDY_STATE_ALLOCATED));
}

void test_check_unchanged(struct test_place place, struct buddy_allocator *allocator,
			  struct picture *before)
{
	struct picture now;

	test_check_books(place, allocator);
	take_picture(allocator, &now);
	test_check_equal(place, "avail", now.stats.avail, "what it was", before->stats.avail);
	test_check_equal(place, "clear_avail", now.stats.clear_avail, "what it was",
			 before->stats.clear_avail);
	test_check_equal(place, "the number of blocks", now.count, "what it was", before->count);
	for (uint64_t i = 0; i < now.count; i++)
		if (!same_block(&now.columns, &before->columns, i))
			test_fail(place, "the block at %#llx is not as it was",
				  (unsigned long long)before->columns.offsets[i]);
	free_picture(&now);
	free_picture(before);
}
