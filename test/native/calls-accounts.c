/* The calls of a program on accounts, see calls.h. */
#include "calls.h"

static struct account_entry *choose_opening(struct machine *machine)
{
	unsigned int first = input_below(&machine->input, ACCOUNTS);

	for (unsigned int i = 0; i < ACCOUNTS; i++) {
		struct account_entry *entry = &machine->world.accounts[(first + i) % ACCOUNTS];

		if (entry->open)
			return entry;
	}
	return NULL;
}

static struct allocator_entry *allocator_of(struct machine *machine,
					    const struct account_entry *entry)
{
	struct world *world = &machine->world;

	return &world->allocators[world->handles[entry->handle].allocator];
}

uint32_t choose_account(struct machine *machine, int allocator)
{
	const struct account_entry *entry =
		input_below(&machine->input, 2) ? choose_opening(machine) : NULL;

	if (!entry || machine->world.handles[entry->handle].allocator != allocator)
		return BUDDY_NO_ACCOUNT;
	return entry->number;
}

static struct buddy_quota choose_quota(struct machine *machine, int allocator)
{
	struct landmarks landmarks = landmarks_of(machine, allocator, false);
	bool has_limit = input_below(&machine->input, 2);
	struct buddy_quota quota = { BUDDY_NO_LIMIT, 0 };

	if (has_limit)
		quota.limit = input_number(&machine->input, &landmarks);
	if (input_below(&machine->input, 2))
		quota.reserved = landmarks.chunk_size * input_byte(&machine->input);
	return quota;
}

static uint64_t answers_of_quota(const struct allocator_entry *allocator,
				 const struct buddy_quota *quota)
{
	if (allocator->poisoned)
		return STATUS(POISONED);
	if (quota->reserved > quota->limit)
		return STATUS(RESERVED_ABOVE_LIMIT);
	if (quota->reserved > allocator->size)
		return STATUS(RESERVED_ABOVE_SPACE);
	return STATUS(OK) | STATUS(RESERVED_ABOVE_SPACE) | STATUS(RESERVED_NOT_FREE);
}

static struct account_entry *unused_entry(struct machine *machine)
{
	for (unsigned int i = 0; i < ACCOUNTS; i++)
		if (!machine->world.accounts[i].open)
			return &machine->world.accounts[i];
	return NULL;
}

static void take(struct machine *machine, struct account_entry *entry, int index, uint32_t number,
		 struct buddy_quota quota)
{
	struct handle_entry *handle = &machine->world.handles[index];
	uint32_t slot = buddy_owner_take_account(owner_of(machine, handle),
						 handle_at(machine, handle), number);

	CHECK(slot != SLOT_NONE);
	*entry = (struct account_entry){ true, handle->owner, slot, index, number, quota };
}

void call_open_account(struct machine *machine)
{
	struct handle_entry *handle = choose_handle(machine);
	struct account_entry *entry = unused_entry(machine);
	struct allocator_entry *allocator;
	struct buddy_quota quota;
	uint32_t number;

	if (!handle || !entry)
		return;
	allocator = &machine->world.allocators[handle->allocator];
	quota = choose_quota(machine, handle->allocator);
	if (!EXPECT(machine, buddy_open_account(allocator->allocator, &quota, &number),
		    answers_of_quota(allocator, &quota)))
		take(machine, entry, (int)(handle - machine->world.handles), number, quota);
}

/* Opens an account once more by its token, through whatever handle on its allocator. */
void call_find_account(struct machine *machine)
{
	const struct account_entry *known = choose_opening(machine);
	struct account_entry *entry = unused_entry(machine);
	struct handle_entry *handle = choose_handle(machine);
	struct buddy_allocator *allocator;
	struct buddy_token token;
	uint32_t number;
	bool is_same;

	if (!known || !entry || !handle)
		return;
	token = buddy_account_token(allocator_of(machine, known)->allocator, known->number);
	is_same = handle->allocator == machine->world.handles[known->handle].allocator;
	allocator = machine->world.allocators[handle->allocator].allocator;
	if (EXPECT(machine, buddy_find_account(allocator, token, &number),
		   is_same ? STATUS(OK) : STATUS(TOKEN_UNKNOWN)))
		return;
	CHECK(number == known->number);
	take(machine, entry, (int)(handle - machine->world.handles), number, known->quota);
}

/* Notes what all openings of an account say then. */
static void note_quota(struct machine *machine, const struct account_entry *changed,
		       struct buddy_quota quota)
{
	struct world *world = &machine->world;
	int allocator = world->handles[changed->handle].allocator;

	for (unsigned int i = 0; i < ACCOUNTS; i++) {
		struct account_entry *entry = &world->accounts[i];

		if (entry->open && entry->number == changed->number &&
		    world->handles[entry->handle].allocator == allocator)
			entry->quota = quota;
	}
}

void call_change_account(struct machine *machine)
{
	struct account_entry *entry = choose_opening(machine);
	bool has_limit = input_below(&machine->input, 2),
	     has_reserved = !has_limit || input_below(&machine->input, 2);
	struct allocator_entry *allocator;
	struct buddy_quota chosen, quota;

	if (!entry)
		return;
	allocator = allocator_of(machine, entry);
	chosen = choose_quota(machine, machine->world.handles[entry->handle].allocator);
	quota = (struct buddy_quota){ has_limit ? chosen.limit : entry->quota.limit,
				      has_reserved ? chosen.reserved : entry->quota.reserved };
	if (!EXPECT(machine,
		    buddy_change_account(allocator->allocator, entry->number,
					 has_limit ? &chosen.limit : NULL,
					 has_reserved ? &chosen.reserved : NULL),
		    answers_of_quota(allocator, &quota)))
		note_quota(machine, entry, quota);
}

void call_close_account(struct machine *machine)
{
	struct account_entry *entry = choose_opening(machine);

	if (!entry)
		return;
	buddy_owner_close_account(&machine->world.owners[entry->owner], entry->slot);
	entry->open = false;
	world_settle(&machine->world);
}
