/* Repeatable random numbers for tests, made from a seed. They can be guessed: never use them for secrets. */
#ifndef _LINUX_RANDOM_H
#define _LINUX_RANDOM_H

#include <linux/types.h>

struct rnd_state {
	u64 state;
};

/* Seeds get_random_u32(), so that it gives the same numbers again. */
void random_seed_all(u32 seed);

u32 get_random_u32(void);

struct rnd_state prandom_seeded(u64 seed);
u32 prandom_u32_state(struct rnd_state *state);

#endif
