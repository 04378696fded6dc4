/* Repeatable random numbers: SplitMix64 (Steele, Lea and Flood, 2014), and a shuffle by Fisher and Yates. */
#include <gpu_random.h>
#include <linux/math.h>
#include <linux/slab.h>

static struct rnd_state all;

void random_seed_all(u32 seed)
{
	all = prandom_seeded(seed);
}

u32 get_random_u32(void)
{
	return prandom_u32_state(&all);
}

struct rnd_state prandom_seeded(u64 seed)
{
	return (struct rnd_state){ seed };
}

u32 prandom_u32_state(struct rnd_state *state)
{
	u64 mixed = state->state += 0x9e3779b97f4a7c15ULL;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
	return (u32)((mixed ^ mixed >> 31) >> 32);
}

unsigned int *gpu_random_order(unsigned int count, struct rnd_state *state)
{
	unsigned int *order = kmalloc_objs(unsigned int, max(count, 1U));

	if (!order)
		return NULL;
	for (unsigned int i = 0; i < count; i++)
		order[i] = i;
	for (unsigned int i = count; i > 1; i--) {
		unsigned int j = prandom_u32_state(state) % i;
		unsigned int last = order[i - 1];

		order[i - 1] = order[j];
		order[j] = last;
	}
	return order;
}
