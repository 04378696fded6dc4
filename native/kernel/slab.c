/* The arena behind the kernel's slab caches and kmalloc: see userspace/arena.h. Not thread-safe: an arena has one lock above it. */
#include <linux/bug.h>
#include <linux/math.h>
#include <linux/slab.h>
#include <stdlib.h>
#include <string.h>
#include <userspace/arena.h>
#include <userspace/context.h>
#include <userspace/system.h>

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

#define SMALLEST_SLAB ARENA_PAGE_SIZE
#define LARGEST_SLAB ((size_t)2 << 20)

/* The room of the smallest table of pages. */
#define FEW_PAGES 4

/* The generations of a new arena start below 2^40. */
#define FIRST_GENERATION_BITS 40

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

/* ---- generations */

static _Atomic u64 process_seed;
static _Atomic u64 generations_drawn;

/* Without entropy the seed is an address, which still differs from process to process. */
static u64 draw_seed(void)
{
	u64 seed;

	return system_random(&seed, sizeof(seed)) ? seed : (unsigned long)&process_seed;
}

/* Draws the seed of the process; where several threads do, that of the first counts. */
static u64 seed_of_process(void)
{
	u64 known = 0, drawn;

	if (process_seed)
		return process_seed;
	drawn = draw_seed();
	return atomic_compare_exchange_strong(&process_seed, &known, drawn) ? drawn : known;
}

static u64 mix(u64 number)
{
	number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
	number = (number ^ number >> 27) * 0x94d049bb133111eb;
	return number ^ number >> 31;
}

/* Draws where generations start, so that a number and generation of one arena mean nothing in another. */
static u64 random_generation(void)
{
	u64 count = ++generations_drawn;

	return mix(seed_of_process() + count * 0x9e3779b97f4a7c15) >> (64 - FIRST_GENERATION_BITS);
}

/* Lets numbers start at different generations, so that the generation of one does not fit another. 16 bits. */
static u64 scatter_of(u32 number)
{
	return number * 0x9e3779b1U >> 16;
}

static u64 generation_of(struct arena *arena, void *object)
{
	return *arena_mark_of(object, arena->object_size) >> ARENA_OWNER_BITS;
}

/* Raises `unused` above the generations, less their scatter, of a page's objects from `index` on. */
static u64 unused_in_page(struct arena *arena, u32 page, u32 index, u64 unused)
{
	char *object = arena->pages[page].objects + (size_t)index * arena->step;

	for (; index < arena->pages[page].handed_out; index++, object += arena->step) {
		u64 past = generation_of(arena, object) + 1;

		unused =
			max(unused, past - min(past, scatter_of(page << ARENA_INDEX_BITS | index)));
	}
	return unused;
}

/* Finds where generations must start so that no number behind the permanent objects gets one that it had before. */
static u64 unused_generation(struct arena *arena)
{
	u64 unused =
		unused_in_page(arena, 0, (u32)arena->permanent_objects, arena->first_generation);

	for (u32 page = 1; page < arena->page_count; page++)
		unused = unused_in_page(arena, page, 0, unused);
	return unused;
}

/* ---- the table of pages */

bool arena_next(const struct arena *arena, u32 *number)
{
	u32 index = *number % (1U << ARENA_INDEX_BITS);

	for (u32 page = *number >> ARENA_INDEX_BITS; page < arena->page_count; page++) {
		if (index < arena->pages[page].handed_out) {
			*number = page << ARENA_INDEX_BITS | index;
			return true;
		}
		index = 0;
	}
	return false;
}

static u32 room_for(u32 pages)
{
	u32 room = FEW_PAGES;

	while (room < pages)
		room *= 2;
	return room;
}

static bool resize_table(struct arena *arena, u32 room)
{
	struct arena_page *pages = realloc(arena->pages, room * sizeof(*pages));

	if (!pages)
		return false;

	/* One step, which may be down: other threads never read a value in between. */
	arena->bytes += ((size_t)room - arena->page_room) * sizeof(*pages);
	arena->pages = pages;
	arena->page_room = room;
	return true;
}

/* Counts the entries that the table lacks for the pages of a slab of this size. */
static u32 missing_room(const struct arena *arena, size_t slab_size)
{
	u32 room = room_for(arena->page_count + (u32)(slab_size / ARENA_PAGE_SIZE));

	return room > arena->page_room ? room - arena->page_room : 0;
}

static bool grow_table(struct arena *arena, size_t slab_size)
{
	u32 missing = missing_room(arena, slab_size);

	return !missing || resize_table(arena, arena->page_room + missing);
}

/* 2^22 / number, rounded up: multiplying by it divides what is below 2^11 exactly. */
static u32 inverse_of(u32 number)
{
	return ((1U << ARENA_INVERSE_BITS) + number - 1) / number;
}

static void add_page(struct arena *arena, char *memory)
{
	struct arena_page_head *head = (struct arena_page_head *)memory;
	u32 index = arena->page_count++;

	head->index = index;
	head->inverse_step = inverse_of(arena->step / ARENA_STEP_UNIT);
	arena->pages[index] = (struct arena_page){ .objects = (char *)(head + 1) };
	hide(head + 1, ARENA_PAGE_SIZE - sizeof(*head));
}

/* Forgets all pages but the first and those that are retired. */
static void drop_pages(struct arena *arena)
{
	memset(arena->pages + 1, 0, (arena->page_count - 1) * sizeof(*arena->pages));
	arena->page_count = max(arena->retired_pages, 1U);
	resize_table(arena, room_for(arena->page_count));
}

/* ---- slabs */

static void unmap_slab(struct arena_page_head *slab)
{
	size_t size = slab->slab_size;

	show(slab, size);
	system_unmap(slab, size);
}

/* The one that was added last. */
static void drop_slab(struct arena *arena)
{
	struct arena_page_head *slab = arena->slabs;

	arena->slabs = slab->next_slab;
	arena->bytes -= slab->slab_size;
	unmap_slab(slab);
}

void arena_init(struct arena *arena, size_t limit)
{
	*arena = (struct arena){ .limit = limit,
				 .first_generation = random_generation(),
				 .next_slab_size = SMALLEST_SLAB };
}

void arena_destroy(struct arena *arena)
{
	while (arena->slabs)
		drop_slab(arena);
	free(arena->pages);

	while (arena->allocations) {
		struct allocation *allocation = arena->allocations;

		arena->allocations = allocation->next;
		free(allocation);
	}

	arena_init(arena, arena->limit);
}

/* May the arena take this much more? */
static bool may_take(const struct arena *arena, size_t size)
{
	return !arena_is_beyond_limit(arena) && size <= arena->limit - arena->bytes;
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

static bool injected_failure_of_second_cache(const struct arena *arena)
{
#ifdef GPU_BUDDY_FAULT_INJECTION
	return arena->fail_second_cache;
#else
	(void)arena;
	return false;
#endif
}

void arena_keep(struct arena *arena)
{
	arena->permanent_objects = arena->objects;
}

void arena_keep_none(struct arena *arena)
{
	arena->permanent_objects = 0;
}

/* Starts generations at `first`; where it leaves less than half of them, all pages so far retire, the first one too. */
static void start_generations(struct arena *arena, u64 first)
{
	arena->first_generation = first;
	if (first <= ARENA_LAST_GENERATION / 2)
		return;

	arena->retired_pages = arena->page_count;
	arena->first_generation = random_generation();
}

/* Lets the objects of the first page that are not permanent be handed out afresh. */
static void restart_first_page(struct arena *arena)
{
	struct arena_page *page = &arena->pages[0];
	size_t used = arena->permanent_objects * arena->step;

	page->handed_out = (u32)arena->permanent_objects;
	hide(page->objects + used, ARENA_PAGE_SIZE - sizeof(struct arena_page_head) - used);
}

/* Only the permanent objects are left, and they stand at the start of the first slab. */
static void shrink(struct arena *arena)
{
	start_generations(arena, unused_generation(arena));
	while (arena->slabs->next_slab)
		drop_slab(arena);
	drop_pages(arena);
	restart_first_page(arena);
	arena->free = NULL;
	arena->fresh_page = arena->retired_pages;
	arena->next_slab_size = 2 * SMALLEST_SLAB;
}

static bool may_add(struct arena *arena, size_t slab_size)
{
	return arena->page_count + slab_size / ARENA_PAGE_SIZE <= ARENA_MOST_PAGES &&
	       may_take(arena,
			slab_size + missing_room(arena, slab_size) * sizeof(struct arena_page));
}

/* Each slab is as large as all before it together, so that a small allocator stays small. */
static bool add_slab(struct arena *arena)
{
	size_t size = arena->next_slab_size;
	struct arena_page_head *slab;

	if (!may_add(arena, size))
		size = SMALLEST_SLAB;
	if (!may_add(arena, size))
		return false;

	slab = grow_table(arena, size) ? system_map(size) : NULL;
	if (!slab)
		return false;

	slab->next_slab = arena->slabs;
	slab->slab_size = size;
	arena->slabs = slab;
	arena->bytes += size;
	arena->next_slab_size = min(2 * size, LARGEST_SLAB);
	for (size_t offset = 0; offset < size; offset += ARENA_PAGE_SIZE)
		add_page(arena, (char *)slab + offset);
	return true;
}

/* ---- objects */

/* Settles whose objects come from the slabs. */
static void set_cache(struct arena *arena, const struct kmem_cache *cache)
{
	size_t room = ARENA_PAGE_SIZE - sizeof(struct arena_page_head);
	size_t size = cache->object_size;

	if (arena->cache || size % sizeof(u64) || size > room - sizeof(u64))
		abort();

	arena->cache = cache;
	arena->object_size = size;
	arena->step = (u32)round_up(size + sizeof(u64), ARENA_STEP_UNIT);
	arena->objects_per_page = min((u32)room / arena->step, 1U << ARENA_INDEX_BITS);
}

/* Moves on to the next page where the present one is full, and to a new slab after the last. */
static bool find_fresh_page(struct arena *arena)
{
	if (arena->fresh_page < arena->page_count &&
	    arena->pages[arena->fresh_page].handed_out == arena->objects_per_page)
		arena->fresh_page++;
	return arena->fresh_page < arena->page_count || add_slab(arena);
}

/* Hands out an object for the first time since its page exists. */
static void *take_fresh_object(struct arena *arena, size_t size)
{
	struct arena_page *page;
	char *object;
	u32 number;

	if (!find_fresh_page(arena))
		return NULL;

	page = &arena->pages[arena->fresh_page];
	number = arena->fresh_page << ARENA_INDEX_BITS | page->handed_out;
	object = page->objects + (size_t)page->handed_out++ * arena->step;
	show(object, size + sizeof(u64));
	*arena_mark_of(object, size) = (arena->first_generation + scatter_of(number))
				       << ARENA_OWNER_BITS;
	return object;
}

static void *take_object(struct arena *arena, size_t size)
{
	struct free_object *object = arena->free;

	if (injected_failure(arena))
		return NULL;
	if (!object)
		return take_fresh_object(arena, size);

	show(object, size);
	arena->free = object->next;
	return object;
}

void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags)
{
	struct kernel_context *current = kernel_current;
	struct arena *arena = current->arena;
	void *object;

	(void)flags;
	if (arena->cache != cache)
		set_cache(arena, cache);

	object = take_object(arena, cache->object_size);
	if (!object) {
		current->out_of_memory = true;
		if (current->needs_memory)
			kernel_bug(
				"native/kernel/slab.c", __LINE__,
				"no memory for a split, which Linux before 7.3 does not survive");
		return NULL;
	}

	arena->objects++;
	current->step_of_allocation = current->steps;
	return memset(object, 0, cache->object_size);
}

/* Puts an object where take_object() finds it, unless its generations are used up. */
static void put_object(struct arena *arena, struct free_object *object)
{
	bool retired = generation_of(arena, object) == ARENA_LAST_GENERATION;

	if (!retired) {
		object->next = arena->free;
		arena->free = object;
	}
	hide(object, arena->object_size);
}

void kmem_cache_free(struct kmem_cache *cache, void *memory)
{
	struct arena *arena = kernel_current->arena;

	if (unlikely(cache != arena->cache)) {
		kfree(memory);
		return;
	}
	put_object(arena, memory);
	if (--arena->objects == arena->permanent_objects && arena->slabs->next_slab)
		shrink(arena);
}

/* ---- other memory */

/* Returns the memory behind the header of a new piece of this many bytes; NULL where the system has none. */
static void *add_allocation(struct arena *arena, size_t bytes, bool zeroed)
{
	struct allocation *allocation = zeroed ? calloc(1, bytes) : malloc(bytes);

	if (!allocation)
		return NULL;

	allocation->size = bytes;
	allocation->prev = NULL;
	allocation->next = arena->allocations;
	if (allocation->next)
		allocation->next->prev = allocation;
	arena->allocations = allocation;
	arena->bytes += bytes;
	return allocation + 1;
}

static void *take_memory(size_t count, size_t size, bool zeroed)
{
	struct kernel_context *current = kernel_current;
	void *memory = NULL;
	size_t bytes;

	if (!__builtin_mul_overflow(count, size, &bytes) &&
	    !__builtin_add_overflow(bytes, sizeof(struct allocation), &bytes) &&
	    may_take(current->arena, bytes) && !injected_failure(current->arena))
		memory = add_allocation(current->arena, bytes, zeroed);
	if (!memory)
		current->out_of_memory = true;
	return memory;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags)
{
	struct arena *arena = kernel_current->arena;
	void *object;

	(void)flags;
	if (!arena->cache || arena->cache == cache)
		abort();

	object = injected_failure_of_second_cache(arena) ?
			 NULL :
			 add_allocation(arena, sizeof(struct allocation) + cache->object_size,
					false);
	if (!object)
		kernel_bug("native/kernel/slab.c", __LINE__,
			   "no memory for an object that buddy.c must have");
	return object;
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
