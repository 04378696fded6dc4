/*
 * Threads that work on the same allocators at once, each as an environment of its own: they allocate, into lists and into
 * pools, trim, free, look, hand lists to each other and give up allocators under each other's feet. No tests here.
 */
#ifndef TEST_CREW_H
#define TEST_CREW_H

#include "test.h"

#include <buddy/pool.h>
#include <pthread.h>
#include <stdatomic.h>

enum { CREW = 8, SHARED = 2, BOARD = 24, CHUNKS = 8192 };

/* Memory that all work on, and who owns what of it by the workers' own account: a mark for each chunk in use. */
struct common {
	struct buddy_allocator *allocator;
	struct buddy_token token;
	_Atomic bool marks[CHUNKS];
};

/* Board on which workers show each other tokens, which may be stale. */
struct board {
	pthread_mutex_t lock;
	struct buddy_token allocators[BOARD];
	struct buddy_token tickets[BOARD][2];
};

struct crew {
	struct common common[SHARED];
	struct board board;
	unsigned int rounds;
	/* Do workers make allocators of their own? */
	bool own;
	/* Number of lists that changed hands. */
	_Atomic unsigned int adoptions;
};

/* Lets the workers work so many rounds each, some more and some less, and checks that all is back when they have ended. */
void crew_work(struct crew *crew);

#endif
