/* Tests what one environment owns, by numbers: native/buddy/owner.c. */
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

/* Allocates through a handle into a guard. */
static void alloc_into(uint32_t guard, uint32_t handle, uint64_t size)
{
	struct buddy_handle *found = buddy_owner_handle(&owner, handle);
	struct buddy_list list = { .owner = found->owner };

	CHECK_OK(ALLOC(found->allocator, &list, .size = size));
	buddy_owner_guard(&owner, guard, found, &list);
}

/* A guard with a list of this size. */
static uint32_t open_list(uint32_t handle, uint64_t size)
{
	uint32_t guard = buddy_owner_open_guard(&owner);

	CHECK(guard != SLOT_NONE);
	alloc_into(guard, handle, size);
	return guard;
}

static uint32_t generation_of(uint32_t guard)
{
	return BUDDY_LOW_GENERATION(slots_generation(&owner.guards, guard));
}

static enum buddy_status find(uint32_t guard, struct buddy_list *list)
{
	return buddy_owner_find(&owner, guard, BUDDY_ANY_GENERATION, list);
}

static enum buddy_status free_guarded(uint32_t guard, uint32_t generation, bool cleared)
{
	struct buddy_meant meant;

	return buddy_owner_meant(&owner, guard, generation, &meant) ?
		       buddy_owner_free(&owner, &meant, cleared) :
		       BUDDY_FREED;
}

static void dispose(uint32_t handle)
{
	buddy_owner_dispose(&owner, handle, slots_generation(&owner.handles, handle));
}

TEST("a handle finds its allocator until it is disposed of")
{
	/* gcc, which sees that it is out of bounds, does not see that it is refused. */
	volatile uint32_t none = SLOT_NONE;
	uint32_t slot, generation;
	struct buddy_allocator *allocator = start(&slot);

	generation = slots_generation(&owner.handles, slot);
	CHECK_SAME(buddy_owner_open_handle(&owner, slot, generation)->allocator, allocator);
	CHECK_SAME(buddy_owner_open_handle(&owner, slot, generation + 1), NULL);
	CHECK_SAME(buddy_owner_open_handle(&owner, slot + 1, generation), NULL);
	CHECK_SAME(buddy_owner_open_handle(&owner, none, generation), NULL);
	dispose(slot);
	CHECK_SAME(buddy_owner_open_handle(&owner, slot, generation), NULL);
	buddy_owner_dispose(&owner, slot, generation);
	buddy_owner_destroy(&owner);
}

TEST("a handle knows its own slot and generation, also one in a slot that is used again")
{
	uint32_t first, second;

	start(&first);
	second = buddy_owner_take(&owner, new_allocator(MIB), true);
	CHECK(second != first);
	dispose(second);
	CHECK_EQ(buddy_owner_take(&owner, new_allocator(MIB), true), second);
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t slot = i ? second : first;
		const struct buddy_handle *handle = buddy_owner_handle(&owner, slot);

		CHECK_EQ(handle->slot, slot);
		CHECK_EQ(slots_generation_of(handle), slots_generation(&owner.handles, slot));
		CHECK_SAME(buddy_owner_open_handle(&owner, slot, slots_generation_of(handle)),
			   handle);
	}
	buddy_owner_destroy(&owner);
}

TEST("an old handle does not find the allocator that came after")
{
	uint32_t slot, generation, new_slot;
	struct buddy_allocator *allocator;

	start(&slot);
	generation = slots_generation(&owner.handles, slot);
	dispose(slot);
	allocator = new_allocator(MIB);
	new_slot = buddy_owner_take(&owner, allocator, true);
	CHECK_EQ(new_slot, slot);
	CHECK_SAME(buddy_owner_open_handle(&owner, slot, generation), NULL);
	buddy_owner_dispose(&owner, slot, generation);
	CHECK_BOOKS(allocator);
	buddy_owner_destroy(&owner);
}

TEST("a handle that is disposed of keeps its allocator alive until its last list is freed")
{
	uint32_t slot, first, second;
	struct buddy_allocator *allocator = start(&slot);
	struct buddy_list list;

	first = open_list(slot, 28 * KIB);
	second = open_list(slot, 4 * KIB);
	dispose(slot);
	CHECK_OK(find(first, &list));
	CHECK_EQ(bytes_in(&list), 28 * KIB);
	CHECK_OK(free_guarded(first, generation_of(first), false));
	CHECK_SAME(buddy_owner_handle(&owner, slot)->allocator, allocator);
	CHECK_BOOKS(allocator);
	CHECK_OK(free_guarded(second, generation_of(second), false));
	CHECK_SAME(buddy_owner_handle(&owner, slot), NULL);
	CHECK_STATUS(find(first, &list), FREED);
	CHECK_STATUS(find(second, &list), FREED);
	buddy_owner_destroy(&owner);
}

TEST("a handle that is disposed of goes with its last list, which may have lost all of its blocks")
{
	uint32_t slot, guard;
	struct buddy_list list;

	start(&slot);
	guard = open_list(slot, 12 * KIB);
	dispose(slot);
	CHECK_OK(find(guard, &list));
	CHECK_OK(buddy_free_block(&list, 0, false));
	buddy_owner_renew(&owner, guard, &list);
	CHECK_OK(find(guard, &list));
	CHECK_EQ(buddy_count(&list), 1);
	CHECK_OK(buddy_free_block(&list, 0, false));
	CHECK(buddy_owner_handle(&owner, slot) != NULL);
	buddy_owner_renew(&owner, guard, &list);
	CHECK_OK(find(guard, &list));
	CHECK_EQ(buddy_count(&list), 0);
	CHECK_OK(free_guarded(guard, generation_of(guard), false));
	CHECK_SAME(buddy_owner_handle(&owner, slot), NULL);
	CHECK_STATUS(find(guard, &list), FREED);
	buddy_owner_destroy(&owner);
}

TEST("a guard of a handle that is gone finds nothing of the handle that came after")
{
	uint32_t slot, guard;
	struct buddy_meant meant;
	struct buddy_list list;

	start(&slot);
	guard = open_list(slot, 4 * KIB);
	CHECK_OK(free_guarded(guard, generation_of(guard), false));
	dispose(slot);
	CHECK_EQ(buddy_owner_take(&owner, new_allocator(MIB), true), slot);
	open_list(slot, 4 * KIB);
	CHECK(!buddy_owner_meant(&owner, guard, BUDDY_ANY_GENERATION, &meant));
	CHECK_STATUS(find(guard, &list), FREED);
	buddy_owner_destroy(&owner);
}

TEST("an empty list in a guard is found until it is freed, once, and keeps its handle")
{
	uint32_t slot, guard, generation;
	struct buddy_allocator *allocator = start(&slot);
	struct buddy_list list = { .owner = buddy_owner_handle(&owner, slot)->owner };
	struct buddy_meant meant;

	guard = buddy_owner_open_guard(&owner);
	CHECK_STATUS(ALLOC_RAW(allocator, &list, .size = 2 * MIB), KERNEL_EINVAL);
	buddy_owner_guard(&owner, guard, buddy_owner_handle(&owner, slot), &list);
	generation = generation_of(guard);
	CHECK_OK(find(guard, &list));
	CHECK_SAME(list.allocator, allocator);
	CHECK_EQ(buddy_count(&list), 0);
	CHECK(buddy_owner_meant(&owner, guard, generation, &meant) && meant.is_empty);
	CHECK(!buddy_owner_meant(&owner, guard, generation + 1, &meant));
	CHECK_EQ(buddy_owner_handle(&owner, slot)->users, 1);
	dispose(slot);
	CHECK_OK(free_guarded(guard, generation, false));
	CHECK_SAME(buddy_owner_handle(&owner, slot), NULL);
	CHECK_STATUS(free_guarded(guard, generation, false), FREED);
	CHECK_STATUS(find(guard, &list), FREED);
	buddy_owner_close_guard(&owner, guard);
	buddy_owner_destroy(&owner);
}

TEST("H13: a stale name of a list finds nothing, and frees nothing")
{
	uint32_t slot, guard, generation;
	struct buddy_allocator *allocator = start(&slot);
	struct buddy_list list;

	guard = open_list(slot, 4 * KIB);
	generation = generation_of(guard);
	CHECK_OK(buddy_owner_find(&owner, guard, generation, &list));
	CHECK_STATUS(buddy_owner_find(&owner, guard, generation + 1, &list), FREED);
	CHECK_OK(free_guarded(guard, generation, false));
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_STATUS(buddy_owner_find(&owner, guard, generation, &list), FREED);
	CHECK_STATUS(free_guarded(guard, generation, false), FREED);

	/* The guard takes the next list. */
	alloc_into(guard, slot, 4 * KIB);
	CHECK_STATUS(buddy_owner_find(&owner, guard, generation, &list), FREED);
	CHECK_STATUS(free_guarded(guard, generation, false), FREED);
	CHECK_EQ(avail_of(allocator), MIB - 4 * KIB);
	CHECK_OK(buddy_owner_find(&owner, guard, generation_of(guard), &list));
	buddy_owner_destroy(&owner);
}

TEST("a list whose blocks have changed is found again once its guard knows")
{
	uint32_t slot, guard, generation;
	struct buddy_list list, changed;

	start(&slot);
	guard = open_list(slot, 64 * KIB);
	for (unsigned int step = 0; step < 3; step++) {
		generation = generation_of(guard);
		CHECK_OK(find(guard, &changed));
		if (step == 0)
			CHECK_OK(buddy_trim(&changed, NULL, 28 * KIB));
		else
			CHECK_OK(buddy_free_block(&changed, 2 - step, false));
		CHECK_STATUS(find(guard, &list), FREED);
		buddy_owner_renew(&owner, guard, &changed);
		CHECK_STATUS(buddy_owner_find(&owner, guard, generation, &list), FREED);
		CHECK_OK(find(guard, &list));
		CHECK_SAME(list.first, changed.first);
	}
	CHECK_EQ(buddy_owner_handle(&owner, slot)->users, 1);
	CHECK_OK(free_guarded(guard, generation_of(guard), false));
	CHECK_EQ(buddy_owner_handle(&owner, slot)->users, 0);
	buddy_owner_destroy(&owner);
}

TEST("a list is freed as it is said, dirty or clear")
{
	uint32_t slot, guard;
	struct buddy_allocator *allocator = start(&slot);

	guard = open_list(slot, MIB);
	CHECK_OK(free_guarded(guard, generation_of(guard), true));
	CHECK_EQ(clear_avail_of(allocator), MIB);
	alloc_into(guard, slot, MIB);
	CHECK_OK(free_guarded(guard, generation_of(guard), false));
	CHECK_EQ(clear_avail_of(allocator), 0);
	buddy_owner_destroy(&owner);
}

TEST("a guard that is closed frees its list")
{
	uint32_t slot, guard;
	struct buddy_allocator *allocator = start(&slot);
	struct buddy_list list;

	guard = open_list(slot, 28 * KIB);
	buddy_owner_close_guard(&owner, guard);
	CHECK_EQ(avail_of(allocator), MIB);
	CHECK_STATUS(find(guard, &list), FREED);
	buddy_owner_close_guard(&owner, guard);
	buddy_owner_close_guard(&owner, 12345);
	CHECK_EQ(buddy_owner_handle(&owner, slot)->users, 0);
	buddy_owner_destroy(&owner);
}

TEST("guards that were never opened, or made up, or have had no list yet, have none")
{
	uint32_t slot, guard;
	struct buddy_list list;

	start(&slot);
	CHECK_STATUS(find(0, &list), FREED);
	CHECK_STATUS(find(7, &list), FREED);
	CHECK_STATUS(find(SLOT_NONE, &list), FREED);
	CHECK_STATUS(free_guarded(7, 0, false), FREED);
	guard = buddy_owner_open_guard(&owner);
	CHECK_STATUS(find(guard, &list), FREED);
	CHECK_STATUS(free_guarded(guard, generation_of(guard), false), FREED);
	buddy_owner_destroy(&owner);
}

TEST("a list that a BUG leaves in a guard is freed once, by name, and its handle goes")
{
	uint32_t slot, first, second;
	struct buddy_list list;

	start(&slot);
	first = open_list(slot, 4 * KIB);
	second = open_list(slot, 4 * KIB);
	CHECK_OK(find(first, &list));
	corrupt(&list);
	dispose(slot);
	CHECK_STATUS(free_guarded(first, generation_of(first), false), POISONED);
	CHECK_EQ(buddy_owner_handle(&owner, slot)->users, 1);
	CHECK_STATUS(find(first, &list), POISONED);
	CHECK_STATUS(find(second, &list), POISONED);
	CHECK_STATUS(free_guarded(first, generation_of(first), false), FREED);
	CHECK_EQ(buddy_owner_handle(&owner, slot)->users, 1);
	CHECK_STATUS(free_guarded(second, generation_of(second), false), POISONED);
	CHECK_SAME(buddy_owner_handle(&owner, slot), NULL);
	CHECK_STATUS(free_guarded(second, generation_of(second), false), FREED);
	buddy_owner_destroy(&owner);
}

TEST("an owner that ends frees every list and gives up every allocator")
{
	struct buddy_allocator *shared = new_allocator(MIB);
	uint32_t slot, shared_slot;

	start(&slot);
	buddy_get(shared);
	shared_slot = buddy_owner_take(&owner, shared, false);
	CHECK(shared_slot != SLOT_NONE);
	for (int i = 0; i < 40; i++) {
		open_list(slot, 4 * KIB);
		open_list(shared_slot, 4 * KIB);
	}
	for (int i = 0; i < 300; i++)
		CHECK(buddy_owner_open_guard(&owner) != SLOT_NONE);
	dispose(slot);
	CHECK_EQ(avail_of(shared), MIB - 160 * KIB);
	buddy_owner_destroy(&owner);
	CHECK_EQ(avail_of(shared), MIB);
	drop_allocator(shared);
}

TEST("an owner that ends leaves the lists of others alone")
{
	struct buddy_owner other;
	uint32_t slot, other_slot;
	struct buddy_allocator *allocator = start(&slot);
	struct buddy_list list, mine = { .owner = BUDDY_NOBODY };

	buddy_owner_init(&other);
	buddy_get(allocator);
	buddy_get(allocator);
	other_slot = buddy_owner_take(&other, allocator, false);
	open_list(slot, 28 * KIB);
	list = (struct buddy_list){ .owner = buddy_owner_handle(&other, other_slot)->owner };
	CHECK(list.owner != buddy_owner_handle(&owner, slot)->owner);
	CHECK_OK(ALLOC(allocator, &list, .size = 12 * KIB));
	CHECK_OK(ALLOC(allocator, &mine, .size = 4 * KIB));
	buddy_owner_destroy(&owner);
	CHECK_EQ(avail_of(allocator), MIB - 16 * KIB);
	CHECK_EQ(bytes_in(&list), 12 * KIB);
	CHECK_OK(buddy_free(&list, false));
	CHECK_OK(buddy_free(&mine, false));
	buddy_owner_destroy(&other);
	drop_allocator(allocator);
}

TEST("lists are found while hundreds of guards are opened")
{
	uint32_t slot, first;
	struct buddy_list list;

	start(&slot);
	first = open_list(slot, 28 * KIB);
	for (int i = 0; i < 5000; i++)
		CHECK(buddy_owner_open_guard(&owner) != SLOT_NONE);
	CHECK_OK(find(first, &list));
	CHECK_EQ(bytes_in(&list), 28 * KIB);
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
		open_list(slot, 4 * KIB);
	for (int i = 0; i < 2000; i++)
		known += buddy_owner_growth(&owner, slot);
	CHECK_EQ(known, buddy_native_bytes(allocator));
	CHECK_EQ(buddy_owner_dispose(&owner, slot, slots_generation(&owner.handles, slot)), known);
	CHECK_EQ(buddy_owner_growth(&owner, slot), 0);
	CHECK_EQ(buddy_owner_dispose(&owner, slot, 0), 0);
	buddy_owner_destroy(&owner);
	drop_allocator(shared);
}
