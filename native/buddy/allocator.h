/* The inside of an allocator, for the files of this folder only. */
#ifndef BUDDY_ALLOCATOR_H
#define BUDDY_ALLOCATOR_H

#include <buddy/directory.h>
#include <buddy/run.h>
#include <linux/gpu_buddy.h>
#include <linux/mutex.h>
#include <userspace/arena.h>

struct buddy_allocator {
	/* Guards all that follows. See buddy_lock(). */
	struct mutex lock;
	/* Handles and lists; who takes the last one away destroys the allocator. */
	u64 references;
	/* The kernel code met a BUG: what it left behind is never touched again. */
	bool poisoned;
	u64 step_limit;
	u64 base_offset;
	struct buddy_directory_entry directory;
	struct kernel_context context;
	struct arena arena;
	struct gpu_buddy mm;
};

struct buddy_list {
	struct list_head blocks;
	/* NULL while the list is free to receive blocks. */
	struct buddy_allocator *allocator;
	u64 count;
};

static inline void buddy_list_init(struct buddy_list *list)
{
	INIT_LIST_HEAD(&list->blocks);
	list->allocator = NULL;
	list->count = 0;
}

/*
 * Whether another thread may have a way to the allocator: there is none but the directory. What nobody else can reach needs
 * no lock; the kernel code, where it checks, wants to see one all the same.
 */
static inline bool buddy_needs_lock(const struct buddy_allocator *allocator)
{
#ifdef CONFIG_LOCKDEP
	(void)allocator;
	return true;
#else
	return allocator->directory.listed;
#endif
}

static inline void buddy_lock(struct buddy_allocator *allocator)
{
	if (buddy_needs_lock(allocator))
		mutex_lock(&allocator->lock);
}

static inline void buddy_unlock(struct buddy_allocator *allocator)
{
	if (buddy_needs_lock(allocator))
		mutex_unlock(&allocator->lock);
}

/* buddy_run() of one call of kernel code, without a limit of steps: for all that is no operation of run.h. */
enum buddy_status buddy_call(struct buddy_allocator *allocator, buddy_body body, void *arguments);

/* What a negative errno of the kernel code means, considering what happened to memory and work in this call. */
enum buddy_status buddy_status_of(const struct buddy_allocator *allocator, int error);

static inline bool buddy_is_allocated(const struct gpu_buddy_block *block)
{
	return (block->header & GPU_BUDDY_HEADER_STATE) == GPU_BUDDY_ALLOCATED;
}

/* A free block still has the tag of its last owner. */
static inline u64 buddy_tag_of(const struct gpu_buddy_block *block)
{
	return buddy_is_allocated(block) ? (uintptr_t)block->private : 0;
}

static inline void buddy_describe(struct gpu_buddy_block *block, struct buddy_block_info *info)
{
	info->offset = gpu_buddy_block_offset(block);
	info->tag = buddy_tag_of(block);
	info->order = gpu_buddy_block_order(block);
	info->allocated = buddy_is_allocated(block);
	info->clear = gpu_buddy_block_is_clear(block);
}

/* Fills in row `index` of the columns. */
static inline void buddy_copy_block(const struct buddy_columns *columns, u64 index,
				    struct gpu_buddy_block *block)
{
	columns->offsets[index] = columns->base_offset + gpu_buddy_block_offset(block);
	columns->orders[index] = (u8)gpu_buddy_block_order(block);
	columns->states[index] = (buddy_is_allocated(block) ? BUDDY_STATE_ALLOCATED : 0) |
				 (gpu_buddy_block_is_clear(block) ? BUDDY_STATE_CLEAR : 0);
	columns->tags[index] = (double)buddy_tag_of(block);
}

#endif
