/* The random numbers of both sides: bench/random.mjs gives the same. */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <linux/types.h>

/* xorshift32 */
static inline u32 next_random(u32 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#endif
