/* The memory of one allocator, and how it is made to fail: native/kernel/slab.c. */
#include "capture.h"
#include "test.h"

#include <linux/slab.h>
#include <stdlib.h>
#include <string.h>
#include <userspace/arena.h>
#include <userspace/context.h>

#define KIB 1024UL
#define MIB (1024 * KIB)
#define PLENTY (64 * MIB)

/* The step from one object to the next. */
#define STEP 96

struct thing {
	unsigned char bytes[88];
};

struct other_thing {
	unsigned char bytes[40];
};

static struct arena arena;
static struct kernel_context context = { .arena = &arena };

static void enter(void)
{
	kernel_enter(&context, NULL, 0);
}

/* An empty arena and a context in which it gives the memory. */
static void start(size_t limit)
{
	arena_init(&arena, limit);
	enter();
}

/* Gives everything back: what was forgotten would be a leak, which the sanitized build reports. */
static void stop(void)
{
	kernel_leave();
	arena_destroy(&arena);
	CHECK_EQ(arena.bytes, 0);
}

static struct kmem_cache *things(void)
{
	return KMEM_CACHE(thing, 0);
}

static struct thing *new_thing(void)
{
	return kmem_cache_zalloc(things(), GFP_KERNEL);
}

static bool is_zero(const void *memory, size_t size)
{
	const unsigned char *bytes = memory;

	while (size && !bytes[size - 1])
		size--;
	return size == 0;
}

static size_t table_bytes(void)
{
	return arena.page_room * sizeof(struct arena_page);
}

/* Takes objects until one more slab has been added; returns by how many bytes the slabs grew. */
static size_t grow(void)
{
	size_t before = arena.bytes - table_bytes();

	while (arena.bytes - table_bytes() == before)
		if (!new_thing())
			return 0;
	return arena.bytes - table_bytes() - before;
}

TEST("a cache knows the name and the size of its objects")
{
	CHECK_TEXT(things()->name, "thing");
	CHECK_EQ(things()->object_size, sizeof(struct thing));
	CHECK_SAME(things(), things());
}

TEST("objects are zeroed, aligned and apart from each other")
{
	enum { COUNT = 5000 };
	static struct thing *taken[COUNT];

	start(PLENTY);
	for (int i = 0; i < COUNT; i++) {
		taken[i] = new_thing();
		CHECK(taken[i] != NULL);
		CHECK(is_zero(taken[i], sizeof(struct thing)));
		CHECK_EQ((uintptr_t)taken[i] % 8, 0);
		memset(taken[i], i % 255 + 1, sizeof(struct thing));
	}
	for (int i = 0; i < COUNT; i++)
		for (size_t byte = 0; byte < sizeof(struct thing); byte++)
			CHECK_EQ(taken[i]->bytes[byte], i % 255 + 1);
	stop();
}

TEST("freed objects come back last in, first out, and zeroed")
{
	struct thing *first, *second, *third;

	start(PLENTY);
	first = new_thing();
	second = new_thing();
	third = new_thing();
	memset(first, 0xff, sizeof(*first));
	memset(third, 0xff, sizeof(*third));
	kmem_cache_free(things(), first);
	kmem_cache_free(things(), third);

	CHECK_SAME(new_thing(), third);
	CHECK(is_zero(third, sizeof(*third)));
	CHECK_SAME(new_thing(), first);
	CHECK(is_zero(first, sizeof(*first)));
	CHECK(new_thing() > second);
	stop();
}

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define CHECK_HIDDEN(memory) CHECK(__asan_address_is_poisoned(memory))
#else
#define CHECK_HIDDEN(memory) CHECK((memory) != NULL)
#endif

TEST("a freed object, and one that was not given out, are hidden from everybody")
{
	struct thing *first, *second;

	start(PLENTY);
	first = new_thing();
	second = new_thing();
	kmem_cache_free(things(), first);
	CHECK_HIDDEN(first);
	CHECK_HIDDEN(&first->bytes[87]);
	CHECK_HIDDEN((char *)second + STEP);
	CHECK_HIDDEN((char *)second + 2 * STEP - 8);
	stop();
}

TEST("slabs double from 64 KiB to 2 MiB and then stay that large")
{
	static const size_t sizes[] = { 64 * KIB,   128 * KIB, 256 * KIB, 512 * KIB,
					1024 * KIB, 2 * MIB,   2 * MIB,   2 * MIB };

	start(PLENTY);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		CHECK_EQ(grow(), sizes[i]);
	stop();
}

TEST("a page of 64 KiB holds as many objects as fit behind its head")
{
	start(PLENTY);
	CHECK_EQ(grow(), 64 * KIB);
	CHECK_EQ(arena.objects, 1);
	grow();
	CHECK_EQ(arena.objects - 1, (64 * KIB - 64) / STEP);
	grow();
	CHECK_EQ(arena.objects - 1, 3 * ((64 * KIB - 64) / STEP));
	stop();
}

TEST("freed objects are used before a slab is added")
{
	struct thing *thing;

	start(PLENTY);
	grow();
	for (int i = 0; i < 10000; i++) {
		thing = new_thing();
		kmem_cache_free(things(), thing);
	}
	CHECK_EQ(arena.bytes, 64 * KIB + table_bytes());
	stop();
}

TEST("a small slab is taken if a large one would exceed the limit")
{
	start(64 * KIB + 128 * KIB + 64 * KIB + 100);
	CHECK_EQ(grow(), 64 * KIB);
	CHECK_EQ(grow(), 128 * KIB);
	CHECK_EQ(grow(), 64 * KIB);
	CHECK(!context.out_of_memory);
	CHECK_EQ(grow(), 0);
	CHECK(context.out_of_memory);
	CHECK_EQ(arena.bytes, 256 * KIB + table_bytes());
	stop();
}

TEST("an object that was freed can be had again at the limit")
{
	struct thing *thing;

	start(65 * KIB);
	thing = new_thing();
	grow();
	CHECK(context.out_of_memory);
	kmem_cache_free(things(), thing);
	enter();
	CHECK_SAME(new_thing(), thing);
	CHECK(!context.out_of_memory);
	CHECK_SAME(new_thing(), NULL);
	CHECK(context.out_of_memory);
	stop();
}

TEST("below the smallest slab and table of pages there are no objects")
{
	start(64 * KIB);
	CHECK_SAME(new_thing(), NULL);
	CHECK(context.out_of_memory);
	CHECK_EQ(arena.bytes, 0);
	stop();
}

TEST("an object that is had sets the step of the last allocation")
{
	start(65 * KIB);
	context.steps = 77;
	new_thing();
	CHECK_EQ(context.step_of_allocation, 77);
	grow();
	context.steps = 99;
	CHECK_SAME(new_thing(), NULL);
	CHECK_EQ(context.step_of_allocation, 77);
	stop();
}

/* ---- a second cache */

static struct kmem_cache *other_things(void)
{
	return KMEM_CACHE(other_thing, 0);
}

static struct other_thing *new_other_thing(void)
{
	return kmem_cache_alloc(other_things(), GFP_KERNEL);
}

static void zero_object_of_second_cache(void)
{
	new_thing();
	kmem_cache_zalloc(other_things(), GFP_KERNEL);
}

static void take_unnumbered_object_first(void)
{
	new_other_thing();
}

static void take_unnumbered_object_of_first_cache(void)
{
	new_thing();
	kmem_cache_alloc(things(), GFP_KERNEL);
}

TEST("an arena whose caches change places aborts")
{
	static void (*const bodies[])(void) = { zero_object_of_second_cache,
						take_unnumbered_object_first,
						take_unnumbered_object_of_first_cache };

	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		start(PLENTY);
		CHECK(aborts(bodies[i]));
		stop();
	}
}

TEST("objects of a second cache come and go among those of the first, and are not counted with them")
{
	enum { COUNT = 100 };
	struct other_thing *others[COUNT];
	size_t before;

	start(PLENTY);
	new_thing();
	before = arena.bytes;
	for (int i = 0; i < COUNT; i++) {
		others[i] = new_other_thing();
		memset(others[i], i, sizeof(*others[i]));
	}
	CHECK(arena.bytes >= before + COUNT * sizeof(struct other_thing));
	CHECK_EQ(arena.objects, 1);
	for (int i = 0; i < COUNT; i++) {
		CHECK_EQ(others[i]->bytes[39], i);
		kmem_cache_free(other_things(), others[i]);
	}
	CHECK_EQ(arena.bytes, before);
	stop();
}

TEST("objects of a second cache are had beyond the limit, where nothing else is")
{
	struct other_thing *other;

	start(64 * KIB + 4 * sizeof(struct arena_page));
	while (new_thing())
		;
	CHECK(!arena_is_beyond_limit(&arena));
	enter();
	other = new_other_thing();
	CHECK(other != NULL);
	CHECK(!context.out_of_memory);
	CHECK(arena_is_beyond_limit(&arena));
	CHECK_SAME(new_thing(), NULL);
	CHECK_SAME(kcalloc(1, 1, GFP_KERNEL), NULL);
	kmem_cache_free(other_things(), other);
	CHECK(!arena_is_beyond_limit(&arena));
	stop();
}

TEST("an object of a second cache that the system has no memory for is a BUG")
{
	jmp_buf escape;

	start(PLENTY);
	new_thing();
	arena.fail_second_cache = true;
	context.escape = &escape;
	if (!_setjmp(escape)) {
		new_other_thing();
		CHECK(false);
	}
	CHECK(strstr(context.bug.condition, "no memory") != NULL);
	CHECK_EQ(arena.objects, 1);
	stop();
}

/* ---- other memory */

TEST("kcalloc gives zeroed memory that is aligned to 16 bytes")
{
	for (size_t size = 1; size < 200; size++) {
		void *memory;

		start(PLENTY);
		memory = kcalloc(3, size, GFP_KERNEL);
		CHECK(is_zero(memory, 3 * size));
		CHECK_EQ((uintptr_t)memory % 16, 0);
		memset(memory, 0xff, 3 * size);
		kfree(memory);
		CHECK_EQ(arena.bytes, 0);
		stop();
	}
}

TEST("kmalloc_objs takes a type or a variable")
{
	struct thing *by_type, *by_variable;

	start(PLENTY);
	by_type = kmalloc_objs(struct thing, 3);
	by_variable = kmalloc_objs(*by_variable, 3);
	CHECK(arena.bytes >= 6 * sizeof(struct thing));
	memset(by_type, 1, 3 * sizeof(struct thing));
	memset(by_variable, 2, 3 * sizeof(struct thing));
	CHECK_EQ(by_type[2].bytes[87], 1);
	stop();
}

TEST("memory counts against the limit until it is freed")
{
	void *memory;

	start(10 * KIB);
	memory = kcalloc(1, 6 * KIB, GFP_KERNEL);
	CHECK(arena.bytes >= 6 * KIB && arena.bytes < 7 * KIB);
	CHECK_SAME(kcalloc(1, 6 * KIB, GFP_KERNEL), NULL);
	CHECK(context.out_of_memory);
	kfree(memory);
	CHECK_EQ(arena.bytes, 0);
	CHECK(kcalloc(1, 6 * KIB, GFP_KERNEL) != NULL);
	stop();
}

TEST("a count and a size whose product does not fit get no memory")
{
	static const struct {
		size_t count, size;
	} requests[] = {
		{ 1UL << 32, 1UL << 32 }, { 1UL << 63, 2 }, { ~0UL, 2 }, { 2, ~0UL }, { ~0UL, 1 },
		{ 1, ~0UL - 16 },
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		start(~0UL);
		CHECK_SAME(kcalloc(requests[i].count, requests[i].size, GFP_KERNEL), NULL);
		CHECK(context.out_of_memory);
		enter();
		CHECK_SAME(kmalloc_array(requests[i].count, requests[i].size, GFP_KERNEL), NULL);
		CHECK(context.out_of_memory);
		CHECK_EQ(arena.bytes, 0);
		stop();
	}
}

TEST("pieces of memory can be freed in any order")
{
	static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					 { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (int i = 0; i < 6; i++) {
		void *pieces[3];

		start(PLENTY);
		for (int piece = 0; piece < 3; piece++)
			pieces[piece] = kcalloc(1, 100, GFP_KERNEL);
		for (int piece = 0; piece < 3; piece++)
			kfree(pieces[orders[i][piece]]);
		CHECK_EQ(arena.bytes, 0);
		CHECK_SAME(arena.allocations, NULL);
		stop();
	}
}

TEST("kfree of NULL does nothing")
{
	start(PLENTY);
	kfree(NULL);
	stop();
}

TEST("an arena that is destroyed gives back what is still in use, and can be used again")
{
	start(5 * MIB);
	for (int round = 0; round < 3; round++) {
		enter();
		grow();
		grow();
		CHECK(kcalloc(10, 1000, GFP_KERNEL) != NULL);
		CHECK(kmalloc_array(10, 1000, GFP_KERNEL) != NULL);
		stop();
		CHECK_EQ(arena.limit, 5 * MIB);
	}
}

/* Takes this many pieces of memory, by turns from the slabs and from malloc. Returns a bit for each that was had. */
static unsigned int take(int number)
{
	unsigned int had = 0;

	for (int i = 0; i < number; i++)
		if (i % 2 ? kcalloc(1, 10, GFP_KERNEL) != NULL : new_thing() != NULL)
			had |= 1U << i;
	return had;
}

TEST("the nth allocation fails where a test asks for it, and no other")
{
	for (unsigned int nth = 1; nth <= 6; nth++) {
		start(PLENTY);
		arena.fail_nth = nth;
		CHECK_EQ(take(6), 0x3f & ~(1U << (nth - 1)));
		CHECK(context.out_of_memory);
		stop();
	}
}

TEST("every allocation from the nth on fails where a test asks for it")
{
	for (unsigned int nth = 1; nth <= 6; nth++) {
		start(PLENTY);
		arena.fail_nth = nth;
		arena.fail_on = true;
		CHECK_EQ(take(6), (1U << (nth - 1)) - 1);
		stop();
	}
}

TEST("an allocation that fails on demand is not a step of allocation and takes nothing")
{
	struct thing *thing;

	start(PLENTY);
	thing = new_thing();
	kmem_cache_free(things(), thing);
	arena.fail_nth = 1;
	CHECK_SAME(new_thing(), NULL);
	CHECK_SAME(new_thing(), thing);
	stop();
}

/* ---- marks, numbers and generations */

/* Frees a thing as its user does: what was named by its number and generation ends. */
static void end_thing(struct thing *thing)
{
	*arena_mark_of(thing, sizeof(*thing)) += 1ULL << ARENA_OWNER_BITS;
	kmem_cache_free(things(), thing);
}

static u64 *mark_of(u32 number)
{
	void *object = arena_object(&arena, number);

	CHECK(object != NULL);
	return arena_mark_of(object, sizeof(struct thing));
}

static u64 generation_of(u32 number)
{
	return *mark_of(number) >> ARENA_OWNER_BITS;
}

static void set_generation(void *thing, u64 generation)
{
	*arena_mark_of(thing, sizeof(struct thing)) = generation << ARENA_OWNER_BITS;
}

static struct thing *taken[100 * 1000];

static void take_things(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		taken[i] = new_thing();
		CHECK(taken[i] != NULL);
	}
}

static void end_things(size_t count)
{
	for (size_t i = 0; i < count; i++)
		end_thing(taken[i]);
}

/* An arena whose first things are permanent. Each page holds 682. */
static void start_with_permanent(size_t count)
{
	start(PLENTY);
	take_things(count);
	arena_keep(&arena);
}

TEST("a mark is not changed by the end of its object, nor by the next one's start")
{
	struct thing *thing;
	u64 *mark;

	start(PLENTY);
	thing = new_thing();
	mark = arena_mark_of(thing, sizeof(*thing));
	CHECK_SAME(mark, thing + 1);
	*mark = 12345ULL << ARENA_OWNER_BITS | 67;
	memset(thing, 0xff, sizeof(*thing));
	CHECK_EQ(*mark >> ARENA_OWNER_BITS, 12345);
	kmem_cache_free(things(), thing);
	CHECK_EQ(*mark, 12345ULL << ARENA_OWNER_BITS | 67);
	CHECK_SAME(new_thing(), thing);
	CHECK_EQ(*mark, 12345ULL << ARENA_OWNER_BITS | 67);
	stop();
}

TEST("an object and its mark lie in exactly two cache lines")
{
	start(PLENTY);
	take_things(5000);
	for (size_t i = 0; i < 5000; i++) {
		uintptr_t first = (uintptr_t)taken[i] / 64;
		uintptr_t last = ((uintptr_t)taken[i] + STEP - 1) / 64;

		CHECK_EQ(last - first, 1);
	}
	stop();
}

TEST("new objects of a slab ascend in steps of 96 bytes, from the first cache line of each page on")
{
	enum { PER_PAGE = 682 };

	start(PLENTY);
	take_things(15 * PER_PAGE);
	for (size_t i = 0; i < 15 * PER_PAGE; i++) {
		uintptr_t offset = (uintptr_t)taken[i] % (64 * KIB);

		CHECK_EQ(offset, 64 + i % PER_PAGE * STEP);
	}
	/* Slabs of 1, 2, 4 and 8 pages. */
	for (size_t i = 1; i < 15 * PER_PAGE; i++)
		if (i != PER_PAGE && i != 3 * PER_PAGE && i != 7 * PER_PAGE)
			CHECK(taken[i] > taken[i - 1]);
	stop();
}

TEST("a number leads to its object, used or free")
{
	start(PLENTY);
	take_things(100000);
	for (size_t i = 0; i < 100000; i++) {
		u32 number = arena_number_of(taken[i]);

		CHECK_EQ(number, (i / 682) << 10 | i % 682);
		CHECK_SAME(arena_object(&arena, number), taken[i]);
	}
	for (size_t i = 0; i < 100000; i += 3)
		end_thing(taken[i]);
	for (size_t i = 0; i < 100000; i++)
		CHECK_SAME(arena_object(&arena, arena_number_of(taken[i])), taken[i]);
	stop();
}

/* Takes 3000 objects of a size and checks that their numbers lead to them. */
static void check_numbers_of_size(size_t size)
{
	struct kmem_cache cache = { "objects", size };
	u32 expected = 0;

	start(PLENTY);
	for (int i = 0; i < 3000; i++) {
		void *object = kmem_cache_zalloc(&cache, GFP_KERNEL);
		u32 number = arena_number_of(object);

		CHECK(arena_next(&arena, &expected));
		CHECK_EQ(number, expected++);
		CHECK_SAME(arena_object(&arena, number), object);
		memset(object, 0xff, size);
		*arena_mark_of(object, size) = 0;
	}
	CHECK(arena.objects_per_page <= 1024);
	stop();
}

TEST("objects of any size have numbers")
{
	static const size_t sizes[] = { 8,  16, 24,  32,  40,   56,   64,
					88, 96, 120, 184, 1000, 4096, 16000 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		check_numbers_of_size(sizes[i]);
}

static void take_object_of_odd_size(void)
{
	kmem_cache_zalloc(&(struct kmem_cache){ "odd", 84 }, GFP_KERNEL);
}

static void take_object_beyond_a_page(void)
{
	kmem_cache_zalloc(&(struct kmem_cache){ "large", 64 * KIB - 64 }, GFP_KERNEL);
}

TEST("objects whose size is no multiple of 8, or larger than a page, abort")
{
	start(PLENTY);
	CHECK(aborts(take_object_of_odd_size));
	CHECK(aborts(take_object_beyond_a_page));
	stop();
}

TEST("numbers that were never handed out lead nowhere")
{
	static const u32 numbers[] = { 5,        681,  682,      1023,
				       1024,     5000, 1U << 20, (1U << 31) - 1,
				       1U << 31, ~0U };

	start(PLENTY);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		CHECK_SAME(arena_object(&arena, numbers[i]), NULL);
	take_things(5);
	CHECK(arena_object(&arena, 4) != NULL);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		CHECK_SAME(arena_object(&arena, numbers[i]), NULL);

	/* The second page of the second slab waits for its first object. */
	take_things(2 * 682 - 5);
	CHECK(arena_object(&arena, 1 << 10 | 681) != NULL);
	CHECK_SAME(arena_object(&arena, 1 << 10 | 682), NULL);
	CHECK_SAME(arena_object(&arena, 2 << 10), NULL);
	stop();
}

TEST("numbers of slabs that were given back lead nowhere, and those of permanent objects remain")
{
	start_with_permanent(3);
	take_things(10000);
	end_things(10000);
	for (u32 number = 0; number < 100 << 10; number++)
		CHECK_EQ(arena_object(&arena, number) != NULL, number < 3);
	CHECK_EQ(arena.bytes, 64 * KIB + table_bytes());
	stop();
}

TEST("a table of pages shrinks with the slabs, and counts against the limit")
{
	size_t at_first;

	start_with_permanent(3);
	at_first = arena.bytes;
	CHECK(at_first > 64 * KIB && at_first < 65 * KIB);
	take_things(50000);
	CHECK_EQ((arena.bytes - table_bytes()) % (64 * KIB), 0);
	CHECK(table_bytes() >= 50000 / 682 * sizeof(struct arena_page));
	end_things(50000);
	CHECK_EQ(arena.bytes, at_first);
	stop();
}

TEST("no slab is added if the table of pages may not grow")
{
	size_t limit;

	/* Slabs of 1, 2 and 1 pages fill the smallest table; the next page needs a larger one. */
	start(4 * 64 * KIB + 64);
	while (new_thing())
		;
	CHECK_EQ(arena.objects, 4 * 682);
	stop();

	limit = 5 * 64 * KIB + 4 * sizeof(struct arena_page);
	start(limit);
	while (new_thing())
		;
	CHECK(context.out_of_memory);
	CHECK_EQ(arena.objects, 4 * 682);
	CHECK(arena.bytes <= limit);
	stop();

	start(limit + 4 * sizeof(struct arena_page));
	while (new_thing())
		;
	CHECK_EQ(arena.objects, 5 * 682);
	CHECK_EQ(arena.bytes, arena.limit);
	stop();
}

TEST("new numbers start with owner 0 and generations that differ")
{
	u64 lowest = ~0ULL, highest = 0, repeated = 0;

	start(PLENTY);
	take_things(1000);
	for (u32 number = 0; arena_next(&arena, &number); number++) {
		u64 generation = generation_of(number);

		CHECK_EQ(*mark_of(number) % (1 << ARENA_OWNER_BITS), 0);
		repeated += number && generation == generation_of(0);
		lowest = generation < lowest ? generation : lowest;
		highest = generation > highest ? generation : highest;
	}
	CHECK_EQ(repeated, 0);
	CHECK(highest - lowest > 32 * KIB && highest - lowest < 64 * KIB);
	CHECK(highest < (1ULL << 40) + 64 * KIB);
	stop();
}

TEST("generations of two arenas start at different numbers")
{
	u64 first[2];

	for (int i = 0; i < 2; i++) {
		start(PLENTY);
		new_thing();
		first[i] = generation_of(0);
		stop();
	}
	CHECK(first[0] != first[1]);
}

TEST("a number never has a generation again, however often slabs are given back")
{
	enum { CYCLES = 5000, COUNT = 700 };
	static u64 ended[2 << 10];

	start_with_permanent(3);
	for (int cycle = 0; cycle < CYCLES; cycle++) {
		take_things(COUNT);
		for (int i = 0; i < COUNT; i++) {
			u32 number = arena_number_of(taken[i]);

			CHECK(cycle == 0 || generation_of(number) > ended[number]);
			ended[number] = generation_of(number);
			/* Some numbers are used more often than others. */
			if (i == cycle % COUNT)
				set_generation(taken[i], ended[number] += 10000);
		}
		end_things(COUNT);
		CHECK_SAME(arena.slabs->next_slab, NULL);
	}
	/* By those 10,000 and one a cycle, whatever numbers have been scattered by. */
	CHECK(generation_of(2) < (1ULL << 40) + 64 * KIB);
	take_things(1);
	CHECK(generation_of(3) < (1ULL << 40) + 64 * KIB + CYCLES * 10001ULL);
	stop();
}

TEST("a generation that was raised after its object was freed counts as well")
{
	u64 generation;

	start_with_permanent(3);
	take_things(700);
	end_thing(taken[0]);
	generation = generation_of(3) + 1000000;
	*mark_of(3) = generation << ARENA_OWNER_BITS | 99;
	for (int i = 1; i < 700; i++)
		end_thing(taken[i]);
	take_things(1);
	CHECK_EQ(arena_number_of(taken[0]), 3);
	CHECK_EQ(*mark_of(3), (generation + 1) << ARENA_OWNER_BITS);
	stop();
}

TEST("the marks of permanent objects stay when slabs are given back")
{
	start_with_permanent(3);
	for (u32 number = 0; number < 3; number++)
		*mark_of(number) = number + 7;
	take_things(700);
	end_things(700);
	for (u32 number = 0; number < 3; number++)
		CHECK_EQ(*mark_of(number), number + 7);
	stop();
}

TEST("arena_next finds each object that was handed out once, free ones too")
{
	enum { COUNT = 20000 };
	static bool seen[(COUNT / 682 + 1) << 10];
	unsigned int count = 0;

	start(PLENTY);
	take_things(COUNT);
	for (size_t i = 0; i < COUNT; i += 7)
		end_thing(taken[i]);
	for (u32 number = 0; arena_next(&arena, &number); number++) {
		CHECK(!seen[number]);
		seen[number] = true;
		CHECK(arena_object(&arena, number) != NULL);
		count++;
	}
	CHECK_EQ(count, COUNT);
	stop();
}

TEST("arena_next goes on where objects are freed and slabs given back between two steps")
{
	u32 number = 0;

	start_with_permanent(3);
	CHECK(arena_next(&arena, &number));
	take_things(10000);
	number = 5 << 10 | 900;
	CHECK(arena_next(&arena, &number));
	CHECK_EQ(number, 6 << 10);
	end_things(10000);
	number++;
	CHECK(!arena_next(&arena, &number));
	number = 2;
	CHECK(arena_next(&arena, &number));
	CHECK_EQ(number++, 2);
	CHECK(!arena_next(&arena, &number));
	number = ~0U;
	CHECK(!arena_next(&arena, &number));
	stop();
}

TEST("an empty arena has no numbers")
{
	u32 number = 0;

	start(PLENTY);
	CHECK(!arena_next(&arena, &number));
	stop();
}

TEST("an object that is freed with the last generation is not handed out again")
{
	struct thing *first, *second;

	start(PLENTY);
	first = new_thing();
	second = new_thing();
	set_generation(first, ARENA_LAST_GENERATION);
	set_generation(second, ARENA_LAST_GENERATION - 1);
	kmem_cache_free(things(), second);
	kmem_cache_free(things(), first);
	CHECK_EQ(arena.objects, 0);
	CHECK_HIDDEN(first);
	CHECK_SAME(new_thing(), second);
	CHECK(new_thing() > second);
	CHECK_EQ(generation_of(arena_number_of(first)), ARENA_LAST_GENERATION);
	stop();
}

/* Three permanent objects, and then slabs that went back when the number of the last had this generation. */
static void give_back_at(u64 generation)
{
	start_with_permanent(3);
	take_things(700);
	set_generation(taken[699], generation);
	for (int i = 0; i < 700; i++)
		kmem_cache_free(things(), taken[i]);
}

TEST("pages in which half of all generations are used up are not used again")
{
	u64 half = ARENA_LAST_GENERATION / 2;

	give_back_at(half);
	take_things(1);
	CHECK_EQ(arena_number_of(taken[0]), 3);
	stop();

	give_back_at(half + 64 * KIB);
	for (u32 number = 0; number < 10 << 10; number++)
		CHECK_EQ(arena_object(&arena, number) != NULL, number < 3);
	CHECK_EQ(arena.bytes, 64 * KIB + table_bytes());

	/* One page and two are gone: the next has index 3. Later slabs start there again. */
	for (int round = 0; round < 3; round++) {
		take_things(2000);
		CHECK_EQ(arena_number_of(taken[0]), 3 << 10);
		CHECK(generation_of(3 << 10) < half);
		CHECK_EQ(arena_number_of(taken[1999]), 5 << 10 | (1999 - 2 * 682));
		for (int i = 0; i < 2000; i++)
			CHECK_SAME(arena_object(&arena, arena_number_of(taken[i])), taken[i]);
		end_things(2000);
		CHECK_EQ(arena.objects, 3);
	}
	stop();
}

TEST("an arena whose permanent objects go too starts afresh with later generations")
{
	u64 before;

	start_with_permanent(3);
	before = generation_of(0);
	arena_keep_none(&arena);
	for (u32 number = 0; number < 3; number++)
		taken[700 + number] = taken[number];
	take_things(700);
	end_things(703);
	CHECK_EQ(arena.objects, 0);
	CHECK_SAME(arena_object(&arena, 0), NULL);
	new_thing();
	CHECK(generation_of(0) > before + 1);
	stop();
}
