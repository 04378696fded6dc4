/* Random numbers for the GPU allocators' tests, which expect this header beside them. */
#ifndef _GPU_RANDOM_H
#define _GPU_RANDOM_H

#include <linux/random.h>

#define GPU_RND_STATE(name, seed) struct rnd_state name = prandom_seeded(seed)

/* The numbers from 0 to count - 1 in random order; NULL without memory. The caller frees it with kfree(). */
unsigned int *gpu_random_order(unsigned int count, struct rnd_state *state);

#endif
