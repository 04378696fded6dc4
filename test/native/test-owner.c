/* What one environment owns, by slot and generation: native/buddy/owner.c. */
#include "scenario.h"

#include <buddy/owner.h>

static struct buddy_owner owner;

/* An owner of one allocator, which it made. */
static struct buddy_allocator *start(uint32_t *slot)
{
	struct buddy_allocator *allocator = new_allocator(MIB);

	buddy_owner_init(&owner);
	*slot = buddy_owner_take(&owner, allocator, true);
	CHECK(*slot != SLOT_NONE);
	return allocator;
}

/* An open slot with a list of this size in it. */
static uint32_t open_list(struct buddy_allocator *allocator, uint64_t size)
{
	uint32_t slot = buddy_owner_open_list(&owner);

	CHECK_OK(ALLOC(allocator, buddy_owner_list_at(&owner, slot), .size = size));
	return slot;
}

TEST("a handle finds its allocator until it is disposed of")
{
	uint32_t slot, generation;
	struct buddy_allocator *allocator = start(&slot);

	generation = slots_generation(&owner.allocators, slot);
	CHECK_SAME(buddy_owner_allocator(&owner, slot, generation), allocator);
	CHECK_SAME(buddy_owner_allocator(&owner, slot, generation + 1), NULL);
	CHECK_SAME(buddy_owner_allocator(&owner, slot + 1, generation), NULL);
	CHECK_SAME(buddy_owner_allocator(&owner, SLOT_NONE, generation), NULL);
	buddy_owner_dispose(&owner, slot, generation);
	CHECK_SAME(buddy_owner_allocator(&owner, slot, generation), NULL);
	buddy_owner_dispose(&owner, slot, generation);
	buddy_owner_destroy(&owner);
}

TEST("an old handle does not find the allocator that came after")
{
	uint32_t slot, generation, new_slot;
	struct buddy_allocator *allocator;

	start(&slot);
	generation = slots_generation(&owner.allocators, slot);
	buddy_owner_dispose(&owner, slot, generation);
	allocator = new_allocator(MIB);
	new_slot = buddy_owner_take(&owner, allocator, true);
	CHECK_EQ(new_slot, slot);
	CHECK_SAME(buddy_owner_allocator(&owner, slot, generation), NULL);
	buddy_owner_dispose(&owner, slot, generation);
	CHECK_BOOKS(allocator);
	buddy_owner_destroy(&owner);
}

TEST("a handle that is disposed of leaves the lists of its allocator alive")
{
	uint32_t slot, list;
	struct buddy_allocator *allocator = start(&slot);

	list = open_list(allocator, 28 * KIB);
	buddy_owner_dispose(&owner, slot, slots_generation(&owner.allocators, slot));
	CHECK_EQ(bytes_in(buddy_owner_list_at(&owner, list)), 28 * KIB);
	CHECK_BOOKS(allocator);
	buddy_owner_destroy(&owner);
}

TEST("H13: a stale handle of a list finds nothing, and frees nothing")
{
	uint32_t slot, list, generation;
	struct buddy_allocator *allocator = start(&slot);

	list = open_list(allocator, 28 * KIB);
	generation = slots_generation(&owner.lists, list);
	CHECK_SAME(buddy_owner_list(&owner, list, generation), buddy_owner_list_at(&owner, list));
	CHECK_OK(buddy_owner_free(&owner, list, generation, false));
	CHECK_EQ(avail_of(allocator), MIB);

	/* The slot takes the next list. */
	CHECK_OK(ALLOC(allocator, buddy_owner_list_at(&owner, list), .size = 4 * KIB));
	CHECK_SAME(buddy_owner_list(&owner, list, generation), NULL);
	CHECK_STATUS(buddy_owner_free(&owner, list, generation, false), FREED);
	CHECK_EQ(avail_of(allocator), MIB - 4 * KIB);
	CHECK(buddy_owner_list(&owner, list, slots_generation(&owner.lists, list)) != NULL);
	buddy_owner_destroy(&owner);
}

TEST("a list is freed as it is said, dirty or clear")
{
	uint32_t slot, list;
	struct buddy_allocator *allocator = start(&slot);

	list = open_list(allocator, MIB);
	CHECK_OK(buddy_owner_free(&owner, list, slots_generation(&owner.lists, list), true));
	CHECK_EQ(clear_avail_of(allocator), MIB);
	CHECK_OK(ALLOC(allocator, buddy_owner_list_at(&owner, list), .size = MIB));
	CHECK_OK(buddy_owner_free(&owner, list, slots_generation(&owner.lists, list), false));
	CHECK_EQ(clear_avail_of(allocator), 0);
	buddy_owner_destroy(&owner);
}

TEST("a slot that is closed frees what is in it")
{
	uint32_t slot, list;
	struct buddy_allocator *allocator = start(&slot);

	list = open_list(allocator, 28 * KIB);
	buddy_owner_close_list(&owner, list);
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_SAME(buddy_owner_list_at(&owner, list), NULL);
	buddy_owner_close_list(&owner, list);
	buddy_owner_close_list(&owner, 12345);
	buddy_owner_destroy(&owner);
}

TEST("slots that were never opened, or made up, hold no list")
{
	uint32_t slot;

	start(&slot);
	CHECK_SAME(buddy_owner_list_at(&owner, 0), NULL);
	CHECK_SAME(buddy_owner_list(&owner, 7, 0), NULL);
	CHECK_SAME(buddy_owner_list(&owner, SLOT_NONE, 0), NULL);
	CHECK_STATUS(buddy_owner_free(&owner, 7, 0, false), FREED);
	buddy_owner_destroy(&owner);
}

TEST("an owner that ends frees every list and gives up every allocator")
{
	struct buddy_allocator *shared = new_allocator(MIB);
	uint32_t slot;
	struct buddy_allocator *allocator = start(&slot);

	buddy_get(shared);
	CHECK(buddy_owner_take(&owner, shared, false) != SLOT_NONE);
	for (int i = 0; i < 40; i++) {
		open_list(allocator, 4 * KIB);
		open_list(shared, 4 * KIB);
	}
	for (int i = 0; i < 300; i++)
		CHECK(buddy_owner_open_list(&owner) != SLOT_NONE);
	CHECK_EQ(avail_of(shared), MIB - 160 * KIB);
	buddy_owner_destroy(&owner);
	CHECK_EQ(avail_of(shared), MIB);
	drop_allocator(shared);
}

TEST("lists stay where they are while hundreds are opened")
{
	uint32_t slot, first;
	struct buddy_allocator *allocator = start(&slot);
	const struct buddy_list *list;

	first = open_list(allocator, 28 * KIB);
	list = buddy_owner_list_at(&owner, first);
	for (int i = 0; i < 5000; i++)
		CHECK(buddy_owner_open_list(&owner) != SLOT_NONE);
	CHECK_SAME(buddy_owner_list_at(&owner, first), list);
	CHECK_EQ(bytes_in(buddy_owner_list_at(&owner, first)), 28 * KIB);
	buddy_owner_destroy(&owner);
}

TEST("native memory is told once, as it grows, to the owner that made the allocator")
{
	struct buddy_allocator *shared = new_allocator(MIB);
	uint64_t known = 0;
	uint32_t slot, shared_slot;
	struct buddy_allocator *allocator = start(&slot);

	buddy_get(shared);
	shared_slot = buddy_owner_take(&owner, shared, false);
	CHECK_EQ(buddy_owner_growth(&owner, shared_slot), 0);
	known += buddy_owner_growth(&owner, slot);
	CHECK_EQ(known, buddy_native_bytes(allocator));
	CHECK_EQ(buddy_owner_growth(&owner, slot), 0);
	for (int i = 0; i < 256; i++)
		open_list(allocator, 4 * KIB);
	for (int i = 0; i < 2000; i++)
		known += buddy_owner_growth(&owner, slot);
	CHECK_EQ(known, buddy_native_bytes(allocator));
	CHECK_EQ(buddy_owner_dispose(&owner, slot, slots_generation(&owner.allocators, slot)),
		 known);
	CHECK_EQ(buddy_owner_dispose(&owner, slot, 0), 0);
	buddy_owner_destroy(&owner);
	drop_allocator(shared);
}
