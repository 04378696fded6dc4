/* Where allocators can be found by their numbers, and the blocks that are parked in one. For this folder only. */
#ifndef BUDDY_DIRECTORY_H
#define BUDDY_DIRECTORY_H

#include <buddy/sharing.h>
#include <linux/list.h>

/* What an allocator needs to be found, and to keep blocks for others. */
struct buddy_directory_entry {
	/* Guarded by the lock of the directory. */
	struct list_head link;
	bool listed;
	struct buddy_token token;
	/* Guarded by the lock of the allocator. */
	struct list_head parked;
};

void buddy_directory_init(struct buddy_directory_entry *entry);

/* After this nobody finds the allocator any more. Called without its lock, when it has no reference left. */
void buddy_directory_remove(struct buddy_directory_entry *entry);

/* Frees all blocks that are parked in the allocator. Called inside buddy_call(). */
void buddy_free_all_parked(struct buddy_allocator *allocator);

#endif
