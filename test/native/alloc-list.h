/* Allocates a list by the entries that Node uses, out of any environment. No tests here. */
#ifndef TEST_ALLOC_LIST_H
#define TEST_ALLOC_LIST_H

#include <buddy/buddy.h>

/* Allocates into a list as the record in the mailbox does; the list must be free, or the status is BUDDY_LIST_IN_USE. */
enum buddy_status alloc_list(struct buddy_allocator *allocator, struct buddy_list *list,
			     const struct buddy_request *request);

/*
 * Allocates into a list, which must be free, as a batch of one record does that passes on the kernel's arguments. The list is
 * bound to the allocator even when that fails. Flags have 32 bits there.
 */
enum buddy_status alloc_list_raw(struct buddy_allocator *allocator, struct buddy_list *list,
				 const struct buddy_request *request);

#endif
