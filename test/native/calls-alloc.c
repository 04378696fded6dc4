/* The calls of a program that allocate, see calls.h: what was asked for is what came. */
#include "alloc-list.h"
#include "calls.h"

#include <interface.h>

#define ANSWERS_OF_ALLOC                                                                           \
	(STATUS(OK) | STATUS(SIZE_BELOW_CHUNK) | STATUS(SIZE_UNALIGNED) |                          \
	 STATUS(SIZE_ABOVE_SPACE) | STATUS(SIZE_ABOVE_SPACE_ROUNDED) |                             \
	 STATUS(SIZE_ABOVE_SPACE_CONTIGUOUS) | STATUS(MIN_BLOCK_SIZE_BELOW_CHUNK) |                \
	 STATUS(MIN_BLOCK_SIZE_NO_POWER_OF_2) | STATUS(RANGE_EMPTY) | STATUS(RANGE_UNALIGNED) |    \
	 STATUS(RANGE_BEYOND_SPACE) | STATUS(RANGE_TOO_LATE) | STATUS(RANGE_EXACT_UNALIGNED) |     \
	 STATUS(FLAGS_UNKNOWN) | STATUS(NO_SPACE) | STATUS(NO_MEMORY) | STATUS(WORK_LIMIT) |       \
	 STATUS(ABOVE_LIMIT) | STATUS(ALL_RESERVED))

#define ANSWERS_OF_ALLOC_RAW                                                                       \
	(STATUS(OK) | STATUS(KERNEL_EINVAL) | STATUS(NO_SPACE) | STATUS(NO_MEMORY) |               \
	 STATUS(WORK_LIMIT) | STATUS(ALL_RESERVED))

static unsigned long choose_flags(struct machine *machine)
{
	static const unsigned long modes[] = { 0, 0, GPU_BUDDY_RANGE_ALLOCATION,
					       GPU_BUDDY_TOPDOWN_ALLOCATION };
	uint8_t byte = input_byte(&machine->input);

	/* Any bits at all, now and then. */
	if (byte == 0xff)
		return input_bytes(&machine->input, 8);
	return modes[byte & 3] | (byte & 4 ? GPU_BUDDY_CONTIGUOUS_ALLOCATION : 0) |
	       (byte & 8 ? GPU_BUDDY_CLEAR_ALLOCATION : 0) |
	       ((byte & 0x30) == 0x30 ? GPU_BUDDY_TRIM_DISABLE : 0);
}

struct buddy_request choose_request(struct machine *machine, int allocator, bool raw)
{
	struct input *input = &machine->input;
	struct landmarks landmarks = landmarks_of(machine, allocator, raw);
	struct buddy_request request = {
		.flags = choose_flags(machine),
		.size = input_number(input, &landmarks),
		.min_block_size = input_power(input, &landmarks),
		.tag = input_byte(input),
		.account = raw ? BUDDY_NO_ACCOUNT : choose_account(machine, allocator),
	};

	if (!(request.flags & GPU_BUDDY_RANGE_ALLOCATION) && input_below(input, 8))
		return request;

	/* A range of any length, of just the right one, or of a little more. */
	request.start = input_number(input, &landmarks);
	switch (input_below(input, 4)) {
	case 0:
		request.end = input_number(input, &landmarks);
		break;
	case 1:
		request.end = request.start + request.size;
		break;
	default:
		request.end =
			request.start + request.size + landmarks.chunk_size * input_byte(input);
	}
	return request;
}

/* Checks that each block is whole and aligned, or continues the one before it. */
static void check_alignment(const struct blocks *blocks, uint64_t min_block_size)
{
	uint64_t end = 1;

	for (uint64_t i = 0; i < blocks->count; i++) {
		CHECK(blocks->extents[i].offset == end ||
		      !(blocks->extents[i].offset & (min_block_size - 1)));
		end = blocks->extents[i].offset + blocks->extents[i].size;
	}
}

static void check_adjacent(const struct blocks *blocks)
{
	for (uint64_t i = 1; i < blocks->count; i++)
		CHECK(blocks->extents[i].offset ==
		      blocks->extents[i - 1].offset + blocks->extents[i - 1].size);
}

void check_result(const struct blocks *blocks, const struct buddy_request *request)
{
	bool range = request->flags & GPU_BUDDY_RANGE_ALLOCATION;
	bool exact = range && request->end - request->start == request->size;

	if (request->flags & GPU_BUDDY_TRIM_DISABLE)
		CHECK(world_bytes(blocks) >= request->size);
	else
		CHECK(world_bytes(blocks) == request->size);

	for (uint64_t i = 0; range && i < blocks->count; i++)
		CHECK(blocks->extents[i].offset >= request->start &&
		      blocks->extents[i].offset + blocks->extents[i].size <= request->end);
	if (exact || request->flags & GPU_BUDDY_CONTIGUOUS_ALLOCATION)
		check_adjacent(blocks);
	check_alignment(blocks, request->min_block_size);
}

uint64_t answers_of_alloc(const struct allocator_entry *allocator,
			  const struct buddy_request *request, bool raw)
{
	if (allocator->poisoned)
		return STATUS(POISONED);
	if (raw)
		return ANSWERS_OF_ALLOC_RAW;
	if (request->min_block_size > UINT64_MAX / allocator->scale)
		return (ANSWERS_OF_ALLOC & ~STATUS(OK)) | STATUS(MIN_BLOCK_SIZE_TOO_LARGE_SCALED);
	return ANSWERS_OF_ALLOC;
}

static enum buddy_status alloc(struct machine *machine, struct handle_entry *handle,
			       struct list_entry *entry, const struct buddy_request *request,
			       bool raw)
{
	struct world *world = &machine->world;
	struct allocator_entry *allocator = &world->allocators[handle->allocator];
	struct buddy_list list = { .owner = owner_number(machine, handle) };
	uint64_t allowed = answers_of_alloc(allocator, request, raw);
	enum buddy_status status;

	if (entry->blocks.allocator != NOBODY) {
		/* A record of a batch always has a free list. */
		if (raw)
			return BUDDY_OK;
		if (!find_list(machine, entry, &list))
			return BUDDY_POISONED;
		allowed = allocator->poisoned ? STATUS(POISONED) : STATUS(LIST_IN_USE);
	}
	status = (raw ? alloc_list_raw : alloc_list)(allocator->allocator, &list, request);
	EXPECT(machine, status, allowed);
	if (status == BUDDY_LIST_IN_USE || status == BUDDY_POISONED || !list.allocator)
		return status;

	world_note_blocks(world, &entry->blocks, &list, handle->allocator, request->tag,
			  request->account);
	buddy_owner_guard(owner_of(machine, handle), entry->slot, handle_at(machine, handle),
			  &list);
	world_note_guard(world, entry, (int)(handle - world->handles));
	if (status)
		CHECK(entry->blocks.count == 0);
	else if (!raw)
		check_result(&entry->blocks, request);
	return status;
}

static void call_alloc_once(struct machine *machine, bool raw)
{
	struct handle_entry *handle = choose_handle(machine);
	bool any = input_below(&machine->input, 32) == 1;
	struct list_entry *list;
	struct buddy_request request;

	if (!handle)
		return;
	list = any ? choose_list(machine) : choose_empty_list(machine, handle);
	if (!list || list->owner != handle->owner)
		return;
	request = choose_request(machine, handle->allocator, raw);
	alloc(machine, handle, list, &request, raw);
}

void call_alloc(struct machine *machine)
{
	call_alloc_once(machine, false);
}

void call_alloc_raw(struct machine *machine)
{
	call_alloc_once(machine, true);
}

void call_alloc_many(struct machine *machine)
{
	struct handle_entry *handle = choose_handle(machine);
	unsigned int times = 2 + input_below(&machine->input, 16);
	struct buddy_request request;

	if (!handle)
		return;
	request = choose_request(machine, handle->allocator, false);
	for (unsigned int i = 0; i < times; i++) {
		struct list_entry *list = choose_empty_list(machine, handle);

		if (!list || alloc(machine, handle, list, &request, false))
			break;
	}
}
