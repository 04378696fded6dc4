/*
 * Between threads: an allocator can be found by a number that nobody guesses, and a list of blocks can be left with its
 * allocator for another thread to take up. Numbers, not pointers, so that they may pass through JavaScript.
 */
#ifndef BUDDY_SHARING_H
#define BUDDY_SHARING_H

#include <buddy/buddy.h>

struct buddy_token {
	uint64_t words[2];
};

static inline bool buddy_is_same(struct buddy_token a, struct buddy_token b)
{
	return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

/* The number of an allocator; the same every time. It keeps nothing alive. */
enum buddy_status buddy_share(struct buddy_allocator *allocator, struct buddy_token *token);

/* A reference to the allocator with this number; NULL where there is none, or none any more. */
struct buddy_allocator *buddy_find(struct buddy_token token);

/* Draws the ticket for a list that will be parked. */
enum buddy_status buddy_draw_ticket(struct buddy_token *ticket);

/*
 * Leaves the blocks of a list with their allocator, and the list empty. Whoever has the ticket, which must be a new one,
 * may adopt them, once. They do not keep the allocator alive: what nobody adopts ends with it, or when the giver does.
 */
enum buddy_status buddy_park(struct buddy_list *list, const void *giver, struct buddy_token ticket);
enum buddy_status buddy_adopt(struct buddy_allocator *allocator, struct buddy_token ticket,
			      struct buddy_list *list);

/* Frees all that this giver has parked, in whatever allocator, and nobody has adopted. */
void buddy_free_parked(const void *giver);

#endif
