/* The calls of a program on allocators and owners, and what all calls share: see calls.h. */
#include "calls.h"

#include <buddy/allocator.h>
#include <buddy/faults.h>
#include <linux/sizes.h>
#include <string.h>

/* On kernels that do not survive a failed split, a call that may find no memory poisons the first allocator instead. */
static bool is_poisoned_by_failure(const struct machine *machine, enum buddy_status status,
				   uint64_t allowed)
{
	return !LINUX_SURVIVES_FAILED_SPLITS && machine->failure_is_set &&
	       status == BUDDY_POISONED && (allowed & STATUS(NO_MEMORY));
}

enum buddy_status expect_status(struct machine *machine, struct test_place place,
				enum buddy_status status, uint64_t allowed)
{
	machine->statuses[status]++;
	if (is_poisoned_by_failure(machine, status, allowed))
		machine->world.allocators[0].poisoned = true;
	else if (!(allowed >> status & 1))
		test_fail(place, "the call ends with status %d: %s %s", status,
			  buddy_status_texts[status].code, buddy_status_texts[status].why);
	return status;
}

static int choose_owner(struct machine *machine)
{
	return (int)input_below(&machine->input, OWNERS);
}

struct handle_entry *choose_handle(struct machine *machine)
{
	unsigned int first = input_below(&machine->input, HANDLES);

	for (unsigned int i = 0; i < HANDLES; i++) {
		struct handle_entry *handle = &machine->world.handles[(first + i) % HANDLES];

		if (handle->there && !handle->disposed)
			return handle;
	}
	return NULL;
}

struct list_entry *choose_list(struct machine *machine)
{
	unsigned int first = input_below(&machine->input, LISTS);

	for (unsigned int i = 0; i < LISTS; i++) {
		struct list_entry *entry = &machine->world.lists[(first + i) % LISTS];

		if (entry->open)
			return entry;
	}
	return NULL;
}

static void open_list(struct machine *machine, struct list_entry *entry, int owner)
{
	entry->open = true;
	entry->owner = owner;
	entry->slot = buddy_owner_open_guard(&machine->world.owners[owner]);
	CHECK(entry->slot != SLOT_NONE);
	world_note_guard(&machine->world, entry, NOBODY);
}

struct list_entry *choose_empty_list(struct machine *machine, const struct handle_entry *handle)
{
	for (unsigned int i = 0; i < LISTS; i++) {
		struct list_entry *entry = &machine->world.lists[i];

		if (!entry->open)
			open_list(machine, entry, handle->owner);
		if (entry->owner == handle->owner && entry->blocks.allocator == NOBODY)
			return entry;
	}
	return NULL;
}

struct buddy_owner *owner_of(struct machine *machine, const struct handle_entry *handle)
{
	return &machine->world.owners[handle->owner];
}

struct buddy_handle *handle_at(struct machine *machine, const struct handle_entry *handle)
{
	struct buddy_handle *found = buddy_owner_handle(owner_of(machine, handle), handle->slot);

	CHECK(found && found->slot == handle->slot && found->disposed == handle->disposed);
	CHECK(slots_generation_of(found) == handle->generation);
	return found;
}

uint32_t owner_number(struct machine *machine, const struct handle_entry *handle)
{
	return handle_at(machine, handle)->owner;
}

bool find_list(struct machine *machine, const struct list_entry *entry, struct buddy_list *list)
{
	const struct world *world = &machine->world;
	uint64_t allowed = STATUS(FREED);

	if (entry->handle != NOBODY &&
	    world->allocators[world->handles[entry->handle].allocator].poisoned)
		allowed = STATUS(POISONED);
	else if (entry->blocks.allocator != NOBODY)
		allowed = STATUS(OK);
	return EXPECT(machine,
		      buddy_owner_find(&world->owners[entry->owner], entry->slot, entry->generation,
				       list),
		      allowed) == BUDDY_OK;
}

struct landmarks landmarks_of(struct machine *machine, int allocator, bool raw)
{
	const struct allocator_entry *entry;
	const struct list_entry *list = &machine->world.lists[input_below(&machine->input, LISTS)];
	struct landmarks landmarks = { .chunk_size = 4096, .block_size = 4096 };
	uint64_t scale;

	if (allocator == NOBODY)
		return landmarks;
	entry = &machine->world.allocators[allocator];
	scale = raw ? entry->scale : 1;
	landmarks.size = scale * entry->size;
	landmarks.chunk_size = landmarks.block_size = scale * entry->chunk_size;
	if (list->blocks.count && list->blocks.allocator == allocator) {
		landmarks.offset = scale * list->blocks.extents[0].offset;
		landmarks.block_size = scale * list->blocks.extents[0].size;
	}
	return landmarks;
}

/* Returns the factor from the caller's bytes to the kernel's. */
static uint64_t scale_of(const struct buddy_config *config)
{
	return config->chunk_size < SZ_4K ? SZ_4K / config->chunk_size : 1;
}

/* Chooses chunks of 4 KiB, or smaller ones in some programs of some kinds. */
static void choose_unit(unsigned int kind, unsigned int byte, struct buddy_config *config)
{
	config->any_unit = kind == 1 || kind == 3 || (kind >= 6 && byte % 4 == 3);
	config->chunk_size = config->any_unit ? 1ULL << byte / 4 % 12 : SZ_4K;
}

/* Chooses any space; with small chunks, now and then one of about the largest size. */
static void choose_any_space(struct input *input, struct buddy_config *config)
{
	struct landmarks landmarks = { 1ULL << 30, config->chunk_size, 0, config->chunk_size };

	if (config->any_unit)
		landmarks.size = UINT64_MAX / scale_of(config) + 1;
	config->chunk_size = input_power(input, &landmarks);
	config->size = input_number(input, &landmarks);
}

/* A space that suits the kind of program. */
static void choose_space(struct machine *machine, struct buddy_config *config)
{
	struct input *input = &machine->input;
	unsigned int byte = input_byte(input);

	choose_unit(machine->kind, byte, config);
	switch (machine->kind) {
	case 0:
	case 1:
		/* Small, and a power of two. */
		config->size = config->chunk_size * (16ULL << byte % 4);
		break;
	case 2:
	case 3:
		/* Small, with several roots. */
		config->size = config->chunk_size * (1 + byte);
		break;
	case 4:
		config->size = config->chunk_size * (1 + input_bytes(input, 2));
		break;
	case 5:
		config->chunk_size <<= byte % 8;
		config->size = config->chunk_size * (1 + input_byte(input));
		break;
	case 6:
		/* A space as large as possible. */
		config->size = (1ULL << (63 - byte % 24)) + SZ_4K * input_bytes(input, byte % 6);
		config->size /= scale_of(config);
		break;
	default:
		choose_any_space(input, config);
	}
}

/* Enough memory for a few thousand blocks, or for a few, and steps in proportion. */
static void choose_limits(struct machine *machine, struct buddy_config *config)
{
	static const uint64_t memory_limits[] = { 70000, 200000, 200000, 460000, 0 };
	static const uint64_t step_limits[] = { 20000, 20000, 5000, 20000, 500, 1 };
	unsigned int choice = input_below(&machine->input, 32);

	config->memory_limit = memory_limits[choice % 4];
	if (choice == 31)
		config->memory_limit = 1 + input_bytes(&machine->input, 2);
	if (!LINUX_SURVIVES_FAILED_SPLITS)
		config->memory_limit = 0;
	config->step_limit = step_limits[input_below(&machine->input, 6)];
}

static uint64_t answers_of_create(const struct buddy_config *config)
{
	if (config->chunk_size < SZ_4K && !config->any_unit)
		return STATUS(CHUNK_SIZE_TOO_SMALL);
	if (!is_power_of_2(config->chunk_size))
		return STATUS(CHUNK_SIZE_NO_POWER_OF_2);
	if (config->size < config->chunk_size)
		return STATUS(SIZE_BELOW_CHUNK);
	if (config->size > UINT64_MAX / scale_of(config))
		return STATUS(SIZE_TOO_LARGE_SCALED);
	return STATUS(OK) | STATUS(NO_MEMORY);
}

static struct handle_entry *unused_handle(struct machine *machine)
{
	for (unsigned int i = 0; i < HANDLES; i++)
		if (!machine->world.handles[i].there)
			return &machine->world.handles[i];
	return NULL;
}

static int unused_allocator(const struct machine *machine)
{
	for (int i = 0; i < ALLOCATORS; i++)
		if (!machine->world.allocators[i].allocator)
			return i;
	return NOBODY;
}

static void take(struct machine *machine, struct handle_entry *handle, int allocator, bool created)
{
	struct buddy_owner *owner;

	handle->there = true;
	handle->disposed = false;
	handle->owner = choose_owner(machine);
	handle->allocator = allocator;
	handle->growth = 0;
	owner = &machine->world.owners[handle->owner];
	handle->slot =
		buddy_owner_take(owner, machine->world.allocators[allocator].allocator, created);
	CHECK(handle->slot != SLOT_NONE);
	handle->generation = slots_generation(&owner->handles, handle->slot);
}

struct handle_entry *create(struct machine *machine, struct buddy_config *config)
{
	struct handle_entry *handle = unused_handle(machine);
	int index = unused_allocator(machine);
	struct buddy_allocator *allocator = NULL;
	struct allocator_entry *entry;
	enum buddy_status status;

	if (!handle || index == NOBODY)
		return NULL;
	entry = &machine->world.allocators[index];
	choose_limits(machine, config);
	status = buddy_create(config, &allocator);
	EXPECT(machine, status, answers_of_create(config));
	CHECK(!status == !!allocator);
	if (status)
		return NULL;

	entry->allocator = allocator;
	entry->chunk_size = config->chunk_size;
	entry->scale = scale_of(config);
	entry->size = config->size / config->chunk_size * config->chunk_size;
	take(machine, handle, index, true);
	if (index == 0 && machine->failure.nth && !machine->failure_is_set) {
		machine->failure_is_set = true;
		buddy_inject_failure(allocator, machine->failure.nth,
				     machine->failure.from_then_on);
	}
	return handle;
}

void call_create(struct machine *machine)
{
	struct buddy_config config = { .base_offset = 0 };

	if (!unused_handle(machine) || unused_allocator(machine) == NOBODY)
		return;
	choose_space(machine, &config);
	create(machine, &config);
}

bool machine_allocations_left(const struct machine *machine, uint64_t *left)
{
	const struct buddy_allocator *allocator = machine->world.allocators[0].allocator;

	if (!allocator || !machine->failure_is_set)
		return false;
	*left = allocator->arena.fail_nth;
	return true;
}

void call_share(struct machine *machine)
{
	struct handle_entry *handle = choose_handle(machine), *another = unused_handle(machine);
	struct buddy_token token, made_up;
	struct allocator_entry *entry;

	if (!handle || !another)
		return;
	entry = &machine->world.allocators[handle->allocator];
	CHECK(buddy_share(entry->allocator, &token) == BUDDY_OK);
	if (entry->shared)
		CHECK(!memcmp(&token, &entry->token, sizeof(token)));
	entry->shared = true;
	entry->token = token;

	made_up = token;
	made_up.words[input_below(&machine->input, 2)] ^= 1ULL << input_below(&machine->input, 64);
	CHECK(!buddy_find(made_up));
	CHECK(buddy_find(token) == entry->allocator);
	take(machine, another, handle->allocator, false);
}

void call_dispose(struct machine *machine)
{
	struct handle_entry *handle = choose_handle(machine);
	struct buddy_owner *owner;

	if (!handle)
		return;
	owner = &machine->world.owners[handle->owner];
	CHECK(buddy_owner_dispose(owner, handle->slot, handle->generation) == handle->growth);
	CHECK(buddy_owner_dispose(owner, handle->slot, handle->generation) == 0);
	handle->disposed = true;
	world_settle(&machine->world);
}

void call_end_owner(struct machine *machine)
{
	int owner = choose_owner(machine);

	buddy_owner_destroy(&machine->world.owners[owner]);
	world_end_owner(&machine->world, owner);
	buddy_owner_init(&machine->world.owners[owner]);
}

void call_inject_failure(struct machine *machine)
{
	struct handle_entry *handle = choose_handle(machine);
	unsigned int nth = input_below(&machine->input, 64);
	bool from_then_on = input_below(&machine->input, 2);

	if (handle && !machine->failure.nth && LINUX_SURVIVES_FAILED_SPLITS)
		buddy_inject_failure(machine->world.allocators[handle->allocator].allocator, nth,
				     from_then_on);
}

void call_inject_bug(struct machine *machine)
{
	struct handle_entry *handle = choose_handle(machine);
	struct allocator_entry *entry;

	/* Rarely: little can be done with an allocator afterwards. */
	if (!handle || input_below(&machine->input, 4) != 3)
		return;
	entry = &machine->world.allocators[handle->allocator];
	EXPECT(machine, buddy_inject_bug(entry->allocator), STATUS(POISONED));
	CHECK(buddy_bug(entry->allocator).line);
	entry->poisoned = true;
}
