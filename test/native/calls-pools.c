/* The calls of a program on pools, see calls.h. */
#include "alloc-list.h"
#include "calls.h"

#include <linux/math.h>

static struct pool_entry *choose_pool(struct machine *machine)
{
	unsigned int first = input_below(&machine->input, POOLS);

	for (unsigned int i = 0; i < POOLS; i++) {
		struct pool_entry *pool = &machine->world.pools[(first + i) % POOLS];

		if (pool->open)
			return pool;
	}
	return NULL;
}

static struct handle_entry *handle_of(struct machine *machine, const struct pool_entry *pool)
{
	return &machine->world.handles[pool->handle];
}

static struct allocator_entry *allocator_of(struct machine *machine, const struct pool_entry *pool)
{
	return &machine->world.allocators[handle_of(machine, pool)->allocator];
}

static struct buddy_pool *pool_of(struct machine *machine, const struct pool_entry *pool)
{
	return buddy_pool_at(&machine->world.owners[pool->owner], pool->slot);
}

static void forget_items(struct pool_entry *pool, uint32_t first)
{
	for (uint32_t i = first; i < pool->count; i++)
		world_forget_blocks(&pool->items[i].blocks);
}

void call_open_pool(struct machine *machine)
{
	struct handle_entry *handle = choose_handle(machine);
	struct world *world = &machine->world;

	for (unsigned int i = 0; handle && i < POOLS; i++) {
		struct pool_entry *pool = &world->pools[i];

		if (pool->open)
			continue;
		pool->open = true;
		pool->owner = handle->owner;
		pool->handle = (int)(handle - world->handles);
		pool->slot = buddy_pool_open(owner_of(machine, handle), handle_at(machine, handle));
		CHECK(pool->slot != SLOT_NONE);
		return;
	}
}

/* Makes room for one more; false where the pool has all there is for it. */
static bool make_room(struct machine *machine, struct pool_entry *pool)
{
	if (buddy_pool_has_room(pool_of(machine, pool)))
		return true;
	if (pool->capacity == POOL_ROOM)
		return false;
	world_move_pool(
		&machine->world, pool,
		min(pool->capacity + 1 + input_below(&machine->input, 8), (uint32_t)POOL_ROOM));
	return true;
}

/* An entry that was used before has the next generation. */
static void note_item(struct machine *machine, struct pool_entry *pool, uint32_t index)
{
	struct buddy_pool *there = pool_of(machine, pool);
	struct pool_item *item = &pool->items[index];
	int32_t generation = there->entries[index].generation;

	CHECK(index <= pool->count && item->blocks.allocator == NOBODY);
	CHECK(index == pool->count ? generation > 0 : generation == item->generation + 1);
	item->generation = generation;
	pool->count = max(pool->count, index + 1);
}

void call_alloc_in_pool(struct machine *machine)
{
	struct pool_entry *pool = choose_pool(machine);
	struct buddy_request request;
	struct buddy_list list = { .allocator = NULL };
	struct allocator_entry *allocator;
	enum buddy_status status;
	uint32_t index;

	if (!pool || !make_room(machine, pool))
		return;
	allocator = allocator_of(machine, pool);
	request = choose_request(machine, handle_of(machine, pool)->allocator, false);
	list.owner = pool_of(machine, pool)->owner;
	status = alloc_list(allocator->allocator, &list, &request);
	if (EXPECT(machine, status, answers_of_alloc(allocator, &request, false)))
		return;
	index = buddy_pool_add(pool_of(machine, pool), &list);
	note_item(machine, pool, index);
	world_note_blocks(&machine->world, &pool->items[index].blocks, &list,
			  handle_of(machine, pool)->allocator, request.tag, request.account);
	check_result(&pool->items[index].blocks, &request);
}

struct pool_freeing {
	struct buddy_pool *pool;
	uint32_t index;
	int32_t generation;
	bool cleared;
	bool done;
};

static enum buddy_status free_item(struct buddy_allocator *allocator, void *arguments)
{
	struct pool_freeing *freeing = arguments;

	freeing->done = buddy_pool_run_free(allocator, freeing->pool, freeing->index,
					    freeing->generation, freeing->cleared);
	return BUDDY_OK;
}

void call_free_in_pool(struct machine *machine)
{
	struct pool_entry *pool = choose_pool(machine);
	uint32_t index = input_below(&machine->input, POOL_ROOM);
	unsigned int choice = input_below(&machine->input, 16);
	struct pool_freeing freeing = { .index = index, .cleared = choice & 1 };
	struct buddy_list list;
	bool is_there, is_poisoned;

	if (!pool)
		return;
	is_poisoned = allocator_of(machine, pool)->poisoned;
	freeing.pool = pool_of(machine, pool);
	freeing.generation = pool->items[index].generation;
	is_there = pool->items[index].blocks.allocator != NOBODY;
	/* A stale generation, or one that never was. */
	if (choice >= 12) {
		freeing.generation += (int32_t)choice - 14;
		is_there = is_there && choice == 14;
	} else if (is_there && choice & 2) {
		freeing.pool->entries[index].generation |= BUDDY_POOL_PENDING;
	}
	CHECK(buddy_pool_find(&machine->world.owners[pool->owner], pool->slot, index,
			      freeing.generation, &list) == is_there);
	EXPECT(machine, buddy_run(allocator_of(machine, pool)->allocator, free_item, &freeing),
	       is_poisoned ? STATUS(POISONED) : STATUS(OK));
	if (is_poisoned)
		buddy_pool_abandon(freeing.pool, index, freeing.generation);
	else
		CHECK(freeing.done == is_there);
	if (is_there)
		world_forget_blocks(&pool->items[index].blocks);
}

void call_take_from_pool(struct machine *machine)
{
	struct pool_entry *pool = choose_pool(machine);
	uint32_t index = input_below(&machine->input, POOL_ROOM);
	struct list_entry *entry;

	if (!pool || pool->items[index].blocks.allocator == NOBODY)
		return;
	entry = choose_empty_list(machine, handle_of(machine, pool));
	if (!entry)
		return;
	if (EXPECT(machine,
		   buddy_pool_take(&machine->world.owners[pool->owner], pool->slot, index,
				   entry->slot),
		   allocator_of(machine, pool)->poisoned ? STATUS(POISONED) : STATUS(OK)))
		return;
	entry->blocks = pool->items[index].blocks;
	pool->items[index].blocks = (struct blocks){ .allocator = NOBODY };
	world_note_guard(&machine->world, entry, pool->handle);
}

void call_clear_pool(struct machine *machine)
{
	struct pool_entry *pool = choose_pool(machine);
	uint32_t first =
		input_below(&machine->input, 4) ? 0 : input_below(&machine->input, POOL_ROOM);
	enum buddy_closing how = input_below(&machine->input, 3);
	struct buddy_owner *owner;
	uint64_t bytes = 0, counted;

	if (!pool)
		return;
	owner = &machine->world.owners[pool->owner];
	for (uint32_t i = first; i < pool->count; i++)
		bytes += world_bytes(&pool->items[i].blocks);
	counted = buddy_pool_bytes(owner, pool->slot, first);
	CHECK(counted == (allocator_of(machine, pool)->poisoned ? 0 : bytes));
	EXPECT(machine, buddy_pool_free_from(owner, pool->slot, first, how),
	       allocator_of(machine, pool)->poisoned && pool->count > first ? STATUS(POISONED) :
									      STATUS(OK));
	forget_items(pool, first);
}

void call_close_pool(struct machine *machine)
{
	struct pool_entry *pool = choose_pool(machine);

	if (!pool)
		return;
	EXPECT(machine, buddy_pool_close(&machine->world.owners[pool->owner], pool->slot),
	       allocator_of(machine, pool)->poisoned && pool->count ? STATUS(POISONED) :
								      STATUS(OK));
	CHECK(!pool_of(machine, pool));
	world_close_pool(pool);
	world_settle(&machine->world);
}

/* Tells whether a list comes through a handle of this owner on this allocator. */
static bool is_through(const struct world *world, int handle, int owner, int allocator)
{
	return handle != NOBODY && world->handles[handle].owner == owner &&
	       world->handles[handle].allocator == allocator;
}

/* The pool of a handle in the lowest slot that there is anything in, or NULL. */
static struct pool_entry *first_pool_of(struct world *world, int handle)
{
	struct pool_entry *first = NULL;

	for (unsigned int i = 0; i < POOLS; i++) {
		struct pool_entry *pool = &world->pools[i];

		if (pool->open && pool->count && pool->handle == handle &&
		    (!first || pool->slot < first->slot))
			first = pool;
	}
	return first;
}

static struct group_entry *first_group_of(struct world *world, int handle)
{
	struct group_entry *first = NULL;

	for (unsigned int i = 0; i < GROUPS; i++) {
		struct group_entry *group = &world->groups[i];

		if (group->handle == handle && (!first || group->slot < first->slot))
			first = group;
	}
	return first;
}

/* The handle of the owner on the allocator in the lowest slot that something comes through, or NOBODY. */
static int first_used_handle(const struct world *world, int owner, int allocator)
{
	int first = NOBODY;

	for (int i = 0; i < HANDLES; i++)
		if (world->handles[i].there && is_through(world, i, owner, allocator) &&
		    world_has_users(world, i) &&
		    (first == NOBODY || world->handles[i].slot < world->handles[first].slot))
			first = i;
	return first;
}

/* A poisoned allocator frees nothing: one pool loses its items, or one group its rows, and that is all. */
static void free_all_poisoned(struct world *world, int handle)
{
	struct pool_entry *pool = first_pool_of(world, handle);
	struct group_entry *group = first_group_of(world, handle);

	if (pool)
		forget_items(pool, 0);
	else if (group)
		world_empty_group(group);
	world_settle(world);
}

void call_free_all(struct machine *machine)
{
	struct world *world = &machine->world;
	struct handle_entry *handle = choose_handle(machine);
	int owner, allocator, first;
	bool is_poisoned;

	if (!handle)
		return;
	owner = handle->owner;
	allocator = handle->allocator;
	is_poisoned = world->allocators[allocator].poisoned;
	first = first_used_handle(world, owner, allocator);
	EXPECT(machine,
	       buddy_owner_free_all(owner_of(machine, handle),
				    world->allocators[allocator].allocator),
	       is_poisoned ? STATUS(POISONED) : STATUS(OK));
	if (is_poisoned) {
		if (first != NOBODY)
			free_all_poisoned(world, first);
		return;
	}
	for (unsigned int i = 0; i < LISTS; i++)
		if (world->lists[i].blocks.count &&
		    is_through(world, world->lists[i].handle, owner, allocator))
			world_forget_blocks(&world->lists[i].blocks);
	for (unsigned int i = 0; i < POOLS; i++)
		if (world->pools[i].open &&
		    is_through(world, world->pools[i].handle, owner, allocator))
			forget_items(&world->pools[i], 0);
	for (unsigned int i = 0; i < GROUPS; i++)
		if (is_through(world, world->groups[i].handle, owner, allocator))
			world_empty_group(&world->groups[i]);
	world_end_kept(world, allocator);
	world_settle(world);
}
