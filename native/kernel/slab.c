/* The arena behind the kernel's slab caches and kmalloc: see userspace/arena.h. Not thread-safe: an arena has one lock above it. */
#include <linux/slab.h>
#include <linux/math.h>
#include <stdlib.h>
#include <string.h>
#include <userspace/arena.h>
#include <userspace/context.h>
#include <userspace/huge-pages.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif

#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#define hide(memory, size) __asan_poison_memory_region(memory, size)
#define show(memory, size) __asan_unpoison_memory_region(memory, size)
#else
#define hide(memory, size) ((void)(memory), (void)(size))
#define show(memory, size) ((void)(memory), (void)(size))
#endif

#define SMALLEST_SLAB (64UL << 10)
#define LARGEST_SLAB (2UL << 20)

/* At the start of each slab; the objects follow. */
struct slab {
	struct slab *next;
	size_t size;
};

/* A free object holds the one that was freed before it. */
struct free_object {
	struct free_object *next;
};

/* Before each piece of memory from malloc. */
struct allocation {
	struct allocation *next, *prev;
	size_t size;
	size_t unused; /* keeps the memory behind it aligned to 16 bytes */
};

/*
 * Memory for a slab, aligned to its size. The largest come straight from the system, so that they really go back to it:
 * what malloc once had it likes to keep.
 */
static struct slab *map_slab(size_t size)
{
	char *memory, *start;

	if (size < LARGEST_SLAB)
		return aligned_alloc(size, size);

	memory = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;

	start = memory + (-(unsigned long)memory & (size - 1));
	if (start > memory)
		munmap(memory, (size_t)(start - memory));
	munmap(start + size, size - (size_t)(start - memory));
	want_huge_pages(start, size);
	return (struct slab *)start;
}

static void unmap_slab(struct slab *slab)
{
	size_t size = slab->size;

	show(slab, size);
	if (size < LARGEST_SLAB)
		free(slab);
	else
		munmap(slab, size);
}

/* The one that was added last. */
static void drop_slab(struct arena *arena)
{
	struct slab *slab = arena->slabs;

	arena->slabs = slab->next;
	arena->bytes -= slab->size;
	unmap_slab(slab);
}

void arena_init(struct arena *arena, size_t limit)
{
	*arena = (struct arena){ .limit = limit, .next_slab_size = SMALLEST_SLAB };
}

void arena_destroy(struct arena *arena)
{
	while (arena->slabs)
		drop_slab(arena);

	while (arena->allocations) {
		struct allocation *allocation = arena->allocations;

		arena->allocations = allocation->next;
		free(allocation);
	}

	arena_init(arena, arena->limit);
}

/* May the arena take this much more? Tests make it say no. */
static bool may_take(struct arena *arena, size_t size)
{
	return size <= arena->limit - arena->bytes;
}

static bool injected_failure(struct arena *arena)
{
#ifdef GPU_BUDDY_FAULT_INJECTION
	if (arena->fail_nth == 1) {
		if (!arena->fail_on)
			arena->fail_nth = 0;
		return true;
	}
	if (arena->fail_nth)
		arena->fail_nth--;
#else
	(void)arena;
#endif
	return false;
}

/* Objects come from the newest slab, behind those that are in use at its start. */
static void start_slab(struct arena *arena, u64 objects_in_use)
{
	struct slab *slab = arena->slabs;

	arena->fresh = (char *)(slab + 1) + objects_in_use * arena->object_size;
	arena->fresh_end = (char *)slab + slab->size;
	hide(arena->fresh, (size_t)(arena->fresh_end - arena->fresh));
}

void arena_keep(struct arena *arena)
{
	arena->permanent_objects = arena->objects;
}

void arena_keep_none(struct arena *arena)
{
	arena->permanent_objects = 0;
}

/* Only the permanent objects are left, and they stand at the start of the first slab. */
static void shrink(struct arena *arena)
{
	while (arena->slabs->next)
		drop_slab(arena);
	arena->free = NULL;
	arena->next_slab_size = 2 * SMALLEST_SLAB;
	start_slab(arena, arena->permanent_objects);
}

/* Each slab is as large as all before it together, so that a small allocator stays small. */
static bool add_slab(struct arena *arena)
{
	size_t size = arena->next_slab_size;
	struct slab *slab;

	if (!may_take(arena, size))
		size = SMALLEST_SLAB;
	if (!may_take(arena, size))
		return false;

	slab = map_slab(size);
	if (!slab)
		return false;

	slab->next = arena->slabs;
	slab->size = size;
	arena->slabs = slab;
	arena->bytes += size;
	arena->next_slab_size = min(2 * size, LARGEST_SLAB);
	start_slab(arena, 0);
	return true;
}

static void *take_object(struct arena *arena, size_t size)
{
	struct free_object *object = arena->free;

	if (injected_failure(arena))
		return NULL;

	if (object) {
		show(object, size);
		arena->free = object->next;
		return object;
	}

	if ((size_t)(arena->fresh_end - arena->fresh) < size && !add_slab(arena))
		return NULL;

	object = (struct free_object *)arena->fresh;
	arena->fresh += size;
	show(object, size);
	return object;
}

void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags)
{
	struct kernel_context *current = kernel_current;
	struct arena *arena = current->arena;
	void *object;

	(void)flags;
	if (!arena->object_size)
		arena->object_size = cache->object_size;
	if (arena->object_size != cache->object_size)
		abort();

	object = take_object(arena, cache->object_size);
	if (!object) {
		current->out_of_memory = true;
		return NULL;
	}

	arena->objects++;
	current->step_of_allocation = current->steps;
	return memset(object, 0, cache->object_size);
}

void kmem_cache_free(struct kmem_cache *cache, void *memory)
{
	struct arena *arena = kernel_current->arena;
	struct free_object *object = memory;

	object->next = arena->free;
	arena->free = object;
	hide(object, cache->object_size);
	if (--arena->objects == arena->permanent_objects && arena->slabs->next)
		shrink(arena);
}

static void *take_memory(size_t count, size_t size, bool zeroed)
{
	struct kernel_context *current = kernel_current;
	struct arena *arena = current->arena;
	struct allocation *allocation = NULL;
	size_t bytes;

	if (!__builtin_mul_overflow(count, size, &bytes) &&
	    !__builtin_add_overflow(bytes, sizeof(*allocation), &bytes) && may_take(arena, bytes) &&
	    !injected_failure(arena))
		allocation = zeroed ? calloc(1, bytes) : malloc(bytes);
	if (!allocation) {
		current->out_of_memory = true;
		return NULL;
	}

	allocation->size = bytes;
	allocation->prev = NULL;
	allocation->next = arena->allocations;
	if (allocation->next)
		allocation->next->prev = allocation;
	arena->allocations = allocation;
	arena->bytes += bytes;
	return allocation + 1;
}

void *kcalloc(size_t count, size_t size, gfp_t flags)
{
	(void)flags;
	return take_memory(count, size, true);
}

void *kmalloc_array(size_t count, size_t size, gfp_t flags)
{
	(void)flags;
	return take_memory(count, size, false);
}

void kfree(const void *memory)
{
	struct arena *arena = kernel_current->arena;
	struct allocation *allocation;

	if (!memory)
		return;

	allocation = (struct allocation *)(unsigned long)memory - 1;
	if (allocation->prev)
		allocation->prev->next = allocation->next;
	else
		arena->allocations = allocation->next;
	if (allocation->next)
		allocation->next->prev = allocation->prev;
	arena->bytes -= allocation->size;
	free(allocation);
}
