/*
 * The memory of one allocator. Objects of one cache come from slabs that grow with the number of objects and are reused
 * last-in-first-out; other memory comes from malloc. Everything counts against one limit, and goes back at once when the
 * arena does, whatever was still in use.
 *
 * Slabs consist of pages, and each object has a number for those who must not hold pointers: the index of its page and
 * its own index in that page. A number comes again when the object is reused, or a later slab has a page of that index.
 * The generation in the object's mark tells these uses apart: the user raises it whenever a thing that was named by
 * number and generation ends, and it never goes back, even when slabs come and go.
 */
#ifndef USERSPACE_ARENA_H
#define USERSPACE_ARENA_H

#include <linux/types.h>
#include <stdatomic.h>

#define ARENA_PAGE_SIZE ((size_t)64 << 10)
#define ARENA_INDEX_BITS 10
#define ARENA_MOST_PAGES (1U << 21)

/* The step from object to object is a multiple of it: 88 bytes and their mark lie in exactly two cache lines. */
#define ARENA_STEP_UNIT 32
#define ARENA_INVERSE_BITS 22

/* mark = generation << ARENA_OWNER_BITS | owner. The owner is up to the user of the object. */
#define ARENA_OWNER_BITS 18
#define ARENA_GENERATION_BITS (64 - ARENA_OWNER_BITS)
#define ARENA_LAST_GENERATION ((1ULL << ARENA_GENERATION_BITS) - 1)

/* The head of a page of slab memory. The objects follow, from the next cache line on. */
struct arena_page_head {
	_Alignas(64) u32 index;
	/* 2^22 / (step / ARENA_STEP_UNIT), rounded up. */
	u32 inverse_step;

	/* Set in the first page of a slab only: the slab added before it, and its own size. */
	struct arena_page_head *next_slab;
	size_t slab_size;
};

_Static_assert(sizeof(struct arena_page_head) == 64, "objects start on a cache line");

/* A page as the table of pages knows it: where its objects start, and how many have been handed out, free ones included. */
struct arena_page {
	char *objects;
	u32 handed_out;
};

struct allocation;
struct kmem_cache;

struct arena {
	/* Bytes taken from the system, which other threads may read, and how many that may be (see kmem_cache_alloc()). */
	_Atomic size_t bytes;
	size_t limit;

	/* Objects in use, and how many of them will be until the end. */
	u64 objects;
	u64 permanent_objects;

	/* The cache whose objects the slabs hold, and their size; none before the first. The step includes the mark. */
	const struct kmem_cache *cache;
	size_t object_size;
	u32 step;
	u32 objects_per_page;
	struct free_object *free;

	/* The table of pages, and the one that objects are handed out of for the first time. */
	struct arena_page *pages;
	u32 page_count;
	u32 page_room;
	u32 fresh_page;
	/* Pages below this index are never handed out of again: their generations are used up. */
	u32 retired_pages;
	/* The generation of new marks, before a number's own scatter is added. */
	u64 first_generation;

	/* The slab that was added last. */
	struct arena_page_head *slabs;
	size_t next_slab_size;

	struct allocation *allocations;

#ifdef GPU_BUDDY_FAULT_INJECTION
	/* Test builds: the nth allocation from now fails; with fail_on, every one after it too. 0: none. */
	u64 fail_nth;
	bool fail_on;
	/* Test builds: so does every kmem_cache_alloc(), which these two do not touch. */
	bool fail_second_cache;
#endif
};

/*
 * Declares the objects that are in use, which must fit in the smallest slab, to be there until the end. Whenever they are
 * the only ones, the arena gives back all slabs but the first.
 */
void arena_keep(struct arena *arena);

/* The end has come: these objects go too, in whatever order. */
void arena_keep_none(struct arena *arena);

/* Objects of kmem_cache_alloc() have been taken beyond the limit. */
static inline bool arena_is_beyond_limit(const struct arena *arena)
{
	return arena->bytes > arena->limit;
}

void arena_init(struct arena *arena, size_t limit);
void arena_destroy(struct arena *arena);

/*
 * The mark behind an object, whose size must be a multiple of 8. It outlives the object: neither kmem_cache_zalloc() nor
 * kmem_cache_free() changes it. When an object is handed out for the first time, its mark has a generation that its
 * number never had, and owner 0. An object that is freed with ARENA_LAST_GENERATION is not handed out again.
 */
static inline u64 *arena_mark_of(void *object, size_t object_size)
{
	return (u64 *)((char *)object + object_size);
}

/* The number of an object: at most 31 bits. */
static inline u32 arena_number_of(const void *object)
{
	unsigned long offset = (unsigned long)object % ARENA_PAGE_SIZE;
	const struct arena_page_head *head = (const void *)((const char *)object - offset);
	u64 units = (offset - sizeof(*head)) / ARENA_STEP_UNIT;

	return head->index << ARENA_INDEX_BITS |
	       (u32)(units * head->inverse_step >> ARENA_INVERSE_BITS);
}

/*
 * The object of this number; NULL where none was handed out since its page exists, or the page is gone. The object may be
 * free: then only its mark may be used.
 */
static inline void *arena_object(const struct arena *arena, u32 number)
{
	u32 page = number >> ARENA_INDEX_BITS;
	u32 index = number % (1U << ARENA_INDEX_BITS);

	if (page >= arena->page_count || index >= arena->pages[page].handed_out)
		return NULL;
	return arena->pages[page].objects + (size_t)index * arena->step;
}

/*
 * Finds the first number from `*number` on that arena_object() knows, and false where there is none. Objects may be freed
 * and slabs dropped between two steps:
 *
 *	for (u32 number = 0; arena_next(arena, &number); number++)
 */
bool arena_next(const struct arena *arena, u32 *number);

#endif
