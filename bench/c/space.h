/*
 * One allocator as a driver has it: struct gpu_buddy, and the blocks that are allocated in it. The kernel's functions are
 * called as they are, on the stand-ins that the addon has, with nothing of native/buddy around them: no lock, no guard,
 * no check of an argument, no owner.
 */
#ifndef BENCH_SPACE_H
#define BENCH_SPACE_H

#include <linux/gpu_buddy.h>
#include <userspace/arena.h>
#include <userspace/context.h>

/* The arguments of gpu_buddy_alloc_blocks(), and those of gpu_buddy_free_list() for what it gives. */
struct space_request {
	u64 size, min_block_size, start, end;
	unsigned long flags;
	unsigned int free_flags;
};

struct space {
	struct arena arena;
	struct kernel_context context;
	struct gpu_buddy mm;
	/* One block each. */
	struct gpu_buddy_block **live;
	size_t count;
	u32 random;
};

/* As native/buddy's columns of a snapshot. */
struct space_columns {
	u64 *offsets;
	u8 *orders, *states;
	double *tags;
};

/* An empty one: size and chunk size are those of the request. 0 or a negative errno, as all that follows. */
int space_create(const struct space_request *request, u32 seed, struct space **space);
void space_destroy(struct space *space);

typedef int space_body(struct space *space, const struct space_request *request, size_t count);

/* Runs one of the following in the context of a space. */
int space_run(struct space *space, space_body *body, const struct space_request *request,
	      size_t count);

/* Allocates so many more blocks. */
space_body space_fill;
/* Frees every second block, or half of them at random. */
space_body space_keep_every_second, space_keep_random_half;
/* Measured bodies do this `count` times. Allocates and frees. */
space_body space_pairs;
/* Frees a random live block and allocates another. */
space_body space_churn;
/* Makes requests that fail. */
space_body space_failures;
/* Does the work of peers/job.mjs, with the size of the request as the smallest. */
space_body space_job;
/* Copies all blocks, into memory that it allocates and frees. */
space_body space_copy;

/* Blocks, free and allocated. */
u64 space_count_blocks(const struct space *space);
/* Copies them in the order of their addresses. */
void space_walk(const struct space *space, const struct space_columns *columns);

#endif
