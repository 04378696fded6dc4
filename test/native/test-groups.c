/* Lists that belong together, in rows: native/buddy/groups.c. */
#include "scenario.h"

#include <buddy/owner.h>

static struct buddy_owner owner;
static struct buddy_allocator *allocator;
static uint32_t handle;

/* Begins with an owner of one handle on an allocator, which the test has another reference to. */
static void start(uint64_t size)
{
	allocator = new_allocator(size);
	buddy_get(allocator);
	buddy_owner_init(&owner);
	handle = buddy_owner_take(&owner, allocator, true);
}

static void end(void)
{
	buddy_owner_destroy(&owner);
	CHECK_EQ(avail_of(allocator), allocator->mm.size);
	drop_allocator(allocator);
}

static struct buddy_handle *open_handle(void)
{
	return buddy_owner_handle(&owner, handle);
}

static struct buddy_list alloc(uint64_t size)
{
	struct buddy_list list = { .owner = open_handle()->owner };

	CHECK_OK(ALLOC(allocator, &list, .size = size));
	return list;
}

/* A group of this many lists, of one chunk each. */
static struct buddy_group *open_group(uint32_t *slot, size_t count)
{
	struct buddy_group *group;

	*slot = buddy_owner_open_group(&owner);
	CHECK(*slot != SLOT_NONE);
	group = buddy_owner_group(&owner, *slot);
	CHECK(buddy_owner_size_group(group, count));
	group->handle = open_handle();
	group->handle->users++;
	for (size_t row = 0; row < count; row++) {
		struct buddy_list list = alloc(CHUNK);

		group->nodes[row] = buddy_name_of(&list).node + 1;
	}
	return group;
}

TEST("the lists of a group are found by row, and there is none in an empty row or behind the last")
{
	struct buddy_group *group;
	struct buddy_list list;
	uint32_t slot;

	start(MIB);
	group = open_group(&slot, 3);
	CHECK(buddy_owner_find_row(group, 1, &list));
	CHECK_EQ(bytes_in(&list), CHUNK);
	CHECK_OK(buddy_free(&list, false));
	CHECK(!buddy_owner_find_row(group, 1, &list));
	group->nodes[1] = 0;
	CHECK(!buddy_owner_find_row(group, 1, &list));
	CHECK(!buddy_owner_find_row(group, 3, &list));
	CHECK(!buddy_owner_find_row(group, SIZE_MAX, &list));
	CHECK(buddy_owner_find_row(group, 2, &list));
	CHECK_EQ(buddy_owner_bytes_of_rows(group, 0), 2 * CHUNK);
	CHECK_EQ(buddy_owner_bytes_of_rows(group, 1), CHUNK);
	CHECK_EQ(buddy_owner_bytes_of_rows(group, 3), 0);
	end();
}

TEST("rows are freed from one on, and those before it stay")
{
	enum { ROWS = 500, FIRST = 3 };
	struct buddy_group *group;
	struct buddy_list list;
	uint32_t slot;

	start(4 * MIB);
	group = open_group(&slot, ROWS);
	CHECK(buddy_owner_find_row(group, 400, &list));
	CHECK_OK(buddy_free(&list, false));
	group->nodes[400] = 0;
	CHECK_OK(buddy_owner_free_rows(group, FIRST, BUDDY_CLOSE_DIRTY));
	for (size_t row = 0; row < ROWS; row++)
		CHECK_EQ(group->nodes[row] != 0, row < FIRST);
	CHECK_EQ(avail_of(allocator), 4 * MIB - FIRST * CHUNK);
	CHECK_OK(buddy_owner_free_rows(group, 0, BUDDY_CLOSE_CLEARED));
	CHECK_EQ(clear_avail_of(allocator), FIRST * CHUNK);
	CHECK_OK(buddy_owner_free_rows(group, 0, BUDDY_CLOSE_DIRTY));
	end();
}

TEST("rows that are taken back leave clear and dirty memory as they were")
{
	struct buddy_group *group;
	struct buddy_list cleared;
	struct picture before;
	uint32_t slot;

	start(MIB);
	cleared = alloc(8 * CHUNK);
	CHECK_OK(buddy_free(&cleared, true));
	take_picture(allocator, &before);
	group = open_group(&slot, 100);
	CHECK_OK(buddy_owner_free_rows(group, 0, BUDDY_CLOSE_UNDONE));
	CHECK_EQ(clear_avail_of(allocator), 8 * CHUNK);
	CHECK_UNCHANGED(allocator, &before);
	end();
}

TEST("a group that is closed frees its lists, and its handle")
{
	uint32_t slot;

	start(MIB);
	open_group(&slot, 20);
	buddy_owner_dispose(&owner, handle, slots_generation(&owner.handles, handle));
	CHECK(buddy_owner_handle(&owner, handle) != NULL);
	buddy_owner_close_group(&owner, slot);
	CHECK_SAME(buddy_owner_handle(&owner, handle), NULL);
	CHECK_SAME(buddy_owner_group(&owner, slot), NULL);
	CHECK_EQ(avail_of(allocator), MIB);
	buddy_owner_close_group(&owner, slot);
	buddy_owner_close_group(&owner, 12345);
	end();
}

TEST("an empty group uses no handle, and can be filled again")
{
	struct buddy_group *group;
	struct buddy_list list;
	uint32_t slot;

	start(MIB);
	group = open_group(&slot, 20);
	CHECK_OK(buddy_owner_free_rows(group, 0, BUDDY_CLOSE_DIRTY));
	buddy_owner_empty_group(&owner, group);
	CHECK_EQ(buddy_owner_handle(&owner, handle)->users, 0);
	CHECK(!buddy_owner_find_row(group, 0, &list));
	CHECK_EQ(buddy_owner_bytes_of_rows(group, 0), 0);
	CHECK_OK(buddy_owner_free_rows(group, 0, BUDDY_CLOSE_DIRTY));
	buddy_owner_empty_group(&owner, group);
	CHECK(buddy_owner_size_group(group, 0));
	buddy_owner_close_group(&owner, slot);
	end();
}

TEST("a BUG in the middle leaves the rows that were not reached, and the group still goes")
{
	struct buddy_group *group;
	struct buddy_list list;
	uint32_t slot;

	start(MIB);
	group = open_group(&slot, 100);
	CHECK(buddy_owner_find_row(group, 50, &list));
	corrupt(&list);
	CHECK_STATUS(buddy_owner_free_rows(group, 0, BUDDY_CLOSE_DIRTY), POISONED);
	for (size_t row = 0; row < 100; row++)
		CHECK_EQ(group->nodes[row] != 0, row < 50);
	CHECK_STATUS(buddy_owner_free_rows(group, 0, BUDDY_CLOSE_DIRTY), POISONED);
	CHECK(group->nodes[49] != 0);
	buddy_owner_dispose(&owner, handle, slots_generation(&owner.handles, handle));
	buddy_owner_close_group(&owner, slot);
	CHECK_SAME(buddy_owner_handle(&owner, handle), NULL);
	buddy_owner_destroy(&owner);
	buddy_put(allocator);
}

TEST("everything is freed through a disposed handle that has nothing but a group")
{
	struct buddy_group *group;
	uint32_t slot, other;

	start(MIB);
	buddy_get(allocator);
	other = buddy_owner_take(&owner, allocator, false);
	group = open_group(&slot, 10);
	buddy_owner_dispose(&owner, handle, slots_generation(&owner.handles, handle));
	CHECK_OK(buddy_owner_free_all(&owner, allocator));
	CHECK_SAME(group->nodes, NULL);
	CHECK_SAME(buddy_owner_handle(&owner, handle), NULL);
	CHECK(buddy_owner_handle(&owner, other) != NULL);
	CHECK_EQ(avail_of(allocator), MIB);
	end();
}

TEST("groups of another allocator stay when all of one is freed")
{
	struct buddy_allocator *second = new_allocator(MIB);
	struct buddy_group *mine, *others;
	struct buddy_list list;
	uint32_t slot;

	start(MIB);
	mine = open_group(&slot, 3);
	others = buddy_owner_group(&owner, buddy_owner_open_group(&owner));
	CHECK(buddy_owner_size_group(others, 1));
	others->handle = buddy_owner_handle(&owner, buddy_owner_take(&owner, second, true));
	others->handle->users++;
	list = (struct buddy_list){ .owner = others->handle->owner };
	CHECK_OK(ALLOC(second, &list, .size = CHUNK));
	others->nodes[0] = buddy_name_of(&list).node + 1;

	CHECK_OK(buddy_owner_free_all(&owner, allocator));
	CHECK_SAME(mine->nodes, NULL);
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_EQ(buddy_owner_bytes_of_rows(others, 0), CHUNK);
	end();
}
