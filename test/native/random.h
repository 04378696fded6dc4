/* Numbers that look random and are the same in every run (splitmix64). */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
	uint64_t mixed = *state += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
	return mixed ^ mixed >> 31;
}

/* A number below the limit, which is not 0. */
static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
	return random_next(state) % limit;
}

/* Puts the numbers 0 to count - 1 into `numbers`, in random order. */
static inline void random_order(uint64_t *state, unsigned int *numbers, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		unsigned int j = (unsigned int)random_below(state, i + 1);

		numbers[i] = numbers[j];
		numbers[j] = i;
	}
}

#endif
