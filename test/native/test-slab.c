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

/* Takes objects until one more slab has been added; returns by how many bytes the arena grew. */
static size_t grow(void)
{
	size_t before = arena.bytes;

	while (arena.bytes == before)
		if (!new_thing())
			return 0;
	return arena.bytes - before;
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
	CHECK_HIDDEN(second + 1);
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

TEST("a slab holds as many objects as fit behind its head")
{
	unsigned int count = 0;

	start(PLENTY);
	while (arena.bytes <= 64 * KIB) {
		new_thing();
		count++;
	}
	CHECK_EQ(count - 1, (64 * KIB - 16) / sizeof(struct thing));
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
	CHECK_EQ(arena.bytes, 64 * KIB);
	stop();
}

TEST("where a large slab would go beyond the limit, a small one is taken")
{
	start(64 * KIB + 128 * KIB + 64 * KIB + 100);
	CHECK_EQ(grow(), 64 * KIB);
	CHECK_EQ(grow(), 128 * KIB);
	CHECK_EQ(grow(), 64 * KIB);
	CHECK(!context.out_of_memory);
	CHECK_EQ(grow(), 0);
	CHECK(context.out_of_memory);
	CHECK_EQ(arena.bytes, 256 * KIB);
	stop();
}

TEST("an object that was freed can be had again at the limit")
{
	struct thing *thing;

	start(64 * KIB);
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

TEST("below the smallest slab there are no objects")
{
	start(64 * KIB - 1);
	CHECK_SAME(new_thing(), NULL);
	CHECK(context.out_of_memory);
	CHECK_EQ(arena.bytes, 0);
	stop();
}

TEST("an object that is had sets the step of the last allocation")
{
	start(64 * KIB);
	context.steps = 77;
	new_thing();
	CHECK_EQ(context.step_of_allocation, 77);
	grow();
	context.steps = 99;
	CHECK_SAME(new_thing(), NULL);
	CHECK_EQ(context.step_of_allocation, 77);
	stop();
}

static void take_objects_of_two_sizes(void)
{
	new_thing();
	kmem_cache_zalloc(KMEM_CACHE(other_thing, 0), GFP_KERNEL);
}

TEST("an arena that is asked for objects of another size aborts")
{
	start(PLENTY);
	CHECK(aborts(take_objects_of_two_sizes));
	stop();
}

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
