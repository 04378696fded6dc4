/* The calls of a program that take blocks exactly where they are said to be, see calls.h: for a list, or for an allocator. */
#include "calls.h"

#include <buddy/lists.h>
#include <buddy/state.h>
#include <math.h>
#include <stdlib.h>
#include <tests.h>

enum { MOST_PLACES = 4 };

#define ANSWERS_OF_PLACES                                                                          \
	(STATUS(OK) | STATUS(BLOCK_OUTSIDE_SPACE) | STATUS(BLOCK_UNALIGNED) |                      \
	 STATUS(BLOCK_NOT_FREE) | STATUS(NO_MEMORY) | STATUS(ABOVE_LIMIT) | STATUS(ALL_RESERVED))

static double choose_odd_number(struct input *input)
{
	static const double odd[] = { NAN, INFINITY, -INFINITY, -1,     -0.0,
				      0.5, 1e300,    5e-324,    0x1p63, 0x1p64 };

	return odd[input_below(input, sizeof(odd) / sizeof(odd[0]))];
}

/* Most often one of the space, aligned, and not large. */
static void choose_place(struct machine *machine, int allocator, double *chunk, uint8_t *order)
{
	struct input *input = &machine->input;
	struct landmarks landmarks = landmarks_of(machine, allocator, false);
	unsigned int choice = input_below(input, 32);
	uint64_t number = input_number(input, &landmarks) / landmarks.chunk_size;

	*order = choice < 2 ? input_byte(input) : (uint8_t)(choice % 4);
	if (choice > 3)
		number = number >> *order << *order;
	*chunk = choice == 2 ? choose_odd_number(input) : (double)number;
}

static struct extent extent_of(const struct allocator_entry *allocator, double chunk, uint8_t order)
{
	return (struct extent){ (uint64_t)chunk * allocator->chunk_size,
				allocator->chunk_size << order };
}

/* Checks the refusal of a place that can't be had. */
static void check_refusal(const struct allocator_entry *allocator, enum buddy_status status,
			  double chunk, uint8_t order)
{
	uint64_t chunks = allocator->size / allocator->chunk_size, size = 1ULL << min(order, 63);
	bool begins_inside = chunk >= 0 && chunk < (double)chunks;
	uint64_t first = begins_inside ? (uint64_t)chunk : 0;
	bool is_inside = begins_inside && size <= chunks - first;
	bool is_aligned = begins_inside && (double)first == chunk && first % size == 0;

	switch (status) {
	case BUDDY_BLOCK_OUTSIDE_SPACE:
		CHECK(!is_inside);
		break;
	case BUDDY_BLOCK_UNALIGNED:
		CHECK(!is_aligned);
		break;
	case BUDDY_BLOCK_NOT_FREE:
		CHECK(is_inside && is_aligned);
		break;
	default:
		break;
	}
}

/* The blocks are those of the places, in their order. */
static void check_places(const struct allocator_entry *allocator, const struct blocks *blocks,
			 const double *chunks, const uint8_t *orders)
{
	for (uint64_t i = 0; i < blocks->count; i++) {
		struct extent extent = extent_of(allocator, chunks[i], orders[i]);

		CHECK(blocks->extents[i].offset == extent.offset);
		CHECK(blocks->extents[i].size == extent.size);
	}
}

static void check_clearness(const struct buddy_list *list, enum buddy_clearness clearness)
{
	struct gpu_buddy_block *block;

	buddy_for_each_block(block, list)
		if (clearness != BUDDY_AS_FOUND)
			CHECK(gpu_buddy_block_is_clear(block) == (clearness == BUDDY_CLEAR));
}

static uint64_t answers_of_claim(const struct allocator_entry *allocator, bool is_in_use,
				 uint64_t count)
{
	if (is_in_use)
		return STATUS(LIST_IN_USE);
	if (!count)
		return STATUS(NO_BLOCKS);
	return allocator->poisoned ? STATUS(POISONED) : ANSWERS_OF_PLACES;
}

static void claim(struct machine *machine, struct handle_entry *handle, struct list_entry *entry,
		  const struct buddy_places *places)
{
	struct world *world = &machine->world;
	struct allocator_entry *allocator = &world->allocators[handle->allocator];
	struct buddy_list list = { .owner = owner_number(machine, handle) };
	enum buddy_clearness clearness = input_below(&machine->input, 3);
	uint64_t tag = input_byte(&machine->input), failed;
	uint32_t account = choose_account(machine, handle->allocator);
	bool is_in_use = entry->blocks.allocator != NOBODY;
	struct buddy_avail before, after;
	enum buddy_status status;

	if (is_in_use && !find_list(machine, entry, &list))
		return;
	buddy_avail(allocator->allocator, &before);
	status = buddy_claim(allocator->allocator, &list, places, tag, account, clearness, &failed);
	EXPECT(machine, status, answers_of_claim(allocator, is_in_use, places->count));
	if (status == BUDDY_POISONED)
		return;
	if (status) {
		buddy_avail(allocator->allocator, &after);
		CHECK(after.avail == before.avail && after.clear_avail <= before.clear_avail);
		CHECK(LINUX_MIXES_CLEAR_WITH_DIRTY || after.clear_avail == before.clear_avail);
		if (ANSWERS_OF_PLACES >> status & 1 && failed < places->count)
			check_refusal(allocator, status, places->chunks[failed],
				      places->orders[failed]);
		return;
	}

	world_note_blocks(world, &entry->blocks, &list, handle->allocator, tag, account);
	CHECK(entry->blocks.count == places->count);
	check_places(allocator, &entry->blocks, places->chunks, places->orders);
	check_clearness(&list, clearness);
	buddy_owner_guard(owner_of(machine, handle), entry->slot, handle_at(machine, handle),
			  &list);
	world_note_guard(world, entry, (int)(handle - world->handles));
}

void call_claim(struct machine *machine)
{
	struct handle_entry *handle = choose_handle(machine);
	bool any = input_below(&machine->input, 32) == 1;
	double chunks[MOST_PLACES];
	uint8_t orders[MOST_PLACES];
	struct buddy_places places = { input_below(&machine->input, MOST_PLACES + 1), chunks,
				       orders, NULL };
	struct list_entry *entry;

	if (!handle)
		return;
	entry = any ? choose_list(machine) : choose_empty_list(machine, handle);
	if (!entry || entry->owner != handle->owner)
		return;
	for (uint64_t i = 0; i < places.count; i++)
		choose_place(machine, handle->allocator, &chunks[i], &orders[i]);
	claim(machine, handle, entry, &places);
}

static void open_state(struct buddy_state *state)
{
	state->tags = test_memory((state->list_count + 1) * sizeof(double));
	state->counts = test_memory((state->list_count + 1) * sizeof(double));
	state->chunks = test_memory((state->block_count + 1) * sizeof(double));
	state->orders = test_memory(state->block_count + 1);
	state->clear = test_memory(state->block_count + 1);
	state->free_chunks = test_memory((state->free_count + 1) * sizeof(double));
	state->free_orders = test_memory(state->free_count + 1);
}

static void close_state(const struct buddy_state *state)
{
	free(state->tags);
	free(state->counts);
	free(state->chunks);
	free(state->orders);
	free(state->clear);
	free(state->free_chunks);
	free(state->free_orders);
}

/* False where the allocator is poisoned. */
static bool save(struct machine *machine, const struct allocator_entry *allocator,
		 struct buddy_state *state)
{
	bool is_written;

	*state = (struct buddy_state){ .list_count = 0 };
	if (EXPECT(machine, buddy_save(allocator->allocator, state, &is_written),
		   allocator->poisoned ? STATUS(POISONED) : STATUS(OK)))
		return false;
	CHECK(!is_written);
	open_state(state);
	CHECK(buddy_save(allocator->allocator, state, &is_written) == BUDDY_OK && is_written);
	return true;
}

/* Leaves as many lists as a group can have, which are as they are in the books. */
static void keep_first(const struct world *world, int allocator, struct buddy_state *state)
{
	uint64_t row = 0;

	state->list_count = min(state->list_count, (uint64_t)GROUP_ROWS);
	for (uint64_t i = 0; i < state->list_count; i++) {
		for (uint64_t end = row + (uint64_t)state->counts[i]; row < end; row++) {
			struct extent extent = extent_of(&world->allocators[allocator],
							 state->chunks[row], state->orders[row]);
			uint64_t tag;
			const struct extent *found =
				world_find(world, allocator, extent.offset, &tag);

			CHECK(found && found->offset == extent.offset);
			CHECK(found->size == extent.size && (double)tag == state->tags[i]);
		}
	}
	state->block_count = row;
}

/* Writes something else into a cell, now and then; true where it has. */
static bool spoil(struct machine *machine, int allocator, struct buddy_state *state)
{
	struct input *input = &machine->input;
	unsigned int choice = input_below(input, 12), row = input_byte(input);
	uint8_t order;

	if (choice < 2 && state->list_count)
		(choice ? state->tags : state->counts)[row % state->list_count] =
			choose_odd_number(input);
	else if (choice == 2 && state->block_count)
		choose_place(machine, allocator, &state->chunks[row % state->block_count],
			     &state->orders[row % state->block_count]);
	else if (choice == 3 && state->free_count)
		choose_place(machine, allocator, &state->free_chunks[row % state->free_count],
			     &order);
	else if (choice == 4 && state->block_count)
		state->block_count--;
	else
		return false;
	return true;
}

/* Notes the lists in the rows of a group, which must be those of a state. */
static void note_rows(struct machine *machine, struct group_entry *group, int handle,
		      const struct buddy_state *state)
{
	struct world *world = &machine->world;
	int allocator = world->handles[handle].allocator;
	uint64_t first = 0;

	group->handle = handle;
	group->count = (uint32_t)state->list_count;
	for (uint32_t row = 0; row < group->count; row++) {
		struct blocks *blocks = &group->rows[row];
		struct buddy_list list;

		CHECK(buddy_owner_find_row(group_of(machine, group), row, &list));
		world_note_blocks(world, blocks, &list, allocator, (uint64_t)state->tags[row],
				  BUDDY_NO_ACCOUNT);
		CHECK(blocks->count == (uint64_t)state->counts[row]);
		check_places(&world->allocators[allocator], blocks, state->chunks + first,
			     state->orders + first);
		first += blocks->count;
	}
	CHECK(first == state->block_count);
}

/* Checks that the restored allocator would be saved as the same state. */
static void check_restored(struct machine *machine, const struct allocator_entry *allocator,
			   const struct buddy_state *state)
{
	struct buddy_state again;

	save(machine, allocator, &again);
	CHECK(again.list_count == state->list_count && again.block_count == state->block_count);
	/* Blocks that merge with dirty ones are not saved as clear. */
	CHECK(LINUX_MIXES_CLEAR_WITH_DIRTY || again.free_count == state->free_count);
	for (uint64_t i = 0; i < state->list_count; i++)
		CHECK(again.tags[i] == state->tags[i] && again.counts[i] == state->counts[i]);
	for (uint64_t i = 0; i < state->block_count; i++)
		CHECK(again.chunks[i] == state->chunks[i] && again.orders[i] == state->orders[i] &&
		      again.clear[i] == state->clear[i]);
	for (uint64_t i = 0; !LINUX_MIXES_CLEAR_WITH_DIRTY && i < state->free_count; i++)
		CHECK(again.free_chunks[i] == state->free_chunks[i] &&
		      again.free_orders[i] == state->free_orders[i]);
	close_state(&again);
}

static void restore(struct machine *machine, struct handle_entry *handle,
		    const struct buddy_state *state, bool is_spoilt)
{
	struct group_entry *group = choose_empty_group(machine, handle->owner);
	const struct allocator_entry *allocator = &machine->world.allocators[handle->allocator];
	struct buddy_avail avail;
	uint64_t failed;

	if (!group)
		return;
	if (!EXPECT(machine,
		    buddy_owner_restore(owner_of(machine, handle), handle_at(machine, handle),
					group_of(machine, group), state, &failed),
		    is_spoilt ? ANSWERS_OF_PLACES | STATUS(STATE_UNFIT) :
				STATUS(OK) | STATUS(NO_MEMORY))) {
		note_rows(machine, group, (int)(handle - machine->world.handles), state);
		if (!is_spoilt)
			check_restored(machine, allocator, state);
		/* The other calls know only groups that have rows. */
		if (!group->count) {
			buddy_owner_empty_group(owner_of(machine, handle),
						group_of(machine, group));
			world_empty_group(group);
		}
		return;
	}
	if (allocator->poisoned)
		return;
	buddy_avail(allocator->allocator, &avail);
	CHECK(avail.avail == allocator->size && !avail.clear_avail);
	CHECK(!handle_at(machine, handle)->users);
}

void call_restore(struct machine *machine)
{
	struct handle_entry *handle = choose_handle(machine);
	struct buddy_state state;
	bool is_spoilt;

	if (!handle || !save(machine, &machine->world.allocators[handle->allocator], &state))
		return;
	keep_first(&machine->world, handle->allocator, &state);
	is_spoilt = spoil(machine, handle->allocator, &state);
	handle = create(
		machine,
		&(struct buddy_config){
			.size = machine->world.allocators[handle->allocator].size,
			.chunk_size = machine->world.allocators[handle->allocator].chunk_size,
			.any_unit = true,
		});
	if (handle)
		restore(machine, handle, &state, is_spoilt);
	close_state(&state);
}
