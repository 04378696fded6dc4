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
	for (int i = 0; i < LISTS; i++)
		world->lists[i].blocks.allocator = NOBODY;
	for (int i = 0; i < TICKETS; i++)
		world->tickets[i].blocks.allocator = NOBODY;
}

void world_destroy(struct world *world)
{
	struct buddy_fault warning;

	for (int i = 0; i < OWNERS; i++) {
		buddy_owner_destroy(&world->owners[i]);
		world_end_owner(world, i);
	}
	for (int i = 0; i < ALLOCATORS; i++)
		CHECK(!world->allocators[i].allocator);
	free_room(world);
	if (buddy_take_warning(&warning))
		test_fail(TEST_HERE, "the kernel code warned: %s:%d: %s", warning.file,
			  warning.line, warning.condition);
}

struct buddy_list *world_list(struct world *world, const struct list_entry *entry)
{
	return buddy_owner_list_at(&world->owners[entry->owner], entry->slot);
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

void world_note_blocks(struct world *world, struct list_entry *entry, int allocator, uint64_t tag)
{
	struct blocks *blocks = &entry->blocks;

	world_forget_blocks(blocks);
	blocks->allocator = allocator;
	blocks->tag = tag;
	blocks->count = read_list(world, world_list(world, entry), tag);
	blocks->extents = resize(NULL, blocks->count, sizeof(*blocks->extents));
	for (uint64_t i = 0; i < blocks->count; i++)
		blocks->extents[i] = extent_at(world, allocator, i);
	CHECK(buddy_bytes(world_list(world, entry)) == world_bytes(blocks));
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

static bool is_held(const struct world *world, int allocator)
{
	for (int i = 0; i < HANDLES; i++)
		if (world->handles[i].open && world->handles[i].allocator == allocator)
			return true;
	for (int i = 0; i < LISTS; i++)
		if (world->lists[i].open && world->lists[i].blocks.allocator == allocator)
			return true;
	return false;
}

void world_settle(struct world *world)
{
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

/* What is parked in a poisoned allocator stays there. */
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

void world_end_owner(struct world *world, int owner)
{
	end_tickets(world, owner);
	for (int i = 0; i < LISTS; i++) {
		if (!world->lists[i].open || world->lists[i].owner != owner)
			continue;
		world->lists[i].open = false;
		world_forget_blocks(&world->lists[i].blocks);
	}
	for (int i = 0; i < HANDLES; i++)
		if (world->handles[i].owner == owner)
			world->handles[i].open = false;
	world_settle(world);
}

/* Calls `visit` with all blocks in use of an allocator, on lists and parked. */
static void for_all_blocks(const struct world *world, int allocator,
			   void (*visit)(void *visitor, const struct blocks *blocks), void *visitor)
{
	for (int i = 0; i < LISTS; i++)
		if (world->lists[i].blocks.allocator == allocator)
			visit(visitor, &world->lists[i].blocks);
	for (int i = 0; i < TICKETS; i++)
		if (world->tickets[i].blocks.allocator == allocator)
			visit(visitor, &world->tickets[i].blocks);
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

/* All blocks in use, by address: as the snapshot has them, and none reaches into the next. */
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
static void check_list(struct world *world, const struct list_entry *entry)
{
	const struct blocks *blocks = &entry->blocks;

	if (blocks->allocator == NOBODY || world->allocators[blocks->allocator].poisoned)
		return;
	CHECK(read_list(world, world_list(world, entry), blocks->tag) == blocks->count);
	for (uint64_t i = 0; i < blocks->count; i++) {
		struct extent extent = extent_at(world, blocks->allocator, i);

		CHECK(extent.offset == blocks->extents[i].offset);
		CHECK(extent.size == blocks->extents[i].size);
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

void world_check(struct world *world)
{
	const struct buddy_list *lists[LISTS];
	struct holdings holdings = { lists, 0, 0 };

	for (int i = 0; i < LISTS; i++) {
		if (!world->lists[i].open)
			continue;
		check_list(world, &world->lists[i]);
		lists[holdings.count++] = world_list(world, &world->lists[i]);
	}

	for (int i = 0; i < ALLOCATORS; i++) {
		if (!world->allocators[i].allocator)
			continue;
		holdings.parked = parked_in(world, i);
		CHECK_INVARIANTS(world->allocators[i].allocator, &holdings);
		if (!world->allocators[i].poisoned)
			check_allocator(world, i);
	}
}
