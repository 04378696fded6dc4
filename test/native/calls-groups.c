/* The calls of a program on groups of lists, see calls.h. */
#include "alloc-list.h"
#include "calls.h"

static struct group_entry *choose_group(struct machine *machine)
{
	unsigned int first = input_below(&machine->input, GROUPS);

	for (unsigned int i = 0; i < GROUPS; i++) {
		struct group_entry *group = &machine->world.groups[(first + i) % GROUPS];

		if (group->open)
			return group;
	}
	return NULL;
}

struct group_entry *choose_empty_group(struct machine *machine, int owner)
{
	for (unsigned int i = 0; i < GROUPS; i++) {
		struct group_entry *group = &machine->world.groups[i];

		if (!group->open) {
			group->open = true;
			group->owner = owner;
			group->slot = buddy_owner_open_group(&machine->world.owners[owner]);
			CHECK(group->slot != SLOT_NONE);
		}
		if (group->owner == owner && group->handle == NOBODY)
			return group;
	}
	return NULL;
}

struct buddy_group *group_of(struct machine *machine, const struct group_entry *group)
{
	return buddy_owner_group(&machine->world.owners[group->owner], group->slot);
}

static struct allocator_entry *allocator_of(struct machine *machine,
					    const struct group_entry *group)
{
	struct world *world = &machine->world;

	return &world->allocators[world->handles[group->handle].allocator];
}

static enum buddy_status fill_row(struct machine *machine, struct group_entry *group, uint32_t row,
				  const struct buddy_request *request)
{
	struct handle_entry *handle = &machine->world.handles[group->handle];
	struct allocator_entry *allocator = allocator_of(machine, group);
	struct buddy_list list = { .owner = owner_number(machine, handle) };
	enum buddy_status status = alloc_list(allocator->allocator, &list, request);

	if (EXPECT(machine, status, answers_of_alloc(allocator, request, false)))
		return status;
	group_of(machine, group)->nodes[row] = buddy_name_of(&list).node + 1;
	world_note_blocks(&machine->world, &group->rows[row], &list, handle->allocator,
			  request->tag, request->account);
	check_result(&group->rows[row], request);
	return BUDDY_OK;
}

void call_fill_group(struct machine *machine)
{
	struct handle_entry *handle = choose_handle(machine);
	uint32_t count = 1 + input_below(&machine->input, GROUP_ROWS);
	struct group_entry *group = handle ? choose_empty_group(machine, handle->owner) : NULL;
	struct buddy_request request;
	struct buddy_group *there;

	if (!group)
		return;
	request = choose_request(machine, handle->allocator, false);
	there = group_of(machine, group);
	CHECK(buddy_owner_size_group(there, count));
	there->handle = handle_at(machine, handle);
	there->handle->users++;
	group->handle = (int)(handle - machine->world.handles);
	group->count = count;
	for (uint32_t row = 0; row < count; row++)
		if (fill_row(machine, group, row, &request))
			break;
}

void call_free_row(struct machine *machine)
{
	struct group_entry *group = choose_group(machine);
	uint32_t row = input_below(&machine->input, GROUP_ROWS);
	bool cleared = input_below(&machine->input, 2);
	struct buddy_list list;

	if (!group)
		return;
	CHECK(buddy_owner_find_row(group_of(machine, group), row, &list) ==
	      (group->rows[row].allocator != NOBODY));
	if (group->rows[row].allocator == NOBODY)
		return;
	EXPECT(machine, buddy_free(&list, cleared),
	       allocator_of(machine, group)->poisoned ? STATUS(POISONED) : STATUS(OK));
	CHECK(!buddy_owner_find_row(group_of(machine, group), row, &list));
	group_of(machine, group)->nodes[row] = 0;
	world_forget_blocks(&group->rows[row]);
}

static void free_rows(struct machine *machine, struct group_entry *group, uint32_t first,
		      enum buddy_closing how)
{
	bool is_poisoned = group->handle != NOBODY && allocator_of(machine, group)->poisoned;
	struct buddy_group *there = group_of(machine, group);
	uint64_t bytes = 0;

	for (uint32_t row = first; row < group->count; row++)
		bytes += world_bytes(&group->rows[row]);
	CHECK(buddy_owner_bytes_of_rows(there, first) == (is_poisoned ? 0 : bytes));
	if (EXPECT(machine, buddy_owner_free_rows(there, first, how),
		   is_poisoned && first < group->count ? STATUS(POISONED) : STATUS(OK)))
		return;
	for (uint32_t row = first; row < group->count; row++) {
		CHECK(!there->nodes[row]);
		world_forget_blocks(&group->rows[row]);
	}
}

void call_free_rows(struct machine *machine)
{
	struct group_entry *group = choose_group(machine);
	uint32_t first = input_below(&machine->input, GROUP_ROWS);
	enum buddy_closing how = input_below(&machine->input, 3);

	if (group)
		free_rows(machine, group, first, how);
}

void call_close_group(struct machine *machine)
{
	struct group_entry *group = choose_group(machine);
	bool only_empties = input_below(&machine->input, 2);

	if (!group)
		return;
	if (only_empties) {
		free_rows(machine, group, 0, BUDDY_CLOSE_UNDONE);
		buddy_owner_empty_group(&machine->world.owners[group->owner],
					group_of(machine, group));
		world_empty_group(group);
	} else {
		buddy_owner_close_group(&machine->world.owners[group->owner], group->slot);
		CHECK(!group_of(machine, group));
		world_close_group(group);
	}
	world_settle(&machine->world);
}
