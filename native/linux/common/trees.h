/*
 * Kernels that keep their free blocks in a red-black tree for each state and order, by address, and count what is clear: 6.12.107 to
 * 7.3. Part of their interface.h.
 */
#ifndef LINUX_COMMON_TREES_H
#define LINUX_COMMON_TREES_H

#include "clear-bit.h"

/* In a range, the kernel takes the lowest free block that will do: native/buddy/range.c finds it in these trees. */
#define LINUX_FINDS_LOWEST_FIRST 1

_Static_assert(sizeof(((struct gpu_buddy *)0)->clear_avail) == sizeof(u64), "as in the kernel");

/* Bytes that are free and known to be zero. */
static inline u64 linux_clear_avail(const struct gpu_buddy *mm)
{
	return mm->clear_avail;
}

/* The free blocks of a state and an order. */
static inline const struct rb_root *
linux_free_tree(const struct gpu_buddy *mm, enum gpu_buddy_free_tree state, unsigned int order)
{
	return &mm->free_trees[state][order];
}

#endif
