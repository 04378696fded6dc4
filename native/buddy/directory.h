/* Finds allocators by their numbers. For this folder only. */
#ifndef BUDDY_DIRECTORY_H
#define BUDDY_DIRECTORY_H

#include <buddy/sharing.h>
#include <linux/list.h>

/* The entry by which an allocator is found. Guarded by the lock of the directory. */
struct buddy_directory_entry {
	struct list_head link;
	bool listed;
	struct buddy_token token;
};

void buddy_directory_init(struct buddy_directory_entry *entry);

/* Removes an allocator from the directory. Called without its lock, when it has no reference left. */
void buddy_directory_remove(struct buddy_directory_entry *entry);

/* Tells, under an allocator's lock, whether it is the wanted one. */
typedef bool (*buddy_wanted)(struct buddy_allocator *allocator, const void *argument);

/* A reference to an allocator in the directory that is wanted, or NULL. */
struct buddy_allocator *buddy_find_where(buddy_wanted is_wanted, const void *argument);

#endif
