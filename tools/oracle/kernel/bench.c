// SPDX-License-Identifier: MIT
/*
 * Times one allocation of a block and its freeing, in several states of an allocator. Each line of the result is one round:
 *
 *	STATE LIVE PAIRS NANOSECONDS
 *
 * States: packed (LIVE blocks one beside the other), checkerboard (LIVE blocks, every second place free), churn (LIVE
 * blocks at random among twice as many places). In the last, a pair frees a random one of them and allocates another in its
 * stead; in the others, it allocates one and frees it.
 */
#include "allocator.h"
#include "oracle.h"

#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#define SPACE (1ULL << 40)
#define ROUNDS 7
#define PAIRS ((size_t)200000)

static struct gpu_buddy mm;
static struct gpu_buddy_block **live;
static u64 random_state;

/* xorshift64: the same numbers in every boot. */
static u64 next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static struct gpu_buddy_block *allocate(void)
{
	struct gpu_buddy_block *block;
	LIST_HEAD(list);
	int error = gpu_buddy_alloc_blocks(&mm, 0, SPACE, SZ_4K, SZ_4K, &list, 0);

	if (error)
		return ERR_PTR(error);
	block = list_first_entry(&list, struct gpu_buddy_block, link);
	list_del(&block->link);
	return block;
}

static void free(struct gpu_buddy_block *block)
{
	LIST_HEAD(list);

	list_add(&block->link, &list);
	gpu_buddy_free_list(&mm, &list, 0);
}

static int same_place(size_t pairs)
{
	for (size_t i = 0; i < pairs; i++) {
		struct gpu_buddy_block *block = allocate();

		if (IS_ERR(block))
			return PTR_ERR(block);
		free(block);
	}
	return 0;
}

static int churn(size_t count, size_t pairs)
{
	for (size_t i = 0; i < pairs; i++) {
		struct gpu_buddy_block **block = &live[next_random() % count];

		free(*block);
		*block = allocate();
		if (IS_ERR(*block))
			return PTR_ERR(*block);
	}
	return 0;
}

static int measure(const char *state, size_t count)
{
	const bool is_churn = !strcmp(state, "churn");

	for (int round = 0; round <= ROUNDS; round++) {
		/* The first round warms up, long enough for every block to have moved. */
		size_t pairs = round == 0 ? max(count, PAIRS) : PAIRS;
		ktime_t start = ktime_get();
		int error = is_churn ? churn(count, pairs) : same_place(pairs);
		s64 time = ktime_to_ns(ktime_sub(ktime_get(), start));

		if (error)
			return error;
		if (round > 0)
			oracle_printf("%s %zu %zu %lld\n", state, count, pairs, time);
	}
	return 0;
}

static int fill(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		live[i] = allocate();
		if (IS_ERR(live[i]))
			return PTR_ERR(live[i]);
	}
	return 0;
}

/* Frees half of 2 * `count` blocks, every second one or random ones. The kept ones come first in the array. */
static void free_half(size_t count, bool at_random)
{
	for (size_t i = 0; i < count; i++) {
		size_t chosen = at_random ? i + next_random() % (2 * count - i) : 2 * i;

		swap(live[i], live[chosen]);
	}
	for (size_t i = count; i < 2 * count; i++)
		free(live[i]);
}

static int measure_state(const char *state, size_t count)
{
	const bool is_packed = !strcmp(state, "packed");
	const size_t blocks = is_packed ? count : 2 * count;
	int error;

	live = kvmalloc_array(max(blocks, (size_t)1), sizeof(struct gpu_buddy_block *), GFP_KERNEL);
	if (!live)
		return -ENOMEM;
	random_state = 0x9e3779b97f4a7c15;
	error = gpu_buddy_init(&mm, SPACE, SZ_4K) ?: fill(blocks);
	if (error)
		return error; /* the kernel ends now: nothing needs to be put in order */
	if (!is_packed)
		free_half(count, !strcmp(state, "churn"));
	error = measure(state, count);
	if (error)
		return error;

	for (size_t i = 0; i < count; i++)
		free(live[i]);
	gpu_buddy_fini(&mm);
	kvfree(live);
	return 0;
}

int oracle_bench(void)
{
	static const char *const states[] = { "packed", "checkerboard", "churn" };
	static const size_t counts[] = { 1000, 100000, 1000000 };
	int error = measure_state("empty", 0);

	for (size_t i = 0; !error && i < ARRAY_SIZE(counts); i++)
		for (size_t j = 0; !error && j < ARRAY_SIZE(states); j++)
			error = measure_state(states[j], counts[i]);
	return error;
}
