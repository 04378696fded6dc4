/* The calls of a program on lists of blocks, see calls.h: trimming, freeing, and moving them between owners. */
#include "calls.h"

#define ANSWERS_OF_TRIM                                                                            \
	(STATUS(OK) | STATUS(TRIM_NOT_SINGULAR) | STATUS(NEW_SIZE_ZERO) |                          \
	 STATUS(NEW_SIZE_UNALIGNED) | STATUS(NEW_SIZE_ABOVE_BLOCK) | STATUS(START_UNALIGNED) |     \
	 STATUS(START_OUTSIDE_BLOCK) | STATUS(NO_MEMORY))

#define ANSWERS_OF_TRIM_RAW (STATUS(OK) | STATUS(KERNEL_EINVAL) | STATUS(NO_MEMORY))

/* What a call on a list may end with. */
static uint64_t answers_on(const struct machine *machine, const struct list_entry *entry,
			   uint64_t answers)
{
	if (entry->blocks.allocator == NOBODY)
		return STATUS(FREED);
	if (machine->world.allocators[entry->blocks.allocator].poisoned)
		return STATUS(POISONED);
	return answers;
}

/*
 * Checks that a block has become some that lie within it, one after the other. `blocks` has the caller's bytes; in all else a
 * byte of these is `scale` bytes.
 */
static void check_trimmed(const struct blocks *blocks, uint64_t scale, const struct extent *before,
			  const uint64_t *start, uint64_t new_size)
{
	uint64_t end = start ? *start : before->offset;

	CHECK(scale * world_bytes(blocks) == new_size);
	for (uint64_t i = 0; i < blocks->count; i++) {
		CHECK(scale * blocks->extents[i].offset == end);
		end += scale * blocks->extents[i].size;
	}
	CHECK(new_size <= before->size && end <= before->offset + before->size);
}

static void trim(struct machine *machine, bool raw)
{
	struct list_entry *entry = choose_list(machine);
	bool has_start = input_below(&machine->input, 2);
	struct landmarks landmarks;
	struct extent before;
	uint64_t new_size, start, scale = 1;
	enum buddy_status status;

	if (!entry)
		return;
	landmarks = landmarks_of(machine, entry->blocks.allocator, raw);
	if (entry->blocks.count) {
		if (raw)
			scale = machine->world.allocators[entry->blocks.allocator].scale;
		landmarks.offset = scale * entry->blocks.extents[0].offset;
		landmarks.block_size = scale * entry->blocks.extents[0].size;
	}
	before = (struct extent){ landmarks.offset, landmarks.block_size };
	new_size = input_number(&machine->input, &landmarks);
	start = input_number(&machine->input, &landmarks);
	if (input_below(&machine->input, 2))
		start = before.offset + landmarks.chunk_size * input_below(&machine->input, 16);

	status = (raw ? buddy_trim_raw : buddy_trim)(world_list(&machine->world, entry),
						     has_start ? &start : NULL, new_size);
	EXPECT(machine, status,
	       answers_on(machine, entry, raw ? ANSWERS_OF_TRIM_RAW : ANSWERS_OF_TRIM));
	if (status)
		return;

	world_note_blocks(&machine->world, entry, entry->blocks.allocator, entry->blocks.tag);
	/* Where there is nothing to trim, the raw entry does not look at the start (H24). */
	check_trimmed(&entry->blocks, scale, &before,
		      has_start && !(raw && new_size == before.size) ? &start : NULL, new_size);
}

void call_trim(struct machine *machine)
{
	trim(machine, false);
}

void call_trim_raw(struct machine *machine)
{
	trim(machine, true);
}

static void free_list(struct machine *machine, struct list_entry *entry, bool cleared)
{
	struct buddy_owner *owner = &machine->world.owners[entry->owner];
	enum buddy_status status;
	uint64_t allowed = STATUS(OK);

	if (entry->blocks.allocator != NOBODY)
		allowed = answers_on(machine, entry, allowed);
	status = buddy_owner_free(owner, entry->slot, entry->generation, cleared);
	EXPECT(machine, status, allowed);
	CHECK(buddy_owner_free(owner, entry->slot, entry->generation, cleared) == BUDDY_FREED);
	entry->generation = slots_generation(&owner->lists, entry->slot);
	world_forget_blocks(&entry->blocks);
	world_settle(&machine->world);
}

void call_free(struct machine *machine)
{
	struct list_entry *entry = choose_list(machine);
	bool cleared = input_below(&machine->input, 2);

	if (entry)
		free_list(machine, entry, cleared);
}

void call_free_many(struct machine *machine)
{
	unsigned int step = 2 + input_below(&machine->input, 2);
	unsigned int states = input_byte(&machine->input);

	for (unsigned int i = 0; i < LISTS; i += step)
		if (machine->world.lists[i].open)
			free_list(machine, &machine->world.lists[i], states >> i % 8 & 1);
}

static void free_block(struct machine *machine, bool raw)
{
	struct list_entry *entry = choose_list(machine);
	bool cleared = input_below(&machine->input, 2);
	uint64_t index = input_below(&machine->input, 16);
	struct blocks *blocks;
	struct buddy_list *list;
	enum buddy_status status;

	if (!entry)
		return;
	if (index == 15)
		index = input_bytes(&machine->input, 8);
	blocks = &entry->blocks;
	list = world_list(&machine->world, entry);
	status = raw ? buddy_free_block_raw(list, index) : buddy_free_block(list, index, cleared);
	EXPECT(machine, status,
	       answers_on(machine, entry,
			  index < blocks->count ? STATUS(OK) : STATUS(INDEX_OUTSIDE_LIST)));
	if (status)
		return;

	for (uint64_t i = index + 1; i < blocks->count; i++)
		blocks->extents[i - 1] = blocks->extents[i];
	blocks->count--;
}

void call_free_block(struct machine *machine)
{
	free_block(machine, false);
}

void call_free_block_raw(struct machine *machine)
{
	free_block(machine, true);
}

void call_close_list(struct machine *machine)
{
	struct list_entry *entry = choose_list(machine);

	if (!entry)
		return;
	buddy_owner_close_list(&machine->world.owners[entry->owner], entry->slot);
	entry->open = false;
	world_forget_blocks(&entry->blocks);
	world_settle(&machine->world);
}

static struct ticket_entry *unused_ticket(struct machine *machine)
{
	for (unsigned int i = 0; i < TICKETS; i++)
		if (!machine->world.tickets[i].valid)
			return &machine->world.tickets[i];
	return NULL;
}

void call_park(struct machine *machine)
{
	struct list_entry *entry = choose_list(machine);
	struct ticket_entry *ticket = unused_ticket(machine);
	struct world *world = &machine->world;
	struct allocator_entry *allocator;
	struct buddy_token token;
	enum buddy_status status;

	if (!entry || !ticket)
		return;
	status = buddy_owner_prepare_parking(&world->owners[entry->owner], entry->slot,
					     entry->generation, &token, &ticket->ticket);
	if (!status)
		status = buddy_owner_park(&world->owners[entry->owner], entry->slot,
					  entry->generation);
	EXPECT(machine, status, answers_on(machine, entry, STATUS(OK)));
	if (entry->blocks.allocator == NOBODY)
		return;
	allocator = &world->allocators[entry->blocks.allocator];
	allocator->shared = true;
	allocator->token = token;
	if (status)
		return;

	ticket->valid = true;
	ticket->giver = entry->owner;
	ticket->blocks = entry->blocks;
	entry->blocks = (struct blocks){ .allocator = NOBODY };
	entry->generation = slots_generation(&world->owners[entry->owner].lists, entry->slot);
	world_settle(world);
}

void call_adopt(struct machine *machine)
{
	struct world *world = &machine->world;
	struct ticket_entry *ticket = &world->tickets[input_below(&machine->input, TICKETS)];
	bool any = input_below(&machine->input, 8) == 1;
	struct list_entry *entry = any ? choose_list(machine) : choose_empty_list(machine);
	struct handle_entry *handle = any ? choose_handle(machine) : NULL;
	int allocator = handle ? handle->allocator : ticket->blocks.allocator;
	bool right = ticket->valid && ticket->blocks.allocator == allocator;
	uint64_t allowed = right ? STATUS(OK) : STATUS(TOKEN_UNKNOWN);
	enum buddy_status status;

	if (!entry || allocator == NOBODY)
		return;
	if (world->allocators[allocator].poisoned)
		allowed = STATUS(POISONED);
	if (entry->blocks.allocator != NOBODY)
		allowed = STATUS(LIST_IN_USE);

	status = buddy_adopt(world->allocators[allocator].allocator, ticket->ticket,
			     world_list(world, entry));
	EXPECT(machine, status, allowed);
	if (status)
		return;
	ticket->valid = false;
	entry->blocks = ticket->blocks;
	ticket->blocks = (struct blocks){ .allocator = NOBODY };
}
