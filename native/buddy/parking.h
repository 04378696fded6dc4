/*
 * Parked lists: blocks that wait in their allocator until they are adopted by their ticket. Those with a giver are on their way
 * between two owners, and are freed if the giver ends first. Those without one belong to nobody: they stay, and keep the
 * allocator, until they are adopted or revoked.
 */
#ifndef BUDDY_PARKING_H
#define BUDDY_PARKING_H

#include <buddy/sharing.h>

/*
 * Leaves the blocks of a list with their allocator, and the list empty. `ticket` must be a new one. `giver`: whose end frees them,
 * unless they are adopted before; NULL: nobody's. Those of a giver keep nothing alive.
 */
enum buddy_status buddy_park(struct buddy_list *list, const void *giver, struct buddy_token ticket);

/* Moves parked blocks into an empty list, once. */
enum buddy_status buddy_adopt(struct buddy_allocator *allocator, struct buddy_token ticket,
			      struct buddy_list *list);

/* Frees parked blocks, and gives their bytes. On a poisoned allocator, too, they are not parked any more. */
enum buddy_status buddy_revoke(struct buddy_allocator *allocator, struct buddy_token ticket,
			       uint64_t *bytes);

/* Frees all that this giver has parked, in whatever allocator, and nobody has adopted. */
void buddy_free_parked(const void *giver);

/* Frees all that is parked in an allocator and has no giver, in parts, between which others have their turn. */
enum buddy_status buddy_free_kept(struct buddy_allocator *allocator);

/* A parked list without a giver. All of it are 64-bit numbers. */
struct buddy_parked_row {
	struct buddy_token ticket;
	/* Zero where the list has no account. */
	struct buddy_token account;
	uint64_t tag;
	/* Bytes in all of its blocks. */
	uint64_t bytes;
};

/*
 * Describes the parked lists without a giver, in no particular order, as many as `capacity` allows, and gives the number of all.
 */
enum buddy_status buddy_describe_parked(struct buddy_allocator *allocator,
					struct buddy_parked_row *rows, uint64_t capacity,
					uint64_t *count);

#endif
