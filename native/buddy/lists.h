/*
 * The inside of a list, for the files of this folder only: its ring of blocks, and the mark by which it is found.
 *
 * A list has no memory of its own: waiting for the memory of a table took longer than the work. Its blocks are linked in a ring
 * through block->link, without a head, and the list is named by the first of them: the number of its node in the slab, and a
 * generation. Behind each node the slab keeps a mark of 8 bytes (userspace/arena.h), in a cache line that the kernel's code
 * touches anyway: the generation, and the owner of the list that begins there.
 *
 * - Naming: bind(), buddy_move_list() and buddy_renew_mark() put the owner on the first block. All other blocks have none.
 * - Finding: a name is right if the node's mark has just this generation and this owner. Nothing else needs to be looked up or
 *   trusted: stale, foreign and made-up names differ in one of them. Names are looked at in a run, since another thread may
 *   write the marks of its own lists, and give pages back to the system.
 * - Ending: buddy_end_mark() takes the owner off and raises the generation, before kernel code frees the node. Where blocks
 *   merge or split, nodes come and go without marks being touched: only nodes of lists have owners.
 * - Generations never come again: the slab keeps them above all old ones when it maps memory anew, and a node that has used
 *   them up gives no more lists.
 * - All lists of an owner, or of an allocator, are found by looking at all nodes: when an environment ends, and in freeAll().
 *
 * Owners are the handle of an environment (lists in guards and groups), a pool, or nobody (BUDDY_PARKED). What an owner keeps of a
 * list: see owner.h.
 */
#ifndef BUDDY_LISTS_H
#define BUDDY_LISTS_H

#include <buddy/allocator.h>

/* The part of a mark (userspace/arena.h) that says who owns the list that begins there; 0: none begins there. */
#define BUDDY_OWNER_MASK ((1ULL << ARENA_OWNER_BITS) - 1)

static inline void buddy_list_init(struct buddy_list *list, u32 owner)
{
	*list = (struct buddy_list){ .owner = owner };
}

/* The block after another one in a list; NULL after the last. */
static inline struct gpu_buddy_block *buddy_next_block(const struct buddy_list *list,
						       struct gpu_buddy_block *block)
{
	struct gpu_buddy_block *next = list_next_entry(block, link);

	return next == list->first ? NULL : next;
}

#define buddy_for_each_block(block, list)                                                          \
	for ((block) = (list)->first; (block); (block) = buddy_next_block(list, block))

/* Hangs the ring of a list on a head, as kernel code wants it. */
static inline void buddy_open_ring(const struct buddy_list *list, struct list_head *head)
{
	struct list_head *first = list->first ? &list->first->link : head;
	struct list_head *last = list->first ? first->prev : head;

	list_join(head, first);
	list_join(last, head);
}

/* Takes the ring off its head, which lives shorter. */
static inline void buddy_close_ring(struct buddy_list *list, struct list_head *head)
{
	list->first =
		list_empty(head) ? NULL : list_first_entry(head, struct gpu_buddy_block, link);
	list_join(head->prev, head->next);
}

static inline u64 *buddy_mark_of(struct gpu_buddy_block *block)
{
	return arena_mark_of(block, sizeof(*block));
}

/* Puts the owner of a list on its first block: from now on the list can be found by its name. */
static inline void buddy_put_mark(const struct buddy_list *list)
{
	if (list->first)
		*buddy_mark_of(list->first) |= list->owner;
}

/* Takes it off a block whose generation stays: the list can't be found until its mark is put back. */
static inline void buddy_hide_mark(struct gpu_buddy_block *block)
{
	if (block)
		*buddy_mark_of(block) &= ~BUDDY_OWNER_MASK;
}

/* Takes it off a block, whose generation goes up: the name means nothing any more. */
static inline void buddy_end_mark(struct gpu_buddy_block *block)
{
	u64 ended;

	if (!block)
		return;
	ended = (*buddy_mark_of(block) | BUDDY_OWNER_MASK) + 1;
	/* The last generation stays: no list gets it, see bind(). */
	*buddy_mark_of(block) = ended ? ended : ~BUDDY_OWNER_MASK;
}

/* Gives a list a new name: its blocks may have changed, and another one may be the first. */
static inline void buddy_renew_mark(const struct buddy_list *list, struct gpu_buddy_block *old)
{
	buddy_end_mark(old);
	buddy_put_mark(list);
}

/* A number in 31 bits; -1 where it is too large. */
static inline int32_t buddy_if_it_fits(u64 number)
{
	return number <= INT32_MAX ? (int32_t)number : -1;
}

/* The first block of the list that begins in a node, or NULL: none of this owner does. */
static inline struct gpu_buddy_block *buddy_first_of(const struct buddy_allocator *allocator,
						     u32 owner, u32 node)
{
	struct gpu_buddy_block *block = arena_object(&allocator->arena, node);

	return block && (*buddy_mark_of(block) & BUDDY_OWNER_MASK) == owner ? block : NULL;
}

/* buddy_find_list(), in a run. */
static inline bool buddy_run_find(struct buddy_allocator *allocator, u32 owner,
				  struct buddy_name name, struct buddy_list *list)
{
	struct gpu_buddy_block *block = arena_object(&allocator->arena, name.node);

	if (!block || *buddy_mark_of(block) != (name.generation << ARENA_OWNER_BITS | owner))
		return false;
	*list = (struct buddy_list){ allocator, block, owner };
	return true;
}

/* Ends a list, whose blocks are then those of the head. */
static inline void buddy_end_list(struct buddy_list *list, struct list_head *head)
{
	struct gpu_buddy_block *first = list->first;

	buddy_open_ring(list, head);
	if (first) {
		buddy_end_mark(first);
		list->allocator->counters.lists--;
	}
	list->first = NULL;
	list->allocator = NULL;
}

/*
 * Makes a list of blocks that have just been allocated, when so many bytes had been free, in alloc.c. Where that can't be, or an
 * account stands against it, they are given back. `label`: see buddy_label().
 */
enum buddy_status buddy_bind(struct buddy_allocator *allocator, struct buddy_list *list,
			     struct list_head *blocks, void *label, u64 avail);

/* Moves the blocks of a list into one that is free to receive some. */
static inline void buddy_move_list(struct buddy_list *from, struct buddy_list *to)
{
	to->allocator = from->allocator;
	to->first = from->first;
	buddy_renew_mark(to, to->first);
	buddy_list_init(from, from->owner);
}

#endif
