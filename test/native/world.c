/* A second set of books, see world.h. */
#include "world.h"

#include "invariants.h"

#include <stdlib.h>
#include <string.h>

static void *resize(void *memory, uint64_t count, size_t size)
{
	void *resized = realloc(memory, (count + 1) * size);

	if (!resized)
		abort();
	return resized;
}

static const struct buddy_columns *make_room(struct world *world, uint64_t capacity)
{
	struct buddy_columns *room = &world->room;

	if (capacity > room->capacity || !room->offsets) {
		room->capacity = 2 * capacity;
		room->offsets = resize(room->offsets, room->capacity, sizeof(*room->offsets));
		room->orders = resize(room->orders, room->capacity, sizeof(*room->orders));
		room->states = resize(room->states, room->capacity, sizeof(*room->states));
		room->tags = resize(room->tags, room->capacity, sizeof(*room->tags));
		world->extents = resize(world->extents, room->capacity, sizeof(*world->extents));
	}
	return room;
}

static void free_room(struct world *world)
{
	free(world->room.offsets);
	free(world->room.orders);
	free(world->room.states);
	free(world->room.tags);
	free(world->extents);
}

void world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	for (int i = 0; i < OWNERS; i++)
		buddy_owner_init(&world->owners[i]);
	for (int i = 0; i < LISTS; i++) {
		world->lists[i].handle = NOBODY;
		world->lists[i].blocks.allocator = NOBODY;
	}
	for (int i = 0; i < TICKETS; i++)
		world->tickets[i].blocks.allocator = NOBODY;
	for (int i = 0; i < POOLS; i++)
		for (int j = 0; j < POOL_ROOM; j++)
			world->pools[i].items[j].blocks.allocator = NOBODY;
	for (int i = 0; i < GROUPS; i++)
		world_close_group(&world->groups[i]);
}

/* Lists parked without a giver have outlived all owners, and their allocator with them. */
static void revoke(struct world *world, struct ticket_entry *ticket)
{
	const struct allocator_entry *entry = &world->allocators[ticket->blocks.allocator];
	struct buddy_allocator *allocator = buddy_find(entry->token);

	uint64_t bytes;

	CHECK(allocator == entry->allocator);
	CHECK(buddy_revoke(allocator, ticket->ticket, &bytes) ==
	      (entry->poisoned ? BUDDY_POISONED : BUDDY_OK));
	buddy_put(allocator);
	ticket->valid = false;
	world_forget_blocks(&ticket->blocks);
	world_settle(world);
}

void world_destroy(struct world *world)
{
	struct buddy_fault warning;

	for (int i = 0; i < OWNERS; i++) {
		buddy_owner_destroy(&world->owners[i]);
		world_end_owner(world, i);
	}
	for (int i = 0; i < TICKETS; i++)
		if (world->tickets[i].valid)
			revoke(world, &world->tickets[i]);
	for (int i = 0; i < ALLOCATORS; i++)
		CHECK(!world->allocators[i].allocator);
	free_room(world);
	if (buddy_take_warning(&warning))
		test_fail(TEST_HERE, "the kernel code warned: %s:%d: %s", warning.file,
			  warning.line, warning.condition);
}

/* The list in a guard, which must be there. */
static struct buddy_list list_in(struct world *world, const struct list_entry *entry)
{
	struct buddy_list list;

	CHECK(buddy_owner_find(&world->owners[entry->owner], entry->slot, entry->generation,
			       &list) == BUDDY_OK);
	return list;
}

struct buddy_list world_item(struct world *world, const struct pool_entry *pool, uint32_t index)
{
	struct buddy_list list;

	CHECK(buddy_pool_find(&world->owners[pool->owner], pool->slot, index,
			      pool->items[index].generation, &list));
	return list;
}

/* Reads a list, by the library's own account, and returns how many blocks there are. */
static uint64_t read_list(struct world *world, const struct buddy_list *list, uint64_t tag)
{
	const struct buddy_columns *room = make_room(world, buddy_count(list));
	uint64_t count;

	CHECK(buddy_read(list, room, &count) == BUDDY_OK);
	CHECK(count == buddy_count(list));
	for (uint64_t i = 0; i < count; i++) {
		CHECK(room->states[i] & BUDDY_STATE_ALLOCATED);
		CHECK(room->tags[i] == (double)tag);
	}
	return count;
}

/* A row of what has been read. */
static struct extent extent_at(const struct world *world, int allocator, uint64_t index)
{
	return (struct extent){
		.offset = world->room.offsets[index],
		.size = world->allocators[allocator].chunk_size << world->room.orders[index],
	};
}

void world_note_blocks(struct world *world, struct blocks *blocks, const struct buddy_list *list,
		       int allocator, uint64_t tag, uint32_t account)
{
	world_forget_blocks(blocks);
	blocks->allocator = allocator;
	blocks->tag = tag;
	blocks->account = account;
	blocks->count = read_list(world, list, tag);
	blocks->extents = resize(NULL, blocks->count, sizeof(*blocks->extents));
	for (uint64_t i = 0; i < blocks->count; i++)
		blocks->extents[i] = extent_at(world, allocator, i);
	CHECK(buddy_bytes(list) == world_bytes(blocks));
}

void world_forget_blocks(struct blocks *blocks)
{
	free(blocks->extents);
	*blocks = (struct blocks){ .allocator = NOBODY };
}

uint64_t world_bytes(const struct blocks *blocks)
{
	uint64_t bytes = 0;

	for (uint64_t i = 0; i < blocks->count; i++)
		bytes += blocks->extents[i].size;
	return bytes;
}

void world_note_guard(struct world *world, struct list_entry *entry, int handle)
{
	entry->handle = handle;
	entry->generation = BUDDY_LOW_GENERATION(
		slots_generation(&world->owners[entry->owner].guards, entry->slot));
}

void world_move_pool(struct world *world, struct pool_entry *pool, uint32_t capacity)
{
	void *old = pool->memory;
	struct buddy_pool_header *header;

	header = test_memory(sizeof(*header) + capacity * sizeof(struct buddy_pool_entry));
	buddy_pool_move(buddy_pool_at(&world->owners[pool->owner], pool->slot), header, capacity);
	pool->memory = header;
	pool->capacity = capacity;
	if (old)
		CHECK(((struct buddy_pool_header *)old)->moved);
	free(old);
}

void world_close_pool(struct pool_entry *pool)
{
	free(pool->memory);
	for (int i = 0; i < POOL_ROOM; i++)
		world_forget_blocks(&pool->items[i].blocks);
	memset(pool, 0, sizeof(*pool));
	for (int i = 0; i < POOL_ROOM; i++)
		pool->items[i].blocks.allocator = NOBODY;
}

void world_empty_group(struct group_entry *group)
{
	for (int i = 0; i < GROUP_ROWS; i++)
		world_forget_blocks(&group->rows[i]);
	group->handle = NOBODY;
	group->count = 0;
}

void world_close_group(struct group_entry *group)
{
	world_empty_group(group);
	group->open = false;
}

bool world_has_users(const struct world *world, int handle)
{
	for (int i = 0; i < LISTS; i++)
		if (world->lists[i].blocks.allocator != NOBODY && world->lists[i].handle == handle)
			return true;
	for (int i = 0; i < POOLS; i++)
		if (world->pools[i].open && world->pools[i].handle == handle)
			return true;
	for (int i = 0; i < GROUPS; i++)
		if (world->groups[i].handle == handle)
			return true;
	for (int i = 0; i < ACCOUNTS; i++)
		if (world->accounts[i].open && world->accounts[i].handle == handle)
			return true;
	return false;
}

/* The handle is gone, and only lists that are freed have come through it. */
static void end_handle(struct world *world, int handle)
{
	world->handles[handle].there = false;
	for (int i = 0; i < LISTS; i++)
		if (world->lists[i].handle == handle)
			world->lists[i].handle = NOBODY;
}

static bool is_held(const struct world *world, int allocator)
{
	for (int i = 0; i < HANDLES; i++)
		if (world->handles[i].there && world->handles[i].allocator == allocator)
			return true;
	for (int i = 0; i < TICKETS; i++)
		if (world->tickets[i].valid && world->tickets[i].giver == NOBODY &&
		    world->tickets[i].blocks.allocator == allocator)
			return true;
	return false;
}

void world_settle(struct world *world)
{
	for (int i = 0; i < HANDLES; i++)
		if (world->handles[i].there && world->handles[i].disposed &&
		    !world_has_users(world, i))
			end_handle(world, i);
	for (int i = 0; i < ALLOCATORS; i++) {
		struct allocator_entry *entry = &world->allocators[i];

		if (!entry->allocator || is_held(world, i))
			continue;
		if (entry->shared)
			CHECK(!buddy_find(entry->token));
		memset(entry, 0, sizeof(*entry));
		for (int j = 0; j < TICKETS; j++) {
			if (world->tickets[j].blocks.allocator != i)
				continue;
			world->tickets[j].valid = false;
			world_forget_blocks(&world->tickets[j].blocks);
		}
	}
}

/* Ends tickets. Lists parked in a poisoned allocator stay there. */
static void end_tickets(struct world *world, int giver)
{
	for (int i = 0; i < TICKETS; i++) {
		struct ticket_entry *entry = &world->tickets[i];

		if (!entry->valid || entry->giver != giver ||
		    world->allocators[entry->blocks.allocator].poisoned)
			continue;
		entry->valid = false;
		world_forget_blocks(&entry->blocks);
	}
}

void world_end_kept(struct world *world, int allocator)
{
	for (int i = 0; i < TICKETS; i++) {
		struct ticket_entry *entry = &world->tickets[i];

		if (!entry->valid || entry->giver != NOBODY || entry->blocks.allocator != allocator)
			continue;
		entry->valid = false;
		world_forget_blocks(&entry->blocks);
	}
}

void world_end_owner(struct world *world, int owner)
{
	end_tickets(world, owner);
	for (int i = 0; i < LISTS; i++) {
		if (!world->lists[i].open || world->lists[i].owner != owner)
			continue;
		world->lists[i].open = false;
		world_forget_blocks(&world->lists[i].blocks);
	}
	for (int i = 0; i < POOLS; i++)
		if (world->pools[i].open && world->pools[i].owner == owner)
			world_close_pool(&world->pools[i]);
	for (int i = 0; i < GROUPS; i++)
		if (world->groups[i].open && world->groups[i].owner == owner)
			world_close_group(&world->groups[i]);
	for (int i = 0; i < ACCOUNTS; i++)
		if (world->accounts[i].owner == owner)
			world->accounts[i].open = false;
	for (int i = 0; i < HANDLES; i++)
		if (world->handles[i].there && world->handles[i].owner == owner)
			end_handle(world, i);
	world_settle(world);
}

/* Calls `visit` with all blocks in use of an allocator, on lists, in pools, in groups and parked. */
static void for_all_blocks(const struct world *world, int allocator,
			   void (*visit)(void *visitor, const struct blocks *blocks), void *visitor)
{
	for (int i = 0; i < LISTS; i++)
		if (world->lists[i].blocks.allocator == allocator)
			visit(visitor, &world->lists[i].blocks);
	for (int i = 0; i < TICKETS; i++)
		if (world->tickets[i].blocks.allocator == allocator)
			visit(visitor, &world->tickets[i].blocks);
	for (int i = 0; i < POOLS; i++)
		for (int j = 0; j < POOL_ROOM; j++)
			if (world->pools[i].items[j].blocks.allocator == allocator)
				visit(visitor, &world->pools[i].items[j].blocks);
	for (int i = 0; i < GROUPS; i++)
		for (int j = 0; j < GROUP_ROWS; j++)
			if (world->groups[i].rows[j].allocator == allocator)
				visit(visitor, &world->groups[i].rows[j]);
}

struct search {
	uint64_t address;
	const struct extent *found;
	uint64_t tag;
};

static void search(void *visitor, const struct blocks *blocks)
{
	struct search *search = visitor;

	for (uint64_t i = 0; i < blocks->count; i++) {
		const struct extent *extent = &blocks->extents[i];

		if (search->address - extent->offset < extent->size) {
			search->found = extent;
			search->tag = blocks->tag;
		}
	}
}

const struct extent *world_find(const struct world *world, int allocator, uint64_t address,
				uint64_t *tag)
{
	struct search arguments = { .address = address };

	for_all_blocks(world, allocator, search, &arguments);
	*tag = arguments.tag;
	return arguments.found;
}

struct charge {
	uint32_t account;
	uint64_t bytes;
};

static void add_charge(void *visitor, const struct blocks *blocks)
{
	struct charge *charge = visitor;

	if (blocks->account == charge->account)
		charge->bytes += world_bytes(blocks);
}

uint64_t world_used(const struct world *world, int allocator, uint32_t account)
{
	struct charge charge = { account, 0 };

	for_all_blocks(world, allocator, add_charge, &charge);
	return charge.bytes;
}

static void add_count(void *visitor, const struct blocks *blocks)
{
	*(uint64_t *)visitor += blocks->count;
}

uint64_t world_count(const struct world *world)
{
	uint64_t count = 0;

	for (int i = 0; i < ALLOCATORS; i++)
		for_all_blocks(world, i, add_count, &count);
	return count;
}

struct gathering {
	struct extent *extents;
	uint64_t count;
};

static void gather(void *visitor, const struct blocks *blocks)
{
	struct gathering *gathering = visitor;

	for (uint64_t i = 0; i < blocks->count; i++)
		gathering->extents[gathering->count++] = blocks->extents[i];
}

static int by_offset(const void *a, const void *b)
{
	uint64_t offset = ((const struct extent *)a)->offset;
	uint64_t other = ((const struct extent *)b)->offset;

	return offset < other ? -1 : offset > other;
}

/* Checks that the blocks in use are those of the snapshot, and that none overlaps the next. */
static void check_snapshot(struct world *world, int allocator, const struct gathering *used)
{
	const struct allocator_entry *entry = &world->allocators[allocator];
	uint64_t count, in_use = 0, bytes = 0, end = 0;
	struct buddy_avail avail;

	CHECK(buddy_snapshot(entry->allocator, &world->room, &count) == BUDDY_OK);
	for (uint64_t i = 0; i < count; i++) {
		struct extent extent = extent_at(world, allocator, i);

		CHECK(extent.offset == end);
		end += extent.size;
		if (!(world->room.states[i] & BUDDY_STATE_ALLOCATED))
			continue;
		CHECK(in_use < used->count);
		CHECK(extent.offset == used->extents[in_use].offset);
		CHECK(extent.size == used->extents[in_use].size);
		in_use++;
		bytes += extent.size;
	}
	CHECK(end == entry->size);
	CHECK(in_use == used->count);

	buddy_avail(entry->allocator, &avail);
	CHECK(avail.avail == entry->size - bytes);
}

static void check_allocator(struct world *world, int allocator)
{
	const struct buddy_columns none = { .capacity = 0 };
	struct gathering used = { NULL, 0 };
	uint64_t count;

	CHECK(buddy_snapshot(world->allocators[allocator].allocator, &none, &count) == BUDDY_OK);
	for_all_blocks(world, allocator, add_count, &used.count);
	make_room(world, max(count, used.count));
	used = (struct gathering){ world->extents, 0 };
	for_all_blocks(world, allocator, gather, &used);
	qsort(used.extents, used.count, sizeof(*used.extents), by_offset);
	check_snapshot(world, allocator, &used);
}

/* A list has the blocks that were noted, in the same order. */
static void check_list(struct world *world, const struct buddy_list *list,
		       const struct blocks *blocks)
{
	if (world->allocators[blocks->allocator].poisoned)
		return;
	CHECK(read_list(world, list, blocks->tag) == blocks->count);
	for (uint64_t i = 0; i < blocks->count; i++) {
		struct extent extent = extent_at(world, blocks->allocator, i);

		CHECK(extent.offset == blocks->extents[i].offset);
		CHECK(extent.size == blocks->extents[i].size);
	}
}

/* Checks that JavaScript reads of an item what its blocks say. */
static void check_item(const struct world *world, const struct pool_entry *pool, uint32_t index)
{
	const struct buddy_pool_header *header = pool->memory;
	const struct buddy_pool_entry *entry =
		(const struct buddy_pool_entry *)(header + 1) + index;
	const struct blocks *blocks = &pool->items[index].blocks;
	uint64_t chunk_size, lowest = UINT64_MAX, chunk, chunks;

	if (blocks->allocator == NOBODY) {
		CHECK(entry->generation <= 0);
		return;
	}
	chunk_size = world->allocators[blocks->allocator].chunk_size;
	for (uint64_t i = 0; i < blocks->count; i++)
		lowest = min(lowest, blocks->extents[i].offset);
	chunk = lowest / chunk_size;
	chunks = world_bytes(blocks) / chunk_size;
	CHECK(entry->generation == pool->items[index].generation);
	CHECK(entry->chunk == (chunk > INT32_MAX ? -1 : (int32_t)chunk));
	CHECK(entry->chunks == (chunks > INT32_MAX ? -1 : (int32_t)chunks));
}

static void check_pool(struct world *world, const struct pool_entry *pool, struct buddy_list *lists,
		       struct holdings *holdings)
{
	const struct buddy_pool_header *header = pool->memory;
	uint32_t length = 0;

	for (uint32_t i = 0; i < pool->count; i++) {
		check_item(world, pool, i);
		if (pool->items[i].blocks.allocator == NOBODY)
			continue;
		length++;
		lists[holdings->count] = world_item(world, pool, i);
		check_list(world, &lists[holdings->count++], &pool->items[i].blocks);
	}
	CHECK(!header || header->count == (int32_t)pool->count);
	CHECK(buddy_pool_at(&world->owners[pool->owner], pool->slot)->length == length);
}

static void check_group(struct world *world, const struct group_entry *group,
			struct buddy_list *lists, struct holdings *holdings)
{
	const struct buddy_group *there =
		buddy_owner_group(&world->owners[group->owner], group->slot);

	CHECK(there && there->count == group->count);
	CHECK(!there->handle == (group->handle == NOBODY));
	if (!there->handle)
		return;
	CHECK(there->handle ==
	      buddy_owner_handle(&world->owners[group->owner], world->handles[group->handle].slot));
	for (uint32_t row = 0; row < group->count; row++) {
		const struct blocks *blocks = &group->rows[row];
		struct buddy_list list;

		CHECK(buddy_owner_find_row(there, row, &list) == (blocks->allocator != NOBODY));
		if (blocks->allocator == NOBODY)
			continue;
		lists[holdings->count] = list;
		check_list(world, &lists[holdings->count++], blocks);
	}
}

static uint64_t parked_in(const struct world *world, int allocator)
{
	uint64_t count = 0;

	for (int i = 0; i < TICKETS; i++)
		if (world->tickets[i].blocks.allocator == allocator)
			count += world->tickets[i].blocks.count;
	return count;
}

/* An account says of itself what the books say. */
static void check_account(const struct world *world, const struct account_entry *entry)
{
	int index = world->handles[entry->handle].allocator;
	const struct allocator_entry *allocator = &world->allocators[index];
	struct buddy_account_info info;

	if (allocator->poisoned)
		return;
	info = buddy_describe_account(allocator->allocator, entry->number);
	CHECK(info.quota.limit == entry->quota.limit);
	CHECK(info.quota.reserved == entry->quota.reserved);
	CHECK(info.used == world_used(world, index, entry->number));
}

void world_check(struct world *world)
{
	enum { MOST = LISTS + POOLS * POOL_ROOM + GROUPS * GROUP_ROWS };
	struct buddy_list lists[MOST];
	const struct buddy_list *held[MOST];
	struct holdings holdings = { held, 0, 0 };

	for (int i = 0; i < LISTS; i++) {
		int allocator = world->lists[i].blocks.allocator;

		if (allocator == NOBODY || world->allocators[allocator].poisoned)
			continue;
		lists[holdings.count] = list_in(world, &world->lists[i]);
		check_list(world, &lists[holdings.count++], &world->lists[i].blocks);
	}
	for (int i = 0; i < POOLS; i++)
		if (world->pools[i].open)
			check_pool(world, &world->pools[i], lists, &holdings);
	for (int i = 0; i < GROUPS; i++)
		if (world->groups[i].open)
			check_group(world, &world->groups[i], lists, &holdings);
	for (uint64_t i = 0; i < holdings.count; i++)
		held[i] = &lists[i];
	for (int i = 0; i < ACCOUNTS; i++)
		if (world->accounts[i].open)
			check_account(world, &world->accounts[i]);

	for (int i = 0; i < ALLOCATORS; i++) {
		if (!world->allocators[i].allocator)
			continue;
		holdings.parked = parked_in(world, i);
		CHECK_INVARIANTS(world->allocators[i].allocator, &holdings);
		if (!world->allocators[i].poisoned)
			check_allocator(world, i);
	}
}
