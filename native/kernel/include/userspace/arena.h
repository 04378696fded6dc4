/*
 * The memory of one allocator. Objects of one size come from slabs that grow with the number of objects and are reused
 * last-in-first-out; other memory comes from malloc. All of it counts against one limit, and goes back at once when the
 * arena does, whatever was still in use.
 */
#ifndef USERSPACE_ARENA_H
#define USERSPACE_ARENA_H

#include <linux/types.h>
#include <stdatomic.h>

struct slab;
struct allocation;

struct arena {
	/* Bytes taken from the system, which other threads may read, and how many that may be. */
	_Atomic size_t bytes;
	size_t limit;

	/* Objects in use, and how many of them will be until the end. */
	u64 objects;
	u64 permanent_objects;

	/* The one size of objects that this arena's slabs hold; 0 before the first. */
	size_t object_size;
	struct free_object *free;
	char *fresh, *fresh_end;
	struct slab *slabs;
	size_t next_slab_size;

	struct allocation *allocations;

#ifdef GPU_BUDDY_FAULT_INJECTION
	/* Test builds: the nth allocation from now fails; with fail_on, every one after it too. 0: none. */
	u64 fail_nth;
	bool fail_on;
#endif
};

/*
 * Declares the objects that are in use, which must fit in the smallest slab, to be there until the end. Whenever they are
 * the only ones, the arena gives back all slabs but the first.
 */
void arena_keep(struct arena *arena);

/* The end has come: these objects go too, in whatever order. */
void arena_keep_none(struct arena *arena);

void arena_init(struct arena *arena, size_t limit);
void arena_destroy(struct arena *arena);

#endif
