/* Counters for metrics: native/buddy/counters.c. */
#include "scenario.h"

#include <buddy/account.h>
#include <buddy/counters.h>

static const int one, other;

static struct buddy_observation observe(struct buddy_allocator *allocator)
{
	struct buddy_observation observation;

	CHECK(buddy_observe(allocator, &one, &observation));
	return observation;
}

static void check_lists(struct buddy_allocator *allocator, uint64_t allocations, uint64_t lists)
{
	const struct buddy_counters counters = observe(allocator).counters;

	CHECK_EQ(counters.allocations, allocations);
	CHECK_EQ(counters.lists, lists);
}

static enum buddy_status undo(struct buddy_allocator *allocator, void *list)
{
	buddy_run_undo(allocator, list);
	return BUDDY_OK;
}

TEST("lists are counted while they have blocks, whatever becomes of them")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_token ticket;
	EMPTY_LIST(list);
	EMPTY_LIST(more);

	check_lists(allocator, 0, 0);
	CHECK_OK(ALLOC(allocator, &list, .size = 12 * KIB));
	check_lists(allocator, 1, 1);
	CHECK_OK(ALLOC_RAW(allocator, &more, .size = 8 * KIB, .min_block_size = 4 * KIB,
			   .end = MIB));
	check_lists(allocator, 2, 2);
	CHECK_OK(buddy_append(&list, &more, 0));
	check_lists(allocator, 2, 1);
	while (list.first)
		CHECK_OK(buddy_free_block(&list, 0, false));
	check_lists(allocator, 2, 0);
	CHECK_OK(ALLOC(allocator, &more, .size = 64 * KIB));
	CHECK_OK(buddy_append(&list, &more, 0));
	check_lists(allocator, 3, 1);
	CHECK_OK(buddy_trim(&list, NULL, 28 * KIB));
	CHECK_OK(buddy_extend(&list, 4 * KIB));
	check_lists(allocator, 3, 1);
	CHECK_OK(buddy_draw_token(&ticket));
	CHECK_OK(buddy_park(&list, NULL, ticket));
	check_lists(allocator, 3, 1);
	CHECK_OK(buddy_adopt(allocator, ticket, &list));
	CHECK_OK(buddy_free(&list, true));
	check_lists(allocator, 3, 0);
	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	CHECK_OK(buddy_run(allocator, undo, &list));
	check_lists(allocator, 4, 0);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 2 * MIB), SIZE_ABOVE_SPACE);
	check_lists(allocator, 4, 0);
	drop_allocator(allocator);
}

TEST("failures are counted by reason, and wrong arguments are none")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	const struct buddy_quota quota = { .limit = 8 * KIB, .reserved = 8 * KIB };
	struct buddy_failures failures;
	static struct buddy_list lists[MIB / CHUNK];
	uint32_t account;
	EMPTY_LIST(failed);

	fill(allocator, lists, CHUNK);
	CHECK_STATUS(ALLOC(allocator, &failed, .size = 4 * KIB), NO_SPACE);
	for (unsigned int i = 0; i < 32; i += 2)
		CHECK_OK(buddy_free(&lists[i], false));
	CHECK_OK(buddy_open_account(allocator, &quota, &account));
	CHECK_STATUS(ALLOC(allocator, &failed, .size = 60 * KIB), ALL_RESERVED);
	CHECK_STATUS(ALLOC(allocator, &failed, .size = 12 * KIB, .account = account), ABOVE_LIMIT);
	CHECK_STATUS(ALLOC(allocator, &failed, .size = 32 * KIB, .flags = CONTIGUOUS), NO_SPACE);
	CHECK_STATUS(ALLOC(allocator, &failed, .size = 8 * KIB, .start = MIB - 4 * KIB, .end = MIB,
			   .flags = RANGE),
		     RANGE_TOO_LATE);
	CHECK_STATUS(ALLOC(allocator, &failed, .size = 8 * KIB, .start = 0, .end = 8 * KIB,
			   .flags = RANGE),
		     NO_SPACE);
	failures = observe(allocator).counters.failures;
	CHECK_EQ(failures.full, 1);
	CHECK_EQ(failures.reserved, 1);
	CHECK_EQ(failures.limit, 1);
	CHECK_EQ(failures.fragmented, 1);
	CHECK_EQ(failures.range, 1);
	CHECK_EQ(failures.memory, 0);
	CHECK_EQ(failures.work, 0);
	for (unsigned int i = 0; i < MIB / CHUNK; i++)
		CHECK_OK(buddy_free(&lists[i], false));
	buddy_close_account(allocator, account);
	drop_allocator(allocator);
}

TEST("lists that the collector frees are counted, in the caller's bytes")
{
	struct buddy_allocator *allocator = new_allocator_with(
		(struct buddy_config){ .size = 64 * KIB, .chunk_size = 256, .any_unit = true });
	struct buddy_owner owner;
	struct buddy_handle *handle;
	uint32_t guard;
	struct buddy_list list;

	buddy_get(allocator);
	buddy_owner_init(&owner);
	handle = buddy_owner_handle(&owner, buddy_owner_take(&owner, allocator, true));
	for (unsigned int i = 0; i < 2; i++) {
		list = (struct buddy_list){ .owner = handle->owner };
		CHECK_OK(ALLOC(allocator, &list, .size = 768));
		guard = buddy_owner_open_guard(&owner);
		buddy_owner_guard(&owner, guard, handle, &list);
		if (i)
			buddy_owner_close_guard(&owner, guard);
	}
	buddy_owner_destroy(&owner);
	CHECK_EQ(observe(allocator).counters.reclaimed_lists, 1);
	CHECK_EQ(observe(allocator).counters.reclaimed_bytes, 768);
	CHECK_EQ(observe(allocator).size, 64 * KIB);
	drop_allocator(allocator);
}

TEST("one observer at a time is told, and the next one when that has ended")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_observation observation;

	CHECK(buddy_observe(allocator, &one, &observation));
	CHECK(!buddy_observe(allocator, &other, &observation));
	CHECK(buddy_observe(allocator, &one, &observation));
	buddy_end_observation(allocator, &other);
	CHECK(!buddy_observe(allocator, &other, &observation));
	buddy_end_observation(allocator, &one);
	CHECK(buddy_observe(allocator, &other, &observation));
	CHECK_EQ(observation.avail, MIB);
	CHECK_EQ(observation.largest_free, MIB);
	drop_allocator(allocator);
}

TEST("an environment that gives up its handle observes no more")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_observation observation;
	struct buddy_owner owner;
	uint32_t slot;

	buddy_get(allocator);
	buddy_owner_init(&owner);
	slot = buddy_owner_take(&owner, allocator, true);
	CHECK(buddy_observe(allocator, buddy_owner_handle(&owner, slot), &observation));
	CHECK(!buddy_observe(allocator, &one, &observation));
	buddy_owner_dispose(&owner, slot, slots_generation(&owner.handles, slot));
	CHECK(buddy_observe(allocator, &one, &observation));
	buddy_owner_destroy(&owner);
	drop_allocator(allocator);
}
