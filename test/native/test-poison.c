/* Tests that a BUG loses one allocator, leaks nothing, and lets all others go on. */
#include "scenario.h"

#include <buddy/faults.h>
#include <buddy/owner.h>

#include <string.h>

/* An allocator that met a BUG while it freed a list, and another of its lists. */
static struct buddy_allocator *poisoned_allocator(struct buddy_list *list)
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(corrupted);

	buddy_list_init(list, BUDDY_NOBODY);
	CHECK_OK(ALLOC(allocator, list, .size = 28 * KIB, .tag = 2));
	CHECK_OK(ALLOC(allocator, &corrupted, .size = 4 * KIB));
	corrupt(&corrupted);
	CHECK_STATUS(buddy_free(&corrupted, false), POISONED);
	CHECK_EQ(buddy_count(&corrupted), 0);
	CHECK_SAME(corrupted.allocator, NULL);
	return allocator;
}

static void end(struct buddy_allocator *allocator, struct buddy_list *list)
{
	CHECK_STATUS(buddy_free(list, false), POISONED);
	CHECK_SAME(list->allocator, NULL);
	buddy_put(allocator);
}

static void ignore(void *reader, const char *line)
{
	(void)reader;
	(void)line;
	CHECK(false);
}

TEST("a BUG poisons its allocator, which says where it was")
{
	struct buddy_list list;
	struct buddy_allocator *allocator = poisoned_allocator(&list);
	struct buddy_fault bug = buddy_bug(allocator);

	CHECK_TEXT(bug.file, "drivers/gpu/buddy.c");
	CHECK_TEXT(bug.condition, "!gpu_buddy_block_is_allocated(block)");
	CHECK(bug.line > 0);
	end(allocator, &list);
}

TEST("every later call on a poisoned allocator is refused, whichever it is")
{
	struct buddy_list list;
	struct buddy_allocator *allocator = poisoned_allocator(&list);
	struct buddy_columns columns = new_columns(300);
	struct buddy_block_info block;
	uint64_t count;
	bool found;
	EMPTY_LIST(none);

	CHECK_STATUS(ALLOC(allocator, &none, .size = 4 * KIB), POISONED);
	CHECK_STATUS(ALLOC(allocator, &none, .size = 1), POISONED);
	CHECK_STATUS(ALLOC_RAW(allocator, &none, .size = 4 * KIB), POISONED);
	CHECK_SAME(none.allocator, NULL);
	CHECK_EQ(buddy_count(&none), 0);
	CHECK_STATUS(buddy_trim(&list, NULL, 4 * KIB), POISONED);
	CHECK_STATUS(buddy_trim_raw(&list, NULL, 4 * KIB), POISONED);
	CHECK_STATUS(buddy_free_block(&list, 0, false), POISONED);
	CHECK_STATUS(buddy_free_block_raw(&list, 0), POISONED);
	CHECK_STATUS(buddy_read(&list, &columns, &count), POISONED);
	CHECK_STATUS(buddy_reset_clear(allocator, true), POISONED);
	CHECK_STATUS(buddy_reset_clear_raw(allocator, true), POISONED);
	CHECK_STATUS(buddy_lookup(allocator, 0, &block, &found), POISONED);
	CHECK_STATUS(buddy_print(allocator, ignore, NULL), POISONED);
	CHECK_STATUS(buddy_snapshot(allocator, &columns, &count), POISONED);
	CHECK_EQ(count, 0);
	free_columns(&columns);
	end(allocator, &list);
}

TEST("the numbers of a poisoned allocator can still be read")
{
	struct buddy_list list;
	struct buddy_allocator *allocator = poisoned_allocator(&list);
	struct buddy_stats stats;

	buddy_stats(allocator, &stats);
	CHECK_EQ(stats.size, MIB);
	CHECK_EQ(stats.used_blocks[2], LINUX_KEEPS_COUNTS);
	CHECK_EQ(avail_of(allocator), stats.avail);
	CHECK(buddy_native_bytes(allocator) > 0);
	end(allocator, &list);
}

/* Whether the nth allocation of memory was wanted: then the call poisons the allocator, and nothing else goes wrong. */
static bool poison_by_failure(uint64_t nth, bool from_then_on)
{
	struct buddy_allocator *allocator = new_allocator(GIB), *other = new_allocator(MIB);
	enum buddy_status status;
	EMPTY_LIST(list);
	EMPTY_LIST(other_list);

	buddy_inject_failure(allocator, nth, from_then_on);
	status = ALLOC(allocator, &list, .start = 4 * KIB, .end = 124 * KIB, .size = 100 * KIB,
		       .flags = RANGE);
	CHECK(!status || status == BUDDY_POISONED);
	if (status) {
		CHECK_STATUS(ALLOC(allocator, &list, .size = KIB), POISONED);
		CHECK(strstr(buddy_bug(allocator).condition, "before 7.3") != NULL);
	}
	CHECK_OK(ALLOC(other, &other_list, .size = 4 * KIB));
	CHECK_BOOKS(other);
	buddy_free(&list, false);
	CHECK_OK(buddy_free(&other_list, false));
	buddy_put(allocator);
	drop_allocator(other);
	return status;
}

TEST("a split that gets no memory poisons an allocator whose kernel would go on with freed memory")
{
	TEST_NEEDS(!LINUX_SURVIVES_FAILED_SPLITS);
	for (int from_then_on = 0; from_then_on < 2; from_then_on++) {
		uint64_t nth = 1;

		while (poison_by_failure(nth, from_then_on))
			nth++;
		CHECK(nth > 20);
	}
}

TEST("other allocators go on when one is poisoned")
{
	struct buddy_allocator *other = new_allocator(MIB);
	struct buddy_list list, other_list;
	struct buddy_allocator *allocator;

	take_at(other, &other_list, 0, 4 * KIB);
	allocator = poisoned_allocator(&list);
	CHECK_BOOKS(other);
	CHECK_OK(buddy_trim(&other_list, NULL, 4 * KIB));
	CHECK_OK(buddy_free(&other_list, true));
	CHECK_OK(ALLOC(other, &other_list, .size = MIB));
	end(allocator, &list);
	CHECK_OK(buddy_free(&other_list, false));
	drop_allocator(other);
}

TEST("a poisoned allocator outlives its handle while a list lives, and then gives all back")
{
	struct buddy_list list;
	struct buddy_allocator *allocator = poisoned_allocator(&list);
	uint32_t handle, guard;
	struct buddy_owner owner;
	struct buddy_meant meant;

	buddy_owner_init(&owner);
	handle = buddy_owner_take(&owner, allocator, true);
	guard = buddy_owner_open_guard(&owner);
	buddy_owner_guard(&owner, guard, buddy_owner_handle(&owner, handle), &list);
	buddy_owner_dispose(&owner, handle, slots_generation(&owner.handles, handle));
	CHECK_STATUS(buddy_free_block(&list, 0, false), POISONED);
	CHECK(buddy_owner_meant(&owner, guard, BUDDY_ANY_GENERATION, &meant));
	CHECK_SAME(buddy_owner_handle(&owner, handle)->allocator, allocator);
	buddy_owner_release(&owner, buddy_owner_handle(&owner, handle), 1);
	CHECK_SAME(buddy_owner_handle(&owner, handle), NULL);
	CHECK(!buddy_owner_meant(&owner, guard, BUDDY_ANY_GENERATION, &meant));
	buddy_owner_destroy(&owner);
}

TEST("a BUG during an allocation leaves the list empty, and belonging to nobody")
{
	for (int raw = 0; raw < 2; raw++) {
		struct buddy_allocator *allocator = new_allocator(MIB);
		struct buddy_allocator *other = new_allocator(MIB);
		struct buddy_list list;

		/* The block at the top of the tree of free ones says that it is in use. */
		allocator->mm.roots[0]->header &= ~GPU_BUDDY_HEADER_STATE;
		allocator->mm.roots[0]->header |= GPU_BUDDY_ALLOCATED;
		buddy_list_init(&list, BUDDY_NOBODY);
		CHECK_STATUS(raw ? ALLOC_RAW(allocator, &list, .end = MIB, .size = 4 * KIB) :
				   ALLOC(allocator, &list, .size = 4 * KIB),
			     POISONED);
		CHECK_TEXT(buddy_bug(allocator).condition, "!gpu_buddy_block_is_free(block)");
		CHECK_SAME(list.allocator, NULL);
		CHECK_OK(ALLOC(other, &list, .size = 4 * KIB));
		CHECK_EQ(buddy_count(&list), 1);
		CHECK_OK(buddy_free(&list, false));
		buddy_put(allocator);
		drop_allocator(other);
	}
}

TEST("a BUG during a trim leaves a list that nobody finds, or reads blocks from")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_name name;
	EMPTY_LIST(list);

	/* Chunks so small that the offset of a half runs into the bits of the header that must be empty. */
	CHECK_OK(ALLOC(allocator, &list, .size = 32 * KIB));
	name = buddy_name_of(&list);
	allocator->mm.chunk_size = 64;
	CHECK_STATUS(buddy_trim(&list, NULL, 64), POISONED);
	CHECK_TEXT(buddy_bug(allocator).condition, "block->header & GPU_BUDDY_HEADER_UNUSED");
	CHECK_EQ(buddy_count(&list), 0);
	CHECK_SAME(list.first, NULL);
	CHECK(!buddy_find_list(allocator, BUDDY_NOBODY, name, &list));
	CHECK_STATUS(buddy_free(&list, false), POISONED);
	buddy_put(allocator);
}

TEST("a WARN is counted, and nothing is refused")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	struct buddy_stats stats;
	struct buddy_avail avail;
	EMPTY_LIST(list);

	CHECK_OK(buddy_inject_warning(allocator));
	CHECK_OK(buddy_inject_warning(allocator));
	CHECK_OK(ALLOC(allocator, &list, .size = 4 * KIB));
	buddy_stats(allocator, &stats);
	buddy_avail(allocator, &avail);
	CHECK_EQ(stats.kernel_warnings, 2);
	CHECK_EQ(avail.kernel_warnings, 2);
	CHECK_SAME(buddy_bug(allocator).file, NULL);
	CHECK_OK(buddy_free(&list, false));
	buddy_put(allocator);
}

TEST("a BUG on demand poisons as a real one does")
{
	struct buddy_allocator *allocator = new_allocator(MIB);
	EMPTY_LIST(list);

	CHECK_STATUS(buddy_inject_bug(allocator), POISONED);
	CHECK(strstr(buddy_bug(allocator).file, "faults.c") != NULL);
	CHECK_STATUS(ALLOC(allocator, &list, .size = 4 * KIB), POISONED);
	buddy_put(allocator);
}
