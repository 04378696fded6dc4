/* Allocations that are known by numbers: native/buddy/pool.c. */
#include "scenario.h"

#include <buddy/faults.h>
#include <buddy/pool.h>

enum { ROOM = 200 };

/* The memory that JavaScript brings. */
struct memory {
	struct buddy_pool_header header;
	struct buddy_pool_entry entries[ROOM];
};

static struct buddy_owner owner;
static struct buddy_allocator *allocator;
static uint32_t handle, slot;
static struct memory memory;

static struct buddy_pool *pool_in(uint32_t number)
{
	return buddy_pool_at(&owner, number);
}

static struct buddy_pool *pool(void)
{
	return pool_in(slot);
}

static struct buddy_handle *open_handle(void)
{
	return buddy_owner_handle(&owner, handle);
}

static uint32_t open_pool(void)
{
	return buddy_pool_open(&owner, open_handle());
}

/* Begins with a pool on an allocator, which the test has another reference to. */
static void start(uint64_t size)
{
	allocator = new_allocator(size);
	buddy_get(allocator);
	buddy_owner_init(&owner);
	handle = buddy_owner_take(&owner, allocator, true);
	slot = open_pool();
	CHECK(slot != SLOT_NONE);
	buddy_pool_move(pool(), &memory, ROOM);
}

static void end(void)
{
	buddy_owner_destroy(&owner);
	CHECK_EQ(avail_of(allocator), allocator->mm.size);
	drop_allocator(allocator);
}

static void dispose(void)
{
	buddy_owner_dispose(&owner, handle, slots_generation(&owner.handles, handle));
}

/* Allocates in a pool, and returns the index of the entry. */
static uint32_t alloc_in(uint32_t number, uint64_t size)
{
	struct buddy_list list = { .owner = pool_in(number)->owner };

	CHECK_OK(ALLOC(allocator, &list, .size = size));
	CHECK(buddy_pool_has_room(pool_in(number)));
	return buddy_pool_add(pool_in(number), &list);
}

static uint32_t alloc(uint64_t size)
{
	return alloc_in(slot, size);
}

static int32_t generation_of(uint32_t index)
{
	return pool()->entries[index].generation;
}

static bool is_found(uint32_t index, int32_t generation)
{
	struct buddy_list list;

	return buddy_pool_find(&owner, slot, index, generation, &list);
}

/* One allocation that is freed in a run. */
struct freeing {
	uint32_t index;
	int32_t generation;
	bool cleared, done;
};

static enum buddy_status free_in_run(struct buddy_allocator *of, void *arguments)
{
	struct freeing *freeing = arguments;

	freeing->done = buddy_pool_run_free(of, pool(), freeing->index, freeing->generation,
					    freeing->cleared);
	return BUDDY_OK;
}

static bool free_item(uint32_t index, int32_t generation)
{
	struct freeing freeing = { .index = index, .generation = generation };

	CHECK_OK(buddy_run(allocator, free_in_run, &freeing));
	return freeing.done;
}

TEST("a pool tells where an allocation is, and counts what it holds")
{
	uint32_t first, second;
	struct buddy_list list;

	start(MIB);
	CHECK_EQ(memory.header.count, 0);
	first = alloc(28 * KIB);
	second = alloc(CHUNK);
	CHECK_EQ(first, 0);
	CHECK_EQ(second, 1);
	CHECK_EQ(memory.header.count, 2);
	CHECK_EQ(pool()->length, 2);
	CHECK(memory.entries[0].generation > 0);
	CHECK(memory.entries[0].generation < BUDDY_POOL_LAST_GENERATION);
	/* The blocks are in descending order. */
	CHECK_EQ(memory.entries[0].chunk, 256 - 7);
	CHECK_EQ(memory.entries[0].chunks, 7);
	CHECK_EQ(memory.entries[1].chunks, 1);
	CHECK(buddy_pool_find(&owner, slot, first, generation_of(first), &list));
	CHECK_EQ(bytes_in(&list), 28 * KIB);
	CHECK_EQ(buddy_pool_bytes(&owner, slot, 0), 32 * KIB);
	CHECK_EQ(buddy_pool_bytes(&owner, slot, 1), CHUNK);
	CHECK_EQ(buddy_pool_bytes(&owner, slot, 2), 0);
	CHECK_EQ(buddy_pool_bytes(&owner, slot + 1, 0), 0);
	end();
}

TEST("numbers that do not fit are -1")
{
	struct buddy_list list;
	uint32_t index;

	start(1ULL << 63);
	list = (struct buddy_list){ .owner = pool()->owner };
	CHECK_OK(ALLOC(allocator, &list, .start = 1ULL << 62, .end = 1ULL << 63, .size = 1ULL << 62,
		       .flags = RANGE));
	index = buddy_pool_add(pool(), &list);
	CHECK_EQ(memory.entries[index].chunk, -1);
	CHECK_EQ(memory.entries[index].chunks, -1);
	list = (struct buddy_list){ .owner = pool()->owner };
	CHECK_OK(ALLOC(allocator, &list, .start = (1ULL << 43) - 2 * CHUNK, .end = 1ULL << 43,
		       .size = CHUNK, .flags = RANGE));
	index = buddy_pool_add(pool(), &list);
	CHECK(memory.entries[index].chunk >= INT32_MAX - 1);
	CHECK_EQ(memory.entries[index].chunks, 1);
	end();
}

TEST("a pool moves into memory with more room, and the old memory says so")
{
	static struct memory larger;
	int32_t generations[ROOM];

	start(MIB);
	CHECK_OK(buddy_pool_close(&owner, slot));
	slot = open_pool();
	CHECK(!buddy_pool_has_room(pool()));
	memory.header.moved = 1;
	buddy_pool_move(pool(), &memory, 2);
	CHECK_EQ(memory.header.moved, 0);
	for (uint32_t i = 0; i < 2; i++)
		generations[i] = generation_of(alloc(CHUNK));
	CHECK(!buddy_pool_has_room(pool()));
	CHECK(free_item(0, generations[0]));
	CHECK(buddy_pool_has_room(pool()));

	larger.header.moved = 1;
	buddy_pool_move(pool(), &larger, 1);
	CHECK_SAME(pool()->header, &memory.header);
	buddy_pool_move(pool(), &larger, ROOM);
	CHECK_SAME(pool()->header, &larger.header);
	CHECK_EQ(memory.header.moved, 1);
	CHECK_EQ(larger.header.moved, 0);
	CHECK_EQ(larger.header.count, 2);
	CHECK_EQ(pool()->length, 1);
	CHECK(is_found(1, generations[1]));
	CHECK(!is_found(0, generations[0]));
	CHECK_EQ(alloc(CHUNK), 0);
	CHECK_EQ(generation_of(0), generations[0] + 1);
	CHECK_EQ(alloc(CHUNK), 2);
	CHECK_EQ(memory.header.count, 2);
	CHECK(memory.entries[0].generation < 0);
	end();
}

TEST("a pool has room for no more entries than its handles can name")
{
	start(MIB);
	buddy_pool_move(pool(), &memory, UINT32_MAX);
	CHECK_EQ(pool()->capacity, BUDDY_POOL_MOST_ENTRIES);
	end();
}

TEST("an allocation is freed by its generation, once, and by no other")
{
	uint32_t index;
	int32_t generation;
	static const int32_t made_up[] = { 0,
					   -1,
					   1,
					   INT32_MIN,
					   INT32_MAX,
					   BUDDY_POOL_PENDING,
					   -BUDDY_POOL_PENDING,
					   BUDDY_POOL_LAST_GENERATION };

	start(MIB);
	alloc(CHUNK);
	index = alloc(CHUNK);
	generation = generation_of(index);
	for (size_t i = 0; i < sizeof(made_up) / sizeof(*made_up); i++) {
		if (made_up[i] == generation)
			continue;
		CHECK(!is_found(index, made_up[i]) && !free_item(index, made_up[i]));
	}
	CHECK(!free_item(index, generation + 1) && !free_item(index, -generation));
	CHECK(!free_item(2, generation) && !free_item(UINT32_MAX, generation));
	CHECK_EQ(pool()->length, 2);
	CHECK(free_item(index, generation));
	CHECK_EQ(pool()->length, 1);
	CHECK_EQ(memory.header.count, 2);
	CHECK_EQ(memory.entries[index].generation, -(generation + 1));
	CHECK(!free_item(index, generation));
	CHECK(!free_item(index, -(generation + 1)));
	CHECK(!free_item(index, generation + 1));

	CHECK_EQ(alloc(CHUNK), index);
	CHECK_EQ(generation_of(index), generation + 1);
	CHECK(!free_item(index, generation));
	CHECK(free_item(index, generation + 1));
	CHECK_EQ(avail_of(allocator), MIB - CHUNK);
	end();
}

TEST("an allocation that JavaScript has asked to be freed is still found, freed and cleared")
{
	int32_t generations[3];

	start(MIB);
	for (uint32_t i = 0; i < 3; i++) {
		generations[i] = generation_of(alloc(CHUNK));
		memory.entries[i].generation |= BUDDY_POOL_PENDING;
	}
	CHECK(is_found(0, generations[0]));
	CHECK(is_found(0, generations[0] | BUDDY_POOL_PENDING));
	CHECK(!is_found(0, generations[0] + 1));
	CHECK(!is_found(0, BUDDY_POOL_PENDING));
	CHECK(free_item(0, generations[0]));
	CHECK_EQ(memory.entries[0].generation, -(generations[0] + 1));
	CHECK(free_item(1, generations[1] | BUDDY_POOL_PENDING));
	CHECK_EQ(buddy_pool_bytes(&owner, slot, 0), CHUNK);
	CHECK_OK(buddy_pool_clear(&owner, slot, BUDDY_CLOSE_DIRTY));
	CHECK_EQ(memory.entries[2].generation, -(generations[2] + 1));
	CHECK_EQ(pool()->length, 0);
	end();
}

TEST("an entry that has used its generations up is never used again, and names nothing")
{
	uint32_t index, other;

	start(MIB);
	alloc(CHUNK);
	index = alloc(CHUNK);
	memory.entries[index].generation = BUDDY_POOL_LAST_GENERATION - 1;
	CHECK(free_item(index, BUDDY_POOL_LAST_GENERATION - 1));
	CHECK_EQ(alloc(CHUNK), index);
	CHECK_EQ(generation_of(index), BUDDY_POOL_LAST_GENERATION);
	CHECK(is_found(index, BUDDY_POOL_LAST_GENERATION));
	memory.entries[index].generation |= BUDDY_POOL_PENDING;
	CHECK(free_item(index, BUDDY_POOL_LAST_GENERATION));
	CHECK_EQ(memory.entries[index].generation, 0);
	CHECK_EQ(pool()->length, 1);
	CHECK(!is_found(index, BUDDY_POOL_LAST_GENERATION));
	other = alloc(CHUNK);
	CHECK_EQ(other, index + 1);

	/* Not even where the node in it is that of an allocation. */
	memory.entries[index].node = memory.entries[other].node;
	CHECK(!is_found(index, 0) && !is_found(index, BUDDY_POOL_PENDING));
	CHECK(!free_item(index, 0) && !free_item(index, BUDDY_POOL_PENDING));
	CHECK_OK(buddy_pool_clear(&owner, slot, BUDDY_CLOSE_DIRTY));
	CHECK_EQ(pool()->length, 0);
	end();
}

TEST("an allocation that is taken into a guard is the guard's")
{
	uint32_t index, guard;
	int32_t generation;
	struct buddy_list list;

	start(MIB);
	index = alloc(28 * KIB);
	generation = generation_of(index);
	guard = buddy_owner_open_guard(&owner);
	CHECK_OK(buddy_pool_take(&owner, slot, index, guard));
	CHECK(!is_found(index, generation));
	CHECK_EQ(pool()->length, 0);
	CHECK_OK(buddy_owner_find(&owner, guard, BUDDY_ANY_GENERATION, &list));
	CHECK_EQ(list.owner, buddy_owner_handle(&owner, handle)->owner);
	CHECK_EQ(bytes_in(&list), 28 * KIB);
	CHECK_OK(buddy_pool_clear(&owner, slot, BUDDY_CLOSE_DIRTY));
	CHECK_OK(buddy_pool_close(&owner, slot));
	CHECK_EQ(avail_of(allocator), MIB - 28 * KIB);
	CHECK_EQ(buddy_owner_handle(&owner, handle)->users, 1);
	buddy_owner_close_guard(&owner, guard);
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_EQ(buddy_owner_handle(&owner, handle)->users, 0);
	end();
}

TEST("nothing is taken from a pool that a BUG has poisoned")
{
	uint32_t index, guard;
	struct buddy_list list;

	start(MIB);
	index = alloc(CHUNK);
	guard = buddy_owner_open_guard(&owner);
	CHECK_STATUS(buddy_inject_bug(allocator), POISONED);
	CHECK_STATUS(buddy_pool_take(&owner, slot, index, guard), POISONED);
	CHECK_EQ(pool()->length, 1);
	CHECK(is_found(index, generation_of(index)));
	CHECK_STATUS(buddy_owner_find(&owner, guard, BUDDY_ANY_GENERATION, &list), FREED);
	buddy_owner_destroy(&owner);
	buddy_put(allocator);
}

TEST("a pool is cleared from an entry on, the last one first, dirty or clear")
{
	enum { COUNT = 180 };

	start(MIB);
	for (uint32_t i = 0; i < COUNT; i++)
		alloc(CHUNK);
	CHECK(free_item(100, generation_of(100)));
	CHECK_OK(buddy_pool_free_from(&owner, slot, 10, BUDDY_CLOSE_CLEARED));
	CHECK_EQ(pool()->length, 10);
	CHECK_EQ(memory.header.count, COUNT);
	CHECK_EQ(clear_avail_of(allocator), (COUNT - 11) * CHUNK);
	CHECK_OK(buddy_pool_free_from(&owner, slot, COUNT, BUDDY_CLOSE_DIRTY));
	CHECK_OK(buddy_pool_free_from(&owner, slot, UINT32_MAX, BUDDY_CLOSE_DIRTY));
	CHECK_EQ(pool()->length, 10);
	CHECK_OK(buddy_pool_clear(&owner, slot, BUDDY_CLOSE_DIRTY));
	CHECK_EQ(pool()->length, 0);
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_EQ(alloc(CHUNK), 0);
	CHECK_EQ(alloc(CHUNK), 1);
	CHECK_OK(buddy_pool_clear(&owner, slot + 1, BUDDY_CLOSE_DIRTY));
	end();
}

TEST("allocations that are taken back leave clear and dirty memory as they were")
{
	struct buddy_list cleared = { .owner = BUDDY_NOBODY };
	struct picture before;

	start(MIB);
	CHECK_OK(ALLOC(allocator, &cleared, .size = 8 * CHUNK));
	CHECK_OK(buddy_free(&cleared, true));
	take_picture(allocator, &before);
	for (uint32_t i = 0; i < 100; i++)
		alloc(CHUNK);
	CHECK_OK(buddy_pool_clear(&owner, slot, BUDDY_CLOSE_UNDONE));
	CHECK_EQ(clear_avail_of(allocator), 8 * CHUNK);
	CHECK_UNCHANGED(allocator, &before);
	end();
}

TEST("a pool that nobody can add to any more is closed in parts")
{
	start(MIB);
	for (uint32_t i = 0; i < 100; i++)
		alloc(CHUNK);
	CHECK(free_item(70, generation_of(70)));
	for (uint32_t left = 90; left; left -= 30) {
		CHECK_OK(buddy_pool_free_from(&owner, slot, left, BUDDY_CLOSE_DIRTY));
		buddy_pool_shorten(pool(), left);
		CHECK_EQ(pool()->count, left);
		CHECK_EQ(avail_of(allocator), MIB - (left - (left > 70)) * CHUNK);
	}
	buddy_pool_shorten(pool(), 1000);
	CHECK_EQ(pool()->count, 30);
	CHECK_OK(buddy_pool_close(&owner, slot));
	end();
}

TEST("a pool that is closed frees what it holds, and is gone")
{
	uint32_t id, other;

	start(MIB);
	buddy_get(allocator);
	other = buddy_owner_take(&owner, allocator, false);
	id = pool()->owner;
	alloc(28 * KIB);
	CHECK(buddy_pool_is_of(&owner, slot, open_handle()));
	CHECK(!buddy_pool_is_of(&owner, slot, buddy_owner_handle(&owner, other)));
	CHECK_OK(buddy_pool_close(&owner, slot));
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_SAME(pool(), NULL);
	CHECK(!is_found(0, 1));
	CHECK(!buddy_pool_is_of(&owner, slot, open_handle()));
	CHECK_OK(buddy_pool_close(&owner, slot));
	CHECK_OK(buddy_pool_close(&owner, 12345));
	CHECK_OK(buddy_pool_free_from(&owner, slot, 0, BUDDY_CLOSE_DIRTY));
	CHECK_EQ(buddy_open_owner(allocator), id);
	end();
}

TEST("pools on one allocator have nothing to do with each other, whatever stands in their memory")
{
	static struct memory others;
	uint32_t other, mine, index;

	start(MIB);
	other = open_pool();
	buddy_pool_move(pool_in(other), &others, ROOM);
	CHECK(pool_in(other)->owner != pool()->owner);
	mine = alloc(CHUNK);
	index = alloc_in(other, 12 * KIB);
	CHECK_EQ(mine, index);

	/* An entry that names the other pool's allocation. */
	memory.entries[mine].node = others.entries[index].node;
	CHECK(!is_found(mine, generation_of(mine)));
	CHECK(!free_item(mine, generation_of(mine)));
	CHECK_OK(buddy_pool_clear(&owner, slot, BUDDY_CLOSE_DIRTY));
	CHECK_EQ(buddy_pool_bytes(&owner, other, 0), 12 * KIB);
	CHECK_OK(buddy_pool_close(&owner, other));
	CHECK_EQ(avail_of(allocator), MIB - CHUNK);
	CHECK_SAME(buddy_owner_handle(&owner, handle)->allocator, allocator);

	/* An allocation that nobody names any more is lost to this pool, and goes with its owner's number. */
	uint64_t freed;
	CHECK_OK(buddy_free_owned(allocator, pool()->owner, false, &freed));
	CHECK_EQ(freed, 1);
	end();
}

TEST("a generation of one pool means nothing in another")
{
	enum { POOLS = 20, ENTRIES = 10 };
	static struct memory memories[POOLS];
	uint32_t pools[POOLS];
	unsigned int hits = 0;

	start(MIB);
	for (unsigned int i = 0; i < POOLS; i++) {
		pools[i] = open_pool();
		buddy_pool_move(pool_in(pools[i]), &memories[i], ROOM);
		for (unsigned int j = 0; j < ENTRIES; j++)
			alloc_in(pools[i], CHUNK);
	}
	for (unsigned int i = 0; i < POOLS; i++) {
		slot = pools[i];
		for (unsigned int j = 0; j < POOLS * ENTRIES; j++)
			for (uint32_t index = 0; index < ENTRIES; index++)
				hits += is_found(
					index,
					memories[j / ENTRIES].entries[j % ENTRIES].generation);
	}
	/* One in 2^26 hits by chance. */
	CHECK(hits >= POOLS * ENTRIES && hits <= POOLS * ENTRIES + 2);
	end();
}

TEST("a pool keeps a handle that was disposed of, until it is closed")
{
	uint32_t guard, index;

	start(MIB);
	index = alloc(CHUNK);
	dispose();
	CHECK(buddy_owner_handle(&owner, handle) != NULL);
	alloc(CHUNK);
	CHECK(free_item(index, generation_of(index)));
	guard = buddy_owner_open_guard(&owner);
	CHECK_OK(buddy_pool_take(&owner, slot, 1, guard));
	CHECK_OK(buddy_pool_clear(&owner, slot, BUDDY_CLOSE_DIRTY));
	CHECK(buddy_owner_handle(&owner, handle) != NULL);
	CHECK_OK(buddy_pool_close(&owner, slot));
	CHECK(buddy_owner_handle(&owner, handle) != NULL);
	buddy_owner_close_guard(&owner, guard);
	CHECK_SAME(buddy_owner_handle(&owner, handle), NULL);
	end();
}

TEST("a BUG in the middle of clearing closes every entry, and the pool goes")
{
	int32_t generations[100];
	struct buddy_list list;

	start(MIB);
	for (uint32_t i = 0; i < 100; i++)
		generations[i] = generation_of(alloc(CHUNK));
	CHECK(buddy_pool_find(&owner, slot, 50, generations[50], &list));
	corrupt(&list);
	CHECK_STATUS(buddy_pool_clear(&owner, slot, BUDDY_CLOSE_DIRTY), POISONED);
	CHECK_EQ(pool()->length, 0);
	for (uint32_t i = 0; i < 100; i++) {
		CHECK_EQ(memory.entries[i].generation, -(generations[i] + 1));
		CHECK(!is_found(i, generations[i]));
	}
	dispose();
	CHECK_STATUS(buddy_pool_close(&owner, slot), POISONED);
	CHECK_SAME(pool(), NULL);
	CHECK_SAME(buddy_owner_handle(&owner, handle), NULL);
	buddy_owner_destroy(&owner);
	buddy_put(allocator);
}

TEST("a BUG while an allocation is freed closes its entry, and the others are abandoned by name")
{
	struct freeing freeing = { .index = 1 };
	struct buddy_list list;
	int32_t generation;

	start(MIB);
	for (uint32_t i = 0; i < 3; i++)
		alloc(CHUNK);
	freeing.generation = generation_of(1);
	generation = generation_of(0);
	CHECK(buddy_pool_find(&owner, slot, 1, freeing.generation, &list));
	corrupt(&list);
	CHECK_STATUS(buddy_run(allocator, free_in_run, &freeing), POISONED);
	CHECK_EQ(pool()->length, 2);
	CHECK(memory.entries[1].generation < 0);
	buddy_pool_abandon(pool(), 1, freeing.generation);
	buddy_pool_abandon(pool(), 0, generation + 1);
	CHECK_EQ(pool()->length, 2);
	buddy_pool_abandon(pool(), 0, generation);
	CHECK_EQ(pool()->length, 1);
	buddy_pool_abandon(pool(), 0, generation);
	CHECK_EQ(pool()->length, 1);
	buddy_owner_destroy(&owner);
	buddy_put(allocator);
}

/* One of each kind that an owner may have: a list in a guard, two rows of a group, two allocations in a pool. 10 chunks. */
struct belongings {
	struct buddy_owner owner;
	uint32_t handle, guard, group, pool;
	struct memory memory;
};

static struct buddy_list alloc_for(uint32_t number, uint64_t chunks)
{
	struct buddy_list list = { .owner = number };

	CHECK_OK(ALLOC(allocator, &list, .size = chunks * CHUNK));
	return list;
}

static void acquire(struct belongings *belongings)
{
	struct buddy_owner *its = &belongings->owner;
	struct buddy_handle *found;
	struct buddy_group *group;
	struct buddy_list list;

	buddy_get(allocator);
	buddy_owner_init(its);
	belongings->handle = buddy_owner_take(its, allocator, false);
	found = buddy_owner_handle(its, belongings->handle);

	belongings->guard = buddy_owner_open_guard(its);
	list = alloc_for(found->owner, 3);
	buddy_owner_guard(its, belongings->guard, found, &list);

	belongings->group = buddy_owner_open_group(its);
	group = buddy_owner_group(its, belongings->group);
	CHECK(buddy_owner_size_group(group, 2));
	group->handle = found;
	found->users++;
	for (unsigned int row = 0; row < 2; row++) {
		list = alloc_for(found->owner, 1);
		group->nodes[row] = buddy_name_of(&list).node + 1;
	}

	belongings->pool = buddy_pool_open(its, found);
	buddy_pool_move(buddy_pool_at(its, belongings->pool), &belongings->memory, ROOM);
	for (unsigned int i = 0; i < 2; i++) {
		list = alloc_for(buddy_pool_at(its, belongings->pool)->owner, 1 + 3 * i);
		buddy_pool_add(buddy_pool_at(its, belongings->pool), &list);
	}
}

static void check_untouched(struct belongings *belongings)
{
	struct buddy_owner *its = &belongings->owner;
	struct buddy_list list;

	CHECK_OK(buddy_owner_find(its, belongings->guard, BUDDY_ANY_GENERATION, &list));
	CHECK_EQ(bytes_in(&list), 3 * CHUNK);
	CHECK_EQ(buddy_owner_bytes_of_rows(buddy_owner_group(its, belongings->group), 0),
		 2 * CHUNK);
	CHECK_EQ(buddy_pool_bytes(its, belongings->pool, 0), 5 * CHUNK);
	CHECK_EQ(buddy_owner_handle(its, belongings->handle)->users, 3);
}

TEST("an owner frees all it has in an allocator, and nobody else's")
{
	static struct belongings mine, yours;
	struct buddy_allocator *second = new_allocator(MIB);
	struct buddy_list list;
	struct buddy_handle *elsewhere;
	uint32_t guard;

	start(MIB);
	acquire(&mine);
	acquire(&yours);
	elsewhere = buddy_owner_handle(&mine.owner, buddy_owner_take(&mine.owner, second, true));
	list = (struct buddy_list){ .owner = elsewhere->owner };
	CHECK_OK(ALLOC(second, &list, .size = CHUNK));
	guard = buddy_owner_open_guard(&mine.owner);
	buddy_owner_guard(&mine.owner, guard, elsewhere, &list);

	CHECK_OK(buddy_owner_free_all(&mine.owner, allocator));
	CHECK_EQ(avail_of(allocator), MIB - 10 * CHUNK);
	CHECK_STATUS(buddy_owner_find(&mine.owner, mine.guard, BUDDY_ANY_GENERATION, &list), FREED);
	CHECK_EQ(buddy_pool_at(&mine.owner, mine.pool)->length, 0);
	/* The pool is still there. */
	CHECK_EQ(buddy_owner_handle(&mine.owner, mine.handle)->users, 1);
	check_untouched(&yours);
	CHECK_OK(buddy_owner_find(&mine.owner, guard, BUDDY_ANY_GENERATION, &list));
	CHECK_OK(buddy_owner_free_all(&mine.owner, allocator));
	CHECK_EQ(buddy_owner_handle(&mine.owner, mine.handle)->users, 1);
	buddy_owner_destroy(&mine.owner);
	check_untouched(&yours);
	buddy_owner_destroy(&yours.owner);
	end();
}

TEST("an owner frees what came through handles that were disposed of as well")
{
	static struct belongings mine;
	struct buddy_owner *its = &mine.owner;
	uint32_t second;

	start(MIB);
	acquire(&mine);
	buddy_get(allocator);
	second = buddy_owner_take(its, allocator, false);
	buddy_owner_dispose(its, mine.handle, slots_generation(&its->handles, mine.handle));
	CHECK_OK(buddy_owner_free_all(its, allocator));
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_EQ(buddy_owner_handle(its, mine.handle)->users, 1);
	CHECK_EQ(buddy_owner_handle(its, second)->users, 0);
	CHECK_OK(buddy_pool_close(its, mine.pool));
	CHECK_SAME(buddy_owner_handle(its, mine.handle), NULL);
	buddy_owner_destroy(its);
	end();
}

TEST("an owner that ends frees all it has, whether it gave up its handle or not")
{
	for (unsigned int disposed = 0; disposed < 2; disposed++) {
		static struct belongings mine, yours;
		struct buddy_owner *its = &mine.owner;

		start(MIB);
		acquire(&mine);
		acquire(&yours);
		if (disposed)
			buddy_owner_dispose(its, mine.handle,
					    slots_generation(&its->handles, mine.handle));
		buddy_owner_destroy(its);
		CHECK_EQ(avail_of(allocator), MIB - 10 * CHUNK);
		check_untouched(&yours);
		buddy_owner_destroy(&yours.owner);
		end();
	}
}

TEST("an owner whose allocator is poisoned ends in order")
{
	static struct belongings mine;

	start(MIB);
	acquire(&mine);
	CHECK_STATUS(buddy_inject_bug(allocator), POISONED);
	CHECK_STATUS(buddy_owner_free_all(&mine.owner, allocator), POISONED);
	CHECK_EQ(buddy_pool_at(&mine.owner, mine.pool)->length, 0);
	buddy_owner_destroy(&mine.owner);
	buddy_owner_destroy(&owner);
	buddy_put(allocator);
}
