/* Allocators, lists and pictures of the address space for the tests of native/buddy. No tests here. */
#ifndef TEST_SCENARIO_H
#define TEST_SCENARIO_H

#include "test.h"

#include <buddy/lists.h>

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define CHUNK (4 * KIB)

#define RANGE GPU_BUDDY_RANGE_ALLOCATION
#define TOPDOWN GPU_BUDDY_TOPDOWN_ALLOCATION
#define CONTIGUOUS GPU_BUDDY_CONTIGUOUS_ALLOCATION
#define CLEAR GPU_BUDDY_CLEAR_ALLOCATION
#define TRIM_DISABLE GPU_BUDDY_TRIM_DISABLE

/* An allocator of this many bytes in chunks of 4 KiB, and one of any kind. */
struct buddy_allocator *new_allocator(uint64_t size);
struct buddy_allocator *new_allocator_with(struct buddy_config config);

/* Checks the books for the last time and gives up the handle. */
void drop_allocator(struct buddy_allocator *allocator);

#define EMPTY_LIST(name) struct buddy_list name = { .owner = BUDDY_NOBODY }

/* min_block_size is a chunk of the allocator where it is not given (0). */
enum buddy_status alloc_checked(struct buddy_allocator *allocator, struct buddy_list *list,
				struct buddy_request request);
enum buddy_status alloc_raw(struct buddy_allocator *allocator, struct buddy_list *list,
			    struct buddy_request request);
#define ALLOC(allocator, list, ...)                                                                \
	alloc_checked(allocator, list, (struct buddy_request){ __VA_ARGS__ })
#define ALLOC_RAW(allocator, list, ...)                                                            \
	alloc_raw(allocator, list, (struct buddy_request){ __VA_ARGS__ })

/* A list of all the memory of an allocator of which nothing is in use, as single blocks of `block_size`. */
void fill(struct buddy_allocator *allocator, struct buddy_list *list, uint64_t block_size);

/* Allocates the block at `address` and checks that it is a single one. */
void take_at(struct buddy_allocator *allocator, struct buddy_list *list, uint64_t address,
	     uint64_t size);

/*
 * Says in the first block itself that it is split, although it is in use: freeing the list meets a BUG. (A block that said it
 * is free would merge with its buddy.)
 */
void corrupt(struct buddy_list *list);

void test_check_status(struct test_place place, const char *call, enum buddy_status actual,
		       enum buddy_status expected);
#define CHECK_STATUS(call, expected) test_check_status(TEST_HERE, #call, call, BUDDY_##expected)
#define CHECK_OK(call) CHECK_STATUS(call, OK)

/* The blocks of a list, in its order. */
struct extent {
	uint64_t offset, size;
};

void test_check_blocks(struct test_place place, struct buddy_list *list,
		       const struct extent *expected, uint64_t count);
#define CHECK_BLOCKS(list, ...)                                                                    \
	test_check_blocks(TEST_HERE, list, (const struct extent[]){ __VA_ARGS__ },                 \
			  sizeof((const struct extent[]){ __VA_ARGS__ }) / sizeof(struct extent))

uint64_t bytes_in(struct buddy_list *list);
uint64_t clear_bytes_in(struct buddy_list *list);

uint64_t avail_of(struct buddy_allocator *allocator);
uint64_t clear_avail_of(struct buddy_allocator *allocator);

/* An allocation, and what was free when it found no space. */
struct explained {
	struct buddy_request request;
	struct buddy_shortage shortage;
};

/* For buddy_run(): allocates into a list of its own, and explains. `arguments` is a struct explained. */
enum buddy_status alloc_and_explain(struct buddy_allocator *allocator, void *arguments);

/* Everything that can be seen of an allocator. */
struct picture {
	struct buddy_stats stats;
	uint64_t count;
	struct buddy_columns columns;
};

void take_picture(struct buddy_allocator *allocator, struct picture *picture);
void free_picture(struct picture *picture);

/* Room for the description of this many blocks. */
struct buddy_columns new_columns(uint64_t capacity);
void free_columns(struct buddy_columns *columns);

/* The number in a cell that was written as a double. */
uint64_t number_in(uint64_t cell);

/*
 * Checks what must hold for every allocator at any time: blocks cover the whole space without a gap or an overlap, each is
 * aligned to its own size, the counters agree with the blocks, and the kernel's code never warned.
 */
void test_check_books(struct test_place place, struct buddy_allocator *allocator);
#define CHECK_BOOKS(allocator) test_check_books(TEST_HERE, allocator)

/* The allocator is as it was when the picture was taken, which is freed. */
void test_check_unchanged(struct test_place place, struct buddy_allocator *allocator,
			  struct picture *before);
#define CHECK_UNCHANGED(allocator, before) test_check_unchanged(TEST_HERE, allocator, before)

#endif
