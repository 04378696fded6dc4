/*
 * The kernel's memory, out of the arena of the current context (userspace/context.h): kernel calls name no allocator,
 * but each is made under the lock of one. kmem_cache objects come from its slabs, the rest from malloc.
 */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H

#include <linux/types.h>

#define GFP_KERNEL 0U

struct kmem_cache {
	const char *name;
	size_t object_size;
};

/* Lives as long as the process, so that no thread can be left holding a cache that is gone. */
#define KMEM_CACHE(type, flags)                                                                    \
	({                                                                                         \
		static struct kmem_cache cache_of_##type = { #type, sizeof(struct type) };         \
		(void)(flags);                                                                     \
		&cache_of_##type;                                                                  \
	})

/* Gives the objects of an arena's first cache, from its slabs. NULL at the limit. */
void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags);

/*
 * Gives the objects of every other cache, from malloc and beyond the limit, too; where malloc has none, the call ends in a BUG. Where
 * buddy.c (7.4) gets no object, it forgets that memory was written, and would later report it as clear.
 */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags);

void kmem_cache_free(struct kmem_cache *cache, void *object);

static inline void kmem_cache_destroy(struct kmem_cache *cache)
{
	(void)cache;
}

void *kcalloc(size_t count, size_t size, gfp_t flags);
void *kmalloc_array(size_t count, size_t size, gfp_t flags);
void kfree(const void *memory);

/* `object` is a type, or a variable of that type. */
#define kmalloc_objs(object, count)                                                                \
	((__typeof__(object) *)kmalloc_array(count, sizeof(__typeof__(object)), GFP_KERNEL))

#endif
