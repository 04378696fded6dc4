/* Allocation in a range, for alloc.c. */
#ifndef BUDDY_RANGE_H
#define BUDDY_RANGE_H

#include <buddy/allocator.h>

/* From alloc.c: gpu_buddy_alloc_blocks() with the arguments of the request. */
int buddy_ask_kernel(struct buddy_allocator *allocator, struct list_head *blocks,
		     const struct buddy_request *request);

/*
 * gpu_buddy_alloc_blocks() with GPU_BUDDY_RANGE_ALLOCATION onto a head that has no blocks: the same blocks, or the same error, but
 * without a walk from the roots for each block. The range is not as long as the size. After an error it has none. A kernel whose
 * order of search is another one is asked itself.
 */
#ifdef LINUX_FINDS_LOWEST_FIRST
int buddy_alloc_in_range(struct buddy_allocator *allocator, struct list_head *blocks,
			 const struct buddy_request *request);
#else
#define buddy_alloc_in_range buddy_ask_kernel
#endif

/* Takes what lies at this address, whatever its alignment, in chunks. */
int buddy_alloc_at(struct buddy_allocator *allocator, struct list_head *blocks, u64 start,
		   u64 size);

/* Finds the block that is not split at an address, in the kernel's unit; NULL outside the space. */
struct gpu_buddy_block *buddy_leaf_at(const struct gpu_buddy *mm, u64 start);

/* Gives back blocks that belong to no list, as clear or dirty as they came. */
void buddy_give_back(struct buddy_allocator *allocator, struct list_head *blocks);

/* Bytes of the blocks that the kernel looks for, of which it trims the last one. 0: more than fits in 64 bits. */
u64 buddy_rounded_size(const struct buddy_request *request);

#endif
