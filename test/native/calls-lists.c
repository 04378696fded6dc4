/* The calls of a program on lists of blocks, see calls.h: trimming, freeing, joining, and moving them between owners. */
#include "calls.h"

#include <interface.h>
#include <linux/math.h>
#include <stdlib.h>
#include <string.h>

#define ANSWERS_OF_TRIM                                                                            \
	(STATUS(OK) | STATUS(TRIM_NOT_SINGULAR) | STATUS(NEW_SIZE_ZERO) |                          \
	 STATUS(NEW_SIZE_UNALIGNED) | STATUS(NEW_SIZE_ABOVE_BLOCK) | STATUS(START_UNALIGNED) |     \
	 STATUS(START_OUTSIDE_BLOCK) | STATUS(NO_MEMORY))

#define ANSWERS_OF_EXTEND                                                                          \
	(STATUS(OK) | STATUS(SIZE_BELOW_CHUNK) | STATUS(SIZE_UNALIGNED) |                          \
	 STATUS(SIZE_ABOVE_SPACE) | STATUS(NO_SPACE) | STATUS(NO_MEMORY) | STATUS(WORK_LIMIT))

#define ANSWERS_OF_TRIM_RAW (STATUS(OK) | STATUS(KERNEL_EINVAL) | STATUS(NO_MEMORY))

/* Gives the statuses that a call on an existing list may end with. */
static uint64_t answers_on(const struct machine *machine, const struct list_entry *entry,
			   uint64_t answers)
{
	return machine->world.allocators[entry->blocks.allocator].poisoned ? STATUS(POISONED) :
									     answers;
}

/* The blocks of a list that has been found are others now. */
static void renew(struct machine *machine, struct list_entry *entry, const struct buddy_list *list)
{
	buddy_owner_renew(&machine->world.owners[entry->owner], entry->slot, list);
	world_note_guard(&machine->world, entry, entry->handle);
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
	struct buddy_list list;
	struct extent before;
	uint64_t new_size, start, scale = 1;
	enum buddy_status status;

	if (!entry || !find_list(machine, entry, &list))
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

	status = (raw ? buddy_trim_raw : buddy_trim)(&list, has_start ? &start : NULL, new_size);
	EXPECT(machine, status,
	       answers_on(machine, entry, raw ? ANSWERS_OF_TRIM_RAW : ANSWERS_OF_TRIM));
	if (status)
		return;

	renew(machine, entry, &list);
	world_note_blocks(&machine->world, &entry->blocks, &list, entry->blocks.allocator,
			  entry->blocks.tag, entry->blocks.account);
	/* The raw entry ignores the start if there is nothing to trim (H24). */
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

static void close_list(struct machine *machine, struct list_entry *entry)
{
	buddy_owner_close_guard(&machine->world.owners[entry->owner], entry->slot);
	entry->open = false;
	world_forget_blocks(&entry->blocks);
	world_settle(&machine->world);
}

/* Frees by a name that no list has any more, if the guard still knows one. */
static void free_stale(struct machine *machine, const struct list_entry *entry)
{
	struct buddy_owner *owner = &machine->world.owners[entry->owner];
	struct buddy_meant meant;

	if (!buddy_owner_meant(owner, entry->slot, entry->generation, &meant))
		return;
	CHECK(!meant.is_empty);
	EXPECT(machine, buddy_owner_free(owner, &meant, false), STATUS(FREED));
}

static void free_list(struct machine *machine, struct list_entry *entry, bool cleared)
{
	struct buddy_owner *owner = &machine->world.owners[entry->owner];
	struct buddy_meant meant;
	struct buddy_list list;
	uint64_t allowed;

	find_list(machine, entry, &list);
	if (entry->blocks.allocator == NOBODY) {
		free_stale(machine, entry);
		return;
	}
	CHECK(buddy_owner_meant(owner, entry->slot, entry->generation, &meant));
	CHECK(meant.is_empty == (entry->blocks.count == 0));
	allowed = answers_on(machine, entry, STATUS(OK));
	/* A call that was cut short may have left the list without the block that names it. */
	if (!LINUX_SURVIVES_FAILED_SPLITS && allowed == STATUS(POISONED))
		allowed |= STATUS(FREED);
	EXPECT(machine, buddy_owner_free(owner, &meant, cleared), allowed);
	/* The guard has forgotten it. */
	if (meant.is_empty)
		entry->handle = NOBODY;
	world_forget_blocks(&entry->blocks);
	world_settle(&machine->world);
	CHECK(!find_list(machine, entry, &list));
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
	struct buddy_list list;
	enum buddy_status status;

	if (!entry || !find_list(machine, entry, &list))
		return;
	if (index == 15)
		index = input_bytes(&machine->input, 8);
	blocks = &entry->blocks;
	status = raw ? buddy_free_block_raw(&list, index) : buddy_free_block(&list, index, cleared);
	EXPECT(machine, status,
	       answers_on(machine, entry,
			  index < blocks->count ? STATUS(OK) : STATUS(INDEX_OUTSIDE_LIST)));
	if (status)
		return;

	for (uint64_t i = index + 1; i < blocks->count; i++)
		blocks->extents[i - 1] = blocks->extents[i];
	blocks->count--;
	renew(machine, entry, &list);
	world_settle(&machine->world);
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

	if (entry)
		close_list(machine, entry);
}

/* The blocks of `from` go behind those of `blocks`. */
static void join(struct blocks *blocks, struct blocks *from)
{
	uint64_t count = blocks->count + from->count;
	struct extent *extents = test_memory((count + 1) * sizeof(*extents));

	memcpy(extents, blocks->extents, blocks->count * sizeof(*extents));
	memcpy(extents + blocks->count, from->extents, from->count * sizeof(*extents));
	if (from->count)
		blocks->account = from->account;
	free(blocks->extents);
	blocks->extents = extents;
	blocks->count = count;
	world_forget_blocks(from);
}

static uint64_t answers_of_append(const struct list_entry *entry, const struct list_entry *from)
{
	if (entry == from)
		return STATUS(LIST_ITSELF);
	if (entry->blocks.allocator == from->blocks.allocator && entry->blocks.count &&
	    from->blocks.count && entry->blocks.account != from->blocks.account)
		return STATUS(LIST_OF_OTHER_ACCOUNT);
	return entry->blocks.allocator == from->blocks.allocator ? STATUS(OK) :
								   STATUS(LIST_FOREIGN);
}

void call_append(struct machine *machine)
{
	struct list_entry *entry = choose_list(machine), *from = choose_list(machine);
	struct buddy_list list, other;
	uint64_t allowed;

	if (!entry || entry->owner != from->owner)
		return;
	allowed = find_list(machine, entry, &list) && find_list(machine, from, &other) ?
			  answers_of_append(entry, from) :
			  STATUS(FREED) | STATUS(POISONED);
	if (EXPECT(machine,
		   buddy_owner_append(&machine->world.owners[entry->owner], entry->slot,
				      entry->generation, from->slot, from->generation,
				      entry->blocks.tag, &list),
		   allowed))
		return;

	join(&entry->blocks, &from->blocks);
	world_note_guard(&machine->world, entry, entry->handle);
	world_note_guard(&machine->world, from, NOBODY);
	CHECK(buddy_count(&list) == entry->blocks.count);
	CHECK(!find_list(machine, from, &other));
	world_settle(&machine->world);
}

static uint64_t end_of(const struct blocks *blocks)
{
	uint64_t end = 0;

	for (uint64_t i = 0; i < blocks->count; i++)
		end = max(end, blocks->extents[i].offset + blocks->extents[i].size);
	return end;
}

/* Tells whether `size` bytes behind a list are free. */
static bool is_free_behind(const struct machine *machine, const struct blocks *blocks,
			   uint64_t size)
{
	const struct allocator_entry *allocator = &machine->world.allocators[blocks->allocator];
	uint64_t start = end_of(blocks), bytes;

	if (!blocks->count || size > allocator->size - start)
		return false;
	CHECK(buddy_avail_in(allocator->allocator, start, start + size, &bytes) == BUDDY_OK);
	return bytes == size;
}

static uint64_t answers_of_extend(const struct machine *machine, const struct list_entry *entry,
				  uint64_t size)
{
	const struct allocator_entry *allocator =
		&machine->world.allocators[entry->blocks.allocator];

	if (machine->world.handles[entry->handle].disposed)
		return STATUS(DISPOSED);
	if (size < allocator->chunk_size || size % allocator->chunk_size || size > allocator->size)
		return ANSWERS_OF_EXTEND & ~(STATUS(OK) | STATUS(NO_SPACE));
	return is_free_behind(machine, &entry->blocks, size) ?
		       STATUS(OK) | STATUS(ABOVE_LIMIT) | STATUS(ALL_RESERVED) | STATUS(NO_MEMORY) |
			       STATUS(WORK_LIMIT) :
		       STATUS(NO_SPACE) | STATUS(ABOVE_LIMIT) | STATUS(ALL_RESERVED) |
			       STATUS(NO_MEMORY) | STATUS(WORK_LIMIT);
}

/* The blocks that were there still are; the others lie behind these, one after the other. */
static void check_extended(const struct blocks *blocks, const struct blocks *before, uint64_t size)
{
	uint64_t end = end_of(before);

	CHECK(blocks->count > before->count);
	CHECK(!memcmp(blocks->extents, before->extents, before->count * sizeof(*before->extents)));
	for (uint64_t i = before->count; i < blocks->count; i++) {
		CHECK(blocks->extents[i].offset == end);
		end += blocks->extents[i].size;
	}
	CHECK(end == end_of(before) + size);
}

void call_extend(struct machine *machine)
{
	struct list_entry *entry = choose_list(machine);
	struct landmarks landmarks;
	struct blocks before;
	struct buddy_list list;
	uint64_t size, allowed;

	if (!entry || !find_list(machine, entry, &list))
		return;
	before = entry->blocks;
	landmarks = landmarks_of(machine, before.allocator, false);
	size = input_number(&machine->input, &landmarks);
	/* Looks before the call, which takes the free memory. */
	allowed = answers_of_extend(machine, entry, size);
	if (EXPECT(machine,
		   buddy_owner_extend(&machine->world.owners[entry->owner], entry->slot,
				      entry->generation, size, &list),
		   allowed))
		return;

	entry->blocks = (struct blocks){ .allocator = NOBODY };
	world_note_blocks(&machine->world, &entry->blocks, &list, before.allocator, before.tag,
			  before.account);
	check_extended(&entry->blocks, &before, size);
	world_forget_blocks(&before);
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
	bool keeps = input_below(&machine->input, 2);
	struct world *world = &machine->world;
	struct allocator_entry *allocator;
	struct buddy_token token;
	struct buddy_list list;
	enum buddy_status status;

	if (!entry || !ticket || !find_list(machine, entry, &list))
		return;
	status = buddy_owner_prepare_parking(&world->owners[entry->owner], entry->slot,
					     entry->generation, &token, &ticket->ticket);
	if (!status)
		status = buddy_owner_park(&world->owners[entry->owner], entry->slot,
					  entry->generation, keeps);
	EXPECT(machine, status, answers_on(machine, entry, STATUS(OK)));
	allocator = &world->allocators[entry->blocks.allocator];
	allocator->shared = true;
	allocator->token = token;
	if (status)
		return;

	ticket->valid = true;
	ticket->giver = keeps ? NOBODY : entry->owner;
	ticket->blocks = entry->blocks;
	entry->blocks = (struct blocks){ .allocator = NOBODY };
	world_note_guard(world, entry, NOBODY);
	CHECK(!find_list(machine, entry, &list));
	world_settle(world);
}

/* A handle on the allocator, or NULL. */
static struct handle_entry *handle_on(struct machine *machine, int allocator)
{
	struct handle_entry *handle = choose_handle(machine);

	for (unsigned int i = 0; i < HANDLES; i++) {
		struct handle_entry *other = &machine->world.handles[i];

		if (other->there && other->allocator == allocator &&
		    (!handle || handle->allocator != allocator))
			handle = other;
	}
	return handle && handle->allocator == allocator ? handle : NULL;
}

void call_adopt(struct machine *machine)
{
	struct world *world = &machine->world;
	struct ticket_entry *ticket = &world->tickets[input_below(&machine->input, TICKETS)];
	bool any = input_below(&machine->input, 8) == 1;
	struct handle_entry *handle =
		any ? choose_handle(machine) : handle_on(machine, ticket->blocks.allocator);
	struct list_entry *entry = handle ? choose_empty_list(machine, handle) : NULL;
	uint64_t allowed;
	bool right;

	if (!entry)
		return;
	right = ticket->valid && ticket->blocks.allocator == handle->allocator;
	allowed = right ? STATUS(OK) : STATUS(TOKEN_UNKNOWN);
	if (world->allocators[handle->allocator].poisoned)
		allowed = STATUS(POISONED);

	if (EXPECT(machine,
		   buddy_owner_adopt(owner_of(machine, handle), handle_at(machine, handle),
				     ticket->ticket, entry->slot),
		   allowed))
		return;
	ticket->valid = false;
	entry->blocks = ticket->blocks;
	ticket->blocks = (struct blocks){ .allocator = NOBODY };
	world_note_guard(world, entry, (int)(handle - world->handles));
}

void call_revoke(struct machine *machine)
{
	struct world *world = &machine->world;
	struct ticket_entry *ticket = &world->tickets[input_below(&machine->input, TICKETS)];
	struct handle_entry *handle = handle_on(machine, ticket->blocks.allocator);
	const struct allocator_entry *allocator;
	uint64_t allowed, bytes;

	if (!handle)
		handle = choose_handle(machine);
	if (!handle)
		return;
	allocator = &world->allocators[handle->allocator];
	allowed = allocator->poisoned ? STATUS(POISONED) : STATUS(OK);
	if (!ticket->valid || ticket->blocks.allocator != handle->allocator)
		allowed = STATUS(TOKEN_UNKNOWN);
	EXPECT(machine, buddy_revoke(allocator->allocator, ticket->ticket, &bytes), allowed);
	if (allowed == STATUS(TOKEN_UNKNOWN))
		return;
	if (!allocator->poisoned)
		CHECK(bytes == world_bytes(&ticket->blocks));
	ticket->valid = false;
	world_forget_blocks(&ticket->blocks);
	world_settle(world);
}
