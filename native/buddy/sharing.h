/* Finds allocators of other threads by random numbers, which may pass through JavaScript, unlike pointers. */
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

/* Draws a random number that can't be guessed. */
enum buddy_status buddy_draw_token(struct buddy_token *token);

/* The number of an allocator; the same every time. It keeps nothing alive. */
enum buddy_status buddy_share(struct buddy_allocator *allocator, struct buddy_token *token);

/* A reference to the allocator with this number; NULL where there is none, or none any more. */
struct buddy_allocator *buddy_find(struct buddy_token token);

#endif
