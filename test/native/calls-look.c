/* The calls of a program that look at an allocator as a whole, and those with handles that mean nothing: see calls.h. */
#include "calls.h"

#include <linux/bitops.h>
#include <string.h>

static struct allocator_entry *choose_allocator(struct machine *machine, int *index)
{
	struct handle_entry *handle = choose_handle(machine);

	if (!handle)
		return NULL;
	*index = handle->allocator;
	return &machine->world.allocators[handle->allocator];
}

static uint64_t answers_of(const struct allocator_entry *entry, uint64_t answers)
{
	return entry->poisoned ? STATUS(POISONED) : answers;
}

void call_reset_clear(struct machine *machine)
{
	bool raw = input_below(&machine->input, 2), clear = input_below(&machine->input, 2);
	int index;
	struct allocator_entry *entry = choose_allocator(machine, &index);
	struct buddy_avail before, after;
	enum buddy_status status;

	if (!entry)
		return;
	buddy_avail(entry->allocator, &before);
	status = (raw ? buddy_reset_clear_raw : buddy_reset_clear)(entry->allocator, clear);
	EXPECT(machine, status, answers_of(entry, STATUS(OK)));
	buddy_avail(entry->allocator, &after);
	CHECK(after.avail == before.avail);
	if (!status && !raw)
		CHECK(after.clear_avail == (clear ? after.avail : 0));
}

void call_lookup(struct machine *machine)
{
	int index;
	struct allocator_entry *entry = choose_allocator(machine, &index);
	struct buddy_block_info block = { 0 };
	const struct extent *extent;
	struct landmarks landmarks;
	uint64_t address, tag;
	enum buddy_status status;
	bool found = false;

	if (!entry)
		return;
	landmarks = landmarks_of(machine, index, false);
	address = input_number(&machine->input, &landmarks) + input_below(&machine->input, 3);
	status = buddy_lookup(entry->allocator, address, &block, &found);
	EXPECT(machine, status,
	       answers_of(entry,
			  address < entry->size ? STATUS(OK) : STATUS(ADDRESS_BEYOND_SPACE)));
	if (status)
		return;

	extent = world_find(&machine->world, index, address, &tag);
	CHECK(found == (extent != NULL));
	if (!extent)
		return;
	CHECK(block.allocated && block.offset == extent->offset && block.tag == tag);
	CHECK(entry->chunk_size << block.order == extent->size);
}

static void count_line(void *reader, const char *line)
{
	CHECK(strlen(line) > 0);
	++*(unsigned int *)reader;
}

static void look_at_allocator(struct machine *machine, struct allocator_entry *entry)
{
	const struct buddy_columns none = { .capacity = 0 };
	struct buddy_stats stats;
	unsigned int lines = 0;
	uint64_t count;
	enum buddy_status status;

	status = buddy_print(entry->allocator, count_line, &lines);
	EXPECT(machine, status, answers_of(entry, STATUS(OK)));
	buddy_stats(entry->allocator, &stats);
	CHECK(stats.size == entry->size && stats.chunk_size == entry->chunk_size);
	CHECK(stats.native_bytes == buddy_native_bytes(entry->allocator));
	CHECK(entry->poisoned || lines == stats.max_order + 2 + (entry->scale > 1));
	EXPECT(machine, buddy_snapshot(entry->allocator, &none, &count),
	       answers_of(entry, STATUS(OK)));
	CHECK(!buddy_bug(entry->allocator).line == !entry->poisoned);
}

/* A range as the questions take it. */
static uint64_t range_status(const struct allocator_entry *entry, uint64_t start, uint64_t end)
{
	if (start >= end)
		return STATUS(RANGE_EMPTY);
	return end > entry->size ? STATUS(RANGE_BEYOND_SPACE) : STATUS(OK);
}

static void find_free(struct machine *machine, struct allocator_entry *entry,
		      const struct buddy_search *search)
{
	uint64_t address, bytes = 0;
	bool found, even = IS_ALIGNED(search->size, entry->chunk_size);
	uint64_t allowed =
		search->size < entry->chunk_size  ? STATUS(SIZE_BELOW_CHUNK) :
		!even                             ? STATUS(SIZE_UNALIGNED) :
		search->size > entry->size        ? STATUS(SIZE_ABOVE_SPACE) :
		!is_power_of_2(search->alignment) ? STATUS(ALIGNMENT_NO_POWER_OF_2) :
						    range_status(entry, search->start, search->end);

	if (allowed == STATUS(OK))
		allowed |= STATUS(WORK_LIMIT);
	EXPECT(machine, buddy_find_free(entry->allocator, search, &address, &found),
	       answers_of(entry, allowed));
	if (!found)
		return;
	CHECK(IS_ALIGNED(address, search->alignment) && address >= search->start);
	CHECK(address < search->end && search->end - address >= search->size);
	CHECK(buddy_avail_in(entry->allocator, address, address + search->size, &bytes) ==
	      BUDDY_OK);
	CHECK(bytes == search->size);
}

void call_ask(struct machine *machine)
{
	int index;
	struct allocator_entry *entry = choose_allocator(machine, &index);
	struct landmarks landmarks;
	struct buddy_search search;
	struct buddy_room room;
	uint64_t bytes = 0;

	if (!entry)
		return;
	landmarks = landmarks_of(machine, index, false);
	search.start = input_number(&machine->input, &landmarks);
	search.end = input_number(&machine->input, &landmarks);
	search.size = input_number(&machine->input, &landmarks);
	search.alignment = input_number(&machine->input, &landmarks);
	buddy_room(entry->allocator, &room);
	CHECK(room.largest_free <= room.largest_possible && room.largest_possible <= room.avail);
	EXPECT(machine, buddy_avail_in(entry->allocator, search.start, search.end, &bytes),
	       answers_of(entry, range_status(entry, search.start, search.end)));
	CHECK(bytes <= room.avail);
	find_free(machine, entry, &search);
}

/* The number that a report packs what there is of a list into. */
static int32_t shape_of(const struct buddy_list *list, struct buddy_name name, uint64_t count)
{
	struct buddy_block_info first = buddy_first(list);

	return (int32_t)(name.generation >> BUDDY_LOW_GENERATION_BITS
						    << BUDDY_SHAPE_GENERATION_SHIFT |
			 min(count, (uint64_t)BUDDY_SHAPE_MOST_BLOCKS) << BUDDY_SHAPE_COUNT_SHIFT |
			 first.order << BUDDY_SHAPE_ORDER_SHIFT | first.clear);
}

static void look_at_report(const struct list_entry *entry, const struct buddy_list *list,
			   uint64_t chunk_size)
{
	const struct blocks *blocks = &entry->blocks;
	struct buddy_report report;
	struct buddy_name name = buddy_report(list, &report);
	uint64_t chunk;

	CHECK(report.count == (int64_t)blocks->count && blocks->count == buddy_count(list));
	if (!blocks->count) {
		CHECK(!report.node && !report.generation && !report.chunk && !report.shape);
		CHECK(!name.node && !name.generation);
		return;
	}
	chunk = blocks->extents[0].offset / chunk_size;
	CHECK(name.node == buddy_name_of(list).node);
	CHECK(name.generation == buddy_name_of(list).generation);
	CHECK(report.node == (int64_t)name.node);
	CHECK((uint32_t)report.generation == entry->generation);
	CHECK(buddy_first_chunk(list) == chunk);
	CHECK(report.chunk == (chunk > INT32_MAX ? -1 : (int32_t)chunk));
	CHECK(report.shape == shape_of(list, name, blocks->count));
	CHECK(chunk_size << buddy_first(list).order == blocks->extents[0].size);
	CHECK(buddy_first(list).tag == blocks->tag);
}

static void look_at_list(struct machine *machine, struct list_entry *entry)
{
	const struct buddy_columns none = { .capacity = 0 };
	const struct blocks *blocks = &entry->blocks;
	const struct allocator_entry *allocator;
	struct buddy_list list;
	uint64_t count;

	if (!find_list(machine, entry, &list))
		return;
	allocator = &machine->world.allocators[blocks->allocator];
	look_at_report(entry, &list, allocator->chunk_size);
	if (EXPECT(machine, buddy_read(&list, &none, &count), answers_of(allocator, STATUS(OK))))
		return;
	CHECK(count == blocks->count && buddy_bytes(&list) == world_bytes(blocks));
	if (!count)
		return;
	CHECK(buddy_first(&list).offset == blocks->extents[0].offset);
}

static void look_at_growth(struct machine *machine, struct handle_entry *handle)
{
	struct buddy_owner *owner = &machine->world.owners[handle->owner];

	handle->growth += buddy_owner_growth(owner, handle->slot);
	CHECK(!handle->growth ||
	      handle->growth ==
		      buddy_native_bytes(machine->world.allocators[handle->allocator].allocator));
}

void call_look(struct machine *machine)
{
	struct handle_entry *handle = choose_handle(machine);
	struct list_entry *list = choose_list(machine);

	if (handle) {
		look_at_allocator(machine, &machine->world.allocators[handle->allocator]);
		look_at_growth(machine, handle);
	}
	if (list)
		look_at_list(machine, list);
}

/* The guard in a slot of an owner; NULL where there is none. */
static const struct list_entry *guard_at(const struct machine *machine, int owner, uint32_t slot)
{
	for (unsigned int i = 0; i < LISTS; i++) {
		const struct list_entry *entry = &machine->world.lists[i];

		if (entry->open && entry->owner == owner && entry->slot == slot)
			return entry;
	}
	return NULL;
}

/* A handle is right if slot and generation are those of an open one. */
static bool is_handle(const struct machine *machine, int owner, uint32_t slot, uint32_t generation)
{
	for (unsigned int i = 0; i < HANDLES; i++) {
		const struct handle_entry *entry = &machine->world.handles[i];

		if (entry->there && !entry->disposed && entry->owner == owner &&
		    entry->slot == slot && entry->generation == generation)
			return true;
	}
	return false;
}

static void try_handle(struct machine *machine, int number, uint32_t slot, uint32_t generation)
{
	struct buddy_owner *owner = &machine->world.owners[number];

	CHECK(!buddy_owner_open_handle(owner, slot, generation) ==
	      !is_handle(machine, number, slot, generation));
	if (!is_handle(machine, number, slot, generation))
		CHECK(buddy_owner_dispose(owner, slot, generation) == 0);
}

/* A guard answers to the generation of its list only, and to none where it has no list. */
static void try_guard(struct machine *machine, int number, uint32_t slot, uint32_t generation)
{
	struct buddy_owner *owner = &machine->world.owners[number];
	const struct list_entry *guard = guard_at(machine, number, slot);
	struct buddy_token token, ticket;
	struct buddy_list list;

	if (guard && (generation == guard->generation || generation == BUDDY_ANY_GENERATION)) {
		find_list(machine, guard, &list);
		return;
	}
	EXPECT(machine, buddy_owner_find(owner, slot, generation, &list), STATUS(FREED));
	EXPECT(machine, buddy_owner_prepare_parking(owner, slot, generation, &token, &ticket),
	       STATUS(FREED));
	EXPECT(machine, buddy_owner_park(owner, slot, generation, false), STATUS(FREED));
	EXPECT(machine, buddy_owner_append(owner, slot, generation, slot, generation, 0, &list),
	       STATUS(FREED));
	EXPECT(machine, buddy_owner_extend(owner, slot, generation, 0, &list), STATUS(FREED));
}

void call_stale(struct machine *machine)
{
	int number = (int)input_below(&machine->input, OWNERS);
	bool wild = input_below(&machine->input, 4) == 3;
	uint32_t slot = (uint32_t)input_bytes(&machine->input, wild ? 4 : 1);
	uint32_t generation = (uint32_t)input_bytes(&machine->input, wild ? 4 : 1);
	const struct list_entry *guard = guard_at(machine, number, slot);

	try_handle(machine, number, slot, generation);
	try_guard(machine, number, slot, generation);
	if (guard)
		try_guard(machine, number, slot,
			  BUDDY_LOW_GENERATION(guard->generation + generation % 8 - 4));
}
